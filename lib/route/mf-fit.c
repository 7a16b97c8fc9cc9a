/*
 * mf-fit.c - a step in three runs over the pool: U by tiles of columns, then
 * scores and residuals by tiles of prompts, then gradient and update by tiles
 * of columns again, each tile's part of W being updated while it is at hand.
 * What crosses tiles is kept a tile and summed in the order of the tiles.
 *
 * Where most models answer a prompt, scores, distances and the gradient of U
 * are matrix products. Where few do, as in battles, that would compute mostly
 * what nobody asked for, and each comparison is taken by itself.
 */
#include "route/mf-fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"

enum {
	COLS = 256,  /* of W and U, a tile */
	ROWS = 64,   /* prompts, a tile */
	CHUNK = 1024 /* prompts that a loss looks at at a time */
};

struct rk_mf_fit {
	struct rk_mf *m;
	const struct rk_mf_task *t;
	struct rk_pool *pool;
	double *unit;           /* [prompts]: 1 / |embedding| */
	float *v;               /* [k, dim]: unit rows of P */
	float *vc;              /* [k, dim]: v * c */
	float *u;               /* [k, d] */
	double *apart;          /* [k, k]: |u_a - u_b|^2 */
	float *gram;            /* [tiles, k, k] */
	struct rk_mf g, m1, m2; /* gradient; Adam's moments */
	/* of a batch */
	const uint32_t *prompt;
	size_t n, room;
	size_t used;      /* comparisons that count */
	int apiece;       /* take each comparison by itself */
	size_t *first;    /* [n + 1], of push and stiff */
	float *x;         /* [n, d]: unit embeddings */
	float *res;       /* [n, k]: derivative of the loss by theta */
	double *row_loss; /* [n] */
	float *push;      /* [used]: derivative by (u_a - u_b) . embedding */
	double *stiff;    /* [used]: derivative by |u_a - u_b|^2 */
	size_t used_cap;
	double noise;
	int want_loss;
	/* of the gradient */
	float *pull; /* [k, k]: twice the Laplacian of stiff */
	float *du;   /* [threads, k, COLS] */
	float *dvc;  /* [tiles, k, dim] */
	const struct rk_optim_adam *adam;
	long step;
};

static size_t
tiles_of(size_t n, size_t tile)
{
	return (n + tile - 1) / tile;
}

static void
shaped(struct rk_mf *g, const struct rk_mf *m)
{
	g->k = m->k;
	g->dim = m->dim;
	g->d = m->d;
	g->p = rk_calloc(m->k * m->dim, sizeof *g->p);
	g->w = rk_calloc(m->dim * m->d, sizeof *g->w);
	g->c = rk_calloc(m->dim, sizeof *g->c);
}

struct rk_mf_fit *
rk_mf_fit_new(struct rk_mf *m, const struct rk_mf_task *t, struct rk_pool *pool)
{
	struct rk_mf_fit *f = rk_calloc(1, sizeof *f);
	const struct rk_prefs *p = t->prefs;
	size_t tiles = tiles_of(m->d, COLS), i;

	f->m = m;
	f->t = t;
	f->pool = pool;
	f->unit = rk_array(NULL, p->n, sizeof *f->unit);
	for (i = 0; i < p->n; i++)
		f->unit[i] = rk_mat_unit(p->emb + i * p->d, p->d);
	f->v = rk_floats(m->k * m->dim);
	f->vc = rk_floats(m->k * m->dim);
	f->u = rk_floats(m->k * m->d);
	f->apart = rk_calloc(m->k * m->k, sizeof *f->apart);
	f->gram = rk_floats(tiles * m->k * m->k);
	f->pull = rk_floats(m->k * m->k);
	f->du = rk_floats((size_t)rk_pool_size(pool) * m->k * COLS);
	f->dvc = rk_floats(tiles * m->k * m->dim);
	shaped(&f->g, m);
	shaped(&f->m1, m);
	shaped(&f->m2, m);
	return f;
}

static void
free_params(struct rk_mf *m)
{
	free(m->p);
	free(m->w);
	free(m->c);
}

