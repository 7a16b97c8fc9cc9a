/*
 * fused.c - loops that a compiler makes vectors of. Sums are in an array of
 * lanes, so that every kind of machine has one order.
 */
#include "nn/fused.h"

#include <math.h>
#include <stdint.h>

#include "math/mat.h"

#define INLINE static inline __attribute__((always_inline))

/*
 * e^x for x in [-87, 87], others count as these: Cody and Waite's reduction
 * and a polynomial of degree 6, as in rk_mat_exp.
 */
INLINE float
exp_of(float x)
{
	const float shift = 0x1.8p23f, log2e = 0x1.715476p0f;
	const float ln2_hi = 0x1.62e4p-1f, ln2_lo = 0x1.7f7d1cp-20f;
	union {
		float f;
		uint32_t u;
	} two;
	float k, r, p;

	x = x < 87 ? x : 87;
	x = x > -87 ? x : -87;
	k = (x * log2e + shift) - shift;
	r = (x - k * ln2_hi) - k * ln2_lo;
	p = 1 / 720.0f;
	p = p * r + 1 / 120.0f;
	p = p * r + 1 / 24.0f;
	p = p * r + 1 / 6.0f;
	p = p * r + 0.5f;
	p = p * r + 1;
	p = p * r + 1;
	two.u = (uint32_t)((int32_t)k + 127) << 23;
	return p * two.f;
}

/* --- activations ---------------------------------------------------------------- */

/* max(x, 0) - |x| Q(|x|), Q(x) = erfc(x / sqrt 2) / 2 */
RK_CLONES static void
gelu(float *x, size_t n)
{
	const float p = 0.3275911f * 0.70710678f;
	size_t i;

	for (i = 0; i < n; i++) {
		float v = x[i], y = v < 0 ? -v : v, t = 1 / (1 + p * y), q;
		q = 0.5f * 1.061405429f;
		q = q * t - 0.5f * 1.453152027f;
		q = q * t + 0.5f * 1.421413741f;
		q = q * t - 0.5f * 0.284496736f;
		q = q * t + 0.5f * 0.254829592f;
		q = q * t * exp_of(-0.5f * y * y);
		x[i] = (v > 0 ? v : 0) - y * q;
	}
}

/* x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3): x/2 (1 + tanh u) */
RK_CLONES static void
gelu_new(float *x, size_t n)
{
	const float s = -2 * 0.79788456f;
	size_t i;

	for (i = 0; i < n; i++) {
		float v = x[i], u = s * (v + 0.044715f * v * v * v);
		x[i] = v / (1 + exp_of(u));
	}
}

RK_CLONES static void
relu(float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = x[i] > 0 ? x[i] : 0;
}

void
rk_fused_act(float *x, size_t n, enum rk_config_act act)
{
	if (act == RK_CONFIG_GELU)
		gelu(x, n);
	else if (act == RK_CONFIG_GELU_NEW)
		gelu_new(x, n);
	else
		relu(x, n);
}

/* --- layer norm ------------------------------------------------------------------- */

INLINE double
sum_lanes(const float *s)
{
	double sum = 0;
	int j;

	for (j = 0; j < RK_LANES; j++)
		sum += (double)s[j];
	return sum;
}

INLINE double
sum(const float *x, size_t n)
{
	float s[RK_LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += x[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += x[i + j];
	return sum_lanes(s);
}

INLINE double
sum_of_squares(const float *x, float mean, size_t n)
{
	float s[RK_LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += (x[i + j] - mean) * (x[i + j] - mean);
	for (j = 0; i + j < n; j++)
		s[j] += (x[i + j] - mean) * (x[i + j] - mean);
	return sum_lanes(s);
}

RK_CLONES void
rk_fused_norm(float *x, const float *add, const float *w, const float *b,
    double eps, size_t n, size_t d)
{
	size_t i, j;

	for (i = 0; i < n; i++, x += d) {
		float mean, scale;

		if (add != NULL)
			for (j = 0; j < d; j++)
				x[j] += add[i * d + j];
		mean = (float)(sum(x, d) / (double)d);
		scale = (float)(1 /
		    sqrt(sum_of_squares(x, mean, d) / (double)d + eps));
		for (j = 0; j < d; j++)
			x[j] = (x[j] - mean) * scale * w[j] + b[j];
	}
}

/* --- softmax ----------------------------------------------------------------------- */

size_t
rk_fused_ld(size_t n)
{
	return (n + RK_LANES - 1) / RK_LANES * RK_LANES;
}

INLINE float
largest(const float *x, size_t n)
{
	float m[RK_LANES], most;
	size_t i, j;

	for (j = 0; j < RK_LANES; j++)
		m[j] = x[j];
	for (i = RK_LANES; i < n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			m[j] = x[i + j] > m[j] ? x[i + j] : m[j];
	most = m[0];
	for (j = 1; j < RK_LANES; j++)
		most = m[j] > most ? m[j] : most;
	return most;
}

RK_CLONES void
rk_fused_softmax(float *x, float *part, float scale, size_t n)
{
	size_t ld = rk_fused_ld(n), i, j, k;

	for (i = 0; i < n; i++, x += ld) {
		float s[RK_LANES] = { 0 }, most;

		/* what is beyond the row counts as nothing: e^-87 */
		for (j = n; j < ld; j++)
			x[j] = -INFINITY;
		most = largest(x, ld);
		for (j = 0; j < ld; j += RK_LANES)
			for (k = 0; k < RK_LANES; k++) {
				x[j + k] = exp_of((x[j + k] - most) * scale);
				s[k] += x[j + k];
			}
		part[i] = (float)(1 / sum_lanes(s));
	}
}

RK_CLONES void
rk_fused_scale(float *x, size_t ld, const float *part, size_t n, size_t d)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < d; j++)
			x[i * ld + j] *= part[i];
}
