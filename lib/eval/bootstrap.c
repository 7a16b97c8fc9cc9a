/*
 * bootstrap.c - a resample is how often each query was drawn. One resample is
 * one tile of the pool.
 */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

/* Share of resamples without a figure above which there is no interval. */
#define MISSING_MAX 0.01

struct job {
	const struct rk_resampled *of;
	uint64_t seed;
	uint32_t *times; /* [threads, n] */
	double *fig;     /* [reps, figs] */
};

static void
resample(void *ctx, size_t r, int thread)
{
	struct job *job = ctx;
	size_t n = job->of->n;
	uint32_t *times = job->times + (size_t)thread * n;
	struct rk_rng rng;

	memset(times, 0, n * sizeof *times);
	rk_rng_init(&rng, job->seed, r);
	for (size_t i = 0; i < n; i++)
		times[rk_rng_below(&rng, n)]++;
	job->of->figures(
	    job->of->ctx, times, thread, job->fig + r * job->of->figs);
}

void
rk_bootstrap(double *fig, const struct rk_resampled *of, size_t reps,
    uint64_t seed, struct rk_pool *pool)
{
	size_t threads = (size_t)rk_pool_size(pool);
	struct job job = { of, seed, NULL, fig };

	job.times = rk_array(NULL, of->n, threads * sizeof *job.times);
	rk_pool_run(pool, reps, resample, &job);
	free(job.times);
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

struct rk_interval
rk_bootstrap_interval(
    const double *fig, const double *less, size_t stride, size_t reps)
{
	struct rk_interval in = { NAN, NAN };
	double *v = rk_array(NULL, reps, sizeof *v);
	size_t n = 0;

	for (size_t r = 0; r < reps; r++) {
		double x = fig[r * stride] - (less ? less[r * stride] : 0);

		if (!isnan(x))
			v[n++] = x;
	}
	if (n > 0 && (double)(reps - n) <= MISSING_MAX * (double)reps) {
		qsort(v, n, sizeof *v, by_value);
		in.lo = rk_bootstrap_quantile(v, n, 0.025);
		in.hi = rk_bootstrap_quantile(v, n, 0.975);
	}
	free(v);
	return in;
}
