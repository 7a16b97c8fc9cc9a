/*
 * decoder.c - the forward pass. The texts' tokens lie one after another, so
 * that a linear layer is one product for all of them; attention is of each text
 * alone. Of the last layer only keys and values are computed for all tokens
 * where only the last ones' states are wanted: the rows of these move up, and
 * what follows goes by them alone.
 */
#include "nn/decoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/panel.h"
#include "nn/linear.h"
#include "nn/ops.h"

/* --- scratch ----------------------------------------------------------------------- */

void
rk_decoder_scratch_free(struct rk_decoder_scratch *s)
{
	free(s->x);
	free(s->y);
	free(s->qkv);
	free(s->feed);
	free(s->room);
	free(s->turn);
	free(s->panel);
	memset(s, 0, sizeof *s);
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct rk_attend
attend_of(const struct rk_decoder_config *c, size_t layer)
{
	return (struct rk_attend){ c->heads, c->groups, c->head,
		rk_decoder_config_window(c, layer),
		(float)(1 / sqrt((double)c->head)) };
}

/* A layer's matrix and its bias, -1 for none. */
static struct rk_linear
linear_of(const struct rk_decoder *e, size_t layer, enum rk_decoder_row w,
    const float *panels, const float *bias)
{
	const struct rk_tensor *t =
	    e->of[rk_decoder_part(&e->layout, layer, w)];

	return (
	    struct rk_linear){ panels, t, 0, t->shape[0], t->shape[1], bias };
}

static struct rk_linear_feed
feed_of(const struct rk_decoder *e, size_t layer)
{
	struct rk_decoder_layer w = rk_decoder_layer(
	    &e->layout, e->flat, layer);

	return (struct rk_linear_feed){ .gate = linear_of(e, layer,
					    RK_DECODER_GATE, w.gate, NULL),
		.up = linear_of(e, layer, RK_DECODER_UP, w.up, NULL),
		.down = linear_of(e, layer, RK_DECODER_DOWN, w.down, NULL) };
}

static void
need(struct rk_decoder_scratch *s, const struct rk_decoder *e, size_t tokens,
    size_t longest)
{
	const struct rk_decoder_config *c = &e->config;
	size_t q = c->heads * c->head, wide = q + 2 * c->groups * c->head;
	struct rk_attend a = attend_of(c, 0);
	struct rk_linear_feed feed = feed_of(e, 0);

	if (tokens <= s->tokens && longest <= s->longest)
		return;
	tokens = larger(tokens, s->tokens);
	longest = larger(longest, s->longest);
	rk_decoder_scratch_free(s);
	s->x = rk_floats(tokens * c->d);
	s->y = rk_floats(tokens * larger(c->d, q));
	s->qkv = rk_floats(tokens * larger(c->d, wide));
	s->feed = rk_floats(rk_linear_feed_room(&feed, tokens));
	s->room = rk_floats(rk_attend_room(&a, longest));
	s->turn = rk_floats(longest * c->head);
	rk_ops_turns(s->turn, e->freq, 0, longest, c->head);
	s->panel = rk_floats(RK_PANEL * larger(larger(c->d, q), c->ffn));
	s->tokens = tokens;
	s->longest = longest;
}

/* --- forward ------------------------------------------------------------------------- */

struct pass {
	const struct rk_decoder *e;
	struct rk_decoder_scratch *s;
	const struct rk_decoder_prefix *prefix; /* NULL: none */
	struct rk_attend_kept *keep; /* of the one text, by layer; or NULL */
	const struct rk_text *text;
	size_t n, tokens;
	size_t rows; /* of x and y: the tokens, or of each text the last */
};

static void
embed(const struct pass *p)
{
	const struct rk_decoder *e = p->e;
	const struct rk_tensor *word = e->of[e->layout.parts - 1];
	size_t d = e->config.d, i, j;
	float *x = p->s->x;

	for (i = 0; i < p->n; i++)
		for (j = 0; j < p->text[i].t; j++, x += d)
			rk_weights_get(
			    x, word, (size_t)p->text[i].ids[j] * d, d);
}

/* Moves each text's last row of x and y up. */
static void
take_last(struct pass *p)
{
	size_t d = p->e->config.d, at = 0, i;
	float *x = p->s->x, *y = p->s->y;

	for (i = 0; i < p->n; i++) {
		at += p->text[i].t;
		memmove(x + i * d, x + (at - 1) * d, d * sizeof *x);
		memmove(y + i * d, y + (at - 1) * d, d * sizeof *y);
	}
	p->rows = p->n;
}

/* y = the heads' mixtures of values, side by side, text by text. */
static void
attend(const struct pass *p, size_t layer)
{
	const struct rk_decoder_config *c = &p->e->config;
	struct rk_attend a = attend_of(c, layer);
	size_t q = c->heads * c->head, kv = c->groups * c->head;
	size_t ld = q + 2 * kv, m = c->head, i, t, at = 0, row = 0, n;
	size_t before = p->prefix ? p->prefix->t : 0;

	for (i = 0; i < p->n; i++, at += t, row += n) {
		float *of = p->s->qkv + row * ld;
		float *key = p->s->qkv + at * ld + q, *value = key + kv;
		t = p->text[i].t;
		n = p->rows == p->tokens ? t : 1;
		rk_ops_rotate(
		    of, ld, p->s->turn + (before + t - n) * m, n, c->heads, m);
		rk_ops_rotate(
		    key, ld, p->s->turn + before * m, t, c->groups, m);
		if (p->keep != NULL)
			p->keep[layer] = rk_attend_keep(&a,
			    (struct rk_mat){ key, ld },
			    (struct rk_mat){ value, ld }, t);
		rk_attend(p->s->y + row * q, (struct rk_mat){ of, ld },
		    (struct rk_mat){ key, ld }, (struct rk_mat){ value, ld }, n,
		    t, p->prefix ? &p->prefix->kept[layer] : NULL, &a,
		    p->s->room);
	}
}

/* x += out attention(rms(x)); LAST: from here on go the last rows alone */
static void
attention(struct pass *p, size_t layer, int last)
{
	const struct rk_decoder *e = p->e;
	const struct rk_decoder_config *c = &e->config;
	struct rk_decoder_scratch *s = p->s;
	struct rk_decoder_layer w = rk_decoder_layer(
	    &e->layout, e->flat, layer);
	struct rk_linear query = linear_of(
	    e, layer, RK_DECODER_QUERY, w.query, w.query_bias);
	struct rk_linear key = linear_of(
	    e, layer, RK_DECODER_KEY, w.key, w.key_bias);
	struct rk_linear value = linear_of(
	    e, layer, RK_DECODER_VALUE, w.value, w.value_bias);
	struct rk_linear out = linear_of(
	    e, layer, RK_DECODER_OUT, w.out, w.out_bias);
	size_t d = c->d, q = query.n, kv = key.n, ld = q + 2 * kv;

	rk_ops_rms(s->y, NULL, s->x, w.norm1, (float)c->eps, p->tokens, d);
	rk_linear_mul(s->qkv + q, ld, s->y, d, &key, p->tokens, s->panel);
	rk_linear_mul(
	    s->qkv + q + kv, ld, s->y, d, &value, p->tokens, s->panel);
	if (last)
		take_last(p);
	rk_linear_mul(s->qkv, ld, s->y, d, &query, p->rows, s->panel);
	attend(p, layer);
	/* queries, keys and values are used up */
	rk_linear_mul(s->qkv, d, s->y, q, &out, p->rows, s->panel);
	rk_ops_add(s->x, s->qkv, p->rows * d);
}

/* x += down (silu(gate r) up r), r = rms(x) */
static void
feed_forward(const struct pass *p, size_t layer)
{
	const struct rk_decoder *e = p->e;
	struct rk_decoder_scratch *s = p->s;
	struct rk_decoder_layer w = rk_decoder_layer(
	    &e->layout, e->flat, layer);
	struct rk_linear_feed feed = feed_of(e, layer);
	size_t d = e->config.d;

	rk_ops_rms(s->y, NULL, s->x, w.norm2, (float)e->config.eps, p->rows, d);
	rk_linear_feed(s->qkv, s->y, &feed, p->rows, s->feed, s->panel);
	rk_ops_add(s->x, s->qkv, p->rows * d);
}

static const float *
forward(struct pass *p, enum rk_decoder_want want)
{
	const struct rk_decoder *e = p->e;
	const struct rk_decoder_config *c = &e->config;
	struct rk_decoder_tables v = rk_decoder_tables(&e->layout, e->flat);
	size_t longest = 0, i;

	for (p->tokens = 0, i = 0; i < p->n; p->tokens += p->text[i++].t)
		longest = larger(longest, p->text[i].t);
	p->rows = p->tokens;
	need(p->s, e, p->tokens, longest + (p->prefix ? p->prefix->t : 0));
	embed(p);
	for (i = 0; i < c->layers; i++) {
		int last = want == RK_DECODER_LAST && i + 1 == c->layers;
		attention(p, i, last);
		feed_forward(p, i);
	}
	rk_ops_rms(
	    p->s->x, NULL, p->s->x, v.norm, (float)c->eps, p->rows, c->d);
	return p->s->x;
}

const float *
rk_decoder_forward(const struct rk_decoder *e, struct rk_decoder_scratch *s,
    const struct rk_decoder_prefix *prefix, const struct rk_text *text,
    size_t n, enum rk_decoder_want want)
{
	struct pass p = {
		.e = e, .s = s, .prefix = prefix, .text = text, .n = n
	};

	return forward(&p, want);
}

/* --- a prefix ---------------------------------------------------------------------- */

struct rk_decoder_prefix *
rk_decoder_prefix_new(const struct rk_decoder *e, const uint32_t *ids, size_t t)
{
	struct rk_decoder_prefix *prefix = rk_calloc(1, sizeof *prefix);
	const struct rk_text text = { ids, t };
	struct rk_decoder_scratch s = { 0 };
	struct pass p = { .e = e, .s = &s, .text = &text, .n = 1 };

	prefix->t = t;
	prefix->layers = e->config.layers;
	prefix->kept = rk_calloc(prefix->layers, sizeof *prefix->kept);
	p.keep = prefix->kept;
	forward(&p, RK_DECODER_LAST);
	rk_decoder_scratch_free(&s);
	return prefix;
}

void
rk_decoder_prefix_free(struct rk_decoder_prefix *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->layers; i++)
		free(p->kept[i].key);
	free(p->kept);
	free(p);
}

