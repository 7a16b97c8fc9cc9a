/*
 * linear.c - a model's quality is linear in the prompt's unit vector, and so
 * is the gain of one model over another.
 *
 * loss=squares is ridge regression of the target (pref/target.h), inputs and
 * targets centred: w = (X'X + alpha I)^-1 X'y by Cholesky, or where there are
 * fewer prompts than dimensions w = X'(XX' + alpha I)^-1 y. Models that are
 * known on the same prompts share the factor. alpha is the one of a grid with
 * the least generalised cross-validation error (Golub, Heath and Wahba, 1979)
 *
 *   n RSS / (n - 1 - tr H)^2,   tr H = m - alpha tr (M + alpha I)^-1,
 *
 * with M the m x m matrix above, of the default pair's gain where both are
 * known on the same prompts, and else of all models.
 *
 * loss=logistic is a Bradley-Terry model with linear ratings, fitted to the
 * comparisons by L-BFGS; the weights w_m are pulled to 0 by alpha/4 |w_m|^2.
 * Near 0 that is the same pull: half a rating's difference is a gain, so that
 * alpha is chosen by the squares.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/mat.h"
#include "pref/target.h"
#include "route/linear-rate.h"
#include "route/router.h"

enum {
	TILE = 1024, /* prompts that are centred at a time */
	BATCH = 128, /* queries that a thread scores at a time */
	MOST = 16384 /* unknowns of a dense system */
};

