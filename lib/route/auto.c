/*
 * auto.c - tries what there is by cross-validation and keeps the best few. The
 * candidates are routers, features and parameters; each scores the training
 * part from outside of its folds, and the squared error of the gain, a line of
 * the score taken out, puts them in order. The model is the mean of the ranks
 * of the best: a single winner of a wide grid is unstable, a mean of ranks is
 * not. A member's rank is the place of its score in the table of its own
 * out-of-fold scores, linear between entries and strictly increasing beyond
 * both ends; never a rank within a batch. Queries that are not like the training
 * prompts are scored by their length (guard.h). So are all, the longer the more
 * for the strong model, where judged battles say the opposite and little else.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "route/auto-report.h"
#include "route/crossval.h"
#include "route/guard.h"
#include "route/members.h"
#include "route/rank.h"

static const struct rk_param params[] = {
	{ "members", RK_PARAM_INT, "5", 1, RK_MEMBERS, NULL,
	    "how many of the best candidates are averaged" },
	{ "folds", RK_PARAM_INT, "5", 2, 50, NULL,
	    "parts that the prompts are cut into" },
	{ "sample", RK_PARAM_INT, "10000", 100, 1e9, NULL,
	    "most prompts that candidates are compared on" },
	{ "guard", RK_PARAM_NUM, "0.02", 0, .5, NULL,
	    "share of the training prompts that count as unlike the others; "
	    "so unlike, queries are scored by length; 0: none are" },
	{ "falling", RK_PARAM_WORD, "length", 0, 0, "length|learnt",
	    "where battles say that longer prompts gain less, and surely "
	    "nothing else: length, the longer the more, or what was learnt" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

/*
 * What share of a constant's error may be saved by what was learnt for it to be
 * set aside as a judge's taste for long answers.
 */
#define FALLING_LITTLE .1

/* --- training --------------------------------------------------------------------- */

/* Trains the trial on all of the training part, and stores it as member M. */
static int
keep(const struct rk_search *s, const struct rk_search_trial *t, size_t m,
    const struct rk_watch *watch, struct rk_pool *pool, struct rk_st_writer *w,
    struct rk_err *err)
{
	double *score = rk_calloc(s->p->n, sizeof *score);
	size_t n = 0, i, shape[2] = { 2, 0 };
	char name[32];

	for (i = 0; i < s->p->n; i++)
		if (s->part[i] == RK_PART_TRAIN)
			score[n++] = t->score[i];
	snprintf(name, sizeof name, "%zu.rank", m);
	rk_st_give(
	    w, name, RK_F64, 2, shape, rk_rank_make(score, n, &shape[1]));
	free(score);
	return rk_members_train(&t->how, m, s->p, watch, pool, w, err);
}

/* The mean rank of the members on each prompt of the sample, out of fold. */
static double *
mean_ranks(const struct rk_search *s, const struct rk_auto_verdict *v)
{
	double *out = rk_array(NULL, s->p->n, sizeof *out), *score;
	size_t i, j, n;

	for (i = 0; i < s->p->n; i++)
		out[i] = s->part[i] == RK_PART_TRAIN ? 0 : NAN;
	for (j = 0; j < v->members; j++) {
		const struct rk_search_trial *t = &s->trial[v->member[j]];
		struct rk_rank table;
		double *x;
		score = rk_calloc(s->p->n, sizeof *score);
		for (n = 0, i = 0; i < s->p->n; i++)
			if (s->part[i] == RK_PART_TRAIN)
				score[n++] = t->score[i];
		x = rk_rank_make(score, n, &table.n);
		table.x = x;
		table.rank = x + table.n;
		for (i = 0; i < s->p->n; i++)
			if (s->part[i] == RK_PART_TRAIN)
				out[i] += rk_rank_of(&table, t->score[i]) /
				    (double)v->members;
		free(x);
		free(score);
	}
	return out;
}

