/*
 * eval-policy.c - decisions among any number of models: those that records
 * carry, and those that predicted qualities lead to. Beside them the controls
 * that no router should lose to: the best single model, the cheapest, a mix of
 * single models, and the oracle.
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
#include "eval/choice.h"
#include "eval/money.h"
#include "io/file.h"
#include "io/table.h"
#include "pref/routed.h"

/* Share of the queries beyond which a router has collapsed. */
#define COLLAPSED 0.95

enum {
	FIG_QUALITY,
	FIG_COST,
	FIG_ARENA,
	FIG_MIX,      /* quality of the mix of single models at the cost */
	FIG_SHUFFLED, /* expected quality of the decisions, shuffled */
	FIG_VS_BEST,
	FIG_VS_CHEAPEST,
	FIG_VS_MIX,
	FIG_VS_SHUFFLED,
	FIG_VS_ORACLE,
	FIG_CURVE, /* RK_MONEY_FIGS of a curve */
	FIG_AIQ_VS_MIX = FIG_CURVE + RK_MONEY_FIGS,
	FIGS
};

static const struct eval_key keys[] = {
	{ "quality", 1, 1 },
	{ "cost", 1, 1 },
	{ "arena_score", 1, 1 },
	{ "mix_quality", 1, 0 },
	{ "shuffled_quality", 1, 0 },
	{ "vs_best_single", 1, 0 },
	{ "vs_cheapest", 1, 0 },
	{ "vs_mix", 1, 0 },
	{ "vs_shuffled", 1, 0 },
	{ "vs_oracle", 1, 0 },
	{ "aiq", 1, 1 },
	{ "cost_at_equal_quality", 1, 1 },
	{ "quality_at_equal_cost", 1, 1 },
	{ "best_arena_score", 1, 1 },
	{ "aiq_vs_mix", 1, 0 },
	{ "n", 0, 0 },
	{ "models", 0, 0 },
	{ "share_max", 0, 0 },
	{ "entropy", 0, 0 },
	{ "resamples", 0, 0 },
	{ NULL, 0, 0 },
};

const struct eval_key *
eval_policy_keys(void)
{
	return keys;
}

/* --- policies ------------------------------------------------------------------ */

enum kind { ROUTE, SCORES, SINGLE, MIX, ORACLE };

struct policy {
	const char *name;
	enum kind kind;
	size_t model;           /* of a single model */
	const uint32_t *choice; /* [n]; a single model and a mix have none */
	struct rk_sweep *sweep; /* of predicted qualities and costs */
	double fig[FIGS], entropy, *share;
	struct rk_interval in[FIGS], diff[FIGS];
};

static struct rk_routed routed;
static struct rk_answers answers;
static double lo, hi;    /* of quality */
static size_t answering; /* models with any quality */

static struct policy *policy;
static size_t policies, best, cheapest; /* which are which: models */
static const uint32_t *oracle;          /* [n] */

/* What a thread works with. */
struct scratch {
	struct rk_point *single, *mix; /* [k], [k + 1] */
	struct rk_point *curve;        /* [largest sweep + 1] */
};

static struct scratch *scratch;

static int
is_control(const struct policy *p)
{
	return p->kind > SCORES;
}

static int
has_curve(const struct policy *p)
{
	return answers.cost != NULL && (p->sweep != NULL || p->kind == MIX);
}

static int
has_fig(const struct policy *p, int f)
{
	if (f >= FIG_CURVE)
		return has_curve(p) && (f < FIG_AIQ_VS_MIX || p->kind != MIX);
	if (p->kind == MIX)
		return 0;
	if (f == FIG_QUALITY)
		return 1;
	if (f == FIG_COST || f == FIG_ARENA)
		return answers.cost != NULL;
	if (p->kind == SINGLE)
		return 0;
	if (f == FIG_MIX || f == FIG_VS_MIX || f == FIG_VS_CHEAPEST)
		return answers.cost != NULL;
	return f != FIG_VS_ORACLE || p->kind != ORACLE;
}

/* The models that answered any of these queries, to OUT; how many. */
static size_t
those_there(struct rk_point *out, const struct rk_point *single)
{
	size_t m = 0;

	for (size_t j = 0; j < answers.k; j++)
		if (!isnan(single[j].quality))
			out[m++] = single[j];
	return m;
}

