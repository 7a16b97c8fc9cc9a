/*
 * untokenize.h - the decoders of a tokenizer, one after the other: from the
 * pieces of ids to a text.
 */
#ifndef RK_TEXT_UNTOKENIZE_H
#define RK_TEXT_UNTOKENIZE_H

#include "base/buf.h"

enum rk_dec_kind {
	RK_DEC_JOIN, /* a space between the pieces: where there is no decoder */
	RK_DEC_WORDPIECE,
	RK_DEC_BYTES, /* GPT-2's alphabet of bytes */
	RK_DEC_METASPACE,
	RK_DEC_REPLACE,
	RK_DEC_FALLBACK, /* "<0x0A>" is a byte */
	RK_DEC_FUSE,
	RK_DEC_STRIP
};

struct rk_dec {
	enum rk_dec_kind kind;
	int cleanup;        /* WORDPIECE */
	int prefixed;       /* METASPACE: there was one before the text */
	size_t start, stop; /* STRIP: how many, at most */
	struct rk_buf a, b; /* what is looked for, and what is put there */
};

/* Pieces, one after the other. Start it as { 0 }. */
struct rk_pieces {
	struct rk_buf text;
	size_t *end, n, cap; /* where each ends */
};

void rk_pieces_add(struct rk_pieces *p, const char *s, size_t n);
/* Takes P through N steps and appends the whole to OUT. */
void rk_dec_text(const struct rk_dec *step, size_t steps, struct rk_pieces *p,
    struct rk_buf *out);
void rk_dec_free(struct rk_dec *step); /* what is in it */
void rk_pieces_free(struct rk_pieces *p);

#endif
