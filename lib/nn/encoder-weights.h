/*
 * encoder-weights.h - the tensors of an encoder, by the names that Hugging Face
 * gives them.
 */
#ifndef RK_NN_ENCODER_WEIGHTS_H
#define RK_NN_ENCODER_WEIGHTS_H

#include "nn/config.h"
#include "nn/weights.h"

/*
 * PLACE: plain, where the query, the key and the value lie one after another as
 * [3 d, d]; or the matrices in panels, and the words' table mapped.
 */
void rk_encoder_lay(struct rk_weights_layout *l, const struct rk_config *c,
    enum rk_weights_place place);

/* Where things are in a run of floats P that is laid out so. */
struct rk_encoder_tables {
	float *position;    /* [positions, d] */
	float *type;        /* [types, d]; NULL: no types */
	float *norm, *bias; /* [d], of the embeddings */
	float *word;        /* [vocab, d], not where it is mapped */
};

/* A matrix is [out, in], plain or in panels. */
struct rk_encoder_layer {
	float *query, *key, *value;                /* [d, d] */
	float *query_bias, *key_bias, *value_bias; /* [d] */
	float *out, *out_bias;                     /* [d, d], [d] */
	float *norm1, *bias1;                      /* [d], after attention */
	float *up, *up_bias;                       /* [ffn, d], [ffn] */
	float *down, *down_bias;                   /* [d, ffn], [d] */
	float *norm2, *bias2; /* [d], after the feed-forward part */
};

struct rk_encoder_tables
rk_encoder_tables(const struct rk_weights_layout *l, float *p);
struct rk_encoder_layer
rk_encoder_layer(const struct rk_weights_layout *l, float *p, size_t layer);

#endif
