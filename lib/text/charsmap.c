/*
 * charsmap.c - a unit of the double array (Darts) has a label in its low byte,
 * bit 8 for a value below it, and an offset to its children; every index is
 * checked on the way, since the array comes from a file.
 */
#include "text/charsmap.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "io/base64.h"
#include "text/unicode.h"

static size_t
offset(uint32_t unit)
{
	return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

/* The image of the shortest prefix of p[0..n) that has one, or NULL. */
static const char *
image(const struct rk_charsmap *m, const char *p, size_t n)
{
	size_t at, i;
	uint32_t u, value;

	for (at = offset(m->unit[0]), i = 0; i < n && p[i] != '\0'; i++) {
		at ^= (unsigned char)p[i];
		if (at >= m->units)
			return NULL;
		u = m->unit[at];
		if ((u & (1u << 31 | 255)) != (unsigned char)p[i])
			return NULL;
		at ^= offset(u);
		if (at >= m->units)
			return NULL;
		if (!(u >> 8 & 1))
			continue;
		value = m->unit[at] & ~(1u << 31);
		if (value > m->text_n || (m->text[value] & 0xc0) == 0x80)
			return NULL;
		return m->text + value;
	}
	return NULL;
}

static int
is_utf8(const char *p, size_t n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = utf8proc_iterate((const utf8proc_uint8_t *)p,
			 n < 4 ? (utf8proc_ssize_t)n : 4, &c)) <= 0)
			return 0;
	return 1;
}

static uint32_t
le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

struct rk_charsmap *
rk_charsmap_new(const char *base64, size_t n, struct rk_err *err)
{
	unsigned char *raw = rk_malloc(n / 4 * 3 + 1);
	struct rk_charsmap *m = NULL;
	size_t size, bytes = 0, i;

	if (rk_base64_decode(raw, &size, base64, n) != 0) {
		rk_err_set(err, "expected base64");
		goto out;
	}
	if (size >= 4)
		bytes = le32(raw);
	if (bytes < 4 || bytes % 4 != 0 || bytes > size - 4) {
		rk_err_set(err,
		    "a map of %zu bytes says that its array has %zu", size,
		    bytes);
		goto out;
	}
	if (!is_utf8((char *)raw + 4 + bytes, size - 4 - bytes)) {
		rk_err_set(err, "the replacements are not UTF-8");
		goto out;
	}
	m = rk_calloc(1, sizeof *m);
	m->units = bytes / 4;
	m->unit = rk_array(NULL, m->units, sizeof *m->unit);
	for (i = 0; i < m->units; i++)
		m->unit[i] = le32(raw + 4 + 4 * i);
	m->text_n = size - 4 - bytes;
	m->text = rk_strndup((char *)raw + 4 + bytes, m->text_n);
	for (i = 0; i < 128; i++) {
		char c = (char)i;
		m->plain[i] = image(m, &c, 1) == NULL;
	}
out:
	free(raw);
	return m;
}

void
rk_charsmap_free(struct rk_charsmap *m)
{
	if (m == NULL)
		return;
	free(m->unit);
	free(m->text);
	free(m);
}

/* Where the grapheme cluster at the start of p[0..n) ends, n > 0. */
static size_t
cluster(const char *p, size_t n)
{
	int32_t a, b, state = 0;
	size_t i = rk_unicode_next(p, p + n, &a), k;

	for (; i < n; i += k, a = b) {
		k = rk_unicode_next(p + i, p + n, &b);
		if (utf8proc_grapheme_break_stateful(a, b, &state))
			break;
	}
	return i;
}

static void
one(const struct rk_charsmap *m, struct rk_buf *out, const char *p, size_t n,
    size_t most)
{
	const char *to = n < 6 ? image(m, p, n) : NULL;
	int32_t c;
	size_t i, k;

	if (to != NULL) {
		rk_buf_adds(out, to);
		return;
	}
	for (i = 0; i < n && out->n <= most; i += k) {
		k = rk_unicode_next(p + i, p + n, &c);
		to = image(m, p + i, k);
		if (to != NULL)
			rk_buf_adds(out, to);
		else
			rk_buf_add(out, p + i, k);
	}
}

/*
 * How many bytes at P are ASCII that stays: each followed by ASCII too, so that
 * it is a cluster of its own (a carriage return may be one with the line feed).
 */
static size_t
plain_run(const struct rk_charsmap *m, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((signed char)p[i] < 0 || p[i] == '\r' ||
		    !m->plain[(unsigned char)p[i]] ||
		    (i + 1 < n && (signed char)p[i + 1] < 0))
			break;
	return i;
}

void
rk_charsmap_text(const struct rk_charsmap *m, struct rk_buf *out, const char *p,
    size_t n, size_t most)
{
	size_t i, k;

	rk_buf_need(out, n);
	for (i = 0; i < n && out->n <= most; i += k) {
		k = plain_run(m, p + i, n - i);
		rk_buf_add(out, p + i, k);
		if (k > 0)
			continue;
		k = cluster(p + i, n - i);
		one(m, out, p + i, k, most);
	}
}
