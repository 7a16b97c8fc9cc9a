/*
 * encoder.h - a transformer encoder: token ids to one vector a token. BERT as
 * of Devlin et al. (arXiv 1810.04805), layer norms after the sums; each layer
 *
 *	x = norm(x + attention(x)),  x = norm(x + W2 act(W1 x + b1) + b2).
 *
 * There is no padding: a text is computed alone, so that its vectors have the
 * same bytes in any batch. Token ids in, never text.
 */
#ifndef RK_NN_ENCODER_H
#define RK_NN_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "nn/config.h"
#include "nn/encoder-weights.h"
#include "nn/text.h"

/* Read-only, shared by threads. */
struct rk_encoder {
	struct rk_config config;
	struct rk_weights_layout layout;
	const struct rk_tensor **of; /* [layout.parts], borrowed from files */
	struct rk_weights_files files;
	float *flat; /* all but the words' table, which stays in the file */
};

/*
 * DIR/config.json and its weights, checked and mapped: enough for a digest. New;
 * NULL on failure.
 */
struct rk_encoder *rk_encoder_open(const char *dir, struct rk_err *err);
/*
 * The same of the tensors of ST whose names begin with PREFIX; ST is to outlive
 * the result.
 */
struct rk_encoder *rk_encoder_of(const struct rk_config *c,
    const struct rk_st *st, const char *prefix, struct rk_err *err);
/* Makes it ready for forward passes. */
void rk_encoder_widen(struct rk_encoder *e, struct rk_pool *pool);
void rk_encoder_free(struct rk_encoder *e);
/* A digest of the configuration and the weights. */
uint64_t rk_encoder_digest(const struct rk_encoder *e, struct rk_pool *pool);

/* A thread's room; start it as { 0 }. */
struct rk_encoder_scratch {
	float *x, *y;           /* [tokens, d] */
	float *qkv;             /* [tokens, 3 d] */
	float *up;              /* [tokens, a slice of ffn] */
	float *room;            /* of attention, for the longest text */
	size_t tokens, longest; /* that there is room for */
};

void rk_encoder_scratch_free(struct rk_encoder_scratch *s);

/*
 * The last hidden states of N texts, one after another, [sum of t, d]; borrowed
 * from S until its next use. A text's are the same bytes in any company; the
 * more tokens there are in all, up to some hundreds, the less a token takes,
 * since the weights are read once for all of them.
 */
const float *rk_encoder_forward(const struct rk_encoder *e,
    struct rk_encoder_scratch *s, const struct rk_text *text, size_t n);

/* Multiplications and additions of the linear layers, for a token. */
double rk_encoder_flops(const struct rk_config *c);

#endif
