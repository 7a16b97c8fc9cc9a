/*
 * encode.c - a text is cut at added tokens, normalized, cut at those that are
 * looked for in normalized text, cut into words, and each word becomes ids. A
 * table of the words seen last, each of few bytes and few ids, saves most of
 * the work on prose; it changes nothing, since a word's ids are its own.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/num.h"
#include "text/tok.h"

enum {
	SEEN = 8192, /* words; a power of two */
	SEEN_BYTES = 22,
	SEEN_IDS = 10,
	LONG = 256 << 10 /* bytes of a text whose scratch does not stay */
};

struct seen {
	uint8_t n, ids; /* n = 0: empty */
	char p[SEEN_BYTES];
	int32_t id[SEEN_IDS];
};

struct rk_tok_scratch {
	uint64_t serial; /* whose words are in seen */
	struct seen seen[SEEN];
	struct rk_norm_scratch norm;
	struct rk_pre_scratch pre;
	struct rk_regex_match *match;
	struct rk_unigram_scratch unigram;
	struct rk_bpe_scratch bpe;
};

void
rk_ids_add(struct rk_ids *ids, const int32_t *p, size_t n)
{
	while (ids->cap - ids->n < n) {
		ids->cap = ids->cap ? ids->cap * 2 : 256;
		ids->p = rk_array(ids->p, ids->cap, sizeof *ids->p);
	}
	if (n > 0)
		memcpy(ids->p + ids->n, p, n * sizeof *p);
	ids->n += n;
}

void
rk_ids_free(struct rk_ids *ids)
{
	free(ids->p);
	memset(ids, 0, sizeof *ids);
}

struct rk_tok_scratch *
rk_tok_scratch_new(void)
{
	struct rk_tok_scratch *s = rk_calloc(1, sizeof *s);

	s->match = rk_regex_match_new();
	return s;
}

static void
empty(struct rk_tok_scratch *s)
{
	rk_norm_scratch_free(&s->norm);
	rk_pre_scratch_free(&s->pre);
	rk_bpe_scratch_free(&s->bpe);
	free(s->unigram.node);
	memset(&s->bpe, 0, sizeof s->bpe);
	memset(&s->unigram, 0, sizeof s->unigram);
}

void
rk_tok_scratch_free(struct rk_tok_scratch *s)
{
	if (s == NULL)
		return;
	empty(s);
	rk_regex_match_free(s->match);
	free(s);
}

/* --- words --- */

struct run {
	const struct rk_tok *t;
	struct rk_tok_scratch *s;
	struct rk_ids *ids;
	size_t most; /* stop when so many are there */
	int plain;   /* special tokens are text like any other */
	struct rk_err *err;
};

static void
model(const struct run *r, const char *p, size_t n)
{
	switch (r->t->model) {
	case RK_TOK_WORDPIECE:
		rk_wordpiece_word(&r->t->wordpiece, p, n, r->ids);
		break;
	case RK_TOK_UNIGRAM:
		rk_unigram_word(&r->t->unigram, &r->s->unigram, p, n, r->ids);
		break;
	case RK_TOK_BPE:
		rk_bpe_word(&r->t->bpe, &r->s->bpe, p, n, r->ids);
		break;
	}
}

static int
word(void *arg, const char *p, size_t n)
{
	struct run *r = arg;
	size_t had = r->ids->n;
	struct seen *e;

	if (n > SEEN_BYTES) {
		model(r, p, n);
		return r->ids->n >= r->most;
	}
	e = r->s->seen + (rk_num_hash(p, n) & (SEEN - 1));
	if (e->n == n && memcmp(e->p, p, n) == 0) {
		rk_ids_add(r->ids, e->id, e->ids);
		return r->ids->n >= r->most;
	}
	model(r, p, n);
	if (r->ids->n - had <= SEEN_IDS) {
		e->n = (uint8_t)n;
		e->ids = (uint8_t)(r->ids->n - had);
		memcpy(e->p, p, n);
		if (e->ids > 0)
			memcpy(e->id, r->ids->p + had, e->ids * sizeof *e->id);
	}
	return r->ids->n >= r->most;
}

/* --- added tokens --- */