/* --- what came of it ------------------------------------------------------- */

/* Has the strong model surely less to gain on longer prompts? */
static int
gain_falls(const struct rk_search *s, uint64_t seed, struct rk_pool *pool)
{
	const struct rk_prefs *p = &s->sampled;
	double *score;
	struct rk_evidence *e;
	size_t i;
	int falls;

	if (s->by_all || p->text == NULL)
		return 0;
	score = rk_calloc(p->n, sizeof *score);
	for (i = 0; i < p->n; i++)
		score[i] = -log1p(
		    (double)rk_utf8_count(p->text[i].p, p->text[i].n));
	e = rk_crossval_evidence(p, s->gain, score);
	falls = rk_evidence_less(s->constant, e, seed, pool).lo > 0;
	rk_evidence_free(e);
	free(score);
	return falls;
}

static void
judge(struct rk_auto_verdict *v, const struct rk_search *s, uint64_t seed,
    struct rk_pool *pool)
{
	const struct rk_evidence *length = s->trial[0].seen;
	/* ranks are of the pair's scores: for all comparisons, the best's */
	struct rk_evidence *mean = s->by_all
	    ? NULL
	    : rk_crossval_evidence(&s->sampled, s->gain, v->mean);
	const struct rk_evidence *e = mean ? mean : s->trial[s->order[0]].seen;

	v->error = rk_evidence_error(e);
	v->constant = rk_evidence_less(s->constant, e, seed, pool);
	v->falls = gain_falls(s, seed, pool);
	v->has_length = length != NULL;
	if (length != NULL)
		v->length = rk_evidence_less(length, e, seed, pool);
	rk_evidence_free(mean);
}

/* Is the pair's gain on prompt I that of an outcome? */
static int
is_keyed(const struct rk_prefs *p, size_t i)
{
	const float *q = p->quality ? p->quality + i * p->k : NULL;
	double gain;
	size_t c;

	if (p->from == NULL)
		return q && !isnan(q[p->strong]) && !isnan(q[p->weak]);
	for (c = p->first[i]; c < p->first[i + 1]; c++)
		if (p->from[c].outcome &&
		    (p->target == RK_NO_TARGET ||
			p->from[c].source == p->target) &&
		    rk_cmp_gain(p, &p->cmp[c], &gain))
			return 1;
	return 0;
}

/* Are most of the pair's prompts known by battles, that is, judged? */
static int
judged(const struct rk_search *s)
{
	const struct rk_prefs *p = &s->sampled;
	size_t with = 0, keyed = 0, i;

	for (i = 0; i < p->n; i++) {
		if (isnan(s->gain[i]) || p->valid[i] != RK_PART_TRAIN)
			continue;
		with++;
		keyed += is_keyed(p, i);
	}
	return 2 * keyed < with;
}

/*
 * Battles whose one sure lesson is that the strong model has less to gain on
 * longer prompts, and which save little by it. Judges like long answers, and
 * answer keys say the opposite.
 */
static int
only_falls(const struct rk_auto_verdict *v, const struct rk_search *s)
{
	return v->falls && v->has_length && !(v->length.lo > 0) &&
	    v->constant.diff < FALLING_LITTLE * s->constant_error && judged(s);
}

/*
 * The best few; or length alone where their mean predicts no better than it,
 * and it better than a constant; or, against labels that only fall, a rising
 * length.
 */
static void
choose(struct rk_auto_verdict *v, struct rk_search *s, size_t members,
    int falling, uint64_t seed, const struct rk_watch *watch,
    struct rk_pool *pool)
{
	v->members = members < s->usable ? members : s->usable;
	memcpy(v->member, s->order, v->members * sizeof *v->member);
	v->mean = mean_ranks(s, v);
	judge(v, s, seed, pool);
	v->against = falling && only_falls(v, s);
	v->length_alone = v->against ||
	    (v->has_length && !(v->length.diff > 0) &&
		s->trial[0].error < s->constant_error);
	if (v->against)
		rk_search_again(s, 0, "slope=rising", watch, pool);
	if (v->length_alone) {
		v->members = 1;
		v->member[0] = 0;
		free(v->mean);
		v->mean = mean_ranks(s, v);
	}
}

