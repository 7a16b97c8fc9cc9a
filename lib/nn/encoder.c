/*
 * encoder.c - the forward pass. The texts' tokens lie one after another, so
 * that a linear layer is one product for all of them; attention is of each text
 * alone, one small product a head, in place: the heads' queries, keys and values
 * are columns of one matrix.
 */
#include "nn/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "math/mat.h"
#include "nn/linear.h"
#include "nn/ops.h"

/* --- opening --------------------------------------------------------------------- */

static int
find(struct rk_encoder *e, const struct rk_weights_files *files,
    const char *prefix, struct rk_err *err)
{
	rk_encoder_lay(&e->layout, &e->config, RK_WEIGHTS_PANELS);
	e->of = rk_calloc(e->layout.parts, sizeof *e->of);
	return rk_weights_find(e->of, &e->layout, files, prefix, err);
}

static int
load(struct rk_encoder *e, const char *dir, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	int rc;

	rk_buf_addf(&path, "%s/config.json", dir);
	rc = rk_config_open(&e->config, path.p, err);
	rk_buf_free(&path);
	if (rc != 0)
		return -1;
	if (rk_weights_open(&e->files, dir, err) != 0)
		return -1;
	if (find(e, &e->files, NULL, err) != 0)
		return rk_err_in(err, "%s", dir);
	return 0;
}

struct rk_encoder *
rk_encoder_open(const char *dir, struct rk_err *err)
{
	struct rk_encoder *e = rk_calloc(1, sizeof *e);

	if (load(e, dir, err) == 0)
		return e;
	rk_encoder_free(e);
	return NULL;
}

struct rk_encoder *
rk_encoder_of(const struct rk_config *c, const struct rk_st *st,
    const char *prefix, struct rk_err *err)
{
	struct rk_encoder *e = rk_calloc(1, sizeof *e);
	struct rk_st *one = (struct rk_st *)(uintptr_t)st;
	const struct rk_weights_files borrowed = { 1, &one };

	e->config = *c;
	if (find(e, &borrowed, prefix, err) == 0)
		return e;
	rk_encoder_free(e);
	return NULL;
}

void
rk_encoder_widen(struct rk_encoder *e, struct rk_pool *pool)
{
	e->flat = rk_floats(e->layout.floats);
	rk_weights_widen(e->flat, &e->layout, e->of, pool);
}

void
rk_encoder_free(struct rk_encoder *e)
{
	if (e == NULL)
		return;
	rk_weights_layout_free(&e->layout);
	rk_weights_close(&e->files);
	free(e->of);
	free(e->flat);
	free(e);
}

uint64_t
rk_encoder_digest(const struct rk_encoder *e, struct rk_pool *pool)
{
	return rk_weights_digest(
	    rk_config_digest(&e->config), &e->layout, e->of, pool);
}

/* --- scratch ----------------------------------------------------------------------- */

void
rk_encoder_scratch_free(struct rk_encoder_scratch *s)
{
	free(s->x);
	free(s->y);
	free(s->qkv);
	free(s->room);
	free(s->up);
	memset(s, 0, sizeof *s);
}

static struct rk_attention
attention_of(const struct rk_config *c, size_t t)
{
	size_t m = c->d / c->heads;

	return (struct rk_attention){ .n = t,
		.keys = t,
		.h = c->heads,
		.groups = c->heads,
		.d = m,
		.scale = (float)(1 / sqrt((double)m)) };
}

static struct rk_linear_feed
feed_of(const struct rk_config *c, const struct rk_encoder_layer *w)
{
	return (struct rk_linear_feed){ .up = { w->up, NULL, 0, c->ffn, c->d,
					    w->up_bias },
		.down = { w->down, NULL, 0, c->d, c->ffn, w->down_bias },
		.act = c->act };
}

static void
need(struct rk_encoder_scratch *s, const struct rk_config *c, size_t tokens,
    size_t longest)
{
	const struct rk_encoder_layer none = { 0 };
	struct rk_linear_feed feed = feed_of(c, &none);
	struct rk_attention a;

	if (tokens <= s->tokens && longest <= s->longest)
		return;
	tokens = tokens > s->tokens ? tokens : s->tokens;
	longest = longest > s->longest ? longest : s->longest;
	rk_encoder_scratch_free(s);
	s->x = rk_floats(tokens * c->d);
	s->y = rk_floats(tokens * c->d);
	s->qkv = rk_floats(tokens * 3 * c->d);
	s->up = rk_floats(rk_linear_feed_room(&feed, tokens));
	a = attention_of(c, longest);
	s->room = rk_floats(rk_ops_attention_room(&a));
	s->tokens = tokens;
	s->longest = longest;
}

