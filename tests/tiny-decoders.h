/*
 * tiny-decoders.h - the models, adapters and texts of
 * tests/golden/nn/tune-decoder.py, made by formulas, and tuned networks of them.
 */
#ifndef RK_TESTS_TINY_DECODERS_H
#define RK_TESTS_TINY_DECODERS_H

#include "base/buf.h"
#include "base/num.h"
#include "nn/tune-decoder.h"
#include "tests/gradients.h"

enum { TEXTS = 4, MOST = 32, LABELS = 5 };

static struct rk_pool *pool; /* the test's */

/* The models of tune-decoder.py. */
static const struct model {
	const char *name;
	struct rk_decoder_config c;
	int bias, squared;
} models[] = {
	{ "llama",
	    { .layers = 3,
		.d = 20,
		.ffn = 28,
		.vocab = 40,
		.heads = 4,
		.groups = 2,
		.head = 6,
		.tokens = 64,
		.eps = 1e-5,
		.theta = 10000,
		.stretch = RK_DECODER_LLAMA3,
		.factor = 8,
		.low = 1,
		.high = 4,
		.original = 32 },
	    0, 0 },
	{ "qwen2",
	    { .layers = 2,
		.d = 16,
		.ffn = 24,
		.vocab = 37,
		.heads = 4,
		.groups = 1,
		.head = 4,
		.tokens = 64,
		.tied = 1,
		.qkv_bias = 1,
		.eps = 1e-6,
		.theta = 500 },
	    0, 0 },
	{ "mistral",
	    { .layers = 2,
		.d = 12,
		.ffn = 20,
		.vocab = 33,
		.heads = 2,
		.groups = 2,
		.head = 6,
		.tokens = 64,
		.window = 4,
		.out_bias = 1,
		.eps = 1e-5,
		.theta = 1000 },
	    1, 0 },
	{ "one",
	    { .layers = 1,
		.d = 12,
		.ffn = 20,
		.vocab = 33,
		.heads = 2,
		.groups = 1,
		.head = 6,
		.tokens = 64,
		.tied = 1,
		.eps = 1e-5,
		.theta = 1000 },
	    0, 1 },
};

static __attribute__((unused)) const struct model *
model_of(const char *name)
{
	size_t i = 0;

	while (strcmp(models[i].name, name) != 0)
		i++;
	return &models[i];
}

/* tune-decoder.py's tensor: noise of the part's place. */
static __attribute__((unused)) void
fill(float *x, size_t part, size_t n, size_t k)
{
	size_t i, all = n * (k ? k : 1);

	for (i = 0; i < all; i++) {
		uint32_t h = (uint32_t)(i + 1) * 2654435761u +
		    (uint32_t)part * 40503u;
		double v;
		h = (h ^ (h >> 15)) * 2246822519u;
		h ^= h >> 13;
		v = (double)h / 0x1p31 - 1;
		x[i] = (float)(k ? v / sqrt((double)k) : 1 + .25 * v);
	}
}

/* --- a model's file -------------------------------------------------------------- */

/* The file of a model, in memory. */
struct file {
	struct rk_buf bytes;
	struct rk_st *st;
	struct rk_weights_files files;
};

static __attribute__((unused)) void
file_free(struct file *f)
{
	rk_st_close(f->st);
	rk_buf_free(&f->bytes);
}

static __attribute__((unused)) struct file *
file_of(struct file *f, struct rk_st_writer *w)
{
	struct rk_err err = { "" };

	memset(f, 0, sizeof *f);
	if (rk_st_write_mem(w, &f->bytes, &err) == 0)
		f->st = rk_st_open_mem(f->bytes.p, f->bytes.n, &err);
	if (f->st == NULL) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	f->files = (struct rk_weights_files){ 1, &f->st };
	rk_st_writer_free(w);
	return f;
}

/* As half floats where HALF is set, else as floats. */
static __attribute__((unused)) struct file *
make_file(struct file *f, const struct rk_decoder_config *c, int half)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_weights_layout l = { 0 };
	size_t i, j, seen = 0;

	rk_decoder_lay(&l, c, RK_WEIGHTS_PLAIN, 0);
	for (i = 0; i < l.parts; i++) {
		const struct rk_weights_part *p = &l.part[i];
		size_t n = p->shape[0] * p->shape[1];
		float *x = rk_floats(n);
		uint16_t *h;
		fill(x, strcmp(p->name, "lm_head.weight") == 0 ? 999 : seen++,
		    p->shape[0], p->ndim == 2 ? p->shape[1] : 0);
		if (!half) {
			rk_st_give(w, p->name, RK_F32, p->ndim, p->shape, x);
			continue;
		}
		h = rk_calloc(n, sizeof *h);
		for (j = 0; j < n; j++)
			h[j] = rk_num_to_f16(x[j]);
		rk_st_give(w, p->name, RK_F16, p->ndim, p->shape, h);
		free(x);
	}
	rk_weights_layout_free(&l);
	return file_of(f, w);
}

