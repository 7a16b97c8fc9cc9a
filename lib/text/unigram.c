/*
 * unigram.c - Viterbi over the bytes of a word: at each code point every piece
 * that begins there is offered to the place where it ends. The sums are taken
 * in the reference's order, so that ties fall the same way.
 */
#include "text/unigram.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/unicode.h"
#include "text/wordpiece.h"

void
rk_unigram_build(struct rk_unigram *u, const struct rk_vocab *v, double *score)
{
	size_t n, i;
	struct rk_trie_key *key = rk_wordpiece_keys(v, &n);

	rk_trie_build(&u->trie, key, n);
	free(key);
	u->vocab = v;
	u->score = score;
	for (i = 0; i < v->count; i++)
		if (i == 0 || score[i] < u->least)
			u->least = score[i];
	u->least -= 10;
	for (i = 0; i < 256; i++)
		u->byte[i] = rk_vocab_byte(v, (unsigned char)i);
}

static void
offer(struct rk_unigram_node *to, double score, size_t start, int32_t id)
{
	if (to->id >= 0 && score <= to->score)
		return;
	to->score = score;
	to->start = (uint32_t)start;
	to->id = id;
}

/* Every piece that begins at START. */
static void
pieces_at(const struct rk_unigram *u, struct rk_unigram_node *node,
    const char *p, size_t n, size_t start, size_t len)
{
	double here = node[start].score;
	uint32_t at = 0;
	size_t i;
	int single = 0;

	for (i = start; i < n; i++) {
		int32_t id;
		at = rk_trie_step(&u->trie, at, (unsigned char)p[i]);
		if (at == 0)
			break;
		id = u->trie.node[at].id;
		if (id < 0)
			continue;
		offer(node + i + 1, u->score[id] + here, start, id);
		single |= i + 1 - start == len;
	}
	if (!single)
		offer(node + start + len, u->least + here, start, u->unk);
}

/* What was unknown, from one place to another. */
static void
unknown(const struct rk_unigram *u, const char *p, size_t n, struct rk_ids *ids)
{
	int32_t id = rk_vocab_find(u->vocab, p, n);
	size_t i;

	for (i = 0; id < 0 && u->fallback && i < n; i++)
		if (u->byte[(unsigned char)p[i]] < 0)
			break;
	if (id < 0 && u->fallback && i == n) {
		for (i = 0; i < n; i++)
			rk_ids_add(ids, u->byte + (unsigned char)p[i], 1);
		return;
	}
	rk_ids_add(ids, id < 0 ? &u->unk : &id, 1);
}

void
rk_unigram_word(const struct rk_unigram *u, struct rk_unigram_scratch *s,
    const char *p, size_t n, struct rk_ids *ids)
{
	size_t i, len, end;
	int32_t c;

	if (s->cap < n + 1) {
		s->cap = n + 1 + (n < 65536 ? n : 65536);
		s->node = rk_array(s->node, s->cap, sizeof *s->node);
	}
	for (i = 0; i <= n; i++)
		s->node[i].id = -1;
	s->node[0].score = 0;
	for (i = 0; i < n; i += len) {
		len = rk_unicode_next(p + i, p + n, &c);
		pieces_at(u, s->node, p, n, i, len);
	}
	/* turn the best way round: the scores become the next ends */
	for (i = n; i > 0; i = s->node[i].start)
		s->node[s->node[i].start].score = (double)i;
	for (i = 0; i < n; i = end) {
		end = (size_t)s->node[i].score;
		if (s->node[end].id != u->unk) {
			rk_ids_add(ids, &s->node[end].id, 1);
			continue;
		}
		while (
		    end < n && s->node[(size_t)s->node[end].score].id == u->unk)
			end = (size_t)s->node[end].score;
		unknown(u, p + i, end - i, ids);
	}
}

void
rk_unigram_free(struct rk_unigram *u)
{
	rk_trie_free(&u->trie);
	free(u->score);
}