static const struct rk_param params[] = {
	{ "alpha", RK_PARAM_NUM, "0", 0, 1e9, NULL,
	    "strength of the ridge; 0: chosen by generalised cross-validation" },
	{ "loss", RK_PARAM_WORD, "squares", 0, 0, "squares|logistic",
	    "squares: of the gain; logistic: ratings fitted to comparisons" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

static const double grid[] = { 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000 };
enum { GRID = sizeof grid / sizeof *grid };

/* --- ridge ----------------------------------------------------------------- */

/* Models that are known on the same prompts. */
struct group {
	uint32_t *row; /* [n] prompts */
	size_t n;
	size_t *model; /* [models] */
	size_t models;
	/* Right sides: the models', and the default pair's gain if it is here. */
	size_t cols, strong, weak;
	/* The system: side is min(n, d). */
	size_t side;
	double *m;    /* [side, side], X'X or XX', the lower triangle */
	double *y;    /* [side, cols], X'y or y, centred */
	double *yy;   /* [cols], y'y */
	float *x;     /* [n, d], centred, in the dual form alone */
	double *mean; /* [d], of the unit vectors */
};

struct fit {
	const struct rk_prefs *p;
	const struct rk_target *t;
	struct rk_pool *pool;
	float *weight; /* [k, d] */
	double *bias;  /* [k] */
};

static int
known(const struct fit *f, size_t i, size_t m)
{
	return !isnan(f->t->t[i * f->t->k + m]);
}

static int
same_mask(const struct fit *f, size_t a, size_t b)
{
	size_t i;

	for (i = 0; i < f->p->n; i++)
		if (known(f, i, a) != known(f, i, b))
			return 0;
	return 1;
}

/* Where model M is in the group; its size if it is not. */
static size_t
find(const struct group *g, size_t m)
{
	size_t c;

	for (c = 0; c < g->models && g->model[c] != m; c++)
		;
	return c;
}

/* The group of model M and of those from M on that share its mask. */
static void
group_make(struct group *g, const struct fit *f, size_t m, uint8_t *done)
{
	size_t i, b;

	*g = (struct group){ 0 };
	g->row = rk_array(NULL, f->p->n, sizeof *g->row);
	g->model = rk_array(NULL, f->p->k, sizeof *g->model);
	for (i = 0; i < f->p->n; i++)
		if (known(f, i, m))
			g->row[g->n++] = (uint32_t)i;
	for (b = m; b < f->p->k; b++)
		if (!done[b] && same_mask(f, m, b)) {
			done[b] = 1;
			g->model[g->models++] = b;
		}
	g->strong = find(g, f->p->strong);
	g->weak = find(g, f->p->weak);
	g->cols = g->models + (g->strong < g->models && g->weak < g->models);
	g->side = g->n < f->p->d ? g->n : f->p->d;
}

static void
group_free(struct group *g)
{
	free(g->row);
	free(g->model);
	free(g->m);
	free(g->y);
	free(g->yy);
	free(g->x);
	free(g->mean);
}

/* x[n, d]: the unit vectors of the prompts FROM.. of the group, less MEAN. */
static void
centred(
    float *x, const struct group *g, const struct fit *f, size_t from, size_t n)
{
	size_t d = f->p->d, i, j;

	for (i = 0; i < n; i++, x += d) {
		rk_mat_unit_rows(x, f->p->emb + g->row[from + i] * d, 1, d);
		for (j = 0; g->mean != NULL && j < d; j++)
			x[j] -= (float)g->mean[j];
	}
}

static void
find_mean(struct group *g, const struct fit *f, float *x)
{
	size_t d = f->p->d, i, j;
	double *mean = rk_calloc(d, sizeof *mean);

	for (i = 0; i < g->n; i++) {
		centred(x, g, f, i, 1);
		for (j = 0; j < d; j++)
			mean[j] += x[j];
	}
	for (j = 0; j < d; j++)
		mean[j] /= (double)g->n;
	g->mean = mean;
}

/* y[n, cols], centred: the right sides of the prompts FROM.. of the group. */
static void
targets(
    float *y, const struct group *g, const struct fit *f, size_t from, size_t n)
{
	size_t i, c;

	for (i = 0; i < n; i++, y += g->cols) {
		const float *t = f->t->t + g->row[from + i] * f->t->k;
		for (c = 0; c < g->models; c++)
			y[c] = t[g->model[c]] - f->t->mean[g->model[c]];
		if (c < g->cols)
			y[c] = y[g->strong] - y[g->weak];
	}
}

/* Makes the group's matrix and right sides. */
static void
group_sums(struct group *g, const struct fit *f)
{
	size_t d = f->p->d, from, n, i, c, cols = g->cols;
	size_t step = g->n < d ? g->n : g->n < TILE ? g->n : TILE;
	float *x = rk_floats(step * d), *y = rk_floats(step * cols);
	float *part = rk_floats(d * cols);

	g->m = rk_calloc(g->side * g->side, sizeof *g->m);
	g->y = rk_calloc(g->side * cols, sizeof *g->y);
	g->yy = rk_calloc(cols, sizeof *g->yy);
	find_mean(g, f, x);
	for (from = 0; from < g->n; from += n) {
		struct rk_mat a = { x, d }, b = { y, cols };
		n = g->n - from < step ? g->n - from : step;
		centred(x, g, f, from, n);
		targets(y, g, f, from, n);
		for (i = 0; i < n; i++)
			for (c = 0; c < cols; c++)
				g->yy[c] += (double)y[i * cols + c] *
				    y[i * cols + c];
		if (g->n < d) {
			rk_mat_gram_rows(g->m, x, n, d, f->pool);
			for (i = 0; i < n * cols; i++)
				g->y[i] = y[i];
			continue;
		}
		rk_mat_gram(g->m, x, n, d, f->pool);
		rk_mat_tn(part, cols, a, b, d, cols, n, 0);
		for (i = 0; i < d * cols; i++)
			g->y[i] += part[i];
	}
	if (g->n < d)
		g->x = x;
	else
		free(x);
	free(y);
	free(part);
}

/* l[side, side]: the factor of M + alpha I. */
static int
factor(double *l, const struct group *g, double alpha)
{
	size_t i;

	memcpy(l, g->m, g->side * g->side * sizeof *l);
	for (i = 0; i < g->side; i++)
		l[i * g->side + i] += alpha;
	return rk_mat_chol(l, g->side);
}

/* One alpha of the grid for each of the pool's tiles. */
struct trial {
	const struct group *g;
	double error[GRID];
};

static void
try_alpha(void *ctx, size_t at, int thread)
{
	struct trial *t = ctx;
	const struct group *g = t->g;
	size_t side = g->side, cols = g->cols, i, c;
	size_t from = cols > g->models ? g->models : 0; /* the gain alone */
	double *l = rk_array(NULL, side * side, sizeof *l);
	double *w = rk_array(NULL, side * cols, sizeof *w);
	double alpha = grid[at], rss = 0, left, n = (double)g->n;

	(void)thread;
	memcpy(w, g->y, side * cols * sizeof *w);
	if (factor(l, g, alpha) == 0) {
		rk_mat_chol_solve(w, cols, l, side);
		for (c = from; c < cols; c++) {
			double sum = g->x != NULL ? 0 : g->yy[c];
			for (i = 0; i < side; i++) {
				double v = w[i * cols + c];
				sum += g->x != NULL
				    ? alpha * alpha * v * v
				    : -v * (g->y[i * cols + c] + alpha * v);
			}
			rss += sum > 0 ? sum : 0;
		}
		left = n - 1 - (double)side +
		    alpha * rk_mat_chol_trace(l, side);
		if (left > 0.5)
			t->error[at] = n * n * rss / (left * left);
	}
	free(l);
	free(w);
}

/* error[GRID] += n times the cross-validation error of what the group fits. */
static void
try_group(double *error, const struct group *g, struct rk_pool *pool)
{
	struct trial t = { .g = g };
	size_t i;

	for (i = 0; i < GRID; i++)
		t.error[i] = INFINITY;
	rk_pool_run(pool, GRID, try_alpha, &t);
	for (i = 0; i < GRID; i++)
		error[i] += t.error[i];
}

/* The weights and biases of the group's models. */
static int
solve_group(
    struct fit *f, const struct group *g, double alpha, struct rk_err *err)
{
	size_t side = g->side, d = f->p->d, cols = g->cols, c, i, j;
	double *l = rk_array(NULL, side * side, sizeof *l);
	double *w = rk_calloc(d, sizeof *w);

	if (factor(l, g, alpha) != 0) {
		free(l);
		free(w);
		return rk_err_set(
		    err, "alpha %g is too small for these embeddings", alpha);
	}
	rk_mat_chol_solve(g->y, cols, l, side);
	for (c = 0; c < g->models; c++) {
		size_t m = g->model[c];
		double at_mean = 0;
		memset(w, 0, d * sizeof *w);
		for (i = 0; i < side; i++) {
			double v = g->y[i * cols + c];
			if (g->x == NULL)
				w[i] = v;
			for (j = 0; g->x != NULL && j < d; j++)
				w[j] += v * g->x[i * d + j];
		}
		for (j = 0; j < d; j++) {
			f->weight[m * d + j] = (float)w[j];
			at_mean += w[j] * g->mean[j];
		}
		f->bias[m] = f->t->mean[m] - at_mean;
	}
	free(l);
	free(w);
	return 0;
}

/*
 * Goes over the groups: with ERROR adds up the cross-validation errors, else
 * solves with ALPHA.
 */
static int
each_group(struct fit *f, double *error, double alpha, struct rk_err *err)
{
	uint8_t *done = rk_calloc(f->p->k, 1);
	size_t m;
	int rc = 0;

	for (m = 0; m < f->p->k && rc == 0; m++) {
		struct group g;
		if (done[m])
			continue;
		group_make(&g, f, m, done);
		if (g.n == 0) {
			for (; g.models > 0; g.models--)
				f->bias[g.model[g.models - 1]] = f->t->mean[m];
		} else if (g.side > MOST) {
			rc = rk_err_set(err,
			    "linear: %zu prompts of %zu numbers: expected one "
			    "of the two to be at most %d",
			    g.n, f->p->d, MOST);
		} else {
			group_sums(&g, f);
			if (error != NULL)
				try_group(error, &g, f->pool);
			else
				rc = solve_group(f, &g, alpha, err);
		}
		group_free(&g);
	}
	free(done);
	return rc;
}

/* *ALPHA: the one of the grid with the least error; the larger of equals. */
static int
choose_alpha(struct fit *f, double *alpha, struct rk_err *err)
{
	double error[GRID] = { 0 };
	size_t best = GRID - 1, i;

	if (each_group(f, error, 0, err) != 0)
		return -1;
	for (i = GRID; i-- > 0;)
		if (error[i] < error[best])
			best = i;
	*alpha = grid[best];
	return 0;
}

/* --- training -------------------------------------------------------------- */

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const size_t shape[2] = { p->k, p->d }, one = 1;
	double alpha = rk_params_num(set, "alpha");
	struct rk_target t;
	struct fit f = { .p = p, .t = &t, .pool = pool };
	int rc = 0;

	(void)seed;
	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "linear needs embeddings");
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	f.weight = rk_floats(p->k * p->d);
	memset(f.weight, 0, p->k * p->d * sizeof *f.weight);
	f.bias = rk_calloc(p->k, sizeof *f.bias);
	if (alpha <= 0)
		rc = choose_alpha(&f, &alpha, err);
	if (rc == 0 && rk_params_is(set, "loss", "logistic"))
		rk_report_num(report, "steps",
		    rk_linear_rate(f.weight, f.bias, p, alpha, pool));
	else if (rc == 0)
		rc = each_group(&f, NULL, alpha, err);
	if (rc == 0)
		rk_report_num(report, "alpha", alpha);
	rk_st_give(w, "linear.alpha", RK_F64, 1, &one,
	    memcpy(rk_malloc(sizeof alpha), &alpha, sizeof alpha));
	rk_st_give(w, "linear.weight", RK_F32, 2, shape, f.weight);
	rk_st_give(w, "linear.bias", RK_F64, 1, shape, f.bias);
	rk_target_free(&t);
	return rc;
}

