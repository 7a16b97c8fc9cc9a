/*
 * search.h - candidates for the routers auto and many, compared by
 * cross-validation on the training part.
 *
 * By the pair: y is the pair's gain on a prompt, x the candidate's score for
 * the pair. Where too few prompts have a comparison of the pair, as in battles
 * of many models, by all comparisons: y is the gain of a over b and x the score
 * of a against b, both in [-1,1].
 */
#ifndef RK_ROUTE_SEARCH_H
#define RK_ROUTE_SEARCH_H

#include "base/watch.h"
#include "route/candidates.h"
#include "route/evidence.h"
#include "route/learner.h"

/*
 * With fewer prompts of the pair's own than this, all comparisons decide where
 * at least as many other prompts have one.
 */
enum { RK_SEARCH_ENOUGH = 100 };

struct rk_search_trial {
	const char *router, *params, *blocks; /* as the candidate has them */
	struct rk_params *set;
	struct rk_features features;
	struct rk_learner_how how;
	double *score;            /* [n], the pair's, out of fold */
	struct rk_evidence *seen; /* NULL: it could not be tried */
	double error;             /* INFINITY: the same */
};

struct rk_search {
	const struct rk_prefs *p;
	struct rk_prefs sampled; /* p, with what is not compared on put out */
	uint8_t *part, *fold;
	double *gain;     /* [n], the pair's; NaN: no comparison of it */
	size_t with_pair; /* prompts of the training part that have one */
	size_t prompts;   /* that candidates are compared on */
	int by_all;       /* by all comparisons */
	int many;         /* candidates predict each model's quality */
	int folds;
	size_t count, usable; /* candidates; those that could be tried */
	struct rk_candidate *candidate; /* [count] */
	struct rk_search_trial *trial;  /* [count]; the first is length */
	size_t *order;                  /* [count], by rising error */
	/* What knows the gain's mean alone, or the models' ratings. */
	struct rk_evidence *constant;
	double constant_error;
};

/*
 * Compares the candidates on at most SAMPLE prompts, those with the pair first.
 * -1 where there is too little to compare by, or no candidate can be trained.
 * Release with rk_search_free either way.
 */
int rk_search_pair(struct rk_search *s, const struct rk_prefs *p, size_t sample,
    int folds, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err);
/*
 * The same for routers of many models: by all comparisons, and but for length
 * among those candidates that predict each model's quality. P may have no pair.
 */
int rk_search_many(struct rk_search *s, const struct rk_prefs *p, size_t sample,
    int folds, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err);
/*
 * Tries trial I anew, with PARAMS beside those that it had, and puts it where it
 * now is in the order.
 */
void rk_search_again(struct rk_search *s, size_t i, const char *params,
    const struct rk_watch *watch, struct rk_pool *pool);
void rk_search_free(struct rk_search *s);

/* --- what was found, for reports: search-report.c ------------------------- */

/*
 * The members "error_of_constant" and "candidates", by rising error; chosen[n]
 * are the trials that are kept.
 */
void rk_search_put(const struct rk_search *s, const size_t *chosen, size_t n,
    struct rk_buf *json);
/* X, an error, in parts of the constant's; 0 where rk_search_flat. */
double rk_search_part(const struct rk_search *s, double x);
/* Is the constant right of every prompt, so that there is nothing to learn? */
int rk_search_flat(const struct rk_search *s);
/* The same as lines of text: errors are parts of the constant's. */
void rk_search_table(const struct rk_search *s, const size_t *chosen, size_t n,
    struct rk_buf *text);
/* The members "beats_NAME" and "against_NAME". */
void rk_search_put_diff(
    struct rk_buf *json, const char *name, const struct rk_evidence_diff *d);
/* BEFORE and X, or null where it is not finite. */
void rk_search_put_num(struct rk_buf *json, const char *before, double x);

#endif
