/*
 * ops.h - the operations of a transformer, each forward beside its backward.
 * Activations are rows: x[n, d] is n tokens of d floats, one after the other.
 * An operation on rows does not care whose they are: the tokens of one record,
 * or of several that are packed; attention is over one record, and nothing is
 * ever padded. All compute on the calling thread, allocate nothing, and sum in
 * one order; scratch is the caller's.
 *
 * dX is the gradient of the loss by X. A backward sets the gradient of its
 * input and adds to the gradients of parameters, so that records accumulate.
 */
#ifndef RK_NN_OPS_H
#define RK_NN_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "math/mat.h"

/* --- linear ---------------------------------------------------------------- */

/*
 * y[n, o] = x[n, d] w[o, d]' + b[o] + r[n, o]; b and r may be NULL, and y may
 * be r (not x).
 */
void rk_ops_linear(float *y, const float *x, const float *w, const float *b,
    const float *r, size_t n, size_t d, size_t o);
/* y[n, o] = b[o] + r[n, o], where they are not NULL; 1 if one of them is not. */
int rk_ops_linear_start(
    float *y, const float *b, const float *r, size_t n, size_t o);
/*
 * dx[n, d] = dy[n, o] w; dw[o, d] += dy' x; db[o] += the sum of dy's rows. Each
 * of dx, dw and db may be NULL: not wanted. (The gradient of r is dy.)
 */
void rk_ops_linear_back(float *dx, float *dw, float *db, const float *dy,
    const float *x, const float *w, size_t n, size_t d, size_t o);

/* y[n] += x[n] */
void rk_ops_add(float *y, const float *x, size_t n);

/* --- activations ----------------------------------------------------------- */

enum rk_act {
	RK_ACT_GELU,     /* x Phi(x), Phi the normal distribution's */
	RK_ACT_GELU_NEW, /* x (1 + tanh(sqrt(2 / pi) (x + .044715 x^3))) / 2 */
	RK_ACT_RELU,
	RK_ACT_SILU, /* x / (1 + exp(-x)) */
	RK_ACT_TANH
};

/* By Hugging Face's name ("gelu", "gelu_new", "relu"): an rk_act, or -1. */
int rk_ops_act_find(const char *name);
/*
 * y[n] = f(x[n]), and slope[n] = f'(x[n]) where SLOPE is not NULL: all that the
 * backward needs, dx = dy * slope. y may be x. Within 5e-7 of the function,
 * relative to max(|x|, 1); of its slope too.
 */
void
rk_ops_act(float *y, float *slope, const float *x, enum rk_act f, size_t n);
/* dx[n] = dy[n] * slope[n]; dx may be dy. */
void rk_ops_act_back(float *dx, const float *dy, const float *slope, size_t n);

/*
 * y[n] = silu(gate[n]) up[n], of SwiGLU (Shazeer, arXiv 2002.05202); y may be
 * either.
 */
void rk_ops_gated(float *y, const float *gate, const float *up, size_t n);
/*
 * dgate[n] = dy up silu'(gate) and dup[n] = dy silu(gate), from the inputs; they
 * may be gate and up, and dup may be dy.
 */
void rk_ops_gated_back(float *dgate, float *dup, const float *dy,
    const float *gate, const float *up, size_t n);

/* --- layer norm ------------------------------------------------------------ */

/*
 * y[n, d] = (x - mean) * scale * gain[d] + bias[d], row by row, with scale =
 * 1 / sqrt(variance + eps); y may be x. STAT[n, 2] keeps (mean, scale) for the
 * backward; it may be NULL.
 */
void rk_ops_norm(float *y, float *stat, const float *x, const float *gain,
    const float *bias, float eps, size_t n, size_t d);
/* x is the input; dx may be dy. Each of dx, dgain and dbias may be NULL. */
void rk_ops_norm_back(float *dx, float *dgain, float *dbias, const float *dy,
    const float *x, const float *stat, const float *gain, size_t n, size_t d);

/*
 * y[n, d] = x * scale * gain[d], row by row, with scale = 1 / sqrt(mean of x^2
 * + eps) (Zhang and Sennrich, arXiv 1910.07467); y may be x. STAT[n] keeps the
 * scale for the backward; it may be NULL.
 */
void rk_ops_rms(float *y, float *stat, const float *x, const float *gain,
    float eps, size_t n, size_t d);
