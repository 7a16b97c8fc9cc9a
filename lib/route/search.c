/* search.c - candidates, tried one after another. */
#include "route/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/bt.h"
#include "pref/folds.h"
#include "route/crossval.h"

/* --- the sample --------------------------------------------------------------- */

/* Takes at most SAMPLE of which[n] into the part, by their digests. */
static size_t
take(struct rk_search *s, const size_t *which, size_t n, size_t sample,
    uint64_t seed)
{
	uint64_t *digest = rk_calloc(n, sizeof *digest);
	uint8_t *in = rk_calloc(n, 1);
	size_t i, taken = 0;

	for (i = 0; i < n; i++)
		digest[i] = s->p->digest[which[i]];
	rk_folds_by_digest(
	    in, digest, n, n > sample ? (double)sample / (double)n : 1, seed);
	for (i = 0; i < n; i++)
		if (in[i]) {
			s->part[which[i]] = RK_PART_TRAIN;
			taken++;
		}
	free(digest);
	free(in);
	return taken;
}

/* Prompts of the pair first, then others: they train what carries over. */
static void
draw(struct rk_search *s, size_t sample, uint64_t seed)
{
	const struct rk_prefs *p = s->p;
	size_t *which = rk_calloc(p->n, sizeof *which), n, i;
	int with;

	for (i = 0; i < p->n; i++)
		s->part[i] = p->valid[i] == RK_PART_VALID ? RK_PART_VALID
							  : RK_PART_OUT;
	for (with = 1; with >= 0; with--) {
		for (n = 0, i = 0; i < p->n; i++)
			if (p->valid[i] == RK_PART_TRAIN &&
			    p->first[i + 1] > p->first[i] &&
			    (isnan(s->gain[i]) ? 0 : 1) == with)
				which[n++] = i;
		if (n > 0 && sample > 0)
			sample -= take(s, which, n, sample, seed);
	}
	s->sampled = *p;
	s->sampled.valid = s->part;
	free(which);
}

/* Whether the pair's own prompts decide, and how many prompts do. */
static int
find_way(struct rk_search *s, struct rk_err *err)
{
	const struct rk_prefs *p = s->p;
	size_t with = 0, n = 0, i;

	for (i = 0; i < p->n; i++)
		if (s->part[i] == RK_PART_TRAIN) {
			n++;
			with += !isnan(s->gain[i]);
		}
	s->by_all = s->many ||
	    (with < RK_CROSSVAL_LEAST
		    ? n > with
		    : with < RK_SEARCH_ENOUGH && n >= 2 * with);
	s->prompts = s->by_all ? n : with;
	if (s->prompts < RK_CROSSVAL_LEAST)
		return rk_err_set(err,
		    "%zu prompts with a comparison%s, expected at least %d",
		    s->prompts, s->by_all ? "" : " of the pair",
		    RK_CROSSVAL_LEAST);
	if (s->many && p->k > RK_BT_MAX)
		return rk_err_set(
		    err, "%zu models, expected at most %d", p->k, RK_BT_MAX);
	if (s->by_all && p->k > RK_BT_MAX)
		return rk_err_set(err,
		    "%zu models and %zu prompts with a comparison of the "
		    "pair, expected at most %d models or at least %d prompts",
		    p->k, s->with_pair, RK_BT_MAX, RK_SEARCH_ENOUGH);
	return 0;
}

/* --- evidence ------------------------------------------------------------------ */

/* Of scores of all comparisons, each[m] as of a against b. New. */
static struct rk_evidence *
of_all(const struct rk_search *s, const double *each)
{
	const struct rk_prefs *p = s->p;
	struct rk_evidence *e = rk_evidence_new(s->prompts, 1, 0);
	size_t i, c, unit = 0;

	for (i = 0; i < p->n; i++) {
		if (s->part[i] != RK_PART_TRAIN)
			continue;
		for (c = p->first[i]; c < p->first[i + 1]; c++)
			rk_evidence_add(e, unit, 2 * each[c] - 1,
			    2 * (double)p->cmp[c].y - 1);
		unit++;
	}
	return e;
}

