/*
 * knn.c - a model's quality is its mean target (pref/target.h) over the k
 * training prompts whose cosines to the query are largest, of those where it
 * is known; where it is known on none, its mean over all. So is its cost.
 *
 * With guard = Z a model's quality is that of the fallback, the default pair's
 * weak model, and what the neighbours prove of the model's gain over it: over
 * the n neighbours where both are known, with the mean gain g,
 *
 *   g - Z se,   se^2 = (sum (g_i - g)^2 + s^2) / n^2,
 *
 * s^2 being the variance of the gain over all prompts, which stands for one
 * neighbour more, so that few who agree by chance prove little. With n = 0 g
 * is the difference of the means and se is s. A pair's score with the fallback
 * so is above 1/2 exactly where the gain clears Z standard errors, and in the
 * order of the lower bound on both sides of it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "route/labels.h"
#include "route/names.h"
#include "route/nearest.h"
#include "route/stored.h"

static const struct rk_param params[] = {
	{ "k", RK_PARAM_INT, "100", 1, 1e6, NULL,
	    "how many of the likest prompts are asked" },
	{ "guard", RK_PARAM_NUM, "0", 0, 100, NULL,
	    "standard errors that a gain over the weak model must clear; "
	    "0: off" },
	{ "half", RK_PARAM_INT, "0", 0, 1, NULL,
	    "1: keep the embeddings as 16-bit floats" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/* --- training -------------------------------------------------------------- */

/* spread[k]: the standard deviation of each model's gain over FALLBACK. */
static float *
find_spread(const struct rk_target *t, size_t fallback)
{
	float *spread = rk_floats(t->k);
	size_t m, i;

	for (m = 0; m < t->k; m++) {
		double n = 0, sum = 0, squares = 0, var;
		for (i = 0; i < t->n; i++) {
			const float *row = t->t + i * t->k;
			double g = (double)row[m] - row[fallback];
			if (isnan(g))
				continue;
			n++;
			sum += g;
			squares += g * g;
		}
		var = n > 1 ? (squares - sum * sum / n) / (n - 1) : 1;
		spread[m] = (float)sqrt(var > 0 ? var : 0);
	}
	return spread;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	int guard = rk_params_num(set, "guard") > 0;
	const size_t one = 1;
	struct rk_target t;
	uint32_t *row, *fallback;
	size_t n;

	(void)seed, (void)pool;
	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "knn needs embeddings");
	if (guard && p->weak >= p->k)
		return rk_err_set(err, "guard needs --strong and --weak");
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	row = rk_array(NULL, p->n, sizeof *row);
	n = rk_labels_rows(row, &t);
	rk_stored_put(
	    "knn.embedding", p, row, n, (int)rk_params_int(set, "half"), w);
	rk_names_put("knn", p, row, n, w);
	rk_labels_put("knn", &t, p, row, n, w);
	if (guard) {
		fallback = rk_malloc(sizeof *fallback);
		*fallback = (uint32_t)p->weak;
		rk_st_give(w, "knn.fallback", RK_U32, 1, &one, fallback);
		rk_st_give(w, "knn.spread", RK_F32, 1, &p->k,
		    find_spread(&t, p->weak));
	}
	rk_report_num(report, "prompts", (double)n);
	free(row);
	rk_target_free(&t);
	return 0;
}

/* --- opening --------------------------------------------------------------- */

struct model {
	struct rk_mat_rows rows;
	size_t k;    /* models */
	size_t near; /* neighbours */
	struct rk_names names;
	struct rk_labels labels;
	double guard;
	size_t fallback;
	const float *spread; /* [k] */
};

static void
model_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_names_free(&m->names);
	rk_labels_free(&m->labels);
	free(m);
}

static int
open_guard(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t one = 1;
	const struct rk_tensor *f, *s;

	f = rk_router_tensor(st, prefix, "knn.fallback", RK_U32, 1, &one, err);
	s = rk_router_tensor(st, prefix, "knn.spread", RK_F32, 1, &m->k, err);
	if (f == NULL || s == NULL)
		return -1;
	m->fallback = *(const uint32_t *)f->data;
	m->spread = s->data;
	if (m->fallback >= m->k)
		return rk_err_set(err, "%s: found model %zu of %zu", f->name,
		    m->fallback, m->k);
	return rk_router_within(s, 0, err);
}

static int
open_all(struct model *m, const struct rk_st *st, const char *prefix,
    const struct rk_params *set, struct rk_err *err)
{
	if (rk_stored_open(&m->rows, st, prefix, "knn.embedding", err) != 0 ||
	    rk_names_open(&m->names, st, prefix, "knn", m->rows.n, err) != 0 ||
	    rk_labels_open(
		&m->labels, st, prefix, "knn", m->rows.n, m->k, err) != 0)
		return -1;
	m->near = (size_t)rk_params_int(set, "k");
	if (m->near > m->rows.n)
		m->near = m->rows.n;
	m->guard = rk_params_num(set, "guard");
	return m->guard > 0 ? open_guard(m, st, prefix, err) : 0;
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);

	(void)seed;
	m->k = k;
	if (open_all(m, st, prefix, set, err) != 0) {
		model_close(m);
		return NULL;
	}
	*d = m->rows.d;
	return m;
}

/* --- scoring --------------------------------------------------------------- */

