/*
 * bpe.c - the merges in a hash table of pairs. A short word is searched for
 * its best pair anew after each merge; a long one keeps its pairs in a heap and
 * takes n log n.
 */
#include "text/bpe.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/num.h"
#include "text/unicode.h"

enum { SHORT = 24 };
#define NONE UINT32_MAX

/* --- the alphabet of bytes --- */

/*
 * GPT-2's bytes_to_unicode: the printable bytes of Latin-1 are themselves; the
 * 68 others, in order, are U+0100 onwards.
 */
static int32_t
letter(unsigned c)
{
	if ((c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xac) || c >= 0xae)
		return (int32_t)c;
	if (c <= 0x20)
		return (int32_t)(0x100 + c);
	if (c <= 0xa0)
		return (int32_t)(0x100 + c - 0x7f + 33);
	return 0x100 + 67; /* 0xad */
}

static int
byte_of(int32_t c)
{
	if (c < 0x100)
		return letter((unsigned)c) == c ? c : -1;
	if (c <= 0x120)
		return c - 0x100;
	if (c < 0x143)
		return c - 0x100 - 33 + 0x7f;
	return c == 0x143 ? 0xad : -1;
}

void
rk_bpe_spell(struct rk_buf *out, const char *p, size_t n)
{
	size_t i;

	rk_buf_need(out, 2 * n);
	for (i = 0; i < n; i++)
		out->n += (size_t)utf8proc_encode_char(
		    letter((unsigned char)p[i]),
		    (utf8proc_uint8_t *)out->p + out->n);
}

void
rk_bpe_unspell(struct rk_buf *out, const char *p, size_t n)
{
	size_t had = out->n;
	const char *at = p, *end = p + n;
	int32_t c;

	while (at < end) {
		at += rk_unicode_next(at, end, &c);
		if (byte_of(c) < 0) {
			out->n = had;
			rk_buf_add(out, p, n);
			return;
		}
		rk_buf_addc(out, (char)byte_of(c));
	}
}

/* --- the table of merges --- */

void
rk_bpe_build(struct rk_bpe *b, const struct rk_vocab *v)
{
	struct rk_buf s = { 0 };
	int i;

	b->vocab = v;
	for (i = 0; i < 256; i++) {
		char c = (char)i;
		s.n = 0;
		rk_bpe_spell(&s, &c, 1);
		b->letter[i] = rk_vocab_find(v, s.p, s.n);
		b->byte[i] = rk_vocab_byte(v, (unsigned char)i);
	}
	rk_buf_free(&s);
}

static struct rk_bpe_merge *
find(const struct rk_bpe *b, uint64_t pair)
{
	size_t i = rk_num_mix(pair) & (b->slots - 1);

	while (b->merge[i].id >= 0 && b->merge[i].pair != pair)
		i = (i + 1) & (b->slots - 1);
	return b->merge + i;
}

static void
grow(struct rk_bpe *b)
{
	struct rk_bpe_merge *old = b->merge;
	size_t i, n = b->slots;

	b->slots = n ? n * 2 : 1024;
	b->merge = rk_array(NULL, b->slots, sizeof *b->merge);
	for (i = 0; i < b->slots; i++)
		b->merge[i].id = -1;
	for (i = 0; i < n; i++)
		if (old[i].id >= 0)
			*find(b, old[i].pair) = old[i];
	free(old);
}

