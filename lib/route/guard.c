/* guard.c - how unlike the training prompts a query is. */
#include "route/guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "pref/folds.h"
#include "route/crossval.h"
#include "route/nearest.h"
#include "route/stored.h"
#include "text/surface.h"

enum { F = RK_SURFACE_FEATURES };

/* Steps of the surface that one would not notice: a tenth of a length, a
 * hundredth of a share. */
static const double least_spread[F] = { .1, .1, .01, .01, .01, .1, .1, .01 };

/* The least from a measure's middle to its edge. */
#define LEAST_TOPIC .01
#define LEAST_FORM  .5

/* --- measures --------------------------------------------------------------- */

static size_t
near_of(const struct rk_mat_rows *rows)
{
	return rows->n < RK_GUARD_NEAR ? rows->n : RK_GUARD_NEAR;
}

struct job {
	const struct rk_mat_rows *rows;
	struct rk_nearest *nearest; /* [threads] */
	double near;                /* cosines from here on are no one else's */
	double *out;                /* [n] */
};

static void
topic_of(void *ctx, size_t i, const float *unit, float *cosine, int thread)
{
	const struct job *t = ctx;
	struct rk_nearest *s = &t->nearest[thread];
	uint32_t row[RK_GUARD_NEAR];
	float c[RK_GUARD_NEAR];
	double sum = 0;
	size_t j;

	for (j = 0; j < t->rows->n; j++)
		if ((double)cosine[j] >= t->near)
			cosine[j] = -2;
	rk_nearest_first(s, t->rows, unit, cosine, row, c);
	for (j = 0; j < s->k; j++)
		sum += (double)c[j];
	t->out[i] = sum / (double)s->k;
}

/* out[n]: the mean cosine to the nearest rows that are nearer than NEAR not. */
static void
topics(const struct rk_mat_rows *rows, const struct rk_queries *q, double near,
    struct rk_pool *pool, double *out)
{
	size_t threads = (size_t)rk_pool_size(pool);
	struct job t = { rows, NULL, near, out };

	t.nearest = rk_nearest_new(rows, near_of(rows), threads);
	rk_stored_each(rows, q, pool, topic_of, NULL, &t);
	rk_nearest_free(t.nearest, threads);
}

static double
form_of(const double *surface, const struct rk_str *text)
{
	float x[F];
	double sum = 0;
	size_t i, j;

	rk_surface(x, text->p, text->n);
	for (i = 0; i < F; i++) {
		double z = 0;
		for (j = 0; j <= i; j++)
			z += surface[(i + 1) * F + j] *
			    ((double)x[j] - surface[j]);
		sum += z * z;
	}
	return sqrt(sum);
}

static double
scaled(const struct rk_guard_scale *s, double x)
{
	return (x - s->middle) / (s->edge - s->middle);
}

static double
unlike(const struct rk_guard *g, double topic, double form)
{
	return fmax(scaled(&g->topic, topic), scaled(&g->form, form));
}

static double
weight_of(double unlike)
{
	double w = (unlike - 1) / (RK_GUARD_FULL - 1);

	return w > 0 ? fmin(w, 1) : 0;
}

static double
length_of(const struct rk_str *text)
{
	double x = log1p((double)rk_utf8_count(text->p, text->n));

	return x / (1 + x);
}

double
rk_guard_mix(const struct rk_guard *g, double score, const struct rk_str *text,
    double weight)
{
	if (!(weight > 0))
		return score;
	return (1 - weight) * score +
	    weight * rk_rank_of(&g->length, length_of(text));
}

void
rk_guard_weigh(const struct rk_guard *g, const struct rk_queries *q,
    struct rk_pool *pool, double *weight)
{
	size_t i;

	topics(&g->rows, q, INFINITY, pool, weight);
	for (i = 0; i < q->n; i++)
		weight[i] = weight_of(
		    unlike(g, weight[i], form_of(g->surface, &q->text[i])));
}

/* --- training ---------------------------------------------------------------- */

/* The prompts of the training part, some of them kept, and their measures. */
struct fit {
	const struct rk_prefs *p;
	size_t n;
	uint32_t *which;      /* [n] */
	double *topic, *form; /* [n] */
};

