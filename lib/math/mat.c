/*
 * mat.c - the calls to BLAS, and the loops over vectors that it lacks. OpenBLAS
 * would start threads of its own; ours are the pool's, so each thread tells it
 * to use one before its first product.
 */
#include "math/mat.h"

#include <math.h>
#include <stdlib.h>

#include <cblas.h>

#include "base/mem.h"
#include "base/num.h"

enum {
	TILE_ROWS = 512, /* stored vectors that a thread takes at a time */
	TILE_HALF = 128, /* the same, of half floats that are widened first */
	STRIP = 128,     /* rows of a Gram matrix that a thread takes */
	RUN = 256        /* products that are summed in float */
};

/* There where OpenBLAS was built with OpenMP; its setting is by thread. */
void omp_set_num_threads(int n) __attribute__((weak));
/* There where it was built with threads of its own. */
int blas_thread_shutdown_(void) __attribute__((weak));

/*
 * OpenBLAS has started a thread a processor by now, and they look for work in
 * a loop for a tenth of a second before they sleep: they go, before they take
 * that time from ours. (To set the number again would start them again.)
 */
__attribute__((constructor)) static void
no_threads(void)
{
	openblas_set_num_threads(1);
	if (omp_set_num_threads == NULL && blas_thread_shutdown_ != NULL)
		blas_thread_shutdown_();
}

static void
single_threaded(void)
{
	static _Thread_local int is_set;

	if (!is_set && omp_set_num_threads != NULL)
		omp_set_num_threads(1);
	is_set = 1;
}

static void
gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, float *c, size_t ldc,
    struct rk_mat a, struct rk_mat b, size_t m, size_t n, size_t k, int add)
{
	single_threaded();
	cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1, a.p,
	    (int)a.ld, b.p, (int)b.ld, add ? 1 : 0, c, (int)ldc);
}

void
rk_mat_nn(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add)
{
	gemm(CblasNoTrans, CblasNoTrans, c, ldc, a, b, m, n, k, add);
}

void
rk_mat_nt(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add)
{
	if (m != 1) {
		gemm(CblasNoTrans, CblasTrans, c, ldc, a, b, m, n, k, add);
		return;
	}
	/* one row is bound by memory: packing B would read it twice */
	single_threaded();
	cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)n, (int)k, 1, b.p,
	    (int)b.ld, a.p, 1, add ? 1 : 0, c, 1);
}

void
rk_mat_tn(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add)
{
	gemm(CblasTrans, CblasNoTrans, c, ldc, a, b, m, n, k, add);
}

/* --- against stored vectors ------------------------------------------------ */

struct against {
	float *c;
	const float *q;
	size_t m;
	const struct rk_mat_rows *rows;
	float *wide; /* [threads, TILE_HALF, d] */
};

static void
against_tile(void *ctx, size_t tile, int thread)
{
	struct against *t = ctx;
	const struct rk_mat_rows *r = t->rows;
	size_t step = r->f32 ? TILE_ROWS : TILE_HALF, at = tile * step,
	       d = r->d;
	size_t n = r->n - at < step ? r->n - at : step;
	struct rk_mat q = { t->q, d }, e = { NULL, d };

	if (r->f32 != NULL) {
		e.p = r->f32 + at * d;
	} else {
		float *wide = t->wide + (size_t)thread * TILE_HALF * d;
		rk_num_widen_f16(wide, r->f16 + at * d, n * d);
		e.p = wide;
	}
	rk_mat_nt(t->c + at, r->n, q, e, t->m, n, d, 0);
}

void
rk_mat_against(float *c, const float *q, size_t m,
    const struct rk_mat_rows *rows, struct rk_pool *pool)
{
	struct against t = { c, q, m, rows, NULL };
	size_t step = rows->f32 ? TILE_ROWS : TILE_HALF;

	if (rows->f32 == NULL)
		t.wide = rk_floats(
		    (size_t)rk_pool_size(pool) * TILE_HALF * rows->d);
	rk_pool_run(pool, (rows->n + step - 1) / step, against_tile, &t);
	free(t.wide);
}

/* --- symmetric matrices ---------------------------------------------------- */

/* LAPACK's, which OpenBLAS holds; matrices are by column there. */
void
dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dtrtri_(const char *uplo, const char *diag, const int *n, double *a,
    const int *lda, int *info);

struct gram {
	double *g;
	const float *x;
	size_t n, d, side;
	int rows;
	float *c; /* [threads, STRIP, side] */
};

