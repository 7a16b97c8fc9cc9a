/*
 * tune.h - a network and a head, trained together:
 *
 *   z[labels] = head pool(states(text)) + bias,
 *
 * where states are the network's last, one a token, and pool is their mean, the
 * first or the last of them. The network is a body: an encoder
 * (nn/tune-encoder.h), a decoder (nn/tune-decoder.h), or none, where the states
 * of the texts are known and the head alone is trained (rk_tune_states). A batch's texts lie one after another
 * without padding. Its gradient is summed in one order and dropout is by a
 * counter, so that a step's bytes depend on the batch and the options and never
 * on the number of threads.
 *
 * Memory: four floats a parameter that is trained (its value, gradient and two
 * moments; of the moments only what was ever reached), and what the body needs
 * for the tokens of a pass.
 */
#ifndef RK_NN_TUNE_H
#define RK_NN_TUNE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"
#include "nn/adamw.h"
#include "nn/encoder.h"

enum rk_tune_loss {
	RK_TUNE_ENTROPY, /* softmax cross-entropy to shares that sum to 1 */
	RK_TUNE_SQUARED  /* the sum of squared differences */
};

enum rk_tune_pooling { RK_TUNE_MEAN, RK_TUNE_FIRST, RK_TUNE_LAST };

struct rk_tune_options {
	size_t labels; /* outputs of the head, >= 1 */
	int bias;      /* the head has one */
	enum rk_tune_pooling pooling;
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

/*
 * Learning rate 1e-5, decay .01, clip 1, dropout .1, three labels with a bias,
 * the mean, seed 1.
 */
struct rk_tune_options rk_tune_default(void);

struct rk_tune {
	struct rk_tune_options o;
	size_t d;          /* floats of a state */
	struct rk_adamw w; /* the body's parameters, then the head's */
	size_t head;       /* where the head's [labels, d] begins, and after it
	                      its bias [labels], if any */
	struct rk_tune_pass *pass;
	const struct rk_tune_body *body;
	void *of; /* the body's own */
};

/* A text, and what is wanted of it: shares or values, [labels]; borrowed. */
struct rk_tune_text {
	struct rk_text text;
	const float *want;
	const float *state; /* [d], where there is no body */
};

/*
 * No body: a text's one state, of D floats, is its member STATE, and its ids
 * are not read. New.
 */
struct rk_tune *rk_tune_states(size_t d, const struct rk_tune_options *o);
void rk_tune_free(struct rk_tune *t);

/*
 * The head begins with rows from N(0, .02^2) and no bias; with this, with the
 * rows[labels, d] instead.
 */
void rk_tune_set_head(struct rk_tune *t, const float *rows);

/*
 * Sets w.g to the gradient of the mean loss over the N texts (zero where
 * frozen), with the dropout of the next step, and returns that loss.
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
 * The body's tensors, their names and shapes (borrowed); NULL where there is no
 * body.
 */
const struct rk_weights_layout *rk_tune_layout(const struct rk_tune *t);
/* One of them, as it is to be stored, to OUT. */
void rk_tune_tensor(const struct rk_tune *t, size_t part, float *out);
/*
 * Rounds the body's tensors to half floats where they are what is trained, so
 * that what is predicted from here on is what such a file will give.
 */
void rk_tune_round(struct rk_tune *t);

/* Checkpoints: rk_adamw_put's and _get's. */
void rk_tune_put(const struct rk_tune *t, struct rk_st_writer *w);
/* Into T, which was made with the same options. */
int rk_tune_get(struct rk_tune *t, const struct rk_st *st, struct rk_err *err);

#endif
