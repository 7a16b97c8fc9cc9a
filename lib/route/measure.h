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

/* How much higher one model's APGR is than another's, with its 95 % interval. */
struct rk_measure_diff {
	size_t n;   /* comparisons of the pair among the prompts kept out */
	double old; /* the other's APGR */
	double diff, lo, hi;
};

/*
 * NEW's APGR less OLD's on the prompts of P that were kept out, the interval by
 * 1,000 resamples of the comparisons, paired. OLD must know the pair's models
 * by name and take P's embeddings. -1 where that is not so, where there is no
 * default pair, or where the strong model is not better on what was kept out.
 */
int rk_measure_better(struct rk_measure_diff *out, struct rk_model *new,
    struct rk_model *old, const struct rk_prefs *p, uint64_t seed,
    struct rk_pool *pool, struct rk_err *err);

/*
 * The same against the length of the prompt: against the router length, which
 * is trained on P's training part here.
 */
int rk_measure_length(struct rk_measure_diff *out, struct rk_model *m,
    const struct rk_prefs *p, uint64_t seed, struct rk_pool *pool,
    struct rk_err *err);

#endif
