/*
 * bpe.h - byte-pair encoding: a word's characters, of which the pair that comes
 * first in the list of merges is joined, the leftmost first, until no pair is
 * in the list. Sennrich et al. 2016 (arXiv 1508.07909). In the byte-level kind
 * (GPT-2) the characters are bytes, each written as a printable character.
 */
#ifndef RK_TEXT_BPE_H
#define RK_TEXT_BPE_H

#include "text/tokenizer.h"
#include "text/vocab.h"

struct rk_bpe_merge {
	uint64_t pair; /* left << 32 | right */
	uint32_t rank;
	int32_t id; /* of both together; -1: empty */
};

/* Start it as { 0 }. */
struct rk_bpe {
	const struct rk_vocab *vocab; /* borrowed */
	struct rk_bpe_merge *merge;
	size_t merges, slots; /* slots: a power of two */
	int32_t unk;          /* -1: what is unknown is left out */
	int fuse_unk, fallback, ignore_merges, byte_level;
	int32_t letter[256]; /* the id of each byte's character; -1: none */
	int32_t byte[256];   /* "<0x00>" ...; -1: none */
	/*
	 * Bits by the hash of two characters: may a merge join the one before
	 * a border to the one after it?
	 */
	uint64_t *border;
};

struct rk_bpe_symbol {
	int32_t id; /* -1: joined to the one before */
	uint32_t prev, next;
};

struct rk_bpe_pair {
	uint32_t rank, at;
	int32_t id;
};

/* Start it as { 0 }. */
struct rk_bpe_scratch {
	struct rk_bpe_symbol *symbol;
	size_t n, cap;
	struct rk_bpe_pair *heap;
	size_t heap_n, heap_cap;
	struct rk_buf word;
};

/* Sets up what does not depend on the merges, after the members above. */
void rk_bpe_build(struct rk_bpe *b, const struct rk_vocab *v);
/* The next merge, of two ids to one; -1: there is one of this pair. */
int rk_bpe_add(struct rk_bpe *b, int32_t left, int32_t right, int32_t id);
/* p[0..n): UTF-8, or with byte_level any bytes. */
void rk_bpe_word(const struct rk_bpe *b, struct rk_bpe_scratch *s,
    const char *p, size_t n, struct rk_ids *ids);
void rk_bpe_free(struct rk_bpe *b);
void rk_bpe_scratch_free(struct rk_bpe_scratch *s);

/* Appends the bytes p[0..n) in GPT-2's alphabet of bytes. */
void rk_bpe_spell(struct rk_buf *out, const char *p, size_t n);
/*
 * Appends the bytes that p[0..n) spells in that alphabet; the text as it is
 * where it has another character.
 */
void rk_bpe_unspell(struct rk_buf *out, const char *p, size_t n);

#endif
