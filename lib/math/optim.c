/*
 * optim.c - Newton by a Cholesky factor of the Hessian, whose rows are short
 * and dense; L-BFGS by its two loops; Adam in one pass over its four arrays.
 */
#include "math/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"

enum { STEPS = 100, HALVINGS = 40, HISTORY = 10 };

static double
dot(const double *a, const double *b, size_t n)
{
	double s[4] = { 0 }, sum = 0;
	size_t i, j;

	for (i = 0; i + 4 <= n; i += 4)
		for (j = 0; j < 4; j++)
			s[j] += a[i + j] * b[i + j];
	for (; i < n; i++)
		sum += a[i] * b[i];
	return sum + ((s[0] + s[1]) + (s[2] + s[3]));
}

/*
 * H = L L' in its lower triangle. A pivot that cancels to nothing becomes 0,
 * and the solutions below leave that unknown alone.
 */
static void
factor(double *h, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		double *row = h + i * n, whole = row[i];
		for (j = 0; j < i; j++) {
			double l = h[j * n + j];
			row[j] = l > 0 ? (row[j] - dot(row, h + j * n, j)) / l
				       : 0;
		}
		row[i] -= dot(row, row, i);
		row[i] = row[i] > 1e-14 * whole ? sqrt(row[i]) : 0;
	}
}

/* x = (L L')^-1 g */
static void
solve(double *x, const double *l, const double *g, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		double p = l[i * n + i];
		x[i] = p > 0 ? (g[i] - dot(l + i * n, x, i)) / p : 0;
	}
	for (i = n; i-- > 0;) {
		double p = l[i * n + i];
		x[i] = p > 0 ? x[i] / p : 0;
		for (j = 0; j < i; j++)
			x[j] -= l[i * n + j] * x[i];
	}
}

int
rk_optim_newton(double *x, size_t n,
    double (*f)(void *ctx, const double *x, double *g, double *h), void *ctx,
    double *work)
{
	double *h = work, *g = h + n * n, *step = g + n, *old = step + n;
	double now, was, size, drop;
	size_t i;
	int k, half;

	for (k = 0; k < STEPS; k++) {
		memset(h, 0, n * n * sizeof *h);
		was = f(ctx, x, g, h);
		factor(h, n);
		solve(step, h, g, n);
		drop = dot(g, step, n);
		memcpy(old, x, n * sizeof *x);
		for (half = 0, size = 1; half < HALVINGS; half++, size /= 2) {
			for (i = 0; i < n; i++)
				x[i] = old[i] - size * step[i];
			if (drop < 1e-14)
				return k + 1;
			now = f(ctx, x, NULL, NULL);
			if (now <= was + 1e-13 * fabs(was))
				break;
		}
		if (half == HALVINGS) { /* rounding leaves no way down */
			memcpy(x, old, n * sizeof *x);
			break;
		}
	}
	return k;
}

/* The last steps s and changes y of the gradient, in a ring. */
struct history {
	size_t n;
	double *s, *y; /* [HISTORY, n] */
	double rho[HISTORY];
	int count;
};

/* way := -H g, H being the inverse of the Hessian as the history has it. */
static void
two_loops(const struct history *h, double *way, const double *g)
{
	double a[HISTORY], b, scale;
	int held = h->count < HISTORY ? h->count : HISTORY, i, j;
	size_t n = h->n, c;

	for (c = 0; c < n; c++)
		way[c] = -g[c];
	for (i = h->count - 1; i >= h->count - held; i--) {
		const double *s = h->s + (size_t)(i % HISTORY) * n;
		const double *y = h->y + (size_t)(i % HISTORY) * n;
		j = i % HISTORY;
		a[j] = h->rho[j] * dot(s, way, n);
		for (c = 0; c < n; c++)
			way[c] -= a[j] * y[c];
	}
	j = (h->count - 1) % HISTORY;
	scale = held == 0 ? 1 / sqrt(dot(g, g, n))
			  : 1 /
		(h->rho[j] *
		    dot(h->y + (size_t)j * n, h->y + (size_t)j * n, n));
	for (c = 0; c < n; c++)
		way[c] *= scale;
	for (i = h->count - held; i < h->count; i++) {
		const double *s = h->s + (size_t)(i % HISTORY) * n;
		const double *y = h->y + (size_t)(i % HISTORY) * n;
		j = i % HISTORY;
		b = h->rho[j] * dot(y, way, n);
		for (c = 0; c < n; c++)
			way[c] += (a[j] - b) * s[c];
	}
}

