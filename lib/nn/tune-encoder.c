/*
 * tune-encoder.c - an encoder, forward and back. What goes by rows is done tile
 * by tile: between two attentions a tile of rows runs through all products and
 * norms while it is in the cache. The backward leaves the gradients of all
 * products' outputs for all rows; then each weight's gradient is one product
 * over them.
 */
#include "nn/tune-encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/encoder-weights.h"
#include "nn/tune-body.h"

enum { PLACE_EMBED, PLACE_SHARES, PLACE_MIXED, PLACE_DOWN };

/* What a layer keeps for its backward, by rows. */
struct kept {
	float *qkv;          /* [3 d] */
	float *mix;          /* [d], attention's */
	float *sum1, *stat1; /* [d], [2]: the first norm's input */
	float *mid;          /* [d], its output */
	float *up, *slope;   /* [ffn], the activation and its slope */
	float *sum2, *stat2; /* [d], [2] */
	float *out;          /* [d] */
};

/* Gradients of a layer, by rows; of its output there are two, taken in turn. */
struct grads {
	float *out[2]; /* [d] */
	float *sum2;   /* [d] */
	float *down;   /* [d], what dropout leaves of it */
	float *up;     /* [ffn], before the activation */
	float *mid;    /* [d] */
	float *sum1;   /* [d] */
	float *mixed;  /* [d], what dropout leaves of it */
	float *mix;    /* [d] */
	float *qkv;    /* [3 d] */
};

struct encoder {
	struct rk_config config;
	struct rk_weights_layout layout; /* plain */
	size_t freeze;

	struct rk_tune_room room;
	float *embed, *stat; /* [rows, d], [rows, 2]: the words' norm's input */
	float *first;        /* [rows, d], its output */
	struct kept *layer;  /* [kept] */
	struct grads grads;

	/* the pass at hand */
	size_t frozen; /* layers that keep nothing */
	size_t at;     /* the layer at hand */
};

/* --- room --------------------------------------------------------------------- */

/* Puts all arrays for R rows into the arena; returns the floats they take. */
static size_t
lay(struct encoder *e, float *arena)
{
	const struct rk_config *c = &e->config;
	size_t r = e->room.rows, used = 0, i, d = r * c->d, f = r * c->ffn;
	struct grads *g = &e->grads;

	e->embed = rk_tune_take(arena, &used, d);
	e->stat = rk_tune_take(arena, &used, 2 * r);
	e->first = rk_tune_take(arena, &used, d);
	for (i = 0; i < e->room.kept; i++) {
		struct kept *l = &e->layer[i];
		l->qkv = rk_tune_take(arena, &used, 3 * d);
		l->mix = rk_tune_take(arena, &used, d);
		l->sum1 = rk_tune_take(arena, &used, d);
		l->stat1 = rk_tune_take(arena, &used, 2 * r);
		l->mid = rk_tune_take(arena, &used, d);
		l->up = rk_tune_take(arena, &used, f);
		l->slope = rk_tune_take(arena, &used, f);
		l->sum2 = rk_tune_take(arena, &used, d);
		l->stat2 = rk_tune_take(arena, &used, 2 * r);
		l->out = rk_tune_take(arena, &used, d);
	}
	g->out[0] = rk_tune_take(arena, &used, d);
	g->out[1] = rk_tune_take(arena, &used, d);
	g->sum2 = rk_tune_take(arena, &used, d);
	g->down = rk_tune_take(arena, &used, d);
	g->up = rk_tune_take(arena, &used, f);
	g->mid = rk_tune_take(arena, &used, d);
	g->sum1 = rk_tune_take(arena, &used, d);
	g->mixed = rk_tune_take(arena, &used, d);
	g->mix = rk_tune_take(arena, &used, d);
	g->qkv = rk_tune_take(arena, &used, 3 * d);
	return used;
}

static struct rk_attention
attention_of(const struct encoder *e, size_t n)
{
	const struct rk_config *c = &e->config;
	size_t d = c->d / c->heads;
	struct rk_attention a = { .n = n,
		.keys = n,
		.h = c->heads,
		.groups = c->heads,
		.d = d,
		.scale = (float)(1 / sqrt((double)d)) };

	return a;
}

