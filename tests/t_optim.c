/*
 * t_optim.c - Adam and AdamW against torch.optim (tests/golden/mf), Newton on
 * functions whose minimum is known.
 */
#include "math/optim.h"
#include "tests/numbers.h"

/* Skips the golden file to the word NAME. */
static void
skip_to(FILE *f, const char *name)
{
	char word[64];

	while (numbers_word(f, word))
		if (strcmp(word, name) == 0)
			break;
	fseek(f, -(long)strlen(name), SEEK_CUR);
}

static void
check_adam(FILE *f, const char *name, const float *start, const float *g,
    struct rk_optim_adam o)
{
	enum { N = 37, STEPS = 6 };
	float x[N], m[N] = { 0 }, v[N] = { 0 };
	double *want = numbers_named(f, name, N);
	long t;

	memcpy(x, start, sizeof x);
	for (t = 1; t <= STEPS; t++)
		rk_optim_adam_step(&o, t, x, m, v, g + (t - 1) * N, N, 1, N);
	near(numbers_apart(x, want, N), 0, 1e-6, name);
	free(want);
}

static void
check_golden(void)
{
	FILE *f = numbers_open("tests/golden/mf/mf.txt");
	struct rk_optim_adam o = rk_optim_adam_default(0.05), w = o;
	float *x, *g;

	skip_to(f, "x");
	x = numbers_floats(f, "x", 37);
	g = numbers_floats(f, "g", 6 * 37);
	o.l2 = 0.03;
	check_adam(f, "Adam", x, g, o);
	w.decay = 0.2;
	check_adam(f, "AdamW", x, g, w);
	free(x);
	free(g);
	fclose(f);
}

/* Sum of cosh(x_i - i) + a coupling; the minimum has zero gradient. */
static double
coupled(void *ctx, const double *x, double *g, double *h)
{
	size_t n = *(const size_t *)ctx, i;
	double f = 0;

	for (i = 0; i < n; i++) {
		double e = x[i] - (double)i, next = i > 0 ? x[i - 1] : 0;
		f += cosh(e) + 0.5 * (x[i] - next) * (x[i] - next);
		if (g == NULL)
			continue;
		g[i] = sinh(e) + (x[i] - next);
		h[i * n + i] += cosh(e) + 1;
		if (i > 0) {
			g[i - 1] -= x[i] - next;
			h[(i - 1) * n + i - 1] += 1;
			h[i * n + i - 1] -= 1;
		}
	}
	return f;
}

/* (x0 + x1 - 3)^2: flat along one direction. */
static double
flat(void *ctx, const double *x, double *g, double *h)
{
	double e = x[0] + x[1] - 3;

	(void)ctx;
	if (g != NULL) {
		g[0] = g[1] = 2 * e;
		h[0] = h[2] = h[3] = 2;
	}
	return e * e;
}

static void
check_newton(void)
{
	enum { N = 7 };
	double x[N] = { 0 }, work[N * (N + 3)], g[N], h[N * N] = { 0 };
	double off = 0;
	size_t n = N, i;
	int steps;

	x[0] = 9; /* far out, where a full step overshoots */
	steps = rk_optim_newton(x, N, coupled, &n, work);
	coupled(&n, x, g, h);
	for (i = 0; i < N; i++)
		off = fmax(off, fabs(g[i]));
	near(off, 0, 1e-9, "Newton ends where the gradient is zero");
	ok(steps < 20, "in few steps (%d)", steps);
	x[0] = x[1] = 0;
	rk_optim_newton(x, 2, flat, NULL, work);
	near(x[0] + x[1], 3, 1e-9, "a singular Hessian does no harm");
}

int
main(void)
{
	check_golden();
	check_newton();
	return done();
}
