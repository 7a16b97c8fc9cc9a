/*
 * rank.h - a score's rank: its place in a table of other scores, so that scores
 * of different kinds can be averaged; never its place within a batch.
 */
#ifndef RK_ROUTE_RANK_H
#define RK_ROUTE_RANK_H

#include <stddef.h>

#include "route/router.h"

/* Scores in [0,1] in rising order, each once, and their ranks in (0,1). */
struct rk_rank {
	size_t n;
	const double *x, *rank;
};

/*
 * The rank of S: linear between entries, and strictly increasing beyond both
 * ends, to 0 at 0 and to 1 at 1.
 */
double rk_rank_of(const struct rk_rank *t, double s);

/*
 * The table of score[0..n), which it sorts; tied scores share the mean of their
 * ranks (i + 1) / (n + 1). *M := entries. Returns [2, m]: scores, then ranks.
 * New.
 */
double *rk_rank_make(double *score, size_t n, size_t *m);

/* The tensor PREFIX + NAME [2, n], F64, checked. Borrows from ST. */
int rk_rank_open(struct rk_rank *t, const struct rk_st *st, const char *prefix,
    const char *name, struct rk_err *err);

#endif