static enum rk_link
link_of(const struct rk_params *set)
{
	return rk_params_is(set, "loss", "logistic") ? RK_LINK_LOGISTIC
						     : RK_LINK_LINEAR;
}

/* --- scoring --------------------------------------------------------------- */

struct model {
	size_t k, d;
	double alpha;        /* of the ridge; 0: an old file does not say */
	const float *weight; /* [k, d] */
	const double *bias;  /* [k] */
};

/* *ALPHA: what the ridge was pulled by; 0 in a file that does not say. */
static int
open_alpha(double *alpha, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t one = 1;
	struct rk_buf name = { 0 };
	const struct rk_tensor *t;

	*alpha = 0;
	rk_buf_addf(&name, "%slinear.alpha", prefix);
	t = rk_st_find(st, name.p);
	if (t != NULL)
		t = rk_st_need(st, name.p, RK_F64, 1, &one, err);
	if (t != NULL)
		*alpha = *(const double *)t->data;
	if (t != NULL && !(*alpha > 0 && *alpha <= 1e9))
		rk_err_set(err, "%s: found %g, expected above 0 to 1e9", name.p,
		    *alpha);
	rk_buf_free(&name);
	return rk_err_is(err) ? -1 : 0;
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	const size_t shape[2] = { k, SIZE_MAX };
	const struct rk_tensor *w, *b;
	double alpha;
	const double limit = 1e15;
	struct model m;
	size_t i;

	(void)set, (void)seed;
	w = rk_router_tensor(
	    st, prefix, "linear.weight", RK_F32, 2, shape, err);
	b = rk_router_tensor(st, prefix, "linear.bias", RK_F64, 1, shape, err);
	if (w == NULL || b == NULL)
		return NULL;
	if (open_alpha(&alpha, st, prefix, err) != 0)
		return NULL;
	m = (struct model){ k, w->shape[1], alpha, w->data, b->data };
	if (m.d == 0 || m.d > RK_ROUTER_MAX_DIM) {
		rk_err_set(err,
		    "%s: found rows of %zu numbers, expected 1 to %d", w->name,
		    m.d, RK_ROUTER_MAX_DIM);
		return NULL;
	}
	for (i = 0; i < k * m.d; i++)
		if (!(fabs((double)m.weight[i]) < limit &&
			fabs(m.bias[i / m.d]) < limit)) {
			rk_err_set(err, "%s, %s: out of range at %zu", w->name,
			    b->name, i);
			return NULL;
		}
	*d = m.d;
	return memcpy(rk_malloc(sizeof m), &m, sizeof m);
}

