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
#include "pref/folds.h"
#include "route/crossval.h"
#include "route/learner.h"

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

static const struct candidate {
	const char *router, *set, *features;
} candidates[] = {
#define BARE    "embedding"
#define SURFACE "embedding,surface"
#define BOTH(router, set)            \
	{ router, set, BARE },       \
	{                            \
		router, set, SURFACE \
	}
	{ "length", NULL, BARE },
	BOTH("sw", "power=10"),
	BOTH("sw", "power=100"),
	BOTH("sw", "power=1000"),
	BOTH("mf", NULL),
	BOTH("linear", NULL),
	BOTH("knn", "k=50"),
	BOTH("knn", "k=100"),
	BOTH("knn", "k=200"),
};

enum { CANDIDATES = sizeof candidates / sizeof *candidates };

/* What came of a candidate. */
struct trial {
	const struct candidate *c;
	struct rk_params *set;
	struct rk_features features;
	struct rk_learner_how how;
	double *score; /* [n], out of fold */
	double error;  /* INFINITY: it could not be tried */
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

struct search {
	const struct rk_prefs *p;
	struct rk_prefs sampled; /* p, with the rest put out */
	uint8_t *part, *fold;
	double *gain;
	size_t n; /* prompts that candidates are compared on */
	struct trial trial[CANDIDATES];
	size_t order[CANDIDATES]; /* by error */
};

/* At most SAMPLE prompts of the training part, drawn by their digests. */
static void
draw(struct search *s, size_t sample, uint64_t seed)
{
	const struct rk_prefs *p = s->p;
	uint64_t *digest = rk_calloc(p->n, sizeof *digest);
	size_t *which = rk_calloc(p->n, sizeof *which), n = 0, i;
	uint8_t *in = rk_calloc(p->n, 1);

	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN) {
			which[n] = i;
			digest[n++] = p->digest[i];
		}
	rk_folds_by_digest(
	    in, digest, n, n > sample ? (double)sample / (double)n : 1, seed);
	for (i = 0; i < p->n; i++)
		s->part[i] = p->valid[i] == RK_PART_VALID ? RK_PART_VALID
							  : RK_PART_OUT;
	for (i = 0; i < n; i++)
		if (in[i])
			s->part[which[i]] = RK_PART_TRAIN;
	s->sampled = *p;
	s->sampled.valid = s->part;
	free(digest);
	free(which);
	free(in);
}

/* Sets up trial I; the table of candidates is known to be right. */
static void
prepare(struct trial *t, const struct candidate *c, size_t n, uint64_t seed)
{
	struct rk_err err = { { 0 } };
	const struct rk_router *r = rk_router_find(c->router, &err);

	t->c = c;
	t->set = rk_params_new(r->params);
	if (c->set != NULL)
		rk_params_set(t->set, c->set, &err);
	rk_features_parse(&t->features, c->features, &err);
	t->how = (struct rk_learner_how){ r, t->set, &t->features, seed };
	t->score = rk_calloc(n, sizeof *t->score);
	t->error = INFINITY;
}

static void
try_all(struct search *s, int folds, uint64_t seed,
    const struct rk_watch *watch, struct rk_pool *pool)
{
	size_t i, j, k;

	for (i = 0; i < CANDIDATES; i++) {
		struct trial *t = &s->trial[i];
		struct rk_err err = { { 0 } };
		struct rk_watch part;
		unsigned text;
		prepare(t, &candidates[i], s->p->n, seed);
		part = rk_watch_part(watch, (double)i / CANDIDATES,
		    (double)(i + 1) / CANDIDATES, "%s%s%s", t->c->router,
		    t->c->set ? " " : "", t->c->set ? t->c->set : "");
		text = t->features.on || (t->how.router->needs & RK_NEEDS_TEXT);
		if ((!text || s->p->text != NULL) &&
		    rk_crossval_score(&t->how, &s->sampled, s->fold, folds,
			&part, pool, t->score, &err) == 0)
			t->error = rk_crossval_error(
			    &s->sampled, s->gain, t->score);
		/* insertion: equal errors stay in the table's order */
		for (j = i; j > 0; j--) {
			k = s->order[j - 1];
			if (s->trial[k].error <= t->error)
				break;
			s->order[j] = k;
		}
		s->order[j] = i;
	}
}

/* Trains the trial on all of the training part, and stores it as member M. */
static int
keep(const struct search *s, const struct trial *t, size_t m,
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
	rk_buf_free(&report.json);
	free(report.unseen);
	free(score);
	return rc;
}

/* The mean rank of the members on each prompt of the sample, out of fold. */
static double *
mean_ranks(const struct search *s, size_t members)
{
	double *out = rk_array(NULL, s->p->n, sizeof *out), *score;
	size_t i, j, n;

	for (i = 0; i < s->p->n; i++)
		out[i] = s->part[i] == RK_PART_TRAIN ? 0 : NAN;
	for (j = 0; j < members; j++) {
		const struct trial *t = &s->trial[s->order[j]];
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
				    (double)members;
		free(x);
		free(score);
	}
	return out;
}

