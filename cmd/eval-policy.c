/*
 * eval-policy.c - decisions among any number of models: those that records
 * carry, and those that predicted qualities lead to. Beside them the controls
 * that no router should lose to: the best single model, the cheapest, a mix of
 * single models, and the oracle. The figures of all records come first, then,
 * with --by, those of each category. eval-policy-out.c prints them,
 * eval-policy-curve.c writes and draws curves.
 */
#include "eval-policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Share of the queries beyond which a router has collapsed. */
#define COLLAPSED 0.95

const struct eval_key policy_keys[] = {
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
	{ "psi", 0, 0 },
	{ "resamples", 0, 0 },
	{ NULL, 0, 0 },
};

const struct eval_key *
eval_policy_keys(void)
{
	return policy_keys;
}

/* --- policies ------------------------------------------------------------------ */

/* What a thread works with. */
struct policy_scratch {
	struct rk_point *single, *mix; /* [k], [k + 1] */
	struct rk_point *curve;        /* [largest sweep + 1] */
};

int
policy_is_control(const struct policy *p)
{
	return p->kind > SCORES;
}

int
policy_has_curve(const struct policy_group *g, const struct policy *p)
{
	return g->answers.cost != NULL && (p->sweep != NULL || p->kind == MIX);
}

int
policy_has_fig(const struct policy_group *g, const struct policy *p, int f)
{
	if (f >= FIG_CURVE)
		return policy_has_curve(g, p) &&
		    (f < FIG_AIQ_VS_MIX || p->kind != MIX);
	if (p->kind == MIX)
		return 0;
	if (f == FIG_QUALITY)
		return 1;
	if (f == FIG_COST || f == FIG_ARENA)
		return g->answers.cost != NULL;
	if (p->kind == SINGLE)
		return 0;
	if (f == FIG_MIX || f == FIG_VS_MIX || f == FIG_VS_CHEAPEST)
		return g->answers.cost != NULL;
	return f != FIG_VS_ORACLE || p->kind != ORACLE;
}

const struct policy *
policy_rival(const struct policy_group *g, const struct policy *p)
{
	return p > g->policy && !policy_is_control(p) ? g->policy : NULL;
}

size_t
policy_favourite(const struct policy_group *g, const struct policy *p)
{
	size_t at = 0;

	for (size_t m = 1; m < g->answers.k; m++)
		if (p->share[m] > p->share[at])
			at = m;
	return at;
}

/* The models that answered any of these queries, to OUT; how many. */
static size_t
those_there(const struct policy_group *g, struct rk_point *out,
    const struct rk_point *single)
{
	size_t m = 0;

	for (size_t j = 0; j < g->answers.k; j++)
		if (!isnan(single[j].quality))
			out[m++] = single[j];
	return m;
}

static void
choice_figures(const struct policy_group *g, double *fig,
    const struct policy *p, const struct policy_scratch *s,
    const uint32_t *times, size_t mixes)
{
	struct rk_point at = p->choice
	    ? rk_choice_value(&g->answers, p->choice, times)
	    : s->single[p->model];

	fig[FIG_QUALITY] = at.quality;
	fig[FIG_COST] = at.cost;
	fig[FIG_ARENA] = g->answers.cost
	    ? rk_money_arena_within(at.quality, at.cost, g->lo, g->hi)
	    : NAN;
	if (p->choice == NULL)
		return;
	fig[FIG_SHUFFLED] = rk_choice_shuffled(
	    &g->answers, p->choice, s->single, times);
	fig[FIG_VS_SHUFFLED] = at.quality - fig[FIG_SHUFFLED];
	fig[FIG_VS_BEST] = rk_choice_gain(
	    &g->answers, p->choice, g->best, times);
	fig[FIG_VS_ORACLE] = at.quality -
	    rk_choice_value(&g->answers, g->oracle, times).quality;
	if (g->answers.cost == NULL)
		return;
	fig[FIG_VS_CHEAPEST] = rk_choice_gain(
	    &g->answers, p->choice, g->cheapest, times);
	fig[FIG_MIX] = rk_money_quality(s->mix, mixes, at.cost);
	fig[FIG_VS_MIX] = at.quality - fig[FIG_MIX];
}

