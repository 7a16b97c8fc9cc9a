/*
 * ops-rotary.c - the norm and the positions of the Llama family: RMS norm, with
 * sums as in ops.c, and rotary positions. Angles are products in double: in
 * float they would be off by 5e-4 at the place 8192.
 */
#include <math.h>

#include "nn/ops.h"

/* --- RMS norm ------------------------------------------------------------------ */

RK_CLONES static double
dot_lanes(const float *x, const float *y, size_t n)
{
	float s[RK_LANES] = { 0 };
	double sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += x[i + j] * y[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += x[i + j] * y[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	return sum;
}

/* sum of dy gain x */
RK_CLONES static double
dot_gained(const float *dy, const float *gain, const float *x, size_t n)
{
	float s[RK_LANES] = { 0 };
	double sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += dy[i + j] * gain[i + j] * x[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += dy[i + j] * gain[i + j] * x[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	return sum;
}

RK_CLONES static void
rms_row(float *y, const float *x, const float *gain, float scale, size_t d)
{
	size_t j;

	for (j = 0; j < d; j++)
		y[j] = x[j] * scale * gain[j];
}

void
rk_ops_rms(float *y, float *stat, const float *x, const float *gain, float eps,
    size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, x += d, y += d) {
		double mean = dot_lanes(x, x, d) / (double)d;
		float scale = (float)(1 / sqrt(mean + eps));
		if (stat != NULL)
			stat[i] = scale;
		rms_row(y, x, gain, scale, d);
	}
}

/* Of one row; MEAN is that of dy gain x, times scale^2. */
RK_CLONES static void
rms_row_back(float *dx, const float *dy, const float *x, const float *gain,
    float scale, float mean, size_t d)
{
	size_t j;

	for (j = 0; j < d; j++)
		dx[j] = scale * (dy[j] * gain[j] - x[j] * mean);
}

RK_CLONES static void
rms_gain_back(
    float *dgain, const float *dy, const float *x, float scale, size_t d)
{
	size_t j;

	for (j = 0; j < d; j++)
		dgain[j] += dy[j] * (x[j] * scale);
}

void
rk_ops_rms_back(float *dx, float *dgain, const float *dy, const float *x,
    const float *stat, const float *gain, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, x += d, dy += d) {
		double scale = stat[i], mean;
		if (dgain != NULL)
			rms_gain_back(dgain, dy, x, stat[i], d);
		if (dx == NULL)
			continue;
		mean = dot_gained(dy, gain, x, d) / (double)d * scale * scale;
		rms_row_back(dx + i * d, dy, x, gain, stat[i], (float)mean, d);
	}
}

/* --- rotary positions ---------------------------------------------------------- */

void
rk_ops_turns(float *turn, const double *freq, size_t from, size_t n, size_t m)
{
	size_t i, j, half = m / 2;

	for (i = 0; i < n; i++, turn += m)
		for (j = 0; j < half; j++) {
			double angle = (double)(from + i) * freq[j];
			turn[j] = (float)cos(angle);
			turn[half + j] = (float)sin(angle);
		}
}

RK_CLONES static void
rotate_head(float *x, const float *turn, float sign, size_t half)
{
	size_t j;

	for (j = 0; j < half; j++) {
		float c = turn[j], s = sign * turn[half + j];
		float a = x[j], b = x[half + j];
		x[j] = a * c - b * s;
		x[half + j] = b * c + a * s;
	}
}

static void
rotate(float *x, size_t ld, const float *turn, float sign, size_t n,
    size_t heads, size_t m)
{
	size_t i, h;

	for (i = 0; i < n; i++, x += ld, turn += m)
		for (h = 0; h < heads; h++)
			rotate_head(x + h * m, turn, sign, m / 2);
}

void
rk_ops_rotate(
    float *x, size_t ld, const float *turn, size_t n, size_t heads, size_t m)
{
	rotate(x, ld, turn, 1, n, heads, m);
}

void
rk_ops_rotate_back(
    float *dx, size_t ld, const float *turn, size_t n, size_t heads, size_t m)
{
	rotate(dx, ld, turn, -1, n, heads, m);
}