void
rk_mf_fit_free(struct rk_mf_fit *f)
{
	if (f == NULL)
		return;
	free(f->unit);
	free(f->v);
	free(f->vc);
	free(f->u);
	free(f->apart);
	free(f->gram);
	free(f->pull);
	free(f->du);
	free(f->dvc);
	free(f->first);
	free(f->x);
	free(f->res);
	free(f->row_loss);
	free(f->push);
	free(f->stiff);
	free_params(&f->g);
	free_params(&f->m1);
	free_params(&f->m2);
	free(f);
}

const struct rk_mf *
rk_mf_fit_gradient(const struct rk_mf_fit *f)
{
	return &f->g;
}

/* --- U --------------------------------------------------------------------- */

/* v[k, dim] = unit rows of P (as F.normalize has it), vc = v * c. */
static void
unit_models(float *v, float *vc, const struct rk_mf *m)
{
	size_t i, j;

	for (i = 0; i < m->k; i++) {
		const float *p = m->p + i * m->dim;
		double s = rk_mat_unit(p, m->dim);
		rk_mat_scale(v + i * m->dim, p, s < 1e12 ? s : 1e12, m->dim);
		for (j = 0; j < m->dim; j++)
			vc[i * m->dim + j] = v[i * m->dim + j] * m->c[j];
	}
}

void
rk_mf_fold(float *u, const struct rk_mf *m)
{
	float *v = rk_floats(m->k * m->dim), *vc = rk_floats(m->k * m->dim);
	struct rk_mat a = { vc, m->dim }, b = { m->w, m->d };

	unit_models(v, vc, m);
	rk_mat_nn(u, m->d, a, b, m->k, m->d, m->dim, 0);
	free(v);
	free(vc);
}

static void
fold_tile(void *ctx, size_t tile, int thread)
{
	struct rk_mf_fit *f = ctx;
	const struct rk_mf *m = f->m;
	size_t at = tile * COLS, n = m->d - at < COLS ? m->d - at : COLS;
	struct rk_mat vc = { f->vc, m->dim }, w = { m->w + at, m->d };
	struct rk_mat u = { f->u + at, m->d };

	(void)thread;
	rk_mat_nn(f->u + at, m->d, vc, w, m->k, n, m->dim, 0);
	if (f->noise > 0)
		rk_mat_nt(
		    f->gram + tile * m->k * m->k, m->k, u, u, m->k, m->k, n, 0);
}

static void
fold(struct rk_mf_fit *f)
{
	size_t k = f->m->k, tiles = tiles_of(f->m->d, COLS), i, a, b;

	unit_models(f->v, f->vc, f->m);
	rk_pool_run(f->pool, tiles, fold_tile, f);
	if (!(f->noise > 0) || f->apiece)
		return;
	memset(f->apart, 0, k * k * sizeof *f->apart);
	for (i = 0; i < tiles; i++)
		for (a = 0; a < k * k; a++)
			f->apart[a] += f->gram[i * k * k + a];
	/* the diagonal stays as it is: nothing is compared with itself */
	for (a = 0; a < k; a++)
		for (b = 0; b < a; b++) {
			double q = f->apart[a * k + a] + f->apart[b * k + b] -
			    f->apart[a * k + b] - f->apart[b * k + a];
			q = q > 0 ? q : 0;
			f->apart[a * k + b] = f->apart[b * k + a] = q;
		}
}

/* --- loss ------------------------------------------------------------------ */

static double
sigmoid(double s)
{
	double e = exp(-fabs(s));

	return (s < 0 ? e : 1) / (1 + e);
}

static double
softplus(double s)
{
	return (s > 0 ? s : 0) + log1p(exp(-fabs(s)));
}

/*
 * For s' = s + far * N(0, 1): the mean sigmoid, its mean derivative by s
 * halved (which is the derivative of the mean softplus by far^2), and where
 * LOSS is not NULL the mean softplus.
 */
