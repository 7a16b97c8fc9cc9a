/*
 * tune-decoder-back.c - a decoder's backward, as tune-encoder.c's: the
 * gradients of all products' outputs, tile by tile of rows and text by text;
 * then each weight's gradient is one product over all rows. A norm's gain is
 * summed by tiles, and these in their order.
 */
#include <string.h>

#include "base/mem.h"
#include "nn/tune-decoder-in.h"

/* The rows that go on after attention in the layer at hand. */
static size_t
top_rows(const struct rk_tune *t)
{
	return rk_tune_decoder_is_last(
		   t->of, ((struct rk_tune_decoder *)t->of)->at)
	    ? t->pass->n
	    : t->pass->rows;
}

static const float *
gain_of(const struct rk_tune *t, enum rk_decoder_row row)
{
	const struct rk_tune_decoder *e = t->of;

	return rk_tune_decoder_row(e, rk_tune_decoder_values(t), e->at, row);
}

/* Where a tile sums the gain of norm 0 or 1, made zero; NULL: it is fixed. */
static float *
tile_gain(const struct rk_tune *t, size_t tile, size_t norm)
{
	const struct rk_tune_decoder *e = t->of;
	size_t d = e->config.d;
	float *to = e->grads.gain + (2 * tile + norm) * d;

	if (e->lora.rank > 0)
		return NULL;
	return memset(to, 0, d * sizeof *to);
}

/* The activation's gradient, and the activation and norms once more. */
static void
gate_back(struct rk_tune *t, size_t from, size_t m)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	size_t f = e->config.ffn, i;

	for (i = from; i < from + m; i++) {
		const float *gate = l->gate + i * 2 * f;
		float *to = e->grads.gate + i * 2 * f;
		rk_ops_gated(e->act + i * f, gate, gate + f, f);
		rk_ops_gated_back(
		    to, to + f, e->grads.act + i * f, gate, gate + f, f);
	}
}

static void
norms_again(struct rk_tune *t, size_t from, size_t m)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_decoder_config *c = &e->config;
	size_t at = from * c->d;

	rk_ops_rms(e->normed2 + at, e->stat2 + from,
	    rk_tune_decoder_kept(e, e->at)->mid + at,
	    gain_of(t, RK_DECODER_NORM2), (float)c->eps, m, c->d);
	/* the forward has left those of the last layer */
	if (!rk_tune_decoder_is_last(e, e->at))
		rk_ops_rms(e->normed1 + at, e->stat1 + from,
		    rk_tune_decoder_input(e, e->at) + at,
		    gain_of(t, RK_DECODER_NORM1), (float)c->eps, m, c->d);
}

/* From the gradient of a layer's output to that of attention's mixture. */
static void
back_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	struct rk_tune_decoder_grads *g = &e->grads;
	float *room = e->room.scratch[thread];
	size_t m, from = rk_tune_tile(top_rows(t), tile, &m), d = e->config.d;
	size_t at = from * d;
	struct rk_tune_linear out = rk_tune_decoder_linear(
				  t, e->at, RK_DECODER_OUT, 1),
			      up = rk_tune_decoder_linear(
				  t, e->at, RK_DECODER_GATE, 2),
			      down = rk_tune_decoder_linear(
				  t, e->at, RK_DECODER_DOWN, 1);

	norms_again(t, from, m);
	rk_tune_linear_inner(&down, g->out[0], from, m);
	rk_tune_linear_back(&down, g->act, g->out[0], from, m, room);
	gate_back(t, from, m);
	rk_tune_linear_inner(&up, g->gate, from, m);
	rk_tune_linear_back(&up, g->normed, g->gate, from, m, room);
	rk_ops_rms_back(g->mid + at, tile_gain(t, tile, 1), g->normed + at,
	    rk_tune_decoder_kept(e, e->at)->mid + at, e->stat2 + from,
	    gain_of(t, RK_DECODER_NORM2), m, d);
	rk_ops_add(g->mid + at, g->out[0] + at, m * d);
	rk_tune_linear_inner(&out, g->mid, from, m);
	rk_tune_linear_back(&out, g->mix, g->mid, from, m, room);
}

