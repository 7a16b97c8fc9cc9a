/*
 * cluster.c - prompts in clusters, a quality for each cluster and model (as
 * Avengers-Pro, arXiv 2508.12631). Training finds centres of the prompts' unit
 * vectors by k-means; a model's quality in a cluster is the mean of its targets
 * (pref/target.h) there, with `pseudo` more that have its mean over all. A query
 * is in the `near` clusters whose centres are nearest, with the weights
 *
 *   softmax(-beta |q - c|),
 *
 * and a model's quality is the weighted mean of its qualities there. Costs, if
 * the data have some, are kept and predicted in the same way.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/prices.h"
#include "math/kmeans.h"
#include "math/mat.h"
#include "route/labels.h"

enum {
	TILE = 128, /* queries that a thread scores at a time */
	MOST_NEAR = 64,
	MOST_CLUSTERS = 65536,
	STEPS = 300 /* of a start of k-means */
};

static const struct rk_param params[] = {
	{ "clusters", RK_PARAM_INT, "32", 1, 4096, NULL,
	    "how many clusters the prompts are put into" },
	{ "near", RK_PARAM_INT, "4", 1, MOST_NEAR, NULL,
	    "nearest clusters that a query is in" },
	{ "beta", RK_PARAM_NUM, "30", 0, 1e4, NULL,
	    "how fast a cluster's weight falls with its distance" },
	{ "pseudo", RK_PARAM_NUM, "5", 0, 1e6, NULL,
	    "prompts with a model's mean quality that are put into each cluster" },
	{ "restarts", RK_PARAM_INT, "10", 1, 1000, NULL,
	    "starts of k-means, of which the best is kept" },
	{ "tolerance", RK_PARAM_NUM, "1e-4", 0, 1, NULL,
	    "squared move of the centres, in mean variances, that ends a start" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/* --- training -------------------------------------------------------------- */

/* Leaves out the clusters that are empty; nearest[] follows. */
static void
drop_empty(struct rk_kmeans *c)
{
	size_t *to = rk_calloc(c->clusters, sizeof *to), n = 0, i;

	for (i = 0; i < c->n; i++)
		to[c->nearest[i]] = 1;
	for (i = 0; i < c->clusters; i++) {
		if (!to[i])
			continue;
		memmove(c->centre + n * c->d, c->centre + i * c->d,
		    c->d * sizeof *c->centre);
		to[i] = n++;
	}
	for (i = 0; i < c->n; i++)
		c->nearest[i] = (uint32_t)to[c->nearest[i]];
	c->clusters = n;
	free(to);
}

/*
 * out[clusters, k]: the mean of v[row[i], m] over the prompts of a cluster, and
 * of PSEUDO more with the mean over all; NaN where a model has none at all.
 */
static float *
tabulate(const struct rk_kmeans *c, const uint32_t *row, const float *v,
    size_t k, double pseudo)
{
	double *sum = rk_calloc(2 * (c->clusters + 1) * k, sizeof *sum);
	double *n = sum + (c->clusters + 1) * k, *all = sum + c->clusters * k;
	double *count = n + c->clusters * k;
	float *out = rk_floats(c->clusters * k);
	size_t i, m;

	for (i = 0; i < c->n; i++)
		for (m = 0; m < k; m++) {
			double x = v[row[i] * k + m];
			if (isnan(x))
				continue;
			sum[c->nearest[i] * k + m] += x;
			n[c->nearest[i] * k + m]++;
			all[m] += x;
			count[m]++;
		}
	for (i = 0; i < c->clusters * k; i++) {
		double mean = count[i % k] > 0 ? all[i % k] / count[i % k]
					       : NAN;
		out[i] = (float)(n[i] + pseudo > 0
			? (sum[i] + pseudo * mean) / (n[i] + pseudo)
			: mean);
	}
	free(sum);
	return out;
}

static void
put(const struct rk_prefs *p, const struct rk_target *t,
    const struct rk_kmeans *c, const uint32_t *row, double pseudo,
    struct rk_st_writer *w)
{
	const size_t centre[2] = { c->clusters, c->d };
	const size_t table[2] = { c->clusters, p->k };
	float *quality = tabulate(c, row, t->t, p->k, pseudo);
	size_t i;

	for (i = 0; i < c->clusters * p->k; i++)
		if (isnan(quality[i]))
			quality[i] = t->mean[i % p->k];
	rk_st_give(w, "cluster.centre", RK_F32, 2, centre, c->centre);
	rk_st_give(w, "cluster.quality", RK_F32, 2, table, quality);
	if (p->cost != NULL)
		rk_st_give(w, "cluster.cost", RK_F32, 2, table,
		    tabulate(c, row, p->cost, p->k, pseudo));
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_kmeans_how how = { .most = STEPS, .seed = seed };
	struct rk_target t;
	struct rk_kmeans c;
	uint32_t *row;
	float *unit;
	size_t n, i;

	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "cluster needs embeddings");
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	row = rk_array(NULL, p->n, sizeof *row);
	n = rk_labels_rows(row, &t);
	unit = rk_floats(n * p->d);
	for (i = 0; i < n; i++)
		rk_mat_unit_rows(
		    unit + i * p->d, p->emb + row[i] * p->d, 1, p->d);
	how.clusters = (size_t)rk_params_int(set, "clusters");
	how.restarts = (int)rk_params_int(set, "restarts");
	how.tolerance = rk_params_num(set, "tolerance");
	rk_kmeans_fit(&c, unit, n, p->d, &how, pool);
	free(unit);
	drop_empty(&c);
	rk_report_num(report, "clusters", (double)c.clusters);
	rk_report_num(report, "inertia", c.inertia);
	put(p, &t, &c, row, rk_params_num(set, "pseudo"), w);
	c.centre = NULL;
	rk_kmeans_free(&c);
	rk_target_free(&t);
	free(row);
	return 0;
}

/* --- opening --------------------------------------------------------------- */

struct model {
	size_t d, k, clusters, near;
	const float *centre;  /* [clusters, d] */
	const float *quality; /* [clusters, k] */
	const float *cost;    /* [clusters, k], or NULL */
	double beta;
	double *square; /* [clusters], |c|^2 */
};

static void
model_close(void *model)
{
	struct model *m = model;

	if (m != NULL)
		free(m->square);
	free(m);
}

/* The costs, where there are some; what is no cost counts as not known. */
static int
open_cost(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t shape[2] = { m->clusters, m->k };
	struct rk_buf full = { 0 };
	const struct rk_tensor *t;

	rk_buf_addf(&full, "%scluster.cost", prefix);
	t = rk_st_find(st, full.p);
	if (t != NULL)
		t = rk_st_need(st, full.p, RK_F32, 2, shape, err);
	if (t != NULL)
		m->cost = t->data;
	rk_buf_free(&full);
	return rk_err_is(err) ? -1 : 0;
}

static int
open_all(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	size_t shape[2] = { SIZE_MAX, SIZE_MAX };
	const struct rk_tensor *centre, *quality;
	size_t i;

	centre = rk_router_tensor(
	    st, prefix, "cluster.centre", RK_F32, 2, shape, err);
	if (centre == NULL)
		return -1;
	m->clusters = centre->shape[0];
	m->d = centre->shape[1];
	if (m->clusters == 0 || m->clusters > MOST_CLUSTERS || m->d == 0 ||
	    m->d > RK_ROUTER_MAX_DIM)
		return rk_err_set(err,
		    "%s: found shape [%zu,%zu], expected 1 to %d rows of 1 to "
		    "%d numbers",
		    centre->name, m->clusters, m->d, MOST_CLUSTERS,
		    RK_ROUTER_MAX_DIM);
	shape[0] = m->clusters;
	shape[1] = m->k;
	quality = rk_router_tensor(
	    st, prefix, "cluster.quality", RK_F32, 2, shape, err);
	if (quality == NULL || rk_router_within(centre, -1e3f, err) != 0 ||
	    rk_router_within(quality, -1e3f, err) != 0)
		return -1;
	m->centre = centre->data;
	m->quality = quality->data;
	m->square = rk_array(NULL, m->clusters, sizeof *m->square);
	for (i = 0; i < m->clusters; i++) {
		const float *c = m->centre + i * m->d;
		m->square[i] = rk_mat_dot(c, c, m->d);
	}
	return open_cost(m, st, prefix, err);
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);

	(void)seed;
	m->k = k;
	m->near = (size_t)rk_params_int(set, "near");
	m->beta = rk_params_num(set, "beta");
	if (open_all(m, st, prefix, err) != 0) {
		model_close(m);
		return NULL;
	}
	if (m->near > m->clusters)
		m->near = m->clusters;
	*d = m->d;
	return m;
}