static void
choice_figures(double *fig, const struct policy *p, const struct scratch *s,
    const uint32_t *times, size_t mixes)
{
	struct rk_point at = p->choice
	    ? rk_choice_value(&answers, p->choice, times)
	    : s->single[p->model];

	fig[FIG_QUALITY] = at.quality;
	fig[FIG_COST] = at.cost;
	fig[FIG_ARENA] = answers.cost && hi > lo
	    ? rk_money_arena((at.quality - lo) / (hi - lo), at.cost)
	    : NAN;
	if (p->choice == NULL)
		return;
	fig[FIG_SHUFFLED] = rk_choice_shuffled(
	    &answers, p->choice, s->single, times);
	fig[FIG_VS_SHUFFLED] = at.quality - fig[FIG_SHUFFLED];
	fig[FIG_VS_BEST] = rk_choice_gain(&answers, p->choice, best, times);
	fig[FIG_VS_ORACLE] = at.quality -
	    rk_choice_value(&answers, oracle, times).quality;
	if (answers.cost == NULL)
		return;
	fig[FIG_VS_CHEAPEST] = rk_choice_gain(
	    &answers, p->choice, cheapest, times);
	fig[FIG_MIX] = rk_money_quality(s->mix, mixes, at.cost);
	fig[FIG_VS_MIX] = at.quality - fig[FIG_MIX];
}

/* fig[policies, FIGS]; struct rk_resampled says when. */
static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct scratch *s = &scratch[thread];
	double zero[RK_MONEY_FIGS];
	size_t there, mixes = 0;

	(void)ctx;
	rk_choice_singles(s->single, &answers, times);
	if (answers.cost != NULL) {
		there = those_there(s->mix, s->single);
		memcpy(s->curve, s->mix, there * sizeof *s->mix);
		rk_money_figures(zero, s->curve, there, s->mix, there, lo, hi);
	}
	for (size_t j = 0; j < policies; j++, fig += FIGS) {
		const struct policy *p = &policy[j];

		there = those_there(s->mix, s->single);
		if (p->sweep != NULL && answers.cost != NULL) {
			rk_sweep_points(
			    p->sweep, &answers, times, s->curve, NULL);
			rk_money_figures(fig + FIG_CURVE, s->curve,
			    rk_sweep_size(p->sweep), s->mix, there, lo, hi);
			fig[FIG_AIQ_VS_MIX] = fig[FIG_CURVE + RK_MONEY_AIQ] -
			    zero[RK_MONEY_AIQ];
		}
		if (p->kind == MIX) {
			memcpy(fig + FIG_CURVE, zero, sizeof zero);
			continue;
		}
		if (answers.cost != NULL)
			mixes = rk_money_hull(s->mix, there);
		choice_figures(fig, p, s, times, mixes);
	}
}

static void
set_intervals(const double *fig, size_t reps)
{
	size_t stride = policies * FIGS;

	for (size_t j = 0; j < policies; j++) {
		struct policy *p = &policy[j];
		const double *own = fig + j * FIGS;

		for (int f = 0; f < FIGS; f++) {
			if (!has_fig(p, f))
				continue;
			p->in[f] = rk_bootstrap_interval(
			    own + f, NULL, stride, reps);
			if (j > 0 && !is_control(p) && keys[f].diff)
				p->diff[f] = rk_bootstrap_interval(
				    own + f, fig + f, stride, reps);
		}
	}
}

/* The interval of the shuffled decisions' quality is that of shuffling. */
static void
deal(const struct rk_point *single, size_t reps)
{
	double *value = rk_array(NULL, reps, sizeof *value);

	for (size_t j = 0; j < policies; j++) {
		struct policy *p = &policy[j];

		if (p->choice == NULL)
			continue;
		rk_choice_deals(value, &answers, p->choice, single, reps,
		    (uint64_t)eval_opt.seed);
		p->in[FIG_SHUFFLED] = rk_bootstrap_interval(
		    value, NULL, 1, reps);
	}
	free(value);
}

