/*
 * calibrate.c - the pairs, sorted and equal scores pooled, are blocks. Pooling
 * neighbours further gives isotonic regression; a logistic instead gives each
 * block its value. Either way a knot for each block, and one at both ends.
 */
#include "eval/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/optim.h"

struct block {
	double w, wy, wx;   /* weight; sums of weight * target, * score */
	double first, last; /* scores */
};

struct fit {
	struct block *b;
	size_t n;      /* blocks */
	double lo, hi; /* scores */
	double w, wy;  /* sums over the blocks */
	double to[2];  /* Platt's targets for 0 and for 1 */
};

static int
by_score(const void *a, const void *b)
{
	const struct block *p = a, *q = b;

	if (p->first != q->first)
		return p->first < q->first ? -1 : 1;
	/* sums in one order, whatever the order in which pairs of a score came */
	return (p->wy > q->wy) - (p->wy < q->wy);
}

static void
pool(struct block *into, const struct block *b)
{
	into->w += b->w;
	into->wy += b->wy;
	into->wx += b->wx;
	into->last = b->last;
}

/* One block for each distinct score, by rising score. */
static void
fit_sort(struct fit *f, const double *score, const double *target, size_t n)
{
	struct block *b = rk_array(NULL, n, sizeof *b);
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		b[i] = (struct block){ 1, target[i], score[i], score[i],
			score[i] };
	qsort(b, n, sizeof *b, by_score);
	for (size_t i = 1; i < n; i++)
		if (b[i].first == b[m].first)
			pool(&b[m], &b[i]);
		else
			b[++m] = b[i];
	f->b = b;
	f->n = m + 1;
	f->lo = b[0].first;
	f->hi = b[m].first;
	for (size_t i = 0; i <= m; i++) {
		f->w += b[i].w;
		f->wy += b[i].wy;
	}
	if (f->lo == f->hi) {
		double room = fmax(1, fabs(f->lo));

		f->lo -= room;
		f->hi += room;
	}
}

/* Where S is between the ends, 0 to 1. */
static double
place(const struct fit *f, double s)
{
	return (s - f->lo) / (f->hi - f->lo);
}

/* The block's mean score, kept inside the block against rounding. */
static double
centre(const struct block *b)
{
	return fmin(fmax(b->wx / b->w, b->first), b->last);
}

/* --- the two ways to a value for each block ------------------------------- */

static void
add_prior(struct block *end, double mean, double score)
{
	end->w += RK_CALIBRATE_PRIOR;
	end->wy += RK_CALIBRATE_PRIOR * mean;
	end->wx += RK_CALIBRATE_PRIOR * score;
}

/* v[<= n] of the blocks that are left when no two violate the order. */
static void
isotonic(struct fit *f, double *v)
{
	double mean = f->wy / f->w;
	size_t m = 0;

	add_prior(&f->b[0], mean, f->b[0].first);
	add_prior(&f->b[f->n - 1], mean, f->b[f->n - 1].last);
	for (size_t i = 0; i < f->n; i++) {
		struct block b = f->b[i];

		while (m > 0 && v[m - 1] >= b.wy / b.w) {
			struct block before = f->b[--m];

			pool(&before, &b);
			b = before;
		}
		v[m] = b.wy / b.w;
		f->b[m++] = b;
	}
	f->n = m;
}

static double
logistic(double eta)
{
	double e = exp(-fabs(eta));

	return (eta >= 0 ? 1 : e) / (1 + e);
}

/* The sum of Platt's targets in a block. */
static double
smoothed(const struct fit *f, const struct block *b)
{
	return b->wy * f->to[1] + (b->w - b->wy) * f->to[0];
}

/* -log likelihood of a logistic with x = { intercept, slope }. */
static double
loss(void *ctx, const double *x, double *g, double *h)
{
	const struct fit *f = ctx;
	double sum = 0;

	if (g != NULL)
		g[0] = g[1] = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct block *b = &f->b[i];
		double u = place(f, centre(b)), eta = x[0] + x[1] * u;
		double p = logistic(eta), t = smoothed(f, b);

		sum += b->w * (fmax(eta, 0) + log1p(exp(-fabs(eta)))) - t * eta;
		if (g == NULL)
			continue;
		g[0] += b->w * p - t;
		g[1] += (b->w * p - t) * u;
		h[0] += b->w * p * (1 - p);
		h[2] += b->w * p * (1 - p) * u;
		h[3] += b->w * p * (1 - p) * u * u;
	}
	return sum;
}