static void
need(struct rk_tune *t, struct rk_pool *pool)
{
	struct encoder *e = t->of;
	size_t layers = e->config.layers;
	struct rk_attention a;

	if (!rk_tune_room_grow(&e->room, t,
		layers - e->frozen + (e->frozen > 0), rk_pool_size(pool)))
		return;
	e->layer = rk_array(e->layer, e->room.kept, sizeof *e->layer);
	a = attention_of(e, e->room.longest);
	rk_tune_room_set(&e->room, lay(e, NULL), rk_ops_attention_room(&a));
	lay(e, e->room.arena);
}

/* --- common ------------------------------------------------------------------- */

/* Layers that keep nothing share the first place; the next has its own. */
static struct kept *
kept(const struct encoder *e, size_t layer)
{
	if (layer < e->frozen)
		return &e->layer[0];
	return &e->layer[layer - e->frozen + (e->frozen > 0)];
}

static float *
input_of(const struct encoder *e, size_t layer)
{
	return layer == 0 ? e->first : kept(e, layer - 1)->out;
}

/* What dropout leaves of X's rows from .. from + m; y may be x. */
static void
drop_rows(const struct rk_tune *t, float *y, const float *x, size_t layer,
    uint64_t place, size_t from, size_t m)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	size_t d = e->config.d, i;

	for (i = from; i < from + m; i++) {
		size_t text = p->text_of[i];
		uint64_t key = rk_tune_key(t, text, layer, place);
		key = rk_ops_key(key, i - p->start[text], 0, 0, 0);
		rk_ops_dropout(y + i * d, x + i * d, p->drop, key, d);
	}
}

/* --- forward -------------------------------------------------------------------- */

static void
embed_rows(struct rk_tune *t, size_t from, size_t m)
{
	struct rk_tune_pass *p = t->pass;
	struct encoder *e = t->of;
	const struct rk_config *c = &e->config;
	struct rk_encoder_tables w = rk_encoder_tables(&e->layout, t->w.p);
	size_t d = c->d, i;

	for (i = from; i < from + m; i++) {
		size_t text = p->text_of[i], at = i - p->start[text];
		rk_ops_embed(e->embed + i * d, p->text[text].text.ids + at,
		    NULL, w.word, w.position + (c->first + at) * d, w.type, 1,
		    d);
	}
	rk_ops_norm(e->first + from * d, e->stat + 2 * from,
	    e->embed + from * d, w.norm, w.bias, (float)c->eps, m, d);
	if (p->drop > 0)
		drop_rows(t, e->first, e->first, 0, PLACE_EMBED, from, m);
}

/* sum = x + what dropout leaves of (y w' + bias); out = norm(sum) */
struct residual {
	const float *x, *y, *w, *bias;
	size_t k; /* y's width */
	const float *gain, *shift;
	float *sum, *stat, *out;
};

static void
add_and_norm(const struct rk_tune *t, const struct residual *r, size_t layer,
    uint64_t place, size_t from, size_t m)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	size_t d = e->config.d, at = from * d;
	int dropped = p->drop > 0;

	rk_ops_linear(r->sum + at, r->y + from * r->k, r->w, r->bias,
	    dropped ? NULL : r->x + at, m, r->k, d);
	if (dropped) {
		drop_rows(t, r->sum, r->sum, layer, place, from, m);
		rk_ops_add(r->sum + at, r->x + at, m * d);
	}
	rk_ops_norm(r->out + at, r->stat + 2 * from, r->sum + at, r->gain,
	    r->shift, (float)e->config.eps, m, d);
}

/* A layer's way from attention's mixture to its output, of some rows. */
static void
finish_layer(struct rk_tune *t, size_t layer, size_t from, size_t m)
{
	const struct encoder *e = t->of;
	const struct rk_config *c = &e->config;
	struct rk_encoder_layer w = rk_encoder_layer(&e->layout, t->w.p, layer);
	const struct kept *l = kept(e, layer);
	struct residual first = { input_of(e, layer), l->mix, w.out, w.out_bias,
		c->d, w.norm1, w.bias1, l->sum1, l->stat1, l->mid };
	struct residual second = { l->mid, l->up, w.down, w.down_bias, c->ffn,
		w.norm2, w.bias2, l->sum2, l->stat2, l->out };
	size_t at = from * c->ffn;

	add_and_norm(t, &first, layer, PLACE_MIXED, from, m);
	rk_ops_linear(l->up + at, l->mid + from * c->d, w.up, w.up_bias, NULL,
	    m, c->d, c->ffn);
	rk_ops_act(l->up + at, l->slope + at, l->up + at, c->act, m * c->ffn);
	add_and_norm(t, &second, layer, PLACE_DOWN, from, m);
}

