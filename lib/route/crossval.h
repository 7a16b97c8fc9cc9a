/*
 * crossval.h - what a learner would say of prompts that it has not seen: the
 * training part is cut into folds, by groups of near-duplicates, and each fold
 * is scored by a learner that was trained on the others.
 */
#ifndef RK_ROUTE_CROSSVAL_H
#define RK_ROUTE_CROSSVAL_H

#include <stddef.h>
#include <stdint.h>

#include "route/learner.h"

/*
 * The pair's gain on each prompt, from its comparisons of the pair: the mean of
 * 2 y - 1, in [-1,1]; NaN where there is none. gain[p->n]; returns how many
 * prompts of the training part have one.
 */
size_t rk_crossval_gain(const struct rk_prefs *p, double *gain);

/*
 * fold[p->n]: 0..FOLDS-1, by the seed and the prompts' digests; prompts whose
 * embeddings have a cosine of at least NEAR to each other are in one fold, by
 * chains. Memory is a block of products, never n x n. P may lack embeddings.
 */
void rk_crossval_folds(uint8_t *fold, const struct rk_prefs *p, int folds,
    double near, uint64_t seed, struct rk_pool *pool);

/*
 * score[p->n]: the default pair's score of each prompt of the training part by
 * a learner that was trained without the prompt's fold; the others keep what
 * they had.
 */
int rk_crossval_score(const struct rk_learner_how *how,
    const struct rk_prefs *p, const uint8_t *fold, int folds,
    struct rk_pool *pool, double *score, struct rk_err *err);

/*
 * How well scores predict gains: the mean squared error of the gain, a straight
 * line of the score with a slope of at least 0 taken out, over the prompts of
 * the training part that have a gain. A constant's error is the gain's variance.
 */
double rk_crossval_error(
    const struct rk_prefs *p, const double *gain, const double *score);

#endif
