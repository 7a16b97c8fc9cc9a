/* sw-weights.c - the slope of an exponential, from the cosines' range. */
#include "route/sw-weights.h"

#include "math/mat.h"

/* The largest and the least of x[n]. */
RK_CLONES static void
range(const float *x, size_t n, float *lo, float *hi)
{
	float a[RK_LANES], b[RK_LANES];
	size_t i, j;

	for (j = 0; j < RK_LANES; j++)
		a[j] = b[j] = x[0];
	for (i = 0; i < n; i += RK_LANES) {
		size_t lanes = n - i < RK_LANES ? n - i : RK_LANES;
		for (j = 0; j < lanes; j++) {
			float c = x[i + j];
			a[j] = c < a[j] ? c : a[j];
			b[j] = c > b[j] ? c : b[j];
		}
	}
	for (*lo = a[0], *hi = b[0], j = 1; j < RK_LANES; j++) {
		*lo = a[j] < *lo ? a[j] : *lo;
		*hi = b[j] > *hi ? b[j] : *hi;
	}
}

void
rk_sw_weights(float *w, size_t n, double log_power, int keep)
{
	const double least = 1e-30; /* keeps the slope within a float */
	double slope = 0, top = 0;
	float lo, hi;

	range(w, n, &lo, &hi);
	if (hi > least) {
		slope = log_power / hi;
		top = log_power;
	} else if (keep && hi < -least) {
		slope = log_power / hi;
		top = slope * lo;
	}
	rk_mat_exp(w, w, (float)slope, (float)-top, n);
}