/* Takes the step from x0 with gradient g0 to x with g into the history. */
static void
remember(struct history *h, const double *x, const double *x0, const double *g,
    const double *g0)
{
	int j = h->count % HISTORY;
	double *s = h->s + (size_t)j * h->n, *y = h->y + (size_t)j * h->n, sy;
	size_t c;

	for (c = 0; c < h->n; c++) {
		s[c] = x[c] - x0[c];
		y[c] = g[c] - g0[c];
	}
	sy = dot(s, y, h->n);
	if (sy > 1e-14 * dot(y, y, h->n)) {
		h->rho[j] = 1 / sy;
		h->count++;
	}
}

int
rk_optim_lbfgs(double *x, size_t n,
    double (*f)(void *ctx, const double *x, double *g), void *ctx,
    double tolerance, int most)
{
	struct history h = { .n = n };
	double *work = rk_array(NULL, n * (2 * HISTORY + 4), sizeof *work);
	double *g = work, *way = g + n, *x0 = way + n, *g0 = x0 + n;
	double was, now, first, slope, size;
	size_t c;
	int step, half;

	h.s = g0 + n;
	h.y = h.s + HISTORY * n;
	was = f(ctx, x, g);
	first = sqrt(dot(g, g, n));
	for (step = 0; step < most; step++) {
		if (sqrt(dot(g, g, n)) <= tolerance * first)
			break;
		two_loops(&h, way, g);
		slope = dot(g, way, n);
		memcpy(x0, x, n * sizeof *x);
		memcpy(g0, g, n * sizeof *g);
		for (half = 0, size = 1; half < HALVINGS; half++, size /= 2) {
			for (c = 0; c < n; c++)
				x[c] = x0[c] + size * way[c];
			now = f(ctx, x, g);
			if (now <= was + 1e-4 * size * slope)
				break;
		}
		if (half == HALVINGS) { /* rounding leaves no way down */
			memcpy(x, x0, n * sizeof *x);
			break;
		}
		remember(&h, x, x0, g, g0);
		was = now;
	}
	free(work);
	return step;
}

struct rk_optim_adam
rk_optim_adam_default(double lr)
{
	struct rk_optim_adam o = { lr, .9, .999, 1e-8, 0, 0, 1 };

	return o;
}

RK_CLONES static void
adam(float *restrict x, float *restrict m, float *restrict v,
    const float *restrict g, size_t n, const float *restrict c)
{
	const float keep = c[0], l2 = c[1], b1 = c[2], b2 = c[3];
	const float rate = c[4], root = c[5], eps = c[6];
	const float new1 = c[7], new2 = c[8], scale = c[9];
	size_t i;

	for (i = 0; i < n; i++) {
		float d = scale * g[i] + l2 * x[i];
		m[i] = b1 * m[i] + new1 * d;
		v[i] = b2 * v[i] + new2 * d * d;
		x[i] = keep * x[i] - rate * m[i] / (sqrtf(v[i]) * root + eps);
	}
}

void
rk_optim_adam_step(const struct rk_optim_adam *o, long t, float *x, float *m,
    float *v, const float *g, size_t ld, size_t rows, size_t n)
{
	const float c[10] = { (float)(1 - o->lr * o->decay), (float)o->l2,
		(float)o->b1, (float)o->b2,
		(float)(o->lr / (1 - pow(o->b1, (double)t))),
		(float)(1 / sqrt(1 - pow(o->b2, (double)t))), (float)o->eps,
		(float)(1 - o->b1), (float)(1 - o->b2), (float)o->scale };

	for (; rows > 0; rows--, x += ld, m += ld, v += ld, g += ld)
		adam(x, m, v, g, n, c);
}

double
rk_optim_squares(const float *g, size_t n)
{
	return rk_mat_dot(g, g, n);
}

double
rk_optim_clip(double squares, double most)
{
	double length = sqrt(squares);

	return most > 0 && length > most ? most / (length + 1e-6) : 1;
}

double
rk_optim_ramp(long t, long warm, long steps)
{
	if (t < warm)
		return (double)t / (double)warm;
	return t < steps ? (double)(steps - t) / (double)(steps - warm) : 0;
}
