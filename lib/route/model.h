/*
 * model.h - a model file, open and ready to score: what it says of itself, and
 * its router with the features that it is given. The file is mapped,
 * read-only, and shared by all that have it open.
 */
#ifndef RK_ROUTE_MODEL_H
#define RK_ROUTE_MODEL_H

#include "eval/calibrate.h"
#include "route/card.h"
#include "route/costs.h"
#include "route/learner.h"

struct rk_model {
	struct rk_st *st;
	struct rk_card card;
	struct rk_learner learner;
	size_t d;       /* numbers in an embedding; 0: it needs none */
	unsigned needs; /* RK_NEEDS_* */
	struct rk_costs costs;
	struct rk_calibration calibration; /* n = 0: none; borrowed */
};

/*
 * Opens PATH. ROWS: names for a file without, or NULL (card.h). New; NULL on
 * failure.
 */
struct rk_model *
rk_model_open(const char *path, const char *rows, struct rk_err *err);
/* The same for a file that is open already. Takes ST, whatever it returns. */
struct rk_model *
rk_model_from(struct rk_st *st, const char *rows, struct rk_err *err);
void rk_model_close(struct rk_model *m);

/*
 * score[n]: P(strong wins) + P(tie)/2 for each query, in [0,1], for the pair
 * of rows STRONG and WEAK; for the file's default pair by way of its
 * calibration, where it has one. Without, the scores are floats.
 */
void rk_model_score_pair(struct rk_model *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, double *score);
/*
 * Can it score this pair? -1 with a message where its router scores the default
 * pair alone (RK_OWN_PAIR) and this is another one.
 */
int rk_model_check_pair(
    const struct rk_model *m, size_t strong, size_t weak, struct rk_err *err);
/* Does rk_model_score_pair calibrate this pair? */
int rk_model_calibrates(const struct rk_model *m, size_t strong, size_t weak);

/*
 * out[n, k]: each model's predicted quality in [0,1], where the router's link
 * is linear; else the mean probability that it beats another model of the file.
 * Not for a router that scores one pair (RK_LINK_PAIR).
 */
void rk_model_score_all(struct rk_model *m, const struct rk_queries *q,
    struct rk_pool *pool, float *out);

#endif