struct job {
	const struct model *m;
	const struct rk_more *more; /* or NULL */
	const size_t *rows;
	size_t cols;
	float *scores;
	struct rk_nearest *nearest; /* [threads] */
	struct rk_nearest *named;   /* [threads], for more->row */
};

/* The mean over the neighbours where it is known, else over all. */
static double
mean_of(const struct model *m, const uint32_t *row, size_t model)
{
	double sum = 0, n = 0;
	size_t i;

	for (i = 0; i < m->near; i++) {
		double t = rk_labels_target(&m->labels, row[i], model);
		if (isnan(t))
			continue;
		sum += t;
		n++;
	}
	return n > 0 ? sum / n : m->labels.mean[model];
}

static double
cost_of(const struct model *m, const uint32_t *row, size_t model)
{
	double sum = 0, n = 0;
	size_t i;

	for (i = 0; i < m->near; i++) {
		double usd = rk_labels_cost(&m->labels, row[i], model);
		if (isnan(usd))
			continue;
		sum += usd;
		n++;
	}
	return n > 0 ? sum / n : m->labels.cost_mean[model];
}

/* The lower bound of the model's gain over the fallback. */
static double
proven(const struct model *m, const uint32_t *row, size_t model)
{
	double s = m->spread[model], n = 0, sum = 0, squares = 0, off;
	size_t i;

	for (i = 0; i < m->near; i++) {
		double g = rk_labels_target(&m->labels, row[i], model) -
		    rk_labels_target(&m->labels, row[i], m->fallback);
		if (isnan(g))
			continue;
		n++;
		sum += g;
		squares += g * g;
	}
	if (n <= 0)
		return m->labels.mean[model] - m->labels.mean[m->fallback] -
		    m->guard * s;
	off = squares - sum * sum / n;
	return sum / n - m->guard * sqrt((off > 0 ? off : 0) + s * s) / n;
}

/* What is asked beside scores of query I, whose neighbours are row[near]. */
static void
tell_more(const struct job *t, size_t i, const uint32_t *row, const float *unit,
    const float *cosine, int thread)
{
	const struct rk_more *more = t->more;
	size_t k = t->m->k, c;

	for (c = 0; more->usd != NULL && c < k; c++)
		more->usd[i * k + c] = cost_of(t->m, row, c);
	if (more->near > 0)
		rk_nearest_first(&t->named[thread], &t->m->rows, unit, cosine,
		    more->row + i * more->near, more->cosine + i * more->near);
}

static void
score_one(void *ctx, size_t i, const float *unit, float *cosine, int thread)
{
	const struct job *t = ctx;
	const struct model *m = t->m;
	const uint32_t *row = t->nearest[thread].row;
	size_t c;

	rk_nearest_find(&t->nearest[thread], &m->rows, unit, cosine);
	for (c = 0; c < t->cols; c++) {
		double s;
		if (m->guard <= 0 || t->rows[c] == m->fallback)
			s = mean_of(m, row, t->rows[c]);
		else
			s = mean_of(m, row, m->fallback) +
			    proven(m, row, t->rows[c]);
		t->scores[i * t->cols + c] = (float)s;
	}
	if (t->more != NULL)
		tell_more(t, i, row, unit, cosine, thread);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	size_t threads = (size_t)rk_pool_size(pool);
	struct job t = { m, q->more, rows, cols, scores, NULL, NULL };

	t.nearest = rk_nearest_new(&m->rows, m->near, threads);
	if (q->more != NULL && q->more->near > 0)
		t.named = rk_nearest_new(&m->rows, q->more->near, threads);
	rk_stored_each(&m->rows, q, pool, score_one, NULL, &t);
	rk_nearest_free(t.nearest, threads);
	rk_nearest_free(t.named, threads);
}

static int
tells_costs(const void *model)
{
	return ((const struct model *)model)->labels.cost != NULL;
}

static const struct rk_names *
names(const void *model)
{
	return &((const struct model *)model)->names;
}

/* --- one model more --------------------------------------------------------- */

/* The spread[k + 1] with that of the column NEW over the fallback's. */
static void
grow_spread(const struct model *m, const float *new, struct rk_st_writer *w)
{
	const size_t n = m->rows.n, k = m->labels.k + 1;
	float *pair = rk_floats(2 * n), *spread = rk_floats(k), *own;
	const struct rk_target t = { .n = n, .k = 2, .t = pair };
	size_t i;

	for (i = 0; i < n; i++) {
		pair[2 * i] = new[i];
		pair[2 * i + 1] = (float)rk_labels_target(
		    &m->labels, i, m->fallback);
	}
	own = find_spread(&t, 1);
	memcpy(spread, m->spread, (k - 1) * sizeof *spread);
	spread[k - 1] = own[0];
	rk_st_give(w, "knn.spread", RK_F32, 1, &k, spread);
	free(own);
	free(pair);
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const struct model *m = model;
	float *new = rk_floats(m->rows.n);
	int rc;

	(void)set, (void)pool;
	rc = rk_labels_grow(
	    "knn", &m->labels, &m->names, p, new, w, report, err);
	if (rc == 0 && p != NULL && m->guard > 0)
		grow_spread(m, new, w);
	free(new);
	return rc;
}

const struct rk_router rk_router_knn = {
	.name = "knn",
	.about = "each model's mean quality on the likest prompts",
	.needs = RK_NEEDS_EMBEDDING,
	.link = RK_LINK_LINEAR,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
	.grow = grow,
	.tells_costs = tells_costs,
	.names = names,
};
