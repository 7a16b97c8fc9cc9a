/*
 * t_tune.c - the gradient of every tensor of tiny encoders with a head, and
 * the losses of some steps, against PyTorch's (tests/golden/nn/tune.txt); with
 * dropout, against differences of the loss; and that threads, passes, frozen
 * layers, words not met and a checkpoint change no byte that they should not.
 */
#include "base/buf.h"
#include "nn/ops.h"
#include "nn/tune-encoder.h"
#include "tests/gradients.h"

enum { TEXTS = 4, MOST = 32 };

static struct rk_pool *pool;

static struct rk_tune *
open_tune(const char *model, const struct rk_tune_options *o)
{
	struct rk_weights_files files = { 0 };
	struct rk_err err = { "" };
	struct rk_config c;
	struct rk_tune *t = NULL;
	char dir[64], path[96];
	size_t i;

	snprintf(dir, sizeof dir, "tests/golden/encoder/%s", model);
	snprintf(path, sizeof path, "%s/config.json", dir);
	if (rk_config_open(&c, path, &err) == 0 &&
	    rk_weights_open(&files, dir, &err) == 0)
		t = rk_tune_encoder(&c, &files, NULL, o, pool, &err);
	rk_weights_close(&files);
	if (t == NULL) {
		printf("Bail out! %s: %s\n", dir, err.msg);
		exit(1);
	}
	for (i = t->head; i < t->w.n; i++)
		t->w.p[i] = (float)(.3 * sin((double)(i - t->head + 1)));
	return t;
}

/* The texts of tune.py, and what it wants of them. */
static struct rk_tune_text *
texts_for(const struct rk_tune *t)
{
	static const size_t length[TEXTS] = { 5, 1, 19, 12 };
	static struct rk_tune_text text[TEXTS];
	static uint32_t ids[TEXTS][MOST];
	static float want[TEXTS][3];
	const struct rk_weights_layout *l = rk_tune_layout(t);
	size_t vocab = l->part[l->parts - 1].shape[0], i, j;

	for (i = 0; i < TEXTS; i++) {
		for (j = 0; j < length[i]; j++)
			ids[i][j] = (uint32_t)((7 * i + 5 * j + 3) % vocab);
		for (j = 0; j < 3; j++)
			if (t->o.loss == RK_TUNE_SQUARED)
				want[i][j] = (float)(i % 3) / 2 + (float)j;
			else if (i % 2 == 1)
				want[i][j] = i % 3 == j;
			else
				want[i][j] = j == 1 ? .5f : .25f;
		text[i] = (struct rk_tune_text){ .text = { ids[i], length[i] },
			.want = want[i] };
	}
	return text;
}

static struct rk_tune_options
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

/* --- against PyTorch ------------------------------------------------------------ */

static size_t
find_part(const struct rk_tune *t, const char *name, size_t *n)
{
	const struct rk_weights_layout *l = rk_tune_layout(t);
	size_t i;

	for (i = 0; i < l->parts; i++) {
		const struct rk_weights_part *p = &l->part[i];
		*n = p->shape[0] * p->shape[1];
		if (strcmp(p->name, name) == 0)
			return p->at;
	}
	return gradients_head(t, name, n);
}

static void
check_golden(FILE *f, const char *model, struct rk_tune_options o)
{
	struct rk_tune *t = open_tune(model, &o);

	gradients_check(t, f, model, rk_tune_layout(t)->parts + 2, find_part,
	    texts_for(t), TEXTS, pool);
	rk_tune_free(t);
}

/* --- dropout ---------------------------------------------------------------------- */

static void
check_slope(void)
{
	struct rk_tune_options o = options();
	struct rk_tune *t;
	const struct rk_tune_text *text;
	double loss;

	o.drop = .3;
	t = open_tune("bert", &o);
	text = texts_for(t);
	loss = rk_tune_gradient(t, text, TEXTS, pool);
	near(rk_tune_gradient(t, text, TEXTS, pool), loss, 0,
	    "a step's dropout is the same each time");
	/* h^2 times a third derivative */
	near(gradients_slope(t, text, TEXTS, pool), 1, 2e-3,
	    "with dropout the gradient is the loss's slope");
	t->w.step = 1;
	ok(rk_tune_gradient(t, text, TEXTS, pool) != loss,
	    "the next step drops others");
	rk_tune_free(t);
}

/* --- the same bytes ----------------------------------------------------------------- */

