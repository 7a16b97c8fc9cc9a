/* scan.c - one pass over a line. */
#include "io/scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
	LONGEST_INT = 18,    /* digits that surely fit 64 bits */
	LONGEST_DOUBLE = 300 /* digits that surely fit a double */
};

static size_t
skip_space(const char *p, size_t i, size_t n)
{
	while (i < n &&
	    (p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n'))
		i++;
	return i;
}

/* p[i] is a quote: the index behind the closing one, or n + 1. */
static size_t
skip_string(const char *p, size_t i, size_t n)
{
	size_t from = i + 1;

	for (;;) {
		const char *q = from < n ? memchr(p + from, '"', n - from)
					 : NULL;
		size_t slash;
		if (q == NULL)
			return n + 1;
		for (slash = 0; q[-1 - (long)slash] == '\\'; slash++)
			;
		if (slash % 2 == 0)
			return (size_t)(q - p) + 1;
		from = (size_t)(q - p) + 1;
	}
}

static int
in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
	    c == 'e' || c == 'E';
}

/* Notes a whole number that jansson would call too big. */
static size_t
skip_number(struct rk_scan *s, const char *p, size_t i, size_t n)
{
	size_t at = i, digits;
	int whole = 1;

	for (; i < n && in_number(p[i]); i++)
		whole &= (p[i] >= '0' && p[i] <= '9') || i == at;
	digits = i - at - (p[at] == '-');
	if (whole && digits > LONGEST_INT && p[at + (p[at] == '-')] != '0') {
		struct rk_cut *c;
		RK_GROW(s->cut, s->cuts, s->cut_cap);
		c = &s->cut[s->cuts++];
		c->at = at;
		c->n = i - at;
		c->huge = digits > LONGEST_DOUBLE;
	}
	return i;
}

/* The index behind the value that starts at i, or n + 1. */
static size_t
skip_value(struct rk_scan *s, const char *p, size_t i, size_t n)
{
	size_t depth = 0;

	while (i < n) {
		char c = p[i];
		if (c == '"') {
			i = skip_string(p, i, n);
		} else if (c == '{' || c == '[') {
			depth++;
			i++;
		} else if (c == '}' || c == ']') {
			if (depth-- == 0)
				return n + 1;
			i++;
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			i = skip_number(s, p, i, n);
		} else if (depth == 0) {
			/* true, false, null: jansson checks the letters */
			size_t at = i;
			while (i < n && p[i] >= 'a' && p[i] <= 'z')
				i++;
			if (i == at)
				return n + 1;
		} else {
			i++;
			continue;
		}
		if (depth == 0)
			return i;
	}
	return n + 1;
}

size_t
rk_scan_space(const char *p, size_t n)
{
	return skip_space(p, 0, n);
}

int
rk_scan_object(struct rk_scan *s, const char *p, size_t n)
{
	size_t i = skip_space(p, 0, n);

	s->members = s->cuts = 0;
	if (i >= n || p[i] != '{')
		return -1;
	i = skip_space(p, i + 1, n);
	while (i < n && p[i] != '}') {
		struct rk_member *m;
		RK_GROW(s->member, s->members, s->member_cap);
		m = &s->member[s->members++];
		if (p[i] != '"')
			return -1;
		m->key = i;
		if ((i = skip_string(p, i, n)) > n)
			return -1;
		m->key_n = i - m->key;
		i = skip_space(p, i, n);
		if (i >= n || p[i] != ':')
			return -1;
		m->val = i = skip_space(p, i + 1, n);
		if ((i = skip_value(s, p, i, n)) > n)
			return -1;
		m->val_n = i - m->val;
		m->hidden = 0;
		i = skip_space(p, i, n);
		if (i >= n || (p[i] != ',' && p[i] != '}'))
			return -1;
		if (p[i] == ',')
			i = skip_space(p, i + 1, n);
	}
	if (i >= n)
		return -1;
	s->close = i;
	return skip_space(p, i + 1, n) == n ? 0 : -1;
}

/* --- strings --------------------------------------------------------------- */

#define EACH(byte) (0x0101010101010101u * (byte))

/* The top bit of each byte of X that is 0; garbage above the lowest such. */
static uint64_t
zeros(uint64_t x)
{
	return (x - EACH(1)) & ~x & EACH(0x80);
}

/* How many bytes, eight at a time, are ASCII and need no second look. */
static size_t
plain_run(const char *p, size_t n)
{
	size_t i;
	uint64_t x;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&x, p + i, 8);
		if ((x & EACH(0x80)) | zeros(x & EACH(0xe0)) |
		    zeros(x ^ EACH('"')) | zeros(x ^ EACH('\\')))
			break;
	}
	return i;
}

/* The unit that four hexadecimal digits say, or -1. */
static long
hex4(const char *p)
{
	long x = 0;
	int i;

	for (i = 0; i < 4; i++) {
		char c = p[i];
		if (c >= '0' && c <= '9')
			x = x * 16 + (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			x = x * 16 + ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return x;
}

/* The length of the escape at P, or 0. */
static size_t
escape(const char *p, size_t n)
{
	long x, y;

	if (n >= 2 && p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL)
		return 2;
	if (n < 6 || p[1] != 'u' || (x = hex4(p + 2)) < 0)
		return 0;
	if (x < 0xd800 || x > 0xdfff)
		return 6;
	if (x > 0xdbff || n < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	y = hex4(p + 8);
	return y >= 0xdc00 && y <= 0xdfff ? 12 : 0;
}

int
rk_scan_text(const char *p, size_t n)
{
	size_t i = 0, len;

	while ((i += plain_run(p + i, n - i)) < n) {
		unsigned char c = (unsigned char)p[i];
		if (c >= 0x80)
			len = rk_utf8_sequence(p + i, n - i);
		else if (c == '\\')
			len = escape(p + i, n - i);
		else
			len = c >= 0x20 && c != '"';
		if (len == 0)
			return 0;
		i += len;
	}
	return 1;
}

/* Writes the code point X as UTF-8; returns its length. */
static size_t
put_utf8(char *out, unsigned long x)
{
	size_t len = x < 0x80 ? 1 : x < 0x800 ? 2 : x < 0x10000 ? 3 : 4, i;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = len - 1; i > 0; i--, x >>= 6)
		out[i] = (char)(0x80 | (x & 0x3f));
	out[0] = (char)(lead[len] | x);
	return len;
}

size_t
rk_scan_unescape(char *out, const char *p, size_t n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *end = p + n, *slash;
	char *o = out;

	while ((slash = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		memcpy(o, p, (size_t)(slash - p));
		o += slash - p;
		if (slash[1] == 'u') {
			unsigned long x = (unsigned long)hex4(slash + 2);
			p = slash + 6;
			if (x >= 0xd800 && x <= 0xdbff) {
				x = 0x10000 + ((x - 0xd800) << 10) +
				    ((unsigned long)hex4(p + 2) - 0xdc00);
				p += 6;
			}
			o += put_utf8(o, x);
		} else {
			*o++ = to[strchr(from, slash[1]) - from];
			p = slash + 2;
		}
	}
	memcpy(o, p, (size_t)(end - p));
	return (size_t)(o - out) + (size_t)(end - p);
}

void
rk_scan_free(struct rk_scan *s)
{
	free(s->member);
	free(s->cut);
	memset(s, 0, sizeof *s);
}

int
rk_scan_plain(const char *p, size_t n)
{
	unsigned bad = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		bad |= (unsigned)(c < 0x20) | (unsigned)(c > 0x7e) |
		    (unsigned)(c == '\\') | (unsigned)(c == '"');
	}
	return !bad;
}
