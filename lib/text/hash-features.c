/*
 * hash-features.c - counts distinct features in one open-addressing table of
 * indices into an array of (hash, count) in the order of first appearance. The
 * sums run over that array, so they are the same on any machine and thread.
 * Words come first; a word's pieces are then cut once for each distinct word
 * and counted as often as it came, which for prose saves most of the work.
 */
#include "text/hash-features.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "text/unicode.h"

enum {
	LOGS = 256, /* counts whose logarithm is kept */
	MIN_SLOTS = 512,
	MAX_SLOTS = 4096, /* of the table, at first */
	KEEP = 8 << 20    /* bytes of scratch kept from text to text */
};

#define ONCE UINT32_MAX /* for a feature's index: count one */

struct feature {
	uint64_t hash;
	uint32_t count;
};

/* What character features are cut from: a word, or a run without spaces. */
struct piece {
	uint32_t at, n;   /* bytes of the folded text */
	uint32_t feature; /* the word's; ONCE for a run */
};

struct table {
	struct feature *feature; /* in order of first appearance */
	size_t n, cap;
	uint32_t *slot; /* [mask + 1], index in feature plus one; 0: free */
	size_t mask, slot_cap;
};

struct rk_hash {
	size_t dim;
	struct rk_fold fold;
	struct table table;
	struct piece *piece;
	size_t pieces, piece_cap;
	unsigned char *pad; /* " word " */
	uint32_t *start;    /* where its code points start, and its end */
	size_t pad_cap;
	double *word, *chars;     /* [dim] */
	double weight[2][LOGS];   /* log(1 + count), and its negative */
	unsigned char class[128]; /* rk_unicode_class of ASCII */
};

struct rk_hash *
rk_hash_new(size_t dim)
{
	struct rk_hash *f = rk_calloc(1, sizeof *f);
	int i;

	f->dim = dim;
	f->word = rk_array(NULL, dim, sizeof *f->word);
	f->chars = rk_array(NULL, dim, sizeof *f->chars);
	for (i = 0; i < LOGS; i++) {
		f->weight[0][i] = log(1 + i);
		f->weight[1][i] = -f->weight[0][i];
	}
	for (i = 0; i < 128; i++)
		f->class[i] = (unsigned char)rk_unicode_class(i);
	return f;
}

static void
release(struct rk_hash *f)
{
	rk_fold_free(&f->fold);
	free(f->table.feature);
	free(f->table.slot);
	free(f->piece);
	free(f->pad);
	free(f->start);
	memset(&f->table, 0, sizeof f->table);
	f->piece = NULL;
	f->pad = NULL;
	f->start = NULL;
	f->piece_cap = f->pad_cap = 0;
}

void
rk_hash_free(struct rk_hash *f)
{
	if (f == NULL)
		return;
	release(f);
	free(f->word);
	free(f->chars);
	free(f);
}

static size_t
scratch_size(const struct rk_hash *f)
{
	return f->table.cap * sizeof *f->table.feature +
	    f->table.slot_cap * sizeof *f->table.slot +
	    f->piece_cap * sizeof *f->piece +
	    f->pad_cap * (1 + sizeof *f->start) + f->fold.out.cap +
	    f->fold.cap * sizeof *f->fold.cp +
	    f->fold.run_cap * sizeof *f->fold.run;
}

/* --- counting --- */

static void
table_resize(struct table *t, size_t slots)
{
	if (slots > t->slot_cap) {
		free(t->slot);
		t->slot = rk_array(NULL, slots, sizeof *t->slot);
		t->slot_cap = slots;
	}
	memset(t->slot, 0, slots * sizeof *t->slot);
	t->mask = slots - 1;
}

/* Empties the table; it starts at a size that suits a text of N bytes. */
static void
table_clear(struct table *t, size_t n)
{
	size_t slots = MIN_SLOTS;

	while (slots < MAX_SLOTS && slots < 4 * n)
		slots *= 2;
	t->n = 0;
	table_resize(t, slots);
}

/* Makes room for MORE features: the table stays at most half full. */
static void
table_reserve(struct table *t, size_t more)
{
	size_t i, at, need = t->n + more, slots = t->mask + 1;

	if (need > t->cap) {
		t->cap = need > t->cap * 2 ? need : t->cap * 2;
		t->feature = rk_array(t->feature, t->cap, sizeof *t->feature);
	}
	if (need <= slots / 2)
		return;
	while (need > slots / 2)
		slots *= 2;
	table_resize(t, slots);
	for (i = 0; i < t->n; i++) {
		at = t->feature[i].hash & t->mask;
		while (t->slot[at] != 0)
			at = (at + 1) & t->mask;
		t->slot[at] = (uint32_t)i + 1;
	}
}

