/* linear-rate.c - tiles of prompts, strips of dimensions, and L-BFGS. */
#include "route/linear-rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"
#include "math/optim.h"

enum {
	TILE = 1024, /* prompts of a product for the gradient */
	BATCH = 128, /* prompts that a thread rates at a time */
	STEPS = 500  /* of L-BFGS */
};

/*
 * The unknowns are the weights [k, d], then the biases [k], for the unit
 * vectors less their mean.
 */
struct rate {
	const struct rk_prefs *p;
	struct rk_pool *pool;
	double alpha;
	uint32_t *row; /* [n]: prompts with comparisons */
	size_t n;
	float *x;     /* [n, d], centred */
	double *mean; /* [d] */
	float *w;     /* [k, d], the weights as they are now */
	const double *bias;
	float *pull;  /* [n, k]: the ratings, then the loss's derivatives */
	double *loss; /* [tiles] */
	double *g;
};

/* Ratings of a tile of prompts, the loss and its derivatives by them. */
static void
rate_tile(void *ctx, size_t tile, int thread)
{
	struct rate *t = ctx;
	const struct rk_prefs *p = t->p;
	size_t at = tile * BATCH, k = p->k, d = p->d, i, c, m;
	size_t n = t->n - at < BATCH ? t->n - at : BATCH;
	struct rk_mat x = { t->x + at * d, d }, w = { t->w, d };
	float *z = t->pull + at * k;
	double *r = rk_array(NULL, k, sizeof *r), loss = 0;

	(void)thread;
	rk_mat_nt(z, k, x, w, n, k, d, 0);
	for (i = 0; i < n; i++, z += k) {
		size_t q = t->row[at + i];
		memset(r, 0, k * sizeof *r);
		for (c = p->first[q]; c < p->first[q + 1]; c++) {
			const struct rk_cmp *v = &p->cmp[c];
			double s = (double)z[v->a] - z[v->b] + t->bias[v->a] -
			    t->bias[v->b];
			double e = exp(-fabs(s)),
			       won = (s < 0 ? e : 1) / (1 + e);
			loss += log1p(e) + (s > 0 ? s : 0) - v->y * s;
			r[v->a] += won - v->y;
			r[v->b] -= won - v->y;
		}
		for (m = 0; m < k; m++)
			z[m] = (float)r[m];
	}
	t->loss[tile] = loss;
	free(r);
}

/* A strip of columns of the weights' gradient. */
static void
pull_strip(void *ctx, size_t strip, int thread)
{
	struct rate *t = ctx;
	size_t k = t->p->k, d = t->p->d, at = strip * BATCH, from, n, m, j;
	size_t cols = d - at < BATCH ? d - at : BATCH;
	float *part = rk_floats(k * cols);

	(void)thread;
	for (from = 0; from < t->n; from += n) {
		struct rk_mat r = { t->pull + from * k, k };
		struct rk_mat x = { t->x + from * d + at, d };
		n = t->n - from < TILE ? t->n - from : TILE;
		rk_mat_tn(part, cols, r, x, k, cols, n, 0);
		for (m = 0; m < k; m++)
			for (j = 0; j < cols; j++)
				t->g[m * d + at + j] += part[m * cols + j];
	}
	free(part);
}

static double
rate_loss(void *ctx, const double *x, double *g)
{
	struct rate *t = ctx;
	size_t k = t->p->k, d = t->p->d, i, m, tiles;
	double f = 0;

	for (i = 0; i < k * d; i++) {
		t->w[i] = (float)x[i];
		g[i] = t->alpha / 2 * x[i];
		f += t->alpha / 4 * x[i] * x[i];
	}
	for (m = 0; m < k; m++) { /* what no comparison decides */
		g[k * d + m] = 1e-6 * x[k * d + m];
		f += 1e-6 / 2 * x[k * d + m] * x[k * d + m];
	}
	t->bias = x + k * d;
	t->g = g;
	tiles = (t->n + BATCH - 1) / BATCH;
	rk_pool_run(t->pool, tiles, rate_tile, t);
	for (i = 0; i < tiles; i++)
		f += t->loss[i];
	for (i = 0; i < t->n; i++)
		for (m = 0; m < k; m++)
			g[k * d + m] += t->pull[i * k + m];
	rk_pool_run(t->pool, (d + BATCH - 1) / BATCH, pull_strip, t);
	return f;
}

static void
rate_inputs(struct rate *t)
{
	const struct rk_prefs *p = t->p;
	size_t d = p->d, i, j;

	t->row = rk_array(NULL, p->n, sizeof *t->row);
	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN &&
		    p->first[i + 1] > p->first[i])
			t->row[t->n++] = (uint32_t)i;
	t->x = rk_floats(t->n * d);
	t->mean = rk_calloc(d, sizeof *t->mean);
	for (i = 0; i < t->n; i++) {
		float *x = t->x + i * d;
		rk_mat_unit_rows(x, p->emb + t->row[i] * d, 1, d);
		for (j = 0; j < d; j++)
			t->mean[j] += x[j] / (double)t->n;
	}
	for (i = 0; i < t->n; i++)
		for (j = 0; j < d; j++)
			t->x[i * d + j] -= (float)t->mean[j];
}

int
rk_linear_rate(float *weight, double *bias, const struct rk_prefs *p,
    double alpha, struct rk_pool *pool)
{
	struct rate t = { .p = p, .pool = pool, .alpha = alpha };
	size_t k = p->k, d = p->d, m, j;
	double *x = rk_calloc(k * (d + 1), sizeof *x);
	int steps;

	rate_inputs(&t);
	t.w = rk_floats(k * d);
	t.pull = rk_floats(t.n * k);
	t.loss = rk_calloc(t.n / BATCH + 1, sizeof *t.loss);
	steps = rk_optim_lbfgs(x, k * (d + 1), rate_loss, &t, 1e-6, STEPS);
	for (m = 0; m < k; m++) {
		bias[m] = x[k * d + m];
		for (j = 0; j < d; j++) {
			weight[m * d + j] = (float)x[m * d + j];
			bias[m] -= x[m * d + j] * t.mean[j];
		}
	}
	free(t.row);
	free(t.x);
	free(t.mean);
	free(t.w);
	free(t.pull);
	free(t.loss);
	free(x);
	return steps;
}
