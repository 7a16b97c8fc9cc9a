/*
 * vocab.c - one hash table of ids with open addressing, and the pieces by id.
 */
#include "text/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static uint32_t
tag_of(const char *p, size_t n)
{
	return (uint32_t)(rk_num_hash(p, n) >> 32);
}

/* The slot of p[0..n), or the empty one where it would go. */
static struct rk_vocab_slot *
find(const struct rk_vocab *v, const char *p, size_t n, uint32_t tag)
{
	size_t i = tag & (v->slots - 1);

	for (; v->slot[i].id >= 0; i = (i + 1) & (v->slots - 1)) {
		const struct rk_vocab_piece *q = v->piece + v->slot[i].id;
		if (v->slot[i].tag == tag && (size_t)q->n == n &&
		    memcmp(v->text.p + q->at, p, n) == 0)
			break;
	}
	return v->slot + i;
}

static void
grow(struct rk_vocab *v)
{
	struct rk_vocab_slot *old = v->slot;
	size_t i, j, n = v->slots;

	v->slots = n ? n * 4 : 1024;
	v->slot = rk_malloc(v->slots * sizeof *v->slot);
	memset(v->slot, 0xff, v->slots * sizeof *v->slot);
	for (i = 0; i < n; i++) {
		if (old[i].id < 0)
			continue;
		j = old[i].tag & (v->slots - 1);
		while (v->slot[j].id >= 0)
			j = (j + 1) & (v->slots - 1);
		v->slot[j] = old[i];
	}
	free(old);
}

enum rk_vocab_put
rk_vocab_put(struct rk_vocab *v, int32_t id, const char *p, size_t n)
{
	uint32_t tag = tag_of(p, n);
	struct rk_vocab_slot *s;

	if ((size_t)id < v->count && v->piece[id].n >= 0)
		return RK_VOCAB_SAME_ID;
	if (v->pieces * 2 >= v->slots)
		grow(v);
	s = find(v, p, n, tag);
	if (s->id >= 0)
		return RK_VOCAB_SAME_PIECE;
	if ((size_t)id >= v->cap) {
		v->cap = (size_t)id + (size_t)id / 2 + 64;
		v->piece = rk_array(v->piece, v->cap, sizeof *v->piece);
	}
	for (; v->count <= (size_t)id; v->count++)
		v->piece[v->count].n = -1;
	s->tag = tag;
	s->id = id;
	v->piece[id].at = (uint32_t)v->text.n;
	v->piece[id].n = (int32_t)n;
	rk_buf_add(&v->text, p, n);
	v->pieces++;
	return RK_VOCAB_NEW;
}

int32_t
rk_vocab_find(const struct rk_vocab *v, const char *p, size_t n)
{
	return v->slots ? find(v, p, n, tag_of(p, n))->id : -1;
}

const char *
rk_vocab_piece(const struct rk_vocab *v, int32_t id, size_t *n)
{
	if (id < 0 || (size_t)id >= v->count || v->piece[id].n < 0)
		return NULL;
	*n = (size_t)v->piece[id].n;
	return v->text.p + v->piece[id].at;
}

int32_t
rk_vocab_byte(const struct rk_vocab *v, unsigned char byte)
{
	char name[8];

	snprintf(name, sizeof name, "<0x%02X>", byte);
	return rk_vocab_find(v, name, 6);
}

void
rk_vocab_free(struct rk_vocab *v)
{
	rk_buf_free(&v->text);
	free(v->piece);
	free(v->slot);
	memset(v, 0, sizeof *v);
}