/* fig[policies, FIGS]; struct rk_resampled says when. */
static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct policy_group *g = ctx;
	const struct policy_scratch *s = &g->scratch[thread];
	double zero[RK_MONEY_FIGS];
	size_t there, mixes = 0;

	rk_choice_singles(s->single, &g->answers, times);
	if (g->answers.cost != NULL) {
		there = those_there(g, s->mix, s->single);
		memcpy(s->curve, s->mix, there * sizeof *s->mix);
		rk_money_figures(
		    zero, s->curve, there, s->mix, there, g->lo, g->hi);
	}
	for (size_t j = 0; j < g->policies; j++, fig += FIGS) {
		const struct policy *p = &g->policy[j];

		there = those_there(g, s->mix, s->single);
		if (p->sweep != NULL && g->answers.cost != NULL) {
			rk_sweep_points(
			    p->sweep, &g->answers, times, s->curve, NULL);
			rk_money_figures(fig + FIG_CURVE, s->curve,
			    rk_sweep_size(p->sweep), s->mix, there, g->lo,
			    g->hi);
			fig[FIG_AIQ_VS_MIX] = fig[FIG_CURVE + RK_MONEY_AIQ] -
			    zero[RK_MONEY_AIQ];
		}
		if (p->kind == MIX) {
			memcpy(fig + FIG_CURVE, zero, sizeof zero);
			continue;
		}
		if (g->answers.cost != NULL)
			mixes = rk_money_hull(s->mix, there);
		choice_figures(g, fig, p, s, times, mixes);
	}
}

static void
set_intervals(struct policy_group *g, const double *fig, size_t reps)
{
	size_t stride = g->policies * FIGS;

	for (size_t j = 0; j < g->policies; j++) {
		struct policy *p = &g->policy[j];
		const double *own = fig + j * FIGS;

		for (int f = 0; f < FIGS; f++) {
			if (!policy_has_fig(g, p, f))
				continue;
			p->in[f] = rk_bootstrap_interval(
			    own + f, NULL, stride, reps);
			if (j > 0 && !policy_is_control(p) &&
			    policy_keys[f].diff)
				p->diff[f] = rk_bootstrap_interval(
				    own + f, fig + f, stride, reps);
		}
	}
}

/* The interval of the shuffled decisions' quality is that of shuffling. */
static void
deal(struct policy_group *g, const struct rk_point *single, size_t reps)
{
	double *value = rk_array(NULL, reps, sizeof *value);

	for (size_t j = 0; j < g->policies; j++) {
		struct policy *p = &g->policy[j];

		if (p->choice == NULL)
			continue;
		rk_choice_deals(value, &g->answers, p->choice, single, reps,
		    (uint64_t)eval_opt.seed);
		p->in[FIG_SHUFFLED] = rk_bootstrap_interval(
		    value, NULL, 1, reps);
	}
	free(value);
}

static void
resample(struct policy_group *g)
{
	const struct rk_resampled of = { g->answers.n, g->policies * FIGS,
		figures, g };
	size_t reps = (size_t)eval_opt.reps;
	double *fig = rk_calloc(reps, of.figs * sizeof *fig);

	rk_bootstrap(fig, &of, reps, (uint64_t)eval_opt.seed, eval_cmd.pool);
	set_intervals(g, fig, reps);
	rk_choice_singles(g->scratch[0].single, &g->answers, NULL);
	deal(g, g->scratch[0].single, reps);
	free(fig);
}

/* --- setting up ------------------------------------------------------------------- */

static struct policy *
add_policy(struct policy_group *g, const char *name, enum policy_kind kind)
{
	struct policy *p = &g->policy[g->policies++];

	p->name = name;
	p->kind = kind;
	return p;
}

/* Without predicted costs a model is expected to cost what it does on average. */
static double *
mean_costs(const struct policy_group *g, const struct rk_point *single)
{
	double *cost = rk_array(
	    NULL, g->answers.n, g->answers.k * sizeof *cost);

	for (size_t j = 0; j < g->answers.n * g->answers.k; j++)
		cost[j] = single[j % g->answers.k].cost;
	return cost;
}

static void
add_scores(struct policy_group *g, const struct rk_point *single)
{
	double *mean = NULL;
	const double *cost = g->d->predicted_cost;

	if (cost == NULL && g->answers.cost != NULL)
		cost = mean = mean_costs(g, single);
	for (size_t f = 0; f < eval_opt.scores.n; f++) {
		struct policy *p = add_policy(g, eval_opt.scores.p[f], SCORES);

		p->sweep = rk_sweep_new(&g->answers, g->d->scores[f], cost);
		p->choice = rk_sweep_first(p->sweep);
	}
	free(mean);
}

