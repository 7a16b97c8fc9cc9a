/*
 * t_mat.c - products against loops in double, and the vector kernels at the
 * ends of what a float can hold.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <limits.h>
#include <sys/mman.h>

#include "base/num.h"
#include "base/rng.h"
#include "math/mat.h"
#include "tests/numbers.h"

static float *
noise(size_t n, uint64_t seed)
{
	float *x = rk_floats(n);
	struct rk_rng r;
	size_t i;

	rk_rng_init(&r, seed, 0);
	for (i = 0; i < n; i++)
		x[i] = (float)rk_rng_normal(&r);
	return x;
}

/* Steps of the three operands from row to row and from column to column. */
static double
naive(const float *a, size_t ar, size_t ac, const float *b, size_t br,
    size_t bc, size_t i, size_t j, size_t k)
{
	double sum = 0;
	size_t l;

	for (l = 0; l < k; l++)
		sum += (double)a[i * ar + l * ac] * b[l * br + j * bc];
	return sum;
}

enum kind { NN, NT, TN };

/* The largest error of a product of m x k and k x n, with spare columns. */
static double
product_error(enum kind kind, size_t m, size_t n, size_t k, int add)
{
	static const size_t spare = 3;
	size_t lda = (kind == TN ? m : k) + spare;
	size_t ldb = (kind == NT ? k : n) + spare, ldc = n + spare, i, j;
	float *pa = noise((kind == TN ? k : m) * lda, 1);
	float *pb = noise((kind == NT ? n : k) * ldb, 2);
	float *c = noise(m * ldc, 3), *was = noise(m * ldc, 3);
	struct rk_mat a = { pa, lda }, b = { pb, ldb };
	double off = 0;

	if (kind == NN)
		rk_mat_nn(c, ldc, a, b, m, n, k, add);
	else if (kind == NT)
		rk_mat_nt(c, ldc, a, b, m, n, k, add);
	else
		rk_mat_tn(c, ldc, a, b, m, n, k, add);
	for (i = 0; i < m; i++)
		for (j = 0; j < ldc; j++) {
			size_t at = i * ldc + j;
			double want = was[at];
			if (j < n)
				want = (add ? want : 0) +
				    naive(pa, kind == TN ? 1 : lda,
					kind == TN ? lda : 1, pb,
					kind == NT ? 1 : ldb,
					kind == NT ? ldb : 1, i, j, k);
			off = fmax(off, fabs(c[at] - want));
		}
	free(pa);
	free(pb);
	free(c);
	free(was);
	return off;
}

static void
check_products(void)
{
	static const char *const name[] = { "a b", "a b'", "a' b" };
	int kind, add;

	for (kind = NN; kind <= TN; kind++)
		for (add = 0; add < 2; add++) {
			double off = fmax(product_error(kind, 17, 33, 65, add),
			    product_error(kind, 1, 70, 19, add));
			ok(off < 1e-4,
			    "%s%s is the product, and writes nothing else "
			    "(%.1e off)",
			    name[kind], add ? ", added," : "", off);
		}
}

static double
against_error(const float *c, const float *q, const float *e, size_t m,
    size_t n, size_t d)
{
	double off = 0;
	size_t i, j;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			off = fmax(off,
			    fabs(c[i * n + j] -
				naive(q, d, 1, e, 1, d, i, j, d)));
	return off;
}

