/*
 * mix.c - the steps are sorted, and the step sought is found by bisection over
 * the policies between them. A policy is measured by what it really decides on
 * the sample, at a lambda in the middle between two steps: there the rounding
 * of a step's place decides nothing.
 */
#include "policy/mix.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "eval/money.h"

/* Steps that differ by less than this share are one. */
#define SAME_STEP 1e-9

/* So that the coin is not the one that other uses of a digest toss. */
#define SALT 0x9e3779b97f4a7c15u

/* --- policies ------------------------------------------------------------------ */

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The steps of every query, sorted: how many, in *STEPS (new). */
static size_t
find_steps(double **steps, const struct rk_sample *s)
{
	struct rk_point *hull = NULL;
	size_t q, i, m, from = 0, n = 0, cap = 0;

	*steps = NULL;
	for (q = 0; q < s->n; from = s->end[q++]) {
		size_t k = s->end[q] - from;
		hull = rk_array(hull, k, sizeof *hull);
		for (i = 0; i < k; i++)
			hull[i] = (struct rk_point){ s->o[from + i].cost,
				s->o[from + i].quality };
		m = rk_money_hull(hull, k);
		for (i = 1; i < m; i++) {
			double step = (hull[i].cost - hull[i - 1].cost) /
			    (hull[i].quality - hull[i - 1].quality);
			if (!(step < RK_LAMBDA_MAX))
				continue;
			RK_GROW(*steps, n, cap);
			(*steps)[n++] = step;
		}
	}
	free(hull);
	if (n > 0)
		qsort(*steps, n, sizeof **steps, rising);
	return n;
}

/*
 * A lambda for each policy that differs: 0, one between every two steps, and
 * RK_LAMBDA_MAX. In *LAMBDA (new); returns how many, at least 1.
 */
static size_t
between_steps(double **lambda, const struct rk_sample *s)
{
	double *step;
	size_t n = find_steps(&step, s), i, m = 0;

	*lambda = rk_array(NULL, n + 1, sizeof **lambda);
	(*lambda)[m++] = 0;
	for (i = 0; i + 1 < n; i++)
		if (step[i + 1] > step[i] * (1 + SAME_STEP))
			(*lambda)[m++] = step[i] + (step[i + 1] - step[i]) / 2;
	if (n > 0)
		(*lambda)[m++] = RK_LAMBDA_MAX;
	free(step);
	return m;
}

/* The means of the policy LAMBDA. */
static struct rk_point
measure(const struct rk_sample *s, double lambda)
{
	struct rk_point sum = { 0, 0 };
	size_t q, from = 0;

	for (q = 0; q < s->n; from = s->end[q++]) {
		const struct rk_option *o = s->o + from;
		size_t best = rk_options_best(o, s->end[q] - from, lambda);
		sum.cost += o[best].cost;
		sum.quality += o[best].quality;
	}
	sum.cost /= (double)s->n;
	sum.quality /= (double)s->n;
	return sum;
}

/* From A, P = 0, to B, P = 1: exactly, at both. */
static double
between(double a, double b, double p)
{
	return p < 1 ? a + p * (b - a) : b;
}

static double
figure(struct rk_point p, int is_cost)
{
	return is_cost ? p.cost : p.quality;
}

/*
 * The mix whose mean cost (quality) is TARGET; where all policies have more the
 * first, where none has the last. Of several the one of the least cost.
 */
static void
solve(struct rk_mix *mix, const struct rk_sample *s, double target, int is_cost)
{
	struct rk_point at[2];
	double *lambda, a, b;
	size_t m = between_steps(&lambda, s), lo = 0, hi = m - 1;

	/* lambda[lo] has at most TARGET and lambda[hi] at least, if any does */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (figure(measure(s, lambda[mid]), is_cost) >= target)
			hi = mid;
		else
			lo = mid;
	}
	at[0] = measure(s, mix->lambda[0] = lambda[lo]);
	at[1] = measure(s, mix->lambda[1] = lambda[hi]);
	a = figure(at[0], is_cost);
	b = figure(at[1], is_cost);
	mix->p = target <= a ? 0 : target >= b ? 1 : (target - a) / (b - a);
	mix->cost = between(at[0].cost, at[1].cost, mix->p);
	mix->quality = between(at[0].quality, at[1].quality, mix->p);
	free(lambda);
}

int
rk_mix_for_budget(struct rk_mix *mix, const struct rk_sample *s, double budget,
    struct rk_err *err)
{
	solve(mix, s, budget, 1);
	if (mix->cost > budget && mix->p == 0)
		return rk_err_set(err,
		    "a query costs at least %.6g dollars on the average, more "
		    "than the %.6g asked",
		    mix->cost, budget);
	return 0;
}

int
rk_mix_for_quality(struct rk_mix *mix, const struct rk_sample *s,
    double quality, struct rk_err *err)
{
	solve(mix, s, quality, 0);
	if (mix->quality < quality && mix->p == 1)
		return rk_err_set(err,
		    "the best model for each query has a predicted quality of "
		    "%.6g, less than the %.6g asked",
		    mix->quality, quality);
	return 0;
}

int
rk_mix_pick(const struct rk_mix *mix, uint64_t digest)
{
	double u = (double)(rk_num_mix(digest ^ SALT) >> 11) * 0x1p-53;

	return u < mix->p;
}
