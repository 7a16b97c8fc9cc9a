/*
 * fused.h - the steps of an encoder's forward pass that are no products, each
 * in one pass over the numbers. All are on the calling thread, and a row's bits
 * depend on the row alone.
 */
#ifndef RK_NN_FUSED_H
#define RK_NN_FUSED_H

#include <stddef.h>

#include "nn/config.h"

/*
 * x[n] := act(x): gelu(x) = x Phi(x), by erfc of Abramowitz and Stegun 7.1.26
 * (1.5e-7), that by tanh, or max(x, 0).
 */
void rk_fused_act(float *x, size_t n, enum rk_config_act act);

/*
 * x[n, d] := (y - mean) / sqrt(var + eps) * w[d] + b[d], where y = x + add and
 * mean and var are those of its row. ADD may be NULL.
 */
void rk_fused_norm(float *x, const float *add, const float *w, const float *b,
    double eps, size_t n, size_t d);

/* Floats from a row of n scores to the next: whole vectors. */
size_t rk_fused_ld(size_t n);
/*
 * Row by row, softmax(scale * x) for x[n, n], less the division: x := exp(scale *
 * (x - the largest)), and part[n] = 1 / its sum. Rows are rk_fused_ld(n) apart;
 * what lies between is overwritten.
 */
void rk_fused_softmax(float *x, float *part, float scale, size_t n);
/* Each row of x[n, d], LD floats apart, times part[n]. */
void rk_fused_scale(float *x, size_t ld, const float *part, size_t n, size_t d);

#endif
