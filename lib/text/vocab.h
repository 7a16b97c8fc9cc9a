/*
 * vocab.h - pieces of text and their ids, found either way.
 */
#ifndef RK_TEXT_VOCAB_H
#define RK_TEXT_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { RK_VOCAB_PIECE = 4096 }; /* bytes of a piece, at most */

struct rk_vocab_piece {
	uint32_t at;
	int32_t n; /* -1: no such id */
};

struct rk_vocab_slot {
	uint32_t tag; /* of the hash */
	int32_t id;   /* -1: empty */
};

/* Start it as { 0 }. */
struct rk_vocab {
	struct rk_buf text; /* the pieces, one after the other */
	struct rk_vocab_piece *piece;
	size_t count, cap; /* one more than the largest id */
	size_t pieces;
	struct rk_vocab_slot *slot;
	size_t slots; /* a power of two */
};

enum rk_vocab_put { RK_VOCAB_NEW, RK_VOCAB_SAME_PIECE, RK_VOCAB_SAME_ID };

/* Adds the piece p[0..n), n <= RK_VOCAB_PIECE, unless it or ID is there. */
enum rk_vocab_put
rk_vocab_put(struct rk_vocab *v, int32_t id, const char *p, size_t n);
/* The id of p[0..n), or -1. */
int32_t rk_vocab_find(const struct rk_vocab *v, const char *p, size_t n);
/* The piece of an id, *N bytes; NULL: none. Borrowed until the next put. */
const char *rk_vocab_piece(const struct rk_vocab *v, int32_t id, size_t *n);
/* The id of "<0xNN>", the piece that stands for a byte; or -1. */
int32_t rk_vocab_byte(const struct rk_vocab *v, unsigned char byte);
void rk_vocab_free(struct rk_vocab *v);

#endif