struct job {
	const struct model *m;
	const float *emb, *weight; /* [n, d], [cols, d] */
	const size_t *rows;
	size_t n, cols;
	float *scores;
};

static void
score_tile(void *ctx, size_t tile, int thread)
{
	const struct job *t = ctx;
	size_t at = tile * BATCH, d = t->m->d, i, c;
	size_t n = t->n - at < BATCH ? t->n - at : BATCH;
	float *unit = rk_floats(n * d), *out = t->scores + at * t->cols;
	struct rk_mat x = { unit, d }, w = { t->weight, d };

	(void)thread;
	rk_mat_unit_rows(unit, t->emb + at * d, n, d);
	rk_mat_nt(out, t->cols, x, w, n, t->cols, d, 0);
	for (i = 0; i < n; i++, out += t->cols)
		for (c = 0; c < t->cols; c++)
			out[c] = (float)(out[c] + t->m->bias[t->rows[c]]);
	free(unit);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	float *weight = rk_floats(cols * m->d);
	struct job t = { m, q->emb, weight, rows, q->n, cols, scores };
	size_t c;

	for (c = 0; c < cols; c++)
		memcpy(weight + c * m->d, m->weight + rows[c] * m->d,
		    m->d * sizeof *weight);
	rk_pool_run(pool, (q->n + BATCH - 1) / BATCH, score_tile, &t);
	free(weight);
}