/* From one attention to the next; before the first, the embeddings. */
static void
forward_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_pass *p = t->pass;
	struct encoder *e = t->of;
	size_t layer = e->at, d = e->config.d, m,
	       from = rk_tune_tile(p->rows, tile, &m);
	struct rk_encoder_layer w;

	(void)thread;
	if (layer == 0)
		embed_rows(t, from, m);
	else
		finish_layer(t, layer - 1, from, m);
	if (layer == e->config.layers)
		return;
	/* query, key and value lie one after another, and so do their biases */
	w = rk_encoder_layer(&e->layout, t->w.p, layer);
	rk_ops_linear(kept(e, layer)->qkv + from * 3 * d,
	    input_of(e, layer) + from * d, w.query, w.query_bias, NULL, m, d,
	    3 * d);
}

static struct rk_attention
attention_at(const struct rk_tune *t, size_t text)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	struct rk_attention a = attention_of(
	    e, p->start[text + 1] - p->start[text]);

	a.drop = p->drop;
	a.key = rk_tune_key(t, text, e->at, PLACE_SHARES);
	return a;
}

static void
attend(void *ctx, size_t text, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct kept *l = kept(e, e->at);
	struct rk_attention a = attention_at(t, text);
	size_t d = e->config.d, at = p->start[text];
	struct rk_mat q = { l->qkv + at * 3 * d, 3 * d };
	struct rk_mat k = { q.p + d, 3 * d }, v = { k.p + d, 3 * d };

	rk_ops_attention(l->mix + at * d, q, k, v, &a, e->room.scratch[thread]);
}

static void
forward(struct rk_tune *t, struct rk_pool *pool)
{
	struct encoder *e = t->of;
	struct rk_tune_pass *p = t->pass;
	size_t layers = e->config.layers;

	e->frozen = p->back ? e->freeze : layers;
	need(t, pool);
	for (e->at = 0; e->at <= layers; e->at++) {
		rk_pool_run(pool, rk_tune_tiles(p->rows), forward_tile, t);
		if (e->at < layers)
			rk_pool_run(pool, p->n, attend, t);
	}
	p->x = input_of(e, layers);
	p->dx = e->grads.out[0];
	p->of = p->start;
}

/* --- backward ------------------------------------------------------------------- */

/* From the gradient of a layer's output to that of attention's mixture. */
static void
back_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct rk_config *c = &e->config;
	struct rk_encoder_layer w = rk_encoder_layer(&e->layout, t->w.p, e->at);
	const struct kept *l = kept(e, e->at);
	const struct grads *g = &e->grads;
	size_t m, from = rk_tune_tile(p->rows, tile, &m), d = c->d, f = c->ffn;
	size_t at = from * d, wide = from * f;
	const float *down = g->sum2, *mixed = g->sum1;

	(void)thread;
	rk_ops_norm_back(g->sum2 + at, NULL, NULL, g->out[0] + at, l->sum2 + at,
	    l->stat2 + 2 * from, w.norm2, m, d);
	if (p->drop > 0) {
		drop_rows(t, g->down, g->sum2, e->at, PLACE_DOWN, from, m);
		down = g->down;
	}
	rk_ops_linear_back(
	    g->up + wide, NULL, NULL, down + at, NULL, w.down, m, f, d);
	rk_ops_act_back(g->up + wide, g->up + wide, l->slope + wide, m * f);
	rk_ops_linear_back(
	    g->mid + at, NULL, NULL, g->up + wide, NULL, w.up, m, d, f);
	rk_ops_add(g->mid + at, g->sum2 + at, m * d);
	rk_ops_norm_back(g->sum1 + at, NULL, NULL, g->mid + at, l->sum1 + at,
	    l->stat1 + 2 * from, w.norm1, m, d);
	if (p->drop > 0) {
		drop_rows(t, g->mixed, g->sum1, e->at, PLACE_MIXED, from, m);
		mixed = g->mixed;
	}
	rk_ops_linear_back(
	    g->mix + at, NULL, NULL, mixed + at, NULL, w.out, m, d, d);
}