/* --- forward ------------------------------------------------------------------------- */

static void
embed(const struct rk_encoder *e, float *x, const struct rk_text *text)
{
	const struct rk_config *c = &e->config;
	const struct rk_tensor *word = e->of[e->layout.parts - 1];
	struct rk_encoder_tables v = rk_encoder_tables(&e->layout, e->flat);
	size_t d = c->d, i, j;

	for (i = 0; i < text->t; i++) {
		const float *position = v.position + (c->first + i) * d;
		float *row = x + i * d;
		rk_weights_get(row, word, (size_t)text->ids[i] * d, d);
		for (j = 0; j < d; j++)
			row[j] += position[j];
		for (j = 0; v.type != NULL && j < d; j++)
			row[j] += v.type[j];
	}
	rk_ops_norm(x, NULL, x, v.norm, v.bias, (float)c->eps, text->t, d);
}

/* y[t, d] = the heads' mixtures of values, side by side. */
static void
attend(float *y, const float *qkv, float *room, const struct rk_config *c,
    size_t t)
{
	struct rk_attention a = attention_of(c, t);
	struct rk_mat q = { qkv, 3 * c->d }, k = { q.p + c->d, q.ld };
	struct rk_mat v = { k.p + c->d, q.ld };

	rk_ops_attention(y, q, k, v, &a, room);
}

/* x := norm(x + out attention(x) + bias), for N texts of TOKENS in all */
static void
attention(const struct rk_encoder *e, struct rk_encoder_scratch *s,
    const struct rk_encoder_layer *w, const struct rk_text *text, size_t n,
    size_t tokens)
{
	const struct rk_config *c = &e->config;
	size_t d = c->d, at = 0, i;
	const struct rk_linear q = { w->query, NULL, 0, d, d, w->query_bias };
	const struct rk_linear k = { w->key, NULL, 0, d, d, w->key_bias };
	const struct rk_linear v = { w->value, NULL, 0, d, d, w->value_bias };
	const struct rk_linear out = { w->out, NULL, 0, d, d, w->out_bias };
	float *to = s->qkv;

	rk_linear_mul(to, 3 * d, s->x, d, &q, tokens, NULL);
	rk_linear_mul(to + d, 3 * d, s->x, d, &k, tokens, NULL);
	rk_linear_mul(to + 2 * d, 3 * d, s->x, d, &v, tokens, NULL);
	for (i = 0; i < n; at += text[i++].t)
		attend(
		    s->y + at * d, s->qkv + at * 3 * d, s->room, c, text[i].t);
	/* queries, keys and values are used up */
	rk_linear_mul(to, d, s->y, d, &out, tokens, NULL);
	rk_ops_add(s->x, to, tokens * d);
	rk_ops_norm(
	    s->x, NULL, s->x, w->norm1, w->bias1, (float)c->eps, tokens, d);
}

/* x := norm(x + down act(up x + bias) + bias) */
static void
feed_forward(const struct rk_encoder *e, struct rk_encoder_scratch *s,
    const struct rk_encoder_layer *w, size_t tokens)
{
	const struct rk_config *c = &e->config;
	struct rk_linear_feed feed = feed_of(c, w);
	size_t d = c->d;

	rk_linear_feed(s->y, s->x, &feed, tokens, s->up, NULL);
	rk_ops_add(s->x, s->y, tokens * d);
	rk_ops_norm(
	    s->x, NULL, s->x, w->norm2, w->bias2, (float)c->eps, tokens, d);
}

const float *
rk_encoder_forward(const struct rk_encoder *e, struct rk_encoder_scratch *s,
    const struct rk_text *text, size_t n)
{
	const struct rk_config *c = &e->config;
	size_t tokens = 0, longest = 0, at = 0, i;

	for (i = 0; i < n; i++) {
		tokens += text[i].t;
		longest = text[i].t > longest ? text[i].t : longest;
	}
	need(s, c, tokens, longest);
	for (i = 0; i < n; at += text[i++].t)
		embed(e, s->x + at * c->d, &text[i]);
	for (i = 0; i < c->layers; i++) {
		struct rk_encoder_layer w = rk_encoder_layer(
		    &e->layout, e->flat, i);
		attention(e, s, &w, text, n, tokens);
		feed_forward(e, s, &w, tokens);
	}
	return s->x;
}

double
rk_encoder_flops(const struct rk_config *c)
{
	double d = (double)c->d;

	return 2 * (double)c->layers * (4 * d * d + 2 * d * (double)c->ffn);
}
