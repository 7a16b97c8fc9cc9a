/*
 * t_tune_runs.c - runs of tiny decoders: threads, passes, frozen layers and a
 * checkpoint change no byte that they should not, and losses fall.
 */
#include "nn/tune-body.h"
#include "tests/tiny-decoders.h"

/* --- the same bytes ----------------------------------------------------------------- */

static void
run_steps(struct rk_tune *t, const struct model *m, int n)
{
	for (; n > 0; n--)
		rk_tune_step(t, texts_for(m), TEXTS, pool);
}

/* Texts of more rows than a tile has. */
static const struct rk_tune_text *
long_texts(const struct model *m)
{
	enum { N = 12, T = 61 };
	static struct rk_tune_text text[N];
	static uint32_t ids[N * T];
	size_t i;

	for (i = 0; i < N * T; i++)
		ids[i] = (uint32_t)((i * i + 3 * i) % m->c.vocab);
	for (i = 0; i < N; i++)
		text[i] = (struct rk_tune_text){ .text = { ids + i * T, T - i },
			.want = texts_for(m)[i % TEXTS].want };
	return text;
}

static void
check_same(const char *name, size_t r)
{
	const struct model *m = model_of(name);
	struct rk_pool *one = rk_pool_new(1), *keep = pool;
	struct rk_tune_options o = options();
	struct rk_tune *a, *b;
	struct file f;
	int i;

	rank = r;
	o.drop = .1;
	make_file(&f, &m->c, 1);
	a = open_tune(m, &f, 2, o);
	b = open_tune(m, &f, 2, o);
	for (i = 0; i < 2; i++)
		rk_tune_step(a, long_texts(m), 12, pool);
	pool = one;
	for (i = 0; i < 2; i++)
		rk_tune_step(b, long_texts(m), 12, pool);
	pool = keep;
	ok(gradients_equal(a, b), "one thread and three give the same bytes");
	rk_tune_free(b);
	o.seed = 2;
	b = open_tune(m, &f, 2, o);
	for (i = 0; i < 2; i++)
		rk_tune_step(b, long_texts(m), 12, pool);
	ok(!gradients_equal(a, b), "another seed gives others");
	near(gradients_slope(a, texts_for(m), TEXTS, pool), 1, 2e-3,
	    "with dropout the gradient is the loss's slope");
	rk_tune_free(a);
	rk_tune_free(b);
	rk_pool_free(one);
	file_free(&f);
}

static void
check_passes(const char *name, size_t r)
{
	const struct model *m = model_of(name);
	const struct rk_tune_text *text = texts_for(m);
	struct rk_tune_options o = options();
	struct rk_tune *a, *b;
	struct file f;
	double loss;

	rank = r;
	a = open_tune(m, make_file(&f, &m->c, 0), 2, o);
	o.pass = 8; /* each text by itself, the first two together */
	b = open_tune(m, &f, 2, o);
	loss = rk_tune_gradient(a, text, TEXTS, pool);
	near(rk_tune_gradient(b, text, TEXTS, pool), loss, 1e-6,
	    "short passes have the same loss");
	near(gradients_apart(a, b), 0, 1e-6, "and the same gradient");
	rk_tune_free(a);
	rk_tune_free(b);
	file_free(&f);
}

/* Is the output's matrix in A what it is in B? */
static int
same_output(const struct file *a, const struct file *b)
{
	const struct rk_tensor *x = rk_st_find(a->st, "lm_head.weight");
	const struct rk_tensor *y = rk_st_find(b->st, "lm_head.weight");

	return x != NULL && y != NULL && x->count == y->count &&
	    memcmp(x->data, y->data, x->count * sizeof(float)) == 0;
}

/*
 * Texts that begin alike, 40 tokens of them: the last has no more than one of
 * its own, and two are the same.
 */
static const struct rk_tune_text *
alike_texts(const struct model *m)
{
	enum { N = 12, T = 61 };
	static struct rk_tune_text text[N];
	static uint32_t ids[N * T];
	size_t i;

	for (i = 0; i < N * T; i++)
		ids[i] = (uint32_t)(i % T < 40 ? i % T * 7 % m->c.vocab
					       : (i * i + 3 * i) % m->c.vocab);
	memcpy(ids + T, ids, T * sizeof *ids);
	for (i = 0; i < N; i++)
		text[i] = (struct rk_tune_text){
			.text = { ids + i * T, i == N - 1 ? 41 : T - i / 2 },
			.want = texts_for(m)[i % TEXTS].want
		};
	return text;
}

