/*
 * tune-decoder.c - how a decoder that is tuned is opened, where its numbers lie,
 * and what it is in the end.
 */
#include "nn/tune-decoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/tune-decoder-in.h"

enum { PLACE_SHARES = 1 };
enum { STREAM_ADAPTERS = 0x6c6f7261 };

/* --- room --------------------------------------------------------------------- */

/* Of adapters of the layer's rows FIRST to LAST, R rows each. */
static void
lay_inner(const struct rk_tune_decoder *e, float **u, float *arena,
    size_t *used, enum rk_decoder_row first, enum rk_decoder_row last, size_t r)
{
	int i;

	for (i = (int)first; i <= (int)last; i++)
		if (e->lora.rank > 0 && e->lora.on & RK_TUNE_ON(i))
			u[i] = rk_tune_take(arena, used, r * e->lora.rank);
}

/* A layer of R rows, of which TOP go on; LAST: its queries are apart. */
static void
lay_kept(const struct rk_tune_decoder *e, struct rk_tune_decoder_kept *l,
    float *arena, size_t *used, size_t r, size_t top, int last)
{
	const struct rk_decoder_config *c = &e->config;

	l->q = rk_tune_take(
	    arena, used, last ? top * e->q : r * (e->q + 2 * e->kv));
	if (last)
		l->kv = rk_tune_take(arena, used, r * 2 * e->kv);
	else
		l->kv = arena ? l->q + e->q : NULL;
	l->mix = rk_tune_take(arena, used, top * e->q);
	l->mid = rk_tune_take(arena, used, top * c->d);
	l->gate = rk_tune_take(arena, used, top * 2 * c->ffn);
	l->out = rk_tune_take(arena, used, top * c->d);
	lay_inner(e, l->u, arena, used, RK_DECODER_QUERY, RK_DECODER_QUERY,
	    last ? top : r);
	lay_inner(e, l->u, arena, used, RK_DECODER_KEY, RK_DECODER_VALUE, r);
	lay_inner(e, l->u, arena, used, RK_DECODER_OUT, RK_DECODER_DOWN, top);
}

static void
lay_grads(
    struct rk_tune_decoder *e, float *arena, size_t *used, size_t r, size_t n)
{
	const struct rk_decoder_config *c = &e->config;
	struct rk_tune_decoder_grads *g = &e->grads;

	g->out[0] = rk_tune_take(arena, used, r * c->d);
	g->out[1] = rk_tune_take(arena, used, r * c->d);
	g->act = rk_tune_take(arena, used, r * c->ffn);
	g->gate = rk_tune_take(arena, used, r * 2 * c->ffn);
	g->normed = rk_tune_take(arena, used, r * c->d);
	g->mid = rk_tune_take(arena, used, r * c->d);
	g->mix = rk_tune_take(arena, used, r * e->q);
	g->q = rk_tune_take(arena, used, r * (e->q + 2 * e->kv));
	g->top = rk_tune_take(arena, used, n * c->d);
	/* each text's share of them is of tokens that are counted in R */
	g->shared = rk_tune_take(arena, used, r * 2 * e->kv);
	g->gain = rk_tune_take(arena, used, rk_tune_tiles_most(r) * 2 * c->d);
	lay_inner(e, g->u, arena, used, RK_DECODER_QUERY, RK_DECODER_DOWN, r);
}

/* Puts all arrays into the arena; returns the floats they take. */
static size_t
lay(struct rk_tune_decoder *e, float *arena)
{
	const struct rk_decoder_config *c = &e->config;
	size_t used = 0, r = e->room.rows, n = e->room.texts, i;

	e->turn = rk_tune_take(arena, &used, e->room.longest * c->head);
	e->first = rk_tune_take(arena, &used, r * c->d);
	for (i = 0; i < e->room.kept; i++)
		lay_kept(e, &e->layer[i], arena, &used, r, r, 0);
	lay_kept(e, &e->last, arena, &used, r, n, 1);
	e->top = rk_tune_take(arena, &used, n * c->d);
	e->top_normed = rk_tune_take(arena, &used, n * c->d);
	e->normed1 = rk_tune_take(arena, &used, r * c->d);
	e->stat1 = rk_tune_take(arena, &used, r);
	e->normed2 = rk_tune_take(arena, &used, r * c->d);
	e->stat2 = rk_tune_take(arena, &used, r);
	e->act = rk_tune_take(arena, &used, r * c->ffn);
	e->states = rk_tune_take(arena, &used, n * c->d);
	e->stat = rk_tune_take(arena, &used, n);
	lay_grads(e, arena, &used, r, n);
	return used;
}

