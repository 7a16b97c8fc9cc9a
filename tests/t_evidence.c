/* t_evidence.c - errors with a line taken out, and how sure they are. */
#include "route/evidence.h"

#include "base/rng.h"
#include "tap.h"

enum { N = 400 };

static struct rk_pool *pool;

/* The error by its definition: the best of many lines with b >= 0. */
static double
by_search(const double *x, const double *y, size_t n, int origin)
{
	double best = INFINITY, b;
	size_t i;

	for (b = 0; b < 3; b += 1e-4) {
		double a = 0, sum = 0;
		for (i = 0; i < n && !origin; i++)
			a += (y[i] - b * x[i]) / (double)n;
		for (i = 0; i < n; i++)
			sum += (y[i] - a - b * x[i]) * (y[i] - a - b * x[i]);
		if (sum / (double)n < best)
			best = sum / (double)n;
	}
	return best;
}

static struct rk_evidence *
of(const double *x, const double *y, size_t n, int origin, size_t each)
{
	struct rk_evidence *e = rk_evidence_new(n / each, origin, .4);
	size_t i;

	for (i = 0; i < n; i++)
		rk_evidence_add(e, i / each, x[i], y[i]);
	return e;
}

static void
errors(const double *x, const double *y, const double *down)
{
	struct rk_evidence *e = of(x, y, N, 0, 1);

	near(rk_evidence_error(e), by_search(x, y, N, 0), 1e-7,
	    "the error is what the best line leaves");
	rk_evidence_free(e);
	e = of(x, y, N, 0, 4);
	near(rk_evidence_error(e), by_search(x, y, N, 0), 1e-7,
	    "... of all observations, however they make up units");
	rk_evidence_free(e);
	e = of(x, y, N, 1, 1);
	near(rk_evidence_error(e), by_search(x, y, N, 1), 1e-7,
	    "... and through the origin");
	rk_evidence_free(e);
	e = of(x, down, N, 0, 1);
	near(rk_evidence_error(e), by_search(x, down, N, 0), 1e-7,
	    "a line that would fall is flat");
	rk_evidence_free(e);
	e = rk_evidence_new(0, 0, 0);
	ok(isnan(rk_evidence_error(e)), "of nothing there is no error");
	rk_evidence_free(e);
}

static void
sureness(const double *x, const double *y, const double *noise)
{
	double flat[N];
	struct rk_evidence *good = of(x, y, N, 0, 1), *bad, *constant;
	struct rk_evidence *pure = of(noise, y, N, 0, 1);
	struct rk_evidence_diff d;
	size_t i;

	for (i = 0; i < N; i++)
		flat[i] = .1; /* whose mean is not .1 to the last bit */
	constant = of(flat, y, N, 0, 1);
	near(rk_evidence_error(constant), by_search(flat, y, N, 0), 1e-12,
	    "a constant leaves the variance");
	d = rk_evidence_less(constant, good, 1, pool);
	near(d.diff, rk_evidence_error(constant) - rk_evidence_error(good),
	    1e-15, "the difference is that of the errors");
	ok(d.lo > 0 && d.lo < d.diff && d.diff < d.hi,
	    "what predicts is surely better than a constant");
	d = rk_evidence_less(constant, pure, 1, pool);
	ok(d.diff >= 0 && d.lo == 0, "noise is not");
	d = rk_evidence_less(pure, good, 1, pool);
	ok(d.lo > 0, "what predicts is surely better than noise");
	bad = of(noise, y, N, 0, 1);
	d = rk_evidence_less(pure, bad, 1, pool);
	ok(d.diff == 0 && d.lo == 0 && d.hi == 0,
	    "of two that are the same the difference is surely nothing");
	rk_evidence_free(good);
	rk_evidence_free(bad);
	rk_evidence_free(pure);
	rk_evidence_free(constant);
}

int
main(void)
{
	double x[N], y[N], down[N], noise[N];
	struct rk_rng rng;
	size_t i;

	pool = rk_pool_new(2);
	rk_rng_init(&rng, 5, 0);
	for (i = 0; i < N; i++) {
		x[i] = rk_rng_unit(&rng);
		y[i] = .7 * x[i] + .5 * rk_rng_normal(&rng);
		down[i] = -y[i];
		noise[i] = rk_rng_unit(&rng);
	}
	errors(x, y, down);
	sureness(x, y, noise);
	rk_pool_free(pool);
	return done();
}