/* --- all of it ------------------------------------------------------------- */

/*
 * The share of the work that is the comparison: what is trained on so many
 * prompts, taken to cost as many.
 */
static double
searching(const struct rk_prefs *p, size_t sample, int folds, size_t members)
{
	double n = 0, compared;
	size_t i;

	for (i = 0; i < p->n; i++)
		n += p->valid[i] == RK_PART_TRAIN;
	compared = (n < (double)sample ? n : (double)sample) * (folds - 1) * 20;
	return compared / (compared + (double)members * n);
}

static int
keep_all(const struct rk_search *s, const struct rk_auto_verdict *v,
    const struct rk_watch *watch, struct rk_pool *pool, struct rk_st_writer *w,
    struct rk_err *err)
{
	size_t i;

	for (i = 0; i < v->members; i++) {
		struct rk_watch part = rk_watch_part(watch,
		    (double)i / (double)v->members,
		    (double)(i + 1) / (double)v->members, "member %zu of %zu",
		    i + 1, v->members);
		rk_watch_say(&part, 0, "%s", "");
		if (keep(s, &s->trial[v->member[i]], i, &part, pool, w, err) !=
		    0)
			return -1;
	}
	return 0;
}

/* Adds the guard; what was said of the prompts unseen is as it would be. */
static void
add_guard(const struct rk_search *s, struct rk_auto_verdict *v, double share,
    uint64_t seed, struct rk_pool *pool, struct rk_st_writer *w)
{
	const struct rk_prefs *p = &s->sampled;
	double *weight;
	struct rk_guard g;
	size_t i;

	if (!(share > 0) || v->length_alone)
		return;
	weight = rk_calloc(p->n, sizeof *weight);
	if (rk_guard_train(&g, p, share, seed, pool, w, weight) == 0) {
		v->guard = share;
		for (i = 0; i < p->n; i++)
			if (p->valid[i] == RK_PART_TRAIN)
				v->mean[i] = rk_guard_mix(
				    &g, v->mean[i], &p->text[i], weight[i]);
	}
	free(weight);
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_search s;
	size_t members = (size_t)rk_params_int(set, "members");
	size_t sample = (size_t)rk_params_int(set, "sample");
	int folds = (int)rk_params_int(set, "folds"), rc;
	double share = searching(p, sample, folds, members);
	struct rk_watch first, rest;
	struct rk_auto_verdict v = { .mean = NULL };

	first = rk_watch_part(report->watch, 0, share, "%s", "");
	rest = rk_watch_part(report->watch, share, 1, "%s", "");
	rc = rk_search_pair(&s, p, sample, folds, seed, &first, pool, err);
	if (rc == 0) {
		choose(&v, &s, members, rk_params_is(set, "falling", "length"),
		    seed, &rest, pool);
		rc = keep_all(&s, &v, &rest, pool, w, err);
	}
	if (rc == 0)
		add_guard(&s, &v, rk_params_num(set, "guard"), seed, pool, w);
	if (rc == 0) {
		rk_auto_report(&s, &v, report);
		report->unseen = v.mean;
		v.mean = NULL;
	}
	free(v.mean);
	rk_search_free(&s);
	return rc;
}

/* --- scoring ------------------------------------------------------------------------ */

struct model {
	struct rk_members members;
	struct rk_rank table[RK_MEMBERS];
	int guarded;
	struct rk_guard guard;
};

static void
model_close(void *model)
{
	if (model != NULL)
		rk_members_close(&((struct model *)model)->members);
	free(model);
}

