/*
 * crossval.h - what a learner would say of prompts that it has not seen: the
 * training part is cut into folds, by groups of near-duplicates, and each fold
 * is scored by a learner that was trained on the others.
 */
#ifndef RK_ROUTE_CROSSVAL_H
#define RK_ROUTE_CROSSVAL_H

#include <stddef.h>
#include <stdint.h>

#include "eval/calibrate.h"
#include "route/evidence.h"
#include "route/learner.h"

enum { RK_CROSSVAL_LEAST = 20 }; /* prompts that say anything */

/* Cosines from which on two prompts are one for the folds. */
#define RK_CROSSVAL_NEAR .95

/*
 * The pair's gain on each prompt, from its comparisons of the pair (of the
 * target source's, where there is one): the mean of 2 y - 1, in [-1,1]; NaN
 * where there is none. gain[p->n]; returns how many
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
 * a learner that was trained without the prompt's fold; the others, and all
 * where there is no pair, keep what they had. The validation part stays what it is. EACH [p->m], or NULL, gets
 * the score of each comparison of those prompts, as of a against b: not for
 * routers that score one pair alone (RK_LINK_PAIR). WATCH may be NULL.
 */
int
rk_crossval_score(const struct rk_learner_how *how, const struct rk_prefs *p,
    const uint8_t *fold, int folds, const struct rk_watch *watch,
    struct rk_pool *pool, double *score, double *each, struct rk_err *err);

/*
 * Fits C to scores of the training part from outside of FOLDS folds and to how
 * its prompts ended. UNSEEN are such scores [p->n] (NaN: none) where they are
 * at hand, else NULL: then they are made. *N is how many prompts it was fitted
 * to; below RK_CROSSVAL_LEAST it is 0, and C holds nothing.
 */
int rk_crossval_calibrate(struct rk_calibration *c,
    const struct rk_learner_how *how, const struct rk_prefs *p, int folds,
    const double *unseen, const struct rk_watch *watch, struct rk_pool *pool,
    size_t *n, struct rk_err *err);

/*
 * The prompts of the training part that have a gain, in their order, as units:
 * the score as x, the gain as y. New.
 */
struct rk_evidence *rk_crossval_evidence(
    const struct rk_prefs *p, const double *gain, const double *score);

/*
 * How well scores predict gains: the mean squared error of the gain, a straight
 * line of the score with a slope of at least 0 taken out, over the prompts of
 * the training part that have a gain. A constant's error is the gain's variance.
 */
double rk_crossval_error(
    const struct rk_prefs *p, const double *gain, const double *score);

/*
 * The error of the scores A less that of B, and its standard error, by the
 * differences on each prompt; NaN for fewer than two.
 */
double rk_crossval_gap(const struct rk_prefs *p, const double *gain,
    const double *a, const double *b, double *se);

#endif
