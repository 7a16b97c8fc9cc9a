/*
 * tune.h - an encoder (nn/encoder.h) and a head, all weights trained together:
 *
 *   z[labels] = head pool(encoder(text)) + bias,
 *
 * where pool is the mean of the hidden states or the first of them. A batch's
 * texts lie one after another without padding. Its gradient is summed in one
 * order and dropout is by a counter, so that a step's bytes depend on the batch
 * and the options and never on the number of threads.
 *
 * Memory: four floats a parameter (its value, gradient and two moments; of the
 * moments only what was ever reached), and for each token of a pass some
 * (16 d + 2 heads' worth) floats a layer that is trained.
 */
#ifndef RK_NN_TUNE_H
#define RK_NN_TUNE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"
#include "nn/encoder.h"

enum rk_tune_loss {
	RK_TUNE_ENTROPY, /* softmax cross-entropy to shares that sum to 1 */
	RK_TUNE_SQUARED  /* the sum of squared differences */
};

struct rk_tune_options {
	size_t labels; /* outputs of the head, >= 1 */
	int first;     /* pool: 0 the mean, 1 the first token's */
	enum rk_tune_loss loss;
	size_t freeze; /* layers that stay as they are, and with them the
	                  embeddings; 0: all is trained */
	size_t pass;   /* tokens that are computed at a time; 0: 2048 */
	double lr, decay,
	    clip;         /* decay spares biases and norms; clip 0: none */
	long warm, steps; /* of rk_optim_ramp */
	double drop;      /* share dropped, in [0,1) */
	uint64_t seed;
};

/* Learning rate 1e-5, decay .01, clip 1, dropout .1, three labels, seed 1. */
struct rk_tune_options rk_tune_default(void);

struct rk_tune {
	struct rk_tune_options o;
	struct rk_config config;
	struct rk_weights_layout layout; /* plain */
	size_t head; /* where [labels, d] begins, and after it [labels] */
	size_t n;    /* floats in all */
	float *p, *g, *m, *v;      /* [n]: values, gradient, Adam's moments */
	long step;                 /* steps done */
	unsigned char *met;        /* [vocab]: words that had a gradient */
	struct rk_tune_tile *tile; /* [tiles]: what is trained, in pieces */
	size_t tiles;
	double *squares; /* [tiles] */
	struct rk_tune_pass *pass;
};

/* A text, and what is wanted of it: shares or values, [labels], borrowed. */
struct rk_tune_text {
	struct rk_encoder_text text;
	const float *want;
};

/*
 * The encoder of FILES (rk_weights_open; PREFIX as in rk_weights_find), with a
 * head drawn from N(0, .02^2). New; NULL on failure. FILES may be closed then.
 */
struct rk_tune *rk_tune_new(const struct rk_config *c,
    const struct rk_weights_files *files, const char *prefix,
    const struct rk_tune_options *o, struct rk_pool *pool, struct rk_err *err);
void rk_tune_free(struct rk_tune *t);

/*
 * Sets g to the gradient of the mean loss over the N texts (zero where frozen),
 * with the dropout of the next step, and returns that loss.
 */
double rk_tune_gradient(struct rk_tune *t, const struct rk_tune_text *text,
    size_t n, struct rk_pool *pool);
/* A step: the gradient, clipping, AdamW at the rate of the step. The loss. */
double rk_tune_step(struct rk_tune *t, const struct rk_tune_text *text,
    size_t n, struct rk_pool *pool);
/* z[n, labels], without dropout; WANT is not read. */
void rk_tune_predict(struct rk_tune *t, float *z,
    const struct rk_tune_text *text, size_t n, struct rk_pool *pool);

/*
 * All that a run needs to go on with the same bytes: "tune.weights",
 * "tune.moment1", "tune.moment2" and "tune.step". Borrowed until W is written.
 */
void rk_tune_put(const struct rk_tune *t, struct rk_st_writer *w);
/* The same, back into T, which was made with the same options. */
int rk_tune_get(struct rk_tune *t, const struct rk_st *st, struct rk_err *err);

#endif