static void
attend_back(void *ctx, size_t text, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct kept *l = kept(e, e->at);
	struct rk_attention a = attention_at(t, text);
	size_t d = e->config.d, at = p->start[text];
	struct rk_mat q = { l->qkv + at * 3 * d, 3 * d };
	struct rk_mat k = { q.p + d, 3 * d }, v = { k.p + d, 3 * d };
	float *to = e->grads.qkv + at * 3 * d;

	rk_ops_attention_back(to, to + d, to + 2 * d, 3 * d,
	    e->grads.mix + at * d, q, k, v, &a, e->room.scratch[thread]);
}

/* The gradient of a layer's input, of some rows. */
static void
input_back(struct rk_tune *t, size_t tile)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct grads *g = &e->grads;
	struct rk_encoder_layer w = rk_encoder_layer(&e->layout, t->w.p, e->at);
	size_t d = e->config.d, m, from = rk_tune_tile(p->rows, tile, &m);
	float *to = g->out[1] + from * d;

	rk_ops_linear_back(
	    to, NULL, NULL, g->qkv + from * 3 * d, NULL, w.query, m, d, 3 * d);
	rk_ops_add(to, g->sum1 + from * d, m * d);
}

enum { PRODUCTS = 4, NORMS = 2 };

/* The products of the layer at hand. */
static void
products_of(struct rk_tune_product *of, const struct rk_tune *t)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct grads *g = &e->grads;
	const struct kept *l = kept(e, e->at);
	struct rk_encoder_layer w = rk_encoder_layer(&e->layout, t->w.g, e->at);
	size_t d = e->config.d, f = e->config.ffn;
	int dropped = p->drop > 0;

	of[0] = (struct rk_tune_product){ w.up, w.up_bias, { g->up, f },
		{ l->mid, d }, p->rows, f, d };
	of[1] = (struct rk_tune_product){ w.query, w.query_bias,
		{ g->qkv, 3 * d }, { input_of(e, e->at), d }, p->rows, 3 * d,
		d };
	of[2] = (struct rk_tune_product){ w.down, w.down_bias,
		{ dropped ? g->down : g->sum2, d }, { l->up, f }, p->rows, d,
		f };
	of[3] = (struct rk_tune_product){ w.out, w.out_bias,
		{ dropped ? g->mixed : g->sum1, d }, { l->mix, d }, p->rows, d,
		d };
}

/* The gains of a norm, over all rows. */
static void
gain_back(float *dgain, float *dbias, const float *dy, const float *x,
    const float *stat, size_t rows, size_t d)
{
	rk_ops_norm_back(NULL, dgain, dbias, dy, x, stat, NULL, rows, d);
}

static void
norms_back(struct rk_tune *t, size_t which)
{
	const struct rk_tune_pass *p = t->pass;
	const struct encoder *e = t->of;
	const struct kept *l = kept(e, e->at);
	struct rk_encoder_layer w = rk_encoder_layer(&e->layout, t->w.g, e->at);

	if (which == 0)
		gain_back(w.norm1, w.bias1, e->grads.mid, l->sum1, l->stat1,
		    p->rows, e->config.d);
	else
		gain_back(w.norm2, w.bias2, e->grads.out[0], l->sum2, l->stat2,
		    p->rows, e->config.d);
}

/*
 * What is left to do for the layer at hand: its weights' gradients, by slices,
 * and the gradient of its input.
 */
static void
weights_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_product of[PRODUCTS];

	(void)thread;
	products_of(of, t);
	if (rk_tune_slice_of(of, PRODUCTS, &tile))
		return;
	if (tile < NORMS)
		norms_back(t, tile);
	else
		input_back(t, tile - NORMS);
}