/* The matrices in the order of the adapters. */
static const struct {
	const char *name;
	enum rk_decoder_row row;
} matrices[] = {
	{ "self_attn.q_proj", RK_DECODER_QUERY },
	{ "self_attn.k_proj", RK_DECODER_KEY },
	{ "self_attn.v_proj", RK_DECODER_VALUE },
	{ "self_attn.o_proj", RK_DECODER_OUT },
	{ "mlp.gate_proj", RK_DECODER_GATE },
	{ "mlp.up_proj", RK_DECODER_UP },
	{ "mlp.down_proj", RK_DECODER_DOWN },
};

enum { MATRICES = sizeof matrices / sizeof *matrices };

static size_t rank; /* of the adapters in the test at hand; 0: whole */

/* A layer's matrix; where A lies, after it B. */
static __attribute__((unused)) size_t
adapter(
    const struct rk_tune *t, size_t layer, size_t matrix, size_t *n, size_t *k)
{
	const struct rk_weights_layout *l = rk_tune_layout(t);
	size_t at = 0, i;

	for (i = 0; i <= layer * MATRICES + matrix; i++) {
		const size_t *shape = l->part[rk_decoder_part(l, i / MATRICES,
						  matrices[i % MATRICES].row)]
					  .shape;
		*n = shape[0];
		*k = shape[1];
		at += rank * (*n + *k);
	}
	return at - rank * (*n + *k);
}

static __attribute__((unused)) void
fill_adapters(struct rk_tune *t, size_t layers)
{
	size_t i, n, k;

	for (i = 0; i < layers * MATRICES; i++) {
		size_t layer = i / MATRICES, j = i % MATRICES;
		float *a = t->w.p + adapter(t, layer, j, &n, &k);
		fill(a, 2000 + 20 * layer + 2 * j, rank, k);
		fill(a + rank * k, 2001 + 20 * layer + 2 * j, n, rank);
	}
}

static __attribute__((unused)) struct rk_tune *
open_tune(const struct model *m, const struct file *f, double alpha,
    struct rk_tune_options o)
{
	struct rk_tune_lora lora = { rank, alpha, RK_TUNE_ON_ALL };
	struct rk_err err = { "" };
	struct rk_tune *t;
	float *head;

	o.labels = LABELS;
	o.bias = m->bias;
	o.loss = m->squared ? RK_TUNE_SQUARED : RK_TUNE_ENTROPY;
	t = rk_tune_decoder(
	    &m->c, &f->files, NULL, rank > 0 ? &lora : NULL, &o, pool, &err);
	if (t == NULL) {
		printf("Bail out! %s: %s\n", m->name, err.msg);
		exit(1);
	}
	head = rk_floats(LABELS * m->c.d);
	fill(head, 1000, LABELS, m->c.d);
	rk_tune_set_head(t, head);
	free(head);
	if (m->bias)
		fill(t->w.p + t->head + LABELS * m->c.d, 1001, LABELS, 0);
	return t;
}

/* The texts of tune-decoder.py, and what it wants of them. */
static __attribute__((unused)) struct rk_tune_text *
texts_for(const struct model *m)
{
	static const size_t length[TEXTS] = { 5, 1, 19, 12 };
	static struct rk_tune_text text[TEXTS];
	static uint32_t ids[TEXTS][MOST];
	static float want[TEXTS][LABELS];
	size_t i, j;

	for (i = 0; i < TEXTS; i++) {
		for (j = 0; j < length[i]; j++)
			ids[i][j] = (uint32_t)((7 * i + 5 * j + 3) %
			    m->c.vocab);
		for (j = 0; j < LABELS; j++)
			want[i][j] = i % 2 == 1 ? (float)(i % LABELS == j)
			    : j == 1            ? .5f
			    : j < 3             ? .25f
						: 0;
		text[i] = (struct rk_tune_text){ .text = { ids[i], length[i] },
			.want = want[i] };
	}
	return text;
}

static __attribute__((unused)) struct rk_tune_options
options(void)
{
	struct rk_tune_options o = rk_tune_default();

	o.lr = 2e-3;
	o.decay = .1;
	o.warm = 1;
	o.steps = 6;
	o.drop = 0;
	return o;
}

/* All tensors of T as they are to be stored, as floats. */
static __attribute__((unused)) struct file *
stored(struct file *f, const struct rk_tune *t)
{
	const struct rk_weights_layout *l = rk_tune_layout(t);
	struct rk_st_writer *w = rk_st_writer_new();
	size_t i;

	for (i = 0; i < l->parts; i++) {
		const struct rk_weights_part *p = &l->part[i];
		float *x = rk_floats(p->shape[0] * p->shape[1]);
		rk_tune_tensor(t, i, x);
		rk_st_give(w, p->name, RK_F32, p->ndim, p->shape, x);
	}
	return file_of(f, w);
}

#endif