static double
spread(double s, double far, double *half, double *loss)
{
	static const double at[4] = { 0.5390798113513751, 1.636519042435108,
		2.8024858612875416, 4.144547186125894 };
	static const double weight[4] = { 0.37301225767907736,
		0.11723990766175889, 0.00963522012078826,
		0.00011261453837536716 };
	double mean = 0, slope = 0, sum = 0;
	int i;

	if (far < 1e-4) {
		mean = sigmoid(s);
		*half = mean * (1 - mean) / 2;
		if (loss != NULL)
			*loss = softplus(s);
		return mean;
	}
	for (i = 0; i < 4; i++) {
		double off = far * at[i];
		double up = sigmoid(s + off), down = sigmoid(s - off);
		mean += weight[i] * (up + down);
		slope += weight[i] * at[i] * (up - down);
		if (loss != NULL)
			sum += weight[i] *
			    (softplus(s + off) + softplus(s - off));
	}
	*half = slope / (2 * far);
	if (loss != NULL)
		*loss = sum;
	return mean;
}

/*
 * s = (a - b) . x and q = |a - b|^2, for vectors of D numbers.
 */
RK_CLONES static void
between(double *s, double *q, const float *a, const float *b, const float *x,
    size_t d)
{
	enum { LANES = 2 * RK_LANES };
	float dot[LANES] = { 0 }, square[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= d; i += LANES)
		for (j = 0; j < LANES; j++) {
			float t = a[i + j] - b[i + j];
			dot[j] += t * x[i + j];
			square[j] += t * t;
		}
	for (j = 0; i + j < d; j++) {
		float t = a[i + j] - b[i + j];
		dot[j] += t * x[i + j];
		square[j] += t * t;
	}
	for (*s = *q = 0, j = 0; j < LANES; j++) {
		*s += dot[j];
		*q += square[j];
	}
}

/*
 * Comparison V of a prompt whose embedding is x * unit, with theta[k] where
 * there are any; AT is its place among those that count. Returns its loss (but
 * for a part that is not wanted), and its derivative by s in *G.
 */
static double
compare(struct rk_mf_fit *f, const struct rk_cmp *v, const float *theta,
    const float *x, double unit, size_t at, double *g)
{
	size_t k = f->m->k, d = f->m->d;
	double scale = 1 / (double)f->used, loss = 0, half, mean, s, q = 0;

	if (f->apiece) {
		between(&s, &q, f->u + v->a * d, f->u + v->b * d, x, d);
		s *= unit;
	} else {
		s = (double)theta[v->a] - theta[v->b];
		q = f->noise > 0 ? f->apart[v->a * k + v->b] : 0;
	}
	mean = spread(
	    s, f->noise * sqrt(q), &half, f->want_loss ? &loss : NULL);
	*g = scale * (mean - v->y);
	f->push[at] = (float)(*g * unit);
	f->stiff[at] = scale * f->noise * f->noise * half;
	return loss - v->y * s;
}

/* Prompt I of the batch, whose theta[k] becomes its row of residuals. */
static void
row(struct rk_mf_fit *f, size_t i, const float *theta, float *res)
{
	const struct rk_prefs *p = f->t->prefs;
	size_t k = f->m->k, j = f->prompt[i], c, at = f->first[i];
	double sum = 0, g;

	if (!f->apiece)
		memset(res, 0, k * sizeof *res);
	for (c = p->first[j]; c < p->first[j + 1]; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		if (!rk_mf_counts(f->t, v))
			continue;
		sum += compare(
		    f, v, theta, p->emb + j * p->d, f->unit[j], at++, &g);
		if (f->apiece)
			continue;
		res[v->a] += (float)g;
		res[v->b] -= (float)g;
	}
	f->row_loss[i] = sum;
}

/* x[n, d] and res[n, k] := theta of the prompts from FROM on. */
static void
scores(struct rk_mf_fit *f, size_t from, size_t n)
{
	const struct rk_prefs *p = f->t->prefs;
	size_t d = f->m->d, k = f->m->k, i;
	struct rk_mat x = { f->x + from * d, d }, u = { f->u, d };

	for (i = from; i < from + n; i++)
		rk_mat_scale(f->x + i * d, p->emb + f->prompt[i] * d,
		    f->unit[f->prompt[i]], d);
	rk_mat_nt(f->res + from * k, k, x, u, n, k, d, 0);
}