/* --- scoring --------------------------------------------------------------- */

struct job {
	const struct model *m;
	const float *emb; /* [n, d] */
	const size_t *rows;
	size_t n, cols;
	float *scores;
	double *usd; /* [n, k], or NULL */
};

/* A cluster that a query is in: its squared distance, then its weight. */
struct in {
	size_t cluster;
	double weight;
};

/* in[near]: the nearest clusters, the first of equals, and their weights. */
static void
weigh(const struct model *m, struct in *in, const float *dot, double square)
{
	size_t held = 0, c, i;
	double first, sum = 0;

	for (c = 0; c < m->clusters; c++) {
		double far = square + m->square[c] - 2 * (double)dot[c];
		if (held == m->near && far >= in[held - 1].weight)
			continue;
		held += held < m->near;
		for (i = held - 1; i > 0 && in[i - 1].weight > far; i--)
			in[i] = in[i - 1];
		in[i] = (struct in){ c, far };
	}
	first = sqrt(in[0].weight > 0 ? in[0].weight : 0);
	for (i = 0; i < held; i++) {
		double far = sqrt(in[i].weight > 0 ? in[i].weight : 0);
		in[i].weight = exp(-m->beta * (far - first));
		sum += in[i].weight;
	}
	for (i = 0; i < held; i++)
		in[i].weight /= sum;
}

