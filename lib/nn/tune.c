/*
 * tune.c - batches cut into passes, the head and its loss. What the states come
 * from is the body's (nn/tune-body.h), what becomes of the gradient
 * nn/adamw.h's.
 */
#include "nn/tune.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "math/optim.h"
#include "nn/tune-body.h"

enum { PLACE_HEAD = 16, LEAST_SHARED = 16 };
enum { STREAM_HEAD = 0x68656164 };

struct rk_tune_options
rk_tune_default(void)
{
	struct rk_tune_options o = { .labels = 3,
		.bias = 1,
		.pooling = RK_TUNE_MEAN,
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
start_head(struct rk_tune *t)
{
	struct rk_rng rng;
	size_t n = t->w.n - t->head, rows = t->o.labels * t->d, i;

	rk_rng_init(&rng, t->o.seed, STREAM_HEAD);
	for (i = 0; i < rows; i++)
		t->w.p[t->head + i] = (float)(.02 * rk_rng_normal(&rng));
	memset(t->w.p + t->head + rows, 0, (n - rows) * sizeof *t->w.p);
}

struct rk_tune *
rk_tune_new(const struct rk_tune_body *body, void *of, size_t d, size_t n,
    const struct rk_tune_options *o)
{
	struct rk_tune *t = rk_calloc(1, sizeof *t);

	t->o = *o;
	if (t->o.pass == 0)
		t->o.pass = 2048;
	t->d = d;
	t->body = body;
	t->of = of;
	t->pass = rk_calloc(1, sizeof *t->pass);
	rk_adamw_init(&t->w, n + o->labels * (d + (o->bias != 0)));
	t->head = n;
	start_head(t);
	return t;
}

void
rk_tune_add_head(struct rk_tune *t)
{
	size_t rows = t->o.labels * t->d;

	rk_adamw_add(&t->w, t->head, rows, 1);
	if (t->o.bias)
		rk_adamw_add(&t->w, t->head + rows, t->o.labels, 0);
}

void
rk_tune_set_head(struct rk_tune *t, const float *rows)
{
	memcpy(t->w.p + t->head, rows, t->o.labels * t->d * sizeof *rows);
}

void
rk_tune_free(struct rk_tune *t)
{
	if (t == NULL)
		return;
	if (t->body->free != NULL)
		t->body->free(t->of);
	rk_adamw_free(&t->w);
	free(t->pass->start);
	free(t->pass->text_of);
	free(t->pass->each);
	free(t->pass);
	free(t);
}

/* --- no body -------------------------------------------------------------------- */

/* The texts' states in a row, [n, d], and room for their gradient. */
struct states {
	float *x;
	size_t room; /* texts */
};

static void
states_forward(struct rk_tune *t, struct rk_pool *pool)
{
	struct states *s = t->of;
	struct rk_tune_pass *p = t->pass;
	size_t d = t->d, i;

	(void)pool;
	if (p->n > s->room) {
		free(s->x);
		s->x = rk_floats(2 * p->n * d);
		s->room = p->n;
	}
	for (i = 0; i < p->n; i++)
		memcpy(s->x + i * d, p->text[i].state, d * sizeof *s->x);
	p->x = s->x;
	p->dx = s->x + s->room * d;
	p->of = p->each;
}

static void
states_free(void *of)
{
	struct states *s = of;

	free(s->x);
	free(s);
}

struct rk_tune *
rk_tune_states(size_t d, const struct rk_tune_options *o)
{
	static const struct rk_tune_body none = { .forward = states_forward,
		.free = states_free };
	struct rk_tune *t = rk_tune_new(
	    &none, rk_calloc(1, sizeof(struct states)), d, 0, o);

	rk_tune_add_head(t);
	return t;
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
	size_t d = t->d, k = t->o.labels;
	struct head h;

	h.pooled = rk_floats(2 * n * (d + k));
	h.grad = h.pooled + n * d;
	h.z = h.grad + n * d;
	h.dz = h.z + n * k;
	return h;
}

/* The row that is pooled alone, of the M of a text. */
static size_t
row_of(const struct rk_tune *t, size_t m)
{
	return t->o.pooling == RK_TUNE_LAST ? m - 1 : 0;
}

/* The head's bias in P, values or a gradient; NULL: it has none. */
static float *
bias_in(const struct rk_tune *t, float *p)
{
	return t->o.bias ? p + t->head + t->o.labels * t->d : NULL;
}

static void
drop_row(const struct rk_tune *t, float *row, size_t text)
{
	if (t->pass->drop > 0)
		rk_ops_dropout(row, row, t->pass->drop,
		    rk_tune_key(t, text, 0, PLACE_HEAD), t->d);
}

/* pooled and z, of the pass at hand. */
static void
head_forward(const struct rk_tune *t, struct head *h)
{
	const struct rk_tune_pass *p = t->pass;
	size_t d = t->d, i, j;

	for (i = 0; i < p->n; i++) {
		const float *from = p->x + p->of[i] * d;
		float *row = h->pooled + i * d;
		size_t m = p->of[i + 1] - p->of[i];
		memcpy(row, from + row_of(t, m) * d, d * sizeof *row);
		if (t->o.pooling == RK_TUNE_MEAN) {
			for (j = 1; j < m; j++)
				rk_ops_add(row, from + j * d, d);
			rk_mat_scale(row, row, 1 / (double)m, d);
		}
		drop_row(t, row, i);
	}
	rk_ops_linear(h->z, h->pooled, t->w.p + t->head, bias_in(t, t->w.p),
	    NULL, p->n, d, t->o.labels);
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

/* The gradients of the head, and of the states. */
static void
head_back(struct rk_tune *t, struct head *h)
{
	const struct rk_tune_pass *p = t->pass;
	size_t d = t->d, i, j;

	rk_ops_linear_back(h->grad, t->w.g + t->head, bias_in(t, t->w.g), h->dz,
	    h->pooled, t->w.p + t->head, p->n, d, t->o.labels);
	for (i = 0; i < p->n; i++) {
		float *row = h->grad + i * d, *to = p->dx + p->of[i] * d;
		size_t m = p->of[i + 1] - p->of[i];
		drop_row(t, row, i);
		if (t->o.pooling == RK_TUNE_MEAN) {
			rk_mat_scale(row, row, 1 / (double)m, d);
			for (j = 0; j < m; j++)
				memcpy(to + j * d, row, d * sizeof *to);
		} else {
			memset(to, 0, m * d * sizeof *to);
			memcpy(to + row_of(t, m) * d, row, d * sizeof *to);
		}
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

/*
 * How many tokens all texts of the pass begin with, each having more; none
 * where it is not worth the trouble. With dropout they are not alike.
 */
static size_t
shared_of(const struct rk_tune *t)
{
	const struct rk_tune_pass *p = t->pass;
	const struct rk_text *a = &p->text[0].text;
	size_t n = a->t - 1, i, j;

	if (!t->body->shares || p->drop > 0 || p->n < 2)
		return 0;
	for (i = 1; i < p->n; i++) {
		const struct rk_text *b = &p->text[i].text;
		n = n < b->t - 1 ? n : b->t - 1;
		for (j = 0; j < n && a->ids[j] == b->ids[j]; j++)
			;
		n = j;
	}
	return n < LEAST_SHARED ? 0 : n;
}

static void
set_rows(struct rk_tune *t)
{
	struct rk_tune_pass *p = t->pass;
	size_t i, j, rows;

	p->tokens = p->longest = 0;
	for (i = 0; i < p->n; i++) {
		size_t n = p->text[i].text.t;
		p->tokens += n;
		p->longest = n > p->longest ? n : p->longest;
	}
	p->shared = shared_of(t);
	if (p->n > p->most_texts) {
		p->most_texts = p->n;
		p->start = rk_array(p->start, p->n + 1, sizeof *p->start);
		p->each = rk_array(p->each, p->n + 1, sizeof *p->each);
		for (i = 0; i <= p->n; i++)
			p->each[i] = i;
	}
	if (p->tokens > p->most_rows) {
		p->most_rows = p->tokens;
		p->text_of = rk_array(
		    p->text_of, p->tokens, sizeof *p->text_of);
	}
	for (rows = 0; rows < p->shared; rows++)
		p->text_of[rows] = 0;
	for (i = 0; i < p->n; i++) {
		p->start[i] = rows;
		for (j = p->shared; j < p->text[i].text.t; j++)
			p->text_of[rows++] = (uint32_t)i;
	}
	p->start[i] = p->rows = rows;
}

/* The states of the first texts of TEXT[n], a batch's from BASE on, and z. */
static struct head
forward(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    size_t base, int back, struct rk_pool *pool)
{
	struct rk_tune_pass *p = t->pass;
	struct head h;

	p->text = text;
	p->n = next_pass(t, text, n);
	p->base = base;
	p->drop = back ? (float)t->o.drop : 0;
	p->back = back;
	set_rows(t);
	t->body->forward(t, pool);
	h = head_new(t, p->n);
	head_forward(t, &h);
	return h;
}

double
rk_tune_gradient(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	double loss = 0;
	size_t at;

	rk_adamw_clear(&t->w, pool);
	for (at = 0; t->w.rows > 0 && at < n; at++)
		rk_adamw_meet(&t->w, text[at].text.ids, text[at].text.t);
	for (at = 0; at < n; at += t->pass->n) {
		struct head h = forward(t, text + at, n - at, at, 1, pool);
		loss += head_loss(t, &h, 1 / (double)n);
		head_back(t, &h);
		if (t->body->backward != NULL)
			t->body->backward(t, pool);
		free(h.pooled);
	}
	return loss / (double)n;
}

void
rk_tune_predict(struct rk_tune *t, float *z, const struct rk_tune_text *text,
    size_t n, struct rk_pool *pool)
{
	size_t at, k = t->o.labels;

	for (at = 0; at < n; at += t->pass->n) {
		struct head h = forward(t, text + at, n - at, at, 0, pool);
		memcpy(z + at * k, h.z, t->pass->n * k * sizeof *z);
		free(h.pooled);
	}
}

double
rk_tune_step(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	double loss = rk_tune_gradient(t, text, n, pool);
	double rate = rk_optim_ramp(t->w.step, t->o.warm, t->o.steps);

	rk_adamw_step(&t->w, t->o.lr * rate, t->o.decay, t->o.clip, pool);
	return loss;
}

/* --- what comes of it --------------------------------------------------------------- */

const struct rk_weights_layout *
rk_tune_layout(const struct rk_tune *t)
{
	return t->body->layout != NULL ? t->body->layout(t) : NULL;
}

void
rk_tune_tensor(const struct rk_tune *t, size_t part, float *out)
{
	const struct rk_weights_part *p = &rk_tune_layout(t)->part[part];

	if (t->body->tensor != NULL)
		t->body->tensor(t, part, out);
	else
		memcpy(out, t->w.p + p->at,
		    p->shape[0] * p->shape[1] * sizeof *out);
}

void
rk_tune_round(struct rk_tune *t)
{
	size_t i;

	for (i = 0; i < t->head && !t->body->adapted; i++)
		t->w.p[i] = rk_num_from_f16(rk_num_to_f16(t->w.p[i]));
}

void
rk_tune_put(const struct rk_tune *t, struct rk_st_writer *w)
{
	rk_adamw_put(&t->w, w);
}

int
rk_tune_get(struct rk_tune *t, const struct rk_st *st, struct rk_err *err)
{
	return rk_adamw_get(&t->w, st, err);
}
