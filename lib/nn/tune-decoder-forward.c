/*
 * tune-decoder-forward.c - a decoder forward, as tune-encoder.c's: between two
 * attentions a tile of rows runs through all products and norms. What is cheap
 * is computed again by the backward: norms, the activation, attention's shares.
 */
#include <string.h>

#include "nn/tune-decoder-in.h"

static void
embed_rows(const struct rk_tune *t, size_t from, size_t m)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	size_t words = e->layout.parts - 1, d = e->config.d, i;

	for (i = from; i < from + m; i++) {
		const struct rk_tune_text *text = &p->text[p->text_of[i]];
		size_t id = text->text.ids[rk_tune_place(p, i)];
		if (e->lora.rank > 0)
			rk_weights_get(
			    e->first + i * d, e->of[words], id * d, d);
		else
			memcpy(e->first + i * d,
			    t->w.p + e->layout.part[words].at + id * d,
			    d * sizeof *e->first);
	}
}

/* Turns HEADS of X by their places in their texts, rows FROM on. */
static void
turn_rows(const struct rk_tune *t, float *x, size_t ld, size_t heads,
    size_t from, size_t m)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	size_t head = e->config.head, end = from + m, n;

	for (; from < end; from += n) {
		size_t till = from < p->shared ? p->shared
					       : p->start[p->text_of[from] + 1];
		n = till < end ? till - from : end - from;
		rk_ops_rotate(x + from * ld, ld,
		    e->turn + rk_tune_place(p, from) * head, n, heads, head);
	}
}

/* A layer's way from its input to attention, of some rows. */
static void
start_layer(struct rk_tune *t, size_t from, size_t m, float *room)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_decoder_config *c = &e->config;
	struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	const float *gain = rk_tune_decoder_row(
	    e, rk_tune_decoder_values(t), e->at, RK_DECODER_NORM1);
	size_t at = from * c->d, ld = rk_tune_decoder_ldkv(e, e->at);
	int last = rk_tune_decoder_is_last(e, e->at);
	struct rk_tune_linear w = last
	    ? rk_tune_decoder_linear(t, e->at, RK_DECODER_KEY, 2)
	    : rk_tune_decoder_linear(t, e->at, RK_DECODER_QUERY, 3);

	rk_ops_rms(e->normed1 + at, e->stat1 + from,
	    rk_tune_decoder_input(e, e->at) + at, gain, (float)c->eps, m, c->d);
	rk_tune_linear(
	    &w, last ? l->kv : l->q, e->normed1, NULL, from, m, room);
	turn_rows(t, l->kv, ld, c->groups, from, m);
	if (!last)
		turn_rows(t, l->q, ld, c->heads, from, m);
}

/* From attention's mixture to the output of a layer with the input X. */
static void
finish_layer(struct rk_tune *t, size_t layer, const float *x, size_t from,
    size_t m, float *room)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_decoder_config *c = &e->config;
	struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, layer);
	const float *gain = rk_tune_decoder_row(
	    e, rk_tune_decoder_values(t), layer, RK_DECODER_NORM2);
	struct rk_tune_linear out = rk_tune_decoder_linear(
				  t, layer, RK_DECODER_OUT, 1),
			      up = rk_tune_decoder_linear(
				  t, layer, RK_DECODER_GATE, 2),
			      down = rk_tune_decoder_linear(
				  t, layer, RK_DECODER_DOWN, 1);
	size_t i;

	rk_tune_linear(&out, l->mid, l->mix, x, from, m, room);
	rk_ops_rms(e->normed2 + from * c->d, e->stat2 + from,
	    l->mid + from * c->d, gain, (float)c->eps, m, c->d);
	rk_tune_linear(&up, l->gate, e->normed2, NULL, from, m, room);
	for (i = from; i < from + m; i++) {
		const float *gate = l->gate + i * 2 * c->ffn;
		rk_ops_gated(e->act + i * c->ffn, gate, gate + c->ffn, c->ffn);
	}
	rk_tune_linear(&down, l->out, e->act, l->mid, from, m, room);
}

/* From one attention to the next; before the first, the words. */
static void
forward_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	float *room = e->room.scratch[thread];
	size_t m, from = rk_tune_tile(t->pass->rows, tile, &m);

	if (e->at == 0)
		embed_rows(t, from, m);
	else
		finish_layer(t, e->at - 1, rk_tune_decoder_input(e, e->at - 1),
		    from, m, room);
	start_layer(t, from, m, room);
}

/* The last tokens' queries of the last layer. */
static void
top_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	struct rk_tune_linear w = rk_tune_decoder_linear(
	    t, e->at, RK_DECODER_QUERY, 1);
	const float *x = rk_tune_decoder_input(e, e->at);
	size_t d = e->config.d, head = e->config.head, i, m;
	size_t from = rk_tune_tile(p->n, tile, &m);

	for (i = from; i < from + m; i++) {
		size_t at = p->start[i + 1] - 1;
		memcpy(e->top + i * d, x + at * d, d * sizeof *x);
		memcpy(
		    e->top_normed + i * d, e->normed1 + at * d, d * sizeof *x);
	}
	rk_tune_linear(&w, e->last.q, e->top_normed, NULL, from, m,
	    e->room.scratch[thread]);
	for (i = from; i < from + m; i++) {
		size_t at = p->text[i].text.t - 1;
		rk_ops_rotate(e->last.q + i * e->q, e->q, e->turn + at * head,
		    1, e->config.heads, head);
	}
}

/* The rest of the last layer, and the last norm, of the last tokens. */
static void
states_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	const struct rk_decoder_config *c = &e->config;
	size_t m, from = rk_tune_tile(t->pass->n, tile, &m), at = from * c->d;

	finish_layer(
	    t, c->layers - 1, e->top, from, m, e->room.scratch[thread]);
	rk_ops_rms(e->states + at, e->stat + from, e->last.out + at,
	    rk_tune_decoder_values(t), (float)c->eps, m, c->d);
}

static void
attend(void *ctx, size_t text, int thread)
{
	struct rk_tune *t = ctx;
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	struct rk_attention a = rk_tune_decoder_attention(t, text);
	size_t ld = rk_tune_decoder_ldq(e, e->at);
	size_t top = rk_tune_decoder_top(t, text);
	struct rk_mat q = { l->q + top * ld, ld };
	struct rk_mat k = rk_tune_decoder_keys(t, text, thread);
	struct rk_mat v = { k.p + e->kv, k.ld };

	rk_ops_attention(
	    l->mix + top * e->q, q, k, v, &a, e->room.scratch[thread]);
}

void
rk_tune_decoder_forward(struct rk_tune *t, struct rk_pool *pool)
{
	struct rk_tune_decoder *e = t->of;
	struct rk_tune_pass *p = t->pass;
	size_t layers = e->config.layers;

	e->frozen = !p->back || t->o.freeze > layers ? layers : t->o.freeze;
	rk_tune_decoder_need(t, pool);
	for (e->at = 0; e->at < layers; e->at++) {
		rk_pool_run(pool, rk_tune_tiles(p->rows), forward_tile, t);
		if (rk_tune_decoder_is_last(e, e->at))
			rk_pool_run(pool, rk_tune_tiles(p->n), top_tile, t);
		rk_pool_run(pool, rk_tune_decoder_texts(t), attend, t);
	}
	rk_pool_run(pool, rk_tune_tiles(p->n), states_tile, t);
	p->x = e->states;
	p->dx = e->grads.out[0];
	p->of = p->each;
}
