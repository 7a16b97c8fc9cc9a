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
	LOGS = 256,    /* counts whose logarithm is kept */
	SLOTS = 4096,  /* of the table, at first */
	KEEP = 8 << 20 /* bytes of scratch kept from text to text */
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

struct rk_hash {
	size_t dim;
	struct rk_fold fold;
	struct feature *feature; /* in order of first appearance */
	size_t n, cap;
	uint32_t *slot; /* [mask + 1], index in feature plus one; 0: free */
	size_t mask;
	struct piece *piece;
	size_t pieces, piece_cap;
	unsigned char *pad; /* " word " */
	uint32_t *start;    /* where its code points start, and its end */
	size_t pad_cap;
	double *word, *chars; /* [dim] */
	double log1p[LOGS];
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
	for (i = 0; i < LOGS; i++)
		f->log1p[i] = log(1 + i);
	for (i = 0; i < 128; i++)
		f->class[i] = (unsigned char)rk_unicode_class(i);
	return f;
}

static void
release(struct rk_hash *f)
{
	rk_fold_free(&f->fold);
	free(f->feature);
	free(f->slot);
	free(f->piece);
	free(f->pad);
	free(f->start);
	f->feature = NULL;
	f->slot = NULL;
	f->piece = NULL;
	f->pad = NULL;
	f->start = NULL;
	f->cap = f->mask = f->piece_cap = f->pad_cap = 0;
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
	return f->cap * sizeof *f->feature + f->mask * sizeof *f->slot +
	    f->piece_cap * sizeof *f->piece +
	    f->pad_cap * (1 + sizeof *f->start) + f->fold.out.cap +
	    f->fold.cap * sizeof *f->fold.cp +
	    f->fold.run_cap * sizeof *f->fold.run;
}

/* --- counting --- */

static void
table_clear(struct rk_hash *f)
{
	f->n = 0;
	f->pieces = 0;
	if (f->slot == NULL) {
		f->mask = SLOTS - 1;
		f->slot = rk_array(NULL, SLOTS, sizeof *f->slot);
	}
	memset(f->slot, 0, (f->mask + 1) * sizeof *f->slot);
}

/* Makes room for MORE features: the table stays at most half full. */
static void
reserve(struct rk_hash *f, size_t more)
{
	size_t i, at, need = f->n + more, size = f->mask + 1;

	if (need > f->cap) {
		f->cap = need > f->cap * 2 ? need : f->cap * 2;
		f->feature = rk_array(f->feature, f->cap, sizeof *f->feature);
	}
	if (need <= size / 2)
		return;
	while (need > size / 2)
		size *= 2;
	free(f->slot);
	f->slot = rk_calloc(size, sizeof *f->slot);
	f->mask = size - 1;
	for (i = 0; i < f->n; i++) {
		at = f->feature[i].hash & f->mask;
		while (f->slot[at] != 0)
			at = (at + 1) & f->mask;
		f->slot[at] = (uint32_t)i + 1;
	}
}

/* Counts the feature of this hash TIMES more; returns its index. */
static inline uint32_t
count(struct rk_hash *f, uint64_t hash, uint32_t times)
{
	size_t at = hash & f->mask;
	uint32_t i;

	while ((i = f->slot[at]) != 0) {
		if (f->feature[i - 1].hash == hash) {
			f->feature[i - 1].count += times;
			return i - 1;
		}
		at = (at + 1) & f->mask;
	}
	i = (uint32_t)f->n++;
	f->feature[i].hash = hash;
	f->feature[i].count = times;
	f->slot[at] = i + 1;
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
		reserve(f, 2);
		known = f->n;
		i = count(f, rk_num_mix(one), 1);
		if (class == RK_UNICODE_LONE)
			run = run != NULL ? run : p;
		else if (i == known)
			add_piece(f, (size_t)(p - text), len, i);
		if (!first)
			count(f, rk_num_mix(two), 1);
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

/* Counts the code point n-grams of f->pad for n = 3..most. */
static void
count_grams(struct rk_hash *f, size_t chars, size_t most, uint32_t times)
{
	const uint64_t start = rk_num_fnv(RK_NUM_FNV, 'c');
	size_t i, j, k;

	for (i = 0; i + 3 <= chars; i++) {
		uint64_t h = start;
		j = f->start[i];
		for (k = 1; k <= most && i + k <= chars; k++) {
			for (; j < f->start[i + k]; j++)
				h = rk_num_fnv(h, f->pad[j]);
			if (k >= 3)
				count(f, rk_num_mix(h), times);
		}
	}
}

static void
count_pieces(struct rk_hash *f)
{
	size_t i, chars;

	for (i = 0; i < f->pieces; i++) {
		const struct piece *p = &f->piece[i];
		int run = p->feature == ONCE;
		chars = pad(f, p);
		reserve(f, 3 * chars);
		count_grams(f, chars, run ? 3 : 5,
		    run ? 1 : f->feature[p->feature].count);
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
		uint64_t h = f->feature[i].hash;
		uint32_t n = f->feature[i].count;
		double w = n < LOGS ? f->log1p[n] : log(1 + (double)n);
		v[((h >> 32) * f->dim) >> 32] += h & 1 ? -w : w;
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
	table_clear(f);
	rk_fold_text(&f->fold, text, n);
	count_words(f);
	words = f->n;
	count_pieces(f);
	sum(f, f->word, 0, words);
	sum(f, f->chars, words, f->n);
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