/* One text in a pass shares nothing. */
static void
check_shared(const char *name, size_t r)
{
	const struct model *m = model_of(name);
	const struct rk_tune_text *text = alike_texts(m);
	struct rk_pool *one = rk_pool_new(1);
	struct rk_tune_options o = options();
	float za[12 * LABELS], zb[12 * LABELS];
	struct rk_tune *a, *b;
	struct file f;
	double loss, off = 0;
	size_t i;

	rank = r;
	a = open_tune(m, make_file(&f, &m->c, 1), 2, o);
	if (r > 0)
		fill_adapters(a, m->c.layers);
	o.pass = 1;
	b = open_tune(m, &f, 2, o);
	memcpy(b->w.p, a->w.p, a->w.n * sizeof *a->w.p);
	loss = rk_tune_gradient(a, text, 12, pool);
	ok(a->pass->shared == 40 && a->pass->rows == a->pass->tokens - 11 * 40,
	    "what all texts begin with is computed once");
	near(rk_tune_gradient(b, text, 12, pool), loss, 1e-6,
	    "texts that begin alike have the loss of each alone");
	near(gradients_apart(a, b), 0, 2e-6, "and the gradient");
	rk_tune_predict(a, za, text, 12, pool);
	rk_tune_predict(b, zb, text, 12, pool);
	for (i = 0; i < 12 * LABELS; i++)
		off = fmax(off, fabs((double)za[i] - zb[i]));
	near(off, 0, 1e-5, "and the prediction");
	rk_tune_free(b);
	o.pass = 0;
	b = open_tune(m, &f, 2, o);
	memcpy(b->w.p, a->w.p, a->w.n * sizeof *a->w.p);
	rk_tune_step(a, text, 12, pool);
	rk_tune_step(b, text, 12, one);
	ok(gradients_equal(a, b), "one thread and three give the same bytes");
	rk_tune_free(a);
	rk_tune_free(b);
	rk_pool_free(one);
	file_free(&f);
}

static void
check_freeze(void)
{
	const struct model *m = model_of("llama");
	struct rk_tune_options o = options();
	const struct rk_weights_layout *l;
	struct rk_tune *a, *b;
	struct file f, out;
	size_t first, word;

	rank = 0;
	a = open_tune(m, make_file(&f, &m->c, 0), 0, o);
	o.freeze = 2;
	b = open_tune(m, &f, 0, o);
	l = rk_tune_layout(a);
	first = l->part[l->layer + 2 * l->step].at;
	word = l->part[l->parts - 1].at;
	rk_tune_gradient(a, texts_for(m), TEXTS, pool);
	rk_tune_gradient(b, texts_for(m), TEXTS, pool);
	ok(memcmp(a->w.g + first, b->w.g + first, (word - first) * 4) == 0 &&
		memcmp(a->w.g, b->w.g, m->c.d * 4) == 0 &&
		memcmp(a->w.g + a->head, b->w.g + b->head,
		    (a->w.n - a->head) * 4) == 0,
	    "what is not frozen has the same gradient");
	run_steps(b, m, 2);
	ok(memcmp(a->w.p + m->c.d, b->w.p + m->c.d,
	       (first - m->c.d) * sizeof(float)) == 0 &&
		memcmp(a->w.p + word, b->w.p + word,
		    (a->head - word) * sizeof(float)) == 0,
	    "what is frozen stays");
	ok(memcmp(a->w.p + first, b->w.p + first, (word - first) * 4) != 0 &&
		memcmp(a->w.p, b->w.p, m->c.d * 4) != 0,
	    "and the rest does not, with the last norm");
	ok(same_output(&f, stored(&out, b)),
	    "the output's matrix is stored as it was");
	file_free(&out);
	rk_tune_free(a);
	rk_tune_free(b);
	file_free(&f);
}

/* --- checkpoints -------------------------------------------------------------------- */

static struct file *
checkpoint(struct file *f, const struct rk_tune *t)
{
	struct rk_st_writer *w = rk_st_writer_new();

	rk_tune_put(t, w);
	return file_of(f, w);
}

