/* t_panel.c - products with panels, against double, and their bits. */
#include "math/panel.h"

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

enum { MOST = 40 };

struct product {
	float *x, *w, *bias, *panels, *y;
	double *want;
};

static void
fill(float *x, size_t n, uint64_t stream)
{
	struct rk_rng rng;
	size_t i;

	rk_rng_init(&rng, 1, stream);
	for (i = 0; i < n; i++)
		x[i] = (float)rk_rng_normal(&rng);
}

static struct product
product(size_t m, size_t n, size_t k)
{
	struct product p = { rk_floats(m * k), rk_floats(n * k), rk_floats(n),
		rk_floats(rk_panel_floats(n, k)), rk_floats(m * n),
		rk_calloc(m * n, sizeof(double)) };
	size_t i, j, l;

	fill(p.x, m * k, 1);
	fill(p.w, n * k, 2);
	fill(p.bias, n, 3);
	for (j = 0; j < n; j += RK_PANEL)
		rk_panel_put(p.panels, p.w + j * k, j, n, k);
	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++) {
			p.want[i * n + j] = (double)p.bias[j];
			for (l = 0; l < k; l++)
				p.want[i * n + j] += (double)p.x[i * k + l] *
				    (double)p.w[j * k + l];
		}
	return p;
}

static void
product_free(struct product *p)
{
	free(p->x);
	free(p->w);
	free(p->bias);
	free(p->panels);
	free(p->y);
	free(p->want);
}

static double
worst(const struct product *p, size_t n)
{
	double most = 0;
	size_t i;

	for (i = 0; i < n; i++)
		most = fmax(most, fabs((double)p->y[i] - p->want[i]));
	return most;
}

/* Row by row, and in two halves of the inner index: the same bits. */
static int
same_bits(const struct product *p, size_t m, size_t n, size_t k)
{
	struct rk_panel_of w = { p->panels, n, k };
	float *alone = rk_floats(m * n), *halves = rk_floats(m * n);
	size_t i, half = (k + 1) / 2;
	int is;

	for (i = 0; i < m; i++)
		rk_panel_mul(
		    alone + i * n, n, p->x + i * k, k, w, p->bias, 1, 0, k, 0);
	rk_panel_mul(halves, n, p->x, k, w, p->bias, m, 0, half, 0);
	rk_panel_mul(halves, n, p->x + half, k, w, NULL, m, half, k - half, 1);
	is = memcmp(alone, p->y, m * n * sizeof *alone) == 0 &&
	    memcmp(halves, p->y, m * n * sizeof *alone) == 0;
	free(alone);
	free(halves);
	return is;
}

int
main(void)
{
	static const size_t sizes[][2] = { { 1, 1 }, { 31, 5 }, { 32, 7 },
		{ 33, 200 }, { 96, 384 }, { 70, 500 } };
	size_t i, m;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i][0], k = sizes[i][1];
		double most = 0;
		int same = 1;
		for (m = 1; m <= MOST; m++) {
			struct product p = product(m, n, k);
			struct rk_panel_of w = { p.panels, n, k };
			rk_panel_mul(p.y, n, p.x, k, w, p.bias, m, 0, k, 0);
			most = fmax(most, worst(&p, m * n));
			same &= same_bits(&p, m, n, k);
			product_free(&p);
		}
		/* half a unit of each of k sums of some sqrt(k) */
		near(most, 0, 1e-6 * (double)k + 1e-6,
		    "up to 40 rows: the product in double");
		ok(same,
		    "[%zu, %zu]: a row has the same bits alone, in company "
		    "and in two parts",
		    n, k);
	}
	return done();
}
