/*
 * auto.c - tries what there is by cross-validation and keeps the best few. The
 * candidates are routers, features and parameters; each scores the training
 * part from outside of its folds, and the squared error of the gain, a line of
 * the score taken out, puts them in order. The model is the mean of the ranks
 * of the best: a single winner of a wide grid is unstable, a mean of ranks is
 * not. A member's rank is the place of its score in the table of its own
 * out-of-fold scores, linear between entries and strictly increasing beyond
 * both ends; never a rank within a batch.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "io/json.h"
#include "route/auto-search.h"
#include "route/crossval.h"

enum { MAX_MEMBERS = 9 };

static const struct rk_param params[] = {
	{ "members", RK_PARAM_INT, "5", 1, MAX_MEMBERS, NULL,
	    "how many of the best candidates are averaged" },
	{ "folds", RK_PARAM_INT, "5", 2, 50, NULL,
	    "parts that the prompts are cut into" },
	{ "sample", RK_PARAM_INT, "10000", 100, 1e9, NULL,
	    "most prompts that candidates are compared on" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

/* --- ranks --------------------------------------------------------------------- */

/* Scores in rising order, each once, and their ranks in (0,1). */
struct table {
	size_t n;
	const double *x, *rank;
};

static double
rank_of(const struct table *t, double s)
{
	size_t lo = 0, hi = t->n - 1, mid;

	if (!(s > t->x[0]))
		return t->x[0] > 0 ? t->rank[0] * s / t->x[0] : t->rank[0];
	if (s >= t->x[hi])
		return t->x[hi] < 1 ? t->rank[hi] +
			(1 - t->rank[hi]) * (s - t->x[hi]) / (1 - t->x[hi])
				    : t->rank[hi];
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (t->x[mid] <= s)
			lo = mid;
		else
			hi = mid;
	}
	return t->rank[lo] +
	    (t->rank[hi] - t->rank[lo]) * (s - t->x[lo]) /
	    (t->x[hi] - t->x[lo]);
}

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The table of score[0..n), which it sorts; tied scores share the mean of their
 * ranks (i + 1) / (n + 1). Returns [2, m]: scores, then ranks. New.
 */
static double *
make_table(double *score, size_t n, size_t *m)
{
	double *out = rk_array(NULL, 2 * n, sizeof *out), *rank;
	size_t i, end;

	rank = rk_array(NULL, n, sizeof *rank);
	qsort(score, n, sizeof *score, rising);
	for (*m = 0, i = 0; i < n; i = end) {
		for (end = i + 1; end < n && score[end] == score[i]; end++)
			;
		out[*m] = score[i];
		rank[(*m)++] = ((double)(i + end - 1) / 2 + 1) /
		    ((double)n + 1);
	}
	memcpy(out + *m, rank, *m * sizeof *rank);
	free(rank);
	return out;
}

/* --- training --------------------------------------------------------------------- */

/* What is kept, and how sure it is that it is worth it. */
struct verdict {
	size_t members, member[MAX_MEMBERS]; /* trials */
	int length_alone;                    /* as nothing else is better */
	double error;
	struct rk_evidence_diff constant; /* the constant's error less ours */
	int has_length;
	struct rk_evidence_diff length; /* length's error less ours */
	double *mean; /* [n], the members' mean ranks, out of fold */
};

/* Trains the trial on all of the training part, and stores it as member M. */
static int
keep(const struct rk_auto_search *s, const struct rk_auto_trial *t, size_t m,
    const struct rk_watch *watch, struct rk_pool *pool, struct rk_st_writer *w,
    struct rk_err *err)
{
	struct rk_report report = { .watch = watch };
	struct rk_buf prefix = { 0 };
	char *outer = rk_strdup(rk_st_prefix_now(w));
	double *score = rk_calloc(s->p->n, sizeof *score), *table;
	size_t n = 0, i, shape[2] = { 2, 0 };
	int rc;

	for (i = 0; i < s->p->n; i++)
		if (s->part[i] == RK_PART_TRAIN)
			score[n++] = t->score[i];
	table = make_table(score, n, &shape[1]);
	rk_buf_addf(&prefix, "%s%zu.", outer, m);
	rk_st_prefix(w, prefix.p);
	rk_st_give(w, "rank", RK_F64, 2, shape, table);
	rc = rk_learner_train(&t->how, s->p, pool, w, &report, err);
	rk_st_prefix(w, outer);
	rk_buf_free(&prefix);
	free(outer);
	rk_report_free(&report);
	free(score);
	return rc;
}

