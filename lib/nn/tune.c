/*
 * tune.c - batches cut into passes, the head and its loss, and AdamW over
 * tiles of all parameters. Words that no text has had yet have neither gradient
 * nor moments: their rows are only shrunk, to the same bytes as by AdamW, which
 * spares most of the largest table.
 */
#include "nn/tune.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "math/optim.h"
#include "nn/tune-pass.h"

enum { CHUNK = 1 << 16 }; /* floats that a thread updates at a time */
enum { PLACE_HEAD = 16 };
enum { STREAM_HEAD = 0x68656164 };

/* Some parameters of one kind; WORDS: whole rows of the words' table. */
struct rk_tune_tile {
	size_t at, n;
	int decays, words;
};

struct rk_tune_options
rk_tune_default(void)
{
	struct rk_tune_options o = { .labels = 3,
		.loss = RK_TUNE_ENTROPY,
		.lr = 1e-5,
		.decay = .01,
		.clip = 1,
		.steps = 2000,
		.drop = .1,
		.seed = 1 };

	return o;
}

/* --- opening ------------------------------------------------------------------ */

static void
add_tiles(struct rk_tune *t, size_t at, size_t n, int decays, int words)
{
	size_t d = t->config.d, step = words ? (CHUNK + d - 1) / d * d : CHUNK;
	size_t cap = t->tiles, end = at + n;

	for (; at < end; at += step) {
		RK_GROW(t->tile, t->tiles, cap);
		t->tile[t->tiles++] = (struct rk_tune_tile){ at,
			end - at < step ? end - at : step, decays, words };
	}
}

/* What is trained, in tiles: a matrix decays, and a vector does not. */
static void
cut(struct rk_tune *t)
{
	const struct rk_weights_layout *l = &t->layout;
	size_t d = t->config.d, labels = t->o.labels, i;

	for (i = 0; i < l->parts; i++) {
		const struct rk_weights_part *p = &l->part[i];
		int words = i == l->parts - 1;
		if (t->o.freeze > 0 &&
		    (words || i < l->layer + t->o.freeze * l->step))
			continue;
		add_tiles(
		    t, p->at, p->shape[0] * p->shape[1], p->ndim == 2, words);
	}
	add_tiles(t, t->head, labels * d, 1, 0);
	add_tiles(t, t->head + labels * d, labels, 0, 0);
	t->squares = rk_calloc(t->tiles, sizeof *t->squares);
}

static void
start_head(struct rk_tune *t)
{
	struct rk_rng rng;
	size_t i;

	rk_rng_init(&rng, t->o.seed, STREAM_HEAD);
	for (i = 0; i < t->o.labels * t->config.d; i++)
		t->p[t->head + i] = (float)(.02 * rk_rng_normal(&rng));
	memset(t->p + t->head + i, 0, t->o.labels * sizeof *t->p);
}

static int
load(struct rk_tune *t, const struct rk_weights_files *files,
    const char *prefix, struct rk_pool *pool, struct rk_err *err)
{
	const struct rk_tensor **of = rk_calloc(t->layout.parts, sizeof *of);
	int rc = rk_weights_find(of, &t->layout, files, prefix, err);

	if (rc == 0) { /* sizes are the file's by now */
		t->p = rk_floats(t->n);
		t->g = rk_calloc(t->n, sizeof *t->g);
		t->m = rk_calloc(t->n, sizeof *t->m);
		t->v = rk_calloc(t->n, sizeof *t->v);
		rk_weights_widen(t->p, &t->layout, of, pool);
		start_head(t);
		t->met = rk_calloc(t->config.vocab, 1);
		cut(t);
	}
	free(of);
	return rc;
}

struct rk_tune *
rk_tune_new(const struct rk_config *c, const struct rk_weights_files *files,
    const char *prefix, const struct rk_tune_options *o, struct rk_pool *pool,
    struct rk_err *err)
{
	struct rk_tune *t = rk_calloc(1, sizeof *t);

	t->config = *c;
	t->o = *o;
	if (t->o.freeze > c->layers)
		t->o.freeze = c->layers;
	if (t->o.pass == 0)
		t->o.pass = 2048;
	rk_encoder_lay(&t->layout, c, RK_WEIGHTS_PLAIN);
	t->head = t->layout.floats;
	t->n = t->head + o->labels * (c->d + 1);
	if (load(t, files, prefix, pool, err) == 0)
		return t;
	rk_tune_free(t);
	return NULL;
}

void
rk_tune_free(struct rk_tune *t)
{
	if (t == NULL)
		return;
	rk_weights_layout_free(&t->layout);
	rk_tune_pass_free(t->pass);
	free(t->p);
	free(t->g);
	free(t->m);
	free(t->v);
	free(t->met);
	free(t->tile);
	free(t->squares);
	free(t);
}

/* --- the head --------------------------------------------------------------------- */

/* Rows of the N texts of a pass. */
struct head {
	float *pooled; /* [n, d], with dropout */
	float *grad;   /* [n, d], of it */
	float *z, *dz; /* [n, labels] */
};

