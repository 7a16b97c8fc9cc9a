/*
 * many.c - what auto is for a pair, for any number of models: tries the routers
 * that predict each model's quality by cross-validation, puts them in order by
 * the squared error of the gain of one model over another, in all comparisons,
 * and is the mean of what the best few predict. Qualities are on one scale, so
 * that they are averaged as they are. There is no pair in it: any two models of
 * the file can be told apart, and a model can be added.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "route/search.h"
#include "route/members.h"

static const struct rk_param params[] = {
	{ "members", RK_PARAM_INT, "5", 1, RK_MEMBERS, NULL,
	    "how many of the best candidates are averaged" },
	{ "folds", RK_PARAM_INT, "5", 2, 50, NULL,
	    "parts that the prompts are cut into" },
	{ "sample", RK_PARAM_INT, "10000", 100, 1e9, NULL,
	    "most prompts that candidates are compared on" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

/* --- what is chosen ----------------------------------------------------------- */

struct choice {
	size_t n, trial[RK_MEMBERS];
	struct rk_evidence_diff constant,
	    length; /* their error less the best's */
};

/* The best few; length is compared with them, and predicts no quality. */
static void
choose(struct choice *c, const struct rk_search *s, size_t members,
    uint64_t seed, struct rk_pool *pool)
{
	const struct rk_evidence *best;
	size_t i;

	c->n = 0;
	for (i = 0; i < s->count && c->n < members; i++)
		if (s->order[i] != 0 && s->trial[s->order[i]].seen != NULL)
			c->trial[c->n++] = s->order[i];
	if (c->n == 0)
		return;
	best = s->trial[c->trial[0]].seen;
	c->constant = rk_evidence_less(s->constant, best, seed, pool);
	c->length = (struct rk_evidence_diff){ NAN, NAN, NAN };
	if (s->trial[0].seen != NULL)
		c->length = rk_evidence_less(
		    s->trial[0].seen, best, seed, pool);
}

static void
put_report(
    const struct rk_search *s, const struct choice *c, struct rk_report *report)
{
	rk_report_num(report, "prompts_compared", (double)s->prompts);
	rk_search_put(s, c->trial, c->n, &report->json);
	rk_search_put_diff(&report->json, "constant", &c->constant);
	rk_search_put_diff(&report->json, "length", &c->length);
	rk_search_table(s, c->trial, c->n, &report->table);
	if (rk_search_flat(s))
		rk_buf_adds(&report->note,
		    "the models' ratings alone say all: prompts do not differ "
		    "in which model is better\n");
	else if (!(c->constant.lo > 0))
		rk_buf_addf(&report->note,
		    "nothing is surely better than the models' ratings alone: "
		    "of their error, the best saves %.4f [%.4f, %.4f]\n",
		    rk_search_part(s, c->constant.diff),
		    rk_search_part(s, c->constant.lo),
		    rk_search_part(s, c->constant.hi));
}

/* --- training ----------------------------------------------------------------- */

/*
 * [n]: the default pair's score of each prompt compared, out of fold, for the
 * calibration; NULL where there is no pair.
 */
static double *
pair_unseen(const struct rk_search *s, const struct choice *c)
{
	const struct rk_prefs *p = s->p;
	double *out;
	size_t i, j;

	if (p->strong >= p->k || p->weak >= p->k)
		return NULL;
	out = rk_array(NULL, p->n, sizeof *out);
	for (i = 0; i < p->n; i++) {
		out[i] = s->part[i] == RK_PART_TRAIN ? 0 : NAN;
		for (j = 0; j < c->n; j++)
			out[i] += s->trial[c->trial[j]].score[i] / (double)c->n;
	}
	return out;
}