/* --- one model more --------------------------------------------------------- */

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const struct model *m = model;
	const size_t k = m->k, shape[2] = { k + 1, m->d };
	double alpha = m->alpha > 0 ? m->alpha : rk_params_num(set, "alpha");
	struct rk_target t;
	struct fit f = { .p = p, .t = &t, .pool = pool };
	float *weight;
	double *bias;
	int rc = 0;

	if (rk_params_is(set, "loss", "logistic"))
		return rk_err_set(err,
		    "loss=logistic fits all ratings together and cannot take "
		    "one more");
	if (p == NULL)
		return 0;
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	weight = rk_floats((k + 1) * m->d);
	bias = rk_array(NULL, k + 1, sizeof *bias);
	memcpy(weight, m->weight, k * m->d * sizeof *weight);
	memcpy(bias, m->bias, k * sizeof *bias);
	f.weight = weight + k * m->d;
	f.bias = bias + k;
	if (alpha <= 0)
		rc = choose_alpha(&f, &alpha, err);
	if (rc == 0)
		rc = each_group(&f, NULL, alpha, err);
	if (rc == 0)
		rk_report_num(report, "alpha", alpha);
	rk_st_give(w, "linear.weight", RK_F32, 2, shape, weight);
	rk_st_give(w, "linear.bias", RK_F64, 1, &shape[0], bias);
	rk_target_free(&t);
	return rc;
}

const struct rk_router rk_router_linear = {
	.name = "linear",
	.about = "each model's quality, linear in the embedding (ridge)",
	.needs = RK_NEEDS_EMBEDDING,
	.link = RK_LINK_LINEAR,
	.link_of = link_of,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = free,
	.grow = grow,
};
