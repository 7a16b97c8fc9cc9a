/* weights.c - the layout of an encoder's weights, and their way out of files. */
#include "nn/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/num.h"

#include "math/mat.h"
#include "math/panel.h"

/* --- the layout ---------------------------------------------------------------- */

enum side { NONE, D, FFN };

/* A layer's tensors, in the order of struct rk_weights_layer. */
static const struct row {
	const char *name[2]; /* by form */
	enum side out, in;
} rows[] = {
	{ { "attention.self.query.weight", "attention.q_lin.weight" }, D, D },
	{ { "attention.self.key.weight", "attention.k_lin.weight" }, D, D },
	{ { "attention.self.value.weight", "attention.v_lin.weight" }, D, D },
	{ { "attention.self.query.bias", "attention.q_lin.bias" }, D, NONE },
	{ { "attention.self.key.bias", "attention.k_lin.bias" }, D, NONE },
	{ { "attention.self.value.bias", "attention.v_lin.bias" }, D, NONE },
	{ { "attention.output.dense.weight", "attention.out_lin.weight" }, D,
	    D },
	{ { "attention.output.dense.bias", "attention.out_lin.bias" }, D,
	    NONE },
	{ { "attention.output.LayerNorm.weight", "sa_layer_norm.weight" }, D,
	    NONE },
	{ { "attention.output.LayerNorm.bias", "sa_layer_norm.bias" }, D,
	    NONE },
	{ { "intermediate.dense.weight", "ffn.lin1.weight" }, FFN, D },
	{ { "intermediate.dense.bias", "ffn.lin1.bias" }, FFN, NONE },
	{ { "output.dense.weight", "ffn.lin2.weight" }, D, FFN },
	{ { "output.dense.bias", "ffn.lin2.bias" }, D, NONE },
	{ { "output.LayerNorm.weight", "output_layer_norm.weight" }, D, NONE },
	{ { "output.LayerNorm.bias", "output_layer_norm.bias" }, D, NONE },
};

enum { ROWS = sizeof rows / sizeof *rows, TABLES = 5 };

static struct rk_weights_part *
add(struct rk_weights_layout *l, const char *name, size_t n, size_t k)
{
	struct rk_weights_part *p = &l->part[l->parts++];

	snprintf(p->name, sizeof p->name, "%s", name);
	p->ndim = k ? 2 : 1;
	p->shape[0] = n;
	p->shape[1] = k ? k : 1;
	p->at = l->floats;
	l->floats += n * p->shape[1];
	return p;
}

static void
add_layer(struct rk_weights_layout *l, const struct rk_config *c, size_t layer,
    int panels)
{
	const size_t side[] = { [NONE] = 0, [D] = c->d, [FFN] = c->ffn };
	struct rk_weights_part *p;
	char name[96];
	size_t i;

	for (i = 0; i < ROWS; i++) {
		size_t n = side[rows[i].out], k = side[rows[i].in];
		snprintf(name, sizeof name, "%s.layer.%zu.%s",
		    c->form == RK_CONFIG_BERT ? "encoder" : "transformer",
		    layer, rows[i].name[c->form]);
		p = add(l, name, n, k);
		if (k > 0 && panels) {
			p->in_panels = 1;
			l->floats = p->at + rk_panel_floats(n, k);
		}
	}
}

void
rk_weights_lay(
    struct rk_weights_layout *l, const struct rk_config *c, int panels)
{
	size_t i, d = c->d;

	memset(l, 0, sizeof *l);
	l->d = d;
	l->ffn = c->ffn;
	l->part = rk_calloc(TABLES + c->layers * ROWS, sizeof *l->part);
	add(l, "embeddings.position_embeddings.weight", c->positions, d);
	if (c->types > 0)
		add(l, "embeddings.token_type_embeddings.weight", c->types, d);
	add(l, "embeddings.LayerNorm.weight", d, 0);
	add(l, "embeddings.LayerNorm.bias", d, 0);
	l->layer = l->parts;
	for (i = 0; i < c->layers; i++)
		add_layer(l, c, i, panels);
	add(l, "embeddings.word_embeddings.weight", c->vocab, d);
}

void
rk_weights_layout_free(struct rk_weights_layout *l)
{
	free(l->part);
	memset(l, 0, sizeof *l);
}