/* The mean rank of the members on each prompt of the sample, out of fold. */
static double *
mean_ranks(const struct rk_auto_search *s, const struct verdict *v)
{
	double *out = rk_array(NULL, s->p->n, sizeof *out), *score;
	size_t i, j, n;

	for (i = 0; i < s->p->n; i++)
		out[i] = s->part[i] == RK_PART_TRAIN ? 0 : NAN;
	for (j = 0; j < v->members; j++) {
		const struct rk_auto_trial *t = &s->trial[v->member[j]];
		struct table table;
		double *x;
		score = rk_calloc(s->p->n, sizeof *score);
		for (n = 0, i = 0; i < s->p->n; i++)
			if (s->part[i] == RK_PART_TRAIN)
				score[n++] = t->score[i];
		x = make_table(score, n, &table.n);
		table.x = x;
		table.rank = x + table.n;
		for (i = 0; i < s->p->n; i++)
			if (s->part[i] == RK_PART_TRAIN)
				out[i] += rank_of(&table, t->score[i]) /
				    (double)v->members;
		free(x);
		free(score);
	}
	return out;
}

/* "members":[{"router":...,"params":{...}},...] for opening. */
static void
put_members(const struct rk_auto_search *s, const struct verdict *v,
    struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char key[32];
	size_t i;

	for (i = 0; i < v->members; i++) {
		const struct rk_auto_trial *t = &s->trial[v->member[i]];
		b.n = 0;
		rk_buf_addf(&b, "{\"router\":\"%s\",\"params\":", t->router);
		rk_params_json(t->set, &b);
		rk_buf_addc(&b, '}');
		snprintf(key, sizeof key, "rk.member.%zu", i);
		rk_st_put_meta(w, key, b.p);
	}
	rk_buf_free(&b);
}

/* --- what came of it ------------------------------------------------------- */

static void
judge(struct verdict *v, const struct rk_auto_search *s, uint64_t seed,
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
	v->has_length = length != NULL;
	if (length != NULL)
		v->length = rk_evidence_less(length, e, seed, pool);
	rk_evidence_free(mean);
}

/*
 * The best few; or length alone where their mean predicts no better than it,
 * and it better than a constant.
 */
static void
choose(struct verdict *v, const struct rk_auto_search *s, size_t members,
    uint64_t seed, struct rk_pool *pool)
{
	v->members = members < s->usable ? members : s->usable;
	memcpy(v->member, s->order, v->members * sizeof *v->member);
	v->mean = mean_ranks(s, v);
	judge(v, s, seed, pool);
	v->length_alone = v->has_length && !(v->length.diff > 0) &&
	    s->trial[0].error < s->constant_error;
	if (v->length_alone) {
		v->members = 1;
		v->member[0] = 0;
		free(v->mean);
		v->mean = mean_ranks(s, v);
	}
}

static int
is_chosen(const struct verdict *v, size_t trial)
{
	size_t i;

	for (i = 0; i < v->members; i++)
		if (v->member[i] == trial)
			return 1;
	return 0;
}

static void
add_num(struct rk_buf *b, const char *before, double x)
{
	rk_buf_adds(b, before);
	if (isfinite(x))
		rk_buf_addf(b, "%.6g", x);
	else
		rk_buf_adds(b, "null");
}

static void
add_diff(struct rk_buf *b, const char *name, const struct rk_evidence_diff *d)
{
	rk_buf_addf(b, ",\"%s\":{\"error_less\":", name);
	add_num(b, "", d->diff);
	add_num(b, ",\"lo\":", d->lo);
	add_num(b, ",\"hi\":", d->hi);
	rk_buf_adds(b, "}");
}

static void
put_record(const struct rk_auto_search *s, const struct verdict *v,
    struct rk_report *report)
{
	struct rk_buf *b = &report->json;
	size_t i;

	rk_report_num(report, "prompts_compared", (double)s->prompts);
	rk_buf_addf(b, ",\"compared_by\":\"%s\"",
	    s->by_all ? "all comparisons" : "the pair");
	add_num(b, ",\"error\":", v->error);
	add_num(b, ",\"error_of_constant\":", s->constant_error);
	rk_buf_adds(b, ",\"candidates\":[");
	for (i = 0; i < s->count; i++) {
		const struct rk_auto_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(b,
		    "%s{\"router\":\"%s\",\"set\":\"%s\",\"features\":\"%s\"",
		    i ? "," : "", t->router, t->params, t->blocks);
		add_num(b, ",\"error\":", t->error);
		rk_buf_addf(b, ",\"chosen\":%s}",
		    is_chosen(v, s->order[i]) ? "true" : "false");
	}
	rk_buf_addf(b, "],\"beats_constant\":%s",
	    v->constant.lo > 0 ? "true" : "false");
	add_diff(b, "against_constant", &v->constant);
	rk_buf_addf(
	    b, ",\"length_alone\":%s", v->length_alone ? "true" : "false");
	if (v->has_length) {
		rk_buf_addf(b, ",\"beats_length\":%s",
		    v->length.lo > 0 ? "true" : "false");
		add_diff(b, "against_length", &v->length);
	}
}

