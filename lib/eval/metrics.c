/* metrics.c - one pass over the queries by rising score. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define SHARE_MIN 1e-4

struct keyed {
	double score;
	uint32_t i;
};

static int
by_score(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

void
rk_metrics_order(uint32_t *order, const double *score, size_t n)
{
	struct keyed *key = rk_array(NULL, n, sizeof *key);

	for (size_t i = 0; i < n; i++)
		key[i] = (struct keyed){ score[i], (uint32_t)i };
	qsort(key, n, sizeof *key, by_score);
	for (size_t i = 0; i < n; i++)
		order[i] = key[i].i;
	free(key);
}

/* The bin of a query with BELOW of N below it, in whole numbers. */
static size_t
bin_of(uint64_t below, size_t n)
{
	uint64_t bin = below * RK_METRICS_BINS / n;

	return bin < RK_METRICS_BINS ? (size_t)bin : RK_METRICS_BINS - 1;
}

void
rk_metrics_calibration(double *fig, const uint32_t *order, const double *score,
    const double *target, const uint32_t *times, size_t n)
{
	double gap[RK_METRICS_BINS] = { 0 }, brier = 0, sum = 0, spread = 0;
	uint64_t below = 0, group = 0; /* queries, counted */
	double mean, ece = 0;

	for (size_t i = 0; i < n; i++)
		sum += (times ? times[i] : 1) * target[i];
	mean = sum / (double)n;
	for (size_t j = 0; j < n; j++) {
		uint32_t i = order[j], t = times ? times[i] : 1;
		double s = score[i], y = target[i];

		if (j > 0 && s != score[order[j - 1]]) {
			below += group;
			group = 0;
		}
		group += t;
		gap[bin_of(below, n)] += t * (s - y);
		brier += t * (s - y) * (s - y);
		spread += t * (y - mean) * (y - mean);
	}
	for (int b = 0; b < RK_METRICS_BINS; b++)
		ece += fabs(gap[b]);
	fig[RK_BRIER] = brier / (double)n;
	fig[RK_BRIER_CONSTANT] = spread / (double)n;
	fig[RK_ECE] = ece / (double)n;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
rk_metrics_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
}

/* count[bins]: how many of v[n] lie above edge[b - 1] and not above edge[b]. */
static void
fill_bins(
    size_t *count, const double *edge, size_t edges, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t b = 0;

		while (b < edges && v[i] > edge[b])
			b++;
		count[b]++;
	}
}

/* In whole numbers, for an edge that is a score must be equal to it. */
static double
decile(const double *v, size_t n, size_t b)
{
	size_t rank = b * (n - 1), low = rank / RK_METRICS_BINS;
	double t = (double)(rank % RK_METRICS_BINS) / RK_METRICS_BINS;

	return low + 1 < n ? v[low] + (v[low + 1] - v[low]) * t : v[low];
}

double
rk_metrics_psi_of(const double *was, const double *is, size_t bins)
{
	double psi = 0;

	for (size_t b = 0; b < bins; b++) {
		double q = fmax(was[b], SHARE_MIN), p = fmax(is[b], SHARE_MIN);

		if (was[b] > 0 || is[b] > 0)
			psi += (p - q) * log(p / q);
	}
	return psi;
}

double
rk_metrics_psi(const double *reference, size_t m, const double *score, size_t n)
{
	double edge[RK_METRICS_BINS], p[RK_METRICS_BINS], q[RK_METRICS_BINS];
	size_t was[RK_METRICS_BINS] = { 0 }, is[RK_METRICS_BINS] = { 0 };
	size_t edges = 0;

	for (size_t b = 1; b < RK_METRICS_BINS; b++) {
		double end = decile(reference, m, b);

		if (edges == 0 || end > edge[edges - 1])
			edge[edges++] = end;
	}
	fill_bins(was, edge, edges, reference, m);
	fill_bins(is, edge, edges, score, n);
	for (size_t b = 0; b <= edges; b++) {
		q[b] = (double)was[b] / (double)m;
		p[b] = (double)is[b] / (double)n;
	}
	return rk_metrics_psi_of(q, p, edges + 1);
}
