/*
 * near.c - each tile of stored vectors is multiplied with all queries. Rounding
 * moves such a product by less than SLACK (d) from the cosine, so a row can be
 * the nearest only where its product reaches the best cosine so far less that;
 * only there the cosine is computed.
 */
#include "math/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"

enum { TILE = 512 }; /* stored vectors that a thread takes at a time */

/*
 * A sum of d products of unit vectors in float, in any order, is off by at most
 * d 2^-24 / (1 - d 2^-24); twice that holds for d below 2^23. The 8 are for the
 * vectors' own lengths and the cosine's rounding.
 */
static float
slack(size_t d)
{
	return (float)((double)(d + 8) * 0x1p-23);
}

/* What all tiles share, and each thread's scratch and best so far. */
struct find {
	const float *q, *rows;
	size_t m, n, d;
	const size_t *own;
	enum rk_near_which which;
	float *top;           /* [m] no cosine of the query passes it: 0 or 1 */
	float *c;             /* [threads, m, TILE] */
	struct rk_near *best; /* [threads, m] */
};

RK_CLONES static void
three_sums(double out[3], const float *x, const float *y, size_t d)
{
	double xy[RK_LANES] = { 0 }, xx[RK_LANES] = { 0 }, yy[RK_LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + RK_LANES <= d; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++) {
			xy[j] += (double)x[i + j] * y[i + j];
			xx[j] += (double)x[i + j] * x[i + j];
			yy[j] += (double)y[i + j] * y[i + j];
		}
	for (j = 0; i + j < d; j++) {
		xy[j] += (double)x[i + j] * y[i + j];
		xx[j] += (double)x[i + j] * x[i + j];
		yy[j] += (double)y[i + j] * y[i + j];
	}
	out[0] = out[1] = out[2] = 0;
	for (j = 0; j < RK_LANES; j++) {
		out[0] += xy[j];
		out[1] += xx[j];
		out[2] += yy[j];
	}
}

static float
cosine(const float *x, const float *y, size_t d)
{
	double s[3], c;

	three_sums(s, x, y, d);
	if (!(s[1] > 0 && s[2] > 0))
		return 0;
	c = s[0] / sqrt(s[1] * s[2]);
	return (float)(c > 1 ? 1 : c < -1 ? -1 : c);
}

RK_CLONES static float
largest(const float *x, size_t n)
{
	float top[RK_LANES], max = x[0];
	size_t i, j;

	for (j = 0; j < RK_LANES; j++)
		top[j] = x[0];
	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			top[j] = x[i + j] > top[j] ? x[i + j] : top[j];
	for (; i < n; i++)
		max = x[i] > max ? x[i] : max;
	for (j = 0; j < RK_LANES; j++)
		max = top[j] > max ? top[j] : max;
	return max;
}

static int
better(struct rk_near a, struct rk_near b)
{
	if (a.row == RK_NEAR_NONE || b.row == RK_NEAR_NONE)
		return a.row != RK_NEAR_NONE;
	return a.cosine > b.cosine || (a.cosine == b.cosine && a.row < b.row);
}

static int
counts(const struct find *f, size_t i, size_t row)
{
	if (f->which == RK_NEAR_ALL)
		return 1;
	return f->which == RK_NEAR_OTHER ? row != f->own[i] : row < f->own[i];
}

/* Can no row from AT on take the place of the best? A tie goes to the lower. */
static int
settled(const struct find *f, const struct rk_near *best, size_t i, size_t at)
{
	return best->row != RK_NEAR_NONE && best->cosine >= f->top[i] &&
	    best->row < at;
}

/* Is ROW a copy of the best row, behind it? Files hold the same text often. */
static int
repeats(const struct find *f, const struct rk_near *best, size_t row)
{
	const float *x = f->rows + row * f->d;

	return best->row < row &&
	    memcmp(x, f->rows + best->row * f->d, f->d * sizeof *x) == 0;
}

/* Query I against the rows from AT on, whose products are c[n]. */
static void
look(const struct find *f, struct rk_near *best, const float *c, size_t i,
    size_t at, size_t n)
{
	float off = slack(f->d);
	size_t j;

	if (best->row != RK_NEAR_NONE && largest(c, n) < best->cosine - off)
		return;
	for (j = 0; j < n && !settled(f, best, i, at + j); j++) {
		struct rk_near it = { at + j, 0 };
		if (!counts(f, i, it.row) ||
		    (best->row != RK_NEAR_NONE &&
			(c[j] < best->cosine - off ||
			    repeats(f, best, it.row))))
			continue;
		it.cosine = cosine(
		    f->q + i * f->d, f->rows + it.row * f->d, f->d);
		if (better(it, *best))
			*best = it;
	}
}

static void
find_tile(void *ctx, size_t tile, int thread)
{
	struct find *f = ctx;
	size_t at = tile * TILE, n = f->n - at < TILE ? f->n - at : TILE, i;
	struct rk_mat q = { f->q, f->d }, rows = { f->rows + at * f->d, f->d };
	float *c = f->c + (size_t)thread * f->m * TILE;

	rk_mat_nt(c, TILE, q, rows, f->m, n, f->d, 0);
	for (i = 0; i < f->m; i++)
		look(f, &f->best[(size_t)thread * f->m + i], c + i * TILE, i,
		    at, n);
}

void
rk_near_find(struct rk_near *near, const float *q, size_t m, const float *rows,
    size_t n, size_t d, const size_t *own, enum rk_near_which which,
    struct rk_pool *pool)
{
	const struct rk_near none = { RK_NEAR_NONE, 0 };
	size_t threads = (size_t)rk_pool_size(pool), i, t;
	struct find f = { q, rows, m, n, d, own, which, NULL, NULL, NULL };

	if (m == 0)
		return;
	f.top = rk_floats(m);
	for (i = 0; i < m; i++)
		f.top[i] = rk_mat_unit(q + i * d, d) > 0 ? 1 : 0;
	f.c = rk_floats(threads * m * TILE);
	f.best = rk_array(NULL, threads * m, sizeof *f.best);
	for (i = 0; i < threads * m; i++)
		f.best[i] = none;
	rk_pool_run(pool, (n + TILE - 1) / TILE, find_tile, &f);
	for (i = 0; i < m; i++) {
		near[i] = none;
		for (t = 0; t < threads; t++)
			if (better(f.best[t * m + i], near[i]))
				near[i] = f.best[t * m + i];
	}
	free(f.top);
	free(f.c);
	free(f.best);
}
