/*
 * tune-linear.h - a linear layer that is tuned in one of two ways (nn/tune.h):
 * whole, or by adapters beside matrices that stay as they are (LoRA, Hu et al.,
 * arXiv 2106.09685),
 *
 *   y = x W' + u B',  u = scale * x A',  scale = alpha / rank.
 *
 * A matrix that stays is not held in memory: it is used where the file is
 * mapped, and widened some rows at a time. Several matrices that the same rows
 * go through (query, key and value) are one layer, their outputs side by side.
 */
#ifndef RK_NN_TUNE_LINEAR_H
#define RK_NN_TUNE_LINEAR_H

#include "io/safetensors.h"
#include "nn/tune-body.h"

enum { RK_TUNE_MATRICES = 3 }; /* of a layer, at most */

struct rk_tune_linear {
	size_t in, out;    /* out: of all matrices */
	const float *bias; /* [out], or NULL */

	/* Whole: w[out, in], and where its gradient and the bias' go. */
	const float *w; /* NULL: it stays */
	float *dw, *db;

	/* Or matrix by matrix. */
	struct rk_tune_matrix {
		size_t from, out; /* its columns in y */
		const struct rk_tensor *base;
		const float *a, *b; /* [rank, in], [out, rank]; NULL: none */
		float *da, *db;
		float *u, *du; /* [rows, rank] */
	} m[RK_TUNE_MATRICES];
	size_t n; /* matrices */
	size_t rank;
	float scale;
};

/* Floats of scratch that a thread needs for a layer of so many inputs. */
size_t rk_tune_linear_room(size_t in);

/*
 * y[m, out] = x[m, in] W' + bias + r[m, out], of the rows FROM on of x and y;
 * sets u. R may be NULL.
 */
void rk_tune_linear(const struct rk_tune_linear *l, float *y, const float *x,
    const float *r, size_t from, size_t m, float *room);
/* Sets du of the rows FROM on, from dy. */
void rk_tune_linear_inner(
    const struct rk_tune_linear *l, const float *dy, size_t from, size_t m);
/* Sets dx of the rows FROM on, from dy and du. */
void rk_tune_linear_back(const struct rk_tune_linear *l, float *dx,
    const float *dy, size_t from, size_t m, float *room);
/*
 * The products that give the gradients of its parameters, over all ROWS; at
 * most 2 RK_TUNE_MATRICES. Returns how many there are.
 */
size_t rk_tune_linear_products(struct rk_tune_product *of,
    const struct rk_tune_linear *l, const float *dy, const float *x,
    size_t rows);
/* out[out, in] = the matrix M with its adapter, W + scale * B A. */
void rk_tune_linear_merge(float *out, const struct rk_tune_linear *l, size_t m);

#endif
