/*
 * mat.h - matrices of float, row by row. Every BLAS call of the project is
 * behind this header. Each call computes on the calling thread alone; the
 * functions that take a pool cut the work into tiles whose borders depend on
 * the shapes, so that a result has the same bytes for any number of threads.
 * The bits of a product's row depend on how many rows it has.
 */
#ifndef RK_MATH_MAT_H
#define RK_MATH_MAT_H

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"

/*
 * Compiles a function for several kinds of x86-64 and picks one at run time.
 * For loops without a reduction, or with sums in an array of RK_LANES, each of
 * which has one order: all kinds give the same bits.
 */
#if defined(__clang__) && __clang_major__ < 18
#define RK_CLONES /* it gives such a function a name that does not link */
#elif defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_THREAD__)
#define RK_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RK_CLONES
#endif
enum { RK_LANES = 16 };

/*
 * C = A B (+ C where ADD is not 0). A matrix is a pointer and the distance, in
 * floats, from a row to the next. Sizes are below 2^31. With k = 0 the product
 * is zero.
 */
struct rk_mat {
	const float *p;
	size_t ld;
};

/* c[m, n] = a[m, k] b[k, n] */
void rk_mat_nn(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add);
/* c[m, n] = a[m, k] b[n, k]' */
void rk_mat_nt(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add);
/* c[m, n] = a[k, m]' b[k, n] */
void rk_mat_tn(float *c, size_t ldc, struct rk_mat a, struct rk_mat b, size_t m,
    size_t n, size_t k, int add);

/* Stored vectors: n rows of d, as float, or as IEEE half floats. */
struct rk_mat_rows {
	const float *f32; /* [n, d], or NULL */
	const uint16_t *f16;
	size_t n, d;
};

/*
 * c[m, n] = q[m, d] rows[n, d]': every row of Q against every stored vector.
 * m and n below 2^31, m n any size.
 */
void rk_mat_against(float *c, const float *q, size_t m,
    const struct rk_mat_rows *rows, struct rk_pool *pool);

/*
 * The lower triangle of g[d, d] += x[n, d]' x[n, d]; of g[n, n] += x x' for
 * rk_mat_gram_rows. Products in float over short runs, summed in double.
 */
void rk_mat_gram(
    double *g, const float *x, size_t n, size_t d, struct rk_pool *pool);
void rk_mat_gram_rows(
    double *g, const float *x, size_t n, size_t d, struct rk_pool *pool);

/*
 * The lower triangle of a[n, n] becomes L, L L' = A: Cholesky. Returns 0, or -1
 * where A is not positive definite. n is below 2^31.
 */
int rk_mat_chol(double *a, size_t n);
/* x[n, m] := (L L')^-1 x */
void rk_mat_chol_solve(double *x, size_t m, const double *l, size_t n);
/* The trace of (L L')^-1; L is used up. */
double rk_mat_chol_trace(double *l, size_t n);

/* 1 / |x|, 0 for the zero vector. Any finite x[d]. */
double rk_mat_unit(const float *x, size_t d);
/* x . y in double, in an order of its own: the same bits in any company. */
double rk_mat_dot(const float *x, const float *y, size_t d);
/* out[d] = s * x[d], computed in double. */
void rk_mat_scale(float *out, const float *x, double s, size_t d);
/* out[n, d]: each row of x[n, d] made a unit vector; zero stays zero. */
void rk_mat_unit_rows(float *out, const float *x, size_t n, size_t d);

/* Is every one of x[n] a finite number? */
int rk_mat_finite(const float *x, size_t n);

/*
 * out[n] = exp(s * x[n] + t), within 2 units in the last place, by Cody and
 * Waite's reduction and a polynomial of degree 6. Arguments beyond +-87 count
 * as +-87, and so does NaN. out may be x.
 */
void rk_mat_exp(float *out, const float *x, float s, float t, size_t n);

#endif
