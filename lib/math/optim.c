/*
 * optim.c - Newton by a Cholesky factor of the Hessian, whose rows are short
 * and dense; Adam in one pass over its four arrays.
 */
#include "math/optim.h"

#include <math.h>
#include <string.h>

#include "math/mat.h"

enum { STEPS = 100, HALVINGS = 40 };

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

struct rk_optim_adam
rk_optim_adam_default(double lr)
{
	struct rk_optim_adam o = { lr, .9, .999, 1e-8, 0, 0 };

	return o;
}

RK_CLONES static void
adam(float *restrict x, float *restrict m, float *restrict v,
    const float *restrict g, size_t n, const float *restrict c)
{
	const float keep = c[0], l2 = c[1], b1 = c[2], b2 = c[3];
	const float rate = c[4], root = c[5], eps = c[6];
	const float new1 = c[7], new2 = c[8];
	size_t i;

	for (i = 0; i < n; i++) {
		float d = g[i] + l2 * x[i];
		m[i] = b1 * m[i] + new1 * d;
		v[i] = b2 * v[i] + new2 * d * d;
		x[i] = keep * x[i] - rate * m[i] / (sqrtf(v[i]) * root + eps);
	}
}

void
rk_optim_adam_step(const struct rk_optim_adam *o, long t, float *x, float *m,
    float *v, const float *g, size_t ld, size_t rows, size_t n)
{
	const float c[9] = { (float)(1 - o->lr * o->decay), (float)o->l2,
		(float)o->b1, (float)o->b2,
		(float)(o->lr / (1 - pow(o->b1, (double)t))),
		(float)(1 / sqrt(1 - pow(o->b2, (double)t))), (float)o->eps,
		(float)(1 - o->b1), (float)(1 - o->b2) };

	for (; rows > 0; rows--, x += ld, m += ld, v += ld, g += ld)
		adam(x, m, v, g, n, c);
}