static void
find_singles(struct policy_group *g, const struct rk_point *single)
{
	g->best = g->cheapest = g->answers.k;
	for (size_t m = 0; m < g->answers.k; m++) {
		const struct rk_point *s = &single[m];

		if (isnan(s->quality))
			continue;
		g->answering++;
		if (g->best == g->answers.k ||
		    s->quality > single[g->best].quality ||
		    (s->quality == single[g->best].quality &&
			s->cost < single[g->best].cost))
			g->best = m;
		if (g->cheapest == g->answers.k ||
		    s->cost < single[g->cheapest].cost ||
		    (s->cost == single[g->cheapest].cost &&
			s->quality > single[g->cheapest].quality))
			g->cheapest = m;
	}
}

static void
add_policies(struct policy_group *g, const struct rk_point *single)
{
	struct policy *p;

	g->policy = rk_calloc(
	    eval_opt.routes.n + eval_opt.scores.n + 4, sizeof *g->policy);
	for (size_t j = 0; j < eval_opt.routes.n; j++)
		add_policy(g, eval_opt.routes.p[j], ROUTE)->choice =
		    g->d->route[j];
	add_scores(g, single);
	add_policy(g, "best_single", SINGLE)->model = g->best;
	if (g->answers.cost != NULL) {
		add_policy(g, "cheapest", SINGLE)->model = g->cheapest;
		add_policy(g, "mix", MIX);
	}
	p = add_policy(g, "oracle", ORACLE);
	p->sweep = rk_sweep_new(
	    &g->answers, g->answers.quality, g->answers.cost);
	p->choice = g->oracle = rk_sweep_first(p->sweep);
}

static void
make_scratch(struct policy_group *g)
{
	size_t threads = (size_t)rk_pool_size(eval_cmd.pool),
	       most = g->answers.k;

	for (size_t j = 0; j < g->policies; j++)
		if (g->policy[j].sweep &&
		    rk_sweep_size(g->policy[j].sweep) > most)
			most = rk_sweep_size(g->policy[j].sweep);
	g->scratch = rk_calloc(threads, sizeof *g->scratch);
	for (size_t t = 0; t < threads; t++) {
		struct policy_scratch *s = &g->scratch[t];

		s->single = rk_array(NULL, g->answers.k, sizeof *s->single);
		s->mix = rk_array(NULL, g->answers.k + 1, sizeof *s->mix);
		s->curve = rk_array(NULL, most + 1, sizeof *s->curve);
	}
}

static void
find_drift(const struct policy_group *g, struct policy *p)
{
	size_t j = (size_t)(p - g->policy);

	p->psi = NAN;
	if (eval_opt.drift == NULL)
		return;
	if (p->kind == ROUTE)
		p->psi = eval_drift_route(j, p->share, g->d->model, g->d->k);
	if (p->kind == SCORES)
		p->psi = eval_drift_scores(j - eval_opt.routes.n,
		    g->d->scores[j - eval_opt.routes.n], g->d->n, g->d->model,
		    g->d->k, &p->psi_model);
}

static void
start_group(struct policy_group *g)
{
	struct rk_point *single;
	double *fig;

	g->answers = (struct rk_answers){ g->d->n, g->d->k, g->d->quality,
		g->d->cost };
	single = rk_array(NULL, g->answers.k, sizeof *single);
	rk_choice_singles(single, &g->answers, NULL);
	find_singles(g, single);
	add_policies(g, single);
	free(single);
	make_scratch(g);
	fig = rk_calloc(g->policies, FIGS * sizeof *fig);
	figures(g, NULL, 0, fig);
	for (size_t j = 0; j < g->policies; j++) {
		struct policy *p = &g->policy[j];

		memcpy(p->fig, fig + j * FIGS, FIGS * sizeof *fig);
		if (p->choice != NULL) {
			p->share = rk_array(
			    NULL, g->answers.k, sizeof *p->share);
			p->entropy = rk_choice_shares(
			    p->share, p->choice, g->answers.n, g->answers.k);
		}
		find_drift(g, p);
	}
	free(fig);
}

static void
end_group(struct policy_group *g)
{
	size_t threads = (size_t)rk_pool_size(eval_cmd.pool);

	for (size_t j = 0; j < g->policies; j++) {
		rk_sweep_free(g->policy[j].sweep);
		free(g->policy[j].share);
	}
	for (size_t t = 0; t < threads; t++) {
		free(g->scratch[t].single);
		free(g->scratch[t].mix);
		free(g->scratch[t].curve);
	}
	free(g->scratch);
	free(g->policy);
}

/* --- groups --------------------------------------------------------------------- */

static void
list_items(
    struct eval_items *t, const struct policy_group *g, const struct policy *p)
{
	const struct policy *first = policy_rival(g, p);

