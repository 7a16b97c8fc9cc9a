/* eval-pair.h - what the parts of rl-eval share that look at a pair of models. */
#ifndef RK_CMD_EVAL_PAIR_H
#define RK_CMD_EVAL_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "eval.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/money.h"
#include "pref/scored.h"

/* A router's figures: of the curve, of money, of calibration. */
enum {
	FIG_WEAK_COST = RK_FIGS,
	FIG_STRONG_COST,
	FIG_MONEY,
	FIG_CALIBRATION = FIG_MONEY + RK_MONEY_FIGS,
	FIG_BRIER_VS_CONSTANT = FIG_CALIBRATION + RK_CALIBRATION_FIGS,
	FIGS
};

/* Keys of the figures, then of others that --require may name. */
extern const struct eval_key pair_keys[];

struct pair_router {
	const char *name;
	int control;
	int has_scores; /* random has none: it is an expectation */
	const double *score;
	struct rk_curve *curve;
	uint32_t *order; /* by rising score, where there is calibration */
	double fig[FIGS], psi;
	struct rk_interval in[FIGS];
	struct rk_interval diff[FIGS];  /* less the first */
	struct rk_interval than_chance; /* APGR less the baseline's */
	size_t no_gap;
};

/* A group of records with its routers. */
struct pair_group {
	const struct rk_columns *d;
	const struct rk_category *k; /* NULL: all records */
	struct pair_router *r;
	size_t m, base; /* base: which router is the verdict's baseline */
	double lo, hi;  /* of quality */
	double *gain;   /* [n] */
	double *target; /* [n] what scores should be */
	struct rk_point *scratch; /* [threads, n + 2] */
};

/* Have the group's records costs? */
int pair_has_costs(const struct pair_group *g);
/* Has the router that figure? */
int
pair_has_fig(const struct pair_group *g, const struct pair_router *r, int f);
/* The router that R is compared with besides the baseline, or NULL. */
const struct pair_router *
pair_rival(const struct pair_group *g, const struct pair_router *r);
/* The mean of v[n], where TIMES, unless NULL, says how often each counts. */
double pair_mean_of(const double *v, const uint32_t *times, size_t n);

/* --- output: collected, then written ------------------------------------------- */

void pair_put_json(const struct pair_group *g, const struct pair_router *r,
    const struct rk_scored *s, const struct eval_items *t);
void pair_put_rows(const struct pair_group *g, const struct pair_router *r);
void pair_put_curve(const struct pair_group *g, const struct pair_router *r);
void pair_draw(const struct pair_group *g, const struct rk_scored *s);
void pair_write(const struct rk_scored *s); /* all of it */
void pair_free_output(void);

#endif
