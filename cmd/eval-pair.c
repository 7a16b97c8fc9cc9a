/*
 * eval-pair.c - scores of a pair of models.
 *
 * Of each record only numbers are kept. The figures of all records come first,
 * then, with --by, those of each category; a group's routers are the -s fields
 * and the controls that no router should lose to.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "eval.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/money.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "io/table.h"
#include "pref/scored.h"

/* A router's figures: of the curve, of money, of calibration. */
enum {
	FIG_WEAK_COST = RK_FIGS,
	FIG_STRONG_COST,
	FIG_MONEY,
	FIG_CALIBRATION = FIG_MONEY + RK_MONEY_FIGS,
	FIG_BRIER_VS_CONSTANT = FIG_CALIBRATION + RK_CALIBRATION_FIGS,
	FIGS
};

/* Keys of the figures, and others that --require may name. */
static const struct eval_key keys[] = {
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
	return keys;
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

/* --- the reference of --drift -------------------------------------------------- */

static double **reference; /* [fields][references], sorted */
static size_t references, reference_cap;

static void
take_reference(struct rk_rec *rec)
{
	size_t m = eval_opt.fields.n;

	if (references == reference_cap) {
		reference_cap = reference_cap ? reference_cap * 2 : 1024;
		for (size_t j = 0; j < m; j++)
			reference[j] = rk_array(
			    reference[j], reference_cap, sizeof **reference);
	}
	for (size_t j = 0; j < m && !rk_err_is(&rec->err); j++)
		if (rk_rec_number(rec, eval_opt.fields.p[j],
			&reference[j][references], &rec->err) == 0)
			rk_err_set(
			    &rec->err, "%s: missing", eval_opt.fields.p[j]);
	if (rk_err_is(&rec->err))
		cmd_die(&eval_cmd, "%s:%zu: %s", rec->file, rec->line,
		    rec->err.msg);
	references++;
}

static void
read_reference(void)
{
	const struct rk_input in = { &eval_opt.drift, 1,
		(size_t)eval_cmd.max_line, 0 };
	struct rk_err err = { "" };
	struct rk_reader *r = rk_reader_new(&in, &err);
	struct rk_batch *b = NULL;

	reference = rk_calloc(eval_opt.fields.n, sizeof *reference);
	while (r != NULL && rk_reader_next(r, &b, &err) == 0 && b != NULL) {
		rk_batch_parse(b, eval_cmd.pool);
		for (size_t i = 0; i < b->n; i++)
			take_reference(&b->rec[i]);
	}
	if (rk_err_is(&err))
		cmd_die(&eval_cmd, "%s", err.msg);
	rk_reader_free(r);
	if (references == 0)
		cmd_die(&eval_cmd, "%s: no records", eval_opt.drift);
	for (size_t j = 0; j < eval_opt.fields.n; j++)
		rk_metrics_sort(reference[j], references);
}

/* --- the figures of a group of records -------------------------------------- */

struct router {
	const char *name;
	int control;
	int has_scores; /* random has none: it is an expectation */
	const double *score;
	struct rk_curve *curve;
	uint32_t *order; /* by rising score, where there is calibration */
	double fig[FIGS], psi;
	struct rk_interval in[FIGS];
	struct rk_interval diff[FIGS];  /* less the first */
	struct rk_interval than_chance; /* APGR less the baseline's */
	size_t no_gap;
};

/* A group of records with its routers. */
struct group {
	const struct rk_columns *d;
	const struct rk_category *k; /* NULL: all records */
	struct router *r;
	size_t m, base; /* base: which router is the verdict's baseline */
	double *gain;   /* [n] */
	double *target; /* [n] what scores should be */
	struct rk_point *scratch; /* [threads, n + 2] */
};

static int
has_costs(const struct group *g)
{
	return g->d->col[RK_SCORED_WEAK_COST] != NULL;
}

/* Has the router that figure? */
static int
has_fig(const struct group *g, const struct router *r, int f)
{
	return f < RK_FIGS ||
	    (f < FIG_CALIBRATION ? has_costs(g) : r->order != NULL);
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
add_router(struct group *g, const char *name, int control, const double *score)
{
	struct router *r = &g->r[g->m++];
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
add_routers(struct group *g)
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

static double
mean_of(const double *v, const uint32_t *times, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (times ? times[i] : 1) * v[i];
	return sum / (double)n;
}

static void
money_of(const struct group *g, const struct router *r, const uint32_t *times,
    int thread, double *fig)
{
	const double *weak = g->d->col[RK_SCORED_WEAK_COST];
	const double *strong = g->d->col[RK_SCORED_STRONG_COST];
	struct rk_point *p = g->scratch + (size_t)thread * (g->d->n + 2);
	struct rk_point single[2];
	size_t m = rk_curve_points(r->curve, times, weak, strong, p);

	fig[FIG_WEAK_COST] = mean_of(weak, times, g->d->n);
	fig[FIG_STRONG_COST] = mean_of(strong, times, g->d->n);
	single[0] = (struct rk_point){ fig[FIG_WEAK_COST], fig[RK_FIG_WEAK] };
	single[1] = (struct rk_point){ fig[FIG_STRONG_COST],
		fig[RK_FIG_STRONG] };
	rk_money_figures(fig + FIG_MONEY, p, m, single, 2, lo, hi);
}

/* fig[m, FIGS] of all routers; struct rk_resampled says when. */
static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct group *g = ctx;

	for (size_t j = 0; j < g->m; j++, fig += FIGS) {
		const struct router *r = &g->r[j];

		rk_curve_figures(r->curve, times, fig);
		if (has_costs(g))
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
set_intervals(struct group *g, const double *fig, size_t reps)
{
	size_t stride = g->m * FIGS;

	for (size_t j = 0; j < g->m; j++) {
		struct router *r = &g->r[j];
		const double *own = fig + j * FIGS;

		for (int f = 0; f < FIGS; f++) {
			if (!has_fig(g, r, f))
				continue;
			r->in[f] = rk_bootstrap_interval(
			    own + f, NULL, stride, reps);
			if (j > 0 && j < eval_opt.fields.n && keys[f].diff)
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
resample(struct group *g)
{
	const struct rk_resampled of = { g->d->n, g->m * FIGS, figures, g };
	size_t reps = (size_t)eval_opt.reps;
	double *fig = rk_calloc(reps, of.figs * sizeof *fig);

	rk_bootstrap(fig, &of, reps, (uint64_t)eval_opt.seed, eval_cmd.pool);
	set_intervals(g, fig, reps);
	free(fig);
}

static void
start_group(struct group *g)
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
	if (has_costs(g))
		g->scratch = rk_array(
		    NULL, n + 2, threads * sizeof *g->scratch);
	g->r = rk_calloc(eval_opt.fields.n + 3, sizeof *g->r);
	add_routers(g);
	fig = rk_calloc(g->m, FIGS * sizeof *fig);
	figures(g, NULL, 0, fig);
	for (size_t j = 0; j < g->m; j++)
		memcpy(g->r[j].fig, fig + j * FIGS, FIGS * sizeof *fig);
	for (size_t j = 0; reference && j < eval_opt.fields.n; j++)
		g->r[j].psi = rk_metrics_psi(
		    reference[j], references, g->r[j].score, n);
	free(fig);
}

static void
end_group(struct group *g)
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
static const struct router *
rival(const struct group *g, const struct router *r)
{
	return r > g->r && !r->control ? g->r : NULL;
}

static void
list_items(struct eval_items *t, const struct group *g, const struct router *r)
{
	const struct router *first = rival(g, r), *base = &g->r[g->base];
	char vs[EVAL_KEY_MAX];

	t->n = 0;
	eval_add(t, "n", "", (double)g->d->n);
	for (int f = 0; f < FIGS; f++) {
		if (!has_fig(g, r, f))
			continue;
		eval_add(t, keys[f].key, "", r->fig[f]);
		eval_add_interval(t, keys[f].key, "", r->in[f]);
	}
	for (int f = 0; first != NULL && f < FIGS; f++) {
		if (!keys[f].diff || !has_fig(g, r, f) || !has_fig(g, first, f))
			continue;
		eval_add(t, keys[f].key, "_diff", r->fig[f] - first->fig[f]);
		eval_add_interval(t, keys[f].key, "_diff", r->diff[f]);
	}
	if (!r->control) {
		snprintf(vs, sizeof vs, "vs_%s", base->name);
		eval_add(
		    t, vs, "", r->fig[RK_FIG_APGR] - base->fig[RK_FIG_APGR]);
		eval_add_interval(t, vs, "", r->than_chance);
	}
	if (reference && !r->control)
		eval_add(t, "psi", "", r->psi);
	if (r->has_scores)
		eval_add(
		    t, "distinct", "", (double)rk_curve_distinct(r->curve));
	if (eval_opt.reps > 0) {
		eval_add(t, "resamples", "", (double)eval_opt.reps);
		eval_add(t, "no_gap", "", (double)r->no_gap);
	}
}

/* --- output ------------------------------------------------------------------- */

/* Where the output is collected. */
static struct rk_buf out, verdicts;
static struct rk_file *curve_file;
static struct rk_table sheet, money, calibration;
static struct eval_seen seen, unseen;

/* {"router":...,"category":...,"control":... */
static void
put_head(struct rk_buf *b, const struct router *r, const struct rk_category *k)
{
	rk_buf_adds(b, "{\"router\":");
	rk_buf_json(b, r->name, strlen(r->name));
	if (eval_opt.by && k == NULL)
		rk_buf_adds(b, ",\"category\":null");
	else if (eval_opt.by && k->is_text)
		eval_put_text(b, "category", k->text);
	else if (eval_opt.by)
		eval_put_number(b, "category", k->num);
	rk_buf_addf(b, ",\"control\":%s", r->control ? "true" : "false");
}

static void
put_reason(struct rk_buf *b, const struct router *r)
{
	if (isnan(r->fig[RK_FIG_APGR]))
		eval_put_text(b, "reason",
		    "strong is not better than weak: no APGR, no CPT");
	else if (eval_opt.reps > 0 && isnan(r->in[RK_FIG_APGR].lo))
		eval_put_text(b, "reason",
		    "over 1 % of the resamples have no gap: no interval of "
		    "APGR and CPT");
}

static void
put_json(
    const struct group *g, const struct router *r, const struct eval_items *t)
{
	const struct router *first = rival(g, r);

	put_head(&out, r, g->k);
	eval_put_text(&out, "weak", scored.weak);
	eval_put_text(&out, "strong", scored.strong);
	eval_put_items(&out, t);
	if (!r->control && eval_opt.reps > 0)
		eval_put_verdict(
		    &out, "verdict", r->than_chance, g->r[g->base].name);
	if (first != NULL) {
		eval_put_text(&out, "vs", first->name);
		if (eval_opt.reps > 0)
			eval_put_verdict(&out, "vs_verdict",
			    r->diff[RK_FIG_APGR], first->name);
	}
	eval_put_text(&out, "mode", eval_opt.routellm ? "routellm" : "exact");
	put_reason(&out, r);
	rk_buf_adds(&out, "}\n");
}

/* The columns that say whose figures a row has. */
static void
start_sheet(struct rk_table *t, const char *const *head)
{
	if (eval_opt.by) {
		rk_table_add(t, "%s", eval_opt.by);
		rk_table_add(t, "n");
	}
	rk_table_add(t, "router");
	for (; *head != NULL; head++)
		rk_table_add(t, "%s", *head);
	t->left = eval_opt.by ? 3 : 1;
	t->cols = t->n;
}

static void
start_row(struct rk_table *t, const struct group *g, const struct router *r)
{
	if (eval_opt.by) {
		rk_table_add(t, "%s", g->k ? g->k->text : "(all)");
		rk_table_add(t, "%zu", g->d->n);
	}
	rk_table_add(t, "%s", r->name);
}

static void
put_row(const struct group *g, const struct router *r)
{
	static const char *const head[] = { "APGR", "CPT20 %", "CPT50 %",
		"CPT80 %", "AUC", "gain", NULL };
	static const char *const by_head[] = { "weak", "strong", "APGR",
		"CPT20 %", "CPT50 %", "CPT80 %", "AUC", "gain", NULL };
	const struct router *first = rival(g, r);

	if (sheet.n == 0) {
		start_sheet(&sheet, eval_opt.by ? by_head : head);
		if (eval_opt.fields.n > 1)
			rk_table_add(&sheet, "APGR - %s", eval_opt.fields.p[0]);
		sheet.cols = sheet.n;
	}
	start_row(&sheet, g, r);
	if (eval_opt.by) {
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_WEAK]);
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_STRONG]);
	}
	eval_cell(&sheet, 3, r->fig[RK_FIG_APGR], r->in[RK_FIG_APGR], 1, &seen);
	for (int f = RK_FIG_CPT20; f <= RK_FIG_CPT80; f++)
		eval_cell(&sheet, 1, r->fig[f], r->in[f], 100, &seen);
	rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_AUC]);
	rk_table_add(&sheet, "%+.4f", r->fig[RK_FIG_GAIN]);
	if (eval_opt.fields.n > 1 && first == NULL)
		rk_table_add(&sheet, "%s", "");
	else if (eval_opt.fields.n > 1)
		eval_cell(&sheet, 3,
		    r->fig[RK_FIG_APGR] - first->fig[RK_FIG_APGR],
		    r->diff[RK_FIG_APGR], 1, &seen);
}

