/*
 * knn.c - a model's quality is its mean target (pref/target.h) over the k
 * training prompts whose cosines to the query are largest, of those where it
 * is known; where it is known on none, its mean over all.
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
 *
 * Products in float find the k-th cosine but for rounding; the cosines that are
 * so near to it that rounding could decide are computed anew in double, so that
 * the neighbours are the same in any batch.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "pref/target.h"
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

static void
put_targets(const struct rk_target *t, const uint32_t *row, size_t n,
    struct rk_st_writer *w)
{
	const size_t shape[2] = { n, t->k };
	float *out = rk_floats(n * t->k), *mean = rk_floats(t->k);
	size_t i;

	for (i = 0; i < n; i++)
		memcpy(
		    out + i * t->k, t->t + row[i] * t->k, t->k * sizeof *out);
	memcpy(mean, t->mean, t->k * sizeof *mean);
	rk_st_give(w, "knn.target", RK_F32, 2, shape, out);
	rk_st_give(w, "knn.mean", RK_F32, 1, &shape[1], mean);
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
	size_t n = 0, i, m;

	(void)seed, (void)pool;
	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "knn needs embeddings");
	if (guard && p->weak >= p->k)
		return rk_err_set(err, "guard needs --strong and --weak");
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	row = rk_array(NULL, p->n, sizeof *row);
	for (i = 0; i < p->n; i++) {
		for (m = 0; m < t.k && isnan(t.t[i * t.k + m]); m++)
			;
		if (m < t.k)
			row[n++] = (uint32_t)i;
	}
	rk_stored_put(
	    "knn.embedding", p, row, n, (int)rk_params_int(set, "half"), w);
	put_targets(&t, row, n, w);
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
	size_t k;            /* models */
	size_t near;         /* neighbours */
	const float *target; /* [rows, k], NaN: not known */
	const float *mean;   /* [k] */
	double guard;
	size_t fallback;
	const float *spread; /* [k] */
};

/* x[n] of the tensor T are numbers from LO to 1000? */
static int
check_range(const struct rk_tensor *t, double lo, struct rk_err *err)
{
	const float *x = t->data;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!(x[i] >= lo && x[i] <= 1e3))
			return rk_err_set(err,
			    "%s: found %g at %zu, expected %g to 1000", t->name,
			    (double)x[i], i, lo);
	return 0;
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
	return check_range(s, 0, err);
}

static int
open_all(struct model *m, const struct rk_st *st, const char *prefix,
    const struct rk_params *set, struct rk_err *err)
{
	size_t shape[2] = { 0, m->k };
	const struct rk_tensor *target, *mean;

	if (rk_stored_open(&m->rows, st, prefix, "knn.embedding", err) != 0)
		return -1;
	shape[0] = m->rows.n;
	target = rk_router_tensor(
	    st, prefix, "knn.target", RK_F32, 2, shape, err);
	mean = rk_router_tensor(st, prefix, "knn.mean", RK_F32, 1, &m->k, err);
	if (target == NULL || mean == NULL || check_range(mean, -1e3, err) != 0)
		return -1;
	m->target = target->data;
	m->mean = mean->data;
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
		free(m);
		return NULL;
	}
	*d = m->rows.d;
	return m;
}

/* --- the nearest ----------------------------------------------------------- */

enum { BLOCK = 16 * RK_LANES };

/*
 * A cosine and its row as one number, the larger the nearer: the bits of a
 * float are in order but for those of negative ones, and of equal cosines the
 * first row comes first.
 */
static uint64_t
key_of(float cosine, size_t row)
{
	union {
		float f;
		uint32_t u;
	} v = { cosine + 0.0f }; /* no -0 */
	uint32_t order = v.u >> 31 ? ~v.u : v.u | 0x80000000u;

	return (uint64_t)order << 32 | (UINT32_MAX - (uint32_t)row);
}

static size_t
row_of(uint64_t key)
{
	return UINT32_MAX - (uint32_t)key;
}