static void
platt(struct fit *f, double *v)
{
	double x[2] = { 0 }, work[10], mean; /* rk_optim_newton_work(2) */

	f->to[0] = 1 / (f->w - f->wy + 2);
	f->to[1] = (f->wy + 1) / (f->wy + 2);
	rk_optim_newton(x, 2, loss, f, work);
	mean = (f->wy * f->to[1] + (f->w - f->wy) * f->to[0]) / f->w;
	for (size_t i = 0; i < f->n; i++)
		v[i] = x[1] > 0
		    ? logistic(x[0] + x[1] * place(f, centre(&f->b[i])))
		    : mean;
}

/* --- knots ------------------------------------------------------------------ */

/*
 * Adds a knot. One that rounding leaves no higher than those before takes
 * their place; the first stays, being the end.
 */
static void
add_knot(struct rk_calibration *c, const struct fit *f, double x, double v)
{
	double e = RK_CALIBRATE_RISE;
	double y = (1 - 2 * e) * v + e * (place(f, x) + 0.5);

	while (c->n > 0 && (x <= c->x[c->n - 1] || y <= c->y[c->n - 1])) {
		if (c->n == 1)
			return;
		c->n--;
	}
	c->x[c->n] = x;
	c->y[c->n++] = y;
}

void
rk_calibrate_fit(struct rk_calibration *c, const double *score,
    const double *target, size_t n)
{
	struct fit f = { 0 };
	double *v = rk_array(NULL, n, sizeof *v);

	fit_sort(&f, score, target, n);
	if (n >= RK_CALIBRATE_ISOTONIC)
		isotonic(&f, v);
	else
		platt(&f, v);
	c->n = 0;
	c->x = rk_array(NULL, f.n + 2, sizeof *c->x);
	c->y = rk_array(NULL, f.n + 2, sizeof *c->y);
	add_knot(c, &f, f.lo, v[0]);
	for (size_t i = 0; i < f.n; i++)
		add_knot(c, &f, centre(&f.b[i]), v[i]);
	add_knot(c, &f, f.hi, v[f.n - 1]);
	free(f.b);
	free(v);
}

/*
 * Each operation rounds monotonically in SCORE, so their chain does too; only
 * the upper end of a segment has to be held down to the knot.
 */
double
rk_calibrate(const struct rk_calibration *c, double score)
{
	const double *x = c->x, *y = c->y;
	size_t a = 0, b = c->n - 1;
	double range = x[b] - x[a], up;

	if (score < x[a])
		return y[a] - y[a] / 2 * (1 - 1 / (1 + (x[a] - score) / range));
	if (score > x[b])
		return y[b] +
		    (1 - y[b]) / 2 * (1 - 1 / (1 + (score - x[b]) / range));
	while (b - a > 1) {
		size_t half = a + (b - a) / 2;

		if (score < x[half])
			b = half;
		else
			a = half;
	}
	up = y[a] + (y[b] - y[a]) * ((score - x[a]) / (x[b] - x[a]));
	return up > y[b] ? y[b] : up;
}

int
rk_calibrate_check(const struct rk_calibration *c, struct rk_err *err)
{
	if (c->n < 2)
		return rk_err_set(
		    err, "calibration: %zu knots, expected at least 2", c->n);
	for (size_t i = 0; i < c->n; i++) {
		double x = c->x[i], y = c->y[i];

		if (!(fabs(x) <= RK_CALIBRATE_MAX) || !(y > 0 && y < 1))
			return rk_err_set(err,
			    "calibration: knot %zu is (%g, %g), expected a "
			    "finite score and a probability inside (0,1)",
			    i, x, y);
		if (i > 0 && !(x > c->x[i - 1] && y > c->y[i - 1]))
			return rk_err_set(err,
			    "calibration: knot %zu (%.17g, %.17g) is not above "
			    "the one before (%.17g, %.17g)",
			    i, x, y, c->x[i - 1], c->y[i - 1]);
	}
	return 0;
}

void
rk_calibrate_free(struct rk_calibration *c)
{
	free(c->x);
	free(c->y);
	*c = (struct rk_calibration){ 0 };
}
