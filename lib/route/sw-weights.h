/* sw-weights.h - what stored prompts weigh for a query, by their likeness. */
#ifndef RK_ROUTE_SW_WEIGHTS_H
#define RK_ROUTE_SW_WEIGHTS_H

#include <stddef.h>

/*
 * w[n], cosines in and weights out, of which the largest is 1:
 *
 *   exp(log_power (w / max w - 1)).
 *
 * Where no cosine is positive all weights are equal; with KEEP a negative
 * largest one is put into the formula as it is.
 */
void rk_sw_weights(float *w, size_t n, double log_power, int keep);

#endif