/* The gradients of keys and values turned back, and those within adapters. */
static void
keys_back(struct rk_tune *t, size_t from, size_t m)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_decoder_config *c = &e->config;
	int last = rk_tune_decoder_is_last(e, e->at);
	size_t ld = rk_tune_decoder_ldkv(e, e->at);
	const float *turn = e->turn + rk_tune_place(t->pass, from) * c->head;
	struct rk_tune_linear w = last
	    ? rk_tune_decoder_linear(t, e->at, RK_DECODER_KEY, 2)
	    : rk_tune_decoder_linear(t, e->at, RK_DECODER_QUERY, 3);
	float *dq = e->grads.q, *dkv = e->grads.kv;

	rk_ops_rotate_back(dkv + from * ld, ld, turn, m, c->groups, c->head);
	if (!last)
		rk_ops_rotate_back(
		    dq + from * ld, ld, turn, m, c->heads, c->head);
	rk_tune_linear_inner(&w, last ? dkv : dq, from, m);
}

/*
 * From where a text has gathered its gradients, dq and dk and dv side by side,
 * to its own rows and its place among those of what is shared.
 */
static void
scatter(struct rk_tune *t, size_t text, const float *from, size_t queries)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	size_t wide = e->q + 2 * e->kv, keys = 2 * e->kv, i;
	size_t ldq = rk_tune_decoder_ldq(e, e->at);
	size_t ld = rk_tune_decoder_ldkv(e, e->at), n;
	float *dq = e->grads.q + rk_tune_decoder_top(t, text) * ldq;
	float *dk = e->grads.kv + p->start[text] * ld;
	float *shared = e->grads.shared + text * p->shared * keys;

	for (i = 0; i < queries; i++)
		memcpy(dq + i * ldq, from + i * wide, e->q * sizeof *dq);
	for (from += e->q, i = 0; i < p->shared; i++, from += wide)
		memcpy(shared + i * keys, from, keys * sizeof *dk);
	n = p->start[text + 1] - p->start[text];
	for (i = 0; i < n; i++, from += wide)
		memcpy(dk + i * ld, from, keys * sizeof *dk);
}

static void
attend_back(void *ctx, size_t text, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	const struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	const struct rk_decoder_config *c = &e->config;
	struct rk_attention a = rk_tune_decoder_attention(t, text);
	int last = rk_tune_decoder_is_last(e, e->at);
	int gathers = p->shared > 0 && text < p->n;
	size_t ldq = rk_tune_decoder_ldq(e, e->at);
	size_t top = rk_tune_decoder_top(t, text);
	size_t at = text < p->n ? p->start[text] : 0;
	/* the last layer's query is one row: LD is the keys' alone there */
	size_t ld = gathers ? e->q + 2 * e->kv : rk_tune_decoder_ldkv(e, e->at);
	struct rk_mat k = rk_tune_decoder_keys(t, text, thread);
	float *room = e->room.scratch[thread];
	float *own = room + e->gather + e->room.longest * 2 * e->kv;
	float *dq = gathers ? own : e->grads.q + top * ldq;
	float *dk = gathers ? own + e->q : e->grads.kv + at * ld;

	rk_ops_attention_back(dq, dk, dk + e->kv, ld, e->grads.mix + top * e->q,
	    (struct rk_mat){ l->q + top * ldq, ldq }, k,
	    (struct rk_mat){ k.p + e->kv, k.ld }, &a, room);
	if (gathers)
		scatter(t, text, own, a.n);
	if (last)
		rk_ops_rotate_back(e->grads.q + top * ldq, ldq,
		    e->turn + (a.keys - 1) * c->head, 1, c->heads, c->head);
	if (text < p->n) /* what is shared waits for all texts */
		keys_back(t, at, a.keys - p->shared);
}

