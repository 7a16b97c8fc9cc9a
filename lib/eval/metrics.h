/*
 * metrics.h - how far scores mean what they say, and how far they have moved.
 */
#ifndef RK_EVAL_METRICS_H
#define RK_EVAL_METRICS_H

#include <stddef.h>
#include <stdint.h>

enum { RK_METRICS_BINS = 10 };

enum rk_calibration_figure {
	RK_BRIER,          /* mean (score - target)^2; Brier 1950 */
	RK_BRIER_CONSTANT, /* that of the targets' mean for every query */
	/*
	 * Expected calibration error over ten bins of equal mass: the sum over
	 * bins of their share times |mean score - mean target|. A query is in
	 * bin floor(10 b / n), where b queries score below it: equal scores
	 * share a bin.
	 */
	RK_ECE,
	RK_CALIBRATION_FIGS
};

/* order[n]: the queries by rising score, equal ones as they come. */
void rk_metrics_order(uint32_t *order, const double *score, size_t n);

/*
 * fig[RK_CALIBRATION_FIGS] of the scores against TARGET, both [n] and
 * probabilities. TIMES [n] says how often each query counts, with the sum n;
 * NULL: once. ORDER is that of rk_metrics_order. O(n).
 */
void rk_metrics_calibration(double *fig, const uint32_t *order,
    const double *score, const double *target, const uint32_t *times, size_t n);

/*
 * The population stability index of SCORE [n] against REFERENCE [m], which is
 * sorted: the sum over bins of (p - q) ln(p / q), p and q the shares of the two
 * in a bin. The bins end at the reference's deciles (linear between order
 * statistics), each including its upper end; deciles that are equal end one
 * bin. A share below 1e-4 counts as 1e-4. n, m >= 1.
 */
double rk_metrics_psi(
    const double *reference, size_t m, const double *score, size_t n);

/* The same sum over any bins, of whose shares WAS and IS the sum is 1. */
double rk_metrics_psi_of(const double *was, const double *is, size_t bins);

/* Sorts v[n], rising. */
void rk_metrics_sort(double *v, size_t n);

#endif
