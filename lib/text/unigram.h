/*
 * unigram.h - of all ways to write a word as pieces, the one whose scores
 * (logarithms of probabilities) sum to the most; a code point that is no piece
 * costs 10 less than the worst piece, and unknowns side by side are one.
 * Kudo, "Subword Regularization", 2018 (arXiv 1804.10959).
 */
#ifndef RK_TEXT_UNIGRAM_H
#define RK_TEXT_UNIGRAM_H

#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/vocab.h"

/* Start it as { 0 }. */
struct rk_unigram {
	const struct rk_vocab *vocab; /* borrowed */
	struct rk_trie trie;
	double *score; /* [pieces] */
	double least;  /* of the scores, less 10 */
	int32_t unk;
	int fallback;      /* unknowns as bytes, where each has a piece */
	int32_t byte[256]; /* "<0x00>" ...; -1: none */
};

struct rk_unigram_node {
	double score;
	uint32_t start;
	int32_t id; /* -1: nothing ends here */
};

/* Start it as { 0 }. */
struct rk_unigram_scratch {
	struct rk_unigram_node *node;
	size_t cap;
};

/* Takes the scores, one for each id of V. */
void
rk_unigram_build(struct rk_unigram *u, const struct rk_vocab *v, double *score);
void rk_unigram_word(const struct rk_unigram *u, struct rk_unigram_scratch *s,
    const char *p, size_t n, struct rk_ids *ids);
void rk_unigram_free(struct rk_unigram *u);

#endif
