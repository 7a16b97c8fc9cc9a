/*
 * causal-score.h - a model file of the router causal that is open, and its
 * scores. The template's text before the prompt is computed once.
 */
#ifndef RK_ROUTE_CAUSAL_SCORE_H
#define RK_ROUTE_CAUSAL_SCORE_H

#include "route/router.h"

/* As the members of struct rk_router. */
void *rk_causal_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err);
void rk_causal_score(void *model, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores);
void rk_causal_close(void *model);

#endif