static void
rows_tile(void *ctx, size_t tile, int thread)
{
	struct rk_mf_fit *f = ctx;
	size_t k = f->m->k, from = tile * ROWS, i;
	size_t n = f->n - from < ROWS ? f->n - from : ROWS;
	float theta[RK_MF_MAX];

	(void)thread;
	if (!f->apiece)
		scores(f, from, n);
	for (i = from; i < from + n; i++) {
		if (!f->apiece)
			memcpy(theta, f->res + i * k, k * sizeof *theta);
		row(f, i, theta, f->res + i * k);
	}
}

/* Makes room for N prompts with USED comparisons. */
static void
room_for(struct rk_mf_fit *f, size_t n, size_t used)
{
	if (n > f->room) {
		f->room = n;
		free(f->x);
		free(f->res);
		f->x = rk_floats(n * f->m->d);
		f->res = rk_floats(n * f->m->k);
		f->row_loss = rk_array(f->row_loss, n, sizeof *f->row_loss);
	}
	if (used > f->used_cap) {
		f->used_cap = 2 * used;
		f->push = rk_array(f->push, f->used_cap, sizeof *f->push);
		f->stiff = rk_array(f->stiff, f->used_cap, sizeof *f->stiff);
	}
}

/* Scores prompts[n]: losses and the derivatives by scores and distances. */
static void
forward(struct rk_mf_fit *f, const uint32_t *prompts, size_t n)
{
	const struct rk_prefs *p = f->t->prefs;
	size_t i, c;

	if (n > f->room)
		f->first = rk_array(f->first, n + 1, sizeof *f->first);
	f->prompt = prompts;
	f->n = n;
	f->used = 0;
	for (i = 0; i < n; i++) {
		f->first[i] = f->used;
		for (c = p->first[prompts[i]]; c < p->first[prompts[i] + 1];
		     c++)
			f->used += (size_t)rk_mf_counts(f->t, &p->cmp[c]);
	}
	f->first[n] = f->used;
	/* a product does some 8 times as much in the same time */
	f->apiece = f->used <= 2 * n || 8 * f->used < n * f->m->k;
	room_for(f, n, f->used);
	fold(f);
	rk_pool_run(f->pool, tiles_of(n, ROWS), rows_tile, f);
}

double
rk_mf_fit_loss(
    struct rk_mf_fit *f, const uint32_t *prompts, size_t n, int with_noise)
{
	double sum = 0, count = 0;
	size_t at, i, m;

	f->noise = with_noise ? f->t->noise : 0;
	f->want_loss = 1;
	for (at = 0; at < n; at += m) {
		m = n - at < CHUNK ? n - at : CHUNK;
		forward(f, prompts + at, m);
		count += (double)f->used;
		for (i = 0; i < m; i++)
			sum += f->row_loss[i];
	}
	return count > 0 ? sum / count : 0;
}

/* --- gradient -------------------------------------------------------------- */

/* pull = 2 L, L the Laplacian of the graph whose edges weigh `stiff`. */
static void
laplacian(struct rk_mf_fit *f)
{
	const struct rk_prefs *p = f->t->prefs;
	size_t k = f->m->k, at = 0, i, c;

	memset(f->pull, 0, k * k * sizeof *f->pull);
	for (i = 0; i < f->n; i++)
		for (c = p->first[f->prompt[i]]; c < p->first[f->prompt[i] + 1];
		     c++) {
			const struct rk_cmp *v = &p->cmp[c];
			float two;
			if (!rk_mf_counts(f->t, v))
				continue;
			two = (float)(2 * f->stiff[at++]);
			f->pull[v->a * k + v->a] += two;
			f->pull[v->b * k + v->b] += two;
			f->pull[v->a * k + v->b] -= two;
			f->pull[v->b * k + v->a] -= two;
		}
}

/* g[n] = push * x + pull * (a - b), added to da and taken off db. */
RK_CLONES static void
apply(float *restrict da, float *restrict db, const float *a, const float *b,
    const float *x, float push, float pull, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		float g = push * x[i] + pull * (a[i] - b[i]);
		da[i] += g;
		db[i] -= g;
	}
}

