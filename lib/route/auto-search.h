/*
 * auto-search.h - the candidates of the router auto, compared by
 * cross-validation on the training part.
 *
 * By the pair: y is the pair's gain on a prompt, x the candidate's score for
 * the pair. Where too few prompts have a comparison of the pair, as in battles
 * of many models, by all comparisons: y is the gain of a over b and x the score
 * of a against b, both in [-1,1].
 */
#ifndef RK_ROUTE_AUTO_SEARCH_H
#define RK_ROUTE_AUTO_SEARCH_H

#include "base/watch.h"
#include "route/auto-candidates.h"
#include "route/evidence.h"
#include "route/learner.h"

/*
 * With fewer prompts of the pair's own than this, all comparisons decide where
 * at least as many other prompts have one.
 */
enum { RK_AUTO_ENOUGH = 100 };

struct rk_auto_trial {
	const char *router, *params, *blocks; /* as the candidate has them */
	struct rk_params *set;
	struct rk_features features;
	struct rk_learner_how how;
	double *score;            /* [n], the pair's, out of fold */
	struct rk_evidence *seen; /* NULL: it could not be tried */
	double error;             /* INFINITY: the same */
};

struct rk_auto_search {
	const struct rk_prefs *p;
	struct rk_prefs sampled; /* p, with what is not compared on put out */
	uint8_t *part, *fold;
	double *gain;     /* [n], the pair's; NaN: no comparison of it */
	size_t with_pair; /* prompts of the training part that have one */
	size_t prompts;   /* that candidates are compared on */
	int by_all;       /* by all comparisons */
	int folds;
	size_t count, usable; /* candidates; those that could be tried */
	struct rk_auto_candidate *candidate; /* [count] */
	struct rk_auto_trial *trial;         /* [count]; the first is length */
	size_t *order;                       /* [count], by rising error */
	/* What knows the gain's mean alone, or the models' ratings. */
	struct rk_evidence *constant;
	double constant_error;
};

/*
 * Compares the candidates on at most SAMPLE prompts, those with the pair first.
 * -1 where there is too little to compare by, or no candidate can be trained.
 * Release with rk_auto_search_free either way.
 */
int rk_auto_search(struct rk_auto_search *s, const struct rk_prefs *p,
    size_t sample, int folds, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err);
void rk_auto_search_free(struct rk_auto_search *s);

#endif
