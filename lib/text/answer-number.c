/*
 * answer-number.c - one pattern that matches a number as texts write it, tried
 * from left to right; the last match is taken apart.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "text/answer.h"
#include "text/regex.h"

/* between thousands: a comma, also as TeX spaces it, or a narrow space */
#define SEP     "(?:,(?:\\\\!)?|\\{,\\}|\\\\,|[\\x{a0}\\x{2009}\\x{202f}])"
#define INT     "(?:[0-9]{1,3}(?:" SEP "[0-9]{3}){1,40}+(?![0-9])|[0-9]++)"
#define DECIMAL "(?:" INT "(?:\\.[0-9]++)?|(?<!\\.)\\.[0-9]++)"
#define MINUS   "[-\\x{2212}]?"
/* ... all of it, and not the 1 of 2^1/2 */
#define EXPONENT                                                             \
	"(?:\\{" MINUS "[0-9]++\\}|\\(" MINUS "[0-9]++\\)|" MINUS "[0-9]++)" \
	"(?!\\.?[0-9]|,[0-9]{3}|\\s?[\\^/]|\\*\\*[0-9{])"
/* times a power of ten */
#define SCALE                                                      \
	"[eE][-+]?[0-9]++|\\s?(?:\\\\times|\\\\cdot|[xX*\\x{d7}])" \
	"\\s?10(?:\\^|\\*\\*)" EXPONENT
/* a power, and not 90^\circ, 3^{rd} or 12^{*} */
#define CARET                                                              \
	"\\^(?=\\s?[-+\\x{2212}\\\\({\\p{L}\\p{N}])(?!\\s?\\{?\\s?(?:\\*|" \
	"\\\\circ|\\\\degree|\\\\mathrm\\{o\\}|(?:\\\\(?:text|mathrm|rm)"  \
	"\\s?\\{?)?(?:st|nd|rd|th)\\b))"
/* not raised to a power, nor is what is in brackets with it */
#define PLAIN "(?!\\s?\\)?\\s?" CARET "|\\*\\*[0-9{])"
/* where the first two stars of **10** begin what is in bold, the others end it */
#define POWERED                                                            \
	"(?<=\\*\\*)" DECIMAL "(?:" SCALE "|\\^" EXPONENT "|(?!\\s?" CARET \
	"))|" DECIMAL "(?:" SCALE "|(?:\\^|\\*\\*)" EXPONENT "|" PLAIN ")"
/*
 * Not the exponent of what is no number, as in m^2, (a+b)^2 and m**2; but
 * "is**18**" is a number in bold.
 */
#define RAISED                                                          \
	"(?<!\\^|\\^[-\\x{2212}{(]|\\^[{(][-\\x{2212}])"                \
	"(?!(?<=\\P{L}\\p{L}\\*\\*|\\P{L}\\p{L}\\p{L}\\*\\*|\\)\\*\\*)" \
	"[0-9]++(?!\\*\\*|[.,]?[0-9]))"
/* nor what is in the exponent's brackets: x^{\frac{1}{2}} */
#define PASSED                                                       \
	"(?<=[\\p{L})\\]}])\\s?\\^\\s?(?:\\{(?:[^{}]|\\{[^{}]*+\\})" \
	"{0,99}+\\}|\\([^()]*+\\))"
/* a minus, before the currency or not; not that of 5-3 or x-1 */
#define SIGN                                    \
	"((?<![\\p{L}\\p{N})\\]}])[-\\x{2212}]" \
	"(?:\\\\?\\$|[\\x{20ac}\\x{a3}\\x{a5}])?+)?+"
/* no digit of a word or of a longer number comes before */
#define START "(?<![A-Za-z0-9_]|[0-9]\\.)"
/* 2\frac{3}{4}, \frac{-3}{4}, \frac34 */
#define TEX                                                       \
	"(?:" START "([0-9]++)\\s?)?+\\\\[dt]?frac\\s?(?|"        \
	"\\{\\s?(-?[0-9]++)\\s?\\}\\s?\\{\\s?(-?[0-9]++)\\s?\\}|" \
	"([0-9])\\s?([0-9])(?![0-9]))" PLAIN