static void
check_against(void)
{
	enum { M = 7, N = 1300, D = 50 };
	struct rk_pool *one = rk_pool_new(1), *three = rk_pool_new(3);
	float *q = noise(M * D, 4), *e = noise(N * D, 5);
	float *c = rk_floats(M * N), *c3 = rk_floats(M * N);
	uint16_t *half = rk_array(NULL, N * D, sizeof *half);
	struct rk_mat_rows rows = { e, NULL, N, D };
	size_t i;

	for (i = 0; i < N * D; i++)
		half[i] = rk_num_to_f16(e[i]);
	rk_mat_against(c, q, M, &rows, one);
	rk_mat_against(c3, q, M, &rows, three);
	near(against_error(c, q, e, M, N, D), 0, 1e-4,
	    "rows against stored vectors");
	ok(memcmp(c, c3, M * N * sizeof *c) == 0,
	    "the same bytes with 1 and 3 threads");
	rk_mat_against(c, q, 1, &rows, one);
	near(against_error(c, q, e, 1, N, D), 0, 1e-4,
	    "one row against stored vectors");
	rows.f32 = NULL;
	rows.f16 = half;
	rk_mat_against(c, q, M, &rows, one);
	rk_mat_against(c3, q, M, &rows, three);
	for (i = 0; i < N * D; i++)
		e[i] = rk_num_from_f16(half[i]);
	near(against_error(c, q, e, M, N, D), 0, 1e-4,
	    "rows against stored half floats");
	ok(memcmp(c, c3, M * N * sizeof *c) == 0,
	    "halves: the same bytes with 1 and 3 threads");
	rk_pool_free(one);
	rk_pool_free(three);
	free(q);
	free(e);
	free(c);
	free(c3);
	free(half);
}

static void
check_unit(void)
{
	static const float size[] = { 1, 1e-45f, 1e-38f, 1e30f, 3e38f };
	float x[33], u[33];
	double sum;
	size_t i, j;
	int good = 1;

	for (i = 0; i < sizeof size / sizeof *size; i++) {
		for (j = 0, sum = 0; j < 33; j++)
			x[j] = j % 2 ? -size[i] : size[i];
		rk_mat_unit_rows(u, x, 1, 33);
		for (j = 0; j < 33; j++)
			sum += (double)u[j] * u[j];
		good = good && fabs(sum - 1) < 1e-6 && u[0] > 0 && u[1] < 0;
	}
	ok(good, "vectors of any size become unit vectors");
	memset(x, 0, sizeof x);
	rk_mat_unit_rows(u, x, 1, 33);
	ok(u[0] == 0 && u[32] == 0, "the zero vector stays zero");
	x[7] = NAN;
	ok(!rk_mat_finite(x, 33) && rk_mat_finite(x, 7), "NaN is found");
	x[7] = -INFINITY;
	ok(!rk_mat_finite(x, 33), "an infinity is found");
}

static void
check_exp(void)
{
	enum { N = 4001 };
	static float x[N], y[N];
	double off = 0;
	size_t i;

	for (i = 0; i < N; i++)
		x[i] = (float)i / 20 - 100;
	rk_mat_exp(y, x, 1, 0, N);
	for (i = 0; i < N; i++) {
		double at = fmax(-87, fmin(87, x[i])), want = exp(at);
		off = fmax(off, fabs(y[i] - want) / want);
	}
	near(off, 0, 2.4e-7, "exp to 2 units in the last place, within +-87");
	x[0] = 3;
	x[1] = NAN;
	rk_mat_exp(x, x, -2, 5, 2);
	near(x[0], exp(-1), 1e-7, "exp of s x + t, in place");
	ok(isfinite(x[1]), "exp of NaN is finite");
}

/* Rows so far apart that the third begins 2^32 floats behind the first. */
static void
check_far(void)
{
	const char *name = "a product's places beyond 2^31 floats are right";
	const float a[] = { 1, 2, 3 }, b[] = { 4, 5 };
	size_t ldc = (size_t)INT_MAX, bytes = (2 * ldc + 2) * sizeof(float), i;
	float *c = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	double off = 0;

	if (c == MAP_FAILED) {
		skip(name, "no room for addresses");
		return;
	}
	rk_mat_nt(c, ldc, (struct rk_mat){ a, 1 }, (struct rk_mat){ b, 1 }, 3,
	    2, 1, 0);
	for (i = 0; i < 6; i++)
		off = fmax(
		    off, fabs(c[i / 2 * ldc + i % 2] - a[i / 2] * b[i % 2]));
	near(off, 0, 0, name);
	munmap(c, bytes);
}

int
main(void)
{
	check_products();
	check_against();
	check_far();
	check_unit();
	check_exp();
	return done();
}
