/*
 * prompts.h - each prompt once: told apart by a 64-bit digest of its content,
 * and numbered in the order of first sight.
 */
#ifndef RK_PREF_PROMPTS_H
#define RK_PREF_PROMPTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "pref/folds.h"

/* Start it as { 0 }, with the flags as wanted. */
struct rk_prompts {
	int keep_text, keep_key;
	size_t d; /* numbers in an embedding, 0: not known yet */
	size_t n, cap;
	uint64_t *digest;        /* [n] */
	struct rk_str *text;     /* [n], with keep_text */
	struct rk_fold_key *key; /* [n], with keep_key */
	struct rk_str *id;       /* [id_cap], JSON; see rk_prompts_names */
	size_t id_cap;
	float *emb;     /* [n, d], or NULL: none were given */
	size_t emb_cap; /* rows */
	uint32_t *slot; /* open addressing: prompt + 1, 0 is free */
	size_t slots;   /* a power of two */
};

/* The prompt with this digest, or -1. */
long rk_prompts_find(const struct rk_prompts *p, uint64_t digest);
/* Adds one that is not there; TEXT and emb[d] (NULL: none) are copied. */
void rk_prompts_add(struct rk_prompts *p, uint64_t digest, struct rk_str text,
    const float *emb);
/* Keeps the largest key that prompt I came with. Takes key.text. */
void rk_prompts_key(struct rk_prompts *p, size_t i, struct rk_fold_key key);
/*
 * Names prompt I by ID, JSON that is not empty, which is copied; the first name
 * counts.
 */
void rk_prompts_name(struct rk_prompts *p, size_t i, struct rk_str id);
/* The names [n], empty for those without; NULL where none has one. */
const struct rk_str *rk_prompts_names(struct rk_prompts *p);
void rk_prompts_free(struct rk_prompts *p);

#endif
