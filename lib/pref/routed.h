/*
 * routed.h - decisions among any number of models as arrays: records that hold
 * the quality of several models' answers, and the models that routers chose, or
 * the qualities that they predicted. Or the log of a policy: the model that was
 * served, with which probability, and what its answer was worth.
 */
#ifndef RK_PREF_ROUTED_H
#define RK_PREF_ROUTED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/record.h"
#include "pref/groups.h"

enum { RK_ROUTED_MODELS = 1024 }; /* at most */

/* What is wanted of a record. Everything is borrowed. */
struct rk_routed_want {
	const char *const *route; /* [routes] fields: the model chosen */
	size_t routes;
	const char *const *scores; /* [fields]: model -> predicted quality */
	size_t fields;
	const double *range; /* [2] quality must lie within; NULL: any */
	const char *by;      /* field of the category; or NULL */
	int logged;          /* a log: "served", "propensity" */
};

struct rk_routed {
	size_t n, k;
	char **model;           /* [k] names, sorted by their bytes */
	double *quality;        /* [n, k]; NaN: not there. So are those below */
	double *cost;           /* NULL: some answer has none */
	double **scores;        /* [fields][n, k] */
	double *predicted_cost; /* NULL: some score has none */
	uint32_t **route;       /* [routes][n] */
	uint32_t *served;       /* [n], of a log */
	double *propensity;     /* [n], of a log: in (0, 1] */
	size_t with_cost, with_predicted; /* records */
	struct rk_groups groups;          /* by `by` */
	struct rk_routed_state *state;
};

/* New; release with rk_routed_free. */
void rk_routed_start(struct rk_routed *s, const struct rk_routed_want *want);

/*
 * Takes the record's numbers, or sets rec->err and takes nothing. Each model
 * that is routed to, and of each field of scores one, must have a quality; in
 * a log, the model that was served, and scores must be there of it and of every
 * model that is routed to. Numbers must be within +-RK_CURVE_MAX, costs not
 * below 0.
 */
void rk_routed_take(struct rk_routed *s, struct rk_rec *rec);

/* Ends the taking, with at least one record, and makes the arrays. */
void rk_routed_settle(struct rk_routed *s);

/* A copy of the records of category K, with all models. New: rk_routed_free. */
void rk_routed_of_category(
    struct rk_routed *out, const struct rk_routed *s, size_t k);
void rk_routed_free(struct rk_routed *s);

#endif