/* du[k, COLS] := the gradient of columns AT.. of U, comparison by comparison */
static void
apiece(const struct rk_mf_fit *f, float *du, size_t at, size_t n)
{
	const struct rk_prefs *p = f->t->prefs;
	size_t d = f->m->d, next = 0, i, c;

	memset(du, 0, f->m->k * COLS * sizeof *du);
	for (i = 0; i < f->n; i++) {
		const float *x = p->emb + f->prompt[i] * d + at;
		for (c = p->first[f->prompt[i]]; c < p->first[f->prompt[i] + 1];
		     c++) {
			const struct rk_cmp *v = &p->cmp[c];
			if (!rk_mf_counts(f->t, v))
				continue;
			apply(du + v->a * COLS, du + v->b * COLS,
			    f->u + v->a * d + at, f->u + v->b * d + at, x,
			    f->push[next], (float)(2 * f->stiff[next]), n);
			next++;
		}
	}
}

/* The same by products. */
static void
at_once(const struct rk_mf_fit *f, float *du, size_t at, size_t n)
{
	const struct rk_mf *m = f->m;
	struct rk_mat x = { f->x + at, m->d }, u = { f->u + at, m->d };
	struct rk_mat res = { f->res, m->k }, pull = { f->pull, m->k };

	rk_mat_tn(du, COLS, res, x, m->k, n, f->n, 0);
	if (f->noise > 0)
		rk_mat_nn(du, COLS, pull, u, m->k, n, m->k, 1);
}

static void
gradient_tile(void *ctx, size_t tile, int thread)
{
	struct rk_mf_fit *f = ctx;
	struct rk_mf *m = f->m;
	size_t at = tile * COLS, n = m->d - at < COLS ? m->d - at : COLS;
	float *to = f->du + (size_t)thread * m->k * COLS;
	struct rk_mat du = { to, COLS }, w = { m->w + at, m->d };
	struct rk_mat vc = { f->vc, m->dim };

	if (f->apiece)
		apiece(f, to, at, n);
	else
		at_once(f, to, at, n);
	rk_mat_tn(f->g.w + at, m->d, vc, du, m->dim, n, m->k, 0);
	rk_mat_nt(
	    f->dvc + tile * m->k * m->dim, m->dim, du, w, m->k, m->dim, n, 0);
	if (f->adam != NULL)
		rk_optim_adam_step(f->adam, f->step, m->w + at, f->m1.w + at,
		    f->m2.w + at, f->g.w + at, m->d, m->dim, n);
}

/* From v * c to P and c; g.p holds the sum over tiles on the way. */
static void
gradient_models(struct rk_mf_fit *f)
{
	const struct rk_mf *m = f->m;
	size_t tiles = tiles_of(m->d, COLS), size = m->k * m->dim, i, j, t;

	memset(f->g.c, 0, m->dim * sizeof *f->g.c);
	for (i = 0; i < size; i++) {
		double sum = 0;
		for (t = 0; t < tiles; t++)
			sum += f->dvc[t * size + i];
		f->g.p[i] = (float)sum;
	}
	for (i = 0; i < m->k; i++) {
		const float *v = f->v + i * m->dim;
		float *g = f->g.p + i * m->dim;
		double along = 0, s = rk_mat_unit(m->p + i * m->dim, m->dim);
		for (j = 0; j < m->dim; j++) {
			f->g.c[j] += g[j] * v[j];
			g[j] *= m->c[j];
			along += (double)g[j] * v[j];
		}
		for (j = 0; j < m->dim; j++)
			g[j] = (float)(s * (g[j] - along * v[j]));
	}
}

void
rk_mf_fit_step(struct rk_mf_fit *f, const uint32_t *prompts, size_t n,
    const struct rk_optim_adam *adam, long t)
{
	struct rk_mf *m = f->m;

	f->noise = f->t->noise;
	f->want_loss = 0;
	f->adam = adam;
	f->step = t;
	forward(f, prompts, n);
	if (f->noise > 0 && !f->apiece)
		laplacian(f);
	rk_pool_run(f->pool, tiles_of(m->d, COLS), gradient_tile, f);
	gradient_models(f);
	if (adam == NULL)
		return;
	rk_optim_adam_step(
	    adam, t, m->p, f->m1.p, f->m2.p, f->g.p, m->dim, m->k, m->dim);
	rk_optim_adam_step(
	    adam, t, m->c, f->m1.c, f->m2.c, f->g.c, m->dim, 1, m->dim);
}
