/*
 * verdicts.h - what records say of prompts: battles (model_a, model_b, winner)
 * and outcomes (quality: model -> number), as comparisons.
 */
#ifndef RK_PREF_VERDICTS_H
#define RK_PREF_VERDICTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/record.h"
#include "pref/origins.h"
#include "pref/prefs.h"

struct rk_verdicts_how {
	const char *strong, *weak; /* the pair; NULL: by the data */
	const char *const *alias;  /* "OLD=NEW", [aliases] */
	size_t aliases;
	const char *const *source_pair; /* "SOURCE=STRONG,WEAK", [source_pairs]:
	                                   the models that play the pair there;
	                                   both of the pair must be named */
	size_t source_pairs;
	int has_range;     /* are q_lo and q_hi given? */
	double q_lo, q_hi; /* qualities are scaled to [0,1] by them; else
	                              by what is seen of its source */
};

/* Records that are right, and of no use: how many, by reason. */
enum rk_drop {
	RK_DROP_SAME_MODEL,   /* a model against itself */
	RK_DROP_ONE_MODEL,    /* an outcome of fewer than two models */
	RK_DROP_PAIR_MISSING, /* an outcome without both of the named pair */
	RK_DROPS
};

struct rk_battle {
	uint32_t prompt;
	uint16_t a, b, source;
	float y; /* result for a */
};

/* One model's quality; an outcome is a run of these with the same number. */
struct rk_quality {
	uint32_t prompt, outcome;
	uint16_t model, source;
	double q;
};

/* What one answer cost, in US dollars. */
struct rk_cost {
	uint32_t prompt;
	uint16_t model;
	double usd;
};

struct rk_verdicts {
	const struct rk_verdicts_how *how; /* borrowed */
	char **model; /* [k], in the order of first sight */
	size_t k, model_cap;
	uint32_t *slot; /* open addressing by name: model + 1, 0 is free */
	size_t slots;   /* a power of two */
	struct rk_battle *battle;
	size_t battles, battle_cap;
	struct rk_quality *quality;
	size_t qualities, quality_cap, outcomes;
	struct rk_cost *cost;
	size_t costs, cost_cap;
	struct rk_origins origins;
	size_t now;       /* the source of the record that is taken in */
	char *alias_used; /* [aliases] */
	size_t drop[RK_DROPS];
	uint64_t sum; /* running digest */
	struct rk_cmp *cmp;
	struct rk_from *from; /* [m] */
	size_t *first;
	float *quality_table, *cost_table; /* [n, k] */
	struct rk_prefs prefs; /* after rk_verdicts_finish: k, model, m, cmp,
	                          from, first, strong, weak, pair_only, quality,
	                          cost. The caller sets target */
};

int rk_verdicts_init(struct rk_verdicts *v, const struct rk_verdicts_how *how,
    struct rk_err *err);
/*
 * Takes in what R says of PROMPT: 1; 0 where that is of no use, and counted;
 * -1 where R is wrong. Only a 1 has added anything, but for the name of a new
 * SOURCE. Where nothing tells sources apart, all are of one, "".
 */
int rk_verdicts_add(struct rk_verdicts *v, const struct rk_rec *r,
    uint32_t prompt, struct rk_str source, struct rk_err *err);
/*
 * All is in, N prompts. -1 when this cannot train anything: fewer than two
 * models, no comparison that is decided, a pair whose strong model never wins,
 * an unknown name.
 */
int rk_verdicts_finish(struct rk_verdicts *v, size_t n, struct rk_err *err);
/* "battles":..., "dropped":{...}, ...: members of a JSON object. */
void rk_verdicts_report(const struct rk_verdicts *v, struct rk_buf *out);
/* The first "OLD=NEW" whose OLD no record named, or NULL. */
const char *rk_verdicts_unused_alias(const struct rk_verdicts *v);
/* APART: are sources told apart, so that their names count? */
uint64_t rk_verdicts_digest(const struct rk_verdicts *v, int apart);
void rk_verdicts_free(struct rk_verdicts *v);

#endif
