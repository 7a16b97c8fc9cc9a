/*
 * t_unicode.c - the folded form is utf8proc's NFKC_Casefold, and takes linear
 * time. utf8proc's own function is the reference here; tests/golden/hash holds
 * the form to Python's unicodedata.
 */
#include "text/unicode.h"

#include <time.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "tap.h"

static struct rk_fold fold, again;

/* Is the fold of p[0..n) what utf8proc makes of it, and its own fold? */
static int
agrees(const char *p, size_t n)
{
	utf8proc_uint8_t *want = NULL;
	utf8proc_ssize_t m = utf8proc_map((const utf8proc_uint8_t *)p,
	    (utf8proc_ssize_t)n, &want,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	int same_as, idem;

	rk_fold_text(&fold, p, n);
	same_as = m >= 0 && fold.out.n == (size_t)m &&
	    memcmp(fold.out.p, want, (size_t)m) == 0;
	rk_fold_text(&again, fold.out.p, fold.out.n);
	idem = again.out.n == fold.out.n &&
	    memcmp(again.out.p, fold.out.p, fold.out.n) == 0;
	free(want);
	return same_as && idem;
}

static size_t
put(char *p, int32_t c)
{
	return (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)p);
}

/* Each code point alone, after a letter, before a mark, and after itself. */
static void
every_code_point(void)
{
	int32_t c;
	long bad = 0;
	char t[64];
	size_t n;

	for (c = 0; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		n = put(t, c);
		t[n++] = 'A';
		n += put(t + n, c);
		n += put(t + n, c);
		n += put(t + n, 0x301);
		n += put(t + n, 0x327);
		if (!agrees(t, n) && bad++ < 5)
			printf("# U+%04X\n", (unsigned)c);
	}
	ok(bad == 0, "every code point folds as utf8proc folds it, once");
}

/*
 * A code point that is the second part of a composition must not begin a
 * stretch: the compositions are those code points that decompose into two or
 * more and compose again.
 */
static void
compositions(void)
{
	int32_t c, d[32];
	long seen = 0, bad = 0;
	int bound = 0;

	for (c = 0; c < 0x110000; c++) {
		utf8proc_ssize_t i,
		    n = utf8proc_decompose_char(
			c, d, 32, UTF8PROC_DECOMPOSE, &bound);
		for (i = 1; i < n; i++, seen++)
			if (d[i] < 0x80 || (d[i] >= 0x3400 && d[i] < 0xa000))
				bad++;
	}
	ok(seen > 20000 && bad == 0,
	    "neither ASCII nor Han ends a composition (of %ld parts)", seen);
}

/* Texts of characters that act on each other, long enough for many flushes. */
static void
random_texts(void)
{
	static const int32_t pool[] = { 'a', 'E', 'i', ' ', '1', 0x301, 0x327,
		0x323, 0x308, 0x345, 0x3b1, 0x391, 0x3a3, 0x1f82, 0xfb01, 0xdf,
		0x130, 0x49, 0x307, 0x1100, 0x1161, 0x11a8, 0xac00, 0xac01,
		0x30ab, 0x3099, 0xff76, 0xff9e, 0x4e2d, 0x9fa5, 0xf900, 0xad,
		0x200d, 0xfe0f, 0x1f600, 0x915, 0x93c, 0x9c7, 0x9be, 0xfdfa,
		0x34f, 0x5d0, 0x5b8, 0x5bc, 0xe33, 0x1d15e, 0x2f81a, 0xab70,
		0x13a0, 0x1e9e, 0x149, 0x1c4, 0x212b, 0x2126, 0xf73 };
	struct rk_rng rng;
	char *t = rk_malloc(4 * 4000);
	size_t i, k, len, n;
	int pass = 1;

	rk_rng_init(&rng, 1, 0);
	for (i = 0; i < 3000; i++) {
		/* few of the pool at a time make long runs of a kind */
		size_t from = rk_rng_below(&rng, sizeof pool / sizeof *pool);
		size_t some = 1 + rk_rng_below(&rng, 8);
		len = i % 50 == 0 ? 4000 : rk_rng_below(&rng, 40);
		for (n = k = 0; k < len; k++)
			n += put(t + n,
			    pool[(from + rk_rng_below(&rng, some)) %
				(sizeof pool / sizeof *pool)]);
		pass &= agrees(t, n);
	}
	free(t);
	ok(pass, "texts of marks, jamo, kana, Greek and ignorables fold alike");
}

