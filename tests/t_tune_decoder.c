/*
 * t_tune_decoder.c - the gradient of every tensor of tiny decoders with a head,
 * whole and by adapters, and the losses of some steps, against PyTorch's
 * (tests/golden/nn/tune-decoder.txt); adapters merged, against adapters beside.
 */
#include "tests/tiny-decoders.h"

/* --- against PyTorch ------------------------------------------------------------ */

static size_t
find_part(const struct rk_tune *t, const char *name, size_t *n)
{
	const struct rk_weights_layout *l = rk_tune_layout(t);
	size_t i, k;

	for (i = 0; i < l->parts && rank == 0; i++) {
		const struct rk_weights_part *p = &l->part[i];
		*n = p->shape[0] * p->shape[1];
		if (strcmp(p->name, name) == 0)
			return p->at;
	}
	for (i = 0; i < MATRICES && rank > 0; i++) {
		size_t len = strlen(matrices[i].name), at;
		if (strncmp(name + 2, matrices[i].name, len) != 0 ||
		    name[1] != '.')
			continue;
		at = adapter(t, (size_t)(name[0] - '0'), i, n, &k);
		if (name[len + 3] == 'A') {
			*n = rank * k;
			return at;
		}
		*n *= rank;
		return at + rank * k;
	}
	return gradients_head(t, name, n);
}

static void
check_golden(FILE *f, const char *name, size_t r, double alpha)
{
	const struct model *m = model_of(name);
	struct file file;
	struct rk_tune *t;
	size_t parts;

	rank = r;
	t = open_tune(m, make_file(&file, &m->c, 0), alpha, options());
	parts = r > 0 ? 2 * MATRICES * m->c.layers
		      : rk_tune_layout(t)->parts - !m->c.tied;
	if (r > 0)
		fill_adapters(t, m->c.layers);
	gradients_check(t, f, name, parts + 1 + (size_t)m->bias, find_part,
	    texts_for(m), TEXTS, pool);
	rk_tune_free(t);
	file_free(&file);
}

/* --- adapters ---------------------------------------------------------------------- */

static double
apart(const float *a, const float *b, size_t n)
{
	double most = 0;
	size_t i;

	for (i = 0; i < n; i++)
		most = fmax(most, fabs((double)a[i] - b[i]));
	return most;
}

static void
check_merge(const char *name, int half)
{
	const struct model *m = model_of(name);
	const struct rk_tune_text *text = texts_for(m);
	float za[TEXTS * LABELS], zb[TEXTS * LABELS], zc[TEXTS * LABELS];
	struct file base, merged;
	struct rk_tune *a, *b;

	rank = 3;
	a = open_tune(m, make_file(&base, &m->c, half), 6, options());
	rk_tune_predict(a, zc, text, TEXTS, pool);
	fill_adapters(a, m->c.layers);
	rk_tune_predict(a, za, text, TEXTS, pool);
	stored(&merged, a);
	rank = 0;
	b = open_tune(m, &merged, 0, options());
	rk_tune_predict(b, zb, text, TEXTS, pool);
	near(apart(za, zb, TEXTS * LABELS), 0, 1e-5,
	    "adapters merged are adapters beside");
	ok(apart(za, zc, TEXTS * LABELS) > .1, "and are something");
	rk_tune_free(b);
	b = open_tune(m, &base, 0, options());
	rk_tune_predict(b, zb, text, TEXTS, pool);
	near(apart(zc, zb, TEXTS * LABELS), 0, 1e-5,
	    "where they begin, they are nothing");
	rk_tune_free(a);
	rk_tune_free(b);
	file_free(&base);
	file_free(&merged);
}

/* Of two matrices alone, the first layer left as it is. */
static void
check_some(void)
{
	const struct model *m = model_of("llama");
	struct rk_tune_options o = options();
	struct rk_tune_lora lora = { 2, 4,
		RK_TUNE_ON(RK_DECODER_VALUE) | RK_TUNE_ON(RK_DECODER_DOWN) };
	size_t sides = 2 * m->c.d + m->c.groups * m->c.head + m->c.ffn, i;
	struct rk_err err = { "" };
	struct rk_tune *t;
	struct file f;
	float *p;

	o.freeze = 1;
	o.labels = LABELS;
	make_file(&f, &m->c, 1);
	t = rk_tune_decoder(&m->c, &f.files, NULL, &lora, &o, pool, &err);
	ok(t->head == 2 * 2 * sides,
	    "adapters of some matrices and layers are no more than these");
	p = rk_floats(t->w.n);
	memcpy(p, t->w.p, t->w.n * sizeof *p);
	rk_tune_round(t);
	ok(memcmp(p, t->w.p, t->w.n * sizeof *p) == 0, "they are not rounded");
	for (i = 0; i < t->w.n; i++)
		t->w.p[i] += .1f;
	near(gradients_slope(t, texts_for(m), TEXTS, pool), 1, 2e-3,
	    "their gradient is the loss's slope");
	free(p);
	rk_tune_free(t);
	file_free(&f);
}

int
main(void)
{
	FILE *f = numbers_open("tests/golden/nn/tune-decoder.txt");

	pool = rk_pool_new(3);
	check_golden(f, "llama", 0, 0);
	check_golden(f, "qwen2", 0, 0);
	check_golden(f, "mistral", 0, 0);
	check_golden(f, "one", 0, 0);
	check_golden(f, "llama", 3, 6);
	check_golden(f, "qwen2", 2, 1);
	check_golden(f, "mistral", 2, 2);
	fclose(f);
	check_merge("llama", 0);
	check_merge("qwen2", 1);
	check_some();
	rk_pool_free(pool);
	return done();
}