/* "members":[{"router":...,"params":{...}},...] for opening. */
static void
put_members(const struct search *s, size_t members, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char key[32];
	size_t i;

	for (i = 0; i < members; i++) {
		const struct trial *t = &s->trial[s->order[i]];
		b.n = 0;
		rk_buf_addf(&b, "{\"router\":\"%s\",\"params\":", t->c->router);
		rk_params_json(t->set, &b);
		rk_buf_addc(&b, '}');
		snprintf(key, sizeof key, "rk.member.%zu", i);
		rk_st_put_meta(w, key, b.p);
	}
	rk_buf_free(&b);
}

static void
report_search(const struct search *s, size_t members, double constant,
    struct rk_report *report)
{
	double best = s->trial[s->order[0]].error, length = NAN;
	struct rk_buf *b = &report->json;
	size_t i;

	rk_report_num(report, "prompts_compared", (double)s->n);
	rk_report_num(report, "error_of_constant", constant);
	rk_buf_adds(b, ",\"candidates\":[");
	for (i = 0; i < CANDIDATES; i++) {
		const struct trial *t = &s->trial[s->order[i]];
		if (strcmp(t->c->router, "length") == 0)
			length = t->error;
		rk_buf_addf(b,
		    "%s{\"router\":\"%s\",\"set\":\"%s\",\"features\":\"%s\","
		    "\"error\":",
		    i ? "," : "", t->c->router, t->c->set ? t->c->set : "",
		    t->c->features);
		if (isfinite(t->error))
			rk_buf_addf(b, "%.6g", t->error);
		else
			rk_buf_adds(b, "null");
		rk_buf_addf(
		    b, ",\"chosen\":%s}", i < members ? "true" : "false");
	}
	rk_buf_addf(b, "],\"beats_constant\":%s,\"beats_length\":%s",
	    best < constant ? "true" : "false",
	    !isfinite(length) || best < length ? "true" : "false");
}

static void
search_free(struct search *s)
{
	size_t i;

	for (i = 0; i < CANDIDATES; i++) {
		rk_params_free(s->trial[i].set);
		free(s->trial[i].score);
	}
	free(s->part);
	free(s->fold);
	free(s->gain);
}

/*
 * The share of the work that is the comparison: what is trained on so many
 * prompts, taken to cost as many.
 */
static double
searching(const struct search *s, int folds, size_t members)
{
	double all = 0,
	       search = (double)CANDIDATES * (folds - 1) * (double)s->n;
	size_t i;

	for (i = 0; i < s->p->n; i++)
		all += s->p->valid[i] == RK_PART_TRAIN;
	return search / (search + (double)members * all);
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct search s = { .p = p };
	int folds = (int)rk_params_int(set, "folds"), rc = 0;
	size_t members = (size_t)rk_params_int(set, "members"), i, usable = 0;
	double *zero, search_part;
	struct rk_watch part;

	s.part = rk_calloc(p->n, 1);
	s.fold = rk_calloc(p->n, 1);
	s.gain = rk_calloc(p->n, sizeof *s.gain);
	draw(&s, (size_t)rk_params_int(set, "sample"), seed);
	s.n = rk_crossval_gain(&s.sampled, s.gain);
	if (s.n < RK_CROSSVAL_LEAST) {
		rk_err_set(err,
		    "%zu prompts with a comparison of the pair, expected at "
		    "least %d",
		    s.n, RK_CROSSVAL_LEAST);
		search_free(&s);
		return -1;
	}
	rk_crossval_folds(
	    s.fold, &s.sampled, folds, RK_CROSSVAL_NEAR, seed, pool);
	search_part = searching(&s, folds, members);
	part = rk_watch_part(report->watch, 0, search_part, "%s", "");
	try_all(&s, folds, seed, &part, pool);
	for (i = 0; i < CANDIDATES; i++)
		usable += isfinite(s.trial[i].error) != 0;
	if (members > usable)
		members = usable;
	if (members == 0)
		rc = rk_err_set(err, "no candidate could be trained");
	for (i = 0; i < members && rc == 0; i++) {
		double share = (1 - search_part) / (double)members;
		part = rk_watch_part(report->watch,
		    search_part + share * (double)i,
		    search_part + share * (double)(i + 1), "member %zu of %zu",
		    i + 1, members);
		rk_watch_say(&part, 0, "%s", "");
		rc = keep(&s, &s.trial[s.order[i]], i, &part, pool, w, err);
	}
	if (rc == 0) {
		put_members(&s, members, w);
		zero = rk_calloc(p->n, sizeof *zero);
		report_search(&s, members,
		    rk_crossval_error(&s.sampled, s.gain, zero), report);
		free(zero);
		report->unseen = mean_ranks(&s, members);
	}
	search_free(&s);
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

const struct rk_router rk_router_auto = {
	.name = "auto",
	.about = "the best few of all routers, by cross-validation",
	.needs = RK_NEEDS_EMBEDDING | RK_WANTS_TEXT | RK_GIVES_UNSEEN,
	.link = RK_LINK_PAIR,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
	.grow = grow,
	.names = names,
};