/* "0.0140 [0.0041, 0.0252]", in parts of the constant's error. */
static void
say_diff(struct rk_buf *b, const char *before, const struct rk_evidence_diff *d,
    double of)
{
	rk_buf_addf(b, "%s%.4f [%.4f, %.4f]", before, d->diff / of, d->lo / of,
	    d->hi / of);
}

static void
put_table(
    const struct rk_auto_search *s, const struct verdict *v, struct rk_buf *b)
{
	double of = s->constant_error;
	size_t i;

	rk_buf_addf(b, "%-8s %-24s %-18s %-7s\n", "router", "parameters",
	    "features", "error, of a constant's");
	for (i = 0; i < s->count; i++) {
		const struct rk_auto_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(
		    b, "%-8s %-24s %-18s ", t->router, t->params, t->blocks);
		if (isfinite(t->error))
			rk_buf_addf(b, "%.4f%s\n", t->error / of,
			    is_chosen(v, s->order[i]) ? " chosen" : "");
		else
			rk_buf_adds(b, "could not be trained\n");
	}
	rk_buf_addf(b,
	    "compared on %zu prompts by the squared error of the gain of %s, "
	    "in %d folds\n",
	    s->prompts, s->by_all ? "all comparisons" : "the pair", s->folds);
	rk_buf_addf(b, "%s: %.4f",
	    s->by_all ? "the best" : "the best ones' mean rank", v->error / of);
	say_diff(b, ", below a constant's by ", &v->constant, of);
	if (v->has_length)
		say_diff(b, ", below length's by ", &v->length, of);
	rk_buf_addc(b, '\n');
}

static void
put_note(
    const struct rk_auto_search *s, const struct verdict *v, struct rk_buf *b)
{
	double of = s->constant_error;

	if (s->by_all)
		rk_buf_addf(b,
		    "%zu prompts have a comparison of the pair: candidates "
		    "were compared by all comparisons of %zu prompts\n",
		    s->with_pair, s->prompts);
	if (!(v->constant.lo > 0)) {
		say_diff(b,
		    "nothing is surely better than a constant: of its "
		    "error is saved ",
		    &v->constant, of);
		rk_buf_addc(b, '\n');
	}
	if (v->has_length && !(v->length.lo > 0)) {
		say_diff(b,
		    "nothing is surely better than the length of the "
		    "prompt: of a constant's error is saved beyond it ",
		    &v->length, of);
		rk_buf_addc(b, '\n');
	}
	if (v->length_alone)
		rk_buf_adds(b, "the model is the length of the prompt alone\n");
}

/* --- training -------------------------------------------------------------- */

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
keep_all(const struct rk_auto_search *s, const struct verdict *v,
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
	put_members(s, v, w);
	return 0;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_auto_search s;
	size_t members = (size_t)rk_params_int(set, "members");
	size_t sample = (size_t)rk_params_int(set, "sample");
	int folds = (int)rk_params_int(set, "folds"), rc;
	double share = searching(p, sample, folds, members);
	struct rk_watch first, rest;
	struct verdict v = { .mean = NULL };

	first = rk_watch_part(report->watch, 0, share, "%s", "");
	rest = rk_watch_part(report->watch, share, 1, "%s", "");
	rc = rk_auto_search(&s, p, sample, folds, seed, &first, pool, err);
	if (rc == 0) {
		choose(&v, &s, members, seed, pool);
		rc = keep_all(&s, &v, &rest, pool, w, err);
	}
	if (rc == 0) {
		put_record(&s, &v, report);
		put_table(&s, &v, &report->table);
		put_note(&s, &v, &report->note);
		report->unseen = v.mean;
		v.mean = NULL;
	}
	free(v.mean);
	rk_auto_search_free(&s);
	return rc;
}

/* --- scoring ------------------------------------------------------------------------ */

struct model {
	size_t members;
	struct rk_learner member[MAX_MEMBERS];
	struct table table[MAX_MEMBERS];
};

static void
model_close(void *model)
{
	struct model *m = model;
	size_t i;

	for (i = 0; m != NULL && i < m->members; i++)
		rk_learner_close(&m->member[i]);
	free(m);
}

