/*
 * sw-direct.c - one product of matrices for the cosines, and a pass over the
 * weights for each model that is asked: in float over short blocks, in double
 * over the blocks.
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

/* What is averaged: cols columns of n numbers, and where they are known. */
struct columns {
	size_t n, cols;
	float *value; /* [cols, n], 0 where it is not known */
	float *known; /* [cols, n], 1 or 0 */
	double *none; /* [cols]: the mean where none is */
};

typedef double label_fn(const struct rk_labels *l, size_t row, size_t model);

/* The labels that LABEL gives of the models rows[cols]. */
static void
make_columns(struct columns *c, const struct rk_labels *l, label_fn *label,
    const size_t *rows, size_t cols)
{
	size_t i, j;

	*c = (struct columns){ l->n, cols, rk_floats(cols * l->n),
		rk_floats(cols * l->n), rk_calloc(cols, sizeof *c->none) };
	for (j = 0; j < cols; j++)
		for (i = 0; i < l->n; i++) {
			double x = label(l, i, rows[j]);
			c->known[j * l->n + i] = !isnan(x);
			c->value[j * l->n + i] = isnan(x) ? 0 : (float)x;
		}
}

static void
free_columns(struct columns *c)
{
	free(c->value);
	free(c->known);
	free(c->none);
}

/* sum[2] := w . value and w . known, all [n]. */
RK_CLONES static void
weigh(double *sum, const float *w, const float *value, const float *known,
    size_t n)
{
	enum { BLOCK = 64 * RK_LANES };
	size_t i, j, end;

	sum[0] = sum[1] = 0;
	for (i = 0; i < n; i = end) {
		float a[RK_LANES] = { 0 }, b[RK_LANES] = { 0 };
		end = n - i < BLOCK ? n : i + BLOCK;
		for (; i + RK_LANES <= end; i += RK_LANES)
			for (j = 0; j < RK_LANES; j++) {
				a[j] += w[i + j] * value[i + j];
				b[j] += w[i + j] * known[i + j];
			}
		for (j = 0; i + j < end; j++) {
			a[j] += w[i + j] * value[i + j];
			b[j] += w[i + j] * known[i + j];
		}
		for (j = 0; j < RK_LANES; j++) {
			sum[0] += a[j];
			sum[1] += b[j];
		}
	}
}

static double
mean_of(const struct columns *c, size_t col, const float *w)
{
	double sum[2];

	weigh(sum, w, c->value + col * c->n, c->known + col * c->n, c->n);
	return sum[1] > 0 ? sum[0] / sum[1] : c->none[col];
}

struct job {
	const struct rk_sw_direct *m;
	const struct rk_more *more; /* or NULL */
	struct columns quality, cost;
	float *scores;
	struct rk_nearest *named; /* [threads], for more->row; or NULL */
};

/* The cosines become the weights. */
static void
score_one(void *ctx, size_t i, const float *unit, float *w, int thread)
{
	const struct job *t = ctx;
	const struct rk_sw_direct *m = t->m;
	size_t cols = t->quality.cols, k = t->cost.cols, c;

	if (t->named != NULL)
		rk_nearest_first(&t->named[thread], &m->rows, unit, w,
		    t->more->row + i * t->more->near,
		    t->more->cosine + i * t->more->near);
	rk_sw_weights(w, m->rows.n, m->log_power, 0);
	for (c = 0; c < cols; c++)
		t->scores[i * cols + c] = (float)mean_of(&t->quality, c, w);
	for (c = 0; c < k; c++)
		t->more->usd[i * k + c] = mean_of(&t->cost, c, w);
}

static void
make_costs(struct columns *c, const struct rk_labels *l)
{
	size_t *all = rk_calloc(l->k, sizeof *all), m;

	for (m = 0; m < l->k; m++)
		all[m] = m;
	make_columns(c, l, rk_labels_cost, all, l->k);
	for (m = 0; m < l->k; m++)
		c->none[m] = NAN;
	free(all);
}

void
rk_sw_direct_score(const struct rk_sw_direct *m, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores)
{
	struct job t = { .m = m, .more = q->more, .scores = scores };
	size_t threads = (size_t)rk_pool_size(pool), c;

	make_columns(&t.quality, &m->labels, rk_labels_target, rows, cols);
	for (c = 0; c < cols; c++)
		t.quality.none[c] = (double)m->labels.mean[rows[c]];
	if (q->more != NULL && q->more->usd != NULL)
		make_costs(&t.cost, &m->labels);
	if (q->more != NULL && q->more->near > 0)
		t.named = rk_nearest_new(&m->rows, q->more->near, threads);
	rk_stored_each(&m->rows, q, pool, score_one, &t);
	rk_nearest_free(t.named, threads);
	free_columns(&t.quality);
	free_columns(&t.cost);
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
