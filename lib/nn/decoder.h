/*
 * decoder.h - a decoder of the Llama family: token ids to hidden states, and to
 * logits of the next token. Each layer is
 *
 *	x = x + attention(rms(x)),  x = x + down (silu(gate r) up r), r = rms(x),
 *
 * with rotary positions, grouped heads and a mask: a token sees itself and those
 * before it (Touvron et al., arXiv 2302.13971). There is no padding: a text's
 * states have the same bytes in any company. Token ids in, never text.
 *
 * Memory: the weights stay mapped, as they are in the file, but for a budget of
 * RK_DECODER_BUDGET floats that are widened once, the first layers'; all
 * others' are widened by panels each time a group of texts is multiplied by
 * them, which takes a twentieth of the time. What is computed has the same
 * bytes for any budget.
 */
#ifndef RK_NN_DECODER_H
#define RK_NN_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "nn/attend.h"
#include "nn/decoder-config.h"
#include "nn/decoder-weights.h"
#include "nn/text.h"

#define RK_DECODER_BUDGET ((size_t)16 << 20) /* floats: 64 MiB */

/* Read-only, shared by threads. */
struct rk_decoder {
	struct rk_decoder_config config;
	struct rk_weights_layout layout;
	const struct rk_tensor **of; /* [layout.parts], borrowed from files */
	struct rk_weights_files files;
	float *flat;  /* what is widened */
	double *freq; /* [head / 2] */
};

/*
 * DIR/config.json and its weights, checked and mapped: enough for a digest. New;
 * NULL on failure.
 */
struct rk_decoder *rk_decoder_open(const char *dir, struct rk_err *err);
/*
 * The same of tensors of FILES, which are to outlive the result, whose names
 * begin with PREFIX; NULL: one that such files have.
 */
struct rk_decoder *rk_decoder_of(const struct rk_decoder_config *c,
    const struct rk_weights_files *files, const char *prefix,
    struct rk_err *err);
/*
 * Makes it ready for forward passes, with at most BUDGET floats of matrices
 * widened. -1 where a weight is not finite.
 */
int rk_decoder_widen(struct rk_decoder *e, size_t budget, struct rk_pool *pool,
    struct rk_err *err);
void rk_decoder_free(struct rk_decoder *e);

/* A thread's room; start it as { 0 }. */
struct rk_decoder_scratch {
	float *x;    /* [tokens, d], what each layer adds to */
	float *y;    /* [tokens, the widest of d and all heads] */
	float *qkv;  /* [tokens, heads' queries, keys and values] */
	float *feed; /* of the feed-forward part */
	float *room; /* of attention, for the longest text */
	float *turn; /* [longest, head]: rotary positions */
	float *panel;
	size_t tokens, longest; /* that there is room for */
};

void rk_decoder_scratch_free(struct rk_decoder_scratch *s);

/* What texts begin with: its keys and values, by layer. Read-only, shared. */
struct rk_decoder_prefix {
	size_t t; /* tokens */
	size_t layers;
	struct rk_attend_kept *kept; /* [layers] */
};

/*
 * Of ids[t], 1 <= t < config.tokens, each below config.vocab. New. Memory:
 * some 2 t groups head floats a layer.
 */
struct rk_decoder_prefix *rk_decoder_prefix_new(
    const struct rk_decoder *e, const uint32_t *ids, size_t t);
void rk_decoder_prefix_free(struct rk_decoder_prefix *p);

enum rk_decoder_want {
	RK_DECODER_LAST, /* each text's last token's; the last layer is
	                    computed for these alone */
	RK_DECODER_ALL   /* every token's */
};

/*
 * The states after the last norm of N texts, one after another, [n, d] or [sum
 * of t, d]; borrowed from S until its next use. Where there is a PREFIX, a text
 * holds only what comes after it, and its states are those of both, to the
 * byte; prefix and text together have config.tokens at most.
 */
const float *rk_decoder_forward(const struct rk_decoder *e,
    struct rk_decoder_scratch *s, const struct rk_decoder_prefix *prefix,
    const struct rk_text *text, size_t n, enum rk_decoder_want want);

/*
 * z[m, k] = the logits of the tokens IDS[k] after the states x[m, d]. IDS NULL:
 * of the whole vocabulary, K of it.
 */
void rk_decoder_logits(const struct rk_decoder *e, float *z, const float *x,
    size_t m, const uint32_t *ids, size_t k);

/*
 * Multiplications and additions of the linear layers, for a text of T tokens of
 * which the last state is wanted.
 */
double rk_decoder_flops(const struct rk_decoder_config *c, size_t t);

/* --- many texts -------------------------------------------------------------- */

/* Start it as { .decoder = ... }. */
struct rk_decoder_last {
	const struct rk_decoder *decoder;
	/* private */
	struct rk_decoder_scratch *scratch; /* [threads] */
	int threads;
};

/*
 * out[n, d]: each text's last state after the last norm, over the pool, as by
 * rk_decoder_forward.
 */
void rk_decoder_last(struct rk_decoder_last *s, float *out,
    const struct rk_decoder_prefix *prefix, const struct rk_text *text,
    size_t n, struct rk_pool *pool);
void rk_decoder_last_free(struct rk_decoder_last *s);

#endif