static void
check_resume(const char *name, size_t r)
{
	const struct model *m = model_of(name);
	struct rk_tune_options o = options();
	struct rk_err err = { "" };
	struct rk_tune *a, *b;
	struct file f, at;

	rank = r;
	o.drop = .1;
	a = open_tune(m, make_file(&f, &m->c, 0), 2, o);
	b = open_tune(m, &f, 2, o);
	run_steps(a, m, 2);
	checkpoint(&at, a);
	run_steps(a, m, 2);
	run_steps(b, m, 1); /* what it has is replaced */
	ok(rk_tune_get(b, at.st, &err) == 0, "a checkpoint is read");
	run_steps(b, m, 2);
	ok(gradients_equal(a, b),
	    "a run that is resumed ends in the same bytes");
	rk_tune_free(b);
	rank = r + 1;
	b = open_tune(m, &f, 2, o);
	ok(rk_tune_get(b, at.st, &err) != 0 && b->w.step == 0 &&
		strstr(err.msg, "tune.weights") != NULL,
	    "one of another rank is refused: %s", err.msg);
	rk_tune_free(a);
	rk_tune_free(b);
	file_free(&f);
	file_free(&at);
}

/* A file that is not what it should be. */
static void
check_hostile(void)
{
	const struct model *m = model_of("one");
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_decoder_config c = m->c;
	struct rk_err err = { "" };
	const uint64_t most = UINT64_MAX;
	const size_t one = 1;
	struct rk_tune *t;
	struct file f, bad;

	rank = 0;
	t = open_tune(m, make_file(&f, &m->c, 0), 0, options());
	rk_st_put(w, "tune.step", RK_U64, 1, &one, &most);
	rk_st_put(w, "tune.weights", RK_F32, 1, &t->w.n, t->w.p);
	rk_st_put(w, "tune.moment1", RK_F32, 1, &t->w.n, t->w.p);
	rk_st_put(w, "tune.moment2", RK_F32, 1, &t->w.n, t->w.p);
	file_of(&bad, w);
	ok(rk_tune_get(t, bad.st, &err) != 0 && t->w.step == 0,
	    "a checkpoint of no such step is refused: %s", err.msg);
	rk_tune_free(t);
	err.msg[0] = '\0';
	c.ffn++;
	ok(rk_tune_decoder(&c, &f.files, NULL, NULL,
	       &(struct rk_tune_options){ .labels = 2 }, pool, &err) == NULL &&
		strstr(err.msg, "mlp.gate_proj.weight") != NULL,
	    "a model of another shape is refused: %s", err.msg);
	file_free(&bad);
	file_free(&f);
}

static void
check_learns(size_t r, double lr)
{
	const struct model *m = model_of("qwen2");
	struct rk_tune_options o = options();
	const struct rk_tune_text *text = texts_for(m);
	float z[TEXTS * LABELS];
	double loss = 0, last = 0;
	struct rk_tune *t;
	struct file f;
	int i;

	rank = r;
	o.steps = 200;
	o.lr = lr;
	t = open_tune(m, make_file(&f, &m->c, 1), 2, o);
	for (i = 0; i < 60; i++)
		last = rk_tune_step(t, text, TEXTS, pool);
	rk_tune_predict(t, z, text, TEXTS, pool);
	for (i = 0; i < TEXTS; i++)
		loss += rk_ops_cross_entropy(
			    NULL, z + LABELS * i, text[i].want, 1, LABELS) /
		    TEXTS;
	/* two texts of shares (1/4, 1/2, 1/4): .52 is the least there is */
	ok(last < .6, "steps lower the loss (%.3f)", last);
	ok(loss <= last + 1e-3, "and prediction agrees (%.3f)", loss);
	rk_tune_free(t);
	file_free(&f);
}

int
main(void)
{
	pool = rk_pool_new(3);
	check_same("llama", 0);
	check_same("mistral", 0);
	check_same("qwen2", 2);
	check_passes("llama", 0);
	check_passes("qwen2", 2);
	check_shared("llama", 0);
	check_shared("mistral", 0);
	check_shared("one", 0);
	check_shared("qwen2", 2);
	check_freeze();
	check_resume("llama", 0);
	check_resume("qwen2", 2);
	check_hostile();
	check_learns(0, 2e-3);
	check_learns(2, 2e-2);
	rk_pool_free(pool);
	return done();
}
