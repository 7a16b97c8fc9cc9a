/*
 * sw-direct.h - sw with form=direct: a model's quality is the mean of its
 * targets (pref/target.h), weighted by the likeness of their prompts,
 *
 *   sum_j w_j t_jm / sum_j w_j   over the prompts j where m is known.
 *
 * Of two models that are known on the same prompts the difference is
 * sum w g / sum w with their gains g, which is what the ratings of two tiers
 * come to: Bradley-Terry of two gives P = sum w y / sum w, y = (1 + g) / 2.
 */
#ifndef RK_ROUTE_SW_DIRECT_H
#define RK_ROUTE_SW_DIRECT_H

#include "route/names.h"
#include "route/router.h"

struct rk_sw_direct;

/* As those of struct rk_router. */
int rk_sw_direct_train(const struct rk_prefs *p, const struct rk_params *set,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err);
struct rk_sw_direct *
rk_sw_direct_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, size_t *d, struct rk_err *err);
void rk_sw_direct_free(struct rk_sw_direct *m);
void
rk_sw_direct_score(const struct rk_sw_direct *m, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores);
int rk_sw_direct_tells_costs(const struct rk_sw_direct *m);
const struct rk_names *rk_sw_direct_names(const struct rk_sw_direct *m);
int rk_sw_direct_grow(const struct rk_sw_direct *m, const struct rk_prefs *p,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err);

#endif