#define FRACTION "(?<!/)(?:([0-9]++)\\x20)?([0-9]++)/([0-9]++)(?![0-9/])" PLAIN
/* raised to what is not understood: no number, and there is none in it */
#define UP                                                      \
	"(?:\\s?\\)?\\s?(?:" CARET "|\\*\\*(?=[0-9{(]))\\s?"    \
	"(?:\\{(?:[^{}]|\\{[^{}]*+\\}){0,9}+\\}|\\([^()]*+\\)|" \
	"[-\\x{2212}]?[\\p{L}\\p{N}./]++)?+){1,3}+"
#define UNKNOWN_FRACTION                                       \
	"(?:[0-9]++/[0-9]++|(?:[0-9]++\\s?)?\\\\[dt]?frac\\s?" \
	"\\{[^{}]*+\\}\\s?\\{[^{}]*+\\})" UP
#define UNKNOWN DECIMAL UP
#define PATTERN                                                        \
	"(" PASSED ")|" RAISED SIGN "(?:" TEX "|" START "(?:" FRACTION \
	"|(" UNKNOWN_FRACTION ")|(" POWERED ")|(" UNKNOWN ")))"

/* the groups of PATTERN */
enum {
	G_PASSED = 1,
	G_SIGN,
	G_TIMES,
	G_UP,
	G_DOWN,
	G_WHOLE,
	G_OVER,
	G_UNDER,
	G_UNKNOWN_FRACTION,
	G_DECIMAL,
	G_UNKNOWN
};

enum { EXACT_DIGITS = 15 }; /* as many decimal digits a double tells apart */

struct rk_answer_number {
	struct rk_regex *pattern;
};

struct rk_answer_number *
rk_answer_number_new(struct rk_err *err)
{
	struct rk_answer_number *c = rk_calloc(1, sizeof *c);

	c->pattern = rk_regex_new(
	    PATTERN, strlen(PATTERN), RK_REGEX_PLAIN, err);
	if (c->pattern != NULL)
		return c;
	free(c);
	return NULL;
}

void
rk_answer_number_free(struct rk_answer_number *c)
{
	if (c == NULL)
		return;
	rk_regex_free(c->pattern);
	free(c);
}

/* The digits of the whole number p[0..n), in ASCII, as a double. */
static double
whole(const char *p, size_t n)
{
	double x = 0;
	size_t i;

	for (i = 0; i < n; i++)
		x = x * 10 + (p[i] - '0');
	return x;
}

/*
 * Group I of the match, a whole number, which may have a minus; NAN where it is
 * not there.
 */
static double
group(const struct rk_regex_match *m, const char *p, int i)
{
	size_t start, end;

	if (!rk_regex_group(m, i, &start, &end))
		return NAN;
	return p[start] == '-' ? -whole(p + start + 1, end - start - 1)
			       : whole(p + start, end - start);
}

/* --- from a match to a number --------------------------------------------------- */

static int
print(struct rk_buf *out, double x)
{
	char text[32];

	if (!isfinite(x))
		return 0;
	rk_buf_add(out, text, rk_num_print_f64(text, x == 0 ? 0 : x));
	return 1;
}

/*
 * Appends the digits of the mantissa at the start of p[0..n), with its point,
 * to OUT; returns where the power of ten begins, or N.
 */
static size_t
mantissa(struct rk_buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((p[i] >= '0' && p[i] <= '9') || p[i] == '.')
			rk_buf_addc(out, p[i]);
		else if (strchr("eExX*tc^", p[i]) != NULL ||
		    (p[i] == '\xc3' && p[i + 1] == '\x97'))
			break;
	return i;
}

/* Is p[0..n) "^2" or "**2", and not "x 10^2" or "e2"? */
static int
is_raised(const char *p, size_t n)
{
	return *p == '^' || (n > 1 && p[0] == '*' && p[1] == '*');
}

/*
 * The exponent in p[0..n), "e5", "x 10^{5}" or "**5", to OUT: its digits and
 * its sign.
 */
static void
exponent(struct rk_buf *out, const char *p, size_t n)
{
	const char *end = p + n, *from = p + 1;

	for (; p < end; p++)
		if (*p == '^' || *p == '*')
			from = p + 1;
	for (p = from; p < end; p++)
		if ((*p >= '0' && *p <= '9') || *p == '-')
			rk_buf_addc(out, *p);
		else if (*p == '\xe2') /* the first byte of U+2212 */
			rk_buf_addc(out, '-');
}

