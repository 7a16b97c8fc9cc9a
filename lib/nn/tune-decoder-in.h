/* tune-decoder-in.h - what the forward and the backward of a decoder share. */
#ifndef RK_NN_TUNE_DECODER_IN_H
#define RK_NN_TUNE_DECODER_IN_H

#include "nn/tune-body.h"
#include "nn/tune-decoder.h"
#include "nn/tune-linear.h"

/*
 * What a layer keeps for its backward, by rows. TOP rows go on after attention:
 * all, but of the last layer the last of each text alone. The query, the key
 * and the value of a row lie side by side, but for the last layer's queries.
 */
struct rk_tune_decoder_kept {
	float *q, *kv;             /* [rows, q], [rows, 2 kv], turned */
	float *mix;                /* [top, q], attention's */
	float *mid;                /* [top, d], the second norm's input */
	float *gate;               /* [top, 2 ffn], gate and up */
	float *out;                /* [top, d] */
	float *u[RK_DECODER_ROWS]; /* [rows or top, rank], of adapters */
};

/* Gradients of a layer, by rows; of its output there are two, taken in turn. */
struct rk_tune_decoder_grads {
	float *out[2];     /* [rows, d] */
	float *act, *gate; /* [top, ffn], [top, 2 ffn] */
	float *normed;     /* [rows, d], of a norm's output */
	float *mid, *mix;  /* [top, d], [top, q] */
	float *q, *kv;     /* as they are kept */
	float *top;        /* [n, d], of the last tokens' first norm */
	float *shared;     /* [n, shared, 2 kv], of keys and values of tokens
	                      that are shared, by text */
	float *gain;       /* [tiles, 2, d], of both norms, by tiles */
	float *u[RK_DECODER_ROWS];
};

struct rk_tune_decoder {
	struct rk_decoder_config config;
	struct rk_weights_layout layout;
	const struct rk_tensor **of; /* [layout.parts], borrowed */
	float *fixed;                /* with adapters: what is not mapped */
	double *freq;                /* [head / 2] */
	struct rk_tune_lora lora;    /* rank 0: none */
	size_t *adapter;             /* [layers, RK_DECODER_ROWS], where A and
	                                after it B begin; SIZE_MAX: none */
	size_t q, kv;                /* heads head, groups head */

	struct rk_tune_room room;
	size_t gather; /* where in a thread's scratch a text gathers */
	float *turn;   /* [longest, head] */
	float *first;  /* [rows, d], the words */
	struct rk_tune_decoder_kept *layer; /* [room.kept], all but the last */
	struct rk_tune_decoder_kept last;
	float *top, *top_normed; /* [n, d], the last tokens' in the last layer,
	                            and what its first norm makes of them */
	float *normed1, *stat1;  /* [rows, d], [rows]: of the first norm of the
	                            layer at hand */
	float *normed2, *stat2, *act; /* [top, ..]: of the second, and [ffn] */
	float *states, *stat;         /* [n, d], [n]: of the last norm */
	struct rk_tune_decoder_grads grads;

	size_t frozen, at; /* layers that keep nothing; the layer at hand */
};

struct rk_tune_decoder_kept *
rk_tune_decoder_kept(struct rk_tune_decoder *e, size_t layer);
/* What goes into a layer. [rows, d] */
float *rk_tune_decoder_input(struct rk_tune_decoder *e, size_t layer);
int rk_tune_decoder_is_last(const struct rk_tune_decoder *e, size_t layer);

/* A row of a layer in P, which is laid out as the weights; NULL: none there. */
float *rk_tune_decoder_row(const struct rk_tune_decoder *e, float *p,
    size_t layer, enum rk_decoder_row row);
/* What is not tuned or mapped. */
float *rk_tune_decoder_values(const struct rk_tune *t);
/* N matrices of a layer that the same rows go through, from FIRST on. */
struct rk_tune_linear rk_tune_decoder_linear(
    const struct rk_tune *t, size_t layer, enum rk_decoder_row first, size_t n);
/*
 * The attention of a text in the layer at hand; of what all texts share, where
 * TEXT is the pass' N.
 */
struct rk_attention
rk_tune_decoder_attention(const struct rk_tune *t, size_t text);
/* How many texts there are, with what they share where it has queries. */
size_t rk_tune_decoder_texts(const struct rk_tune *t);
/* The first row of a text's queries in the layer at hand. */
size_t rk_tune_decoder_top(const struct rk_tune *t, size_t text);
/*
 * A text's keys, and KV behind them its values, with those it shares: where they
 * lie, or gathered in the thread's scratch.
 */
struct rk_mat
rk_tune_decoder_keys(const struct rk_tune *t, size_t text, int thread);
/* The floats from a row of the queries to the next; of keys and values. */
size_t rk_tune_decoder_ldq(const struct rk_tune_decoder *e, size_t layer);
size_t rk_tune_decoder_ldkv(const struct rk_tune_decoder *e, size_t layer);

/* Makes room for the pass at hand. */
void rk_tune_decoder_need(struct rk_tune *t, struct rk_pool *pool);

/* The body's functions of these names. */
void rk_tune_decoder_forward(struct rk_tune *t, struct rk_pool *pool);
void rk_tune_decoder_back(struct rk_tune *t, struct rk_pool *pool);

#endif
