/*
 * tune-pass.c - a pass, forward and back. What goes by rows is done tile by
 * tile: between two attentions a tile of rows runs through all products and
 * norms while it is in the cache. The backward leaves the gradients of all
 * products' outputs for all rows; then each weight's gradient is one product
 * over them.
 */
#include "nn/tune-pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Rows of activations that are a tile at most, and of a weight's gradient. What
 * the other side of a product is packed anew for each costs a tenth of the time
 * at 256 and 384, and a quarter at 128.
 */
enum { TILE = 256, SLICE = 384 };
enum { PLACE_EMBED, PLACE_SHARES, PLACE_MIXED, PLACE_DOWN };

/* --- room --------------------------------------------------------------------- */

void
rk_tune_pass_free(struct rk_tune_pass *p)
{
	int i;

	if (p == NULL)
		return;
	for (i = 0; i < p->threads; i++)
		free(p->attention[i]);
	free(p->attention);
	free(p->arena);
	free(p->layer);
	free(p->start);
	free(p->text_of);
	free(p);
}

/* Takes n floats off *at; with *at NULL, only counts them in *used. */
static float *
take(float *arena, size_t *used, size_t n)
{
	float *p = arena ? arena + *used : NULL;

	*used += (n + 15) / 16 * 16;
	return p;
}

/* Puts all arrays for R rows into the arena; returns the floats they take. */
static size_t
lay(struct rk_tune_pass *p, float *arena, const struct rk_config *c, size_t r)
{
	size_t used = 0, i, d = r * c->d, f = r * c->ffn;
	struct rk_tune_grads *g = &p->grads;

	p->embed = take(arena, &used, d);
	p->stat = take(arena, &used, 2 * r);
	p->first = take(arena, &used, d);
	for (i = 0; i < p->kept; i++) {
		struct rk_tune_kept *l = &p->layer[i];
		l->qkv = take(arena, &used, 3 * d);
		l->mix = take(arena, &used, d);
		l->sum1 = take(arena, &used, d);
		l->stat1 = take(arena, &used, 2 * r);
		l->mid = take(arena, &used, d);
		l->up = take(arena, &used, f);
		l->slope = take(arena, &used, f);
		l->sum2 = take(arena, &used, d);
		l->stat2 = take(arena, &used, 2 * r);
		l->out = take(arena, &used, d);
	}
	g->out[0] = take(arena, &used, d);
	g->out[1] = take(arena, &used, d);
	g->sum2 = take(arena, &used, d);
	g->down = take(arena, &used, d);
	g->up = take(arena, &used, f);
	g->mid = take(arena, &used, d);
	g->sum1 = take(arena, &used, d);
	g->mixed = take(arena, &used, d);
	g->mix = take(arena, &used, d);
	g->qkv = take(arena, &used, 3 * d);
	return used;
}

