/*
 * panel.h - products with a matrix that is used again and again, such as a
 * transformer's weights. It is laid out once, in panels of RK_PANEL columns of
 * the product, so that a product reads it from one end to the other and packs
 * nothing.
 *
 * y[i, j] is one chain of multiplications and additions, in the order of the
 * inner index: a row's bits depend on that row and the matrix alone, however
 * many rows there are and wherever it stands. (BLAS gives no such promise.)
 */
#ifndef RK_MATH_PANEL_H
#define RK_MATH_PANEL_H

#include <stddef.h>

enum { RK_PANEL = 32 }; /* columns */

/* Floats for a matrix w[n, k]. */
size_t rk_panel_floats(size_t n, size_t k);

/*
 * Lays out rows J.. of w[n, k], at most RK_PANEL of them, J a multiple of it:
 * ROWS[min(RK_PANEL, n - J), k] to their place in OUT, the panels of all.
 */
void rk_panel_put(float *out, const float *rows, size_t j, size_t n, size_t k);

/*
 * y[m, n] = x[m, k] w[n, k]' + bias[n], which may be NULL; where ADD is not 0,
 * y += x w'. LDY and LDX are the floats from a row to the next. Only the inner indices FROM to
 * FROM + K (K > 0) of the KK that w has are used, and x begins at FROM.
 */
struct rk_panel_of {
	const float *p; /* the panels */
	size_t n, kk;   /* w[n, kk] */
};

void rk_panel_mul(float *y, size_t ldy, const float *x, size_t ldx,
    struct rk_panel_of w, const float *bias, size_t m, size_t from, size_t k,
    int add);

#endif
