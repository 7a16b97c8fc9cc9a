/*
 * eval-log.c - off-policy evaluation: what the decisions that records carry
 * would have been worth, from the log of another policy.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "eval.h"
#include "eval/bootstrap.h"
#include "eval/choice.h"
#include "eval/offpolicy.h"
#include "io/table.h"
#include "pref/routed.h"

enum {
	FIG_VS_LOGGED = RK_OFF_FIGS, /* the best estimate less the log's mean */
	FIGS
};

static const struct eval_key keys[] = {
	{ "logged_quality", 1, 0 },
	{ "ips", 1, 0 },
	{ "snips", 1, 0 },
	{ "dr", 1, 0 },
	{ "ess", 0, 0 },
	{ "mean_weight", 1, 0 },
	{ "vs_logged", 1, 0 },
	{ "n", 0, 0 },
	{ "matched", 0, 0 },
	{ "psi", 0, 0 },
	{ "resamples", 0, 0 },
	{ NULL, 0, 0 },
};

const struct eval_key *
eval_log_keys(void)
{
	return keys;
}

/* One policy to be judged, by a group of records. */
struct judged {
	const struct rk_routed *d;
	const struct rk_category *k; /* NULL: all records */
	const char *name;
	struct rk_log log;
	double *reward, *weight, *served, *chosen; /* [n] */
	size_t matched;
	double fig[FIGS], psi;
	struct rk_interval in[FIGS];
};

static int
has_fig(const struct judged *p, int f)
{
	return f != RK_OFF_DR || p->log.served_value != NULL;
}

static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct judged *p = ctx;

	(void)thread;
	rk_off_figures(fig, &p->log, times);
	fig[FIG_VS_LOGGED] =
	    fig[has_fig(p, RK_OFF_DR) ? RK_OFF_DR : RK_OFF_SNIPS] -
	    fig[RK_OFF_LOGGED];
}

static double
drift_of(const struct judged *p, size_t j)
{
	const struct rk_routed *d = p->d;
	double *share = rk_array(NULL, d->k, sizeof *share), psi;

	rk_choice_shares(share, d->route[j], d->n, d->k);
	psi = eval_drift_route(j, share, d->model, d->k);
	free(share);
	return psi;
}

static void
start_judged(struct judged *p, size_t j)
{
	const struct rk_routed *d = p->d;
	size_t n = d->n, k = d->k;
	const double *f = eval_opt.scores.n > 0 ? d->scores[0] : NULL;

	p->name = eval_opt.routes.p[j];
	p->reward = rk_array(NULL, n, sizeof *p->reward);
	p->weight = rk_array(NULL, n, sizeof *p->weight);
	p->served = f ? rk_array(NULL, n, sizeof *p->served) : NULL;
	p->chosen = f ? rk_array(NULL, n, sizeof *p->chosen) : NULL;
	for (size_t i = 0; i < n; i++) {
		uint32_t served = d->served[i], chosen = d->route[j][i];
		int same = served == chosen;

		p->reward[i] = d->quality[i * k + served];
		p->weight[i] = same ? 1 / d->propensity[i] : 0;
		p->matched += (size_t)same;
		if (f == NULL)
			continue;
		p->served[i] = f[i * k + served];
		p->chosen[i] = f[i * k + chosen];
	}
	p->log = (struct rk_log){ n, p->reward, p->weight, p->served,
		p->chosen };
	figures(p, NULL, 0, p->fig);
	if (eval_opt.drift)
		p->psi = drift_of(p, j);
}

static void
resample(struct judged *p)
{
	const struct rk_resampled of = { p->d->n, FIGS, figures, p };
	size_t reps = (size_t)eval_opt.reps;
	double *fig = rk_array(NULL, reps, FIGS * sizeof *fig);

	rk_bootstrap(fig, &of, reps, (uint64_t)eval_opt.seed, eval_cmd.pool);
	for (int f = 0; f < FIGS; f++)
		if (has_fig(p, f))
			p->in[f] = rk_bootstrap_interval(
			    fig + f, NULL, FIGS, reps);
	free(fig);
}

/* --- output ---------------------------------------------------------------------- */

static struct rk_buf out, verdicts;
static struct rk_table sheet;
static struct eval_seen seen;