/* Ratings of the models, by the comparisons outside of fold F. */
static void
rate(const struct rk_search *s, int f, double *rating, double *wins,
    double *work)
{
	const struct rk_prefs *p = s->p;
	size_t i, c;

	memset(rating, 0, p->k * sizeof *rating);
	memset(wins, 0, p->k * p->k * sizeof *wins);
	for (i = 0; i < p->n; i++)
		if (s->part[i] == RK_PART_TRAIN && s->fold[i] != f)
			for (c = p->first[i]; c < p->first[i + 1]; c++) {
				const struct rk_cmp *x = &p->cmp[c];
				wins[x->a * p->k + x->b] += (double)x->y;
				wins[x->b * p->k + x->a] += 1 - (double)x->y;
			}
	rk_bt_fit(rating, wins, p->k, work);
}

/* What the models' ratings alone say of all comparisons. New. */
static struct rk_evidence *
of_ratings(const struct rk_search *s)
{
	const struct rk_prefs *p = s->p;
	double *rating = rk_calloc(p->k, sizeof *rating), *wins, *work, *each;
	struct rk_evidence *e;
	size_t i, c;
	int f;

	wins = rk_array(NULL, p->k, p->k * sizeof *wins);
	work = rk_calloc(rk_bt_work(p->k), sizeof *work);
	each = rk_calloc(p->m, sizeof *each);
	for (f = 0; f < s->folds; f++) {
		rate(s, f, rating, wins, work);
		for (i = 0; i < p->n; i++)
			for (c = p->first[i];
			     s->fold[i] == f && c < p->first[i + 1]; c++)
				each[c] = 1 /
				    (1 +
					exp(rating[p->cmp[c].b] -
					    rating[p->cmp[c].a]));
	}
	e = of_all(s, each);
	free(rating);
	free(wins);
	free(work);
	free(each);
	return e;
}

static void
find_constant(struct rk_search *s)
{
	double *zero;

	if (s->by_all) {
		s->constant = of_ratings(s);
	} else {
		zero = rk_calloc(s->p->n, sizeof *zero);
		s->constant = rk_crossval_evidence(&s->sampled, s->gain, zero);
		free(zero);
	}
	s->constant_error = rk_evidence_error(s->constant);
}

/* --- trials -------------------------------------------------------------------- */

/* "k=100" or "clusters=16 restarts=3"; the table is known to be right. */
static void
set_params(struct rk_params *set, const char *params)
{
	struct rk_err err = { { 0 } };
	char one[64];
	size_t n;

	for (; *params != '\0'; params += n + (params[n] == ' ')) {
		n = strcspn(params, " ");
		memcpy(one, params, n);
		one[n] = '\0';
		rk_params_set(set, one, &err);
	}
}

static void
prepare(struct rk_search_trial *t, const struct rk_candidate *c, uint64_t seed)
{
	struct rk_err err = { { 0 } };
	const struct rk_router *r = rk_router_find(c->router, &err);

	t->router = c->router;
	t->params = c->params;
	t->blocks = c->features;
	t->set = rk_params_new(r->params);
	set_params(t->set, c->params);
	rk_features_parse(&t->features, c->features, &err);
	t->how = (struct rk_learner_how){ r, t->set, &t->features, seed };
	t->error = INFINITY;
}

static void
try_one(struct rk_search *s, struct rk_search_trial *t,
    const struct rk_watch *watch, struct rk_pool *pool)
{
	struct rk_err err = { { 0 } };
	double *each = s->by_all ? rk_calloc(s->p->m, sizeof *each) : NULL;
	int text = t->features.surface > 0 ||
	    (t->how.router->needs & RK_NEEDS_TEXT);

	t->score = rk_calloc(s->p->n, sizeof *t->score);
	if ((!text || s->p->text != NULL) &&
	    rk_crossval_score(&t->how, &s->sampled, s->fold, s->folds, watch,
		pool, t->score, each, &err) == 0) {
		t->seen = each != NULL
		    ? of_all(s, each)
		    : rk_crossval_evidence(&s->sampled, s->gain, t->score);
		t->error = rk_evidence_error(t->seen);
		s->usable++;
	}
	free(each);
}