static void
run_steps(struct rk_tune *t, int n)
{
	const struct rk_tune_text *text = texts_for(t);

	for (; n > 0; n--)
		rk_tune_step(t, text, TEXTS, pool);
}

static void
check_same(void)
{
	struct rk_pool *one = rk_pool_new(1), *keep = pool;
	struct rk_tune_options o = options();
	struct rk_tune *a, *b;

	o.drop = .1;
	a = open_tune("roberta", &o);
	run_steps(a, 3);
	b = open_tune("roberta", &o);
	pool = one;
	run_steps(b, 3);
	pool = keep;
	ok(gradients_equal(a, b), "one thread and three give the same bytes");
	rk_tune_free(b);
	b = open_tune("roberta", &o);
	memset(b->w.met, 1, b->w.rows);
	run_steps(b, 3);
	ok(gradients_equal(a, b), "words not met are as AdamW leaves them");
	rk_tune_free(b);
	o.seed = 2;
	b = open_tune("roberta", &o);
	run_steps(b, 3);
	ok(!gradients_equal(a, b), "another seed gives others");
	rk_tune_free(a);
	rk_tune_free(b);
	rk_pool_free(one);
}

static void
check_passes(void)
{
	struct rk_tune_options o = options();
	struct rk_tune *a = open_tune("bert", &o), *b;
	const struct rk_tune_text *text = texts_for(a);

	o.pass = 8; /* each text by itself, the first two together */
	b = open_tune("bert", &o);
	near(rk_tune_gradient(a, text, TEXTS, pool),
	    rk_tune_gradient(b, text, TEXTS, pool), 1e-6,
	    "short passes have the same loss");
	near(gradients_apart(a, b), 0, 1e-6, "and the same gradient");
	rk_tune_free(a);
	rk_tune_free(b);
}

static void
check_freeze(void)
{
	struct rk_tune_options o = options();
	struct rk_tune *a = open_tune("bert", &o), *b, *c;
	const struct rk_tune_text *text = texts_for(a);
	const struct rk_weights_layout *l = rk_tune_layout(a);
	size_t first = l->part[l->layer + 16].at;
	size_t word = l->part[l->parts - 1].at;

	o.freeze = 1;
	b = open_tune("bert", &o);
	c = open_tune("bert", &o);
	rk_tune_gradient(a, text, TEXTS, pool);
	rk_tune_gradient(b, text, TEXTS, pool);
	ok(memcmp(a->w.g + first, b->w.g + first, (word - first) * 4) == 0 &&
		memcmp(a->w.g + a->head, b->w.g + b->head,
		    (a->w.n - a->head) * 4) == 0,
	    "what is not frozen has the same gradient");
	run_steps(b, 2);
	ok(memcmp(b->w.p, c->w.p, first * 4) == 0 &&
		memcmp(b->w.p + word, c->w.p + word, (b->head - word) * 4) == 0,
	    "what is frozen stays");
	ok(memcmp(b->w.p + first, c->w.p + first, (word - first) * 4) != 0,
	    "and the rest does not");
	rk_tune_free(a);
	rk_tune_free(b);
	o.freeze = 9;
	a = open_tune("bert", &o);
	run_steps(a, 2);
	ok(memcmp(a->w.p, c->w.p, a->head * 4) == 0 &&
		memcmp(a->w.p + a->head, c->w.p + c->head,
		    (a->w.n - a->head) * 4) != 0,
	    "with all layers frozen the head alone is trained");
	rk_tune_free(a);
	rk_tune_free(c);
}

static void
check_resume(void)
{
	struct rk_tune_options o = options();
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf file = { 0 };
	struct rk_err err = { "" };
	struct rk_tune *a, *b;
	struct rk_st *st;

	o.drop = .1;
	a = open_tune("distilbert", &o);
	b = open_tune("distilbert", &o);
	run_steps(a, 2);
	rk_tune_put(a, w);
	ok(rk_st_write_mem(w, &file, &err) == 0, "a checkpoint is written");
	run_steps(a, 2);
	run_steps(b, 1); /* what it has is replaced */
	st = rk_st_open_mem(file.p, file.n, &err);
	ok(st != NULL && rk_tune_get(b, st, &err) == 0, "and read");
	run_steps(b, 2);
	ok(gradients_equal(a, b),
	    "a run that is resumed ends in the same bytes");
	rk_tune_free(b);
	b = open_tune("bert", &o);
	ok(rk_tune_get(b, st, &err) != 0 && b->w.step == 0,
	    "another model's checkpoint is refused: %s", err.msg);
	rk_tune_free(a);
	rk_tune_free(b);
	rk_st_close(st);
	rk_st_writer_free(w);
	rk_buf_free(&file);
}

