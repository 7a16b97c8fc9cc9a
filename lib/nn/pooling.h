/*
 * pooling.h - from an encoder's hidden states, a vector a token, to the one of
 * a text; and what a folder's files in the form of sentence-transformers say of
 * it.
 */
#ifndef RK_NN_POOLING_H
#define RK_NN_POOLING_H

#include <stddef.h>

#include "base/err.h"

enum rk_pooling_how {
	RK_POOLING_MEAN, /* of all tokens */
	RK_POOLING_CLS,  /* the first token's */
	RK_POOLING_LAST  /* the last token's */
};

struct rk_pooling {
	enum rk_pooling_how how;
	int unit;      /* is the vector brought to length 1? */
	size_t tokens; /* in a text at most; 0: nothing is said */
};

/*
 * What DIR/modules.json, the pooling module's config.json and
 * sentence_bert_config.json say; where they are not there, the mean, of length
 * 1. A module or a way of pooling that is not known is refused by name.
 */
int rk_pooling_open(struct rk_pooling *p, const char *dir, struct rk_err *err);

/*
 * out[d] of x[t, d]; sums in double, by token. Not brought to length 1. Of no
 * token, where a tokenizer puts none around a text, it is zero.
 */
void rk_pooling_of(
    double *out, const float *x, size_t t, size_t d, enum rk_pooling_how how);

#endif