/* A thread's: of attention or a linear layer, and what a text gathers. */
static size_t
scratch_of(struct rk_tune_decoder *e)
{
	const struct rk_decoder_config *c = &e->config;
	struct rk_attention a = { .n = e->room.longest,
		.keys = e->room.longest };
	const size_t need[] = { rk_ops_attention_room(&a),
		rk_tune_linear_room(c->d), rk_tune_linear_room(c->ffn),
		rk_tune_linear_room(e->q) };
	size_t most = 0, i;

	for (i = 0; i < 4; i++)
		most = need[i] > most ? need[i] : most;
	e->gather = (most + 15) / 16 * 16;
	return e->gather + e->room.longest * (e->q + 4 * e->kv);
}

void
rk_tune_decoder_need(struct rk_tune *t, struct rk_pool *pool)
{
	struct rk_tune_decoder *e = t->of;
	size_t layers = e->config.layers - 1; /* the last has its own place */
	size_t frozen = e->frozen < layers ? e->frozen : layers;

	if (!rk_tune_room_grow(&e->room, t, layers - frozen + (frozen > 0),
		rk_pool_size(pool)))
		return;
	e->layer = rk_array(e->layer, e->room.kept, sizeof *e->layer);
	rk_tune_room_set(&e->room, lay(e, NULL), scratch_of(e));
	lay(e, e->room.arena);
	rk_ops_turns(e->turn, e->freq, 0, e->room.longest, e->config.head);
}

/* --- common ------------------------------------------------------------------- */

int
rk_tune_decoder_is_last(const struct rk_tune_decoder *e, size_t layer)
{
	return layer == e->config.layers - 1;
}

struct rk_tune_decoder_kept *
rk_tune_decoder_kept(struct rk_tune_decoder *e, size_t layer)
{
	if (rk_tune_decoder_is_last(e, layer))
		return &e->last;
	if (layer < e->frozen) /* they share the first place */
		return &e->layer[0];
	return &e->layer[layer - e->frozen + (e->frozen > 0)];
}

float *
rk_tune_decoder_input(struct rk_tune_decoder *e, size_t layer)
{
	return layer == 0 ? e->first : rk_tune_decoder_kept(e, layer - 1)->out;
}

size_t
rk_tune_decoder_ldq(const struct rk_tune_decoder *e, size_t layer)
{
	return rk_tune_decoder_is_last(e, layer) ? e->q : e->q + 2 * e->kv;
}

size_t
rk_tune_decoder_ldkv(const struct rk_tune_decoder *e, size_t layer)
{
	return rk_tune_decoder_is_last(e, layer) ? 2 * e->kv : e->q + 2 * e->kv;
}

float *
rk_tune_decoder_row(const struct rk_tune_decoder *e, float *p, size_t layer,
    enum rk_decoder_row row)
{
	long part = rk_decoder_part(&e->layout, layer, row);

	if (part < 0 || e->layout.part[part].place == RK_WEIGHTS_MAPPED)
		return NULL;
	return p + e->layout.part[part].at;
}

float *
rk_tune_decoder_values(const struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;

	return e->lora.rank > 0 ? e->fixed : t->w.p;
}

static enum rk_decoder_row
bias_of(enum rk_decoder_row row)
{
	switch (row) {
	case RK_DECODER_QUERY: return RK_DECODER_QUERY_BIAS;
	case RK_DECODER_KEY: return RK_DECODER_KEY_BIAS;
	case RK_DECODER_OUT: return RK_DECODER_OUT_BIAS;
	default: /* of those that stand first, the others have none */
		return RK_DECODER_ROWS;
	}
}

static void
set_matrix(struct rk_tune_linear *l, const struct rk_tune *t, size_t layer,
    enum rk_decoder_row row, struct rk_tune_matrix *m)
{
	struct rk_tune_decoder *e = t->of;
	size_t a = e->adapter[layer * RK_DECODER_ROWS + row];

	m->base = e->of[rk_decoder_part(&e->layout, layer, row)];
	if (a == SIZE_MAX)
		return;
	m->a = t->w.p + a;
	m->b = m->a + l->rank * l->in;
	m->da = t->w.g + a;
	m->db = m->da + l->rank * l->in;
	if (e->room.arena == NULL) /* no pass yet: it is about the matrix */
		return;
	m->u = rk_tune_decoder_kept(e, layer)->u[row];
	m->du = e->grads.u[row];
}