static int
open_table(struct table *t, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t shape[2] = { 2, SIZE_MAX };
	const struct rk_tensor *x = rk_router_tensor(
	    st, prefix, "rank", RK_F64, 2, shape, err);
	size_t i;

	if (x == NULL)
		return -1;
	t->n = x->shape[1];
	t->x = x->data;
	t->rank = t->x + t->n;
	if (t->n == 0)
		return rk_err_set(err, "%srank: empty", prefix);
	for (i = 0; i < t->n; i++)
		if (!(t->x[i] >= 0 && t->x[i] <= 1) ||
		    !(t->rank[i] > 0 && t->rank[i] < 1) ||
		    (i > 0 &&
			!(t->x[i] > t->x[i - 1] &&
			    t->rank[i] > t->rank[i - 1])))
			return rk_err_set(err,
			    "%srank: expected rising numbers within 0 to 1",
			    prefix);
	return 0;
}

static int
open_one(struct model *m, const struct rk_st *st, const char *under,
    const char *json, size_t k, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct rk_learner *l = &m->member[m->members];
	struct rk_buf router = { 0 }, set = { 0 };
	char prefix[64];
	int rc;

	snprintf(prefix, sizeof prefix, "%s%zu.", under, m->members);
	rc = rk_json_text(json, "router", &router, err) == 1 &&
		rk_json_object(json, "params", &set, err) == 1
	    ? 0
	    : rk_err_set(
		  err, "rk.member.%zu: expected router and params", m->members);
	if (rc == 0 && strcmp(router.p, "auto") == 0)
		rc = rk_err_set(err, "rk.member.%zu: auto in auto", m->members);
	if (rc == 0)
		rc = open_table(&m->table[m->members], st, prefix, err);
	if (rc == 0)
		rc = rk_learner_open(
		    l, st, prefix, k, router.p, set.p, seed, err);
	if (rc == 0) {
		m->members++;
		if (*d == 0)
			*d = l->d;
		if (l->d != 0 && l->d != *d)
			rc = rk_err_set(err,
			    "member %s wants embeddings of %zu numbers, "
			    "another %zu",
			    prefix, l->d, *d);
	}
	rk_buf_free(&router);
	rk_buf_free(&set);
	return rc;
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);
	const char *json;
	char key[32];

	(void)set;
	*d = 0;
	while (m->members < MAX_MEMBERS) {
		snprintf(key, sizeof key, "rk.member.%zu", m->members);
		json = rk_st_meta(st, key);
		if (json == NULL)
			break;
		if (open_one(m, st, prefix, json, k, seed, d, err) != 0) {
			model_close(m);
			return NULL;
		}
	}
	if (m->members > 0)
		return m;
	rk_err_set(err, "auto: no rk.member.0 in the file");
	model_close(m);
	return NULL;
}

/* The first member that keeps prompts, the best of them; else members. */
static size_t
with_names(const struct model *m)
{
	size_t j;

	for (j = 0; j < m->members; j++)
		if (rk_learner_names(&m->member[j]) != NULL)
			break;
	return j;
}

static const struct rk_names *
names(const void *model)
{
	const struct model *m = model;
	size_t j = with_names(m);

	return j < m->members ? rk_learner_names(&m->member[j]) : NULL;
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct model *m = model;
	struct rk_queries bare = *q;
	float *one = rk_floats(q->n);
	double *sum = rk_calloc(q->n, sizeof *sum);
	size_t named = with_names(m), i, j;

	(void)cols;
	bare.more = NULL;
	for (j = 0; j < m->members; j++) {
		rk_learner_score_pair(&m->member[j], j == named ? q : &bare,
		    rows[0], rows[1], pool, one);
		for (i = 0; i < q->n; i++)
			sum[i] += rank_of(&m->table[j], (double)one[i]);
	}
	for (i = 0; i < q->n; i++)
		scores[i] = (float)(sum[i] / (double)m->members);
	free(one);
	free(sum);
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct model *m = model;
	char *outer = p != NULL ? rk_strdup(rk_st_prefix_now(w)) : NULL;
	struct rk_buf prefix = { 0 };
	size_t j;
	int rc = 0;

	(void)set, (void)report;
	for (j = 0; j < m->members && rc == 0; j++) {
		struct rk_report own = { .unseen = NULL };
		prefix.n = 0;
		rk_buf_addf(&prefix, "%s%zu.", outer ? outer : "", j);
		if (p != NULL)
			rk_st_prefix(w, prefix.p);
		rc = rk_learner_grow(&m->member[j], p, pool, w, &own, err);
		if (rc != 0)
			rk_err_in(err, "member %zu", j);
		rk_buf_free(&own.json);
	}
	if (p != NULL)
		rk_st_prefix(w, outer);
	rk_buf_free(&prefix);
	free(outer);
	return rc;
}

static unsigned
needs_of(const void *model)
{
	const struct model *m = model;
	unsigned needs = 0;
	size_t i;

	for (i = 0; i < m->members; i++)
		needs |= m->member[i].needs;
	return needs;
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
};
