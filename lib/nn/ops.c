/*
 * ops.c - linear layers, layer norm, embeddings, dropout and losses. Sums over
 * a row are kept in RK_LANES lanes and finished in double, so that they have
 * one order whatever the machine's vectors.
 */
#include "nn/ops.h"

#include <math.h>
#include <string.h>

RK_CLONES void
rk_ops_add(float *y, const float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] += x[i];
}

/* --- linear ---------------------------------------------------------------- */

int
rk_ops_linear_start(
    float *y, const float *b, const float *r, size_t n, size_t o)
{
	size_t i;

	for (i = 0; i < n; i++) {
		float *row = y + i * o;
		if (r != NULL && r != y)
			memcpy(row, r + i * o, o * sizeof *row);
		if (b != NULL && r != NULL)
			rk_ops_add(row, b, o);
		else if (b != NULL)
			memcpy(row, b, o * sizeof *row);
	}
	return b != NULL || r != NULL;
}

void
rk_ops_linear(float *y, const float *x, const float *w, const float *b,
    const float *r, size_t n, size_t d, size_t o)
{
	struct rk_mat mx = { x, d }, mw = { w, d };
	/* what is added is there before the product, and costs no pass more */
	int add = rk_ops_linear_start(y, b, r, n, o);

	rk_mat_nt(y, o, mx, mw, n, o, d, add);
}

void
rk_ops_linear_back(float *dx, float *dw, float *db, const float *dy,
    const float *x, const float *w, size_t n, size_t d, size_t o)
{
	struct rk_mat mdy = { dy, o }, mx = { x, d }, mw = { w, d };
	size_t i;

	if (dx != NULL)
		rk_mat_nn(dx, d, mdy, mw, n, d, o, 0);
	if (dw != NULL)
		rk_mat_tn(dw, d, mdy, mx, o, d, n, 1);
	if (db != NULL)
		for (i = 0; i < n; i++)
			rk_ops_add(db, dy + i * o, o);
}

/* --- layer norm ------------------------------------------------------------ */

static double
sum_lanes(const float *s)
{
	double sum = 0;
	size_t j;

	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	return sum;
}

RK_CLONES static double
sum_of(const float *x, size_t n)
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

/* Of the squares of x[n] - m. */
RK_CLONES static double
sum_of_squares(const float *x, float m, size_t n)
{
	float s[RK_LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += (x[i + j] - m) * (x[i + j] - m);
	for (j = 0; i + j < n; j++)
		s[j] += (x[i + j] - m) * (x[i + j] - m);
	return sum_lanes(s);
}

RK_CLONES static void
norm_row(float *y, const float *x, const float *gain, const float *bias,
    float mean, float scale, size_t d)
{
	size_t j;

	for (j = 0; j < d; j++)
		y[j] = (x[j] - mean) * scale * gain[j] + bias[j];
}

void
rk_ops_norm(float *y, float *stat, const float *x, const float *gain,
    const float *bias, float eps, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, x += d, y += d) {
		float mean = (float)(sum_of(x, d) / (double)d);
		double var = sum_of_squares(x, mean, d) / (double)d;
		float scale = (float)(1 / sqrt(var + eps));
		if (stat != NULL) {
			stat[2 * i] = mean;
			stat[2 * i + 1] = scale;
		}
		norm_row(y, x, gain, bias, mean, scale, d);
	}
}

/* sum[0] = sum dy gain, sum[1] = sum dy gain (x - mean) scale */
RK_CLONES static void
norm_sums(double *sum, const float *dy, const float *x, const float *gain,
    float mean, float scale, size_t d)
{
	float a[RK_LANES] = { 0 }, b[RK_LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + RK_LANES <= d; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++) {
			float g = dy[i + j] * gain[i + j];
			a[j] += g;
			b[j] += g * ((x[i + j] - mean) * scale);
		}
	for (j = 0; i + j < d; j++) {
		float g = dy[i + j] * gain[i + j];
		a[j] += g;
		b[j] += g * ((x[i + j] - mean) * scale);
	}
	sum[0] = sum[1] = 0;
	for (j = 0; j < RK_LANES; j++) {
		sum[0] += a[j];
		sum[1] += b[j];
	}
}

/* Of one row; c is mean, scale, and the means of norm_sums. */
RK_CLONES static void
norm_row_back(float *dx, const float *dy, const float *x, const float *gain,
    const float *c, size_t d)
{
	const float mean = c[0], scale = c[1], a = c[2], b = c[3];
	size_t j;

	for (j = 0; j < d; j++) {
		float hat = (x[j] - mean) * scale;
		dx[j] = scale * (dy[j] * gain[j] - a - hat * b);
	}
}

