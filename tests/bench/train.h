/*
 * train.h - a bench of training steps on batches drawn from a JSON Lines file:
 * what train-step.c and train-decoder.c share. Each defines BATCH, the prompts
 * of a step, and TOKENS, the most of one, before it includes this.
 */
#ifndef RK_BENCH_TRAIN_H
#define RK_BENCH_TRAIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "io/batch.h"
#include "math/mat.h"
#include "nn/tune.h"
#include "text/tokenizer.h"

enum { WARM = 2, STEPS = 12 };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
fail(const struct rk_err *err)
{
	fprintf(stderr, "bench: %s\n", err->msg);
	exit(1);
}

/* The token ids of all prompts of FILE. */
static struct rk_ids *
load(const char *file, const struct rk_tok *tok, size_t *n, struct rk_err *err)
{
	struct rk_input in = { &file, 1, 1 << 26, 0 };
	struct rk_prompt how = { NULL, RK_TURNS_LAST };
	struct rk_reader *r = rk_reader_new(&in, err);
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_ids *ids = NULL;
	struct rk_batch *b;
	size_t i, cap = 0;

	if (r == NULL)
		fail(err);
	for (*n = 0; rk_reader_next(r, &b, err) == 0 && b != NULL;) {
		rk_batch_parse(b, pool);
		for (i = 0; i < b->n; i++) {
			struct rk_str text;
			RK_GROW(ids, *n, cap);
			memset(&ids[*n], 0, sizeof *ids);
			if (rk_err_is(&b->rec[i].err) ||
			    rk_rec_prompt(&b->rec[i], &how, &text, err) != 1 ||
			    rk_tok_encode_max(tok, s, text.p, text.n, TOKENS,
				&ids[(*n)++], err) != 0)
				fail(err);
		}
	}
	if (rk_err_is(err))
		fail(err);
	rk_reader_free(r);
	rk_tok_scratch_free(s);
	rk_pool_free(pool);
	return ids;
}

/* --- the machine's rate ------------------------------------------------------ */

struct product {
	float *a, *b, *c;
};

static void
multiply(void *ctx, size_t i, int thread)
{
	struct product *p = ctx;
	struct rk_mat a = { p->a, 1024 }, b = { p->b, 1024 };

	(void)thread;
	rk_mat_nt(p->c + i * 512 * 512, 512, a, b, 512, 512, 1024, 0);
}

enum { PRODUCTS = 4 }; /* of a thread in a round */

static double
round_flops(const struct rk_pool *pool)
{
	return (double)rk_pool_size(pool) * PRODUCTS * 2 * 512 * 512 * 1024;
}

static struct product
product_new(const struct rk_pool *pool)
{
	size_t n = (size_t)rk_pool_size(pool) * PRODUCTS, i;
	struct product p = { rk_floats(512 * 1024), rk_floats(512 * 1024),
		rk_floats(n * 512 * 512) };

	for (i = 0; i < 512 * 1024; i++)
		p.a[i] = p.b[i] = (float)(i % 1000) * .001f;
	return p;
}

static void
product_free(struct product *p)
{
	free(p->a);
	free(p->b);
	free(p->c);
}

/* --- steps --------------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A batch's texts, written to OUT with their labels; returns their tokens. */
static size_t
draw(struct rk_tune_text *text, const struct rk_ids *ids, size_t n, size_t step,
    FILE *out)
{
	static const float want[3][3] = { { 1, 0, 0 }, { 0, 1, 0 },
		{ 0, 0, 1 } };
	size_t i, j, tokens = 0;

	for (i = 0; i < BATCH; i++) {
		const struct rk_ids *of = &ids[(step * BATCH + i) * 71 % n];
		text[i].text.ids = (const uint32_t *)of->p;
		text[i].text.t = of->n;
		text[i].want = want[(step + i) % 3];
		tokens += of->n;
		for (j = 0; j < of->n; j++)
			fprintf(out, "%d ", (int)of->p[j]);
		fprintf(out, "%zu\n", (step + i) % 3);
	}
	return tokens;
}

/*
 * Steps of T on prompts of FILE, tokenized by DIR's tokenizer, whose ids go to
 * IDS, a text a line, for another program. FLOPS says how many multiplications
 * and additions the linear layers of a pass forward have, for TOKENS in N texts;
 * back to inputs and to weights they are BACK times that. Prints the median of
 * the steps, and the rate of it beside the machine's, which is taken after each
 * step, so that whatever else the machine does slows both.
 */
static void
bench(struct rk_tune *t, const char *dir, const char *file, const char *path,
    double (*flops)(double tokens, double n), double back, struct rk_pool *pool)
{
	struct rk_tune_text text[BATCH];
	double took[STEPS], rate[STEPS], share[STEPS], peak[STEPS], loss = 0;
	struct product product = product_new(pool);
	struct rk_buf json = { 0 };
	struct rk_err err = { "" };
	struct rk_ids *ids;
	struct rk_tok *tok;
	size_t n, i;
	FILE *out = fopen(path, "w");

	rk_buf_addf(&json, "%s/tokenizer.json", dir);
	tok = rk_tok_open(json.p, &err);
	if (tok == NULL || out == NULL)
		fail(&err);
	ids = load(file, tok, &n, &err);
	memset(text, 0, sizeof text);
	for (i = 0; i < WARM + STEPS; i++) {
		double tokens = (double)draw(text, ids, n, i, out);
		double start = seconds(), took_now;
		loss = rk_tune_step(t, text, BATCH, pool);
		took_now = seconds() - start;
		if (i < WARM)
			continue;
		took[i - WARM] = took_now;
		rate[i - WARM] = tokens / took_now;
		share[i - WARM] = (1 + back) * flops(tokens, BATCH) / took_now;
		start = seconds();
		rk_pool_run(pool, PRODUCTS * (size_t)rk_pool_size(pool),
		    multiply, &product);
		peak[i - WARM] = round_flops(pool) / (seconds() - start);
	}
	fclose(out);
	qsort(took, STEPS, sizeof *took, by_size);
	qsort(rate, STEPS, sizeof *rate, by_size);
	qsort(peak, STEPS, sizeof *peak, by_size);
	qsort(share, STEPS, sizeof *share, by_size);
	printf("%.4f s a step, %.0f tokens/s, %.1f GFLOP/s in linear layers of "
	       "%.1f in sgemm (%.2f), loss %.4f\n",
	    took[STEPS / 2], rate[STEPS / 2], 1e-9 * share[STEPS / 2],
	    1e-9 * peak[STEPS / 2], share[STEPS / 2] / peak[STEPS / 2], loss);
	product_free(&product);
	for (i = 0; i < n; i++)
		rk_ids_free(&ids[i]);
	free(ids);
	rk_tok_free(tok);
	rk_buf_free(&json);
}

#endif
