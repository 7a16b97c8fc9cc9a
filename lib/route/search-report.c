/* search-report.c - what a search found, for programs and for those who look. */
#include <math.h>
#include <string.h>

#include "route/search.h"

static int
is_in(const size_t *which, size_t n, size_t x)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (which[i] == x)
			return 1;
	return 0;
}

void
rk_search_put_num(struct rk_buf *json, const char *before, double x)
{
	rk_buf_adds(json, before);
	if (isfinite(x))
		rk_buf_addf(json, "%.6g", x);
	else
		rk_buf_adds(json, "null");
}

void
rk_search_put_diff(
    struct rk_buf *json, const char *name, const struct rk_evidence_diff *d)
{
	rk_buf_addf(json, ",\"beats_%s\":%s,\"against_%s\":{", name,
	    d->lo > 0 ? "true" : "false", name);
	rk_search_put_num(json, "\"error_less\":", d->diff);
	rk_search_put_num(json, ",\"lo\":", d->lo);
	rk_search_put_num(json, ",\"hi\":", d->hi);
	rk_buf_addc(json, '}');
}

void
rk_search_put(const struct rk_search *s, const size_t *chosen, size_t n,
    struct rk_buf *json)
{
	size_t i;

	rk_search_put_num(json, ",\"error_of_constant\":", s->constant_error);
	rk_buf_adds(json, ",\"candidates\":[");
	for (i = 0; i < s->count; i++) {
		const struct rk_search_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(json,
		    "%s{\"router\":\"%s\",\"set\":\"%s\",\"features\":",
		    i ? "," : "", t->router, t->params);
		rk_buf_json(json, t->blocks, strlen(t->blocks));
		rk_search_put_num(json, ",\"error\":", t->error);
		rk_buf_addf(json, ",\"chosen\":%s}",
		    is_in(chosen, n, s->order[i]) ? "true" : "false");
	}
	rk_buf_addc(json, ']');
}

int
rk_search_flat(const struct rk_search *s)
{
	return !(s->constant_error > 1e-12);
}

double
rk_search_part(const struct rk_search *s, double x)
{
	return rk_search_flat(s) ? 0 : x / s->constant_error;
}

void
rk_search_table(const struct rk_search *s, const size_t *chosen, size_t n,
    struct rk_buf *text)
{
	size_t i;

	rk_buf_addf(text, "%-8s %-24s %-18s %-7s\n", "router", "parameters",
	    "features", s->by_all ? "error / ratings'" : "error / constant's");
	for (i = 0; i < s->count; i++) {
		const struct rk_search_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(
		    text, "%-8s %-24s %-18s ", t->router, t->params, t->blocks);
		if (isfinite(t->error))
			rk_buf_addf(text, "%.4f%s\n",
			    rk_search_part(s, t->error),
			    is_in(chosen, n, s->order[i]) ? " chosen" : "");
		else
			rk_buf_adds(text, "could not be trained\n");
	}
	rk_buf_addf(text,
	    "compared on %zu prompts by the squared error of the gain of %s, "
	    "in %d folds\n",
	    s->prompts, s->by_all ? "all comparisons" : "the pair", s->folds);
}
