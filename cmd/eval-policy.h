/* eval-policy.h - what the parts of rl-eval share that look at many models. */
#ifndef RK_CMD_EVAL_POLICY_H
#define RK_CMD_EVAL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "eval.h"
#include "eval/bootstrap.h"
#include "eval/choice.h"
#include "eval/money.h"
#include "pref/routed.h"

/* A policy's figures. */
enum {
	FIG_QUALITY,
	FIG_COST,
	FIG_ARENA,
	FIG_MIX,      /* quality of the mix of single models at the cost */
	FIG_SHUFFLED, /* expected quality of the decisions, shuffled */
	FIG_VS_BEST,
	FIG_VS_CHEAPEST,
	FIG_VS_MIX,
	FIG_VS_SHUFFLED,
	FIG_VS_ORACLE,
	FIG_CURVE, /* RK_MONEY_FIGS of a curve */
	FIG_AIQ_VS_MIX = FIG_CURVE + RK_MONEY_FIGS,
	FIGS
};

/* Keys of the figures, then of others that --require may name. */
extern const struct eval_key policy_keys[];

enum policy_kind { ROUTE, SCORES, SINGLE, MIX, ORACLE };

struct policy {
	const char *name;
	enum policy_kind kind;
	size_t model;           /* of a single model */
	const uint32_t *choice; /* [n]; a single model and a mix have none */
	struct rk_sweep *sweep; /* of predicted qualities and costs */
	double fig[FIGS], entropy, *share;
	double psi;       /* of a router, with --drift; NaN: none */
	size_t psi_model; /* whose scores have moved most */
	struct rk_interval in[FIGS], diff[FIGS];
};

/* A group of records with its policies: routers, then controls. */
struct policy_group {
	const struct rk_routed *d;
	const struct rk_category *k; /* NULL: all records */
	struct rk_answers answers;
	double lo, hi;    /* of quality, of all records */
	size_t answering; /* models with any quality */
	struct policy *policy;
	size_t policies, best, cheapest; /* which are which: models */
	const uint32_t *oracle;          /* [n] */
	struct policy_scratch *scratch;  /* [threads] */
};

int policy_is_control(const struct policy *p);
int policy_has_curve(const struct policy_group *g, const struct policy *p);
int policy_has_fig(const struct policy_group *g, const struct policy *p, int f);
/* The router that P is compared with, or NULL. */
const struct policy *
policy_rival(const struct policy_group *g, const struct policy *p);
/* The model that gets the most of the queries. */
size_t policy_favourite(const struct policy_group *g, const struct policy *p);

/* --- output: collected, then written ------------------------------------------- */

void policy_put_json(const struct policy_group *g, const struct policy *p,
    const struct eval_items *t);
void policy_put_rows(const struct policy_group *g, const struct policy *p);
void policy_put_curve(const struct policy_group *g, const struct policy *p);
void policy_draw(const struct policy_group *g);
/* The head of the tables, of all records. */
void policy_start_table(const struct policy_group *g);
void policy_write(void);
void policy_free_output(void);

#endif
