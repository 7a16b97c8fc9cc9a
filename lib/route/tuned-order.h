/*
 * tuned-order.h - the order in which a tuned transformer sees its examples, an
 * epoch after the other: of the seed, the epoch and the examples' labels alone,
 * so that a run which was stopped goes on with the same.
 */
#ifndef RK_ROUTE_TUNED_ORDER_H
#define RK_ROUTE_TUNED_ORDER_H

#include "route/tuned-data.h"

/* Start it with _start. */
struct rk_tuned_order {
	const struct rk_tuned_data *data;
	uint64_t seed;
	uint32_t *at; /* [data->n], of the epoch */
	size_t epoch; /* SIZE_MAX: none yet */
	/* Balanced: examples by their largest share; else classes is 0. */
	size_t classes;
	uint32_t *of; /* [data->n], class by class */
	size_t first[RK_TUNED_LABELS + 1];
	uint32_t *pass; /* [the largest class] */
};

/*
 * Each epoch is a shuffle of all. BALANCED: it has as many of each label that
 * there is, and the examples of a rare one come again and again, all of them
 * equally often.
 */
void rk_tuned_order_start(struct rk_tuned_order *o,
    const struct rk_tuned_data *data, int balanced, uint64_t seed);
void rk_tuned_order_free(struct rk_tuned_order *o);
/* The example that is the I-th of all epochs, one after the other. */
size_t rk_tuned_order_at(struct rk_tuned_order *o, size_t i);

/*
 * shift[LABELS]: what is to be added to the logits of a network that has seen
 * balanced examples, for the probabilities to be those of the data: the
 * logarithm of each label's share there over its share in what was seen (Bayes'
 * rule). 0 for a label that no example has.
 */
void rk_tuned_order_shift(
    const struct rk_tuned_order *o, float *shift, size_t labels);

#endif
