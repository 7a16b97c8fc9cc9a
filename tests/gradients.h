/*
 * gradients.h - golden gradients and losses of steps, as tests/golden/nn/tune.py
 * and tune-decoder.py write them, and a tuned network against them.
 */
#ifndef RK_TESTS_GRADIENTS_H
#define RK_TESTS_GRADIENTS_H

#include "math/mat.h"
#include "nn/tune.h"
#include "tests/numbers.h"

/* Where the part NAME of T lies, and how many floats it has. */
typedef size_t
gradients_find(const struct rk_tune *t, const char *name, size_t *n);

/* The head's part NAME, for such a function. */
static __attribute__((unused)) size_t
gradients_head(const struct rk_tune *t, const char *name, size_t *n)
{
	size_t rows = t->o.labels * t->d;

	*n = strcmp(name, "head.weight") == 0 ? rows : t->o.labels;
	return strcmp(name, "head.weight") == 0 ? t->head : t->head + rows;
}

static __attribute__((unused)) void
gradients_part(
    const struct rk_tune *t, FILE *f, gradients_find *find, double whole)
{
	char name[64] = "";
	size_t n, at, i, some;
	double *want, off = 0, size = 0, length;

	numbers_word(f, name);
	at = find(t, name, &n);
	some = (size_t)numbers_one(f);
	want = numbers_some(f, some);
	for (i = 0; i + 1 < some; i++) {
		size_t place = i * ((n / 24) | 1);
		double e = t->w.g[at + (place < n ? place : 0)] - want[i + 1];
		off += e * e;
		size += want[i + 1] * want[i + 1];
	}
	length = 1 / rk_mat_unit(t->w.g + at, n);
	/* a key's bias has no gradient but rounding: the softmax cancels it */
	size = fmax(sqrt(size), 1e-4 * whole);
	near(sqrt(off) / size, 0, 1e-4, name);
	near((isfinite(length) ? length : 0) / fmax(want[0], 1e-4 * whole),
	    want[0] / fmax(want[0], 1e-4 * whole), 1e-4, "and its length");
	free(want);
}

/* The next of the file: its loss, the gradient of every part, six steps. */
static __attribute__((unused)) void
gradients_check(struct rk_tune *t, FILE *f, const char *model, size_t parts,
    gradients_find *find, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	char word[64];
	double *want, loss, whole;
	size_t i;

	numbers_word(f, word);
	numbers_word(f, word);
	same(word, model, "the golden file is of this model");
	ok((size_t)numbers_one(f) == parts, "with all of its tensors");
	want = numbers_named(f, "loss", 1);
	loss = rk_tune_gradient(t, text, n, pool);
	near(loss / want[0], 1, 1e-5, "its loss");
	free(want);
	whole = 1 / rk_mat_unit(t->w.g, t->w.n);
	for (i = 0; i < parts; i++)
		gradients_part(t, f, find, whole);
	want = numbers_named(f, "steps", 6);
	for (i = 0; i < 6; i++)
		near(rk_tune_step(t, text, n, pool) / want[i], 1, 2e-4,
		    "the loss of a step");
	free(want);
}

/*
 * The loss's slope along its gradient by that gradient's length, from values a
 * little up and down: 1. T's values stay.
 */
static __attribute__((unused)) double
gradients_slope(struct rk_tune *t, const struct rk_tune_text *text, size_t n,
    struct rk_pool *pool)
{
	float *g = rk_floats(t->w.n), *p = rk_floats(t->w.n);
	double up, down, size, h;
	size_t i, bytes = t->w.n * sizeof *p;

	rk_tune_gradient(t, text, n, pool);
	memcpy(g, t->w.g, bytes);
	memcpy(p, t->w.p, bytes);
	size = 1 / rk_mat_unit(g, t->w.n);
	h = 2e-3 / size;
	for (i = 0; i < t->w.n; i++)
		t->w.p[i] = (float)(p[i] + h * g[i]);
	up = rk_tune_gradient(t, text, n, pool);
	for (i = 0; i < t->w.n; i++)
		t->w.p[i] = (float)(p[i] - h * g[i]);
	down = rk_tune_gradient(t, text, n, pool);
	memcpy(t->w.p, p, bytes);
	free(g);
	free(p);
	return (up - down) / (2 * h * size * size);
}

/* Have two runs come to the same bytes? */
static __attribute__((unused)) int
gradients_equal(const struct rk_tune *a, const struct rk_tune *b)
{
	size_t n = a->w.n * sizeof *a->w.p;

	return memcmp(a->w.p, b->w.p, n) == 0 &&
	    memcmp(a->w.m, b->w.m, n) == 0 && memcmp(a->w.v, b->w.v, n) == 0 &&
	    a->w.step == b->w.step;
}

/* The largest difference of two gradients, by the first one's length. */
static __attribute__((unused)) double
gradients_apart(const struct rk_tune *a, const struct rk_tune *b)
{
	double most = 0;
	size_t i;

	for (i = 0; i < a->w.n; i++)
		most = fmax(most, fabs((double)a->w.g[i] - b->w.g[i]));
	return most * rk_mat_unit(a->w.g, a->w.n);
}

#endif