static struct head
head_new(const struct rk_tune *t, size_t n)
{
	size_t d = t->config.d, k = t->o.labels;
	struct head h;

	h.pooled = rk_floats(2 * n * (d + k));
	h.grad = h.pooled + n * d;
	h.z = h.grad + n * d;
	h.dz = h.z + n * k;
	return h;
}

/* pooled and z, of the pass at hand. */
static void
head_forward(const struct rk_tune *t, struct head *h)
{
	const struct rk_tune_pass *p = t->pass;
	const float *x = rk_tune_hidden(t), *head = t->p + t->head;
	size_t d = t->config.d, k = t->o.labels, i, j;

	for (i = 0; i < p->n; i++) {
		const float *from = x + p->start[i] * d;
		float *row = h->pooled + i * d;
		size_t m = p->start[i + 1] - p->start[i];
		memcpy(row, from, d * sizeof *row);
		for (j = 1; j < m && !t->o.first; j++)
			rk_ops_add(row, from + j * d, d);
		if (!t->o.first)
			rk_mat_scale(row, row, 1 / (double)m, d);
		if (p->drop > 0)
			rk_ops_dropout(row, row, p->drop,
			    rk_tune_key(t, i, 0, PLACE_HEAD), d);
	}
	rk_ops_linear(h->z, h->pooled, head, head + k * d, NULL, p->n, d, k);
}

/* The sum of the losses, and dz, each WEIGHT times its gradient. */
static double
head_loss(const struct rk_tune *t, struct head *h, double weight)
{
	const struct rk_tune_pass *p = t->pass;
	size_t k = t->o.labels, i;
	double loss = 0;

	for (i = 0; i < p->n; i++) {
		const float *z = h->z + i * k, *want = p->text[i].want;
		float *dz = h->dz + i * k;
		loss += t->o.loss == RK_TUNE_ENTROPY
		    ? rk_ops_cross_entropy(dz, z, want, weight, k)
		    : rk_ops_squared(dz, z, want, weight, k);
	}
	return loss;
}

/* The gradients of the head, and of the hidden states. */
static void
head_back(struct rk_tune *t, struct head *h)
{
	struct rk_tune_pass *p = t->pass;
	float *dhead = t->g + t->head, *dx = p->grads.out[0];
	size_t d = t->config.d, k = t->o.labels, i, j;

	rk_ops_linear_back(h->grad, dhead, dhead + k * d, h->dz, h->pooled,
	    t->p + t->head, p->n, d, k);
	for (i = 0; i < p->n; i++) {
		float *row = h->grad + i * d, *to = dx + p->start[i] * d;
		size_t m = p->start[i + 1] - p->start[i];
		if (p->drop > 0)
			rk_ops_dropout(row, row, p->drop,
			    rk_tune_key(t, i, 0, PLACE_HEAD), d);
		if (!t->o.first)
			rk_mat_scale(row, row, 1 / (double)m, d);
		memcpy(to, row, d * sizeof *row);
		for (j = 1; j < m; j++)
			if (t->o.first)
				memset(to + j * d, 0, d * sizeof *to);
			else
				memcpy(to + j * d, row, d * sizeof *to);
	}
}

/* --- a batch ---------------------------------------------------------------------- */

/* How many of TEXT[n] the next pass takes: the tokens of a pass, or one text. */
static size_t
next_pass(const struct rk_tune *t, const struct rk_tune_text *text, size_t n)
{
	size_t tokens = text[0].text.t, i;

	for (i = 1; i < n; i++) {
		tokens += text[i].text.t;
		if (tokens > t->o.pass)
			break;
	}
	return i;
}

static void
clear_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_tile *s = &t->tile[tile];

	(void)thread;
	if (!s->words)
		memset(t->g + s->at, 0, s->n * sizeof *t->g);
}

/* Zero where a gradient is to come; the rows of words are zero but for MET. */
static void
clear(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	struct rk_encoder_tables g = rk_encoder_tables(&t->layout, t->g);
	size_t d = t->config.d, i, j;

	rk_pool_run(pool, t->tiles, clear_tile, t);
	for (i = 0; i < t->config.vocab; i++)
		if (t->met[i])
			memset(g.word + i * d, 0, d * sizeof *g.word);
	for (i = 0; i < n && t->o.freeze == 0; i++)
		for (j = 0; j < text[i].text.t; j++)
			t->met[text[i].text.ids[j]] = 1;
}

double
rk_tune_gradient(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	double loss = 0;
	size_t at, m;

	clear(t, text, n, pool);
	for (at = 0; at < n; at += m) {
		struct head h;
		m = next_pass(t, text + at, n - at);
		h = head_new(t, m);
		rk_tune_forward(
		    t, text + at, m, at, (float)t->o.drop, t->o.freeze, pool);
		head_forward(t, &h);
		loss += head_loss(t, &h, 1 / (double)n);
		head_back(t, &h);
		rk_tune_backward(t, pool);
		free(h.pooled);
	}
	return loss / (double)n;
}

