/*
 * tune-body.c - passes: rows of texts, tiles of rows, and the gradients of
 * weights.
 */
#include "nn/tune-body.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"

/*
 * Rows of activations that are a tile at most, and of a weight's gradient. What
 * the other side of a product is packed anew for each costs a tenth of the time
 * at 256 and 384, and a quarter at 128.
 */
enum { TILE = 256, SLICE = 384 };

uint64_t
rk_tune_key(const struct rk_tune *t, size_t text, size_t layer, uint64_t place)
{
	return rk_ops_key(
	    t->o.seed, (uint64_t)t->w.step, t->pass->base + text, layer, place);
}

size_t
rk_tune_place(const struct rk_tune_pass *p, size_t row)
{
	return row < p->shared ? row
			       : row - p->start[p->text_of[row]] + p->shared;
}

float *
rk_tune_take(float *arena, size_t *used, size_t n)
{
	float *p = arena ? arena + *used : NULL;

	*used += (n + 15) / 16 * 16;
	return p;
}

/* --- room ----------------------------------------------------------------------- */

void
rk_tune_room_free(struct rk_tune_room *r)
{
	int i;

	for (i = 0; i < r->threads; i++)
		free(r->scratch[i]);
	free(r->scratch);
	free(r->arena);
	memset(r, 0, sizeof *r);
}

static void
grow(size_t *most, size_t n)
{
	*most = n > *most ? n : *most;
}

int
rk_tune_room_grow(
    struct rk_tune_room *r, const struct rk_tune *t, size_t kept, int threads)
{
	const struct rk_tune_pass *p = t->pass;
	struct rk_tune_room more = { .rows = r->rows,
		.texts = r->texts,
		.longest = r->longest,
		.kept = r->kept };

	if (p->tokens <= r->rows && p->n <= r->texts &&
	    p->longest <= r->longest && kept <= r->kept &&
	    threads == r->threads)
		return 0;
	grow(&more.rows, t->o.pass); /* as most passes need */
	grow(&more.rows, p->tokens);
	grow(&more.texts, p->n);
	grow(&more.longest, p->longest);
	grow(&more.kept, kept);
	rk_tune_room_free(r);
	*r = more;
	r->threads = threads;
	return 1;
}

void
rk_tune_room_set(struct rk_tune_room *r, size_t n, size_t scratch)
{
	int i;

	r->arena = rk_floats(n);
	r->scratch = rk_calloc((size_t)r->threads, sizeof *r->scratch);
	for (i = 0; i < r->threads; i++)
		r->scratch[i] = rk_floats(scratch);
}

/* --- tiles ---------------------------------------------------------------------- */

size_t
rk_tune_tiles_most(size_t rows)
{
	return (rows + 2 * TILE - 1) / (2 * TILE) * 2;
}

static size_t
step_of(size_t rows)
{
	size_t tiles = rk_tune_tiles_most(rows);

	return ((rows + tiles - 1) / tiles + 15) / 16 * 16;
}

size_t
rk_tune_tiles(size_t rows)
{
	return (rows + step_of(rows) - 1) / step_of(rows);
}

size_t
rk_tune_tile(size_t rows, size_t tile, size_t *m)
{
	size_t step = step_of(rows), from = tile * step;

	*m = rows - from < step ? rows - from : step;
	return from;
}

/* --- gradients of weights --------------------------------------------------------- */

size_t
rk_tune_slices(const struct rk_tune_product *w)
{
	return (w->o + SLICE - 1) / SLICE;
}

void
rk_tune_slice(const struct rk_tune_product *w, size_t slice)
{
	size_t from = slice * SLICE, i;
	size_t m = w->o - from < SLICE ? w->o - from : SLICE;
	struct rk_mat dy = { w->dy.p + from, w->dy.ld };

	rk_mat_tn(w->dw + from * w->d, w->d, dy, w->x, m, w->d, w->rows, 1);
	for (i = 0; i < w->rows && w->db != NULL; i++)
		rk_ops_add(w->db + from, dy.p + i * dy.ld, m);
}

int
rk_tune_slice_of(const struct rk_tune_product *w, size_t n, size_t *tile)
{
	size_t i, slices;

	for (i = 0; i < n; i++) {
		slices = rk_tune_slices(&w[i]);
		if (*tile < slices) {
			rk_tune_slice(&w[i], *tile);
			return 1;
		}
		*tile -= slices;
	}
	return 0;
}
