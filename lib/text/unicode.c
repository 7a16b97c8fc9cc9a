/*
 * unicode.c - normal forms. ASCII needs no table: it is lowered (or
 * copied) eight bytes at a time. Nothing before an ASCII character acts on anything after it (it is a
 * starter which is no composition's second part), so the text falls into
 * stretches that begin with an ASCII character; one with other characters in it
 * is decomposed by utf8proc a code point at a time, ordered here, composed by
 * utf8proc and encoded.
 */
#include "text/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"

static const utf8proc_option_t options[] = {
	[RK_NORMAL_FOLD] = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
	    UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
	[RK_NORMAL_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
	[RK_NORMAL_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
	[RK_NORMAL_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
	[RK_NORMAL_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
	    UTF8PROC_COMPAT,
};

enum {
	MOST = 32,    /* code points in one's decomposition: at most 18 */
	FEW = 24,     /* marks that are ordered by insertion */
	STRETCH = 512 /* code points after which a stretch may end early */
};

const char *
rk_unicode_version(void)
{
	return utf8proc_unicode_version();
}

size_t
rk_unicode_next(const char *p, const char *end, int32_t *cp)
{
	ptrdiff_t n = end - p < 4 ? end - p : 4;

	n = utf8proc_iterate((const utf8proc_uint8_t *)p, n, cp);
	if (n > 0)
		return (size_t)n;
	*cp = 0xfffd;
	return 1;
}

/* --- classes --- */

static int
is_lone(int32_t c)
{
	static const struct {
		int32_t lo, hi;
	} range[] = {
		{ 0x0e00, 0x0eff },
		{ 0x1000, 0x109f },
		{ 0x1780, 0x17ff },
		{ 0x2e80, 0x312f },
		{ 0x31a0, 0x31bf },
		{ 0x31f0, 0x31ff },
		{ 0x3400, 0x4dbf },
		{ 0x4e00, 0x9fff },
		{ 0xa9e0, 0xa9ff },
		{ 0xaa60, 0xaa7f },
		{ 0xf900, 0xfaff },
		{ 0x1aff0, 0x1b16f },
		{ 0x20000, 0x3ffff },
	};
	size_t i;

	for (i = 0; i < sizeof range / sizeof *range && c >= range[i].lo; i++)
		if (c <= range[i].hi)
			return 1;
	return 0;
}

enum rk_unicode_class
rk_unicode_class(int32_t cp)
{
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return is_lone(cp) ? RK_UNICODE_LONE : RK_UNICODE_WORD;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return is_lone(cp) ? RK_UNICODE_LONE : RK_UNICODE_MARK;
	case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC:
	case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO: return RK_UNICODE_SYMBOL;
	default: return RK_UNICODE_OTHER;
	}
}

/* --- canonical order --- */

static unsigned
mark_class(int32_t c)
{
	return (unsigned)utf8proc_get_property(c)->combining_class & 255;
}

static void
sort_few(int32_t *a, size_t n)
{
	unsigned class[FEW];
	size_t i, j;

	for (i = 0; i < n; i++) {
		int32_t c = a[i];
		unsigned k = mark_class(c);
		for (j = i; j > 0 && class[j - 1] > k; j--) {
			a[j] = a[j - 1];
			class[j] = class[j - 1];
		}
		a[j] = c;
		class[j] = k;
	}
}

/* By counting, since someone may send a megabyte of marks. */
static void
sort_many(struct rk_fold *f, int32_t *a, size_t n)
{
	size_t at[257] = { 0 }, i;

	if (f->run_cap < n) {
		f->run = rk_array(f->run, n, sizeof *f->run);
		f->run_cap = n;
	}
	for (i = 0; i < n; i++)
		at[mark_class(a[i]) + 1]++;
	for (i = 1; i < 257; i++)
		at[i] += at[i - 1];
	for (i = 0; i < n; i++)
		f->run[at[mark_class(a[i])]++] = a[i];
	memcpy(a, f->run, n * sizeof *a);
}

/* Sorts each run of marks by their class, stably. */
static void
order(struct rk_fold *f)
{
	size_t i, from;

	for (i = 0; i < f->n; i++) {
		if (f->cp[i] < 0x300 || mark_class(f->cp[i]) == 0)
			continue;
		for (from = i++; i < f->n && mark_class(f->cp[i]) != 0; i++)
			;
		if (i - from <= FEW)
			sort_few(f->cp + from, i - from);
		else
			sort_many(f, f->cp + from, i - from);
	}
}

/* --- stretches --- */

/* Orders, composes and writes the stretch that is in f->cp. */
static void
flush(struct rk_fold *f)
{
	utf8proc_ssize_t n;
	size_t i;
	char *p;

	if (f->n == 0)
		return;
	order(f);
	n = utf8proc_normalize_utf32(
	    f->cp, (utf8proc_ssize_t)f->n, options[f->form]);
	f->n = n > 0 ? (size_t)n : 0;
	rk_buf_need(&f->out, f->n * 4);
	p = f->out.p + f->out.n;
	for (i = 0; i < f->n; i++)
		p += utf8proc_encode_char(f->cp[i], (utf8proc_uint8_t *)p);
	f->out.n = (size_t)(p - f->out.p);
	f->n = 0;
}

/*
 * Starters that are no composition's second part, whatever version the tables
 * are: ASCII, and Han ideographs.
 */
static int
starts_anew(int32_t c)
{
	return c < 0x80 || (c >= 0x3400 && c < 0xa000);
}

/* Adds what C folds and decomposes to. */
static void
add(struct rk_fold *f, int32_t c)
{
	utf8proc_ssize_t n;
	int bound = 0;

	if (f->cap - f->n < MOST) {
		f->cap = f->cap ? f->cap * 2 : 4 * STRETCH;
		f->cp = rk_array(f->cp, f->cap, sizeof *f->cp);
	}
	if (c >= 0x3400 && c < 0xa000) { /* these stay as they are */
		if (f->n >= STRETCH)
			flush(f);
		f->cp[f->n++] = c;
		return;
	}
	n = utf8proc_decompose_char(
	    c, f->cp + f->n, MOST, options[f->form], &bound);
	if (n > 0 && f->n >= STRETCH && starts_anew(f->cp[f->n])) {
		int32_t part[MOST];
		memcpy(part, f->cp + f->n, (size_t)n * sizeof *part);
		flush(f);
		memcpy(f->cp, part, (size_t)n * sizeof *part);
	}
	if (n > 0 && n <= MOST)
		f->n += (size_t)n;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Lowers ASCII characters from P to OUT until another kind; returns how many */
static size_t
lower_run(char *out, const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t w, up;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&w, p + i, 8);
		if (w & ones * 0x80)
			break;
		/* bit 7 of a byte: is it at least 'A', and not above 'Z'? */
		up = (w + ones * (0x80 - 'A')) & ~(w + ones * (0x7f - 'Z'));
		w |= (up & ones * 0x80) >> 2;
		memcpy(out + i, &w, 8);
	}
	for (; i < n && (signed char)p[i] >= 0; i++)
		out[i] = lower(p[i]);
	return i;
}

/* The same, but leaves the letters as they are. */
static size_t
copy_run(char *out, const char *p, size_t n)
{
	uint64_t w;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&w, p + i, 8);
		if (w & 0x8080808080808080u)
			break;
		memcpy(out + i, &w, 8);
	}
	for (; i < n && (signed char)p[i] >= 0; i++)
		out[i] = p[i];
	return i;
}

void
rk_fold_text(struct rk_fold *f, const char *p, size_t n)
{
	rk_normal_text(f, RK_NORMAL_FOLD, p, n);
}

void
rk_normal_text(struct rk_fold *f, enum rk_normal form, const char *p, size_t n)
{
	const char *end = p + n;
	size_t run;
	int32_t c;

	f->form = form;
	f->out.n = 0;
	f->n = 0;
	rk_buf_need(&f->out, n);
	while (p < end) {
		rk_buf_need(&f->out, (size_t)(end - p));
		run = (form == RK_NORMAL_FOLD ? lower_run : copy_run)(
		    f->out.p + f->out.n, p, (size_t)(end - p));
		p += run;
		f->out.n += run;
		if (p == end)
			break;
		if (run > 0) /* what follows may compose with it */
			add(f, f->out.p[--f->out.n]);
		while (p < end && (signed char)*p < 0) {
			p += rk_unicode_next(p, end, &c);
			add(f, c);
		}
		flush(f);
	}
	f->out.p[f->out.n] = '\0';
}

void
rk_fold_free(struct rk_fold *f)
{
	rk_buf_free(&f->out);
	free(f->cp);
	free(f->run);
	memset(f, 0, sizeof *f);
}