static void
put_money_row(const struct group *g, const struct router *r)
{
	static const char *const head[] = { "AIQ", "$/1000 at equal quality",
		"quality at equal $", "arena", NULL };
	const double *x = r->fig + FIG_MONEY;
	const struct rk_interval *in = r->in + FIG_MONEY;

	if (money.n == 0)
		start_sheet(&money, head);
	start_row(&money, g, r);
	eval_cell(&money, 3, x[RK_MONEY_AIQ], in[RK_MONEY_AIQ], 1, &unseen);
	eval_cell(
	    &money, 3, x[RK_MONEY_COST], in[RK_MONEY_COST], 1000, &unseen);
	eval_cell(
	    &money, 3, x[RK_MONEY_QUALITY], in[RK_MONEY_QUALITY], 1, &unseen);
	eval_cell(&money, 3, x[RK_MONEY_ARENA], in[RK_MONEY_ARENA], 1, &unseen);
}

static void
put_calibration_row(const struct group *g, const struct router *r)
{
	static const char *const head[] = { "Brier", "Brier - constant's",
		"ECE", NULL };
	static const int of[] = { FIG_CALIBRATION + RK_BRIER,
		FIG_BRIER_VS_CONSTANT, FIG_CALIBRATION + RK_ECE };

	if (calibration.n == 0) {
		start_sheet(&calibration, head);
		if (reference)
			rk_table_add(&calibration, "PSI");
		calibration.cols = calibration.n;
	}
	start_row(&calibration, g, r);
	for (int j = 0; j < 3; j++)
		eval_cell(&calibration, 4, r->order ? r->fig[of[j]] : NAN,
		    r->in[of[j]], 1, &unseen);
	if (reference)
		rk_table_add(&calibration, "%.4f", r->psi);
}

