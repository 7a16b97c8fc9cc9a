/*
 * curve.h - what a router's scores are worth: quality as a function of the
 * share of queries that go to the strong model, and the figures of it that
 * RouteLLM (arXiv 2406.18665, section 2.2) reports. Arrays in, figures out.
 *
 * Query i goes to the strong model iff score[i] >= threshold. With W and G the
 * mean quality of the weak model and the mean gain (strong minus weak), a
 * threshold that sends the set S has
 *
 *   share = |S| / n     quality = W + sum of gain over S / n
 *   PGR = (quality - W) / G, the performance gap recovered
 *
 * In exact mode every distinct score is a threshold, and a group of tied
 * scores moves as one: the curve is a straight line across it, which is what
 * breaking the ties at random gives on average, whatever the order in which
 * the queries came. Where all scores are equal the curve is random routing's.
 */
#ifndef RK_EVAL_CURVE_H
#define RK_EVAL_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "eval/money.h"

enum rk_curve_mode {
	RK_CURVE_EXACT,
	/*
	 * The thresholds of RouteLLM's code: the 11 edges that cut the scores
	 * into 10 equal parts (quantiles, linear between order statistics, by
	 * numpy's arithmetic); a score equal to the last edge is not sent.
	 */
	RK_CURVE_ROUTELLM
};

/* The qualities of two models' answers to n queries, in any unit. */
struct rk_outcomes {
	size_t n;
	const double *weak, *strong; /* [n] */
};

/* A figure that is not defined on the data at hand is NaN. */
enum rk_figure {
	RK_FIG_WEAK,   /* mean quality of the weak model */
	RK_FIG_STRONG, /* mean quality of the strong model */
	RK_FIG_APGR,   /* area under PGR over share, by trapezoids */
	RK_FIG_CPT20,  /* least share at which PGR reaches 20 %: the curve's */
	RK_FIG_CPT50,  /* first upward crossing, linear between points */
	RK_FIG_CPT80,
	RK_FIG_AUC,  /* area under quality over share */
	RK_FIG_GAIN, /* AUC less random routing's, (weak + strong) / 2 */
	RK_FIGS
};

/*
 * Qualities are at most this large, so that no sum overflows, and scores twice
 * that, so that the difference of two qualities can be one.
 */
#define RK_CURVE_MAX 1e100

/* The order in which one router's scores send the queries. */
struct rk_curve;

/*
 * Sorts the scores. Qualities must be numbers within +-RK_CURVE_MAX, scores
 * within twice that, and 1 <= n <= UINT32_MAX. O's arrays are borrowed, SCORE is
 * not needed any more. 20 bytes a query; 16 more while it sorts. New; NULL on
 * failure.
 */
struct rk_curve *rk_curve_new(const struct rk_outcomes *o, const double *score,
    enum rk_curve_mode mode, struct rk_err *err);
void rk_curve_free(struct rk_curve *c);

/* How many distinct scores there are. */
size_t rk_curve_distinct(const struct rk_curve *c);

/*
 * fig[RK_FIGS]. TIMES [n] says how often each query counts (a resample), with
 * the sum n; NULL: once each. APGR and CPT are NaN where strong is not better
 * than weak: where the gap is below 1e-12 of the mean size of the qualities,
 * which is what rounding leaves of an exact tie. O(n).
 */
void
rk_curve_figures(const struct rk_curve *c, const uint32_t *times, double *fig);

/*
 * p[<= n + 1]: mean cost and quality where nothing is sent and after each group
 * of equal scores, in that order; returns how many. WEAK and STRONG [n] are the
 * costs of the two models' answers. TIMES as above.
 */
size_t rk_curve_points(const struct rk_curve *c, const uint32_t *times,
    const double *weak, const double *strong, struct rk_point *p);

struct rk_mark {
	size_t sent;      /* how many queries go to the strong model */
	double threshold; /* iff their score is >= this */
};

/*
 * marks[<= n + 1]: the curve's points by rising share, from nothing sent
 * (whose threshold is the double next above the largest score) to all sent.
 * Returns how many: distinct + 1, or 11 in RouteLLM's mode. New.
 */
size_t rk_curve_marks(const struct rk_curve *c, struct rk_mark **marks);

/*
 * y[m] = the mean over all n queries of strong[i] where i is sent at marks[j],
 * else of weak[i], for any two arrays in the order of the scores: qualities,
 * costs. Marks must be by rising `sent`, at group borders.
 */
void rk_curve_means(const struct rk_curve *c, const struct rk_mark *marks,
    size_t m, const double *weak, const double *strong, double *y);

#endif
