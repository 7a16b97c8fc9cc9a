/*
 * eval-pair.c - scores of a pair of models.
 *
 * Of each record only numbers are kept. The figures of all records come first,
 * then, with --by, those of each category; a group's routers are the -s fields
 * and the controls that no router should lose to. Here they are read and worked
 * out; eval-pair-out.c prints them, eval-pair-curve.c writes and draws curves.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "eval-pair.h"
#include "eval.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/money.h"
#include "pref/scored.h"

/* Keys of the figures, and others that --require may name. */
const struct eval_key pair_keys[] = {
	{ "weak_quality", 1, 0 },
	{ "strong_quality", 1, 0 },
	{ "apgr", 1, 1 },
	{ "cpt20", 1, 1 },
	{ "cpt50", 1, 1 },
	{ "cpt80", 1, 1 },
	{ "auc", 1, 1 },
	{ "gain", 1, 1 },
	{ "weak_cost", 1, 0 },
	{ "strong_cost", 1, 0 },
	{ "aiq", 1, 1 },
	{ "cost_at_equal_quality", 1, 1 },
	{ "quality_at_equal_cost", 1, 1 },
	{ "arena_score", 1, 1 },
	{ "brier", 1, 1 },
	{ "brier_constant", 1, 0 },
	{ "ece", 1, 1 },
	{ "brier_vs_constant", 1, 1 },
	{ "psi", 0, 0 },
	{ "n", 0, 0 },
	{ "distinct", 0, 0 },
	{ "resamples", 0, 0 },
	{ "no_gap", 0, 0 },
	{ "vs_length", 1, 0 },
	{ "vs_random", 1, 0 },
	{ NULL, 0, 0 },
};

const struct eval_key *
eval_pair_keys(void)
{
	return pair_keys;
}

/* --- reading ---------------------------------------------------------------- */

static struct rk_scored scored;
static double lo, hi; /* of quality */

static void
note_missing(void)
{
	size_t n = scored.all.n;

	if (scored.with_prompt > 0 && scored.with_prompt < n)
		cmd_note(&eval_cmd,
		    "no length control: only %zu of %zu records have a prompt",
		    scored.with_prompt, n);
	if (scored.with_cost > 0 && scored.with_cost < n)
		cmd_note(&eval_cmd,
		    "no costs: only %zu of %zu records have both",
		    scored.with_cost, n);
}

static void
find_range(void)
{
	const double *q[2] = { scored.all.col[RK_SCORED_WEAK],
		scored.all.col[RK_SCORED_STRONG] };

	lo = eval_opt.lo;
	hi = eval_opt.hi;
	if (eval_opt.has_range)
		return;
	lo = hi = q[0][0];
	for (size_t i = 0; i < scored.all.n; i++)
		for (int j = 0; j < 2; j++) {
			lo = fmin(lo, q[j][i]);
			hi = fmax(hi, q[j][i]);
		}
}

/* 0 where figures can be made of what was read. */
static int
read_all(void)
{
	struct rk_batch *b;

	while ((b = cmd_next(&eval_cmd)) != NULL) {
		for (size_t i = 0; i < b->n; i++)
			if (!rk_err_is(&b->rec[i].err))
				rk_scored_take(&scored, &b->rec[i]);
		cmd_take(&eval_cmd, b);
	}
	if (cmd_failed(&eval_cmd) && !eval_cmd.keep_going)
		return -1;
	if (scored.all.n == 0)
		cmd_die(&eval_cmd, "no records");
	rk_scored_settle(&scored);
	note_missing();
	find_range();
	return 0;
}

/* --- the figures of a group of records -------------------------------------- */

int
pair_has_costs(const struct pair_group *g)
{
	return g->d->col[RK_SCORED_WEAK_COST] != NULL;
}

/* Has the router that figure? */
int
pair_has_fig(const struct pair_group *g, const struct pair_router *r, int f)
{
	return f < RK_FIGS ||
	    (f < FIG_CALIBRATION ? pair_has_costs(g) : r->order != NULL);
}

static struct rk_curve *
curve_of(const struct rk_columns *d, const double *score)
{
	struct rk_outcomes o = { d->n, d->col[RK_SCORED_WEAK],
		d->col[RK_SCORED_STRONG] };
	struct rk_err err = { "" };
	struct rk_curve *c = rk_curve_new(&o, score,
	    eval_opt.routellm ? RK_CURVE_ROUTELLM : RK_CURVE_EXACT, &err);

	if (c == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
	return c;
}

/* Can the scores be held against probabilities? */
static int
are_probabilities(const double *score, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(score[i] >= 0 && score[i] <= 1))
			return 0;
	return hi > lo;
}

static void
add_router(
    struct pair_group *g, const char *name, int control, const double *score)
{
	struct pair_router *r = &g->r[g->m++];
	size_t n = g->d->n;

