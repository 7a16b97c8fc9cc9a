/*
 * costs.h - what each model's answer to a query is likely to cost: a line in
 * the length of the prompt, fitted to the costs that the training records
 * name, within what was seen of that model.
 */
#ifndef RK_ROUTE_COSTS_H
#define RK_ROUTE_COSTS_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "io/safetensors.h"
#include "pref/prefs.h"

/*
 * Puts the tensor cost.line [k, 4]: for each model a, b, lo and hi, US dollars:
 * a + b * code points, kept within lo to hi; NaN for a model without costs.
 * Nothing where P has no costs or no texts, or where the router has put costs
 * of its own, as ROUTER.cost.
 */
void rk_costs_put(
    const struct rk_prefs *p, const char *router, struct rk_st_writer *w);

struct rk_costs {
	const double *line; /* [k, 4], NULL: the file knows no costs */
	size_t k;
};

int rk_costs_open(
    struct rk_costs *c, const struct rk_st *st, size_t k, struct rk_err *err);
/* out[k], US dollars; NaN where nothing is known of a model. */
void rk_costs_predict(
    const struct rk_costs *c, const struct rk_str *text, double *out);
/* The same tensor with a line more, for the one model of P (rl-train --add). */
void rk_costs_grow(const struct rk_costs *c, const struct rk_prefs *p,
    const char *router, struct rk_st_writer *w);

#endif
