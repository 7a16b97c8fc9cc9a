/* tune-linear.c - linear layers, whole or with adapters, by rows. */
#include "nn/tune-linear.h"

#include <stdlib.h>

#include "base/mem.h"
#include "math/mat.h"
#include "nn/weights.h"

/*
 * Floats of a matrix that are widened at a time: half of a cache of 2 MB holds
 * them until all rows of a tile have gone through.
 */
enum { SLICE = 1 << 17, LEAST = 16 };

/* Rows of a matrix that are widened at a time. */
static size_t
slice_of(size_t in)
{
	return in * LEAST > SLICE ? LEAST : SLICE / in;
}

size_t
rk_tune_linear_room(size_t in)
{
	return slice_of(in) * in;
}

/* Rows AT .. AT + N of T as floats: its own where it has such, or in ROOM. */
static const float *
rows_of(const struct rk_tensor *t, size_t in, size_t at, size_t n, float *room)
{
	if (t->dtype == RK_F32)
		return (const float *)t->data + at * in;
	rk_weights_get(room, t, at * in, n * in);
	return room;
}

static void
forward_mapped(const struct rk_tune_linear *l, const struct rk_tune_matrix *w,
    float *y, struct rk_mat x, size_t m, int add, float *room)
{
	size_t step = slice_of(l->in), at, n;

	for (at = 0; at < w->out; at += n) {
		struct rk_mat rows = { NULL, l->in };
		n = w->out - at < step ? w->out - at : step;
		rows.p = rows_of(w->base, l->in, at, n, room);
		rk_mat_nt(y + w->from + at, l->out, x, rows, m, n, l->in, add);
	}
}

void
rk_tune_linear(const struct rk_tune_linear *l, float *y, const float *x,
    const float *r, size_t from, size_t m, float *room)
{
	struct rk_mat mx = { x + from * l->in, l->in };
	size_t i;
	int add;

	y += from * l->out;
	if (r != NULL)
		r += from * l->out;
	if (l->w != NULL) {
		rk_ops_linear(y, mx.p, l->w, l->bias, r, m, l->in, l->out);
		return;
	}
	add = rk_ops_linear_start(y, l->bias, r, m, l->out);
	for (i = 0; i < l->n; i++) {
		const struct rk_tune_matrix *w = &l->m[i];
		struct rk_mat a = { w->a, l->in }, b = { w->b, l->rank };
		struct rk_mat mu = { NULL, l->rank };
		float *u;
		forward_mapped(l, w, y, mx, m, add, room);
		if (w->a == NULL)
			continue;
		mu.p = u = w->u + from * l->rank;
		rk_mat_nt(u, l->rank, mx, a, m, l->rank, l->in, 0);
		rk_mat_scale(u, u, (double)l->scale, m * l->rank);
		rk_mat_nt(y + w->from, l->out, mu, b, m, w->out, l->rank, 1);
	}
}

void
rk_tune_linear_inner(
    const struct rk_tune_linear *l, const float *dy, size_t from, size_t m)
{
	size_t i;

	for (i = 0; i < l->n && l->w == NULL; i++) {
		const struct rk_tune_matrix *w = &l->m[i];
		struct rk_mat d = { dy + from * l->out + w->from, l->out };
		struct rk_mat b = { w->b, l->rank };
		float *du;
		if (w->a == NULL)
			continue;
		du = w->du + from * l->rank;
		rk_mat_nn(du, l->rank, d, b, m, l->rank, w->out, 0);
		rk_mat_scale(du, du, (double)l->scale, m * l->rank);
	}
}

static void
back_mapped(const struct rk_tune_linear *l, const struct rk_tune_matrix *w,
    float *dx, struct rk_mat dy, size_t m, int add, float *room)
{
	size_t step = slice_of(l->in), at, n;

	for (at = 0; at < w->out; at += n, dy.p += n) {
		struct rk_mat rows = { NULL, l->in };
		n = w->out - at < step ? w->out - at : step;
		rows.p = rows_of(w->base, l->in, at, n, room);
		rk_mat_nn(dx, l->in, dy, rows, m, l->in, n, add || at > 0);
	}
}

void
rk_tune_linear_back(const struct rk_tune_linear *l, float *dx, const float *dy,
    size_t from, size_t m, float *room)
{
	size_t i;

	dx += from * l->in;
	dy += from * l->out;
	if (l->w != NULL) {
		rk_ops_linear_back(
		    dx, NULL, NULL, dy, NULL, l->w, m, l->in, l->out);
		return;
	}
	for (i = 0; i < l->n; i++) {
		const struct rk_tune_matrix *w = &l->m[i];
		struct rk_mat d = { dy + w->from, l->out }, a = { w->a, l->in };
		struct rk_mat du = { NULL, l->rank };
		back_mapped(l, w, dx, d, m, i > 0, room);
		if (w->a == NULL)
			continue;
		du.p = w->du + from * l->rank;
		rk_mat_nn(dx, l->in, du, a, m, l->in, l->rank, 1);
	}
}

size_t
rk_tune_linear_products(struct rk_tune_product *of,
    const struct rk_tune_linear *l, const float *dy, const float *x,
    size_t rows)
{
	struct rk_mat mx = { x, l->in };
	size_t i, n = 0;

	if (l->w != NULL) {
		of[0] = (struct rk_tune_product){ l->dw, l->db, { dy, l->out },
			mx, rows, l->out, l->in };
		return 1;
	}
	for (i = 0; i < l->n; i++) {
		const struct rk_tune_matrix *w = &l->m[i];
		struct rk_mat d = { dy + w->from, l->out };
		struct rk_mat u = { w->u, l->rank }, du = { w->du, l->rank };
		if (w->a == NULL)
			continue;
		of[n++] = (struct rk_tune_product){ w->da, NULL, du, mx, rows,
			l->rank, l->in };
		of[n++] = (struct rk_tune_product){ w->db, NULL, d, u, rows,
			w->out, l->rank };
	}
	return n;
}

void
rk_tune_linear_merge(float *out, const struct rk_tune_linear *l, size_t m)
{
	const struct rk_tune_matrix *w = &l->m[m];
	struct rk_mat a = { w->a, l->in };
	float *scaled;

	rk_weights_get(out, w->base, 0, w->out * l->in);
	if (w->a == NULL)
		return;
	scaled = rk_floats(w->out * l->rank);
	rk_mat_scale(scaled, w->b, (double)l->scale, w->out * l->rank);
	rk_mat_nn(out, l->in, (struct rk_mat){ scaled, l->rank }, a, w->out,
	    l->in, l->rank, 1);
	free(scaled);
}