	r->name = name;
	r->control = control;
	r->has_scores = score != NULL;
	r->score = score;
	if (score != NULL) {
		r->curve = curve_of(g->d, score);
	} else {
		double *same = rk_calloc(n, sizeof *same);

		r->curve = curve_of(g->d, same);
		free(same);
	}
	if (!control && are_probabilities(score, n)) {
		r->order = rk_array(NULL, n, sizeof *r->order);
		rk_metrics_order(r->order, score, n);
	}
}

/* The -s fields, then the controls. */
static void
add_routers(struct pair_group *g)
{
	const struct rk_columns *d = g->d;

	for (size_t j = 0; j < eval_opt.fields.n; j++)
		add_router(
		    g, eval_opt.fields.p[j], 0, d->col[RK_SCORED_SCORE + j]);
	g->base = g->m;
	add_router(g, "random", 1, NULL);
	if (d->col[RK_SCORED_LENGTH] != NULL) {
		g->base = g->m;
		add_router(g, "length", 1, d->col[RK_SCORED_LENGTH]);
	}
	add_router(g, "oracle", 1, g->gain);
}

double
pair_mean_of(const double *v, const uint32_t *times, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (times ? times[i] : 1) * v[i];
	return sum / (double)n;
}

static void
money_of(const struct pair_group *g, const struct pair_router *r,
    const uint32_t *times, int thread, double *fig)
{
	const double *weak = g->d->col[RK_SCORED_WEAK_COST];
	const double *strong = g->d->col[RK_SCORED_STRONG_COST];
	struct rk_point *p = g->scratch + (size_t)thread * (g->d->n + 2);
	struct rk_point single[2];
	size_t m = rk_curve_points(r->curve, times, weak, strong, p);

	fig[FIG_WEAK_COST] = pair_mean_of(weak, times, g->d->n);
	fig[FIG_STRONG_COST] = pair_mean_of(strong, times, g->d->n);
	single[0] = (struct rk_point){ fig[FIG_WEAK_COST], fig[RK_FIG_WEAK] };
	single[1] = (struct rk_point){ fig[FIG_STRONG_COST],
		fig[RK_FIG_STRONG] };
	rk_money_figures(fig + FIG_MONEY, p, m, single, 2, lo, hi);
}

/* fig[m, FIGS] of all routers; struct rk_resampled says when. */
static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct pair_group *g = ctx;

	for (size_t j = 0; j < g->m; j++, fig += FIGS) {
		const struct pair_router *r = &g->r[j];

		rk_curve_figures(r->curve, times, fig);
		if (pair_has_costs(g))
			money_of(g, r, times, thread, fig);
		if (r->order == NULL)
			continue;
		rk_metrics_calibration(fig + FIG_CALIBRATION, r->order,
		    r->score, g->target, times, g->d->n);
		fig[FIG_BRIER_VS_CONSTANT] = fig[FIG_CALIBRATION + RK_BRIER] -
		    fig[FIG_CALIBRATION + RK_BRIER_CONSTANT];
	}
}

static void
set_intervals(struct pair_group *g, const double *fig, size_t reps)
{
	size_t stride = g->m * FIGS;

	for (size_t j = 0; j < g->m; j++) {
		struct pair_router *r = &g->r[j];
		const double *own = fig + j * FIGS;

		for (int f = 0; f < FIGS; f++) {
			if (!pair_has_fig(g, r, f))
				continue;
			r->in[f] = rk_bootstrap_interval(
			    own + f, NULL, stride, reps);
			if (j > 0 && j < eval_opt.fields.n && pair_keys[f].diff)
				r->diff[f] = rk_bootstrap_interval(
				    own + f, fig + f, stride, reps);
		}
		if (!r->control)
			r->than_chance = rk_bootstrap_interval(
			    own + RK_FIG_APGR,
			    fig + g->base * FIGS + RK_FIG_APGR, stride, reps);
		for (size_t i = 0; i < reps; i++)
			r->no_gap += isnan(own[i * stride + RK_FIG_APGR]);
	}
}

static void
resample(struct pair_group *g)
{
	const struct rk_resampled of = { g->d->n, g->m * FIGS, figures, g };
	size_t reps = (size_t)eval_opt.reps;
	double *fig = rk_calloc(reps, of.figs * sizeof *fig);

	rk_bootstrap(fig, &of, reps, (uint64_t)eval_opt.seed, eval_cmd.pool);
	set_intervals(g, fig, reps);
	free(fig);
}

