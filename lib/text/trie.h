/*
 * trie.h - the pieces that begin at a place of a text, found byte by byte.
 */
#ifndef RK_TEXT_TRIE_H
#define RK_TEXT_TRIE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rk_trie_node {
	uint32_t first; /* its children lie one after the other from here */
	int32_t id;     /* of the piece that ends here; -1: none */
	uint16_t kids;
};

/* Start it as { 0 }. Node 0 is the root. */
struct rk_trie {
	struct rk_trie_node *node;
	uint8_t *label; /* the byte that leads to each node */
	size_t n;
};

struct rk_trie_key {
	const char *p;
	uint32_t n;
	int32_t id;
	uint64_t head; /* the builder's */
};

/* Builds T of n keys, all different, which it sorts. */
void rk_trie_build(struct rk_trie *t, struct rk_trie_key *key, size_t n);
void rk_trie_free(struct rk_trie *t);

/* The node after byte C, or 0. */
static inline uint32_t
rk_trie_step(const struct rk_trie *t, uint32_t node, unsigned char c)
{
	const struct rk_trie_node *q = t->node + node;
	const uint8_t *l = t->label + q->first, *hit;

	if (q->kids == 1)
		return *l == c ? q->first : 0;
	if (q->kids == 0)
		return 0;
	hit = memchr(l, c, q->kids);
	return hit ? (uint32_t)(hit - t->label) : 0;
}

/* The id of the longest key at the start of p[0..n), and its length; or -1. */
int32_t
rk_trie_longest(const struct rk_trie *t, const char *p, size_t n, size_t *len);

#endif
