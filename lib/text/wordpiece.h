/*
 * wordpiece.h - a word as the longest piece that it begins with, then the
 * longest continuing piece ("##" before it in the vocabulary) of what is left;
 * a word that cannot be written so, or is too long, is one unknown.
 */
#ifndef RK_TEXT_WORDPIECE_H
#define RK_TEXT_WORDPIECE_H

#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/vocab.h"

/* Start it as { 0 }. */
struct rk_wordpiece {
	struct rk_trie trie;
	uint32_t after; /* the node of the continuing prefix */
	int continues;  /* there is such a node */
	int32_t unk;
	size_t max_chars; /* code points of a word, at most */
};

/* V is borrowed for the call. The prefix has n bytes at P. */
void rk_wordpiece_build(
    struct rk_wordpiece *w, const struct rk_vocab *v, const char *p, size_t n);
void rk_wordpiece_word(
    const struct rk_wordpiece *w, const char *p, size_t n, struct rk_ids *ids);
void rk_wordpiece_free(struct rk_wordpiece *w);

/* The keys of all pieces, *N of them. New. */
struct rk_trie_key *rk_wordpiece_keys(const struct rk_vocab *v, size_t *n);

#endif