static void
resample(void)
{
	const struct rk_resampled of = { answers.n, policies * FIGS, figures,
		NULL };
	size_t reps = (size_t)eval_opt.reps;
	double *fig = rk_calloc(reps, of.figs * sizeof *fig);

	rk_bootstrap(fig, &of, reps, (uint64_t)eval_opt.seed, eval_cmd.pool);
	set_intervals(fig, reps);
	rk_choice_singles(scratch[0].single, &answers, NULL);
	deal(scratch[0].single, reps);
	free(fig);
}

/* --- setting up ------------------------------------------------------------------- */

static struct policy *
add_policy(const char *name, enum kind kind)
{
	struct policy *p = &policy[policies++];

	p->name = name;
	p->kind = kind;
	return p;
}

/* Without predicted costs a model is expected to cost what it does on average. */
static double *
mean_costs(const struct rk_point *single)
{
	double *cost = rk_array(NULL, answers.n, answers.k * sizeof *cost);

	for (size_t j = 0; j < answers.n * answers.k; j++)
		cost[j] = single[j % answers.k].cost;
	return cost;
}

static void
add_scores(const struct rk_point *single)
{
	double *mean = NULL;
	const double *cost = routed.predicted_cost;

	if (cost == NULL && answers.cost != NULL)
		cost = mean = mean_costs(single);
	for (size_t f = 0; f < eval_opt.scores.n; f++) {
		struct policy *p = add_policy(eval_opt.scores.p[f], SCORES);

		p->sweep = rk_sweep_new(&answers, routed.scores[f], cost);
		p->choice = rk_sweep_first(p->sweep);
	}
	free(mean);
}

static void
find_singles(const struct rk_point *single)
{
	best = cheapest = answers.k;
	for (size_t m = 0; m < answers.k; m++) {
		const struct rk_point *s = &single[m];

		if (isnan(s->quality))
			continue;
		answering++;
		if (best == answers.k || s->quality > single[best].quality ||
		    (s->quality == single[best].quality &&
			s->cost < single[best].cost))
			best = m;
		if (cheapest == answers.k || s->cost < single[cheapest].cost ||
		    (s->cost == single[cheapest].cost &&
			s->quality > single[cheapest].quality))
			cheapest = m;
	}
}

static void
add_policies(const struct rk_point *single)
{
	struct policy *p;

	policy = rk_calloc(
	    eval_opt.routes.n + eval_opt.scores.n + 4, sizeof *policy);
	for (size_t j = 0; j < eval_opt.routes.n; j++)
		add_policy(eval_opt.routes.p[j], ROUTE)->choice =
		    routed.route[j];
	add_scores(single);
	add_policy("best_single", SINGLE)->model = best;
	if (answers.cost != NULL) {
		add_policy("cheapest", SINGLE)->model = cheapest;
		add_policy("mix", MIX);
	}
	p = add_policy("oracle", ORACLE);
	p->sweep = rk_sweep_new(&answers, answers.quality, answers.cost);
	p->choice = oracle = rk_sweep_first(p->sweep);
}

static void
make_scratch(void)
{
	size_t threads = (size_t)rk_pool_size(eval_cmd.pool), most = answers.k;

	for (size_t j = 0; j < policies; j++)
		if (policy[j].sweep && rk_sweep_size(policy[j].sweep) > most)
			most = rk_sweep_size(policy[j].sweep);
	scratch = rk_calloc(threads, sizeof *scratch);
	for (size_t t = 0; t < threads; t++) {
		struct scratch *s = &scratch[t];

		s->single = rk_array(NULL, answers.k, sizeof *s->single);
		s->mix = rk_array(NULL, answers.k + 1, sizeof *s->mix);
		s->curve = rk_array(NULL, most + 1, sizeof *s->curve);
	}
}

static void
evaluate(void)
{
	struct rk_point *single;
	double *fig;

	answers = (struct rk_answers){ routed.n, routed.k, routed.quality,
		routed.cost };
	single = rk_array(NULL, answers.k, sizeof *single);
	rk_choice_singles(single, &answers, NULL);
	find_singles(single);
	add_policies(single);
	free(single);
	make_scratch();
	fig = rk_calloc(policies, FIGS * sizeof *fig);
	figures(NULL, NULL, 0, fig);
	for (size_t j = 0; j < policies; j++) {
		struct policy *p = &policy[j];

		memcpy(p->fig, fig + j * FIGS, FIGS * sizeof *fig);
		if (p->choice == NULL)
			continue;
		p->share = rk_array(NULL, answers.k, sizeof *p->share);
		p->entropy = rk_choice_shares(
		    p->share, p->choice, answers.n, answers.k);
	}
	free(fig);
	if (eval_opt.reps > 0)
		resample();
}

