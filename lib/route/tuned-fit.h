/*
 * tuned-fit.h - how a transformer is tuned (nn/tune.h): passes over the examples
 * in an order that the seed gives, a look every so often at those that are held,
 * and the weights that did best there kept. All of it depends on the data and
 * the seed alone, and can be taken up from a checkpoint.
 */
#ifndef RK_ROUTE_TUNED_FIT_H
#define RK_ROUTE_TUNED_FIT_H

#include "io/pool.h"
#include "nn/tune.h"
#include "route/router.h"
#include "route/tuned-data.h"

/*
 * Rows of a router's parameters that rk_tuned_fit_plan and the router's options
 * read: of the steps, and of those held.
 */
/* clang-format off */
#define RK_TUNED_PARAMS_STEPS(BATCH, EPOCHS_LEAST, EPOCHS_ABOUT)             \
	{ "batch", RK_PARAM_INT, BATCH, 1, 1e6, NULL,                        \
	    "prompts in a step; memory is that of a few, whatever the batch" }, \
	{ "epochs", RK_PARAM_INT, "3", EPOCHS_LEAST, 1e6, NULL,              \
	    EPOCHS_ABOUT },                                                  \
	{ "steps", RK_PARAM_INT, "0", 0, 1e9, NULL,                          \
	    "steps in all; 0: as many as the epochs have" },                 \
	{ "warmup", RK_PARAM_NUM, "0.1", 0, 1, NULL,                         \
	    "share of the steps in which the step size grows; then it falls" }, \
	{ "decay", RK_PARAM_NUM, "0.01", 0, 10, NULL,                        \
	    "weight decay of matrices and tables" },                         \
	{ "clip", RK_PARAM_NUM, "1", 0, 1e6, NULL,                           \
	    "the longest gradient; 0: any" }
#define RK_TUNED_PARAMS_HELD                                                 \
	{ "hold", RK_PARAM_NUM, "0.1", 0, .9, NULL,                          \
	    "share of the prompts that says when to stop, and calibrates" }, \
	{ "check", RK_PARAM_INT, "0", 0, 1e9, NULL,                          \
	    "steps between two looks at those held; 0: half an epoch" },     \
	{ "patience", RK_PARAM_INT, "4", 0, 1e6, NULL,                       \
	    "stop after so many looks without a better one; 0: never" },     \
	{ "stop", RK_PARAM_WORD, "loss", 0, 0, "loss|apgr",                  \
	    "what is better: less loss, or more APGR" }
/* clang-format on */

struct rk_tuned_fit {
	struct rk_tune *tune; /* as it begins; then what was kept */
	const struct rk_tuned_data *data;
	const struct rk_tuned_labels *labels;
	const float *states; /* [data->n + data->held, d], each example's, which
	                        the head alone reads; or NULL */
	enum rk_dtype head_as; /* the head's rows are rounded to it at last */
	int balanced;          /* as many of each label (tuned-order.h) */
	/* rk_tuned_fit_plan's */
	size_t batch;         /* examples in a step */
	long check, patience; /* steps from look to look, > 0; looks without a
	                         better one, 0: any number */
	int by_apgr;          /* what is better; else by the loss */
	int half;             /* weights are rounded to half floats at last */
	uint64_t seed;
	/* What came out. */
	long steps, kept; /* done; the one whose weights these are */
	double loss;      /* an example's in training, since the last look */
	double held_loss; /* of those held; NaN: there are none */
	float *z;         /* [data->held, labels], their logits; new */
	float shift[RK_TUNED_LABELS]; /* which is in z: what to add to logits */
};

/* Sets batch to seed, and how long F's tune runs, by the parameters SET. */
void rk_tuned_fit_plan(
    struct rk_tuned_fit *f, const struct rk_params *set, uint64_t seed);
/*
 * Runs F, whose members down to seed are set, for tune->o.steps. -1: stopped, a
 * checkpoint could not be read or written, or the loss is no number any more.
 */
int rk_tuned_fit_run(struct rk_tuned_fit *f, struct rk_pool *pool,
    struct rk_report *report, struct rk_err *err);

/* What was learnt from, and how it went, as members of the report. */
void
rk_tuned_fit_report(const struct rk_tuned_fit *f, struct rk_report *report);
/*
 * report->unseen of N prompts: those held, by what SCORE makes of their logits.
 */
void rk_tuned_fit_unseen(const struct rk_tuned_fit *f, size_t n,
    double (*score)(const void *ctx, const float *z), const void *ctx,
    struct rk_report *report);

#endif