RK_CLONES static void
norm_gain_back(float *dgain, const float *dy, const float *x, float mean,
    float scale, size_t d)
{
	size_t j;

	for (j = 0; j < d; j++)
		dgain[j] += dy[j] * ((x[j] - mean) * scale);
}

void
rk_ops_norm_back(float *dx, float *dgain, float *dbias, const float *dy,
    const float *x, const float *stat, const float *gain, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, x += d, dy += d, stat += 2) {
		double sum[2];
		float c[4] = { stat[0], stat[1] };
		if (dgain != NULL)
			norm_gain_back(dgain, dy, x, c[0], c[1], d);
		if (dbias != NULL)
			rk_ops_add(dbias, dy, d);
		if (dx == NULL)
			continue;
		norm_sums(sum, dy, x, gain, c[0], c[1], d);
		c[2] = (float)(sum[0] / (double)d);
		c[3] = (float)(sum[1] / (double)d);
		norm_row_back(dx + i * d, dy, x, gain, c, d);
	}
}

/* --- embeddings ------------------------------------------------------------ */

void
rk_ops_embed(float *y, const uint32_t *id, const uint32_t *kind,
    const float *word, const float *pos, const float *type, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, y += d) {
		memcpy(y, word + id[i] * d, d * sizeof *y);
		if (type != NULL)
			rk_ops_add(y, type + (kind ? kind[i] : 0) * d, d);
		if (pos != NULL)
			rk_ops_add(y, pos + i * d, d);
	}
}

void
rk_ops_embed_back(float *dword, float *dpos, float *dtype, const float *dy,
    const uint32_t *id, const uint32_t *kind, size_t n, size_t d)
{
	size_t i;

	for (i = 0; i < n; i++, dy += d) {
		if (dword != NULL)
			rk_ops_add(dword + id[i] * d, dy, d);
		if (dtype != NULL)
			rk_ops_add(dtype + (kind ? kind[i] : 0) * d, dy, d);
		if (dpos != NULL)
			rk_ops_add(dpos + i * d, dy, d);
	}
}

/* --- dropout --------------------------------------------------------------- */

/* splitmix64's finisher (Steele, Lea and Flood, 2014). */
static uint64_t
mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
rk_ops_key(uint64_t seed, uint64_t step, uint64_t record, uint64_t layer,
    uint64_t place)
{
	const uint64_t part[4] = { step, record, layer, place };
	uint64_t key = mix(seed + UINT64_C(0x9e3779b97f4a7c15));
	int i;

	for (i = 0; i < 4; i++)
		key = mix(key + (part[i] + 1) * UINT64_C(0x9e3779b97f4a7c15));
	return key;
}

/*
 * Two rounds of MurmurHash3's 32-bit finisher, each with half of the key:
 * multiplications of 32 bits are what vectors have.
 */
RK_CLONES void
rk_ops_dropout(float *y, const float *x, float share, uint64_t key, size_t n)
{
	const uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
	const uint32_t least = (uint32_t)((double)share * 0x1p32);
	const float scale = 1 / (1 - share);
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t h = (uint32_t)i + k0;
		h = (h ^ (h >> 16)) * 0x85ebca6bu;
		h = (h ^ (h >> 13)) * 0xc2b2ae35u;
		h = (h ^ (h >> 16)) + k1;
		h = (h ^ (h >> 16)) * 0x85ebca6bu;
		h = (h ^ (h >> 13)) * 0xc2b2ae35u;
		h ^= h >> 16;
		y[i] = h < least ? 0 : x[i] * scale;
	}
}

/* --- losses ---------------------------------------------------------------- */

void
rk_ops_softmax(double *p, const float *z, size_t n)
{
	double most = z[0], sum = 0;
	size_t i;

	for (i = 1; i < n; i++)
		most = z[i] > most ? z[i] : most;
	for (i = 0; i < n; i++)
		sum += p[i] = exp(z[i] - most);
	for (i = 0; i < n; i++)
		p[i] /= sum;
}

double
rk_ops_cross_entropy(
    float *dz, const float *z, const float *t, double weight, size_t n)
{
	double most = z[0], sum = 0, loss = 0, log_sum;
	size_t i;

	for (i = 1; i < n; i++)
		most = z[i] > most ? z[i] : most;
	for (i = 0; i < n; i++)
		sum += exp(z[i] - most);
	log_sum = most + log(sum);
	for (i = 0; i < n; i++) {
		loss += t[i] * (log_sum - z[i]);
		if (dz != NULL)
			dz[i] = (float)(weight * (exp(z[i] - log_sum) - t[i]));
	}
	return loss;
}

double
rk_ops_squared(
    float *dz, const float *z, const float *t, double weight, size_t n)
{
	double loss = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double e = (double)z[i] - t[i];
		loss += e * e;
		if (dz != NULL)
			dz[i] = (float)(2 * weight * e);
	}
	return loss;
}
