/*
 * labels.h - what stored prompts tell of models: qualities (pref/target.h) and
 * costs, prompt by prompt, for routers that ask a query's neighbours. Tensors
 * are ROUTER.target [n, k], ROUTER.mean [k] and, where the records had costs,
 * ROUTER.cost [n, k].
 */
#ifndef RK_ROUTE_LABELS_H
#define RK_ROUTE_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "pref/target.h"
#include "route/names.h"
#include "route/router.h"

struct rk_labels {
	size_t n, k;
	const float *target; /* [n, k], NaN: not known */
	const float *mean;   /* [k], for models that no neighbour knows */
	const float *cost;   /* [n, k], US dollars, NaN: not known; or NULL */
	double *cost_mean;   /* [k], NaN: the file knows none of the model's */
};

/* row[]: the prompts of which something is known; returns how many. */
size_t rk_labels_rows(uint32_t *row, const struct rk_target *t);
/* Puts those of the prompts row[n]. */
void rk_labels_put(const char *router, const struct rk_target *t,
    const struct rk_prefs *p, const uint32_t *row, size_t n,
    struct rk_st_writer *w);
/* Of N prompts and K models; release with rk_labels_free. */
int
rk_labels_open(struct rk_labels *l, const struct rk_st *st, const char *prefix,
    const char *router, size_t n, size_t k, struct rk_err *err);
void rk_labels_free(struct rk_labels *l);

/* What is known of MODEL on a prompt; NaN too for what is no target, or cost. */
double rk_labels_target(const struct rk_labels *l, size_t row, size_t model);
double rk_labels_cost(const struct rk_labels *l, size_t row, size_t model);

/*
 * Puts the same tensors with a column more, for the one model of P: what it is
 * known to be worth on those stored prompts that P has, by their digests. -1
 * where P has none of them. own[n], where it is not NULL, becomes the new
 * column. With P NULL nothing is done but to say whether the file has digests.
 */
int rk_labels_grow(const char *router, const struct rk_labels *l,
    const struct rk_names *names, const struct rk_prefs *p, float *own,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err);

#endif
