/*
 * bpe.c - the merges in a hash table of pairs. A short word is searched for
 * its best pair anew after each merge; a long one keeps its pairs in a heap and
 * takes n log n. Before that a word is cut where no merge can join two
 * characters, since what is merged on one side changes nothing on the other:
 * a text that comes as one word (Llama 2) falls into some that are short.
 */
#include "text/bpe.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/num.h"
#include "text/unicode.h"

enum { SHORT = 24, BORDERS = 1 << 20 };
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
	b->border = rk_calloc(BORDERS / 64, sizeof *b->border);
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

static size_t
border_of(int32_t left, int32_t right)
{
	return rk_num_mix(pair_of(left, right)) & (BORDERS - 1);
}

/* The first character of a piece, or with LAST its last, as an id; or -1. */
static int32_t
edge(const struct rk_bpe *b, int32_t id, int last)
{
	size_t n, k;
	const char *p = rk_vocab_piece(b->vocab, id, &n), *at = p;
	int32_t c;

	if (n == 0)
		return -1;
	if (last)
		for (at = p + n - 1; at > p && (*at & 0xc0) == 0x80; at--)
			;
	k = rk_unicode_next(at, p + n, &c);
	return k == n ? id : rk_vocab_find(b->vocab, at, k);
}

/* May a word begin with this piece as it is, though it is not one character? */
static int
stands_for(const struct rk_bpe *b, int32_t id)
{
	size_t n = 0;
	int i;

	if (b->fallback && rk_vocab_piece(b->vocab, id, &n) && n == 6)
		for (i = 0; i < 256; i++)
			if (b->byte[i] == id)
				return 1;
	return id == b->unk;
}

/* Marks the borders that a merge of two pieces goes across. */
static void
add_border(struct rk_bpe *b, int32_t left, int32_t right)
{
	int32_t l[2] = { edge(b, left, 1), left };
	int32_t r[2] = { edge(b, right, 0), right };
	int i, j, n = 1 + stands_for(b, left), m = 1 + stands_for(b, right);

	for (i = 0; i < n; i++)
		for (j = 0; j < m; j++) {
			size_t at = border_of(l[i], r[j]);
			b->border[at / 64] |= (uint64_t)1 << at % 64;
		}
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
	add_border(b, left, right);
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
merge_short(
    const struct rk_bpe *b, struct rk_bpe_scratch *s, uint32_t from, uint32_t n)
{
	struct rk_bpe_pair pair[SHORT]; /* by the symbol at its left */
	const struct rk_bpe_merge *m;
	uint32_t i, k, best;

	for (i = 0; i < n; i++) {
		m = merge_at(b, s, from + i);
		pair[i].rank = m ? m->rank : NONE;
		pair[i].id = m ? m->id : -1;
	}
	for (;;) {
		best = 0;
		for (i = 1; i < n; i++)
			if (pair[i].rank < pair[best].rank)
				best = i;
		if (pair[best].rank == NONE)
			return;
		pair[s->symbol[from + best].next - from].rank = NONE;
		join(s, from + best, pair[best].id);
		/* the pairs to its right and to its left are others now */
		for (i = best, k = 0; k < 2; k++) {
			m = merge_at(b, s, from + i);
			pair[i].rank = m ? m->rank : NONE;
			pair[i].id = m ? m->id : -1;
			if (i == 0)
				break;
			i = s->symbol[from + i].prev - from;
		}
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
merge_long(
    const struct rk_bpe *b, struct rk_bpe_scratch *s, uint32_t from, uint32_t n)
{
	const struct rk_bpe_merge *m;
	uint32_t i;

	s->heap_n = 0;
	for (i = 0; i < n; i++)
		push(b, s, from + i);
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

/* Merges the symbols FROM..TO-1, and adds what they become. */
static void
merge(const struct rk_bpe *b, struct rk_bpe_scratch *s, uint32_t from,
    uint32_t to, struct rk_ids *ids)
{
	uint32_t i;

	s->symbol[from].prev = NONE;
	s->symbol[to - 1].next = NONE;
	if (to - from <= SHORT)
		merge_short(b, s, from, to - from);
	else
		merge_long(b, s, from, to - from);
	for (i = from; i != NONE; i = s->symbol[i].next)
		rk_ids_add(ids, &s->symbol[i].id, 1);
}

static int
is_border(const struct rk_bpe *b, const struct rk_bpe_symbol *s)
{
	size_t at = border_of(s[0].id, s[1].id);

	return !(b->border[at / 64] >> at % 64 & 1);
}

void
rk_bpe_word(const struct rk_bpe *b, struct rk_bpe_scratch *s, const char *p,
    size_t n, struct rk_ids *ids)
{
	uint32_t i, from = 0;
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
	for (i = 1; i <= s->n; i++)
		if (i == s->n || is_border(b, s->symbol + i - 1)) {
			merge(b, s, from, i, ids);
			from = i;
		}
}

void
rk_bpe_free(struct rk_bpe *b)
{
	free(b->merge);
	free(b->border);
}

void
rk_bpe_scratch_free(struct rk_bpe_scratch *s)
{
	free(s->symbol);
	free(s->heap);
	rk_buf_free(&s->word);
}
