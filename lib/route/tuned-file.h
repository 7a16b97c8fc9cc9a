/*
 * tuned-file.h - what model files of tuned transformers have in common: the
 * weights under Hugging Face's names, config.json and the tokenizer as bytes;
 * and how texts become ids over the pool when such a file scores.
 */
#ifndef RK_ROUTE_TUNED_FILE_H
#define RK_ROUTE_TUNED_FILE_H

#include "nn/tune.h"
#include "route/router.h"
#include "text/tokenizer.h"

/* A tensor of N bytes, which are copied. */
void rk_tuned_put_bytes(
    struct rk_st_writer *w, const char *name, const char *p, size_t n);
/* The N floats at X, as TYPE: F32, F16 or BF16. New; rk_st_give takes it. */
void *rk_tuned_narrow(const float *x, size_t n, enum rk_dtype type);
/* A tensor of PART's shape, called PREFIX and its name, of floats X. */
void rk_tuned_put_part(struct rk_st_writer *w, const char *prefix,
    const struct rk_weights_part *part, const float *x, enum rk_dtype type);

/* The bytes NAME of a file, or NULL with a message. */
const struct rk_tensor *rk_tuned_bytes(const struct rk_st *st,
    const char *prefix, const char *name, struct rk_err *err);
/* Its tokenizer.json, whose ids are below VOCAB. New; or NULL. */
struct rk_tok *rk_tuned_tokenizer(const struct rk_st *st, const char *prefix,
    size_t vocab, struct rk_err *err);

/* What reads texts: each thread's room. Start it as { 0 }. */
struct rk_tuned_reader {
	struct rk_tok_scratch **scratch; /* [threads] */
	int threads;
};

/* ENCODE appends the ids of each text to its own of ids[n]. */
void rk_tuned_read(struct rk_tuned_reader *r, struct rk_ids *ids,
    const struct rk_str *text, size_t n,
    void (*encode)(const void *ctx, struct rk_tok_scratch *s,
	const struct rk_str *text, struct rk_ids *ids),
    const void *ctx, struct rk_pool *pool);
void rk_tuned_reader_free(struct rk_tuned_reader *r);

#endif