static void
put_rows(const struct group *g, const struct router *r)
{
	const struct router *first = rival(g, r), *base = &g->r[g->base];

	put_row(g, r);
	if (has_costs(g))
		put_money_row(g, r);
	if (r->control)
		return;
	if (r->order != NULL || reference)
		put_calibration_row(g, r);
	if (g->k != NULL || eval_opt.reps == 0)
		return;
	eval_say_verdict(&verdicts, r->name, base->name,
	    r->fig[RK_FIG_APGR] - base->fig[RK_FIG_APGR], r->than_chance);
	if (first != NULL)
		eval_say_verdict(&verdicts, r->name, first->name,
		    r->fig[RK_FIG_APGR] - first->fig[RK_FIG_APGR],
		    r->diff[RK_FIG_APGR]);
}

/* The points of one router. New arrays [m], which the caller frees. */
struct points {
	size_t m;
	struct rk_mark *mark;
	double *quality, *cost;
};

static struct points
points_of(const struct rk_columns *d, const struct router *r)
{
	struct points p = { 0, NULL, NULL, NULL };

	p.m = rk_curve_marks(r->curve, &p.mark);
	p.quality = rk_array(NULL, p.m, sizeof *p.quality);
	rk_curve_means(r->curve, p.mark, p.m, d->col[RK_SCORED_WEAK],
	    d->col[RK_SCORED_STRONG], p.quality);
	if (d->col[RK_SCORED_WEAK_COST] != NULL) {
		p.cost = rk_array(NULL, p.m, sizeof *p.cost);
		rk_curve_means(r->curve, p.mark, p.m,
		    d->col[RK_SCORED_WEAK_COST], d->col[RK_SCORED_STRONG_COST],
		    p.cost);
	}
	return p;
}

