/*
 * linear.h - the linear layers of forward passes. A layer's matrix lies in
 * panels (math/panel.h), or it stays in its file and each panel is widened just
 * before it is used, which takes no memory but some time for each group of rows
 * that is multiplied. Either way a row of the product has the same bytes, and
 * they depend on that row and the matrix alone.
 */
#ifndef RK_NN_LINEAR_H
#define RK_NN_LINEAR_H

#include <stddef.h>

#include "io/safetensors.h"
#include "nn/ops.h"

/* w[n, k] and bias[n] */
struct rk_linear {
	const float *panels;        /* NULL: it is in */
	const struct rk_tensor *of; /* this one, */
	size_t row;                 /* from this row on */
	size_t n, k;
	const float *bias; /* NULL: none */
};

/*
 * y[m, n] = x[m, k] w' + bias. LDY and LDX are the floats from a row to the
 * next. PANEL is room for RK_PANEL k floats; it may be NULL where w lies in
 * panels.
 */
void rk_linear_mul(float *y, size_t ldy, const float *x, size_t ldx,
    const struct rk_linear *w, size_t m, float *panel);

/*
 * The feed-forward part of a layer: f(up x) with f the activation, or, where
 * there is a gate, silu(gate x) (up x). It goes by slices of its wide middle,
 * which so stay in the cache.
 */
struct rk_linear_feed {
	struct rk_linear gate; /* n = 0: none */
	struct rk_linear up, down;
	enum rk_act act;
};

/* Floats of room for M rows. */
size_t rk_linear_feed_room(const struct rk_linear_feed *f, size_t m);
/* y[m, d] = down f(x[m, d]) + bias; PANEL as above, for either side. */
void rk_linear_feed(float *y, const float *x, const struct rk_linear_feed *f,
    size_t m, float *room, float *panel);

#endif
