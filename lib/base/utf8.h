/* utf8.h - texts in UTF-8: their lengths, and whether they are that. */
#ifndef RK_BASE_UTF8_H
#define RK_BASE_UTF8_H

#include <stddef.h>

/*
 * How many code points p[0..n) has, which is UTF-8: bytes that do not continue
 * one.
 */
size_t rk_utf8_count(const char *p, size_t n);

/*
 * How many bytes the sequence at s[0..n) has, n > 0, whose first byte is not
 * ASCII; 0 where there is none: cut off, overlong, a surrogate, or beyond
 * U+10FFFF. Here, since the scan of every line calls it.
 */
static inline size_t
rk_utf8_sequence(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len = p[0] < 0xc2 ? 0
	    : p[0] < 0xe0        ? 2
	    : p[0] < 0xf0        ? 3
	    : p[0] < 0xf5        ? 4
				 : 0;
	unsigned lo = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned hi = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	size_t i;

	if (len == 0 || n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

#endif