/* --- output ------------------------------------------------------------------------- */

static struct rk_buf out, verdicts;
static struct rk_table sheet, money;
static struct eval_seen seen;

static size_t
favourite(const struct policy *p)
{
	size_t at = 0;

	for (size_t m = 1; m < answers.k; m++)
		if (p->share[m] > p->share[at])
			at = m;
	return at;
}

static void
list_items(struct eval_items *t, const struct policy *p)
{
	t->n = 0;
	eval_add(t, "n", "", (double)answers.n);
	eval_add(t, "models", "", (double)answering);
	for (int f = 0; f < FIGS; f++) {
		if (!has_fig(p, f))
			continue;
		eval_add(t, keys[f].key, "", p->fig[f]);
		eval_add_interval(t, keys[f].key, "", p->in[f]);
	}
	for (int f = 0; p > policy && !is_control(p) && f < FIGS; f++) {
		if (!keys[f].diff || !has_fig(p, f) || !has_fig(policy, f))
			continue;
		eval_add(t, keys[f].key, "_diff", p->fig[f] - policy->fig[f]);
		eval_add_interval(t, keys[f].key, "_diff", p->diff[f]);
	}
	if (p->choice != NULL) {
		eval_add(t, "share_max", "", p->share[favourite(p)]);
		eval_add(t, "entropy", "", p->entropy);
	}
	if (eval_opt.reps > 0)
		eval_add(t, "resamples", "", (double)eval_opt.reps);
}

/* ,"shares":{model: share of the queries}, of those that got any. */
static void
put_shares(const struct policy *p)
{
	const char *before = ",\"shares\":{";
	char num[32];

	for (size_t m = 0; m < answers.k; m++) {
		if (p->share[m] == 0)
			continue;
		rk_buf_adds(&out, before);
		rk_buf_json(&out, routed.model[m], strlen(routed.model[m]));
		rk_buf_addc(&out, ':');
		rk_buf_add(&out, num, rk_num_print_f64(num, p->share[m]));
		before = ",";
	}
	rk_buf_addc(&out, '}');
}

static void
put_verdicts(const struct policy *p)
{
	eval_put_verdict(&out, "verdict", p->in[FIG_VS_BEST], "best_single");
	eval_put_verdict(
	    &out, "shuffled_verdict", p->in[FIG_VS_SHUFFLED], "shuffled");
	if (has_fig(p, FIG_VS_MIX))
		eval_put_verdict(&out, "mix_verdict", p->in[FIG_VS_MIX], "mix");
	if (p > policy)
		eval_put_verdict(
		    &out, "vs_verdict", p->diff[FIG_QUALITY], policy->name);
}

static void
put_json(const struct policy *p, const struct eval_items *t)
{
	static const char *const kind[] = { "route", "scores", "single", "mix",
		"oracle" };

	rk_buf_adds(&out, "{\"router\":");
	rk_buf_json(&out, p->name, strlen(p->name));
	rk_buf_addf(&out, ",\"control\":%s,\"kind\":\"%s\"",
	    is_control(p) ? "true" : "false", kind[p->kind]);
	if (p->kind == SINGLE)
		eval_put_text(&out, "model", routed.model[p->model]);
	eval_put_items(&out, t);
	if (p->choice != NULL) {
		eval_put_text(
		    &out, "share_max_model", routed.model[favourite(p)]);
		put_shares(p);
	}
	if (p > policy && !is_control(p))
		eval_put_text(&out, "vs", policy->name);
	if (!is_control(p) && eval_opt.reps > 0)
		put_verdicts(p);
	rk_buf_adds(&out, "}\n");
}

static void
put_cell(struct rk_table *t, const struct policy *p, int f, double unit)
{
	if (has_fig(p, f))
		eval_cell(t, 3, p->fig[f], p->in[f], unit, &seen);
	else
		rk_table_add(t, "%s", "");
}