/* Puts the vectors of at most RK_GUARD_ROWS prompts, and leaves them in ROWS. */
static void
keep_rows(struct rk_mat_rows *rows, const struct fit *t, uint64_t seed,
    struct rk_st_writer *w)
{
	const struct rk_prefs *p = t->p;
	uint64_t *digest = rk_calloc(t->n, sizeof *digest);
	uint8_t *in = rk_calloc(t->n, 1);
	uint32_t *row = rk_array(NULL, t->n, sizeof *row);
	size_t n = 0, i;

	for (i = 0; i < t->n; i++)
		digest[i] = p->digest[t->which[i]];
	rk_folds_by_digest(in, digest, t->n,
	    t->n > RK_GUARD_ROWS ? (double)RK_GUARD_ROWS / (double)t->n : 1,
	    seed);
	for (i = 0; i < t->n; i++)
		if (in[i])
			row[n++] = t->which[i];
	*rows = rk_stored_put("guard.embedding", p, row, n, 1, w);
	free(digest);
	free(in);
	free(row);
}

/* The inverse of the lower triangle l[F, F], in out. */
static void
invert(double *out, const double *l)
{
	size_t i, j, k;

	for (i = 0; i < F; i++)
		for (j = 0; j <= i; j++) {
			double sum = i == j;
			for (k = j; k < i; k++)
				sum -= l[i * F + k] * out[k * F + j];
			out[i * F + j] = sum / l[i * F + i];
		}
}

static double *
fit_surface(const struct fit *t)
{
	double *out = rk_calloc((F + 1) * F, sizeof *out);
	double *z = rk_array(NULL, t->n, F * sizeof *z), cov[F * F] = { 0 };
	size_t i, j, k;

	for (i = 0; i < t->n; i++) {
		const struct rk_str *s = &t->p->text[t->which[i]];
		float x[F];
		rk_surface(x, s->p, s->n);
		for (j = 0; j < F; j++) {
			z[i * F + j] = (double)x[j];
			out[j] += (double)x[j] / (double)t->n;
		}
	}
	for (i = 0; i < t->n; i++)
		for (j = 0; j < F; j++)
			for (k = 0; k <= j; k++)
				cov[j * F + k] += (z[i * F + j] - out[j]) *
				    (z[i * F + k] - out[k]) / (double)t->n;
	for (j = 0; j < F; j++)
		cov[j * F + j] += least_spread[j] * least_spread[j];
	rk_mat_chol(cov, F); /* the least spread makes it definite */
	invert(out + F, cov);
	free(z);
	return out;
}

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value in x[n] that a share of them lies below. */
static double
quantile(const double *x, size_t n, double share)
{
	double *sorted = rk_array(NULL, n, sizeof *sorted), out;

	memcpy(sorted, x, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, rising);
	out = sorted[(size_t)(share * (double)(n - 1) + .5)];
	free(sorted);
	return out;
}

/* The scales on which SHARE of the prompts, by the larger, are beyond 1. */
static void
fit_scales(struct rk_guard *g, const struct fit *t, double share)
{
	double *x = rk_array(NULL, t->n, sizeof *x), reach, by;
	size_t i;

	g->topic.middle = quantile(t->topic, t->n, .5);
	reach = g->topic.middle - quantile(t->topic, t->n, share);
	g->topic.edge = g->topic.middle - fmax(reach, LEAST_TOPIC);
	g->form.middle = quantile(t->form, t->n, .5);
	reach = quantile(t->form, t->n, 1 - share) - g->form.middle;
	g->form.edge = g->form.middle + fmax(reach, LEAST_FORM);
	for (i = 0; i < t->n; i++)
		x[i] = unlike(g, t->topic[i], t->form[i]);
	by = fmax(quantile(x, t->n, 1 - share), 1);
	g->topic.edge += (by - 1) * (g->topic.edge - g->topic.middle);
	g->form.edge += (by - 1) * (g->form.edge - g->form.middle);
	free(x);
}

/* Each training prompt's measures, its near-duplicates left out. */
static void
measure(struct fit *t, const struct rk_guard *g, struct rk_pool *pool)
{
	enum { BLOCK = 256 };
	size_t d = t->p->d, at, n, i;
	float *emb = rk_floats(BLOCK * d);

	for (at = 0; at < t->n; at += n) {
		n = t->n - at < BLOCK ? t->n - at : BLOCK;
		for (i = 0; i < n; i++)
			memcpy(emb + i * d, t->p->emb + t->which[at + i] * d,
			    d * sizeof *emb);
		topics(&g->rows,
		    &(struct rk_queries){ .n = n, .d = d, .emb = emb },
		    RK_CROSSVAL_NEAR, pool, t->topic + at);
	}
	for (i = 0; i < t->n; i++)
		t->form[i] = form_of(g->surface, &t->p->text[t->which[i]]);
	free(emb);
}

