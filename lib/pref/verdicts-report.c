/* verdicts-report.c - what was taken in, and what came of it. */
#include "pref/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static const char *const drop_name[RK_DROPS] = { "same_model_twice",
	"fewer_than_two_models", "pair_not_in_quality" };

static void
report_models(const struct rk_verdicts *v, struct rk_buf *out)
{
	size_t *count = rk_calloc(v->k, sizeof *count), i;

	for (i = 0; i < v->prefs.m; i++) {
		count[v->cmp[i].a]++;
		count[v->cmp[i].b]++;
	}
	rk_buf_adds(out, ",\"models\":{");
	for (i = 0; i < v->k; i++) {
		rk_buf_adds(out, i ? "," : "");
		rk_buf_json(out, v->model[i], strlen(v->model[i]));
		rk_buf_addf(out, ":%zu", count[i]);
	}
	rk_buf_addc(out, '}');
	free(count);
}

static void
report_pair(const struct rk_verdicts *v, struct rk_buf *out)
{
	const struct rk_prefs *p = &v->prefs;
	size_t i, won = 0, tied = 0, lost = 0;
	double gain;

	if (p->strong >= v->k || p->weak >= v->k)
		return;
	for (i = 0; i < p->m; i++) {
		if (!rk_cmp_gain(p, &p->cmp[i], &gain))
			continue;
		won += gain > 0;
		tied += gain == 0;
		lost += gain < 0;
	}
	rk_buf_adds(out, ",\"strong\":");
	rk_buf_json(out, v->model[p->strong], strlen(v->model[p->strong]));
	rk_buf_adds(out, ",\"weak\":");
	rk_buf_json(out, v->model[p->weak], strlen(v->model[p->weak]));
	rk_buf_addf(out,
	    ",\"pair\":{\"strong_wins\":%zu,\"ties\":%zu,\"weak_wins\":%zu}",
	    won, tied, lost);
}

/*
 * The range that qualities were scaled to [0,1] from: the target's, where there
 * is one. 0 where there are no qualities, or the sources have several ranges.
 */
static int
find_range(const struct rk_verdicts *v, double *lo, double *hi)
{
	size_t target = v->prefs.target, i;
	const struct rk_origin *o, *one = NULL;

	for (i = 0; i < v->origins.n; i++) {
		o = &v->origins.at[i];
		if (o->q_lo > o->q_hi ||
		    (target != RK_NO_TARGET && i != target))
			continue;
		if (one != NULL &&
		    (o->q_lo != one->q_lo || o->q_hi != one->q_hi))
			return 0;
		one = o;
	}
	if (one == NULL || one->q_lo >= one->q_hi)
		return 0;
	*lo = one->q_lo;
	*hi = one->q_hi;
	return 1;
}

void
rk_verdicts_report(const struct rk_verdicts *v, struct rk_buf *out)
{
	int any = 0;
	double lo, hi;
	size_t i;

	rk_buf_addf(out, "\"battles\":%zu,\"outcomes\":%zu,\"dropped\":{",
	    v->battles, v->outcomes);
	for (i = 0; i < RK_DROPS; i++)
		if (v->drop[i] > 0)
			rk_buf_addf(out, "%s\"%s\":%zu", any++ ? "," : "",
			    drop_name[i], v->drop[i]);
	rk_buf_addc(out, '}');
	if (find_range(v, &lo, &hi)) {
		rk_buf_addc(out, ',');
		rk_origins_report_range(lo, hi, out);
	}
	rk_buf_addf(out, ",\"comparisons\":%zu", v->prefs.m);
	report_models(v, out);
	report_pair(v, out);
}