/*
 * Counts the feature of this hash TIMES more; returns its index. There is room
 * for it. Callers in a loop pass a copy of the table, so that it can live in
 * registers.
 */
static inline uint32_t
count(struct table *t, uint64_t hash, uint32_t times)
{
	size_t at = hash & t->mask;
	uint32_t i;

	while ((i = t->slot[at]) != 0) {
		if (t->feature[i - 1].hash == hash) {
			t->feature[i - 1].count += times;
			return i - 1;
		}
		at = (at + 1) & t->mask;
	}
	i = (uint32_t)t->n++;
	t->feature[i].hash = hash;
	t->feature[i].count = times;
	t->slot[at] = i + 1;
	return i;
}

/* --- words --- */

static void
add_piece(struct rk_hash *f, size_t at, size_t n, uint32_t feature)
{
	struct piece *p;

	RK_GROW(f->piece, f->pieces, f->piece_cap);
	p = &f->piece[f->pieces++];
	p->at = (uint32_t)at;
	p->n = (uint32_t)n;
	p->feature = feature;
}

/* The class of the code point at P, and its length. */
static inline enum rk_unicode_class
class_at(const struct rk_hash *f, const char *p, const char *end, size_t *len)
{
	int32_t c;

	if ((signed char)*p >= 0) {
		*len = 1;
		return f->class[(unsigned char)*p];
	}
	*len = rk_unicode_next(p, end, &c);
	return rk_unicode_class(c);
}

/* The word at P that starts with LEN bytes of CLASS: where it ends. */
static const char *
word_end(const struct rk_hash *f, const char *p, const char *end,
    enum rk_unicode_class class, size_t len)
{
	p += len;
	if (class != RK_UNICODE_WORD)
		return p;
	for (; p < end; p += len) {
		class = class_at(f, p, end, &len);
		if (class != RK_UNICODE_WORD && class != RK_UNICODE_MARK)
			break;
	}
	return p;
}

/*
 * Counts the words and pairs of words of the folded text, and notes the pieces
 * to cut. PREV is the unmixed hash of "w" + the word before.
 */
static void
count_words(struct rk_hash *f)
{
	const char *text = f->fold.out.p, *end = text + f->fold.out.n, *p, *e;
	const char *run = NULL; /* of a script without spaces */
	uint64_t prev = 0, one, two;
	int first = 1;
	uint32_t i;
	size_t len, known;

	for (p = text; p < end; p = e) {
		enum rk_unicode_class class = class_at(f, p, end, &len);
		if (run != NULL && class != RK_UNICODE_LONE) {
			add_piece(
			    f, (size_t)(run - text), (size_t)(p - run), ONCE);
			run = NULL;
		}
		e = p + len;
		if (class == RK_UNICODE_OTHER || class == RK_UNICODE_MARK)
			continue;
		e = word_end(f, p, end, class, len);
		one = rk_num_fnv(RK_NUM_FNV, 'w');
		two = rk_num_fnv(prev, ' ');
		for (len = 0; len < (size_t)(e - p); len++) {
			one = rk_num_fnv(one, (unsigned char)p[len]);
			two = rk_num_fnv(two, (unsigned char)p[len]);
		}
		table_reserve(&f->table, 2);
		known = f->table.n;
		i = count(&f->table, rk_num_mix(one), 1);
		if (class == RK_UNICODE_LONE)
			run = run != NULL ? run : p;
		else if (i == known)
			add_piece(f, (size_t)(p - text), len, i);
		if (!first)
			count(&f->table, rk_num_mix(two), 1);
		first = 0;
		prev = one;
	}
	if (run != NULL)
		add_piece(f, (size_t)(run - text), (size_t)(end - run), ONCE);
}

/* --- pieces --- */

static void
pad_need(struct rk_hash *f, size_t n)
{
	if (n < f->pad_cap)
		return;
	f->pad_cap = n < 256 ? 256 : n * 2;
	f->pad = rk_array(f->pad, f->pad_cap, 1);
	f->start = rk_array(f->start, f->pad_cap, sizeof *f->start);
}

/* Puts a word between spaces, and a run as it is; returns its code points. */
static size_t
pad(struct rk_hash *f, const struct piece *piece)
{
	const char *text = f->fold.out.p + piece->at;
	size_t space = piece->feature != ONCE, n, i, chars = 0;

	pad_need(f, piece->n + 2);
	f->pad[0] = ' ';
	memcpy(f->pad + space, text, piece->n);
	n = piece->n + space;
	if (space)
		f->pad[n++] = ' ';
	for (i = 0; i < n; i++)
		if ((f->pad[i] & 0xc0) != 0x80)
			f->start[chars++] = (uint32_t)i;
	f->start[chars] = (uint32_t)n;
	return chars;
}

