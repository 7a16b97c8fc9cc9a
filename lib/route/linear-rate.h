/*
 * linear-rate.h - linear with loss=logistic: a Bradley-Terry model whose
 * ratings are linear in the unit vectors, fitted to the comparisons.
 */
#ifndef RK_ROUTE_LINEAR_RATE_H
#define RK_ROUTE_LINEAR_RATE_H

#include "io/pool.h"
#include "pref/prefs.h"

/*
 * weight[k, d] and bias[k] := those that minimise the sum over the training
 * part's comparisons of the cross-entropy, plus alpha/4 |w_m|^2 for each model;
 * the rating of m is w_m . x + b_m. Returns the number of steps.
 */
int rk_linear_rate(float *weight, double *bias, const struct rk_prefs *p,
    double alpha, struct rk_pool *pool);

#endif