struct rk_weights_tables
rk_weights_tables(const struct rk_weights_layout *l, float *p)
{
	struct rk_weights_tables t;

	t.position = p + l->part[0].at;
	t.type = l->layer == 4 ? p + l->part[1].at : NULL;
	t.norm = p + l->part[l->layer - 2].at;
	t.bias = p + l->part[l->layer - 1].at;
	t.word = p + l->part[l->parts - 1].at;
	return t;
}

struct rk_weights_layer
rk_weights_layer(const struct rk_weights_layout *l, float *p, size_t layer)
{
	const struct rk_weights_part *part = l->part + l->layer + layer * ROWS;
	float *at[ROWS];
	size_t i;

	for (i = 0; i < ROWS; i++)
		at[i] = p + part[i].at;
	return (struct rk_weights_layer){ at[0], at[1], at[2], at[3], at[4],
		at[5], at[6], at[7], at[8], at[9], at[10], at[11], at[12],
		at[13], at[14], at[15] };
}

/* --- from tensors ------------------------------------------------------------------ */

void
rk_weights_get(float *out, const struct rk_tensor *t, size_t at, size_t n)
{
	const uint16_t *half = t->data;
	size_t i;

	if (t->dtype == RK_F32) {
		memcpy(out, (const float *)t->data + at, n * sizeof *out);
	} else if (t->dtype == RK_F16) {
		rk_num_widen_f16(out, half + at, n);
	} else { /* BF16: the upper half of a float */
		for (i = 0; i < n; i++) {
			uint32_t bits = (uint32_t)half[at + i] << 16;
			memcpy(&out[i], &bits, sizeof bits);
		}
	}
}

RK_CLONES static int
is_finite_16(const uint16_t *x, uint16_t exponent, size_t n)
{
	int bad = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bad |= (x[i] & exponent) == exponent;
	return !bad;
}

int
rk_weights_check(
    const struct rk_tensor *const *of, size_t n, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rk_tensor *t = of[i];
		int good = t->dtype == RK_F32
		    ? rk_mat_finite(t->data, t->count)
		    : is_finite_16(t->data,
			  t->dtype == RK_F16 ? 0x7c00 : 0x7f80, t->count);
		if (!good)
			return rk_err_set(err,
			    "tensor %s: found a number that is not finite",
			    t->name);
	}
	return 0;
}

struct widen {
	float *p;
	const struct rk_weights_layout *l;
	const struct rk_tensor *const *of;
	float **rows; /* [threads] */
};

static void
widen_part(void *ctx, size_t i, int thread)
{
	const struct widen *w = ctx;
	const struct rk_weights_part *part = &w->l->part[i];
	const struct rk_tensor *t = w->of[i];
	size_t n = part->shape[0], k = part->shape[1], j;
	float *out = w->p + part->at, **row = &w->rows[thread];

	if (!part->in_panels) {
		rk_weights_get(out, t, 0, t->count);
		return;
	}
	if (*row == NULL) /* for any matrix of the layers */
		*row = rk_floats(
		    RK_PANEL * (w->l->d > w->l->ffn ? w->l->d : w->l->ffn));
	for (j = 0; j < n; j += RK_PANEL) {
		size_t wide = n - j < RK_PANEL ? n - j : RK_PANEL;
		rk_weights_get(*row, t, j * k, wide * k);
		rk_panel_put(out, *row, j, n, k);
	}
}

void
rk_weights_widen(float *p, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, size_t n, struct rk_pool *pool)
{
	struct widen w = { p, l, of, NULL };
	int i, threads = rk_pool_size(pool);

	w.rows = rk_calloc((size_t)threads, sizeof *w.rows);
	rk_pool_run(pool, n, widen_part, &w);
	for (i = 0; i < threads; i++)
		free(w.rows[i]);
	free(w.rows);
}

struct digest {
	const struct rk_weights_layout *l;
	const struct rk_tensor *const *of;
	uint64_t *h; /* [parts] */
};

static void
digest_part(void *ctx, size_t i, int thread)
{
	const struct digest *d = ctx;
	const struct rk_tensor *t = d->of[i];
	const char *name = d->l->part[i].name;

	(void)thread;
	d->h[i] = rk_digest(rk_num_hash(name, strlen(name)) + t->dtype, t->data,
	    t->count * rk_dtype_size(t->dtype));
}

uint64_t
rk_weights_digest(uint64_t h, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool)
{
	struct digest d = { l, of, rk_calloc(l->parts, sizeof *d.h) };

	rk_pool_run(pool, l->parts, digest_part, &d);
	h = rk_digest(h, d.h, l->parts * sizeof *d.h);
	free(d.h);
	return h;
}