/* Counts the 3-, 4- and 5-grams of the N ASCII characters at S. */
static void
count_ascii(
    struct table *table, const unsigned char *s, size_t n, uint32_t times)
{
	const uint64_t start = rk_num_fnv(RK_NUM_FNV, 'c');
	struct table t = *table;
	uint64_t h;
	size_t i;

	for (i = 0; i + 3 <= n; i++) {
		h = rk_num_fnv(start, s[i]);
		h = rk_num_fnv(h, s[i + 1]);
		h = rk_num_fnv(h, s[i + 2]);
		count(&t, rk_num_mix(h), times);
		if (i + 4 > n)
			break;
		h = rk_num_fnv(h, s[i + 3]);
		count(&t, rk_num_mix(h), times);
		if (i + 5 > n)
			continue;
		h = rk_num_fnv(h, s[i + 4]);
		count(&t, rk_num_mix(h), times);
	}
	*table = t;
}

/*
 * Counts the n-grams for n = 3..MOST of the CHARS code points that begin at
 * s[start[0]], s[start[1]], ... and end at s[start[chars]].
 */
static void
count_utf8(struct table *table, const unsigned char *s, const uint32_t *start,
    size_t chars, size_t most, uint32_t times)
{
	struct table t = *table;
	size_t i, j, k;
	uint64_t h;

	for (i = 0; i + 3 <= chars; i++) {
		h = rk_num_fnv(RK_NUM_FNV, 'c');
		j = start[i];
		for (k = 1; k <= most && i + k <= chars; k++) {
			for (; j < start[i + k]; j++)
				h = rk_num_fnv(h, s[j]);
			if (k >= 3)
				count(&t, rk_num_mix(h), times);
		}
	}
	*table = t;
}

static void
count_pieces(struct rk_hash *f)
{
	size_t i, chars;

	for (i = 0; i < f->pieces; i++) {
		const struct piece *p = &f->piece[i];
		int run = p->feature == ONCE;
		uint32_t times = run ? 1 : f->table.feature[p->feature].count;
		chars = pad(f, p);
		table_reserve(&f->table, 3 * chars);
		if (chars == p->n + 2)
			count_ascii(&f->table, f->pad, chars, times);
		else
			count_utf8(&f->table, f->pad, f->start, chars,
			    run ? 3 : 5, times);
	}
}

/* --- the vector --- */

/* v[dim]: the features from..to, each in its bucket. */
static void
sum(const struct rk_hash *f, double *v, size_t from, size_t to)
{
	size_t i;

	memset(v, 0, f->dim * sizeof *v);
	for (i = from; i < to; i++) {
		uint64_t h = f->table.feature[i].hash;
		uint32_t n = f->table.feature[i].count;
		/* a branch on the sign would be wrong half of the time */
		double w = n < LOGS ? f->weight[h & 1][n]
		    : h & 1         ? -log(1 + (double)n)
				    : log(1 + (double)n);
		v[((h >> 32) * f->dim) >> 32] += w;
	}
}

/* The L2 norm, by four sums, which a processor can run side by side. */
static double
norm(const double *v, size_t dim)
{
	double s[4] = { 0 };
	size_t i;

	for (i = 0; i + 4 <= dim; i += 4) {
		s[0] += v[i] * v[i];
		s[1] += v[i + 1] * v[i + 1];
		s[2] += v[i + 2] * v[i + 2];
		s[3] += v[i + 3] * v[i + 3];
	}
	for (; i < dim; i++)
		s[0] += v[i] * v[i];
	return sqrt((s[0] + s[1]) + (s[2] + s[3]));
}

/* 1/x, and 0 for the norm of a zero vector, which stays what it is. */
static double
inverse(double x)
{
	return x > 0 ? 1 / x : 0;
}

int
rk_hash_text(struct rk_hash *f, float *out, const char *text, size_t n,
    struct rk_err *err)
{
	double a, b;
	size_t i, words;

	if (n > RK_HASH_MAX_TEXT)
		return rk_err_set(err,
		    "a text of %zu bytes: at most %d can be embedded", n,
		    RK_HASH_MAX_TEXT);
	table_clear(&f->table, n);
	f->pieces = 0;
	rk_fold_text(&f->fold, text, n);
	count_words(f);
	words = f->table.n;
	count_pieces(f);
	sum(f, f->word, 0, words);
	sum(f, f->chars, words, f->table.n);
	a = inverse(norm(f->word, f->dim));
	b = inverse(norm(f->chars, f->dim));
	for (i = 0; i < f->dim; i++)
		f->word[i] = f->word[i] * a + f->chars[i] * b;
	a = inverse(norm(f->word, f->dim));
	for (i = 0; i < f->dim; i++)
		out[i] = (float)(f->word[i] * a);
	if (scratch_size(f) > KEEP)
		release(f);
	return 0;
}
