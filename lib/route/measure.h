/*
 * measure.h - what a model is worth on the prompts that were kept out of its
 * training.
 */
#ifndef RK_ROUTE_MEASURE_H
#define RK_ROUTE_MEASURE_H

#include "base/buf.h"
#include "io/pool.h"
#include "pref/prefs.h"
#include "route/model.h"

/*
 * Appends a JSON object: how many prompts and comparisons were kept for
 * validation, the mean log loss of the scores (nats a comparison; a tie counts
 * half for each side) beside that of the best constant, and for a model with a
 * default pair the APGR in exact mode, whose gain is 1, 0 or -1 for a battle
 * and the difference of the scaled qualities for an outcome. Comparisons of
 * other pairs than the default one count only where there is none.
 */
void rk_measure(struct rk_model *m, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_buf *out);

#endif