static void
check_learns(void)
{
	struct rk_tune_options o = options();
	struct rk_tune *t;
	const struct rk_tune_text *text;
	float z[TEXTS * 3];
	double loss = 0, last = 0;
	int i;

	o.steps = 200;
	t = open_tune("bert", &o);
	text = texts_for(t);
	for (i = 0; i < 60; i++)
		last = rk_tune_step(t, text, TEXTS, pool);
	rk_tune_predict(t, z, text, TEXTS, pool);
	for (i = 0; i < TEXTS; i++)
		loss += rk_ops_cross_entropy(
			    NULL, z + 3 * i, text[i].want, 1, 3) /
		    TEXTS;
	/* two texts of shares (1/4, 1/2, 1/4): .52 is the least there is */
	ok(last < .6, "steps lower the loss (%.3f)", last);
	ok(loss <= last + 1e-3, "and prediction agrees (%.3f)", loss);
	rk_tune_free(t);
}

/* Without a body the head's gradient is a logistic regression's. */
static void
check_states(void)
{
	enum { D = 7, K = 3 };
	struct rk_tune_options o = options();
	struct rk_tune_text text[TEXTS];
	float x[TEXTS][D], want[TEXTS][K], rows[K * D];
	double g[K * D] = { 0 }, off = 0, loss = 0;
	struct rk_tune *t;
	size_t i, j, k;

	o.bias = 0;
	t = rk_tune_states(D, &o);
	for (i = 0; i < K * D; i++)
		rows[i] = (float)sin((double)i);
	rk_tune_set_head(t, rows);
	for (i = 0; i < TEXTS; i++) {
		double p[K], sum = 0;
		for (j = 0; j < D; j++)
			x[i][j] = (float)cos((double)(3 * i + j));
		for (k = 0; k < K; k++) {
			double z = 0;
			want[i][k] = k == i % K;
			for (j = 0; j < D; j++)
				z += (double)rows[k * D + j] * (double)x[i][j];
			sum += p[k] = exp(z);
		}
		loss -= log(p[i % K] / sum) / TEXTS;
		for (k = 0; k < K * D; k++)
			g[k] += (p[k / D] / sum - want[i][k / D]) *
			    (double)x[i][k % D] / TEXTS;
		text[i] = (struct rk_tune_text){ .want = want[i],
			.state = x[i] };
	}
	near(rk_tune_gradient(t, text, TEXTS, pool), loss, 1e-6,
	    "states alone have the loss of a logistic regression");
	ok(t->w.n == K * D && rk_tune_layout(t) == NULL,
	    "with nothing but the head to train");
	for (i = 0; i < K * D; i++)
		off = fmax(off, fabs((double)t->w.g[i] - g[i]));
	near(off, 0, 1e-7, "and its gradient");
	loss = rk_tune_step(t, text, TEXTS, pool);
	rk_tune_step(t, text, TEXTS, pool);
	ok(rk_tune_step(t, text, TEXTS, pool) < loss, "steps lower the loss");
	rk_tune_free(t);
}

/* The last token's state, as it is pooled. */
static void
check_last(void)
{
	struct rk_tune_options o = options();
	struct rk_tune *a, *b;
	struct rk_tune_text one;
	float za[3], zb[3];

	a = open_tune("bert", &o);
	one = texts_for(a)[1];
	rk_tune_predict(a, za, &one, 1, pool);
	rk_tune_free(a);
	o.pooling = RK_TUNE_LAST;
	b = open_tune("bert", &o);
	rk_tune_predict(b, zb, &one, 1, pool);
	ok(memcmp(za, zb, sizeof za) == 0, "of one token the mean is the last");
	rk_tune_free(b);
}

int
main(void)
{
	FILE *f = numbers_open("tests/golden/nn/tune.txt");
	struct rk_tune_options o = options();

	pool = rk_pool_new(3);
	check_golden(f, "bert", o);
	o.pooling = RK_TUNE_FIRST;
	check_golden(f, "roberta", o);
	o.pooling = RK_TUNE_MEAN;
	o.labels = 2;
	o.loss = RK_TUNE_SQUARED;
	check_golden(f, "distilbert", o);
	fclose(f);
	check_slope();
	check_same();
	check_passes();
	check_freeze();
	check_resume();
	check_states();
	check_last();
	check_learns();
	rk_pool_free(pool);
	return done();
}
