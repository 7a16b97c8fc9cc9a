/*
 * wordpiece.c - one trie for all pieces: a continuing piece is looked for from
 * the node of its prefix. Each byte is looked at once for each piece that
 * begins before it and is longer, so a word takes its length times the longest
 * piece at most.
 */
#include "text/wordpiece.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

struct rk_trie_key *
rk_wordpiece_keys(const struct rk_vocab *v, size_t *n)
{
	struct rk_trie_key *key = rk_array(NULL, v->pieces + 1, sizeof *key);
	size_t i, len;

	*n = 0;
	for (i = 0; i < v->count; i++) {
		const char *p = rk_vocab_piece(v, (int32_t)i, &len);
		if (p != NULL)
			key[(*n)++] = (struct rk_trie_key){ p, (uint32_t)len,
				(int32_t)i, 0 };
	}
	return key;
}

void
rk_wordpiece_build(
    struct rk_wordpiece *w, const struct rk_vocab *v, const char *p, size_t n)
{
	size_t keys, i;
	struct rk_trie_key *key = rk_wordpiece_keys(v, &keys);

	rk_trie_build(&w->trie, key, keys);
	free(key);
	w->after = 0;
	for (i = 0; i < n; i++) {
		w->after = rk_trie_step(
		    &w->trie, w->after, (unsigned char)p[i]);
		if (w->after == 0)
			break;
	}
	w->continues = i == n;
}

/* The longest piece from NODE on; -1: none. */
static int32_t
longest(const struct rk_trie *t, uint32_t node, const char *p, size_t n,
    size_t *len)
{
	int32_t id = -1;
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

void
rk_wordpiece_word(
    const struct rk_wordpiece *w, const char *p, size_t n, struct rk_ids *ids)
{
	size_t had = ids->n, at = 0, len = 0;
	int32_t id;

	if (n > w->max_chars && rk_utf8_count(p, n) > w->max_chars) {
		rk_ids_add(ids, &w->unk, 1);
		return;
	}
	for (; at < n; at += len) {
		id = at == 0 || w->continues
		    ? longest(&w->trie, at ? w->after : 0, p + at, n - at, &len)
		    : -1;
		if (id < 0) {
			ids->n = had;
			rk_ids_add(ids, &w->unk, 1);
			return;
		}
		rk_ids_add(ids, &id, 1);
	}
}

void
rk_wordpiece_free(struct rk_wordpiece *w)
{
	rk_trie_free(&w->trie);
}
