/*
 * decoder-weights.h - the tensors of a decoder, by the names that Hugging Face
 * gives them.
 */
#ifndef RK_NN_DECODER_WEIGHTS_H
#define RK_NN_DECODER_WEIGHTS_H

#include "nn/decoder-config.h"
#include "nn/weights.h"

/*
 * PLACE: plain, where the query, the key and the value lie one after another as
 * [(heads + 2 groups) head, d], and so do gate and up as [2 ffn, d]. Or panels:
 * the layers' matrices in panels, as many of the first as are BUDGET floats
 * together, and what is beyond it mapped, as is the words' table. The output's
 * matrix, where it is another, is mapped in both.
 */
void
rk_decoder_lay(struct rk_weights_layout *l, const struct rk_decoder_config *c,
    enum rk_weights_place place, size_t budget);

/* Where things are in a run of floats P; a matrix that is mapped is not. */
struct rk_decoder_tables {
	float *norm; /* [d], the last */
	float *word; /* [vocab, d] */
	float *out;  /* [vocab, d]: word, if they are tied */
};

/* A matrix is [out, in], plain or in panels; NULL where it is mapped. */
struct rk_decoder_layer {
	float *norm1;                              /* [d], before attention */
	float *query, *key, *value;                /* [heads head, d], ... */
	float *query_bias, *key_bias, *value_bias; /* NULL: none */
	float *out, *out_bias;                     /* [d, heads head], [d] */
	float *norm2;     /* [d], before the feed-forward part */
	float *gate, *up; /* [ffn, d] */
	float *down;      /* [d, ffn] */
};

struct rk_decoder_tables
rk_decoder_tables(const struct rk_weights_layout *l, float *p);
struct rk_decoder_layer
rk_decoder_layer(const struct rk_weights_layout *l, float *p, size_t layer);

/* A layer's tensors, in the order of struct rk_decoder_layer. */
enum rk_decoder_row {
	RK_DECODER_NORM1,
	RK_DECODER_QUERY,
	RK_DECODER_KEY,
	RK_DECODER_VALUE,
	RK_DECODER_QUERY_BIAS,
	RK_DECODER_KEY_BIAS,
	RK_DECODER_VALUE_BIAS,
	RK_DECODER_OUT,
	RK_DECODER_OUT_BIAS,
	RK_DECODER_NORM2,
	RK_DECODER_GATE,
	RK_DECODER_UP,
	RK_DECODER_DOWN,
	RK_DECODER_ROWS
};

/* The part that is that row of a layer; -1: there is none. */
long rk_decoder_part(
    const struct rk_weights_layout *l, size_t layer, enum rk_decoder_row row);
/* The part that is the output's matrix. */
size_t rk_decoder_out(const struct rk_weights_layout *l);

#endif