/* The weighted mean of column MODEL of table[clusters, k]. */
static double
mean_in(const struct model *m, const struct in *in, const float *table,
    size_t model)
{
	double s = 0;
	size_t i;

	for (i = 0; i < m->near; i++)
		s += in[i].weight * table[in[i].cluster * m->k + model];
	return s;
}

static void
predict_costs(const struct model *m, const struct in *in, double *usd)
{
	size_t c;

	for (c = 0; c < m->k; c++) {
		double x = mean_in(m, in, m->cost, c);
		usd[c] = x >= 0 && x <= RK_DOLLARS_MAX ? x : NAN;
	}
}

static void
score_tile(void *ctx, size_t tile, int thread)
{
	const struct job *t = ctx;
	const struct model *m = t->m;
	size_t at = tile * TILE, d = m->d, i, c;
	size_t n = t->n - at < TILE ? t->n - at : TILE;
	float *unit = rk_floats(n * d), *dot = rk_floats(n * m->clusters);
	struct rk_mat x = { unit, d }, centre = { m->centre, d };
	struct in in[MOST_NEAR];

	(void)thread;
	rk_mat_unit_rows(unit, t->emb + at * d, n, d);
	rk_mat_nt(dot, m->clusters, x, centre, n, m->clusters, d, 0);
	for (i = 0; i < n; i++) {
		weigh(m, in, dot + i * m->clusters,
		    rk_mat_dot(unit + i * d, unit + i * d, d));
		for (c = 0; c < t->cols; c++)
			t->scores[(at + i) * t->cols + c] = (float)mean_in(
			    m, in, m->quality, t->rows[c]);
		if (t->usd != NULL)
			predict_costs(m, in, t->usd + (at + i) * m->k);
	}
	free(unit);
	free(dot);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct job t = { model, q->emb, rows, q->n, cols, scores,
		q->more != NULL ? q->more->usd : NULL };

	rk_pool_run(pool, (q->n + TILE - 1) / TILE, score_tile, &t);
}

/* --- one model more --------------------------------------------------------- */

/* c->nearest[n]: the cluster that each prompt of P is nearest to. */
static void
assign(struct rk_kmeans *c, const struct model *m, const struct rk_prefs *p)
{
	float *unit = rk_floats(m->d), *dot = rk_floats(m->clusters);
	struct rk_mat x = { unit, m->d }, centre = { m->centre, m->d };
	size_t i, j;

	c->nearest = rk_calloc(p->n, sizeof *c->nearest);
	for (i = 0; i < p->n; i++) {
		double least = INFINITY;
		rk_mat_unit_rows(unit, p->emb + i * m->d, 1, m->d);
		rk_mat_nt(dot, m->clusters, x, centre, 1, m->clusters, m->d, 0);
		for (j = 0; j < m->clusters; j++) {
			double far = m->square[j] - 2 * (double)dot[j];
			if (far < least) {
				least = far;
				c->nearest[i] = (uint32_t)j;
			}
		}
	}
	free(unit);
	free(dot);
}

/* out[clusters, k + 1]: OLD, or NaN where there is none, and a column more. */
static float *
widen(const struct model *m, const float *old, const float *new)
{
	float *out = rk_floats(m->clusters * (m->k + 1));
	size_t i, j;

	for (i = 0; i < m->clusters; i++) {
		float *row = out + i * (m->k + 1);
		for (j = 0; j < m->k; j++)
			row[j] = old ? old[i * m->k + j] : NAN;
		row[m->k] = new ? new[i] : NAN;
	}
	return out;
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const struct model *m = model;
	const size_t table[2] = { m->clusters, m->k + 1 };
	double pseudo = rk_params_num(set, "pseudo");
	struct rk_kmeans c = { .clusters = m->clusters };
	struct rk_target t;
	float *quality, *cost;
	uint32_t *row;
	size_t i;

	(void)pool;
	if (p == NULL)
		return 0;
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	assign(&c, m, p);
	c.n = p->n;
	row = rk_array(NULL, p->n, sizeof *row);
	for (i = 0; i < p->n; i++)
		row[i] = (uint32_t)i;
	quality = tabulate(&c, row, t.t, 1, pseudo);
	cost = p->cost ? tabulate(&c, row, p->cost, 1, pseudo) : NULL;
	rk_st_give(w, "cluster.quality", RK_F32, 2, table,
	    widen(m, m->quality, quality));
	if (cost != NULL || m->cost != NULL)
		rk_st_give(w, "cluster.cost", RK_F32, 2, table,
		    widen(m, m->cost, cost));
	rk_report_num(report, "prompts", (double)p->n);
	free(quality);
	free(cost);
	free(row);
	free(c.nearest);
	rk_target_free(&t);
	return 0;
}

static int
tells_costs(const void *model)
{
	return ((const struct model *)model)->cost != NULL;
}

const struct rk_router rk_router_cluster = {
	.name = "cluster",
	.about = "each model's quality in the nearest clusters of prompts",
	.needs = RK_NEEDS_EMBEDDING,
	.link = RK_LINK_LINEAR,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
	.grow = grow,
	.tells_costs = tells_costs,
};
