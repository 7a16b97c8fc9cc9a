/*
 * charsmap.h - SentencePiece's precompiled character map: a double array of
 * replacements for short runs of bytes, as "precompiled_charsmap" carries it.
 * Its layout: the length of the array in bytes (32 bits, little-endian), the
 * array (32-bit units), the replacements, each ended by a NUL.
 */
#ifndef RK_TEXT_CHARSMAP_H
#define RK_TEXT_CHARSMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct rk_charsmap {
	uint32_t *unit;
	size_t units;
	char *text; /* ended by a NUL that does not count */
	size_t text_n;
	uint8_t plain[128]; /* ASCII alone that is its own image */
};

/* Reads base64 text. New; NULL: it is no such map. */
struct rk_charsmap *
rk_charsmap_new(const char *base64, size_t n, struct rk_err *err);
void rk_charsmap_free(struct rk_charsmap *m);

/*
 * Appends the image of p[0..n), which is UTF-8. As the reference has it: each
 * extended grapheme cluster shorter than 6 bytes is replaced whole by the image
 * of the shortest prefix that has one; the code points of others, or where
 * there is none, each by itself. Stops where OUT has more than MOST bytes.
 */
void rk_charsmap_text(const struct rk_charsmap *m, struct rk_buf *out,
    const char *p, size_t n, size_t most);

#endif
