/*
 * learner.h - a router and the features that it is given: what is trained,
 * stored under a prefix and opened together. A model file holds one; a
 * router made of others (auto) holds several.
 */
#ifndef RK_ROUTE_LEARNER_H
#define RK_ROUTE_LEARNER_H

#include <stddef.h>
#include <stdint.h>

#include "route/features.h"
#include "route/router.h"

/* What to train. */
struct rk_learner_how {
	const struct rk_router *router;
	const struct rk_params *set;
	const struct rk_features *features; /* as parsed; fitted in training */
	uint64_t seed;
};

/*
 * Trains on P and puts the tensors of the router and of the features into W,
 * under the prefix that W has.
 */
int rk_learner_train(const struct rk_learner_how *how, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err);

/* One that is open. */
struct rk_learner {
	const struct rk_router *router;
	struct rk_params *set;
	struct rk_features features;
	void *state;
	size_t d;       /* numbers of the bare embedding; 0: it needs none */
	unsigned needs; /* RK_NEEDS_*: the router's and the features' */
};

/*
 * Opens the learner under PREFIX of ST; PARAMS is a JSON object or NULL. On
 * failure M holds nothing.
 */
int rk_learner_open(struct rk_learner *m, const struct rk_st *st,
    const char *prefix, size_t k, const char *router, const char *params,
    uint64_t seed, struct rk_err *err);
void rk_learner_close(struct rk_learner *m);

/* As the router's score; q->emb are bare embeddings. */
void rk_learner_score(struct rk_learner *m, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores);

/* score[n]: P(strong wins) + P(tie)/2 for the pair of rows, in [0,1]. */
void rk_learner_score_pair(struct rk_learner *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, float *score);

/*
 * Adds the one model of P, whose embeddings are bare, to a learner that is
 * open (router.h's grow). P NULL: can it?
 */
int rk_learner_grow(struct rk_learner *m, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err);

/*
 * Does it predict costs, does it say how unlike a query is, and what are its
 * stored prompts called? (router.h)
 */
int rk_learner_tells_costs(const struct rk_learner *m);
int rk_learner_tells_unlike(const struct rk_learner *m);
const struct rk_names *rk_learner_names(const struct rk_learner *m);

#endif
