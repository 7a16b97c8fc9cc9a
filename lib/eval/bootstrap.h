/*
 * bootstrap.h - how sure the figures are: percentile intervals from resampled
 * queries (Efron and Tibshirani, An Introduction to the Bootstrap, chapter
 * 13). All routers see the same resamples, so that differences are paired.
 */
#ifndef RK_EVAL_BOOTSTRAP_H
#define RK_EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "eval/curve.h"
#include "io/pool.h"

struct rk_interval {
	double lo, hi; /* the 2.5 % and 97.5 % quantiles; NaN: there is none */
};

struct rk_boot {
	struct rk_interval fig[RK_FIGS];
	struct rk_interval diff[RK_FIGS]; /* of this router less the first */
	size_t no_gap; /* resamples in which strong is not better than weak */
};

/*
 * boot[m] from REPS resamples of n queries, drawn with replacement; resample r
 * draws from the stream r of SEED, so that any pool gives the same. The curves
 * must be of the same n queries. Resamples without a gap have no APGR or CPT:
 * up to 1 % of them are left out of those intervals, and beyond that there is
 * no such interval. Quantiles are linear between order statistics.
 * 4 n bytes a thread, 64 m bytes a resample.
 */
void rk_bootstrap(struct rk_boot *boot, const struct rk_curve *const *curves,
    size_t m, size_t n, size_t reps, uint64_t seed, struct rk_pool *pool);

/*
 * The quantile Q of v[n], which is sorted: linear between order statistics
 * (numpy's default). n >= 1.
 */
double rk_bootstrap_quantile(const double *v, size_t n, double q);

#endif
