/* router.c - the table of routers, and what they share. */
#include "route/router.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUTER(name) extern const struct rk_router rk_router_##name;
#include "route/routers.def"
#undef ROUTER

#define ROUTER(name) &rk_router_##name,
const struct rk_router *const rk_routers[] = {
#include "route/routers.def"
	NULL
};
#undef ROUTER

const struct rk_router *
rk_router_find(const char *name, struct rk_err *err)
{
	struct rk_buf known = { 0 };
	char quoted[64];
	size_t i;

	for (i = 0; rk_routers[i] != NULL; i++) {
		if (strcmp(rk_routers[i]->name, name) == 0) {
			rk_buf_free(&known);
			return rk_routers[i];
		}
		rk_buf_addf(
		    &known, "%s%s", i > 0 ? ", " : "", rk_routers[i]->name);
	}
	rk_err_set(err, "unknown router '%s': known are %s",
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)), known.p);
	rk_buf_free(&known);
	return NULL;
}

enum rk_link
rk_router_link(const struct rk_router *r, const struct rk_params *set)
{
	return r->link_of != NULL ? r->link_of(set) : r->link;
}

double
rk_router_pair(enum rk_link link, float strong, float weak)
{
	double x = (double)strong - weak;

	if (link == RK_LINK_PAIR)
		return strong;
	if (link == RK_LINK_LOGISTIC)
		return 1 / (1 + exp(-x));
	x = (1 + x) / 2;
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

const struct rk_tensor *
rk_router_tensor(const struct rk_st *st, const char *prefix, const char *name,
    enum rk_dtype dtype, int ndim, const size_t *shape, struct rk_err *err)
{
	struct rk_buf full = { 0 };
	const struct rk_tensor *t;

	rk_buf_addf(&full, "%s%s", prefix, name);
	t = rk_st_need(st, full.p, dtype, ndim, shape, err);
	rk_buf_free(&full);
	return t;
}

int
rk_router_within(const struct rk_tensor *t, float lo, struct rk_err *err)
{
	const float *x = t->data;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!(x[i] >= lo && x[i] <= 1e3f))
			return rk_err_set(err,
			    "%s: found %g at %zu, expected %g to 1000", t->name,
			    (double)x[i], i, (double)lo);
	return 0;
}

void
rk_report_num(struct rk_report *report, const char *key, double value)
{
	rk_buf_addf(&report->json, "%s\"%s\":%.6g",
	    report->json.n > 0 ? "," : "", key, value);
}

void
rk_report_free(struct rk_report *report)
{
	rk_buf_free(&report->json);
	rk_buf_free(&report->table);
	rk_buf_free(&report->note);
	free(report->unseen);
}
