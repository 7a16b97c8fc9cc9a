/*
 * vocab-read.h - the long members of a tokenizer.json, which are most of it:
 * read in place and strictly, ten times as fast as by way of a tree of JSON
 * values.
 */
#ifndef RK_TEXT_VOCAB_READ_H
#define RK_TEXT_VOCAB_READ_H

#include "base/err.h"
#include "text/bpe.h"
#include "text/vocab.h"

/* Ids may leave this many of the numbers before the largest unused. */
enum { RK_VOCAB_HOLES = 65536 };

/* p[0..n): {"piece": id, ...} */
int
rk_vocab_read(struct rk_vocab *v, const char *p, size_t n, struct rk_err *err);
/*
 * p[0..n): [["piece", score], ...], whose ids are their places. *SCORE, new,
 * has one for each, whatever is returned.
 */
int rk_vocab_read_scored(struct rk_vocab *v, double **score, const char *p,
    size_t n, struct rk_err *err);
/* p[0..n): ["left right", ...] or [["left", "right"], ...] */
int rk_vocab_read_merges(
    struct rk_bpe *b, const char *p, size_t n, struct rk_err *err);

#endif