struct rk_tune_linear
rk_tune_decoder_linear(
    const struct rk_tune *t, size_t layer, enum rk_decoder_row first, size_t n)
{
	const struct rk_tune_decoder *e = t->of;
	float *p = rk_tune_decoder_values(t);
	enum rk_decoder_row bias = bias_of(first);
	struct rk_tune_linear l = { .n = n, .rank = e->lora.rank };
	size_t i;

	for (i = 0; i < n; i++) {
		long part = rk_decoder_part(
		    &e->layout, layer, (enum rk_decoder_row)(first + i));
		const struct rk_weights_part *of = &e->layout.part[part];
		l.m[i].from = l.out;
		l.m[i].out = of->shape[0];
		l.in = of->shape[1];
		l.out += of->shape[0];
	}
	if (bias != RK_DECODER_ROWS)
		l.bias = rk_tune_decoder_row(e, p, layer, bias);
	if (e->lora.rank == 0) {
		l.w = rk_tune_decoder_row(e, p, layer, first);
		l.dw = rk_tune_decoder_row(e, t->w.g, layer, first);
		if (l.bias != NULL)
			l.db = rk_tune_decoder_row(e, t->w.g, layer, bias);
		return l;
	}
	l.scale = (float)(e->lora.alpha / (double)l.rank);
	for (i = 0; i < n; i++)
		set_matrix(
		    &l, t, layer, (enum rk_decoder_row)(first + i), &l.m[i]);
	return l;
}

struct rk_attention
rk_tune_decoder_attention(const struct rk_tune *t, size_t text)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	const struct rk_decoder_config *c = &e->config;
	size_t n = text < p->n ? p->start[text + 1] - p->start[text] : 0;

	return (struct rk_attention){
		.n = rk_tune_decoder_is_last(e, e->at) ? 1
		    : text < p->n                      ? n
						       : p->shared,
		.keys = p->shared + n,
		.h = c->heads,
		.groups = c->groups,
		.d = c->head,
		.causal = 1,
		.window = rk_decoder_config_window(c, e->at),
		.scale = (float)(1 / sqrt((double)c->head)),
		.drop = p->drop,
		.key = rk_tune_key(t, text, e->at, PLACE_SHARES),
	};
}

size_t
rk_tune_decoder_top(const struct rk_tune *t, size_t text)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;

	if (rk_tune_decoder_is_last(e, e->at))
		return text;
	return text < p->n ? p->start[text] : 0;
}

struct rk_mat
rk_tune_decoder_keys(const struct rk_tune *t, size_t text, int thread)
{
	struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;
	const struct rk_tune_decoder_kept *l = rk_tune_decoder_kept(e, e->at);
	size_t ld = rk_tune_decoder_ldkv(e, e->at), wide = 2 * e->kv, i, n;
	float *to = e->room.scratch[thread] + e->gather;

	if (text == p->n || p->shared == 0)
		return (struct rk_mat){
			l->kv + (text < p->n ? p->start[text] : 0) * ld, ld
		};
	n = p->start[text + 1] - p->start[text];
	for (i = 0; i < p->shared; i++)
		memcpy(to + i * wide, l->kv + i * ld, wide * sizeof *to);
	for (i = 0; i < n; i++)
		memcpy(to + (p->shared + i) * wide,
		    l->kv + (p->start[text] + i) * ld, wide * sizeof *to);
	return (struct rk_mat){ to, wide };
}

size_t
rk_tune_decoder_texts(const struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_tune_pass *p = t->pass;

	return p->n + (p->shared > 0 && !rk_tune_decoder_is_last(e, e->at));
}

/* --- opening -------------------------------------------------------------------- */

static const struct rk_weights_layout *
layout(const struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;

	return &e->layout;
}

static void
decoder_free(void *of)
{
	struct rk_tune_decoder *e = of;

	rk_weights_layout_free(&e->layout);
	rk_tune_room_free(&e->room);
	free(e->of);
	free(e->fixed);
	free(e->freq);
	free(e->adapter);
	free(e->layer);
	free(e);
}

/* A tensor as it is stored. */
static void
tensor(const struct rk_tune *t, size_t part, float *out)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_weights_part *p = &e->layout.part[part];
	size_t n = p->shape[0] * p->shape[1], layer, row;
	struct rk_tune_linear l;

	if (p->place != RK_WEIGHTS_MAPPED) {
		memcpy(out, rk_tune_decoder_values(t) + p->at, n * sizeof *out);
		return;
	}
	rk_weights_get(out, e->of[part], 0, n);
	if (part < e->layout.layer || part == e->layout.parts - 1)
		return;
	layer = (part - e->layout.layer) / e->layout.step;
	for (row = 0; row < RK_DECODER_ROWS; row++)
		if (rk_decoder_part(&e->layout, layer,
			(enum rk_decoder_row)row) == (long)part)
			break;
	l = rk_tune_decoder_linear(t, layer, (enum rk_decoder_row)row, 1);
	rk_tune_linear_merge(out, &l, 0);
}

