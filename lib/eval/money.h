/*
 * money.h - what a router is worth in dollars: quality over the mean cost of a
 * query. A router is the points that it can be set to; between two of them it
 * can be mixed by chance, so that what it reaches is their upper hull.
 *
 * The hull is RouterBench's non-decreasing convex hull (arXiv 2403.12031): the
 * least concave function above the points, from the cheapest of them up to the
 * best, and flat beyond, since money need not be spent.
 */
#ifndef RK_EVAL_MONEY_H
#define RK_EVAL_MONEY_H

#include <stddef.h>

/* Means over the queries: dollars of one, and quality. */
struct rk_point {
	double cost, quality;
};

/*
 * Leaves the hull in p[0..m), by rising cost and rising quality, and returns
 * m >= 1. n >= 1. Sorts P where it does not rise: O(n) or O(n log n).
 */
size_t rk_money_hull(struct rk_point *p, size_t n);

/* The hull's quality at COST; NaN below its first point. */
double rk_money_quality(const struct rk_point *hull, size_t m, double cost);

/*
 * The least cost at which the hull has QUALITY; NaN where it never has. What is
 * above its best point by less than 1e-12 of its size counts as reached.
 */
double rk_money_cost(const struct rk_point *hull, size_t m, double quality);

/*
 * AIQ: the area under the hull from cost LO to cost HI, divided by HI - LO; NaN
 * where HI is not above LO or the hull begins after LO.
 */
double
rk_money_aiq(const struct rk_point *hull, size_t m, double lo, double hi);

/*
 * RouterArena's score (arXiv 2510.00202) of ACCURACY in [0,1] at COST dollars a
 * query: S = 1.1 A C / (0.1 A + C), where C = (log2 200 - log2 c) / (log2 200 -
 * log2 0.0044), clamped to [0,1], and c dollars a thousand queries. 0 where A
 * or C is.
 */
double rk_money_arena(double accuracy, double cost);
/* The same of a quality in [lo, hi]; NaN unless HI is above LO. */
double rk_money_arena_within(double quality, double cost, double lo, double hi);

enum rk_money_figure {
	RK_MONEY_AIQ,
	RK_MONEY_COST,    /* at which the best single model's quality is had */
	RK_MONEY_QUALITY, /* to be had for the best single model's cost */
	RK_MONEY_ARENA,   /* of the best of the points */
	RK_MONEY_FIGS
};

/*
 * fig[RK_MONEY_FIGS] of the router with the points p[n], which has room for one
 * more and is left in disorder. SINGLE [k] are the single models: the range of
 * AIQ is from the cheapest to the dearest of them, and the cheapest is a point
 * of every router, since each can be mixed with it. The best is the one of
 * highest quality, of equals the cheapest. Quality lies in [lo, hi], which
 * RouterArena's score takes to [0,1].
 */
void rk_money_figures(double *fig, struct rk_point *p, size_t n,
    const struct rk_point *single, size_t k, double lo, double hi);

/* The cheapest, of equals the best; and the best, of equals the cheapest. */
size_t rk_money_cheapest(const struct rk_point *p, size_t n);
size_t rk_money_best(const struct rk_point *p, size_t n);

#endif