/* Rust's \w: Alphabetic, marks, decimal digits, connectors, joiners. */
static int
is_word(int32_t c)
{
	if (c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9) ||
	    (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
	    (c >= 0x1f170 && c <= 0x1f189))
		return 1;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_PC: return 1;
	default: return 0;
	}
}

/* The code point that ends at p[at]. */
static size_t
last_before(const char *p, size_t at, int32_t *c)
{
	size_t i = at - 1;

	while (i > 0 && at - i < 4 && (p[i] & 0xc0) == 0x80)
		i--;
	rk_unicode_next(p + i, p + at, c);
	return at - i;
}

static int
within_word(const char *p, size_t n, size_t start, size_t end)
{
	int32_t c;

	if (start > 0) {
		last_before(p, start, &c);
		if (is_word(c))
			return 1;
	}
	if (end < n) {
		rk_unicode_next(p + end, p + n, &c);
		return is_word(c);
	}
	return 0;
}

/* START moved to the left over white space, but not beyond LEAST. */
static size_t
space_before(const char *p, size_t start, size_t least)
{
	int32_t c;

	while (start > least) {
		size_t k = last_before(p, start, &c);
		if (!rk_norm_is_space(c))
			break;
		start -= k;
	}
	return start;
}

static size_t
space_after(const char *p, size_t n, size_t end)
{
	int32_t c;

	while (end < n) {
		size_t k = rk_unicode_next(p + end, p + n, &c);
		if (!rk_norm_is_space(c))
			break;
		end += k;
	}
	return end;
}

/*
 * Hands the text between added tokens to PART, and adds their ids: of those
 * that begin at a place the longest, and no overlaps. 0, -1, or 1: enough.
 */
static int
cut(struct run *r, const struct rk_tok_finder *f, const char *p, size_t n,
    int first, int (*part)(struct run *, const char *, size_t, int))
{
	size_t at = 0, i, len = 0, start, stop;
	size_t space = 0; /* where the white space ends that was seen last */
	const struct rk_tok_added *a;
	int32_t hit;
	int e;

	for (i = 0; f->any && i < n; i++) {
		if (!f->begins[(unsigned char)p[i]])
			continue;
		hit = rk_trie_longest(&f->trie, p + i, n - i, &len);
		if (hit < 0)
			continue;
		a = r->t->added + hit;
		start = i;
		stop = i + len;
		i = stop - 1;
		if ((r->plain && a->special) ||
		    (a->word && within_word(p, n, start, stop)))
			continue;
		if (a->left)
			start = space_before(p, start, at);
		if (a->right)
			stop = space = stop < space ? space
						    : space_after(p, n, stop);
		if (start > at &&
		    (e = part(r, p + at, start - at, first && at == 0)) != 0)
			return e;
		rk_ids_add(r->ids, &a->id, 1);
		if (r->ids->n >= r->most)
			return 1;
		at = stop;
	}
	return at < n ? part(r, p + at, n - at, first && at == 0) : 0;
}

static int
words(struct run *r, const char *p, size_t n, int first)
{
	struct rk_pre_run pre = { .step = r->t->pre,
		.steps = r->t->pres,
		.s = &r->s->pre,
		.m = r->s->match,
		.first = first,
		.word = word,
		.arg = r,
		.err = r->err };

	return rk_pre_text(&pre, p, n);
}

static int
cook(struct run *r, const char *p, size_t n, int first)
{
	if (rk_norm_text(r->t->norm, r->t->norms, &r->s->norm, r->s->match, p,
		n, &p, &n, r->err) != 0)
		return -1;
	return cut(r, &r->t->cooked, p, n, first, words);
}

/* --- texts --- */

/* Where p[0..n) is no UTF-8, or n. */
static size_t
valid(const char *p, size_t n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t k;
	uint64_t w;
	size_t i = 0;

	while (i < n) {
		if (n - i >= 8) {
			memcpy(&w, p + i, 8);
			if ((w & 0x8080808080808080u) == 0) {
				i += 8;
				continue;
			}
		}
		k = utf8proc_iterate((const utf8proc_uint8_t *)p + i,
		    n - i < 4 ? (utf8proc_ssize_t)(n - i) : 4, &c);
		if (k <= 0)
			break;
		i += (size_t)k;
	}
	return i;
}