/* --- logits -------------------------------------------------------------------------- */

void
rk_decoder_logits(const struct rk_decoder *e, float *z, const float *x,
    size_t m, const uint32_t *ids, size_t k)
{
	const struct rk_tensor *out = e->of[rk_decoder_out(&e->layout)];
	size_t d = e->config.d, j, i, n;
	float *rows = rk_floats(2 * RK_PANEL * d), *panel = rows + RK_PANEL * d;
	struct rk_linear all = { NULL, out, 0, k, d, NULL };

	if (ids == NULL)
		rk_linear_mul(z, k, x, d, &all, m, panel);
	for (j = 0; ids != NULL && j < k; j += n) {
		struct rk_linear some = { panel, NULL, 0, 0, d, NULL };
		some.n = n = k - j < RK_PANEL ? k - j : RK_PANEL;
		for (i = 0; i < n; i++)
			rk_weights_get(
			    rows + i * d, out, (size_t)ids[j + i] * d, d);
		rk_panel_put(panel, rows, 0, n, d);
		rk_linear_mul(z + j, k, x, d, &some, m, NULL);
	}
	free(rows);
}

double
rk_decoder_flops(const struct rk_decoder_config *c, size_t t)
{
	double d = (double)c->d, head = (double)c->head;
	double q = (double)c->heads * head, kv = (double)c->groups * head;
	double rest = 2 * d * q + 3 * d * (double)c->ffn, keys = 2 * d * kv;

	/* the last layer computes all but keys and values for one token */
	return 2 *
	    ((double)t * (double)c->layers * keys +
		((double)t * (double)(c->layers - 1) + 1) * rest);
}
