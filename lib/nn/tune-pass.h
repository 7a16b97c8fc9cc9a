/*
 * tune-pass.h - one pass of tune.h: some texts of a batch, forward and back.
 * Rows of all texts are cut into tiles of a fixed height; attention goes by
 * text, gradients of weights by rows of the weight. Threads take tiles, and
 * each number is summed by one of them in one order.
 */
#ifndef RK_NN_TUNE_PASS_H
#define RK_NN_TUNE_PASS_H

#include "nn/ops.h"
#include "nn/tune.h"

/* What a layer keeps for its backward, by rows. */
struct rk_tune_kept {
	float *qkv;          /* [3 d] */
	float *mix;          /* [d], attention's */
	float *sum1, *stat1; /* [d], [2]: the first norm's input */
	float *mid;          /* [d], its output */
	float *up, *slope;   /* [ffn], the activation and its slope */
	float *sum2, *stat2; /* [d], [2] */
	float *out;          /* [d] */
};

/* Gradients of a layer, by rows; of its output there are two, taken in turn. */
struct rk_tune_grads {
	float *out[2]; /* [d] */
	float *sum2;   /* [d] */
	float *down;   /* [d], what dropout leaves of it */
	float *up;     /* [ffn], before the activation */
	float *mid;    /* [d] */
	float *sum1;   /* [d] */
	float *mixed;  /* [d], what dropout leaves of it */
	float *mix;    /* [d] */
	float *qkv;    /* [3 d] */
};

struct rk_tune_pass {
	size_t room, longest; /* tokens, and in one text, there is room for */
	size_t kept;          /* layers there is room for */
	float *arena;
	float *embed, *stat; /* [rows, d], [rows, 2]: the words' norm's input */
	float *first;        /* [rows, d], its output */
	struct rk_tune_kept *layer; /* [kept] */
	struct rk_tune_grads grads;
	float **attention; /* [threads] */
	int threads;

	/* the texts at hand */
	const struct rk_tune_text *text;
	size_t n, rows;
	size_t *start;     /* [n + 1] */
	uint32_t *text_of; /* [rows] */
	size_t base;       /* the first's place in the batch */
	float drop;
	size_t frozen; /* layers that keep nothing */
	size_t at;     /* the layer at hand */
};

void rk_tune_pass_free(struct rk_tune_pass *p);

/*
 * Computes the hidden states of TEXT[n], the batch's from BASE on. DROP is the
 * share dropped; layers below FROZEN keep nothing.
 */
void rk_tune_forward(struct rk_tune *t, const struct rk_tune_text *text,
    size_t n, size_t base, float drop, size_t frozen, struct rk_pool *pool);
/* The last hidden states. [rows, d] */
const float *rk_tune_hidden(const struct rk_tune *t);
/* Adds to t->g, from the gradient of the hidden states in grads.out[0]. */
void rk_tune_backward(struct rk_tune *t, struct rk_pool *pool);

/* A key of the text's dropout in the step at hand. */
uint64_t
rk_tune_key(const struct rk_tune *t, size_t text, size_t layer, uint64_t place);

#endif