static size_t
weights_tiles(const struct rk_tune *t)
{
	const struct encoder *e = t->of;
	struct rk_tune_product of[PRODUCTS];
	size_t i, n = NORMS;

	products_of(of, t);
	for (i = 0; i < PRODUCTS; i++)
		n += rk_tune_slices(&of[i]);
	/* of a frozen layer's output nobody asks for the gradient */
	if (e->frozen == 0 || e->at > e->frozen)
		n += rk_tune_tiles(t->pass->rows);
	return n;
}

/* The tables' gradients; words are met in any order, so one thread adds. */
static void
embed_back(struct rk_tune *t)
{
	struct rk_tune_pass *p = t->pass;
	struct encoder *e = t->of;
	struct rk_encoder_tables w = rk_encoder_tables(&e->layout, t->w.p);
	struct rk_encoder_tables g = rk_encoder_tables(&e->layout, t->w.g);
	size_t d = e->config.d, i, at;
	float *dy = e->grads.out[0];

	if (p->drop > 0)
		drop_rows(t, dy, dy, 0, PLACE_EMBED, 0, p->rows);
	rk_ops_norm_back(
	    dy, g.norm, g.bias, dy, e->embed, e->stat, w.norm, p->rows, d);
	for (i = 0; i < p->n; i++) {
		at = p->start[i];
		rk_ops_embed_back(g.word, g.position + e->config.first * d,
		    g.type, dy + at * d, p->text[i].text.ids, NULL,
		    p->start[i + 1] - at, d);
	}
}

static void
backward(struct rk_tune *t, struct rk_pool *pool)
{
	struct rk_tune_pass *p = t->pass;
	struct encoder *e = t->of;
	float *swap;

	for (e->at = e->config.layers; e->at-- > e->frozen;) {
		rk_pool_run(pool, rk_tune_tiles(p->rows), back_tile, t);
		rk_pool_run(pool, p->n, attend_back, t);
		rk_pool_run(pool, weights_tiles(t), weights_tile, t);
		swap = e->grads.out[0];
		e->grads.out[0] = e->grads.out[1];
		e->grads.out[1] = swap;
	}
	if (e->frozen == 0)
		embed_back(t);
}

/* --- opening -------------------------------------------------------------------- */

static const struct rk_weights_layout *
layout(const struct rk_tune *t)
{
	const struct encoder *e = t->of;

	return &e->layout;
}

static void
encoder_free(void *of)
{
	struct encoder *e = of;

	rk_weights_layout_free(&e->layout);
	rk_tune_room_free(&e->room);
	free(e->layer);
	free(e);
}

/* What is trained: a matrix decays, and a vector does not. */
static void
add_parts(struct rk_tune *t)
{
	const struct encoder *e = t->of;
	const struct rk_weights_layout *l = &e->layout;
	size_t first = e->freeze > 0 ? l->layer + e->freeze * l->step : 0, i;
	const struct rk_weights_part *p = l->part;

	for (i = first; i < l->parts - 1; i++)
		rk_adamw_add(&t->w, p[i].at, p[i].shape[0] * p[i].shape[1],
		    p[i].ndim == 2);
	if (e->freeze == 0)
		rk_adamw_add_rows(&t->w, p[i].at, p[i].shape[0], p[i].shape[1]);
	rk_tune_add_head(t);
}

struct rk_tune *
rk_tune_encoder(const struct rk_config *c, const struct rk_weights_files *files,
    const char *prefix, const struct rk_tune_options *o, struct rk_pool *pool,
    struct rk_err *err)
{
	static const struct rk_tune_body body = { forward, backward, layout,
		NULL, 0, 0, encoder_free };
	struct encoder *e = rk_calloc(1, sizeof *e);
	const struct rk_tensor **of;
	struct rk_tune *t = NULL;

	e->config = *c;
	e->freeze = o->freeze < c->layers ? o->freeze : c->layers;
	rk_encoder_lay(&e->layout, c, RK_WEIGHTS_PLAIN);
	of = rk_calloc(e->layout.parts, sizeof *of);
	if (rk_weights_find(of, &e->layout, files, prefix, err) == 0) {
		/* sizes are the file's by now */
		t = rk_tune_new(&body, e, c->d, e->layout.floats, o);
		rk_weights_widen(t->w.p, &e->layout, of, pool);
		add_parts(t);
	} else {
		encoder_free(e);
	}
	free(of);
	return t;
}
