/*
 * folds.h - splits of prompts. Always by prompt, never by row: a prompt's
 * comparisons stay on one side.
 */
#ifndef RK_PREF_FOLDS_H
#define RK_PREF_FOLDS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Marks round(share * n) of n prompts in valid[n], drawn by the seed and the
 * prompts' digests, so that where a prompt stands in the input plays no part.
 */
void rk_folds_by_digest(uint8_t *valid, const uint64_t *digest, size_t n,
    double share, uint64_t seed);

/* A value that sorts: a number, or a text (as an ISO date is). */
struct rk_fold_key {
	double num;
	char *text; /* NULL: a number */
};

int rk_folds_compare(const struct rk_fold_key *a, const struct rk_fold_key *b);

/*
 * Marks the round(share * n) prompts whose key is largest; ties at the border
 * by digest.
 */
void rk_folds_by_key(uint8_t *valid, const struct rk_fold_key *key,
    const uint64_t *digest, size_t n, double share);

#endif
