/*
 * bt.c - Bradley-Terry by Newton's method on the table of wins, and tiers by
 * dynamic programming over the sorted ratings.
 */
#include "math/bt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"
#include "math/optim.h"

/* Ratings that are further apart have strengths that a double cannot hold. */
static const double WIDE = 700;

struct table {
	const double *wins;
	size_t t;
};

/* Minus the log likelihood, and its derivatives. */
static double
loss(void *ctx, const double *r, double *g, double *h)
{
	const struct table *a = ctx;
	size_t t = a->t, x, y;
	double f = 0, pin = 0;

	for (x = 0; x < t; x++) {
		f += RK_BT_RIDGE / 2 * r[x] * r[x];
		if (g != NULL) {
			g[x] = RK_BT_RIDGE * r[x];
			h[x * t + x] += RK_BT_RIDGE;
		}
		for (y = 0; y < x; y++) {
			double won = a->wins[x * t + y];
			double lost = a->wins[y * t + x];
			double e = exp(-fabs(r[x] - r[y])), p, c;
			if (won + lost <= 0)
				continue;
			f += (won + lost) * log1p(e) +
			    (r[x] < r[y] ? won : lost) * fabs(r[x] - r[y]);
			if (g == NULL)
				continue;
			p = (r[x] < r[y] ? e : 1) / (1 + e);
			c = (won + lost) * e / ((1 + e) * (1 + e));
			g[x] += (won + lost) * p - won;
			g[y] -= (won + lost) * p - won;
			h[x * t + x] += c;
			h[y * t + y] += c;
			h[x * t + y] -= c;
			pin += c;
		}
	}
	/*
	 * Only the ridge fixes the sum of the ratings, and is too small to be
	 * seen beside the rest. The gradient has no part in that direction, so
	 * making the Hessian stiff there changes no step.
	 */
	for (x = 0; h != NULL && x < t; x++)
		for (y = 0; y <= x; y++)
			h[x * t + y] += pin / (double)(t * t);
	return f;
}

void
rk_bt_fit(double *rating, const double *wins, size_t t, double *work)
{
	struct table a = { wins, t };

	rk_optim_newton(rating, t, loss, &a, work);
}

/*
 * sum[y] += e[y] / (e[y] + x): what y, of strength e^rating, wins of x. One
 * division an element, so that every build of it gives the same bits.
 */
RK_CLONES static void
add_wins(double *restrict sum, const double *restrict e, size_t t, double x)
{
	size_t y;

	for (y = 0; y < t; y++)
		sum[y] += e[y] / (e[y] + x);
}

void
rk_bt_win_rates(float *rate, const float *rating, size_t t, double *work)
{
	double *sum = work, *e = work + t, top = -INFINITY, bottom = INFINITY;
	size_t x, y;

	for (x = 0; x < t; x++) {
		top = fmax(top, (double)rating[x]);
		bottom = fmin(bottom, (double)rating[x]);
	}
	for (x = 0; x < t; x++) {
		e[x] = exp((double)rating[x] - top);
		sum[x] = -.5; /* against itself, which is added too */
	}
	for (x = 0; x < t && top - bottom < WIDE; x++)
		add_wins(sum, e, t, e[x]);
	for (x = 0; x < t && !(top - bottom < WIDE); x++)
		for (y = 0; y < t; y++)
			sum[y] += 1 /
			    (1 + exp((double)rating[x] - (double)rating[y]));
	for (x = 0; x < t; x++)
		rate[x] = t > 1 ? (float)(sum[x] / (double)(t - 1)) : .5f;
}

/* --- tiers ----------------------------------------------------------------- */

struct rank {
	double rating;
	size_t model;
};

static int
higher(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->rating != y->rating)
		return x->rating > y->rating ? -1 : 1;
	return (x->model > y->model) - (x->model < y->model);
}

/* var[l]: the population variance of ratings l..j, for l = 0..j. */
static void
variances(double *var, const struct rank *s, size_t j)
{
	double mean = 0, sum = 0;
	size_t l, n;

	for (l = j + 1, n = 0; l-- > 0;) {
		double off = s[l].rating - mean;
		mean += off / (double)++n;
		sum += off * (s[l].rating - mean);
		var[l] = sum / (double)n;
	}
}

/*
 * best[c * k + j]: the least sum for ratings 0..j in c + 1 tiers; last[]: the
 * end of the tier before the last one.
 */
static void
cut(double *best, size_t *last, const struct rank *s, size_t k, size_t tiers,
    double *var)
{
	size_t j, c, l;

	for (j = 0; j < k; j++) {
		variances(var, s, j);
		best[j] = var[0];
		for (c = 1; c < tiers && c <= j; c++) {
			double *b = &best[c * k + j];
			*b = INFINITY;
			for (l = c - 1; l < j; l++) {
				double sum = best[(c - 1) * k + l] + var[l + 1];
				if (sum < *b) {
					*b = sum;
					last[c * k + j] = l;
				}
			}
		}
	}
}

size_t
rk_bt_tiers(uint16_t *tier, const double *rating, size_t k, size_t tiers)
{
	struct rank *s = rk_array(NULL, k, sizeof *s);
	double *best, *var;
	size_t *last, j, c, end;

	if (tiers > k)
		tiers = k;
	for (j = 0; j < k; j++) {
		s[j].rating = rating[j];
		s[j].model = j;
	}
	qsort(s, k, sizeof *s, higher);
	best = rk_calloc(tiers * k, sizeof *best);
	last = rk_calloc(tiers * k, sizeof *last);
	var = rk_calloc(k, sizeof *var);
	cut(best, last, s, k, tiers, var);
	for (c = tiers, end = k; c-- > 0; end = j) {
		j = c > 0 ? last[c * k + end - 1] + 1 : 0;
		while (end-- > j)
			tier[s[end].model] = (uint16_t)c;
	}
	free(s);
	free(best);
	free(last);
	free(var);
	return tiers;
}
