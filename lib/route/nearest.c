/*
 * nearest.c - products in float find the k-th cosine but for rounding; the
 * cosines that are so near to it that rounding could decide are computed anew
 * in double, so that the nearest are the same in any batch.
 */
#include "route/nearest.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

enum { BLOCK = 16 * RK_LANES };

/*
 * A cosine and its row as one number, the larger the nearer: the bits of a
 * float are in order but for those of negative ones, and of equal cosines the
 * first row comes first.
 */
static uint64_t
key_of(float cosine, size_t row)
{
	union {
		float f;
		uint32_t u;
	} v = { cosine + 0.0f }; /* no -0 */
	uint32_t order = v.u >> 31 ? ~v.u : v.u | 0x80000000u;

	return (uint64_t)order << 32 | (UINT32_MAX - (uint32_t)row);
}

static size_t
row_of(uint64_t key)
{
	return UINT32_MAX - (uint32_t)key;
}

static int
falling(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* Is one of x[n] above FLOOR? */
RK_CLONES static int
any_above(const float *x, size_t n, float floor)
{
	int lane[RK_LANES] = { 0 }, any = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			lane[j] |= x[i + j] > floor;
	for (; i < n; i++)
		any |= x[i] > floor;
	for (j = 0; j < RK_LANES; j++)
		any |= lane[j];
	return any;
}

/*
 * The k-th largest of x[n], k <= n. KEY has room for 2 k. Whatever is not above
 * the k-th so far cannot raise it.
 */
static float
kth_largest(uint64_t *key, size_t k, const float *x, size_t n)
{
	float floor = -INFINITY;
	size_t held = 0, at, i, end;

	for (at = 0; at < n; at = end) {
		end = n - at < BLOCK ? n : at + BLOCK;
		if (!any_above(x + at, end - at, floor))
			continue;
		for (i = at; i < end; i++) {
			if (!(x[i] > floor))
				continue;
			key[held++] = key_of(x[i], i);
			if (held < 2 * k)
				continue;
			qsort(key, held, sizeof *key, falling);
			held = k;
			floor = x[row_of(key[k - 1])];
		}
	}
	qsort(key, held, sizeof *key, falling);
	return x[row_of(key[k - 1])];
}

/* The cosine of UNIT to a stored vector, as a float, the same in any batch. */
static float
exact(
    const struct rk_mat_rows *rows, const float *unit, size_t row, float *wide)
{
	const float *x = wide;
	double c;

	if (rows->f32 != NULL)
		x = rows->f32 + row * rows->d;
	else
		rk_num_widen_f16(wide, rows->f16 + row * rows->d, rows->d);
	c = rk_mat_dot(unit, x, rows->d);
	return fabs(c) < 1e4 ? (float)c : 0;
}

static int
rising(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/*
 * A sum of d products of unit vectors in float is off by less than SLACK, and
 * so is the k-th of such sums: what passes it by twice that is in, and what
 * falls as far short is out.
 */
void
rk_nearest_find(struct rk_nearest *s, const struct rk_mat_rows *rows,
    const float *unit, const float *x)
{
	size_t k = s->k;
	float slack = (float)((double)(rows->d + 8) * 0x1p-23);
	float kth = kth_largest(s->key, k, x, rows->n);
	float lo = nextafterf(kth - 2 * slack, -INFINITY);
	float hi = kth + 2 * slack;
	size_t in = 0, held = 0, at, i, end;

	for (at = 0; at < rows->n; at = end) {
		end = rows->n - at < BLOCK ? rows->n : at + BLOCK;
		if (!any_above(x + at, end - at, lo))
			continue;
		for (i = at; i < end; i++) {
			if (x[i] > hi)
				s->row[in++] = (uint32_t)i;
			else if (x[i] > lo)
				s->key[held++] = key_of(
				    exact(rows, unit, i, s->wide), i);
		}
	}
	qsort(s->key, held, sizeof *s->key, falling);
	for (i = 0; in < k; i++)
		s->row[in++] = (uint32_t)row_of(s->key[i]);
	qsort(s->row, k, sizeof *s->row, rising);
}

void
rk_nearest_first(struct rk_nearest *s, const struct rk_mat_rows *rows,
    const float *unit, const float *x, uint32_t *row, float *cosine)
{
	size_t i;

	rk_nearest_find(s, rows, unit, x);
	for (i = 0; i < s->k; i++)
		s->key[i] = key_of(
		    exact(rows, unit, s->row[i], s->wide), s->row[i]);
	qsort(s->key, s->k, sizeof *s->key, falling);
	for (i = 0; i < s->k; i++) {
		row[i] = (uint32_t)row_of(s->key[i]);
		cosine[i] = exact(rows, unit, row[i], s->wide);
	}
}

struct rk_nearest *
rk_nearest_new(const struct rk_mat_rows *rows, size_t k, size_t threads)
{
	struct rk_nearest *s = rk_array(NULL, threads, sizeof *s);
	size_t i;

	for (i = 0; i < threads; i++)
		s[i] = (struct rk_nearest){ k,
			rk_array(NULL, rows->n + 2 * k, sizeof *s[i].key),
			rk_array(NULL, k, sizeof *s[i].row),
			rows->f16 != NULL ? rk_floats(rows->d) : NULL };
	return s;
}

void
rk_nearest_free(struct rk_nearest *s, size_t threads)
{
	size_t i;

	for (i = 0; s != NULL && i < threads; i++) {
		free(s[i].key);
		free(s[i].row);
		free(s[i].wide);
	}
	free(s);
}
