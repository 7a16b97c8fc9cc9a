/*
 * ops-act.c - activations, a run of numbers at a time: the exponentials of a
 * run by rk_mat_exp, then one loop that the compiler vectorises. The slope
 * comes from the same exponential as the value.
 */
#include <math.h>
#include <string.h>

#include "nn/ops.h"

enum { RUN = 256 };

int
rk_ops_act_find(const char *name)
{
	static const struct {
		const char *name;
		enum rk_act f;
	} names[] = {
		{ "gelu", RK_ACT_GELU },
		{ "gelu_python", RK_ACT_GELU },
		{ "gelu_new", RK_ACT_GELU_NEW },
		{ "gelu_fast", RK_ACT_GELU_NEW },
		{ "gelu_pytorch_tanh", RK_ACT_GELU_NEW },
		{ "relu", RK_ACT_RELU },
		{ "silu", RK_ACT_SILU },
		{ "swish", RK_ACT_SILU },
		{ "tanh", RK_ACT_TANH },
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i].name) == 0)
			return (int)names[i].f;
	return -1;
}

/*
 * Phi(-|x|) = exp(-x^2 / 2) t P(t), t = 1 / (1 + c |x|): the form of Abramowitz
 * and Stegun 7.1.26, with a polynomial of degree 7 fitted to the relative error
 * (1.1e-7 up to |x| = 14; below 3e-7 as computed).
 */
RK_CLONES static void
gelu(float *y, float *slope, const float *x, float *e, size_t n)
{
	static const float c = 0.23475945f, root = 0.39894228f;
	size_t i;

	for (i = 0; i < n; i++)
		e[i] = x[i] * x[i];
	rk_mat_exp(e, e, -0.5f, 0, n);
	for (i = 0; i < n; i++) {
		float t = 1 / (1 + c * fabsf(x[i])), p, phi;
		p = -0.0646521077f;
		p = p * t + 0.21300219f;
		p = p * t - 0.149950549f;
		p = p * t + 0.183253109f;
		p = p * t + 0.033842627f;
		p = p * t + 0.0983337238f;
		p = p * t + 0.0924535021f;
		p = p * t + 0.093717441f;
		p = p * t * e[i];
		phi = x[i] < 0 ? p : 1 - p;
		if (slope != NULL)
			slope[i] = phi + root * x[i] * e[i];
		y[i] = x[i] * phi;
	}
}

/* (1 + tanh(u)) / 2 is 1 / (1 + exp(-2 u)). */
RK_CLONES static void
gelu_new(float *y, float *slope, const float *x, float *e, size_t n)
{
	static const float c = 1.59576912f, cube = 0.044715f;
	size_t i;

	for (i = 0; i < n; i++)
		e[i] = x[i] + cube * x[i] * x[i] * x[i];
	rk_mat_exp(e, e, -c, 0, n);
	for (i = 0; i < n; i++) {
		float s = 1 / (1 + e[i]), du = c + 3 * c * cube * x[i] * x[i];
		if (slope != NULL)
			slope[i] = s + x[i] * s * (1 - s) * du;
		y[i] = x[i] * s;
	}
}

RK_CLONES static void
silu(float *y, float *slope, const float *x, float *e, size_t n)
{
	size_t i;

	rk_mat_exp(e, x, -1, 0, n);
	for (i = 0; i < n; i++) {
		float s = 1 / (1 + e[i]);
		if (slope != NULL)
			slope[i] = s + x[i] * s * (1 - s);
		y[i] = x[i] * s;
	}
}

RK_CLONES static void
relu(float *y, float *slope, const float *x, float *e, size_t n)
{
	size_t i;

	(void)e;
	for (i = 0; i < n; i++) {
		int on = x[i] > 0;
		if (slope != NULL)
			slope[i] = on ? 1.0f : 0.0f;
		y[i] = on ? x[i] : 0.0f;
	}
}

/* For poolers, of one row a record: the library's function will do. */
static void
hyperbolic(float *y, float *slope, const float *x, float *e, size_t n)
{
	size_t i;

	(void)e;
	for (i = 0; i < n; i++) {
		float t = tanhf(x[i]);
		if (slope != NULL)
			slope[i] = 1 - t * t;
		y[i] = t;
	}
}

void
rk_ops_act(float *y, float *slope, const float *x, enum rk_act f, size_t n)
{
	static void (*const of[])(
	    float *, float *, const float *, float *, size_t) = {
		[RK_ACT_GELU] = gelu,
		[RK_ACT_GELU_NEW] = gelu_new,
		[RK_ACT_RELU] = relu,
		[RK_ACT_SILU] = silu,
		[RK_ACT_TANH] = hyperbolic,
	};
	float work[RUN];
	size_t at, m;

	for (at = 0; at < n; at += m) {
		m = n - at < RUN ? n - at : RUN;
		of[f](y + at, slope ? slope + at : NULL, x + at, work, m);
	}
}

RK_CLONES void
rk_ops_act_back(float *dx, const float *dy, const float *slope, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		dx[i] = dy[i] * slope[i];
}

/* --- gated -------------------------------------------------------------------- */

RK_CLONES static void
gated(float *y, const float *gate, const float *up, const float *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] = gate[i] / (1 + e[i]) * up[i];
}

RK_CLONES static void
gated_back(float *dgate, float *dup, const float *dy, const float *gate,
    const float *up, const float *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		float s = 1 / (1 + e[i]), x = gate[i], dx = dy[i] * up[i];
		dup[i] = dy[i] * (x * s);
		dgate[i] = dx * (s + x * s * (1 - s));
	}
}

void
rk_ops_gated(float *y, const float *gate, const float *up, size_t n)
{
	float e[RUN];
	size_t at, m;

	for (at = 0; at < n; at += m) {
		m = n - at < RUN ? n - at : RUN;
		rk_mat_exp(e, gate + at, -1, 0, m);
		gated(y + at, gate + at, up + at, e, m);
	}
}

void
rk_ops_gated_back(float *dgate, float *dup, const float *dy, const float *gate,
    const float *up, size_t n)
{
	float e[RUN];
	size_t at, m;

	for (at = 0; at < n; at += m) {
		m = n - at < RUN ? n - at : RUN;
		rk_mat_exp(e, gate + at, -1, 0, m);
		gated_back(
		    dgate + at, dup + at, dy + at, gate + at, up + at, e, m);
	}
}