static void
put_rest(struct rk_guard *g, const struct fit *t, struct rk_st_writer *w)
{
	const size_t surface[2] = { F + 1, F }, scale[2] = { 2, 2 };
	double *edge = rk_array(NULL, 4, sizeof *edge), *x, *table;
	size_t shape[2] = { 2, 0 }, i;

	edge[0] = g->topic.middle;
	edge[1] = g->topic.edge;
	edge[2] = g->form.middle;
	edge[3] = g->form.edge;
	x = rk_array(NULL, t->n, sizeof *x);
	for (i = 0; i < t->n; i++)
		x[i] = length_of(&t->p->text[t->which[i]]);
	table = rk_rank_make(x, t->n, &shape[1]);
	g->length = (struct rk_rank){ shape[1], table, table + shape[1] };
	rk_st_give(w, "guard.surface", RK_F64, 2, surface, (void *)g->surface);
	rk_st_give(w, "guard.scale", RK_F64, 2, scale, edge);
	rk_st_give(w, "guard.length", RK_F64, 2, shape, table);
	free(x);
}

int
rk_guard_train(struct rk_guard *g, const struct rk_prefs *p, double share,
    uint64_t seed, struct rk_pool *pool, struct rk_st_writer *w, double *weight)
{
	struct fit t = { .p = p };
	size_t i;

	t.which = rk_array(NULL, p->n, sizeof *t.which);
	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN)
			t.which[t.n++] = (uint32_t)i;
	if (t.n < RK_GUARD_LEAST || p->text == NULL || p->emb == NULL) {
		free(t.which);
		return -1;
	}
	t.topic = rk_calloc(t.n, sizeof *t.topic);
	t.form = rk_calloc(t.n, sizeof *t.form);
	keep_rows(&g->rows, &t, seed, w);
	g->surface = fit_surface(&t);
	measure(&t, g, pool);
	fit_scales(g, &t, share);
	put_rest(g, &t, w);
	for (i = 0; i < t.n; i++)
		weight[t.which[i]] = weight_of(
		    unlike(g, t.topic[i], t.form[i]));
	free(t.which);
	free(t.topic);
	free(t.form);
	return 0;
}

/* --- opening ------------------------------------------------------------------ */

/* x[n] of T, F64, within +-1e12. */
static int
within(const struct rk_tensor *t, struct rk_err *err)
{
	const double *x = t->data;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!(fabs(x[i]) <= 1e12))
			return rk_err_set(
			    err, "%s: %g is out of range", t->name, x[i]);
	return 0;
}

static int
open_scales(struct rk_guard *g, const struct rk_tensor *t, struct rk_err *err)
{
	const double *x = t->data;

	g->topic = (struct rk_guard_scale){ x[0], x[1] };
	g->form = (struct rk_guard_scale){ x[2], x[3] };
	return x[0] - x[1] >= 1e-9 && x[3] - x[2] >= 1e-9
	    ? 0
	    : rk_err_set(err,
		  "%s: expected an edge below the middle and one above",
		  t->name);
}

int
rk_guard_open(struct rk_guard *g, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t shape[2] = { F + 1, F }, two[2] = { 2, 2 };
	const struct rk_tensor *surface, *scale;
	struct rk_buf name = { 0 };
	int found;

	rk_buf_addf(&name, "%sguard.embedding", prefix);
	found = rk_st_find(st, name.p) != NULL;
	rk_buf_free(&name);
	if (!found)
		return 0;
	if (rk_stored_open(&g->rows, st, prefix, "guard.embedding", err) != 0)
		return -1;
	surface = rk_router_tensor(
	    st, prefix, "guard.surface", RK_F64, 2, shape, err);
	if (surface == NULL || within(surface, err) != 0)
		return -1;
	g->surface = surface->data;
	scale = rk_router_tensor(
	    st, prefix, "guard.scale", RK_F64, 2, two, err);
	if (scale == NULL || within(scale, err) != 0 ||
	    open_scales(g, scale, err) != 0)
		return -1;
	return rk_rank_open(&g->length, st, prefix, "guard.length", err) == 0
	    ? 1
	    : -1;
}