	t->n = 0;
	eval_add(t, "n", "", (double)g->answers.n);
	eval_add(t, "models", "", (double)g->answering);
	for (int f = 0; f < FIGS; f++) {
		if (!policy_has_fig(g, p, f))
			continue;
		eval_add(t, policy_keys[f].key, "", p->fig[f]);
		eval_add_interval(t, policy_keys[f].key, "", p->in[f]);
	}
	for (int f = 0; first != NULL && f < FIGS; f++) {
		if (!policy_keys[f].diff || !policy_has_fig(g, p, f) ||
		    !policy_has_fig(g, first, f))
			continue;
		eval_add(
		    t, policy_keys[f].key, "_diff", p->fig[f] - first->fig[f]);
		eval_add_interval(t, policy_keys[f].key, "_diff", p->diff[f]);
	}
	if (p->choice != NULL) {
		eval_add(t, "share_max", "", p->share[policy_favourite(g, p)]);
		eval_add(t, "entropy", "", p->entropy);
	}
	if (eval_opt.drift && !policy_is_control(p))
		eval_add(t, "psi", "", p->psi);
	if (eval_opt.reps > 0)
		eval_add(t, "resamples", "", (double)eval_opt.reps);
}

static void
note_collapse(const struct policy_group *g, const struct policy *p)
{
	size_t m;

	if (policy_is_control(p) || g->answering < 2)
		return;
	m = policy_favourite(g, p);
	if (p->share[m] > COLLAPSED)
		cmd_warn(&eval_cmd,
		    "%s: %.1f %% of the queries go to %s: it hardly routes",
		    p->name, 100 * p->share[m], g->d->model[m]);
}

/* All that is to be said of the records of D; K: NULL for all records. */
static void
evaluate(const struct rk_routed *d, const struct rk_category *k,
    const double range[2])
{
	struct policy_group g = {
		.d = d, .k = k, .lo = range[0], .hi = range[1]
	};
	struct eval_items t;

	start_group(&g);
	if (eval_opt.reps > 0)
		resample(&g);
	if (eval_opt.table && k == NULL)
		policy_start_table(&g);
	for (size_t j = 0; j < g.policies; j++) {
		const struct policy *p = &g.policy[j];

		list_items(&t, &g, p);
		if (eval_opt.table)
			policy_put_rows(&g, p);
		else
			policy_put_json(&g, p, &t);
		if (k == NULL && !policy_is_control(p))
			eval_requires_check(p->name, &t);
		if (k == NULL)
			note_collapse(&g, p);
		if (eval_opt.curve && p->sweep != NULL)
			policy_put_curve(&g, p);
	}
	if (eval_opt.plot && k == NULL)
		policy_draw(&g);
	end_group(&g);
}

static void
note_missing(const struct rk_routed *d)
{
	if (d->with_cost > 0 && d->cost == NULL)
		cmd_note(&eval_cmd,
		    "no costs: only %zu of %zu records have one for every "
		    "quality",
		    d->with_cost, d->n);
	if (eval_opt.scores.n > 0 && d->with_predicted > 0 &&
	    d->predicted_cost == NULL)
		cmd_note(&eval_cmd,
		    "no predicted costs: only %zu of %zu records have one for "
		    "every score",
		    d->with_predicted, d->n);
}

static void
find_range(double range[2], const struct rk_routed *d)
{
	int any = 0;

	range[0] = eval_opt.lo;
	range[1] = eval_opt.hi;
	for (size_t j = 0; !eval_opt.has_range && j < d->n * d->k; j++) {
		double q = d->quality[j];

		if (isnan(q))
			continue;
		range[0] = any ? fmin(range[0], q) : q;
		range[1] = any ? fmax(range[1], q) : q;
		any = 1;
	}
}

static void
evaluate_all(const struct rk_routed *all)
{
	double range[2];

	note_missing(all);
	find_range(range, all);
	eval_open_curve();
	evaluate(all, NULL, range);
	for (size_t k = 0; k < all->groups.categories; k++) {
		struct rk_routed d;

		rk_routed_of_category(&d, all, k);
		evaluate(&d, &all->groups.category[k], range);
		rk_routed_free(&d);
	}
	policy_write();
}

void
eval_policy(void)
{
	const double limits[2] = { eval_opt.lo, eval_opt.hi };
	const struct rk_routed_want want = { eval_opt.routes.p,
		eval_opt.routes.n, eval_opt.scores.p, eval_opt.scores.n,
		eval_opt.has_range ? limits : NULL, eval_opt.by, 0 };
	struct rk_routed routed;

	eval_drift_read();
	rk_routed_start(&routed, &want);
	if (eval_read_routed(&routed) == 0)
		evaluate_all(&routed);
	rk_routed_free(&routed);
	eval_drift_free();
	policy_free_output();
}