/* What all texts ask of the keys and values that they share, in their order. */
static void
shared_back(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	size_t ld = rk_tune_decoder_ldkv(e, e->at), keys = 2 * e->kv, i, j;
	size_t m, from = rk_tune_tile(p->shared, tile, &m);

	(void)thread;
	for (i = from; i < from + m; i++) {
		float *to = e->grads.kv + i * ld;
		if (rk_tune_decoder_is_last(e, e->at)) /* no queries there */
			memset(to, 0, keys * sizeof *to);
		for (j = 0; j < p->n; j++)
			rk_ops_add(to,
			    e->grads.shared + (j * p->shared + i) * keys, keys);
	}
	keys_back(t, from, m);
}

/* Of the last tokens' queries in the last layer. */
static void
top_back(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	size_t m, from = rk_tune_tile(t->pass->n, tile, &m);
	struct rk_tune_linear w = rk_tune_decoder_linear(
	    t, e->at, RK_DECODER_QUERY, 1);

	rk_tune_linear_inner(&w, e->grads.q, from, m);
	rk_tune_linear_back(
	    &w, e->grads.top, e->grads.q, from, m, e->room.scratch[thread]);
}

/* Adds rows of TOP[n, d], the texts' last, to those of X that they are. */
static void
add_top(const struct rk_tune_pass *p, float *x, const float *top, size_t from,
    size_t m, size_t d)
{
	size_t i;

	for (i = p->text_of[from]; i < p->n; i++) {
		size_t at = p->start[i + 1] - 1;
		if (at >= from + m)
			break;
		rk_ops_add(x + at * d, top + i * d, d);
	}
}

/* The gradient of a layer's input, of some rows. */
static void
input_back(struct rk_tune *t, size_t tile, float *room)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	struct rk_tune_decoder_grads *g = &e->grads;
	int last = rk_tune_decoder_is_last(e, e->at);
	size_t d = e->config.d, m, from = rk_tune_tile(p->rows, tile, &m);
	size_t at = from * d;
	struct rk_tune_linear w = last
	    ? rk_tune_decoder_linear(t, e->at, RK_DECODER_KEY, 2)
	    : rk_tune_decoder_linear(t, e->at, RK_DECODER_QUERY, 3);

	rk_tune_linear_back(&w, g->normed, last ? g->kv : g->q, from, m, room);
	if (last)
		add_top(p, g->normed, g->top, from, m, d);
	rk_ops_rms_back(g->out[1] + at, tile_gain(t, tile, 0), g->normed + at,
	    rk_tune_decoder_input(e, e->at) + at, e->stat1 + from,
	    gain_of(t, RK_DECODER_NORM1), m, d);
	if (last)
		add_top(p, g->out[1], g->mid, from, m, d);
	else
		rk_ops_add(g->out[1] + at, g->mid + at, m * d);
}

enum { PRODUCTS = 14 }; /* with adapters, two for each matrix */

/* The products of the layer at hand; returns how many there are. */
static size_t
products_of(struct rk_tune_product *of, const struct rk_tune *t)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_decoder_grads *g = &e->grads;
	const struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	int last = rk_tune_decoder_is_last(e, e->at);
	size_t top = top_rows(t), rows = t->pass->rows, n = 0, i;
	const struct {
		enum rk_decoder_row first;
		size_t n;
		const float *dy, *x;
		size_t rows;
	} all[] = {
		{ RK_DECODER_GATE, 2, g->gate, e->normed2, top },
		{ RK_DECODER_QUERY, last ? 1 : 3, g->q,
		    last ? e->top_normed : e->normed1, top },
		{ RK_DECODER_DOWN, 1, g->out[0], e->act, top },
		{ RK_DECODER_OUT, 1, g->mid, l->mix, top },
		{ RK_DECODER_KEY, 2, g->kv, e->normed1, rows },
	};

	for (i = 0; i < (last ? 5 : 4); i++) {
		struct rk_tune_linear w = rk_tune_decoder_linear(
		    t, e->at, all[i].first, all[i].n);
		n += rk_tune_linear_products(
		    of + n, &w, all[i].dy, all[i].x, all[i].rows);
	}
	return n;
}