/* The id of what is not in the vocabulary; -1: none. */
static int32_t
unknown(const struct rk_tok *t)
{
	return t->model == RK_TOK_BPE    ? t->bpe.unk
	    : t->model == RK_TOK_UNIGRAM ? t->unigram.unk
					 : t->wordpiece.unk;
}

/* At most MOST ids of the text itself. */
static int
encode(const struct rk_tok *t, struct rk_tok_scratch *s, const char *text,
    size_t n, size_t most, int plain, struct rk_ids *ids, struct rk_err *err)
{
	struct run r = { t, s, ids, 0, plain, err };
	size_t had = ids->n, bad;
	int e = 0;

	if (n > RK_TOK_MAX_TEXT)
		return rk_err_set(err,
		    "a text of %zu bytes is too long for a tokenizer: at most "
		    "%d",
		    n, RK_TOK_MAX_TEXT);
	if ((bad = valid(text, n)) < n)
		return rk_err_set(
		    err, "the text is not UTF-8 at byte %zu", bad);
	if (s->serial != t->serial)
		memset(s->seen, 0, sizeof s->seen);
	s->serial = t->serial;
	r.most = most > SIZE_MAX - had ? SIZE_MAX : had + most;
	if (most > 0)
		e = cut(&r, &t->raw, text, n, 1, cook);
	if (ids->n > r.most)
		ids->n = r.most;
	if (e < 0)
		ids->n = had;
	if (n > LONG)
		empty(s);
	return e < 0 ? -1 : 0;
}

static int
is_special(const struct rk_tok *t, int32_t id)
{
	size_t i, n;

	if (rk_vocab_piece(&t->added_text, id, &n) == NULL)
		return 0;
	for (i = 0; i < t->n_added; i++)
		if (t->added[i].id == id && t->added[i].special)
			return 1;
	return 0;
}

int
rk_tok_encode(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, int specials, struct rk_ids *ids,
    struct rk_err *err)
{
	size_t had = ids->n;

	if (specials)
		rk_ids_add(ids, t->before.p, t->before.n);
	if (encode(t, s, text, n, SIZE_MAX, 0, ids, err) != 0) {
		ids->n = had;
		return -1;
	}
	if (specials)
		rk_ids_add(ids, t->after.p, t->after.n);
	return 0;
}

int
rk_tok_encode_max(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, size_t max, struct rk_ids *ids,
    struct rk_err *err)
{
	size_t had = ids->n;

	if (max < rk_tok_specials(t))
		return rk_err_set(err, "at most %zu ids, but %zu are special",
		    max, rk_tok_specials(t));
	rk_ids_add(ids, t->before.p, t->before.n);
	if (encode(t, s, text, n, max - rk_tok_specials(t), 0, ids, err) != 0) {
		ids->n = had;
		return -1;
	}
	rk_ids_add(ids, t->after.p, t->after.n);
	return 0;
}

int
rk_tok_encode_plain(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, size_t max, struct rk_ids *ids,
    struct rk_err *err)
{
	size_t had = ids->n, i, k;

	if (encode(t, s, text, n, max, 1, ids, err) != 0)
		return -1;
	/* a model's own vocabulary may spell one too */
	for (i = k = had; i < ids->n; i++)
		if (!is_special(t, ids->p[i]) || ids->p[i] == unknown(t))
			ids->p[k++] = ids->p[i];
	ids->n = k;
	return 0;
}

void
rk_tok_wrap(
    const struct rk_tok *t, const int32_t *p, size_t n, struct rk_ids *ids)
{
	rk_ids_add(ids, t->before.p, t->before.n);
	rk_ids_add(ids, p, n);
	rk_ids_add(ids, t->after.p, t->after.n);
}

void
rk_tok_decode(const struct rk_tok *t, const int32_t *p, size_t n, int skip,
    struct rk_buf *out)
{
	struct rk_pieces pieces = { 0 };
	const char *q;
	size_t i, len;

	for (i = 0; i < n; i++) {
		q = rk_tok_piece(t, p[i], &len);
		if (q != NULL && !(skip && is_special(t, p[i])))
			rk_pieces_add(&pieces, q, len);
	}
	out->n = 0;
	rk_buf_need(out, 0);
	rk_dec_text(t->dec, t->decs, &pieces, out);
	rk_pieces_free(&pieces);
}