static void
free_points(struct points *p)
{
	free(p->mark);
	free(p->quality);
	free(p->cost);
}

static void
put_curve(const struct rk_columns *d, const struct router *r,
    const struct rk_category *k)
{
	struct points p = points_of(d, r);
	struct rk_buf b = { 0 };
	struct rk_err err = { "" };

	for (size_t j = 0; j < p.m; j++) {
		put_head(&b, r, k);
		eval_put_number(
		    &b, "share", (double)p.mark[j].sent / (double)d->n);
		eval_put_number(&b, "quality", p.quality[j]);
		if (p.cost != NULL)
			eval_put_number(&b, "cost", p.cost[j]);
		if (r->has_scores)
			eval_put_number(&b, "threshold", p.mark[j].threshold);
		rk_buf_adds(&b, "}\n");
	}
	if (rk_file_write(curve_file, b.p, b.n, &err) != 0) {
		rk_file_abandon(curve_file, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
	rk_buf_free(&b);
	free_points(&p);
}

/* --- the picture ---------------------------------------------------------------- */

enum { STEPS = 500 }; /* no more points of a curve are drawn */

static enum rk_plot_kind
plot_kind(void)
{
	if (strcmp(eval_opt.plot, "-") == 0)
		return RK_PLOT_TERMINAL;
	return strcmp(eval_opt.plot + strlen(eval_opt.plot) - 4, ".svg") == 0
	    ? RK_PLOT_SVG
	    : RK_PLOT_PNG;
}

static struct rk_plot_line
line_of(const struct rk_columns *d, const struct router *r)
{
	struct points p = points_of(d, r);
	double *x = rk_array(NULL, p.m, sizeof *x);
	double *y = rk_array(NULL, p.m, sizeof *y);
	size_t n = 0;

	for (size_t j = 0; j < p.m; j++) {
		double share = (double)p.mark[j].sent / (double)d->n;

		if (j > 0 && j + 1 < p.m &&
		    share * 100 < x[n - 1] + 100. / STEPS)
			continue;
		x[n] = share * 100;
		y[n++] = p.quality[j];
	}
	free_points(&p);
	return (struct rk_plot_line){ r->name, r->control, n, x, y };
}

static void
write_picture(const struct rk_buf *picture)
{
	struct rk_err err = { "" };
	struct rk_file *f = rk_file_create(eval_opt.plot, &err);

	if (f == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (rk_file_write(f, picture->p, picture->n, &err) != 0) {
		rk_file_abandon(f, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
	if (rk_file_commit(f, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
}

static void
draw(struct rk_buf *picture, const struct rk_columns *d, const struct router *r,
    size_t m)
{
	struct rk_plot_line *line = rk_array(NULL, m, sizeof *line);
	struct rk_buf script = { 0 }, label = { 0 };
	struct rk_plot plot = { NULL, "quality", m, line };
	struct rk_err err = { "" };

	for (size_t j = 0; j < m; j++)
		line[j] = line_of(d, &r[j]);
	rk_buf_addf(&label, "%% of the queries to %s", scored.strong);
	plot.x_label = label.p;
	/* No picture is no reason to keep the figures back. */
	if (rk_gnuplot_script(&script, &plot, plot_kind(), &err) != 0 ||
	    rk_gnuplot_run(&script, picture, &err) != 0) {
		cmd_warn(&eval_cmd, "--plot: %s", err.msg);
		cmd_fail(&eval_cmd);
	}
	for (size_t j = 0; j < m; j++) {
		free((double *)line[j].x);
		free((double *)line[j].y);
	}
	rk_buf_free(&script);
	rk_buf_free(&label);
	free(line);
}

/* --- groups --------------------------------------------------------------------- */

static struct rk_buf picture;

/* All that is to be said of the records of D; K: NULL for all records. */
static void
evaluate(const struct rk_columns *d, const struct rk_category *k)
{
	struct group g = { .d = d, .k = k };
	struct eval_items t;

	start_group(&g);
	if (eval_opt.reps > 0)
		resample(&g);
	for (size_t j = 0; j < g.m; j++) {
		const struct router *r = &g.r[j];

		list_items(&t, &g, r);
		if (eval_opt.table)
			put_rows(&g, r);
		else
			put_json(&g, r, &t);
		if (k == NULL && !r->control)
			eval_requires_check(r->name, &t);
		if (eval_opt.curve)
			put_curve(d, r, k);
	}
	if (eval_opt.plot && k == NULL)
		draw(&picture, d, g.r, g.m);
	end_group(&g);
}

static void
evaluate_all(void)
{
	evaluate(&scored.all, NULL);
	for (size_t k = 0; k < scored.categories; k++) {
		struct rk_columns d;

		rk_scored_of_category(&d, &scored, k);
		evaluate(&d, &scored.category[k]);
		rk_columns_free(&d, eval_opt.fields.n);
	}
}

/* "weak NAME 0.7142": a model's mean quality. */
static void
put_model(const char *role, const char *name, int col)
{
	char quoted[64];

	rk_buf_addf(&out, "%s %s %.4f", role,
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)),
	    mean_of(scored.all.col[col], NULL, scored.all.n));
}

/* The tables, with what their numbers mean. */
static void
write_table(void)
{
	rk_buf_addf(&out, "%zu queries; ", scored.all.n);
	put_model("weak", scored.weak, RK_SCORED_WEAK);
	put_model(", strong", scored.strong, RK_SCORED_STRONG);
	rk_buf_addc(&out, '\n');
	if (scored.all.col[RK_SCORED_WEAK_COST] != NULL)
		rk_buf_addf(&out,
		    "dollars for 1000 queries: weak %.3f, strong %.3f\n",
		    1000 *
			mean_of(scored.all.col[RK_SCORED_WEAK_COST], NULL,
			    scored.all.n),
		    1000 *
			mean_of(scored.all.col[RK_SCORED_STRONG_COST], NULL,
			    scored.all.n));
	if (eval_opt.reps > 0)
		rk_buf_addf(&out, "[95 %% intervals from %ld resamples]\n",
		    eval_opt.reps);
	if (seen.none)
		rk_buf_adds(&out, "-: strong is not better than weak\n");
	if (seen.unsure)
		rk_buf_adds(&out,
		    "[-]: nor in over 1 % of the resamples: no interval\n");
	eval_put_sheet(&out, &sheet);
	eval_put_sheet(&out, &money);
	eval_put_sheet(&out, &calibration);
	if (verdicts.n > 0) {
		rk_buf_addc(&out, '\n');
		rk_buf_add(&out, verdicts.p, verdicts.n);
	}
}

static void
write_results(void)
{
	struct rk_err err = { "" };

	if (eval_opt.table)
		write_table();
	if (picture.n > 0 && plot_kind() == RK_PLOT_TERMINAL)
		rk_buf_add(&out, picture.p, picture.n);
	cmd_print(&eval_cmd, out.p, out.n);
	if (curve_file != NULL && rk_file_commit(curve_file, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (picture.n > 0 && plot_kind() != RK_PLOT_TERMINAL)
		write_picture(&picture);
}

static void
open_curve(void)
{
	struct rk_err err = { "" };

	if (eval_opt.curve == NULL)
		return;
	curve_file = rk_file_create(eval_opt.curve, &err);
	if (curve_file == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
}

static void
free_all(void)
{
	rk_scored_free(&scored);
	for (size_t j = 0; reference && j < eval_opt.fields.n; j++)
		free(reference[j]);
	free(reference);
	rk_buf_free(&out);
	rk_buf_free(&verdicts);
	rk_buf_free(&picture);
}

void
eval_pair(void)
{
	const double limits[2] = { eval_opt.lo, eval_opt.hi };
	const struct rk_scored_want want = { eval_opt.fields.p,
		eval_opt.fields.n, eval_opt.strong, eval_opt.weak, eval_opt.by,
		eval_opt.has_range ? limits : NULL, eval_cmd.prompt };

	if (eval_opt.drift != NULL)
		read_reference();
	rk_scored_start(&scored, &want);
	if (read_all() == 0) {
		open_curve();
		evaluate_all();
		write_results();
	}
	free_all();
}
