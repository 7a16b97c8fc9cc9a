/*
 * bootstrap.c - a resample is how often each query was drawn; the curves are
 * sorted already, so that a router's figures on it are one pass, O(n). One
 * resample is one tile of the pool.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "eval/bootstrap.h"

/* Share of resamples without a gap above which there is no interval. */
#define NO_GAP_MAX 0.01

struct job {
	const struct rk_curve *const *curves;
	size_t m, n;
	uint64_t seed;
	uint32_t *times; /* [threads, n] */
	double *fig;     /* [reps, m, RK_FIGS] */
};

static void
resample(void *ctx, size_t r, int thread)
{
	struct job *job = ctx;
	uint32_t *times = job->times + (size_t)thread * job->n;
	struct rk_rng rng;

	memset(times, 0, job->n * sizeof *times);
	rk_rng_init(&rng, job->seed, r);
	for (size_t i = 0; i < job->n; i++)
		times[rk_rng_below(&rng, job->n)]++;
	for (size_t j = 0; j < job->m; j++)
		rk_curve_figures(job->curves[j], times,
		    job->fig + (r * job->m + j) * RK_FIGS);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
rk_bootstrap_quantile(const double *v, size_t n, double q)
{
	double rank = q * (double)(n - 1);
	size_t low = (size_t)rank;
	size_t high = low + 1 < n ? low + 1 : low;

	return v[low] + (v[high] - v[low]) * (rank - (double)low);
}

/* The interval of FIG[r] - LESS[r] (LESS may be NULL) over the resamples. */
static struct rk_interval
interval(const struct job *job, size_t reps, const double *fig,
    const double *less, double *v)
{
	size_t stride = job->m * RK_FIGS, n = 0;

	for (size_t r = 0; r < reps; r++) {
		double x = fig[r * stride] - (less ? less[r * stride] : 0);

		if (!isnan(x))
			v[n++] = x;
	}
	if (n == 0 || (double)(reps - n) > NO_GAP_MAX * (double)reps)
		return (struct rk_interval){ NAN, NAN };
	qsort(v, n, sizeof *v, by_value);
	return (struct rk_interval){ rk_bootstrap_quantile(v, n, 0.025),
		rk_bootstrap_quantile(v, n, 0.975) };
}

static void
summarise(struct rk_boot *boot, const struct job *job, size_t reps)
{
	double *v = rk_array(NULL, reps, sizeof *v);

	for (size_t j = 0; j < job->m; j++) {
		const double *fig = job->fig + j * RK_FIGS;

		for (int f = 0; f < RK_FIGS; f++) {
			boot[j].fig[f] = interval(job, reps, fig + f, NULL, v);
			boot[j].diff[f] = interval(
			    job, reps, fig + f, job->fig + f, v);
		}
		boot[j].no_gap = 0;
		for (size_t r = 0; r < reps; r++)
			boot[j].no_gap += isnan(
			    fig[r * job->m * RK_FIGS + RK_FIG_APGR]);
	}
	free(v);
}

void
rk_bootstrap(struct rk_boot *boot, const struct rk_curve *const *curves,
    size_t m, size_t n, size_t reps, uint64_t seed, struct rk_pool *pool)
{
	size_t threads = (size_t)rk_pool_size(pool);
	struct job job = { curves, m, n, seed, NULL, NULL };

	job.times = rk_array(NULL, n, threads * sizeof *job.times);
	job.fig = rk_array(NULL, reps, m * RK_FIGS * sizeof *job.fig);
	rk_pool_run(pool, reps, resample, &job);
	summarise(boot, &job, reps);
	free(job.times);
	free(job.fig);
}