/* X to the power in p[0..n), with the digits that a double has for certain. */
static double
raise(double x, const char *p, size_t n)
{
	struct rk_buf b = { 0 };
	char text[40];
	int minus;

	exponent(&b, p, n);
	minus = *b.p == '-';
	x = pow(x, (minus ? -1 : 1) * whole(b.p + minus, b.n - (size_t)minus));
	rk_buf_free(&b);
	snprintf(text, sizeof text, "%.*g", EXACT_DIGITS, x);
	return rk_num_parse(text, &x) == 0 ? x : HUGE_VAL;
}

/* Takes zeros that say nothing from the digits in B, with a point or none. */
static void
strip(struct rk_buf *b)
{
	size_t zeros = 0;

	while (zeros + 1 < b->n && b->p[zeros] == '0' && b->p[zeros + 1] != '.')
		zeros++;
	memmove(b->p, b->p + zeros, b->n -= zeros);
	if (memchr(b->p, '.', b->n) != NULL) {
		while (b->p[b->n - 1] == '0')
			b->n--;
		if (b->p[b->n - 1] == '.')
			b->n--;
	}
	b->p[b->n] = '\0';
}

/* Digits that say something: without zeros at the start and at the end. */
static size_t
significant(const char *d, size_t n)
{
	size_t i, count = 0, zeros = 0;

	for (i = 0; i < n; i++) {
		if (d[i] == '.' || (d[i] == '0' && count == 0))
			continue;
		zeros = d[i] == '0' ? zeros + 1 : 0;
		count++;
	}
	return count - zeros;
}

/* A decimal of the match: the span p[0..n). */
static int
decimal(struct rk_buf *out, const char *p, size_t n, int minus)
{
	struct rk_buf b = { 0 };
	size_t power;
	double x;
	int rc = 0;

	rk_buf_adds(&b, "0"); /* ".5" is no number of JSON */
	power = mantissa(&b, p, n);
	strip(&b);
	if (power == n && significant(b.p, b.n) > EXACT_DIGITS) {
		rk_buf_adds(out, minus ? "-" : "");
		rk_buf_add(out, b.p, b.n);
		rc = 1;
	} else {
		if (power < n && !is_raised(p + power, n - power)) {
			rk_buf_addc(&b, 'e');
			exponent(&b, p + power, n - power);
			power = n;
		}
		rc = rk_num_parse(b.p, &x) == 0;
		if (rc && power < n)
			x = raise(x, p + power, n - power);
		rc = rc && print(out, minus ? -x : x);
	}
	rk_buf_free(&b);
	return rc;
}

/* The groups of the last match, from its own copy. */
static int
value(const struct rk_regex_match *m, const char *p, struct rk_buf *out)
{
	size_t start, end;
	int minus = rk_regex_group(m, G_SIGN, &start, &end);
	double up = group(m, p, G_UP), down = group(m, p, G_DOWN);
	double more = group(m, p, G_TIMES);

	if (rk_regex_group(m, G_DECIMAL, &start, &end))
		return decimal(out, p + start, end - start, minus);
	/* 2\frac{4}{3} may be a product */
	if (!isnan(more) && !(up >= 0 && down > up))
		return 0;
	if (isnan(up)) {
		up = group(m, p, G_OVER);
		down = group(m, p, G_UNDER);
		more = group(m, p, G_WHOLE);
	}
	if (isnan(up) || down == 0)
		return 0;
	/* 2 1/2 is a number, 3 4/2 are two */
	up = !isnan(more) && up < down ? more + up / down : up / down;
	return print(out, minus ? -up : up);
}

int
rk_answer_number_find(const struct rk_answer_number *c,
    struct rk_regex_match *m, const char *p, size_t n, struct rk_buf *out,
    struct rk_err *err)
{
	size_t from = 0, start, end;
	int rc, found = 0;

	while (from < n &&
	    (rc = rk_regex_find(
		 c->pattern, m, p, n, from, &start, &end, err)) != 0) {
		if (rc < 0)
			return -1;
		from = end;
		if (rk_regex_group(m, G_PASSED, &start, &end))
			continue;
		out->n = 0;
		found = value(m, p, out);
	}
	return found;
}