static void
weights_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	struct rk_tune_product of[PRODUCTS];
	size_t n = products_of(of, t);

	if (!rk_tune_slice_of(of, n, &tile))
		input_back(t, tile, e->room.scratch[thread]);
}

static size_t
weights_tiles(const struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;
	struct rk_tune_product of[PRODUCTS];
	size_t n = products_of(of, t), tiles = 0, i;

	for (i = 0; i < n; i++)
		tiles += rk_tune_slices(&of[i]);
	/* beside adapters nobody asks for what comes from below the first */
	if (e->lora.rank == 0 || e->at > e->frozen)
		tiles += rk_tune_tiles(t->pass->rows);
	return tiles;
}

/* What the tiles have summed. */
static void
add_gains(struct rk_tune *t)
{
	struct rk_tune_decoder *e = t->of;
	float *to[2] = { rk_tune_decoder_row(
			     e, t->w.g, e->at, RK_DECODER_NORM1),
		rk_tune_decoder_row(e, t->w.g, e->at, RK_DECODER_NORM2) };
	const size_t tiles[2] = { rk_tune_tiles(t->pass->rows),
		rk_tune_tiles(top_rows(t)) };
	size_t d = e->config.d, norm, i;

	for (norm = 0; norm < 2 && e->lora.rank == 0; norm++)
		for (i = 0; i < tiles[norm]; i++)
			rk_ops_add(
			    to[norm], e->grads.gain + (2 * i + norm) * d, d);
}

/* Words are met in any order, so one thread adds. */
static void
embed_back(struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	float *words = t->w.g + e->layout.part[e->layout.parts - 1].at;
	size_t d = e->config.d, i;

	rk_ops_embed_back(words, NULL, NULL, e->grads.out[0],
	    p->text[0].text.ids, NULL, p->shared, d);
	for (i = 0; i < p->n; i++)
		rk_ops_embed_back(words, NULL, NULL,
		    e->grads.out[0] + p->start[i] * d,
		    p->text[i].text.ids + p->shared, NULL,
		    p->start[i + 1] - p->start[i], d);
}

void
rk_tune_decoder_back(struct rk_tune *t, struct rk_pool *pool)
{
	struct rk_tune_decoder *e = t->of;
	struct rk_tune_decoder_grads *g = &e->grads;
	const struct rk_tune_pass *p = t->pass;
	float *swap;

	/* the last norm is the first part */
	rk_ops_rms_back(g->out[0], e->lora.rank > 0 ? NULL : t->w.g, g->out[0],
	    e->last.out, e->stat, rk_tune_decoder_values(t), p->n, t->d);
	for (e->at = e->config.layers; e->at-- > e->frozen;) {
		int last = rk_tune_decoder_is_last(e, e->at);
		g->kv = g->q + (last ? p->n * e->q : e->q);
		rk_pool_run(pool, rk_tune_tiles(top_rows(t)), back_tile, t);
		rk_pool_run(pool, rk_tune_decoder_texts(t), attend_back, t);
		if (p->shared > 0)
			rk_pool_run(
			    pool, rk_tune_tiles(p->shared), shared_back, t);
		if (last)
			rk_pool_run(pool, rk_tune_tiles(p->n), top_back, t);
		rk_pool_run(pool, weights_tiles(t), weights_tile, t);
		add_gains(t);
		swap = g->out[0];
		g->out[0] = g->out[1];
		g->out[1] = swap;
	}
	if (e->lora.rank == 0 && e->frozen == 0)
		embed_back(t);
}