static void
folds(const char *in, const char *want, const char *name)
{
	rk_fold_text(&fold, in, strlen(in));
	same(fold.out.p, want, name);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One second a megabyte is some 50 times what it takes; quadratic is hours. */
static void
in_time(const char *a, const char *b, const char *name)
{
	const size_t n = 1 << 20;
	struct rk_buf t = { 0 };
	double start;

	while (t.n < n) {
		rk_buf_adds(&t, a);
		rk_buf_adds(&t, b);
	}
	start = seconds();
	rk_fold_text(&fold, t.p, t.n);
	ok(seconds() - start < 1, "1 MB of %s folds in a second", name);
	rk_buf_free(&t);
}

static void
counts(void)
{
	static const char bad[] = "a\xff\xe4\xb8z\xf0\x9f\x98\x80\xc3";
	int32_t c;

	ok(rk_utf8_count("", 0) == 0, "an empty text has no code points");
	ok(rk_utf8_count("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z", 10) == 4,
	    "code points of 1 to 4 bytes count one each");
	ok(rk_unicode_next(bad + 2, bad + 4, &c) == 1 && c == 0xfffd,
	    "a sequence that is cut is U+FFFD");
	rk_fold_text(&fold, bad, sizeof bad - 1);
	same(fold.out.p,
	    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xf0\x9f\x98\x80\xef\xbf\xbd",
	    "and folds as one");
	rk_fold_text(&fold, "A\0B", 3);
	ok(fold.out.n == 3 && memcmp(fold.out.p, "a\0b", 4) == 0,
	    "a NUL is a character");
}

static void
classes(void)
{
	static const struct {
		int32_t c;
		enum rk_unicode_class k;
	} want[] = {
		{ 'a', RK_UNICODE_WORD },
		{ '7', RK_UNICODE_WORD },
		{ 0x661, RK_UNICODE_WORD },
		{ 0xac00, RK_UNICODE_WORD },
		{ 0x301, RK_UNICODE_MARK },
		{ 0x93f, RK_UNICODE_MARK },
		{ 0x4e2d, RK_UNICODE_LONE },
		{ 0x30fc, RK_UNICODE_LONE },
		{ 0xe31, RK_UNICODE_LONE },
		{ 0x20000, RK_UNICODE_LONE },
		{ 0x3002, RK_UNICODE_OTHER },
		{ '+', RK_UNICODE_SYMBOL },
		{ 0x1f600, RK_UNICODE_SYMBOL },
		{ ' ', RK_UNICODE_OTHER },
		{ '_', RK_UNICODE_OTHER },
		{ '-', RK_UNICODE_OTHER },
		{ 0, RK_UNICODE_OTHER },
		{ 0x10ffff, RK_UNICODE_OTHER },
	};
	size_t i;
	int pass = 1;

	for (i = 0; i < sizeof want / sizeof *want; i++)
		pass &= rk_unicode_class(want[i].c) == want[i].k;
	ok(pass, "code points have the classes of their categories");
}

int
main(void)
{
	folds("", "", "nothing folds to nothing");
	folds("Hello, World! ABCXYZ[]@`az{}", "hello, world! abcxyz[]@`az{}",
	    "ASCII is lowered and nothing else");
	folds("\xce\x9f\xce\x94\xce\x9f\xce\xa3",
	    "\xce\xbf\xce\xb4\xce\xbf\xcf\x83",
	    "a final sigma folds as any sigma");
	folds("\xc4\xb0", "i\xcc\x87", "a dotted capital I keeps its dot");
	folds("e\xcc\x81", "\xc3\xa9", "a letter composes with its mark");
	folds("Stra\xc3\x9f"
	      "e",
	    "strasse", "sharp s is two");
	folds("co\xc2\xad"
	      "op",
	    "coop", "a soft hyphen goes");
	folds("\xef\xbc\xa1\xef\xbc\x91", "a1", "full width becomes plain");
	every_code_point();
	compositions();
	random_texts();
	counts();
	classes();
	in_time("\xcc\x81", "\xcc\xa7", "alternating marks");
	in_time("\xe1\x84\x80", "\xe1\x85\xa1", "Hangul jamo");
	in_time("\xef\xb7\xba", "", "U+FDFA, eighteen letters each");
	in_time("\xe4\xb8\xad", "\xe6\x96\x87", "Chinese");
	rk_fold_free(&fold);
	rk_fold_free(&again);
	return done();
}