/* Into order[n], sorted: equal errors stay in the table's order. */
static void
put_in_order(struct rk_search *s, size_t n, size_t i)
{
	size_t j;

	for (j = n; j > 0; j--) {
		size_t k = s->order[j - 1];
		if (s->trial[k].error <= s->trial[i].error)
			break;
		s->order[j] = k;
	}
	s->order[j] = i;
}

static void
try_all(struct rk_search *s, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		struct rk_search_trial *t = &s->trial[i];
		const struct rk_candidate *c = &s->candidate[i];
		struct rk_watch part = rk_watch_part(watch,
		    (double)i / (double)s->count,
		    (double)(i + 1) / (double)s->count, "%s%s%s", c->router,
		    *c->params ? " " : "", c->params);
		prepare(t, c, seed);
		try_one(s, t, &part, pool);
		put_in_order(s, i, i);
	}
}

void
rk_search_again(struct rk_search *s, size_t i, const char *params,
    const struct rk_watch *watch, struct rk_pool *pool)
{
	struct rk_search_trial *t = &s->trial[i];
	size_t n = 0, j;

	for (j = 0; j < s->count; j++)
		if (s->order[j] != i)
			s->order[n++] = s->order[j];
	s->usable -= t->seen != NULL;
	free(t->score);
	rk_evidence_free(t->seen);
	t->seen = NULL;
	t->error = INFINITY;
	t->params = params;
	set_params(t->set, params);
	try_one(s, t, watch, pool);
	put_in_order(s, n, i);
}

static int
search(struct rk_search *s, size_t sample, uint64_t seed,
    const struct rk_watch *watch, struct rk_pool *pool, struct rk_err *err)
{
	const struct rk_prefs *p = s->p;

	s->part = rk_calloc(p->n, 1);
	s->fold = rk_calloc(p->n, 1);
	s->gain = rk_calloc(p->n, sizeof *s->gain);
	s->with_pair = rk_crossval_gain(p, s->gain);
	draw(s, sample, seed);
	if (find_way(s, err) != 0)
		return -1;
	rk_watch_say(watch, 0, "folds");
	rk_crossval_folds(
	    s->fold, &s->sampled, s->folds, RK_CROSSVAL_NEAR, seed, pool);
	find_constant(s);
	s->candidate = rk_candidates(p, s->many, &s->count);
	s->trial = rk_calloc(s->count, sizeof *s->trial);
	s->order = rk_calloc(s->count, sizeof *s->order);
	try_all(s, seed, watch, pool);
	return s->usable > 0 ? 0
			     : rk_err_set(err, "no candidate could be trained");
}

int
rk_search_pair(struct rk_search *s, const struct rk_prefs *p, size_t sample,
    int folds, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err)
{
	*s = (struct rk_search){ .p = p, .folds = folds };
	return search(s, sample, seed, watch, pool, err);
}

int
rk_search_many(struct rk_search *s, const struct rk_prefs *p, size_t sample,
    int folds, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err)
{
	*s = (struct rk_search){ .p = p, .folds = folds, .many = 1 };
	return search(s, sample, seed, watch, pool, err);
}

void
rk_search_free(struct rk_search *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		rk_params_free(s->trial[i].set);
		rk_evidence_free(s->trial[i].seen);
		free(s->trial[i].score);
	}
	rk_candidates_free(s->candidate, s->count);
	rk_evidence_free(s->constant);
	free(s->trial);
	free(s->order);
	free(s->part);
	free(s->fold);
	free(s->gain);
}