static void
start_sheet(struct rk_table *t, const char *const *head)
{
	for (; *head != NULL; head++)
		rk_table_add(t, "%s", *head);
	t->left = 1;
	t->cols = t->n;
}

static void
put_row(const struct policy *p)
{
	static const char *const head[] = { "router", "quality",
		"$/1000 queries", "- best single", "- shuffled", "top share %",
		"bits", NULL };

	if (sheet.n == 0)
		start_sheet(&sheet, head);
	rk_table_add(&sheet, "%s", p->name);
	put_cell(&sheet, p, FIG_QUALITY, 1);
	put_cell(&sheet, p, FIG_COST, 1000);
	put_cell(&sheet, p, FIG_VS_BEST, 1);
	put_cell(&sheet, p, FIG_VS_SHUFFLED, 1);
	if (p->choice != NULL) {
		rk_table_add(&sheet, "%.1f", 100 * p->share[favourite(p)]);
		rk_table_add(&sheet, "%.2f", p->entropy);
	} else {
		rk_table_add(&sheet, "%s", "");
		rk_table_add(&sheet, "%s", "");
	}
}

static void
put_money_row(const struct policy *p)
{
	static const char *const head[] = { "router", "AIQ",
		"$/1000 at equal quality", "quality at equal $", "arena",
		NULL };

	if (money.n == 0)
		start_sheet(&money, head);
	rk_table_add(&money, "%s", p->name);
	put_cell(&money, p, FIG_CURVE + RK_MONEY_AIQ, 1);
	put_cell(&money, p, FIG_CURVE + RK_MONEY_COST, 1000);
	put_cell(&money, p, FIG_CURVE + RK_MONEY_QUALITY, 1);
	put_cell(&money, p,
	    has_curve(p) ? FIG_CURVE + RK_MONEY_ARENA : FIG_ARENA, 1);
}

static void
say_verdicts(const struct policy *p)
{
	struct rk_buf name = { 0 };

	if (is_control(p) || eval_opt.reps == 0)
		return;
	rk_buf_addf(&name, "best single %s", routed.model[best]);
	eval_say_verdict(&verdicts, p->name, name.p, p->fig[FIG_VS_BEST],
	    p->in[FIG_VS_BEST]);
	rk_buf_free(&name);
	eval_say_verdict(&verdicts, p->name, "its decisions shuffled",
	    p->fig[FIG_VS_SHUFFLED], p->in[FIG_VS_SHUFFLED]);
	if (has_fig(p, FIG_VS_MIX))
		eval_say_verdict(&verdicts, p->name,
		    "a mix of single models at its cost", p->fig[FIG_VS_MIX],
		    p->in[FIG_VS_MIX]);
	if (p > policy)
		eval_say_verdict(&verdicts, p->name, policy->name,
		    p->fig[FIG_QUALITY] - policy->fig[FIG_QUALITY],
		    p->diff[FIG_QUALITY]);
}

static void
note_collapse(const struct policy *p)
{
	size_t m;

	if (is_control(p) || answering < 2)
		return;
	m = favourite(p);
	if (p->share[m] > COLLAPSED)
		cmd_warn(&eval_cmd,
		    "%s: %.1f %% of the queries go to %s: it hardly routes",
		    p->name, 100 * p->share[m], routed.model[m]);
}

static void
write_table(void)
{
	char a[64], b[64];
	const char *name = routed.model[best];

	rk_buf_addf(&out, "%zu queries, %zu models; best single %s", answers.n,
	    answering, rk_err_quote(a, sizeof a, name, strlen(name)));
	name = routed.model[cheapest];
	if (answers.cost != NULL)
		rk_buf_addf(&out, ", cheapest %s",
		    rk_err_quote(b, sizeof b, name, strlen(name)));
	rk_buf_addc(&out, '\n');
	if (eval_opt.reps > 0)
		rk_buf_addf(&out, "[95 %% intervals from %ld resamples]\n",
		    eval_opt.reps);
	eval_put_sheet(&out, &sheet);
	eval_put_sheet(&out, &money);
	if (verdicts.n > 0) {
		rk_buf_addc(&out, '\n');
		rk_buf_add(&out, verdicts.p, verdicts.n);
	}
}