/* x is the input; dx may be dy. Each of dx and dgain may be NULL. */
void rk_ops_rms_back(float *dx, float *dgain, const float *dy, const float *x,
    const float *stat, const float *gain, size_t n, size_t d);

/* --- rotary positions ------------------------------------------------------- */

/*
 * turn[n, m] of places FROM to FROM + N: cos(place freq[i]) of all m / 2
 * frequencies, then their sines.
 */
void
rk_ops_turns(float *turn, const double *freq, size_t from, size_t n, size_t m);
/*
 * Turns the numbers i and i + m / 2 of each head of x[n, heads * m], in place,
 * by the angle i of the row's TURN (Su et al., arXiv 2104.09864; the halves as
 * in Hugging Face's Llama). LD is the floats from a row to the next.
 */
void rk_ops_rotate(
    float *x, size_t ld, const float *turn, size_t n, size_t heads, size_t m);
/* dx in place: turns back. */
void rk_ops_rotate_back(
    float *dx, size_t ld, const float *turn, size_t n, size_t heads, size_t m);

/* --- embeddings ------------------------------------------------------------ */

/*
 * y[n, d] = word[id[i]] + pos[i] + type[kind[i]]. POS points to the first
 * token's row. Either may be NULL; kind NULL is 0 for all. Ids are checked by
 * the caller.
 */
void rk_ops_embed(float *y, const uint32_t *id, const uint32_t *kind,
    const float *word, const float *pos, const float *type, size_t n, size_t d);
/* Adds dy's rows to where they came from; each of the three may be NULL. */
void rk_ops_embed_back(float *dword, float *dpos, float *dtype, const float *dy,
    const uint32_t *id, const uint32_t *kind, size_t n, size_t d);

/* --- attention ------------------------------------------------------------- */

/*
 * Of the N queries of one record to its KEYS keys, by head:
 *
 *   y = softmax(scale * q k') v
 *
 * q[n, h * d], k[keys, groups * d], v[keys, groups * d], y[n, h * d]: heads lie
 * side by side in a row, each H / GROUPS heads share a key and a value. The
 * queries belong to the last N of the keys; if CAUSAL, a query sees the keys up
 * to its own alone, and of these the last WINDOW where that is not 0. DROP is the share of the softmax's entries that are dropped
 * (rk_ops_dropout's, with KEY and the head).
 */
struct rk_attention {
	size_t n, keys, h, groups, d;
	int causal;
	float scale;
	float drop; /* 0: none */
	uint64_t key;
	size_t window; /* 0: none */
};

/* Floats of scratch that both directions need. */
size_t rk_ops_attention_room(const struct rk_attention *a);
void rk_ops_attention(float *y, struct rk_mat q, struct rk_mat k,
    struct rk_mat v, const struct rk_attention *a, float *room);
/*
 * Sets dq, dk and dv, each with LD floats from a row to the next; the softmax
 * is computed again, not kept.
 */
void rk_ops_attention_back(float *dq, float *dk, float *dv, size_t ld,
    const float *dy, struct rk_mat q, struct rk_mat k, struct rk_mat v,
    const struct rk_attention *a, float *room);

/*
 * p[n] := softmax(scale p), with 0 for shares too small to count. One order of
 * summing.
 */
void rk_ops_shares(float *p, float scale, size_t n);

/* --- dropout --------------------------------------------------------------- */

/* A key for the dropout of one place: the same wherever it is computed. */
uint64_t rk_ops_key(uint64_t seed, uint64_t step, uint64_t record,
    uint64_t layer, uint64_t place);
/*
 * y[n] = x[n] / (1 - share), or 0 with probability SHARE in [0,1), by a hash of
 * (key, i); y may be x. Its own backward: dx = the same of dy.
 */
void
rk_ops_dropout(float *y, const float *x, float share, uint64_t key, size_t n);

/* --- losses ---------------------------------------------------------------- */

/* p[n] = softmax(z[n]) */
void rk_ops_softmax(double *p, const float *z, size_t n);
/*
 * -sum t log softmax(z): the cross-entropy of logits z[n] to the shares t[n],
 * which sum to 1. dz[n] = weight * its gradient; dz may be NULL.
 */
double rk_ops_cross_entropy(
    float *dz, const float *z, const float *t, double weight, size_t n);
/* sum (z - t)^2, and dz[n] = weight * its gradient; dz may be NULL. */
double rk_ops_squared(
    float *dz, const float *z, const float *t, double weight, size_t n);

#endif
