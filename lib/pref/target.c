/* target.c - ratings by least squares, then each battle against them. */
#include "pref/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/bt.h"
#include "math/optim.h"

/* A pull of the ratings towards 0, which decides where the battles do not. */
#define RIDGE 1e-6

/* Battles, each pair of models summed. */
struct met {
	size_t k;
	double *count; /* [k, k], battles between a and b, both ways */
	double *sum;   /* [k, k], of a's gains over b */
};

static int
has_quality(const struct rk_prefs *p, size_t i)
{
	size_t m;

	for (m = 0; p->quality != NULL && m < p->k; m++)
		if (!isnan(p->quality[i * p->k + m]))
			return 1;
	return 0;
}

static void
meet(struct met *t, const struct rk_prefs *p)
{
	size_t c, k = p->k;

	t->k = k;
	t->count = rk_calloc(k * k, sizeof *t->count);
	t->sum = rk_calloc(k * k, sizeof *t->sum);
	for (c = 0; c < p->m; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		double gain = 2 * (double)v->y - 1;
		if (p->valid[v->prompt] != RK_PART_TRAIN || v->a == v->b)
			continue;
		t->count[v->a * k + v->b]++;
		t->count[v->b * k + v->a]++;
		t->sum[v->a * k + v->b] += gain;
		t->sum[v->b * k + v->a] -= gain;
	}
}

static double
squares(void *ctx, const double *mu, double *g, double *h)
{
	const struct met *t = ctx;
	size_t k = t->k, a, b;
	double f = 0;

	for (a = 0; a < k; a++) {
		double pull = RIDGE * mu[a], count = RIDGE;
		f += RIDGE / 2 * mu[a] * mu[a];
		for (b = 0; b < k; b++) {
			double n = t->count[a * k + b], gap = mu[a] - mu[b];
			if (n <= 0)
				continue;
			/* less a constant; each pair comes twice */
			f += gap * (n * gap / 4 - t->sum[a * k + b] / 2);
			pull += n * gap - t->sum[a * k + b];
			count += n;
			if (h != NULL && b < a)
				h[a * k + b] = -n;
		}
		if (g != NULL) {
			g[a] = pull;
			h[a * k + a] = count;
		}
	}
	return f;
}

static void
rate(double *mu, struct met *t)
{
	double *work = rk_array(NULL, rk_optim_newton_work(t->k), sizeof *work);

	rk_optim_newton(mu, t->k, squares, t, work);
	free(work);
}

/* c[k]: the share of a surprise that a model takes. */
static void
shares(double *share, const struct met *t)
{
	size_t k = t->k, a, b;

	for (a = 0; a < k; a++) {
		double n = 0, sq = 0, e;
		for (b = 0; b < k; b++) {
			n += t->count[a * k + b];
			sq += t->count[a * k + b] * t->count[a * k + b];
		}
		e = sq > 0 ? n * n / sq : 1;
		share[a] = e / (1 + e);
	}
}

/* Shifts mu so that its mean is the qualities', over the models with some. */
static void
level(double *mu, const struct rk_prefs *p)
{
	size_t k = p->k, i, m, with = 0;
	double all = 0, want = 0, have = 0, shift;

	for (m = 0; m < k; m++) {
		double sum = 0, n = 0;
		all += mu[m] / (double)k;
		for (i = 0; p->quality != NULL && i < p->n; i++) {
			double q = p->quality[i * k + m];
			if (p->valid[i] == RK_PART_TRAIN && !isnan(q)) {
				sum += q;
				n++;
			}
		}
		if (n > 0) {
			want += sum / n;
			have += mu[m];
			with++;
		}
	}
	shift = with > 0 ? (want - have) / (double)with : 0.5 - all;
	for (m = 0; m < k; m++)
		mu[m] += shift;
}

/* The battles of prompt I; N[k] is scratch. */
static void
battles(float *t, const struct rk_prefs *p, size_t i, const double *mu,
    const double *share, double *n, double *sum)
{
	size_t c, m;

	memset(n, 0, p->k * sizeof *n);
	memset(sum, 0, p->k * sizeof *sum);
	for (c = p->first[i]; c < p->first[i + 1]; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		double r = 2 * (double)v->y - 1 - (mu[v->a] - mu[v->b]);
		n[v->a]++;
		n[v->b]++;
		sum[v->a] += mu[v->a] + share[v->a] * r;
		sum[v->b] += mu[v->b] - share[v->b] * r;
	}
	for (m = 0; m < p->k; m++)
		if (n[m] > 0)
			t[m] = (float)(sum[m] / n[m]);
}

static void
means(struct rk_target *t)
{
	double all = 0;
	size_t m, i, with = 0;

	t->mean = rk_floats(t->k);
	for (m = 0; m < t->k; m++) {
		double sum = 0;
		size_t n = 0;
		for (i = 0; i < t->n; i++)
			if (!isnan(t->t[i * t->k + m])) {
				sum += t->t[i * t->k + m];
				n++;
			}
		t->known += n;
		t->mean[m] = n > 0 ? (float)(sum / (double)n) : NAN;
		if (n > 0) {
			all += sum / (double)n;
			with++;
		}
	}
	for (m = 0; m < t->k; m++)
		if (isnan(t->mean[m]))
			t->mean[m] = with > 0 ? (float)(all / (double)with)
					      : 0.5f;
}

int
rk_target_make(
    struct rk_target *t, const struct rk_prefs *p, struct rk_err *err)
{
	size_t k = p->k, i;
	double *mu, *share;
	struct met met;

	*t = (struct rk_target){ .n = p->n, .k = k };
	if (k > RK_BT_MAX)
		return rk_err_set(
		    err, "%zu models: expected at most %d", k, RK_BT_MAX);
	mu = rk_calloc(4 * k, sizeof *mu);
	share = mu + k;
	t->t = rk_array(NULL, p->n * k, sizeof *t->t);
	meet(&met, p);
	rate(mu, &met);
	shares(share, &met);
	level(mu, p);
	for (i = 0; i < p->n; i++) {
		float *row = t->t + i * k;
		size_t m;
		for (m = 0; m < k; m++)
			row[m] = NAN;
		if (p->valid[i] != RK_PART_TRAIN)
			continue;
		if (has_quality(p, i))
			memcpy(row, p->quality + i * k, k * sizeof *row);
		else
			battles(row, p, i, mu, share, mu + 2 * k, mu + 3 * k);
	}
	means(t);
	free(met.count);
	free(met.sum);
	free(mu);
	if (t->known == 0) {
		rk_target_free(t);
		return rk_err_set(
		    err, "no outcome and no battle to learn from");
	}
	return 0;
}

void
rk_target_free(struct rk_target *t)
{
	free(t->t);
	free(t->mean);
	*t = (struct rk_target){ 0 };
}
