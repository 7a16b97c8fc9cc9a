/*
 * trie.c - built level by level from the sorted keys: a node is a range of
 * keys that begin alike. The sort is by the first eight bytes as a number
 * (least significant digit first), then by comparing where these are the same.
 */
#include "text/trie.h"

#include <stdlib.h>

#include "base/mem.h"

static int
by_text(const void *a, const void *b)
{
	const struct rk_trie_key *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = memcmp(x->p, y->p, n);

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static uint64_t
head(const struct rk_trie_key *k)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		h = h << 8 | (i < k->n ? (unsigned char)k->p[i] : 0);
	return h;
}

/* One stable pass by the byte at SHIFT; 0 where it is the same in all. */
static int
pass(struct rk_trie_key *to, const struct rk_trie_key *from, size_t n,
    unsigned shift)
{
	size_t at[257] = { 0 }, i;

	for (i = 0; i < n; i++)
		at[(from[i].head >> shift & 255) + 1]++;
	if (at[(from[0].head >> shift & 255) + 1] == n)
		return 0;
	for (i = 1; i < 257; i++)
		at[i] += at[i - 1];
	for (i = 0; i < n; i++)
		to[at[from[i].head >> shift & 255]++] = from[i];
	return 1;
}

static void
sort(struct rk_trie_key *key, size_t n)
{
	struct rk_trie_key *a = key, *b, *tmp = rk_array(NULL, n, sizeof *tmp);
	unsigned shift;
	size_t i, j;

	b = tmp;
	for (i = 0; i < n; i++)
		key[i].head = head(key + i);
	for (shift = 0; shift < 64; shift += 8)
		if (pass(b, a, n, shift)) {
			struct rk_trie_key *swap = a;
			a = b;
			b = swap;
		}
	if (a != key)
		memcpy(key, a, n * sizeof *key);
	free(tmp);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && key[j].head == key[i].head; j++)
			;
		if (j - i > 1)
			qsort(key + i, j - i, sizeof *key, by_text);
	}
}

struct range {
	uint32_t lo, hi;
};

struct builder {
	struct rk_trie *t;
	struct range *range; /* of keys, by node */
	size_t cap;
};

static void
add(struct builder *b, uint8_t label, size_t lo, size_t hi)
{
	struct rk_trie *t = b->t;

	if (t->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 256;
		t->node = rk_array(t->node, b->cap, sizeof *t->node);
		t->label = rk_array(t->label, b->cap, 1);
		b->range = rk_array(b->range, b->cap, sizeof *b->range);
	}
	t->node[t->n] = (struct rk_trie_node){ 0, -1, 0 };
	t->label[t->n] = label;
	b->range[t->n].lo = (uint32_t)lo;
	b->range[t->n].hi = (uint32_t)hi;
	t->n++;
}

/* Byte D of a key, which has it. */
static uint8_t
byte(const struct rk_trie_key *k, size_t d)
{
	return d < 8 ? (uint8_t)(k->head >> (56 - 8 * d)) : (uint8_t)k->p[d];
}

static void
children(
    struct builder *b, const struct rk_trie_key *key, size_t node, size_t depth)
{
	size_t lo = b->range[node].lo, hi = b->range[node].hi, i;

	if (lo < hi && key[lo].n == depth)
		b->t->node[node].id = key[lo++].id;
	b->t->node[node].first = (uint32_t)b->t->n;
	for (; lo < hi; lo = i) {
		uint8_t c = byte(key + lo, depth);
		for (i = lo + 1; i < hi && byte(key + i, depth) == c; i++)
			;
		add(b, c, lo, i);
		b->t->node[node].kids++;
	}
}

void
rk_trie_build(struct rk_trie *t, struct rk_trie_key *key, size_t n)
{
	struct builder b = { .t = t };
	size_t node = 0, level, depth;

	if (n > 0)
		sort(key, n);
	add(&b, 0, 0, n);
	for (depth = 0; node < t->n; depth++)
		for (level = t->n; node < level; node++)
			children(&b, key, node, depth);
	free(b.range);
}

void
rk_trie_free(struct rk_trie *t)
{
	free(t->node);
	free(t->label);
	memset(t, 0, sizeof *t);
}

int32_t
rk_trie_longest(const struct rk_trie *t, const char *p, size_t n, size_t *len)
{
	int32_t id = -1;
	uint32_t node = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		node = rk_trie_step(t, node, (unsigned char)p[i]);
		if (node == 0)
			break;
		if (t->node[node].id >= 0) {
			id = t->node[node].id;
			*len = i + 1;
		}
	}
	return id;
}
