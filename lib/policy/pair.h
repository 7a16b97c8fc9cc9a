/*
 * pair.h - which of two models a query goes to.
 */
#ifndef RK_POLICY_PAIR_H
#define RK_POLICY_PAIR_H

#include "base/err.h"
#include "io/record.h"
#include "policy/options.h"
#include "policy/track.h"

enum { RK_WEAK, RK_STRONG };

struct rk_pair {
	const char *name[2];             /* borrowed */
	const struct rk_price *price[2]; /* NULL: they can take anything */
	struct rk_terms terms;           /* its field holds the score */
	double threshold;                /* without a track */
	struct rk_track *track;          /* NULL: none */
};

/* A query, and what became of it. */
struct rk_pair_query {
	double score, threshold;
	struct rk_option option[2]; /* the names, and what guards them */
	int to;                     /* RK_WEAK or RK_STRONG */
};

/* 0; 1: neither can take it; -1: no usable score. With a message but for 0. */
int rk_pair_read(struct rk_pair_query *q, const struct rk_rec *rec,
    const struct rk_pair *pair, struct rk_err *err);
/*
 * Strong iff the score is at least the threshold, which then moves if it is
 * tracked. A query that only one of the two can take goes there: that is no
 * decision, and moves nothing.
 */
void rk_pair_decide(struct rk_pair_query *q, const struct rk_pair *pair);

#endif
