/*
 * sw-direct.c - one product of matrices for the cosines, and one of the weights
 * with the models' labels: in float over blocks of prompts, in double over the
 * blocks.
 */
#include "route/sw-direct.h"

#include <math.h>
#include <stdlib.h>

#include "math/mat.h"
#include "route/labels.h"
#include "route/nearest.h"
#include "route/stored.h"
#include "route/sw-weights.h"

struct rk_sw_direct {
	struct rk_mat_rows rows;
	struct rk_names names;
	struct rk_labels labels;
	double log_power;
};

int
rk_sw_direct_train(const struct rk_prefs *p, const struct rk_params *set,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err)
{
	struct rk_target t;
	uint32_t *row;
	size_t n;

	if (rk_params_is(set, "compat", "routellm"))
		return rk_err_set(err,
		    "compat=routellm is of ratings: expected form=bt with it");
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	row = rk_array(NULL, p->n, sizeof *row);
	n = rk_labels_rows(row, &t);
	rk_stored_put(
	    "sw.embedding", p, row, n, (int)rk_params_int(set, "half"), w);
	rk_names_put("sw", p, row, n, w);
	rk_labels_put("sw", &t, p, row, n, w);
	rk_report_num(report, "prompts", (double)n);
	free(row);
	rk_target_free(&t);
	return 0;
}

struct rk_sw_direct *
rk_sw_direct_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, size_t *d, struct rk_err *err)
{
	struct rk_sw_direct *m = rk_calloc(1, sizeof *m);

	m->log_power = log(rk_params_num(set, "power"));
	if (rk_stored_open(&m->rows, st, prefix, "sw.embedding", err) != 0 ||
	    rk_names_open(&m->names, st, prefix, "sw", m->rows.n, err) != 0 ||
	    rk_labels_open(&m->labels, st, prefix, "sw", m->rows.n, k, err) !=
		0) {
		rk_sw_direct_free(m);
		return NULL;
	}
	*d = m->rows.d;
	return m;
}

void
rk_sw_direct_free(struct rk_sw_direct *m)
{
	if (m == NULL)
		return;
	rk_names_free(&m->names);
	rk_labels_free(&m->labels);
	free(m);
}

/* --- scoring --------------------------------------------------------------- */

enum {
	BLOCK = 1024, /* prompts whose products are summed in float */
	TILE = 32     /* queries of a product */
};

typedef double label_fn(const struct rk_labels *l, size_t row, size_t model);

/*
 * What is averaged: the labels of the models rows[cols], 0 where one is not
 * known; and behind them masks, 1 where it is, each once.
 */
struct columns {
	const struct rk_labels *l;
	label_fn *label;
	const size_t *rows;
	size_t cols, masks;
	size_t *mask; /* [cols] */
	float *table; /* [l->n, cols + masks] */
};

static int
known(const struct columns *c, size_t i, size_t col)
{
	return !isnan(c->label(c->l, i, c->rows[col]));
}

/* Is the label of column A known on the same prompts as that of B? */
static int
same_mask(const struct columns *c, size_t a, size_t b)
{
	size_t i;

	for (i = 0; i < c->l->n; i++)
		if (known(c, i, a) != known(c, i, b))
			return 0;
	return 1;
}

/* c->mask; first[masks] become columns that have them. */
static void
find_masks(struct columns *c, size_t *first)
{
	size_t col, m;

	for (col = 0; col < c->cols; col++) {
		for (m = 0; m < c->masks && !same_mask(c, col, first[m]); m++)
			;
		if (m == c->masks)
			first[c->masks++] = col;
		c->mask[col] = m;
	}
}

static void
make_columns(struct columns *c)
{
	size_t *first = rk_calloc(c->cols, sizeof *first), i, j;
	float *to;

	c->mask = rk_calloc(c->cols, sizeof *c->mask);
	find_masks(c, first);
	to = c->table = rk_floats(c->l->n * (c->cols + c->masks));
	for (i = 0; i < c->l->n; i++) {
		for (j = 0; j < c->cols; j++) {
			double x = c->label(c->l, i, c->rows[j]);
			*to++ = isnan(x) ? 0 : (float)x;
		}
		for (j = 0; j < c->masks; j++)
			*to++ = (float)known(c, i, first[j]);
	}
	free(first);
}

static void
free_columns(struct columns *c)
{
	free(c->mask);
	free(c->table);
}

struct job {
	const struct rk_sw_direct *m;
	struct rk_pool *pool;
	const struct rk_more *more; /* or NULL */
	struct columns quality, cost;
	float *scores;
	struct rk_nearest *named; /* [threads], for more->row; or NULL */
	/* the block that is at hand */
	size_t at, n;
	const float *weight; /* [n, rows] */
};

