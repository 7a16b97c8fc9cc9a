/*
 * guard.h - whether a query is like the prompts that a router was trained on.
 * What a router learns holds there; elsewhere the length of the prompt is what
 * carries over from one kind of query to another: the longer, the more there is
 * to gain by the strong model. That is prior knowledge and not learned from
 * the training labels (on RouteLLM's three benchmarks length alone is better
 * than chance, and than all that is trained on another kind of prompts).
 *
 * Two measures, each in steps of the training prompts' own spread,
 *
 *   topic   the mean of the largest few cosines to training prompts, of which
 *           at most RK_GUARD_ROWS are kept,
 *   form    Mahalanobis' distance of the surface (text/surface.h) to the
 *           training prompts' mean, where no spread counts as less than what
 *           one would not notice,
 *
 * are 0 at the training prompts' median, and the larger of the two is 1 where
 * only a given share of these prompts lie beyond. For cosines a training
 * prompt is compared without its near-duplicates, itself among them. From
 * there to RK_GUARD_FULL the length's weight in the score goes from 0 to 1.
 */
#ifndef RK_ROUTE_GUARD_H
#define RK_ROUTE_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "math/mat.h"
#include "route/rank.h"
#include "route/router.h"

enum {
	RK_GUARD_LEAST = 100, /* training prompts */
	RK_GUARD_ROWS = 2000,
	RK_GUARD_NEAR = 5 /* cosines that are averaged */
};

#define RK_GUARD_FULL 1.25

/* Where a measure is 0, and where 1. */
struct rk_guard_scale {
	double middle, edge;
};

struct rk_guard {
	struct rk_mat_rows rows; /* unit vectors of training prompts */
	const double *surface;   /* [9, 8]: the mean; the inverse of the lower
	                            triangle L, L L' = the covariance */
	struct rk_guard_scale topic, form;
	struct rk_rank length; /* of x / (1 + x), x = log(1 + code points) */
};

/*
 * Fits G to the training part of P, which has texts and embeddings, and puts
 * its tensors; SHARE of it lies beyond 1. weight[p->n]: of length in the score
 * of each prompt of the training part. 0, or -1 and nothing done where there
 * are too few prompts. The arrays of G live as long as W.
 */
int rk_guard_train(struct rk_guard *g, const struct rk_prefs *p, double share,
    uint64_t seed, struct rk_pool *pool, struct rk_st_writer *w,
    double *weight);

/* Are there a guard's tensors under PREFIX? 1, 0, or -1 with a message. */
int rk_guard_open(struct rk_guard *g, const struct rk_st *st,
    const char *prefix, struct rk_err *err);

/*
 * weight[n], in [0,1], of length in each query's score. A query's has the same
 * bytes in any batch. It reads texts and embeddings.
 */
void rk_guard_weigh(const struct rk_guard *g, const struct rk_queries *q,
    struct rk_pool *pool, double *weight);

/* SCORE, a rank, with so much weight of the length's; rising in both. */
double rk_guard_mix(const struct rk_guard *g, double score,
    const struct rk_str *text, double weight);

#endif