static void
start_group(struct pair_group *g)
{
	const double *weak = g->d->col[RK_SCORED_WEAK];
	const double *strong = g->d->col[RK_SCORED_STRONG];
	size_t n = g->d->n, threads = (size_t)rk_pool_size(eval_cmd.pool);
	double *fig;

	g->gain = rk_array(NULL, n, sizeof *g->gain);
	g->target = rk_array(NULL, n, sizeof *g->target);
	for (size_t i = 0; i < n; i++) {
		g->gain[i] = strong[i] - weak[i];
		g->target[i] = 0.5 + 0.5 * g->gain[i] / (hi - lo);
	}
	if (pair_has_costs(g))
		g->scratch = rk_array(
		    NULL, n + 2, threads * sizeof *g->scratch);
	g->r = rk_calloc(eval_opt.fields.n + 3, sizeof *g->r);
	add_routers(g);
	fig = rk_calloc(g->m, FIGS * sizeof *fig);
	figures(g, NULL, 0, fig);
	for (size_t j = 0; j < g->m; j++)
		memcpy(g->r[j].fig, fig + j * FIGS, FIGS * sizeof *fig);
	for (size_t j = 0; eval_opt.drift && j < eval_opt.fields.n; j++)
		g->r[j].psi = eval_drift_score(j, g->r[j].score, n);
	free(fig);
}

static void
end_group(struct pair_group *g)
{
	for (size_t j = 0; j < g->m; j++) {
		rk_curve_free(g->r[j].curve);
		free(g->r[j].order);
	}
	free(g->r);
	free(g->gain);
	free(g->target);
	free(g->scratch);
}

/* The router that R is compared with besides the baseline, or NULL. */
const struct pair_router *
pair_rival(const struct pair_group *g, const struct pair_router *r)
{
	return r > g->r && !r->control ? g->r : NULL;
}

static void
list_items(struct eval_items *t, const struct pair_group *g,
    const struct pair_router *r)
{
	const struct pair_router *first = pair_rival(g, r),
				 *base = &g->r[g->base];
	char vs[EVAL_KEY_MAX];

	t->n = 0;
	eval_add(t, "n", "", (double)g->d->n);
	for (int f = 0; f < FIGS; f++) {
		if (!pair_has_fig(g, r, f))
			continue;
		eval_add(t, pair_keys[f].key, "", r->fig[f]);
		eval_add_interval(t, pair_keys[f].key, "", r->in[f]);
	}
	for (int f = 0; first != NULL && f < FIGS; f++) {
		if (!pair_keys[f].diff || !pair_has_fig(g, r, f) ||
		    !pair_has_fig(g, first, f))
			continue;
		eval_add(
		    t, pair_keys[f].key, "_diff", r->fig[f] - first->fig[f]);
		eval_add_interval(t, pair_keys[f].key, "_diff", r->diff[f]);
	}
	if (!r->control) {
		snprintf(vs, sizeof vs, "vs_%s", base->name);
		eval_add(
		    t, vs, "", r->fig[RK_FIG_APGR] - base->fig[RK_FIG_APGR]);
		eval_add_interval(t, vs, "", r->than_chance);
	}
	if (eval_opt.drift && !r->control)
		eval_add(t, "psi", "", r->psi);
	if (r->has_scores)
		eval_add(
		    t, "distinct", "", (double)rk_curve_distinct(r->curve));
	if (eval_opt.reps > 0) {
		eval_add(t, "resamples", "", (double)eval_opt.reps);
		eval_add(t, "no_gap", "", (double)r->no_gap);
	}
}

/* --- groups --------------------------------------------------------------------- */

/* All that is to be said of the records of D; K: NULL for all records. */
static void
evaluate(const struct rk_columns *d, const struct rk_category *k)
{
	struct pair_group g = { .d = d, .k = k, .lo = lo, .hi = hi };
	struct eval_items t;

	start_group(&g);
	if (eval_opt.reps > 0)
		resample(&g);
	for (size_t j = 0; j < g.m; j++) {
		const struct pair_router *r = &g.r[j];

		list_items(&t, &g, r);
		if (eval_opt.table)
			pair_put_rows(&g, r);
		else
			pair_put_json(&g, r, &scored, &t);
		if (k == NULL && !r->control)
			eval_requires_check(r->name, &t);
		if (eval_opt.curve)
			pair_put_curve(&g, r);
	}
	if (eval_opt.plot && k == NULL)
		pair_draw(&g, &scored);
	end_group(&g);
}

static void
evaluate_all(void)
{
	evaluate(&scored.all, NULL);
	for (size_t k = 0; k < scored.groups.categories; k++) {
		struct rk_columns d;

		rk_scored_of_category(&d, &scored, k);
		evaluate(&d, &scored.groups.category[k]);
		rk_columns_free(&d, eval_opt.fields.n);
	}
}

static void
free_all(void)
{
	rk_scored_free(&scored);
	eval_drift_free();
	pair_free_output();
}

void
eval_pair(void)
{
	const double limits[2] = { eval_opt.lo, eval_opt.hi };
	const struct rk_scored_want want = { eval_opt.fields.p,
		eval_opt.fields.n, eval_opt.strong, eval_opt.weak, eval_opt.by,
		eval_opt.has_range ? limits : NULL, eval_cmd.prompt };

	eval_drift_read();
	rk_scored_start(&scored, &want);
	if (read_all() == 0) {
		eval_open_curve();
		evaluate_all();
		pair_write(&scored);
	}
	free_all();
}
