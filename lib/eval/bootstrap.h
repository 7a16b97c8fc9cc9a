/*
 * bootstrap.h - how sure the figures are: percentile intervals from resampled
 * queries (Efron and Tibshirani, An Introduction to the Bootstrap, chapter
 * 13). All figures are of the same resamples, so that differences are paired.
 */
#ifndef RK_EVAL_BOOTSTRAP_H
#define RK_EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"

struct rk_interval {
	double lo, hi; /* the 2.5 % and 97.5 % quantiles; NaN: there is none */
};

/* What is resampled: a function of how often each query counts. */
struct rk_resampled {
	size_t n, figs;
	/*
	 * fig[figs] of the resample TIMES[n], whose sum is n; a figure that
	 * the resample has not is NaN. THREAD names the scratch.
	 */
	void (*figures)(
	    void *ctx, const uint32_t *times, int thread, double *fig);
	void *ctx;
};

/*
 * fig[reps, figs]: the figures of REPS resamples of n queries, drawn with
 * replacement; resample r draws from the stream r of SEED, so that any pool
 * gives the same. 4 n bytes a thread.
 */
void rk_bootstrap(double *fig, const struct rk_resampled *of, size_t reps,
    uint64_t seed, struct rk_pool *pool);

/*
 * The interval of a figure, or of its difference to another: of fig[r * stride]
 * less less[r * stride] (LESS may be NULL) over the resamples. Those that are
 * NaN are left out, up to 1 % of them; beyond that there is no interval.
 * Quantiles are linear between order statistics.
 */
struct rk_interval rk_bootstrap_interval(
    const double *fig, const double *less, size_t stride, size_t reps);

/*
 * The quantile Q of v[n], which is sorted: linear between order statistics
 * (numpy's default). n >= 1.
 */
double rk_bootstrap_quantile(const double *v, size_t n, double q);

#endif
