/* adamw.c - a step of AdamW, tile by tile. */
#include "nn/adamw.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"
#include "math/optim.h"

enum { CHUNK = 1 << 16 }; /* floats that a thread updates at a time */

/* Some parameters of one kind; ROWS: whole rows of the table. */
struct rk_adamw_tile {
	size_t at, n;
	int decays, rows;
};

/* --- what is trained ------------------------------------------------------------ */

void
rk_adamw_init(struct rk_adamw *w, size_t n)
{
	memset(w, 0, sizeof *w);
	w->n = n;
	w->p = rk_floats(n);
	w->g = rk_calloc(n, sizeof *w->g);
	w->m = rk_calloc(n, sizeof *w->m);
	w->v = rk_calloc(n, sizeof *w->v);
}

void
rk_adamw_free(struct rk_adamw *w)
{
	free(w->p);
	free(w->g);
	free(w->m);
	free(w->v);
	free(w->tile);
	free(w->squares);
	free(w->met);
	memset(w, 0, sizeof *w);
}

static void
add(struct rk_adamw *w, struct rk_adamw_tile all, size_t step)
{
	size_t pieces = (all.n + step - 1) / step, end = all.at + all.n;

	w->tile = rk_array(w->tile, w->tiles + pieces, sizeof *w->tile);
	w->squares = rk_array(
	    w->squares, w->tiles + pieces, sizeof *w->squares);
	for (; all.at < end; all.at += all.n) {
		all.n = end - all.at < step ? end - all.at : step;
		w->tile[w->tiles++] = all;
	}
}

void
rk_adamw_add(struct rk_adamw *w, size_t at, size_t n, int decays)
{
	add(w, (struct rk_adamw_tile){ at, n, decays, 0 }, CHUNK);
}

void
rk_adamw_add_rows(struct rk_adamw *w, size_t at, size_t rows, size_t d)
{
	w->table = at;
	w->rows = rows;
	w->d = d;
	w->met = rk_calloc(rows, 1);
	add(w, (struct rk_adamw_tile){ at, rows * d, 1, 1 },
	    (CHUNK + d - 1) / d * d);
}

/* --- the gradient --------------------------------------------------------------- */

static void
clear_tile(void *ctx, size_t tile, int thread)
{
	struct rk_adamw *w = ctx;
	const struct rk_adamw_tile *s = &w->tile[tile];

	(void)thread;
	if (!s->rows)
		memset(w->g + s->at, 0, s->n * sizeof *w->g);
}

/* The table's rows are zero but for those met. */
void
rk_adamw_clear(struct rk_adamw *w, struct rk_pool *pool)
{
	size_t i;

	rk_pool_run(pool, w->tiles, clear_tile, w);
	for (i = 0; i < w->rows; i++)
		if (w->met[i])
			memset(
			    w->g + w->table + i * w->d, 0, w->d * sizeof *w->g);
}

void
rk_adamw_meet(struct rk_adamw *w, const uint32_t *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n && w->rows > 0; i++)
		w->met[ids[i]] = 1;
}

/* --- a step --------------------------------------------------------------------- */

struct update {
	struct rk_adamw *w;
	struct rk_optim_adam adam;
};

static void
squares_tile(void *ctx, size_t tile, int thread)
{
	struct rk_adamw *w = ctx;
	const struct rk_adamw_tile *s = &w->tile[tile];

	(void)thread;
	w->squares[tile] = rk_optim_squares(w->g + s->at, s->n);
}

/* What Adam does to x[n] without gradient and moments. */
RK_CLONES static void
shrink(float *x, float keep, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] *= keep;
}

static void
update_some(const struct update *u, size_t at, size_t n)
{
	struct rk_adamw *w = u->w;

	rk_optim_adam_step(&u->adam, w->step + 1, w->p + at, w->m + at,
	    w->v + at, w->g + at, n, 1, n);
}

static void
update_tile(void *ctx, size_t tile, int thread)
{
	const struct update *all = ctx;
	struct rk_adamw *w = all->w;
	const struct rk_adamw_tile *s = &w->tile[tile];
	struct update u = *all;
	size_t d = w->d, at, end = s->at + s->n, n;
	const unsigned char *met;

	(void)thread;
	if (!s->decays)
		u.adam.decay = 0;
	if (!s->rows) {
		update_some(&u, s->at, s->n);
		return;
	}
	met = w->met + (s->at - w->table) / d;
	for (at = s->at; at < end; at += n * d, met += n) {
		for (n = 1; at + n * d < end && met[n] == met[0]; n++)
			;
		if (met[0])
			update_some(&u, at, n * d);
		else
			shrink(w->p + at, (float)(1 - u.adam.lr * u.adam.decay),
			    n * d);
	}
}

void
rk_adamw_step(struct rk_adamw *w, double lr, double decay, double clip,
    struct rk_pool *pool)
{
	struct update u = { w, rk_optim_adam_default(lr) };
	double squares = 0;
	size_t i;

	u.adam.decay = decay;
	if (clip > 0) {
		rk_pool_run(pool, w->tiles, squares_tile, w);
		for (i = 0; i < w->tiles; i++)
			squares += w->squares[i];
		u.adam.scale = rk_optim_clip(squares, clip);
	}
	rk_pool_run(pool, w->tiles, update_tile, &u);
	w->step++;
}

/* --- checkpoints ------------------------------------------------------------------ */

void
rk_adamw_put(const struct rk_adamw *w, struct rk_st_writer *st)
{
	const size_t one = 1;
	uint64_t *step = rk_malloc(sizeof *step);

	*step = (uint64_t)w->step;
	rk_st_put(st, "tune.weights", RK_F32, 1, &w->n, w->p);
	rk_st_put(st, "tune.moment1", RK_F32, 1, &w->n, w->m);
	rk_st_put(st, "tune.moment2", RK_F32, 1, &w->n, w->v);
	rk_st_give(st, "tune.step", RK_U64, 1, &one, step);
}

/* A row was met if it has moments: that is all that there is to know. */
static void
find_met(struct rk_adamw *w)
{
	size_t at = w->table, i, j;

	for (i = 0; i < w->rows; i++, at += w->d) {
		for (j = 0; j < w->d; j++)
			if (w->m[at + j] != 0 || w->v[at + j] != 0)
				break;
		w->met[i] = j < w->d;
	}
}

int
rk_adamw_get(struct rk_adamw *w, const struct rk_st *st, struct rk_err *err)
{
	static const char *const names[] = { "tune.weights", "tune.moment1",
		"tune.moment2" };
	float *const to[] = { w->p, w->m, w->v };
	const struct rk_tensor *of[3], *step;
	const size_t one = 1;
	uint64_t done;
	int i;

	step = rk_st_need(st, "tune.step", RK_U64, 1, &one, err);
	if (step == NULL)
		return -1;
	done = *(const uint64_t *)step->data;
	if (done > INT32_MAX)
		return rk_err_set(err,
		    "tune.step: %llu, expected at most 2147483647",
		    (unsigned long long)done);
	for (i = 0; i < 3; i++) {
		of[i] = rk_st_need(st, names[i], RK_F32, 1, &w->n, err);
		if (of[i] == NULL)
			return -1;
	}
	for (i = 0; i < 3; i++)
		memcpy(to[i], of[i]->data, w->n * sizeof(float));
	w->step = (long)done;
	/* no row of g is to keep what the words met so far have left there */
	memset(w->g, 0, w->n * sizeof *w->g);
	find_met(w);
	return 0;
}
