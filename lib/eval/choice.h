/*
 * choice.h - what choosing among k models is worth: every query goes to one of
 * the models that answered it. Not every model need have answered every query;
 * one that has not could not be chosen, and its means are over those that it
 * answered.
 */
#ifndef RK_EVAL_CHOICE_H
#define RK_EVAL_CHOICE_H

#include <stddef.h>
#include <stdint.h>

#include "eval/money.h"

struct rk_answers {
	size_t n, k;
	const double *quality; /* [n, k]; NaN: not answered */
	const double *cost;    /* [n, k] dollars, as quality; NULL: not known */
};

/*
 * In all of these TIMES [n] says how often each query counts, with the sum n;
 * NULL: once each. A mean over no query is NaN; so is a cost that is not known.
 */

/* single[k]: the means of each model. */
void rk_choice_singles(
    struct rk_point *single, const struct rk_answers *a, const uint32_t *times);

/* The means of the answers of choice[n]. */
struct rk_point rk_choice_value(
    const struct rk_answers *a, const uint32_t *choice, const uint32_t *times);

/*
 * The mean of the chosen answers' quality less model M's, over the queries that
 * M answered.
 */
double rk_choice_gain(const struct rk_answers *a, const uint32_t *choice,
    size_t m, const uint32_t *times);

/*
 * The expected quality of the same decisions dealt out to the queries at
 * random: the sum over models of their share times their mean quality.
 */
double rk_choice_shuffled(const struct rk_answers *a, const uint32_t *choice,
    const struct rk_point *single, const uint32_t *times);

/*
 * value[reps]: the qualities of REPS such deals, each a permutation of CHOICE
 * from its stream of SEED. A model that has not answered a query counts there
 * with its mean, in SINGLE.
 */
void rk_choice_deals(double *value, const struct rk_answers *a,
    const uint32_t *choice, const struct rk_point *single, size_t reps,
    uint64_t seed);

/* share[k], with the sum 1; returns their entropy in bits. */
double
rk_choice_shares(double *share, const uint32_t *choice, size_t n, size_t k);

/*
 * The policies that choose the model of the highest predicted quality less
 * lambda times predicted cost, for every lambda >= 0.
 */
struct rk_sweep;

/*
 * PREDICTED [n, k] is NaN where there is no prediction; every query has an
 * answer with one. COST [n, k] are predicted, none NaN where PREDICTED is not;
 * NULL: there is no lambda. Of equals the cheaper is chosen, of these the first.
 * New.
 */
struct rk_sweep *rk_sweep_new(
    const struct rk_answers *a, const double *predicted, const double *cost);
void rk_sweep_free(struct rk_sweep *s);

/* choice[n] of lambda 0; borrowed. */
const uint32_t *rk_sweep_first(const struct rk_sweep *s);

/* How many distinct policies there are: points of the curve. */
size_t rk_sweep_size(const struct rk_sweep *s);

/*
 * p[size]: their mean cost and quality, by rising lambda, which goes to
 * lambda[size] (the least that has the point) unless LAMBDA is NULL. Queries
 * whose choice changes at one lambda, to 1e-12 of it, move together.
 */
void rk_sweep_points(const struct rk_sweep *s, const struct rk_answers *a,
    const uint32_t *times, struct rk_point *p, double *lambda);

#endif