static void
list_items(struct eval_items *t, const struct judged *p)
{
	t->n = 0;
	eval_add(t, "n", "", (double)p->d->n);
	eval_add(t, "matched", "", (double)p->matched);
	for (int f = 0; f < FIGS; f++) {
		if (!has_fig(p, f))
			continue;
		eval_add(t, keys[f].key, "", p->fig[f]);
		if (keys[f].interval)
			eval_add_interval(t, keys[f].key, "", p->in[f]);
	}
	if (eval_opt.drift)
		eval_add(t, "psi", "", p->psi);
	if (eval_opt.reps > 0)
		eval_add(t, "resamples", "", (double)eval_opt.reps);
}

static void
put_json(const struct judged *p, const struct eval_items *t)
{
	eval_put_head(&out, p->name, p->k, 0);
	eval_put_text(&out, "kind", "log");
	eval_put_items(&out, t);
	if (eval_opt.reps > 0)
		eval_put_verdict(
		    &out, "verdict", p->in[FIG_VS_LOGGED], "logged");
	rk_buf_adds(&out, "}\n");
}

static void
put_row(const struct judged *p)
{
	static const char *const head[] = { "IPS", "SNIPS", "DR", "logged",
		"matched", "ESS", NULL };
	static const int fig[] = { RK_OFF_IPS, RK_OFF_SNIPS, RK_OFF_DR,
		RK_OFF_LOGGED };

	if (sheet.n == 0) {
		eval_start_sheet(&sheet, head);
		if (eval_opt.drift)
			rk_table_add(&sheet, "PSI");
		sheet.cols = sheet.n;
	}
	eval_start_row(&sheet, p->name, p->k, p->d->n);
	for (int j = 0; j < 4; j++)
		eval_cell(&sheet, 3, p->fig[fig[j]], p->in[fig[j]], 1, &seen);
	rk_table_add(&sheet, "%zu", p->matched);
	rk_table_add(&sheet, "%.1f", p->fig[RK_OFF_ESS]);
	if (eval_opt.drift)
		rk_table_add(&sheet, "%.4f", p->psi);
	if (p->k == NULL && eval_opt.reps > 0)
		eval_say_verdict(&verdicts, p->name, "what was logged",
		    p->fig[FIG_VS_LOGGED], p->in[FIG_VS_LOGGED]);
}

static void
judge(const struct rk_routed *d, const struct rk_category *k, size_t j)
{
	struct judged p = { .d = d, .k = k };
	struct eval_items t;

	start_judged(&p, j);
	if (eval_opt.reps > 0)
		resample(&p);
	list_items(&t, &p);
	if (eval_opt.table)
		put_row(&p);
	else
		put_json(&p, &t);
	if (k == NULL)
		eval_requires_check(p.name, &t);
	free(p.reward);
	free(p.weight);
	free(p.served);
	free(p.chosen);
}

static void
write_table(size_t n)
{
	rk_buf_addf(&out, "%zu logged queries\n", n);
	if (eval_opt.reps > 0)
		rk_buf_addf(&out, "[95 %% intervals from %ld resamples]\n",
		    eval_opt.reps);
	eval_put_sheet(&out, &sheet);
	if (verdicts.n > 0) {
		rk_buf_addc(&out, '\n');
		rk_buf_add(&out, verdicts.p, verdicts.n);
	}
}

static void
judge_all(const struct rk_routed *all)
{
	for (size_t j = 0; j < eval_opt.routes.n; j++)
		judge(all, NULL, j);
	for (size_t k = 0; k < all->groups.categories; k++) {
		struct rk_routed d;

		rk_routed_of_category(&d, all, k);
		for (size_t j = 0; j < eval_opt.routes.n; j++)
			judge(&d, &all->groups.category[k], j);
		rk_routed_free(&d);
	}
}

void
eval_log(void)
{
	const double limits[2] = { eval_opt.lo, eval_opt.hi };
	const struct rk_routed_want want = { eval_opt.routes.p,
		eval_opt.routes.n, eval_opt.scores.p, eval_opt.scores.n,
		eval_opt.has_range ? limits : NULL, eval_opt.by, 1 };
	struct rk_routed routed;

	eval_drift_read();
	rk_routed_start(&routed, &want);
	if (eval_read_routed(&routed) == 0) {
		judge_all(&routed);
		if (eval_opt.table)
			write_table(routed.n);
		cmd_print(&eval_cmd, out.p, out.n);
	}
	rk_buf_free(&out);
	rk_buf_free(&verdicts);
	rk_routed_free(&routed);
	eval_drift_free();
}
