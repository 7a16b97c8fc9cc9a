/* stored.c - one product for as many queries as the scratch holds, then each. */
#include "route/stored.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

/* Cosines that are held at a time, in bytes. */
#define SCRATCH (64u << 20)

struct rk_mat_rows
rk_stored_put(const char *name, const struct rk_prefs *p, const uint32_t *row,
    size_t n, int half, struct rk_st_writer *w)
{
	const size_t shape[2] = { n, p->d };
	size_t d = p->d, i, j;
	float *unit = rk_floats(half ? d : n * d), *to = unit;
	uint16_t *small = half ? rk_array(NULL, n * d, sizeof *small) : NULL;

	for (i = 0; i < n; i++) {
		rk_mat_unit_rows(to, p->emb + row[i] * d, 1, d);
		for (j = 0; half && j < d; j++)
			small[i * d + j] = rk_num_to_f16(to[j]);
		to += half ? 0 : d;
	}
	if (half) {
		rk_st_give(w, name, RK_F16, 2, shape, small);
		free(unit);
	} else {
		rk_st_give(w, name, RK_F32, 2, shape, unit);
	}
	return (struct rk_mat_rows){ half ? NULL : unit, small, n, d };
}

int
rk_stored_open(struct rk_mat_rows *rows, const struct rk_st *st,
    const char *prefix, const char *name, struct rk_err *err)
{
	const size_t any[2] = { SIZE_MAX, SIZE_MAX };
	struct rk_buf full = { 0 };
	const struct rk_tensor *t;
	enum rk_dtype type;

	rk_buf_addf(&full, "%s%s", prefix, name);
	t = rk_st_find(st, full.p);
	rk_buf_free(&full);
	type = t != NULL && t->dtype == RK_F16 ? RK_F16 : RK_F32;
	t = rk_router_tensor(st, prefix, name, type, 2, any, err);
	if (t == NULL)
		return -1;
	*rows = (struct rk_mat_rows){ .n = t->shape[0], .d = t->shape[1] };
	if (rows->n == 0 || rows->n > UINT32_MAX || rows->d == 0 ||
	    rows->d > RK_ROUTER_MAX_DIM)
		return rk_err_set(err,
		    "%s: found shape [%zu,%zu], expected rows of 1 to %d "
		    "numbers",
		    t->name, rows->n, rows->d, RK_ROUTER_MAX_DIM);
	if (type == RK_F16)
		rows->f16 = t->data;
	else
		rows->f32 = t->data;
	return 0;
}

struct job {
	size_t n, d, at;
	const float *unit;
	float *cosine;
	rk_stored_fn *fn;
	void *ctx;
};

RK_CLONES static void
clean(float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = fabsf(x[i]) < 1e4f ? x[i] : 0;
}

static void
each(void *ctx, size_t i, int thread)
{
	const struct job *t = ctx;
	float *cosine = t->cosine + i * t->n;

	clean(cosine, t->n);
	t->fn(t->ctx, t->at + i, t->unit + (t->at + i) * t->d, cosine, thread);
}

void
rk_stored_each(const struct rk_mat_rows *rows, const struct rk_queries *q,
    struct rk_pool *pool, rk_stored_fn *fn, rk_stored_block_fn *then, void *ctx)
{
	size_t step = SCRATCH / sizeof(float) / rows->n, n;
	float *unit = rk_floats(q->n * q->d);
	struct job t = { rows->n, rows->d, 0, unit, NULL, fn, ctx };

	step = step < 1 ? 1 : step > q->n ? q->n : step;
	rk_mat_unit_rows(unit, q->emb, q->n, q->d);
	t.cosine = rk_floats(step * rows->n);
	for (; t.at < q->n; t.at += n) {
		n = q->n - t.at < step ? q->n - t.at : step;
		rk_mat_against(t.cosine, unit + t.at * q->d, n, rows, pool);
		rk_pool_run(pool, n, each, &t);
		if (then != NULL)
			then(ctx, t.at, n, t.cosine);
	}
	free(unit);
	free(t.cosine);
}