static int
keep(const struct rk_search *s, const struct choice *c,
    const struct rk_watch *watch, struct rk_pool *pool, struct rk_st_writer *w,
    struct rk_err *err)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct rk_watch part = rk_watch_part(watch,
		    (double)i / (double)c->n, (double)(i + 1) / (double)c->n,
		    "member %zu of %zu", i + 1, c->n);
		rk_watch_say(&part, 0, "%s", "");
		if (rk_members_train(&s->trial[c->trial[i]].how, i, s->p, &part,
			pool, w, err) != 0)
			return -1;
	}
	return 0;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_search s;
	struct choice c = { .n = 0 };
	struct rk_watch first = rk_watch_part(report->watch, 0, .9, "%s", "");
	struct rk_watch rest = rk_watch_part(report->watch, .9, 1, "%s", "");
	int rc = rk_search_many(&s, p, (size_t)rk_params_int(set, "sample"),
	    (int)rk_params_int(set, "folds"), seed, &first, pool, err);

	if (rc == 0) {
		choose(
		    &c, &s, (size_t)rk_params_int(set, "members"), seed, pool);
		rc = c.n > 0 ? keep(&s, &c, &rest, pool, w, err)
			     : rk_err_set(err, "no candidate could be trained");
	}
	if (rc == 0) {
		put_report(&s, &c, report);
		report->unseen = pair_unseen(&s, &c);
	}
	rk_search_free(&s);
	return rc;
}

/* --- scoring ------------------------------------------------------------------ */

static void
model_close(void *model)
{
	if (model != NULL)
		rk_members_close(model);
	free(model);
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct rk_members *m = rk_calloc(1, sizeof *m);
	size_t i;

	(void)set;
	if (rk_members_open(m, "many", st, prefix, k, seed, d, err) != 0) {
		free(m);
		return NULL;
	}
	for (i = 0; i < m->n; i++)
		if (rk_router_link(m->one[i].router, m->one[i].set) !=
		    RK_LINK_LINEAR) {
			rk_err_set(err,
			    "rk.member.%zu: %s predicts no qualities", i,
			    m->one[i].router->name);
			model_close(m);
			return NULL;
		}
	return m;
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct rk_members *m = model;
	float *one = rk_floats(q->n * cols);
	double *sum = rk_calloc(q->n * cols, sizeof *sum);
	size_t i, j;

	for (j = 0; j < m->n; j++) {
		struct rk_queries seen = *q;
		struct rk_more more = { .usd = NULL };
		if (q->more != NULL && j == rk_members_with_costs(m))
			more.usd = q->more->usd;
		if (q->more != NULL && j == rk_members_with_names(m)) {
			more.near = q->more->near;
			more.row = q->more->row;
			more.cosine = q->more->cosine;
		}
		seen.more = q->more != NULL ? &more : NULL;
		rk_learner_score(&m->one[j], &seen, rows, cols, pool, one);
		for (i = 0; i < q->n * cols; i++)
			sum[i] += (double)one[i];
	}
	for (i = 0; i < q->n * cols; i++)
		scores[i] = (float)(sum[i] / (double)m->n);
	free(one);
	free(sum);
}

static unsigned
needs_of(const void *model)
{
	return rk_members_needs(model);
}

static int
tells_costs(const void *model)
{
	const struct rk_members *m = model;

	return rk_members_with_costs(m) < m->n;
}

static const struct rk_names *
names(const void *model)
{
	const struct rk_members *m = model;
	size_t j = rk_members_with_names(m);

	return j < m->n ? rk_learner_names(&m->one[j]) : NULL;
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	(void)set, (void)report;
	return rk_members_grow(model, p, pool, w, err);
}

const struct rk_router rk_router_many = {
	.name = "many",
	.about = "the best few routers of each model's quality, by cross-"
		 "validation",
	.needs = RK_NEEDS_EMBEDDING | RK_GIVES_UNSEEN,
	.link = RK_LINK_LINEAR,
	.params = params,
	.train = train,
	.open = model_open,
	.needs_of = needs_of,
	.score = score,
	.close = model_close,
	.grow = grow,
	.tells_costs = tells_costs,
	.names = names,
};
