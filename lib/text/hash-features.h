/*
 * hash-features.h - a text as a vector of hashed words and pieces of words: no
 * vocabulary, no weights, any language. The definition, version 1:
 *
 * 1. The text is folded (text/unicode.h: NFKC_Casefold) and cut into words: a
 *    run of letters, numbers and marks that a mark does not begin (W[WM]*), or
 *    one symbol, or one code point of a script without spaces. The rest
 *    separates words and is not looked at.
 * 2. Word features: "w" + word, and "w" + word + " " + word for two words one
 *    after the other, whatever separates them.
 *    Character features: "c" + each 3, 4 and 5 consecutive code points of
 *    " " + word + " "; and, in a script without spaces, of each 3 consecutive
 *    code points of a run (its words are its 1- and 2-grams).
 *    Distinct features are those whose hashes differ.
 * 3. A feature that comes n times weighs log(1 + n). With h the 64-bit hash of
 *    its bytes (rk_num_hash: FNV-1a, then fmix64), sign * weight is added to
 *    bucket ((h >> 32) * dim) >> 32; the sign is - where h is odd.
 * 4. The word vector and the character vector are each divided by their L2
 *    norm (a zero vector stays), added, and divided by the norm of the sum.
 *
 * The two groups share the buckets. A text without words is the zero vector.
 * Time is linear in the length of the text.
 */
#ifndef RK_TEXT_HASH_FEATURES_H
#define RK_TEXT_HASH_FEATURES_H

#include <stddef.h>

#include "base/err.h"

enum {
	RK_HASH_VERSION = 1,
	RK_HASH_MIN_DIM = 8,
	RK_HASH_MAX_DIM = 65536,
	RK_HASH_MAX_TEXT = 128 << 20 /* bytes */
};

struct rk_hash; /* one thread's scratch */

struct rk_hash *rk_hash_new(size_t dim); /* new */
void rk_hash_free(struct rk_hash *f);

/*
 * out[dim]: the vector of text[0..n), of length 1 or 0. -1 where the text is
 * longer than RK_HASH_MAX_TEXT. The scratch takes up to some 80 bytes for each
 * byte of a text that repeats nothing; above a few megabytes it is given back
 * before the return.
 */
int rk_hash_text(struct rk_hash *f, float *out, const char *text, size_t n,
    struct rk_err *err);

#endif