/* Where the adapters lie; returns their floats. */
static size_t
place_adapters(struct rk_tune_decoder *e, size_t freeze)
{
	size_t layers = e->config.layers, used = 0, i;

	e->adapter = rk_array(
	    NULL, layers * RK_DECODER_ROWS, sizeof *e->adapter);
	for (i = 0; i < layers * RK_DECODER_ROWS; i++) {
		size_t layer = i / RK_DECODER_ROWS, row = i % RK_DECODER_ROWS;
		long part = rk_decoder_part(
		    &e->layout, layer, (enum rk_decoder_row)row);
		const size_t *shape = e->layout.part[part < 0 ? 0 : part].shape;
		e->adapter[i] = SIZE_MAX;
		if (layer < freeze || !(e->lora.on & RK_TUNE_ON(row)))
			continue;
		e->adapter[i] = used;
		used += e->lora.rank * (shape[0] + shape[1]);
	}
	return used;
}

/* A uniform in +-1 / sqrt(in), B zero; all of it decays. */
static void
start_adapters(struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;
	size_t i, j, n = e->config.layers * RK_DECODER_ROWS;
	struct rk_rng rng;

	rk_rng_init(&rng, t->o.seed, STREAM_ADAPTERS);
	memset(t->w.p, 0, t->head * sizeof *t->w.p);
	for (i = 0; i < n; i++) {
		struct rk_tune_linear l;
		float *a = t->w.p + e->adapter[i];
		if (e->adapter[i] == SIZE_MAX)
			continue;
		l = rk_tune_decoder_linear(t, i / RK_DECODER_ROWS,
		    (enum rk_decoder_row)(i % RK_DECODER_ROWS), 1);
		for (j = 0; j < l.rank * l.in; j++)
			a[j] = (float)((2 * rk_rng_unit(&rng) - 1) /
			    sqrt((double)l.in));
		rk_adamw_add(&t->w, e->adapter[i], l.rank * (l.in + l.out), 1);
	}
}

/* What is trained where all is: a matrix decays, and a vector does not. */
static void
add_parts(struct rk_tune *t)
{
	const struct rk_tune_decoder *e = t->of;
	const struct rk_weights_part *p = e->layout.part;
	size_t words = e->layout.parts - 1, i;

	rk_adamw_add(&t->w, p[0].at, p[0].shape[0], 0);
	for (i = e->layout.layer + t->o.freeze * e->layout.step; i < words; i++)
		rk_adamw_add(&t->w, p[i].at, p[i].shape[0] * p[i].shape[1],
		    p[i].ndim == 2);
	if (t->o.freeze == 0)
		rk_adamw_add_rows(
		    &t->w, p[words].at, p[words].shape[0], p[words].shape[1]);
}

static struct rk_tune *
start(struct rk_tune_decoder *e, const struct rk_tune_options *o,
    struct rk_pool *pool)
{
	static const struct rk_tune_body whole = { rk_tune_decoder_forward,
		rk_tune_decoder_back, layout, tensor, 0, 1, decoder_free };
	static const struct rk_tune_body adapted = { rk_tune_decoder_forward,
		rk_tune_decoder_back, layout, tensor, 1, 1, decoder_free };
	size_t d = e->config.d;
	struct rk_tune *t;

	e->freq = rk_array(NULL, e->config.head / 2, sizeof *e->freq);
	rk_decoder_config_freqs(e->freq, &e->config);
	if (e->lora.rank > 0) {
		e->fixed = rk_floats(e->layout.floats);
		rk_weights_widen(e->fixed, &e->layout, e->of, pool);
		t = rk_tune_new(
		    &adapted, e, d, place_adapters(e, o->freeze), o);
		start_adapters(t);
	} else {
		t = rk_tune_new(&whole, e, d, e->layout.floats, o);
		rk_weights_widen(t->w.p, &e->layout, e->of, pool);
		add_parts(t);
	}
	rk_tune_add_head(t);
	return t;
}

struct rk_tune *
rk_tune_decoder(const struct rk_decoder_config *c,
    const struct rk_weights_files *files, const char *prefix,
    const struct rk_tune_lora *lora, const struct rk_tune_options *o,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_tune_decoder *e = rk_calloc(1, sizeof *e);
	struct rk_tune_options with = *o;

	e->config = *c;
	e->q = c->heads * c->head;
	e->kv = c->groups * c->head;
	if (lora != NULL)
		e->lora = *lora;
	with.freeze = o->freeze < c->layers ? o->freeze : c->layers;
	with.pooling = RK_TUNE_LAST;
	rk_decoder_lay(&e->layout, c,
	    lora != NULL ? RK_WEIGHTS_PANELS : RK_WEIGHTS_PLAIN, 0);
	e->of = rk_calloc(e->layout.parts, sizeof *e->of);
	if (rk_weights_find(e->of, &e->layout, files, prefix, err) == 0)
		return start(e, &with, pool);
	decoder_free(e);
	return NULL;
}
