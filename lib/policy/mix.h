/*
 * mix.h - from a budget, or a quality, to the price of a point of quality.
 *
 * A policy sends each query to the model of the highest lambda q - c. On a
 * sample of queries its mean cost and its mean quality rise with lambda, by
 * steps: a query changes its model where lambda passes the slope of an edge of
 * the upper hull of its (cost, quality) points. Between two steps a mix of the
 * policies to either side, by chance, reaches what was asked exactly.
 */
#ifndef RK_POLICY_MIX_H
#define RK_POLICY_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/sample.h"

struct rk_mix {
	double lambda[2];     /* of the two policies, the cheaper first */
	double p;             /* the chance of the second, in [0,1] */
	double cost, quality; /* expected means on the sample */
};

/*
 * The mix whose mean cost is BUDGET dollars; the best policy where that costs
 * less. -1 where even the cheapest policy costs more. S is not empty.
 */
int rk_mix_for_budget(struct rk_mix *mix, const struct rk_sample *s,
    double budget, struct rk_err *err);
/*
 * The mix whose mean quality is QUALITY; the cheapest policy where that has
 * more. -1 where even the best policy has less. S is not empty.
 */
int rk_mix_for_quality(struct rk_mix *mix, const struct rk_sample *s,
    double quality, struct rk_err *err);

/*
 * Which of the two policies, 0 or 1, takes the query with this digest: the same
 * query goes the same way.
 */
int rk_mix_pick(const struct rk_mix *mix, uint64_t digest);

#endif