static void
gram_strip(void *ctx, size_t strip, int thread)
{
	const struct gram *t = ctx;
	size_t at = strip * STRIP, inner = t->rows ? t->d : t->n, from, i, j;
	size_t m = t->side - at < STRIP ? t->side - at : STRIP, end = at + m;
	float *c = t->c + (size_t)thread * STRIP * t->side;

	for (from = 0; from < inner; from += RUN) {
		size_t k = inner - from < RUN ? inner - from : RUN;
		struct rk_mat a = { t->x + at * (t->rows ? t->d : 1), t->d };
		struct rk_mat b = { t->x, t->d };
		a.p += from * (t->rows ? 1 : t->d);
		b.p += from * (t->rows ? 1 : t->d);
		if (t->rows)
			rk_mat_nt(c, end, a, b, m, end, k, 0);
		else
			rk_mat_tn(c, end, a, b, m, end, k, 0);
		for (i = 0; i < m; i++)
			for (j = 0; j <= at + i; j++)
				t->g[(at + i) * t->side + j] += c[i * end + j];
	}
}

static void
gram(struct gram *t, struct rk_pool *pool)
{
	t->c = rk_floats((size_t)rk_pool_size(pool) * STRIP * t->side);
	rk_pool_run(pool, (t->side + STRIP - 1) / STRIP, gram_strip, t);
	free(t->c);
}

void
rk_mat_gram(double *g, const float *x, size_t n, size_t d, struct rk_pool *pool)
{
	struct gram t = { g, x, n, d, d, 0, NULL };

	gram(&t, pool);
}

void
rk_mat_gram_rows(
    double *g, const float *x, size_t n, size_t d, struct rk_pool *pool)
{
	struct gram t = { g, x, n, d, n, 1, NULL };

	gram(&t, pool);
}

int
rk_mat_chol(double *a, size_t n)
{
	int size = (int)n, info = 0;

	single_threaded();
	if (n > 0)
		dpotrf_("U", &size, a, &size, &info);
	return info == 0 ? 0 : -1;
}

void
rk_mat_chol_solve(double *x, size_t m, const double *l, size_t n)
{
	int rows = (int)n, cols = (int)m;

	single_threaded();
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans,
	    CblasNonUnit, rows, cols, 1, l, rows, x, cols);
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans,
	    CblasNonUnit, rows, cols, 1, l, rows, x, cols);
}

double
rk_mat_chol_trace(double *l, size_t n)
{
	int size = (int)n, info = 0;
	double sum = 0;
	size_t i, j;

	single_threaded();
	if (n > 0)
		dtrtri_("U", "N", &size, l, &size, &info);
	for (i = 0; i < n; i++)
		for (j = 0; j <= i; j++)
			sum += l[i * n + j] * l[i * n + j];
	return sum;
}

/* --- vectors --------------------------------------------------------------- */

RK_CLONES static double
sum_squares(const float *x, size_t n)
{
	double s[RK_LANES] = { 0 }, sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += (double)x[i + j] * x[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += (double)x[i + j] * x[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	return sum;
}

double
rk_mat_unit(const float *x, size_t d)
{
	double s = sum_squares(x, d);

	return s > 0 ? 1 / sqrt(s) : 0;
}

RK_CLONES double
rk_mat_dot(const float *x, const float *y, size_t d)
{
	double s[RK_LANES] = { 0 }, sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= d; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += (double)x[i + j] * y[i + j];
	for (j = 0; i + j < d; j++)
		s[j] += (double)x[i + j] * y[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	return sum;
}

RK_CLONES void
rk_mat_scale(float *out, const float *x, double s, size_t d)
{
	size_t i;

	for (i = 0; i < d; i++)
		out[i] = (float)(s * x[i]);
}

void
rk_mat_unit_rows(float *out, const float *x, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, x += d, out += d)
		rk_mat_scale(out, x, rk_mat_unit(x, d), d);
}

int
rk_mat_finite(const float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return 0;
	return 1;
}

RK_CLONES void
rk_mat_exp(float *out, const float *x, float s, float t, size_t n)
{
	/* adding 1.5 * 2^23 rounds to the nearest whole number */
	const float shift = 0x1.8p23f, log2e = 0x1.715476p0f;
	const float ln2_hi = 0x1.62e4p-1f, ln2_lo = 0x1.7f7d1cp-20f;
	size_t i;

	for (i = 0; i < n; i++) {
		union {
			float f;
			uint32_t u;
		} two;
		float y = s * x[i] + t, k, r, p;
		y = y < 87 ? y : 87; /* and so for NaN */
		y = y > -87 ? y : -87;
		k = (y * log2e + shift) - shift;
		r = (y - k * ln2_hi) - k * ln2_lo;
		p = 1 / 720.0f;
		p = p * r + 1 / 120.0f;
		p = p * r + 1 / 24.0f;
		p = p * r + 1 / 6.0f;
		p = p * r + 0.5f;
		p = p * r + 1;
		p = p * r + 1;
		two.u = (uint32_t)((int32_t)k + 127) << 23;
		out[i] = p * two.f;
	}
}