static void
put_curve(struct rk_buf *b, const struct policy *p)
{
	size_t m = rk_sweep_size(p->sweep);
	struct rk_point *at = rk_array(NULL, m, sizeof *at);
	double *lambda = rk_array(NULL, m, sizeof *lambda);

	rk_sweep_points(p->sweep, &answers, NULL, at, lambda);
	for (size_t j = 0; j < m; j++) {
		rk_buf_adds(b, "{\"router\":");
		rk_buf_json(b, p->name, strlen(p->name));
		rk_buf_addf(
		    b, ",\"control\":%s", is_control(p) ? "true" : "false");
		eval_put_number(b, "lambda", lambda[j]);
		eval_put_number(b, "quality", at[j].quality);
		if (answers.cost != NULL)
			eval_put_number(b, "cost", at[j].cost);
		rk_buf_adds(b, "}\n");
	}
	free(at);
	free(lambda);
}

static void
write_curves(void)
{
	struct rk_buf b = { 0 };
	struct rk_err err = { "" };
	struct rk_file *f = rk_file_create(eval_opt.curve, &err);

	for (size_t j = 0; f != NULL && j < policies; j++)
		if (policy[j].sweep != NULL)
			put_curve(&b, &policy[j]);
	if (f == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (rk_file_write(f, b.p, b.n, &err) != 0) {
		rk_file_abandon(f, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
	if (rk_file_commit(f, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
	rk_buf_free(&b);
}

static void
write_results(void)
{
	struct eval_items t;

	for (size_t j = 0; j < policies; j++) {
		const struct policy *p = &policy[j];

		list_items(&t, p);
		if (eval_opt.table && p->kind != MIX)
			put_row(p);
		if (eval_opt.table && answers.cost != NULL)
			put_money_row(p);
		if (!eval_opt.table)
			put_json(p, &t);
		if (!is_control(p))
			eval_requires_check(p->name, &t);
		say_verdicts(p);
		note_collapse(p);
	}
	if (eval_opt.table)
		write_table();
	cmd_print(&eval_cmd, out.p, out.n);
	if (eval_opt.curve)
		write_curves();
}

/* --- main -------------------------------------------------------------------------- */

static void
free_all(void)
{
	size_t threads = (size_t)rk_pool_size(eval_cmd.pool);

	for (size_t j = 0; j < policies; j++) {
		rk_sweep_free(policy[j].sweep);
		free(policy[j].share);
	}
	for (size_t t = 0; scratch && t < threads; t++) {
		free(scratch[t].single);
		free(scratch[t].mix);
		free(scratch[t].curve);
	}
	free(scratch);
	free(policy);
	rk_buf_free(&out);
	rk_buf_free(&verdicts);
	rk_routed_free(&routed);
}

static void
note_missing(void)
{
	if (routed.with_cost > 0 && routed.cost == NULL)
		cmd_note(&eval_cmd,
		    "no costs: only %zu of %zu records have one for every "
		    "quality",
		    routed.with_cost, routed.n);
	if (eval_opt.scores.n > 0 && routed.with_predicted > 0 &&
	    routed.predicted_cost == NULL)
		cmd_note(&eval_cmd,
		    "no predicted costs: only %zu of %zu records have one for "
		    "every score",
		    routed.with_predicted, routed.n);
}

static void
find_range(void)
{
	int any = 0;

	lo = eval_opt.lo;
	hi = eval_opt.hi;
	for (size_t j = 0; !eval_opt.has_range && j < routed.n * routed.k;
	     j++) {
		double q = routed.quality[j];

		if (isnan(q))
			continue;
		lo = any ? fmin(lo, q) : q;
		hi = any ? fmax(hi, q) : q;
		any = 1;
	}
}

void
eval_policy(void)
{
	const double limits[2] = { eval_opt.lo, eval_opt.hi };
	const struct rk_routed_want want = { eval_opt.routes.p,
		eval_opt.routes.n, eval_opt.scores.p, eval_opt.scores.n,
		eval_opt.has_range ? limits : NULL, 0 };

	rk_routed_start(&routed, &want);
	if (eval_read_routed(&routed) == 0) {
		note_missing();
		find_range();
		evaluate();
		write_results();
	}
	free_all();
}