static uint64_t
pair_of(int32_t left, int32_t right)
{
	return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

int
rk_bpe_add(struct rk_bpe *b, int32_t left, int32_t right, int32_t id)
{
	struct rk_bpe_merge *m;

	if (b->merges * 2 >= b->slots)
		grow(b);
	m = find(b, pair_of(left, right));
	if (m->id >= 0)
		return -1;
	m->pair = pair_of(left, right);
	m->rank = (uint32_t)b->merges++;
	m->id = id;
	return 0;
}

/* --- a word's symbols --- */

static void
add(struct rk_bpe_scratch *s, int32_t id)
{
	RK_GROW(s->symbol, s->n, s->cap);
	s->symbol[s->n].id = id;
	s->symbol[s->n].prev = s->n ? (uint32_t)s->n - 1 : NONE;
	s->symbol[s->n].next = (uint32_t)s->n + 1;
	s->n++;
}

/* The bytes of an unknown character: 0 where one has no piece. */
static int
add_bytes(
    const struct rk_bpe *b, struct rk_bpe_scratch *s, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (b->byte[(unsigned char)p[i]] < 0)
			return 0;
	for (i = 0; i < n; i++)
		add(s, b->byte[(unsigned char)p[i]]);
	return 1;
}

/*
 * Unknown characters wait until the next known one, so that they can be one;
 * bytes that stand for one go ahead of those that wait, as in the reference.
 */
static void
symbols(
    const struct rk_bpe *b, struct rk_bpe_scratch *s, const char *p, size_t n)
{
	int waits = 0;
	size_t i, k = 1;
	int32_t c, id;

	s->n = 0;
	for (i = 0; i < n; i += k) {
		if (b->byte_level) {
			id = b->letter[(unsigned char)p[i]];
		} else {
			k = rk_unicode_next(p + i, p + n, &c);
			id = rk_vocab_find(b->vocab, p + i, k);
		}
		if (id < 0 && !b->byte_level && b->fallback &&
		    add_bytes(b, s, p + i, k))
			continue;
		if (waits && (id >= 0 || !b->fuse_unk)) {
			add(s, b->unk);
			waits = 0;
		}
		if (id >= 0)
			add(s, id);
		else
			waits = b->unk >= 0;
	}
	if (waits)
		add(s, b->unk);
	if (s->n > 0)
		s->symbol[s->n - 1].next = NONE;
}

/* Joins the symbol after AT to it. */
static void
join(struct rk_bpe_scratch *s, uint32_t at, int32_t id)
{
	struct rk_bpe_symbol *a = s->symbol + at, *b = s->symbol + a->next;

	a->id = id;
	a->next = b->next;
	b->id = -1;
	if (b->next != NONE)
		s->symbol[b->next].prev = at;
}

/* The merge of the symbol at AT with the next; NULL: none. */
static const struct rk_bpe_merge *
merge_at(const struct rk_bpe *b, const struct rk_bpe_scratch *s, uint32_t at)
{
	const struct rk_bpe_symbol *a = s->symbol + at;
	const struct rk_bpe_merge *m;

	if (a->next == NONE || b->slots == 0)
		return NULL;
	m = find(b, pair_of(a->id, s->symbol[a->next].id));
	return m->id >= 0 ? m : NULL;
}

/* --- short words --- */

static void
merge_short(const struct rk_bpe *b, struct rk_bpe_scratch *s)
{
	struct rk_bpe_pair pair[SHORT]; /* by the symbol at its left */
	const struct rk_bpe_merge *m;
	uint32_t i, best;

	for (i = 0; i < s->n; i++) {
		m = merge_at(b, s, i);
		pair[i].rank = m ? m->rank : NONE;
		pair[i].id = m ? m->id : -1;
	}
	for (;;) {
		best = 0;
		for (i = 1; i < s->n; i++)
			if (pair[i].rank < pair[best].rank)
				best = i;
		if (pair[best].rank == NONE)
			return;
		pair[s->symbol[best].next].rank = NONE;
		join(s, best, pair[best].id);
		m = merge_at(b, s, best);
		pair[best].rank = m ? m->rank : NONE;
		pair[best].id = m ? m->id : -1;
		i = s->symbol[best].prev;
		if (i == NONE)
			continue;
		m = merge_at(b, s, i);
		pair[i].rank = m ? m->rank : NONE;
		pair[i].id = m ? m->id : -1;
	}
}

/* --- long words --- */

static int
before(const struct rk_bpe_pair *a, const struct rk_bpe_pair *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void
push(const struct rk_bpe *b, struct rk_bpe_scratch *s, uint32_t at)
{
	const struct rk_bpe_merge *m = merge_at(b, s, at);
	struct rk_bpe_pair new;
	size_t i, up;

	if (m == NULL)
		return;
	new = (struct rk_bpe_pair){ m->rank, at, m->id };
	RK_GROW(s->heap, s->heap_n, s->heap_cap);
	for (i = s->heap_n++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!before(&new, s->heap + up))
			break;
		s->heap[i] = s->heap[up];
	}
	s->heap[i] = new;
}

static struct rk_bpe_pair
pop(struct rk_bpe_scratch *s)
{
	struct rk_bpe_pair top = s->heap[0], last = s->heap[--s->heap_n];
	size_t i, down;

	for (i = 0; (down = 2 * i + 1) < s->heap_n; i = down) {
		if (down + 1 < s->heap_n &&
		    before(s->heap + down + 1, s->heap + down))
			down++;
		if (!before(s->heap + down, &last))
			break;
		s->heap[i] = s->heap[down];
	}
	s->heap[i] = last;
	return top;
}

static void
merge_long(const struct rk_bpe *b, struct rk_bpe_scratch *s)
{
	const struct rk_bpe_merge *m;
	uint32_t i;

	s->heap_n = 0;
	for (i = 0; i < s->n; i++)
		push(b, s, i);
	while (s->heap_n > 0) {
		struct rk_bpe_pair top = pop(s);
		if (s->symbol[top.at].id < 0)
			continue; /* it was joined to another meanwhile */
		m = merge_at(b, s, top.at);
		if (m == NULL || m->id != top.id)
			continue;
		join(s, top.at, top.id);
		push(b, s, top.at);
		if (s->symbol[top.at].prev != NONE)
			push(b, s, s->symbol[top.at].prev);
	}
}

void
rk_bpe_word(const struct rk_bpe *b, struct rk_bpe_scratch *s, const char *p,
    size_t n, struct rk_ids *ids)
{
	uint32_t i;
	int32_t id = -1;

	if (b->ignore_merges && b->byte_level) {
		s->word.n = 0;
		rk_bpe_spell(&s->word, p, n);
		id = rk_vocab_find(b->vocab, s->word.p, s->word.n);
	} else if (b->ignore_merges) {
		id = rk_vocab_find(b->vocab, p, n);
	}
	if (id >= 0) {
		rk_ids_add(ids, &id, 1);
		return;
	}
	symbols(b, s, p, n);
	if (s->n == 0)
		return;
	if (s->n <= SHORT)
		merge_short(b, s);
	else
		merge_long(b, s);
	for (i = 0; i != NONE; i = s->symbol[i].next)
		rk_ids_add(ids, &s->symbol[i].id, 1);
}

void
rk_bpe_free(struct rk_bpe *b)
{
	free(b->merge);
}

void
rk_bpe_scratch_free(struct rk_bpe_scratch *s)
{
	free(s->symbol);
	free(s->heap);
	rk_buf_free(&s->word);
}