/* The cosines become the weights. */
static void
weigh_one(void *ctx, size_t i, const float *unit, float *w, int thread)
{
	const struct job *t = ctx;
	const struct rk_sw_direct *m = t->m;

	if (t->named != NULL)
		rk_nearest_first(&t->named[thread], &m->rows, unit, w,
		    t->more->row + i * t->more->near,
		    t->more->cosine + i * t->more->near);
	rk_sw_weights(w, m->rows.n, m->log_power, 0);
}

/* sum[q, cols + masks] := w[q, n] table; q is TILE at most. */
static void
sum_up(double *sum, const struct columns *c, const float *w, size_t q)
{
	size_t n = c->l->n, wide = c->cols + c->masks, at, i;
	float *part = rk_floats(q * wide);

	for (i = 0; i < q * wide; i++)
		sum[i] = 0;
	for (at = 0; at < n; at += BLOCK) {
		struct rk_mat a = { w + at, n };
		struct rk_mat b = { c->table + at * wide, wide };
		rk_mat_nn(part, wide, a, b, q, wide,
		    n - at < BLOCK ? n - at : BLOCK, 0);
		for (i = 0; i < q * wide; i++)
			sum[i] += (double)part[i];
	}
	free(part);
}

/* The mean of column COL by its sums; NONE where nothing is known. */
static double
mean_of(const struct columns *c, const double *sum, size_t col, double none)
{
	double weight = sum[c->cols + c->mask[col]];

	return weight > 0 ? sum[col] / weight : none;
}

static void
mean_tile(void *ctx, size_t tile, int thread)
{
	const struct job *t = ctx;
	const struct columns *c = &t->quality, *usd = &t->cost;
	size_t from = tile * TILE, i, j;
	size_t q = t->n - from < TILE ? t->n - from : TILE;
	const float *w = t->weight + from * c->l->n;
	size_t wide = 2 * (c->cols > usd->cols ? c->cols : usd->cols);
	double *sum = rk_array(NULL, q * wide, sizeof *sum), *row;

	(void)thread;
	sum_up(sum, c, w, q);
	for (i = 0; i < q; i++) {
		float *out = t->scores + (t->at + from + i) * c->cols;
		row = sum + i * (c->cols + c->masks);
		for (j = 0; j < c->cols; j++)
			out[j] = (float)mean_of(
			    c, row, j, (double)c->l->mean[c->rows[j]]);
	}
	if (usd->cols > 0)
		sum_up(sum, usd, w, q);
	for (i = 0; i < q && usd->cols > 0; i++) {
		double *out = t->more->usd + (t->at + from + i) * usd->cols;
		row = sum + i * (usd->cols + usd->masks);
		for (j = 0; j < usd->cols; j++)
			out[j] = mean_of(usd, row, j, NAN);
	}
	free(sum);
}

static void
mean_block(void *ctx, size_t at, size_t n, const float *weight)
{
	struct job *t = ctx;

	t->at = at;
	t->n = n;
	t->weight = weight;
	rk_pool_run(t->pool, (n + TILE - 1) / TILE, mean_tile, t);
}

void
rk_sw_direct_score(const struct rk_sw_direct *m, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores)
{
	struct job t = { .m = m,
		.pool = pool,
		.more = q->more,
		.quality = { &m->labels, rk_labels_target, rows, cols, 0, NULL,
		    NULL },
		.scores = scores };
	size_t threads = (size_t)rk_pool_size(pool), k = m->labels.k, i;
	size_t *all = rk_calloc(k, sizeof *all);

	for (i = 0; i < k; i++)
		all[i] = i;
	make_columns(&t.quality);
	if (q->more != NULL && q->more->usd != NULL) {
		t.cost = (struct columns){ &m->labels, rk_labels_cost, all, k,
			0, NULL, NULL };
		make_columns(&t.cost);
	}
	if (q->more != NULL && q->more->near > 0)
		t.named = rk_nearest_new(&m->rows, q->more->near, threads);
	rk_stored_each(&m->rows, q, pool, weigh_one, mean_block, &t);
	rk_nearest_free(t.named, threads);
	free_columns(&t.quality);
	free_columns(&t.cost);
	free(all);
}

int
rk_sw_direct_tells_costs(const struct rk_sw_direct *m)
{
	return m->labels.cost != NULL;
}

const struct rk_names *
rk_sw_direct_names(const struct rk_sw_direct *m)
{
	return &m->names;
}

int
rk_sw_direct_grow(const struct rk_sw_direct *m, const struct rk_prefs *p,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err)
{
	return rk_labels_grow(
	    "sw", &m->labels, &m->names, p, NULL, w, report, err);
}
