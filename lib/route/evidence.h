/*
 * evidence.h - how well scores predict how prompts end, and how sure it is that
 * one predicts better than another. Each prompt is a unit with one observation
 * or more: x, what a learner that had not seen it said, and y, what came. The
 * error is what a straight line of x, with a slope of at least 0, leaves of y,
 *
 *   min over a, b >= 0 of  sum (y - a - b x)^2 / observations,
 *
 * so that only the order and the spacing of scores count and not their scale;
 * through the origin, a = 0: for x and y that change their sign when the two
 * sides are swapped.
 */
#ifndef RK_ROUTE_EVIDENCE_H
#define RK_ROUTE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"

struct rk_evidence;

/* Room for UNITS; x near MIDDLE (for the digits of sums). New. */
struct rk_evidence *
rk_evidence_new(size_t units, int through_origin, double middle);
void rk_evidence_free(struct rk_evidence *e); /* accepts NULL */
void rk_evidence_add(struct rk_evidence *e, size_t unit, double x, double y);

/*
 * The error; NaN where there is no observation. Of x that do not differ it is
 * a constant's: the variance of y, or through the origin its mean square.
 */
double rk_evidence_error(const struct rk_evidence *e);

/* How much less one error is than another, with its 95 % interval. */
struct rk_evidence_diff {
	double diff, lo, hi;
};

/*
 * BASE's error less that of E, which have the same units, with the interval by
 * 1,000 resamples of the units in each of which both lines are fitted anew. As
 * a slope is not negative, chance alone against a constant has lo = 0 but for
 * one in forty.
 */
struct rk_evidence_diff rk_evidence_less(const struct rk_evidence *base,
    const struct rk_evidence *e, uint64_t seed, struct rk_pool *pool);

#endif