/* The members' tables of ranks. */
static int
open_tables(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	char name[32];
	size_t i;

	for (i = 0; i < m->members.n; i++) {
		snprintf(name, sizeof name, "%zu.rank", i);
		if (rk_rank_open(&m->table[i], st, prefix, name, err) != 0)
			return -1;
	}
	return 0;
}

/* Where there is one: a file of an older program has none. */
static int
open_guard(struct model *m, const struct rk_st *st, const char *prefix,
    size_t *d, struct rk_err *err)
{
	int found = rk_guard_open(&m->guard, st, prefix, err);

	if (found <= 0)
		return found;
	m->guarded = 1;
	if (*d == 0)
		*d = m->guard.rows.d;
	if (*d == m->guard.rows.d)
		return 0;
	return rk_err_set(err,
	    "%sguard.embedding: %zu numbers, the members want %zu", prefix,
	    m->guard.rows.d, *d);
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);

	(void)set;
	if (rk_members_open(&m->members, "auto", st, prefix, k, seed, d, err) ==
		0 &&
	    open_tables(m, st, prefix, err) == 0 &&
	    open_guard(m, st, prefix, d, err) == 0)
		return m;
	model_close(m);
	return NULL;
}

static const struct rk_names *
names(const void *model)
{
	const struct rk_members *m = &((const struct model *)model)->members;
	size_t j = rk_members_with_names(m);

	return j < m->n ? rk_learner_names(&m->one[j]) : NULL;
}

/* rank[n], with the length's weight where a query is unlike. */
static void
mix_length(const struct model *m, const struct rk_queries *q,
    struct rk_pool *pool, double *rank)
{
	double *weight = rk_calloc(q->n, sizeof *weight);
	size_t i;

	rk_guard_weigh(&m->guard, q, pool, weight);
	for (i = 0; i < q->n; i++)
		rank[i] = rk_guard_mix(
		    &m->guard, rank[i], &q->text[i], weight[i]);
	if (q->more != NULL && q->more->unlike != NULL)
		memcpy(q->more->unlike, weight, q->n * sizeof *weight);
	free(weight);
}

static int
tells_unlike(const void *model)
{
	return ((const struct model *)model)->guarded;
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct model *m = model;
	struct rk_queries bare = *q;
	float *one = rk_floats(q->n);
	double *sum = rk_calloc(q->n, sizeof *sum);
	size_t n = m->members.n, named, i, j;

	(void)cols;
	bare.more = NULL;
	named = rk_members_with_names(&m->members);
	for (j = 0; j < n; j++) {
		rk_learner_score_pair(&m->members.one[j],
		    j == named ? q : &bare, rows[0], rows[1], pool, one);
		for (i = 0; i < q->n; i++)
			sum[i] += rk_rank_of(&m->table[j], (double)one[i]);
	}
	for (i = 0; i < q->n; i++)
		sum[i] /= (double)n;
	if (m->guarded)
		mix_length(m, q, pool, sum);
	for (i = 0; i < q->n; i++)
		scores[i] = (float)sum[i];
	free(one);
	free(sum);
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	(void)set, (void)report;
	return rk_members_grow(
	    &((struct model *)model)->members, p, pool, w, err);
}

static unsigned
needs_of(const void *model)
{
	const struct model *m = model;

	return rk_members_needs(&m->members) |
	    (m->guarded ? RK_NEEDS_TEXT | RK_NEEDS_EMBEDDING : 0);
}

const struct rk_router rk_router_auto = {
	.name = "auto",
	.about = "the best few of all routers, by cross-validation",
	.needs = RK_NEEDS_EMBEDDING | RK_GIVES_UNSEEN,
	.link = RK_LINK_PAIR,
	.params = params,
	.train = train,
	.open = model_open,
	.needs_of = needs_of,
	.score = score,
	.close = model_close,
	.grow = grow,
	.names = names,
	.tells_unlike = tells_unlike,
};