static int
falling(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* Is one of x[n] above FLOOR? */
RK_CLONES static int
any_above(const float *x, size_t n, float floor)
{
	int lane[RK_LANES] = { 0 }, any = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			lane[j] |= x[i + j] > floor;
	for (; i < n; i++)
		any |= x[i] > floor;
	for (j = 0; j < RK_LANES; j++)
		any |= lane[j];
	return any;
}

/*
 * The k-th largest of x[n], k <= n. KEY has room for 2 k. Whatever is not above
 * the k-th so far cannot raise it.
 */
static float
kth_largest(uint64_t *key, size_t k, const float *x, size_t n)
{
	float floor = -INFINITY;
	size_t held = 0, at, i, end;

	for (at = 0; at < n; at = end) {
		end = n - at < BLOCK ? n : at + BLOCK;
		if (!any_above(x + at, end - at, floor))
			continue;
		for (i = at; i < end; i++) {
			if (!(x[i] > floor))
				continue;
			key[held++] = key_of(x[i], i);
			if (held < 2 * k)
				continue;
			qsort(key, held, sizeof *key, falling);
			held = k;
			floor = x[row_of(key[k - 1])];
		}
	}
	qsort(key, held, sizeof *key, falling);
	return x[row_of(key[k - 1])];
}

/* Of each thread. */
struct scratch {
	uint64_t *key; /* [rows + 2 near] */
	uint32_t *row; /* [near] */
	float *wide;   /* [d], for half floats */
};

/* The cosine of UNIT to a stored vector, as a float, the same in any batch. */
static float
exact(
    const struct rk_mat_rows *rows, const float *unit, size_t row, float *wide)
{
	const float *x = wide;
	double c;

	if (rows->f32 != NULL)
		x = rows->f32 + row * rows->d;
	else
		rk_num_widen_f16(wide, rows->f16 + row * rows->d, rows->d);
	c = rk_mat_dot(unit, x, rows->d);
	return fabs(c) < 1e4 ? (float)c : 0;
}

static int
rising(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/*
 * s->row[k] := the k nearest, in their order in the file. A sum of d products
 * of unit vectors in float is off by less than SLACK, and so is the k-th of
 * such sums: what passes it by twice that is in, and what falls as far short
 * is out.
 */
static void
nearest(struct scratch *s, size_t k, const struct rk_mat_rows *rows,
    const float *unit, const float *x)
{
	float slack = (float)((double)(rows->d + 8) * 0x1p-23);
	float kth = kth_largest(s->key, k, x, rows->n);
	float lo = nextafterf(kth - 2 * slack, -INFINITY);
	float hi = kth + 2 * slack;
	size_t in = 0, held = 0, at, i, end;

	for (at = 0; at < rows->n; at = end) {
		end = rows->n - at < BLOCK ? rows->n : at + BLOCK;
		if (!any_above(x + at, end - at, lo))
			continue;
		for (i = at; i < end; i++) {
			if (x[i] > hi)
				s->row[in++] = (uint32_t)i;
			else if (x[i] > lo)
				s->key[held++] = key_of(
				    exact(rows, unit, i, s->wide), i);
		}
	}
	qsort(s->key, held, sizeof *s->key, falling);
	for (i = 0; in < k; i++)
		s->row[in++] = (uint32_t)row_of(s->key[i]);
	qsort(s->row, k, sizeof *s->row, rising);
}

/* --- scoring --------------------------------------------------------------- */

struct job {
	const struct model *m;
	const size_t *rows;
	size_t cols;
	float *scores;
	struct scratch *scratch; /* [threads] */
};

/* A target, or NaN where it is not known or no number for a target. */
static double
target_of(const struct model *m, size_t row, size_t model)
{
	float t = m->target[row * m->k + model];

	return fabsf(t) <= 1e3f ? t : NAN;
}

static double
mean_of(const struct model *m, const uint32_t *row, size_t model)
{
	double sum = 0, n = 0;
	size_t i;

	for (i = 0; i < m->near; i++) {
		double t = target_of(m, row[i], model);
		if (isnan(t))
			continue;
		sum += t;
		n++;
	}
	return n > 0 ? sum / n : m->mean[model];
}

/* The lower bound of the model's gain over the fallback. */
static double
proven(const struct model *m, const uint32_t *row, size_t model)
{
	double s = m->spread[model], n = 0, sum = 0, squares = 0, off;
	size_t i;

	for (i = 0; i < m->near; i++) {
		double g = target_of(m, row[i], model) -
		    target_of(m, row[i], m->fallback);
		if (isnan(g))
			continue;
		n++;
		sum += g;
		squares += g * g;
	}
	if (n <= 0)
		return m->mean[model] - m->mean[m->fallback] - m->guard * s;
	off = squares - sum * sum / n;
	return sum / n - m->guard * sqrt((off > 0 ? off : 0) + s * s) / n;
}

static void
score_one(void *ctx, size_t i, const float *unit, float *cosine, int thread)
{
	const struct job *t = ctx;
	const struct model *m = t->m;
	struct scratch *scratch = &t->scratch[thread];
	const uint32_t *row = scratch->row;
	size_t c;

	nearest(scratch, m->near, &m->rows, unit, cosine);
	for (c = 0; c < t->cols; c++) {
		double s;
		if (m->guard <= 0 || t->rows[c] == m->fallback)
			s = mean_of(m, row, t->rows[c]);
		else
			s = mean_of(m, row, m->fallback) +
			    proven(m, row, t->rows[c]);
		t->scores[i * t->cols + c] = (float)s;
	}
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	size_t threads = (size_t)rk_pool_size(pool), i;
	struct scratch *s = rk_array(NULL, threads, sizeof *s);
	struct job t = { m, rows, cols, scores, s };

	for (i = 0; i < threads; i++) {
		s[i].key = rk_array(
		    NULL, m->rows.n + 2 * m->near, sizeof *s[i].key);
		s[i].row = rk_array(NULL, m->near, sizeof *s[i].row);
		s[i].wide = m->rows.f16 ? rk_floats(m->rows.d) : NULL;
	}
	rk_stored_each(&m->rows, q, pool, score_one, &t);
	for (i = 0; i < threads; i++) {
		free(s[i].key);
		free(s[i].row);
		free(s[i].wide);
	}
	free(s);
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
	.close = free,
};