static struct rk_attention
attention_of(const struct rk_tune *t, size_t n)
{
	const struct rk_config *c = &t->config;
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
need(struct rk_tune *t, size_t rows, size_t longest, size_t kept,
    struct rk_pool *pool)
{
	struct rk_tune_pass *p = t->pass;
	struct rk_attention a;
	int i;

	if (p != NULL && rows <= p->room && longest <= p->longest &&
	    kept <= p->kept && p->threads == rk_pool_size(pool))
		return;
	rows = rows > t->o.pass ? rows : t->o.pass; /* as most passes need */
	if (p != NULL) {
		rows = rows > p->room ? rows : p->room;
		longest = longest > p->longest ? longest : p->longest;
		kept = kept > p->kept ? kept : p->kept;
		rk_tune_pass_free(p);
	}
	t->pass = p = rk_calloc(1, sizeof *p);
	p->room = rows;
	p->longest = longest;
	p->kept = kept;
	p->layer = rk_calloc(kept, sizeof *p->layer);
	p->arena = rk_floats(lay(p, NULL, &t->config, rows));
	lay(p, p->arena, &t->config, rows);
	p->start = rk_calloc(rows + 1, sizeof *p->start);
	p->text_of = rk_calloc(rows, sizeof *p->text_of);
	p->threads = rk_pool_size(pool);
	p->attention = rk_calloc((size_t)p->threads, sizeof *p->attention);
	a = attention_of(t, longest);
	for (i = 0; i < p->threads; i++)
		p->attention[i] = rk_floats(rk_ops_attention_room(&a));
}

/* --- common ------------------------------------------------------------------- */

/* Layers that keep nothing share the first place; the next has its own. */
static struct rk_tune_kept *
kept(const struct rk_tune_pass *p, size_t layer)
{
	if (layer < p->frozen)
		return &p->layer[0];
	return &p->layer[layer - p->frozen + (p->frozen > 0)];
}

static float *
input_of(const struct rk_tune_pass *p, size_t layer)
{
	return layer == 0 ? p->first : kept(p, layer - 1)->out;
}

const float *
rk_tune_hidden(const struct rk_tune *t)
{
	return input_of(t->pass, t->config.layers);
}

uint64_t
rk_tune_key(const struct rk_tune *t, size_t text, size_t layer, uint64_t place)
{
	return rk_ops_key(
	    t->o.seed, (uint64_t)t->step, t->pass->base + text, layer, place);
}

/* What dropout leaves of X's rows from .. from + m; y may be x. */
static void
drop_rows(const struct rk_tune *t, float *y, const float *x, size_t layer,
    uint64_t place, size_t from, size_t m)
{
	const struct rk_tune_pass *p = t->pass;
	size_t d = t->config.d, i;

	for (i = from; i < from + m; i++) {
		size_t text = p->text_of[i];
		uint64_t key = rk_tune_key(t, text, layer, place);
		key = rk_ops_key(key, i - p->start[text], 0, 0, 0);
		rk_ops_dropout(y + i * d, x + i * d, p->drop, key, d);
	}
}

/* A tile's rows: tiles are even in number and alike in height. */
static size_t
step_of(const struct rk_tune_pass *p)
{
	size_t tiles = (p->rows + 2 * TILE - 1) / (2 * TILE) * 2;

	return ((p->rows + tiles - 1) / tiles + 15) / 16 * 16;
}

static size_t
tiles_of(const struct rk_tune_pass *p)
{
	return (p->rows + step_of(p) - 1) / step_of(p);
}

/* The rows of a tile: from the one returned on, *m. */
static size_t
rows_of(const struct rk_tune_pass *p, size_t tile, size_t *m)
{
	size_t step = step_of(p), from = tile * step;

	*m = p->rows - from < step ? p->rows - from : step;
	return from;
}

/* --- forward -------------------------------------------------------------------- */

static void
embed_rows(struct rk_tune *t, size_t from, size_t m)
{
	struct rk_tune_pass *p = t->pass;
	const struct rk_config *c = &t->config;
	struct rk_encoder_tables w = rk_encoder_tables(&t->layout, t->p);
	size_t d = c->d, i;

	for (i = from; i < from + m; i++) {
		size_t text = p->text_of[i], at = i - p->start[text];
		rk_ops_embed(p->embed + i * d, p->text[text].text.ids + at,
		    NULL, w.word, w.position + (c->first + at) * d, w.type, 1,
		    d);
	}
	rk_ops_norm(p->first + from * d, p->stat + 2 * from,
	    p->embed + from * d, w.norm, w.bias, (float)c->eps, m, d);
	if (p->drop > 0)
		drop_rows(t, p->first, p->first, 0, PLACE_EMBED, from, m);
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
	size_t d = t->config.d, at = from * d;
	int dropped = p->drop > 0;

	rk_ops_linear(r->sum + at, r->y + from * r->k, r->w, r->bias,
	    dropped ? NULL : r->x + at, m, r->k, d);
	if (dropped) {
		drop_rows(t, r->sum, r->sum, layer, place, from, m);
		rk_ops_add(r->sum + at, r->x + at, m * d);
	}
	rk_ops_norm(r->out + at, r->stat + 2 * from, r->sum + at, r->gain,
	    r->shift, (float)t->config.eps, m, d);
}

/* A layer's way from attention's mixture to its output, of some rows. */
static void
finish_layer(struct rk_tune *t, size_t layer, size_t from, size_t m)
{
	const struct rk_tune_pass *p = t->pass;
	const struct rk_config *c = &t->config;
	struct rk_encoder_layer w = rk_encoder_layer(&t->layout, t->p, layer);
	const struct rk_tune_kept *l = kept(p, layer);
	struct residual first = { input_of(p, layer), l->mix, w.out, w.out_bias,
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
	size_t layer = p->at, d = t->config.d, m, from = rows_of(p, tile, &m);
	struct rk_encoder_layer w;

	(void)thread;
	if (layer == 0)
		embed_rows(t, from, m);
	else
		finish_layer(t, layer - 1, from, m);
	if (layer == t->config.layers)
		return;
	/* query, key and value lie one after another, and so do their biases */
	w = rk_encoder_layer(&t->layout, t->p, layer);
	rk_ops_linear(kept(p, layer)->qkv + from * 3 * d,
	    input_of(p, layer) + from * d, w.query, w.query_bias, NULL, m, d,
	    3 * d);
}

static struct rk_attention
attention_at(const struct rk_tune *t, size_t text)
{
	const struct rk_tune_pass *p = t->pass;
	struct rk_attention a = attention_of(
	    t, p->start[text + 1] - p->start[text]);

	a.drop = p->drop;
	a.key = rk_tune_key(t, text, p->at, PLACE_SHARES);
	return a;
}

static void
attend(void *ctx, size_t text, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_pass *p = t->pass;
	const struct rk_tune_kept *l = kept(p, p->at);
	struct rk_attention a = attention_at(t, text);
	size_t d = t->config.d, at = p->start[text];
	struct rk_mat q = { l->qkv + at * 3 * d, 3 * d };
	struct rk_mat k = { q.p + d, 3 * d }, v = { k.p + d, 3 * d };

	rk_ops_attention(l->mix + at * d, q, k, v, &a, p->attention[thread]);
}

void
rk_tune_forward(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    size_t base, float drop, size_t frozen, struct rk_pool *pool)
{
	size_t rows = 0, longest = 0, i, j, layers = t->config.layers;
	struct rk_tune_pass *p;

	for (i = 0; i < n; i++) {
		rows += text[i].text.t;
		longest = text[i].text.t > longest ? text[i].text.t : longest;
	}
	need(t, rows, longest, layers - frozen + (frozen > 0), pool);
	p = t->pass;
	p->text = text;
	p->n = n;
	p->rows = rows;
	p->base = base;
	p->drop = drop;
	p->frozen = frozen;
	for (i = 0, rows = 0; i < n; i++) {
		p->start[i] = rows;
		for (j = 0; j < text[i].text.t; j++)
			p->text_of[rows++] = (uint32_t)i;
	}
	p->start[n] = rows;
	for (p->at = 0; p->at <= layers; p->at++) {
		rk_pool_run(pool, tiles_of(p), forward_tile, t);
		if (p->at < layers)
			rk_pool_run(pool, n, attend, t);
	}
}

/* --- backward ------------------------------------------------------------------- */

/* From the gradient of a layer's output to that of attention's mixture. */
static void
back_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_pass *p = t->pass;
	const struct rk_config *c = &t->config;
	struct rk_encoder_layer w = rk_encoder_layer(&t->layout, t->p, p->at);
	const struct rk_tune_kept *l = kept(p, p->at);
	const struct rk_tune_grads *g = &p->grads;
	size_t m, from = rows_of(p, tile, &m), d = c->d, f = c->ffn;
	size_t at = from * d, wide = from * f;
	const float *down = g->sum2, *mixed = g->sum1;

	(void)thread;
	rk_ops_norm_back(g->sum2 + at, NULL, NULL, g->out[0] + at, l->sum2 + at,
	    l->stat2 + 2 * from, w.norm2, m, d);
	if (p->drop > 0) {
		drop_rows(t, g->down, g->sum2, p->at, PLACE_DOWN, from, m);
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
		drop_rows(t, g->mixed, g->sum1, p->at, PLACE_MIXED, from, m);
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
	const struct rk_tune_kept *l = kept(p, p->at);
	struct rk_attention a = attention_at(t, text);
	size_t d = t->config.d, at = p->start[text];
	struct rk_mat q = { l->qkv + at * 3 * d, 3 * d };
	struct rk_mat k = { q.p + d, 3 * d }, v = { k.p + d, 3 * d };
	float *to = p->grads.qkv + at * 3 * d;

	rk_ops_attention_back(to, to + d, to + 2 * d, 3 * d,
	    p->grads.mix + at * d, q, k, v, &a, p->attention[thread]);
}

/* The gradient of a layer's input, of some rows. */
static void
input_back(struct rk_tune *t, size_t tile)
{
	const struct rk_tune_pass *p = t->pass;
	const struct rk_tune_grads *g = &p->grads;
	struct rk_encoder_layer w = rk_encoder_layer(&t->layout, t->p, p->at);
	size_t d = t->config.d, m, from = rows_of(p, tile, &m);
	float *to = g->out[1] + from * d;

	rk_ops_linear_back(
	    to, NULL, NULL, g->qkv + from * 3 * d, NULL, w.query, m, d, 3 * d);
	rk_ops_add(to, g->sum1 + from * d, m * d);
}

/* dw[o, d] += dy' x and db[o] += the sum of dy's rows, over all rows. */
struct product {
	float *dw, *db;
	const float *dy, *x;
	size_t o, d;
};

enum { PRODUCTS = 4, NORMS = 2 };

/* The products of the layer at hand. */
static void
products_of(struct product *of, const struct rk_tune *t)
{
	const struct rk_tune_pass *p = t->pass;
	const struct rk_tune_grads *g = &p->grads;
	const struct rk_tune_kept *l = kept(p, p->at);
	struct rk_encoder_layer w = rk_encoder_layer(&t->layout, t->g, p->at);
	size_t d = t->config.d, f = t->config.ffn;
	int dropped = p->drop > 0;

	of[0] = (struct product){ w.up, w.up_bias, g->up, l->mid, f, d };
	of[1] = (struct product){ w.query, w.query_bias, g->qkv,
		input_of(p, p->at), 3 * d, d };
	of[2] = (struct product){ w.down, w.down_bias,
		dropped ? g->down : g->sum2, l->up, d, f };
	of[3] = (struct product){ w.out, w.out_bias,
		dropped ? g->mixed : g->sum1, l->mix, d, d };
}

static void
product_back(const struct product *w, size_t slice, size_t rows)
{
	size_t from = slice * SLICE, i;
	size_t m = w->o - from < SLICE ? w->o - from : SLICE;
	struct rk_mat dy = { w->dy + from, w->o }, x = { w->x, w->d };

	rk_mat_tn(w->dw + from * w->d, w->d, dy, x, m, w->d, rows, 1);
	for (i = 0; i < rows; i++)
		rk_ops_add(w->db + from, dy.p + i * w->o, m);
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
	const struct rk_tune_kept *l = kept(p, p->at);
	struct rk_encoder_layer w = rk_encoder_layer(&t->layout, t->g, p->at);

	if (which == 0)
		gain_back(w.norm1, w.bias1, p->grads.mid, l->sum1, l->stat1,
		    p->rows, t->config.d);
	else
		gain_back(w.norm2, w.bias2, p->grads.out[0], l->sum2, l->stat2,
		    p->rows, t->config.d);
}

/*
 * What is left to do for the layer at hand: its weights' gradients, by slices,
 * and the gradient of its input.
 */
static void
weights_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct product of[PRODUCTS];
	size_t i, slices;

	(void)thread;
	products_of(of, t);
	for (i = 0; i < PRODUCTS; i++) {
		slices = (of[i].o + SLICE - 1) / SLICE;
		if (tile < slices) {
			product_back(&of[i], tile, t->pass->rows);
			return;
		}
		tile -= slices;
	}
	if (tile < NORMS)
		norms_back(t, tile);
	else
		input_back(t, tile - NORMS);
}

static size_t
weights_tiles(const struct rk_tune *t)
{
	struct product of[PRODUCTS];
	size_t i, n = NORMS;

	products_of(of, t);
	for (i = 0; i < PRODUCTS; i++)
		n += (of[i].o + SLICE - 1) / SLICE;
	/* of a frozen layer's output nobody asks for the gradient */
	if (t->pass->frozen == 0 || t->pass->at > t->pass->frozen)
		n += tiles_of(t->pass);
	return n;
}

/* The tables' gradients; words are met in any order, so one thread adds. */
static void
embed_back(struct rk_tune *t)
{
	struct rk_tune_pass *p = t->pass;
	struct rk_encoder_tables w = rk_encoder_tables(&t->layout, t->p);
	struct rk_encoder_tables g = rk_encoder_tables(&t->layout, t->g);
	size_t d = t->config.d, i, at;
	float *dy = p->grads.out[0];

	if (p->drop > 0)
		drop_rows(t, dy, dy, 0, PLACE_EMBED, 0, p->rows);
	rk_ops_norm_back(
	    dy, g.norm, g.bias, dy, p->embed, p->stat, w.norm, p->rows, d);
	for (i = 0; i < p->n; i++) {
		at = p->start[i];
		rk_ops_embed_back(g.word, g.position + t->config.first * d,
		    g.type, dy + at * d, p->text[i].text.ids, NULL,
		    p->start[i + 1] - at, d);
	}
}

void
rk_tune_backward(struct rk_tune *t, struct rk_pool *pool)
{
	struct rk_tune_pass *p = t->pass;
	float *swap;

	for (p->at = t->config.layers; p->at-- > p->frozen;) {
		rk_pool_run(pool, tiles_of(p), back_tile, t);
		rk_pool_run(pool, p->n, attend_back, t);
		rk_pool_run(pool, weights_tiles(t), weights_tile, t);
		swap = p->grads.out[0];
		p->grads.out[0] = p->grads.out[1];
		p->grads.out[1] = swap;
	}
	if (p->frozen == 0)
		embed_back(t);
}
