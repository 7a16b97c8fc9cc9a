/*
 * length.c - the control that sees how long a prompt is and nothing else:
 * Bradley-Terry ratings that are linear in x = log(1 + code points),
 *
 *   r_m(x) = a_m + b_m x,   P(s beats w) = 1 / (1 + exp(r_w - r_s)),
 *
 * fitted to all comparisons at once. For two models that is the logistic
 * regression of the soft wins on x; with more, a pair that never met has a
 * score through the models that both have met.
 */
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "math/bt.h"
#include "math/mat.h"
#include "math/optim.h"
#include "route/router.h"

static const struct rk_param params[] = {
	{ "slope", RK_PARAM_WORD, "learnt", 0, 0, "learnt|rising",
	    "rising: the longer, the more for the strong model of the pair, "
	    "where the labels say the opposite too" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/*
 * Weight of the slopes' pull to 0, where x has unit variance: a model with few
 * comparisons is rated alike at every length.
 */
#define RIDGE_SLOPE 1.0

static double
length_of(const struct rk_str *s)
{
	return log1p((double)rk_utf8_count(s->p, s->n));
}

/* --- training -------------------------------------------------------------- */

struct fit {
	const struct rk_prefs *p;
	double *z; /* [n], x with mean 0 and variance 1 */
	double mean, sd;
};

/* The terms of one comparison, whose unknowns are those of its two models. */
static double
comparison(const struct rk_cmp *c, double z, const double *r, size_t n,
    double *g, double *h)
{
	const size_t at[2] = { 2 * (size_t)c->a, 2 * (size_t)c->b };
	double s = r[at[0]] - r[at[1]] + z * (r[at[0] + 1] - r[at[1] + 1]);
	double e = exp(-fabs(s)), p = (s < 0 ? e : 1) / (1 + e), v;
	size_t i, j;

	if (g != NULL) {
		v = e / ((1 + e) * (1 + e));
		for (i = 0; i < 4; i++) {
			double xi = (i < 2 ? 1 : -1) * (i & 1 ? z : 1);
			size_t row = at[i / 2] + (i & 1);
			g[row] += (p - c->y) * xi;
			for (j = 0; j < 4; j++) {
				double xj = (j < 2 ? 1 : -1) * (j & 1 ? z : 1);
				size_t col = at[j / 2] + (j & 1);
				if (col <= row)
					h[row * n + col] += v * xi * xj;
			}
		}
	}
	return log1p(e) + (s > 0 ? s : 0) - c->y * s;
}

static double
loss(void *ctx, const double *r, double *g, double *h)
{
	const struct fit *t = ctx;
	const struct rk_prefs *p = t->p;
	size_t n = 2 * p->k, i, c;
	double f = 0;

	for (i = 0; i < n; i++) {
		double ridge = i & 1 ? RIDGE_SLOPE : RK_BT_RIDGE;
		f += ridge / 2 * r[i] * r[i];
		if (g != NULL) {
			g[i] = ridge * r[i];
			h[i * n + i] += ridge;
		}
	}
	for (i = 0; i < p->n; i++)
		for (c = p->first[i]; !p->valid[i] && c < p->first[i + 1]; c++)
			f += comparison(&p->cmp[c], t->z[i], r, n, g, h);
	return f;
}

static void
standardise(struct fit *t)
{
	const struct rk_prefs *p = t->p;
	double n = 0, sum = 0, squares = 0;
	size_t i;

	t->z = rk_array(NULL, p->n, sizeof *t->z);
	for (i = 0; i < p->n; i++) {
		t->z[i] = length_of(&p->text[i]);
		if (!p->valid[i]) {
			n++;
			sum += t->z[i];
		}
	}
	t->mean = n > 0 ? sum / n : 0;
	for (i = 0; i < p->n; i++) {
		t->z[i] -= t->mean;
		if (!p->valid[i])
			squares += t->z[i] * t->z[i];
	}
	t->sd = squares > 1e-12 * n ? sqrt(squares / n) : 1;
	for (i = 0; i < p->n; i++)
		t->z[i] /= t->sd;
}

/* The pair's slopes change places where its gain falls. */
static void
make_rise(double *strong, double *weak)
{
	double b = *strong;

	if (*strong >= *weak)
		return;
	*strong = *weak;
	*weak = b;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct fit t = { p, NULL, 0, 0 };
	const size_t shape[2] = { p->k, 2 };
	int pair = p->strong < p->k && p->weak < p->k;
	int rising = rk_params_is(set, "slope", "rising");
	double *r, *work;
	size_t m;

	(void)seed, (void)pool;
	if (rising && !pair)
		return rk_err_set(err, "slope=rising needs a pair");
	if (p->text == NULL)
		return rk_err_set(err, "length needs the text of every prompt");
	if (p->k > RK_BT_MAX)
		return rk_err_set(
		    err, "%zu models: expected at most %d", p->k, RK_BT_MAX);
	standardise(&t);
	r = rk_calloc(2 * p->k, sizeof *r);
	work = rk_array(NULL, rk_optim_newton_work(2 * p->k), sizeof *work);
	rk_optim_newton(r, 2 * p->k, loss, &t, work);
	if (rising)
		make_rise(&r[2 * p->strong + 1], &r[2 * p->weak + 1]);
	for (m = 0; m < p->k; m++) { /* from z back to x */
		r[2 * m + 1] /= t.sd;
		r[2 * m] -= r[2 * m + 1] * t.mean;
	}
	if (pair)
		rk_report_num(
		    report, "slope", r[2 * p->strong + 1] - r[2 * p->weak + 1]);
	rk_st_give(w, "length.weight", RK_F64, 2, shape, r);
	free(t.z);
	free(work);
	return 0;
}

/* --- scoring --------------------------------------------------------------- */

struct model {
	const double *weight; /* [k, 2]: a, b */
};

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	const size_t shape[2] = { k, 2 };
	const struct rk_tensor *t = rk_router_tensor(
	    st, prefix, "length.weight", RK_F64, 2, shape, err);
	struct model *m;
	size_t i;

	(void)set, (void)seed;
	if (t == NULL)
		return NULL;
	m = rk_malloc(sizeof *m);
	m->weight = t->data;
	for (i = 0; i < 2 * k; i++) {
		if (fabs(m->weight[i]) < 1e30)
			continue;
		rk_err_set(
		    err, "%s: %g is out of range", t->name, m->weight[i]);
		free(m);
		return NULL;
	}
	*d = 0;
	return m;
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	size_t i, c;

	(void)pool;
	for (i = 0; i < q->n; i++) {
		double x = length_of(&q->text[i]);
		for (c = 0; c < cols; c++) {
			const double *r = m->weight + 2 * rows[c];
			scores[i * cols + c] = (float)(r[0] + r[1] * x);
		}
	}
}

const struct rk_router rk_router_length = {
	.name = "length",
	.about = "control: ratings linear in the log of the prompt's length",
	.needs = RK_NEEDS_TEXT,
	.link = RK_LINK_LOGISTIC,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = free,
};
