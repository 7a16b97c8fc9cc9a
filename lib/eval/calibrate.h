/*
 * calibrate.h - from a router's raw scores to probabilities: a strictly
 * increasing map to P(strong wins) + P(tie)/2, so that 0.7 means 0.7 and the
 * order of the queries, and with it every cost-quality curve, stays.
 *
 * From RK_CALIBRATE_ISOTONIC points on, isotonic regression: the increasing
 * step function with the least squared error (pool adjacent violators; Ayer et
 * al. 1955), equal scores being one point. At the lowest and at the highest
 * score RK_CALIBRATE_PRIOR points more count as the mean target, or one lucky
 * query at an end would be a certainty. The blocks are joined by straight lines
 * through their centres (the mean score), and level beyond the outer centres.
 *
 * Below, Platt's logistic (1999) in the score, by maximum likelihood, with his
 * smoothed targets: t (P + 1)/(P + 2) + (1 - t)/(N + 2) for a target t, where
 * P is the sum of t and N of 1 - t. A slope that comes out negative is 0. It is
 * exact at the scores it was fitted on, and linear between.
 *
 * Either gives v(s), not decreasing. With e = RK_CALIBRATE_RISE and lo and hi
 * the lowest and highest score of the fit, the map is
 *
 *   y(s) = (1 - 2e) v(s) + e ((s - lo)/(hi - lo) + 1/2)   in [e/2, 1 - e/2]
 *
 * for lo <= s <= hi. Where all scores are one, x, lo and hi are x -+ max(1,
 * |x|). Beyond, with d the distance to the nearer end over hi - lo, it goes on
 * to half of the room that is left: y(hi) + (1 - y(hi))/2 * d/(1 + d), and
 * y(lo) - y(lo)/2 * d/(1 + d).
 *
 * What this promises for two scores a < b in floating point:
 *
 *   y(a) <= y(b) always, and both are inside (0,1), as float32 too
 *   y(a) <  y(b) if they are in [lo, hi] and more than 2^-40 (hi - lo) apart:
 *                any two float32 are, unless both are within 2^-16 (hi - lo)
 *                of zero
 *   y(a) <  y(b) also when y is rounded to float32, if more than
 *                2^-14 (hi - lo) apart
 *
 * and for scores up to hi - lo outside [lo, hi], 2^-36 and 2^-10. So keep a
 * probability a double, and print it as one, where the raw scores are float32:
 * a flat stretch of the map has no room for all of them in another float32.
 */
#ifndef RK_EVAL_CALIBRATE_H
#define RK_EVAL_CALIBRATE_H

#include <stddef.h>

#include "base/err.h"

enum {
	RK_CALIBRATE_ISOTONIC = 1000, /* points; fewer: Platt */
	RK_CALIBRATE_PRIOR = 4        /* points more at either end */
};

#define RK_CALIBRATE_RISE 0x1p-9
#define RK_CALIBRATE_MAX  1e100 /* of |score| in a fit, and of a knot */

struct rk_calibration {
	size_t n;
	double *x, *y; /* [n] knots, both rising; linear between */
};

/*
 * Fits C, which is overwritten, to n >= 1 pairs of a score, within
 * +-RK_CALIBRATE_MAX, and a target in [0,1], (1 + gain)/2: of queries that the
 * router was not trained on. The pairs' order does not matter. C's arrays are
 * new; release with rk_calibrate_free. O(n log n).
 */
void rk_calibrate_fit(struct rk_calibration *c, const double *score,
    const double *target, size_t n);

/* y(score) for any finite score. O(log n). */
double rk_calibrate(const struct rk_calibration *c, double score);

/*
 * Knots that come from a file: at least two, x within +-RK_CALIBRATE_MAX, y
 * inside (0,1), both strictly rising.
 */
int rk_calibrate_check(const struct rk_calibration *c, struct rk_err *err);

/* Frees the arrays and returns C to { 0 }. */
void rk_calibrate_free(struct rk_calibration *c);

#endif