void
rk_tune_predict(struct rk_tune *t, float *z, const struct rk_tune_text *text,
    size_t n, struct rk_pool *pool)
{
	size_t at, m, k = t->o.labels;

	for (at = 0; at < n; at += m) {
		struct head h;
		m = next_pass(t, text + at, n - at);
		h = head_new(t, m);
		rk_tune_forward(t, text + at, m, at, 0, t->config.layers, pool);
		head_forward(t, &h);
		memcpy(z + at * k, h.z, m * k * sizeof *z);
		free(h.pooled);
	}
}

/* --- AdamW ------------------------------------------------------------------------ */

struct update {
	struct rk_tune *t;
	struct rk_optim_adam adam;
};

static void
squares_tile(void *ctx, size_t tile, int thread)
{
	struct rk_tune *t = ctx;
	const struct rk_tune_tile *s = &t->tile[tile];

	(void)thread;
	t->squares[tile] = rk_optim_squares(t->g + s->at, s->n);
}

/* What Adam does to x[n] without gradient and moments. */
RK_CLONES static void
shrink(float *x, float keep, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] *= keep;
}

static void
update_some(const struct update *u, size_t at, size_t n)
{
	struct rk_tune *t = u->t;

	rk_optim_adam_step(&u->adam, t->step + 1, t->p + at, t->m + at,
	    t->v + at, t->g + at, n, 1, n);
}

static void
update_tile(void *ctx, size_t tile, int thread)
{
	const struct update *all = ctx;
	struct rk_tune *t = all->t;
	const struct rk_tune_tile *s = &t->tile[tile];
	struct update u = *all;
	size_t d = t->config.d, at, end = s->at + s->n, n;
	const unsigned char *met;

	(void)thread;
	if (!s->decays)
		u.adam.decay = 0;
	if (!s->words) {
		update_some(&u, s->at, s->n);
		return;
	}
	met = t->met + (s->at - t->layout.part[t->layout.parts - 1].at) / d;
	for (at = s->at; at < end; at += n * d, met += n) {
		for (n = 1; at + n * d < end && met[n] == met[0]; n++)
			;
		if (met[0])
			update_some(&u, at, n * d);
		else
			shrink(t->p + at, (float)(1 - u.adam.lr * u.adam.decay),
			    n * d);
	}
}

double
rk_tune_step(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	double loss = rk_tune_gradient(t, text, n, pool), squares = 0;
	struct update u = { t, rk_optim_adam_default(0) };
	size_t i;

	u.adam.lr = t->o.lr * rk_optim_ramp(t->step, t->o.warm, t->o.steps);
	u.adam.decay = t->o.decay;
	if (t->o.clip > 0) {
		rk_pool_run(pool, t->tiles, squares_tile, t);
		for (i = 0; i < t->tiles; i++)
			squares += t->squares[i];
		u.adam.scale = rk_optim_clip(squares, t->o.clip);
	}
	rk_pool_run(pool, t->tiles, update_tile, &u);
	t->step++;
	return loss;
}

/* --- checkpoints ------------------------------------------------------------------ */

void
rk_tune_put(const struct rk_tune *t, struct rk_st_writer *w)
{
	const size_t one = 1;
	uint64_t *step = rk_malloc(sizeof *step);

	*step = (uint64_t)t->step;
	rk_st_put(w, "tune.weights", RK_F32, 1, &t->n, t->p);
	rk_st_put(w, "tune.moment1", RK_F32, 1, &t->n, t->m);
	rk_st_put(w, "tune.moment2", RK_F32, 1, &t->n, t->v);
	rk_st_give(w, "tune.step", RK_U64, 1, &one, step);
}

/* A word was met if it has moments: that is all that there is to know. */
static void
find_met(struct rk_tune *t)
{
	size_t d = t->config.d, i, j;
	size_t at = t->layout.part[t->layout.parts - 1].at;

	for (i = 0; i < t->config.vocab; i++, at += d) {
		for (j = 0; j < d; j++)
			if (t->m[at + j] != 0 || t->v[at + j] != 0)
				break;
		t->met[i] = j < d;
	}
}

int
rk_tune_get(struct rk_tune *t, const struct rk_st *st, struct rk_err *err)
{
	static const char *const names[] = { "tune.weights", "tune.moment1",
		"tune.moment2" };
	float *const to[] = { t->p, t->m, t->v };
	const struct rk_tensor *of[3], *step;
	const size_t one = 1;
	uint64_t done;
	int i;

	step = rk_st_need(st, "tune.step", RK_U64, 1, &one, err);
	if (step == NULL)
		return -1;
	done = *(const uint64_t *)step->data;
	if (done > INT32_MAX)
		return rk_err_set(err,
		    "tune.step: %llu, expected at most 2147483647",
		    (unsigned long long)done);
	for (i = 0; i < 3; i++) {
		of[i] = rk_st_need(st, names[i], RK_F32, 1, &t->n, err);
		if (of[i] == NULL)
			return -1;
	}
	for (i = 0; i < 3; i++)
		memcpy(to[i], of[i]->data, t->n * sizeof(float));
	t->step = (long)done;
	/* no row of g is to keep what the words met so far have left there */
	memset(t->g, 0, t->n * sizeof *t->g);
	find_met(t);
	return 0;
}
