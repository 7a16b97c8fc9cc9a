/*
 * sentence.h - texts as token ids to one vector each, over the pool. Texts are
 * taken longest first and in groups of some hundreds of tokens, which share
 * each product; a text's vector has the same bytes in any company.
 */
#ifndef RK_NN_SENTENCE_H
#define RK_NN_SENTENCE_H

#include <stddef.h>

#include "io/pool.h"
#include "nn/encoder.h"
#include "nn/pooling.h"

/* Start it as { .encoder = ..., .how = ... }. */
struct rk_sentence {
	const struct rk_encoder *encoder;
	enum rk_pooling_how how;
	/* private */
	struct rk_encoder_scratch *scratch; /* [threads] */
	int threads;
};

/* out[n, d]: each text's pooled vector, not brought to length 1. */
void rk_sentence_embed(struct rk_sentence *s, double *out,
    const struct rk_text *text, size_t n, struct rk_pool *pool);
void rk_sentence_free(struct rk_sentence *s);

#endif
