/*
 * train-step.c - seconds of a training step of an encoder, all weights, with
 * dropout, on batches of 16 prompts drawn from a JSON Lines file:
 *
 *	train-step DIR FILE.jsonl IDS JOBS
 *
 * writes the batches' token ids to IDS, a text a line, for train-step.py, and
 * prints the median of the steps, tokens a second, and the rate at which the
 * linear layers' products were done beside that of one product, of the same
 * kind, run on all threads at once: the machine's at that moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "io/batch.h"
#include "math/mat.h"
#include "nn/tune-encoder.h"
#include "text/tokenizer.h"

enum { BATCH = 16, WARM = 2, STEPS = 12, TOKENS = 512 };

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
	fprintf(stderr, "train-step: %s\n", err->msg);
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

static struct rk_tune *
open_tune(struct rk_config *c, const char *dir, struct rk_pool *pool,
    struct rk_err *err)
{
	struct rk_tune_options o = rk_tune_default();
	struct rk_weights_files files = { 0 };
	struct rk_tune *t = NULL;
	char path[4096];

	snprintf(path, sizeof path, "%s/config.json", dir);
	if (rk_config_open(c, path, err) == 0 &&
	    rk_weights_open(&files, dir, err) == 0)
		t = rk_tune_encoder(c, &files, NULL, &o, pool, err);
	if (t == NULL)
		fail(err);
	rk_weights_close(&files);
	return t;
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

/* Multiplications and additions a second, the best of some rounds. */
static double
machine(struct rk_pool *pool)
{
	size_t n = (size_t)rk_pool_size(pool) * 4, i;
	struct product p = { rk_floats(512 * 1024), rk_floats(512 * 1024),
		rk_floats(n * 512 * 512) };
	double best = 0, start, rate;

	for (i = 0; i < 512 * 1024; i++)
		p.a[i] = p.b[i] = (float)(i % 1000) * .001f;
	for (i = 0; i < 10; i++) {
		start = seconds();
		rk_pool_run(pool, n, multiply, &p);
		rate = (double)n * 2 * 512 * 512 * 1024 / (seconds() - start);
		best = rate > best ? rate : best;
	}
	free(p.a);
	free(p.b);
	free(p.c);
	return best;
}

/* --- steps --------------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A batch's texts, written to OUT; returns their tokens. */
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

int
main(int argc, char **argv)
{
	struct rk_err err = { "" };
	struct rk_tune_text text[BATCH];
	double took[STEPS], rate[STEPS], start, loss = 0, peak;
	size_t n, i, tokens;
	struct rk_pool *pool;
	struct rk_tune *t;
	struct rk_tok *tok;
	struct rk_ids *ids;
	struct rk_config c;
	char path[4096];
	FILE *out;

	if (argc != 5) {
		fprintf(stderr, "usage: train-step DIR FILE IDS JOBS\n");
		return 2;
	}
	pool = rk_pool_new(atoi(argv[4]));
	snprintf(path, sizeof path, "%s/tokenizer.json", argv[1]);
	tok = rk_tok_open(path, &err);
	out = fopen(argv[3], "w");
	if (tok == NULL || out == NULL)
		fail(&err);
	ids = load(argv[2], tok, &n, &err);
	t = open_tune(&c, argv[1], pool, &err);
	for (i = 0; i < WARM + STEPS; i++) {
		tokens = draw(text, ids, n, i, out);
		start = seconds();
		loss = rk_tune_step(t, text, BATCH, pool);
		if (i < WARM)
			continue;
		took[i - WARM] = seconds() - start;
		rate[i - WARM] = (double)tokens / took[i - WARM];
	}
	fclose(out);
	peak = machine(pool);
	qsort(took, STEPS, sizeof *took, by_size);
	qsort(rate, STEPS, sizeof *rate, by_size);
	/* forward, and back to inputs and to weights */
	printf("%.4f s a step, %.0f tokens/s, %.1f GFLOP/s in linear layers of "
	       "%.1f in sgemm (%.2f), loss %.4f\n",
	    took[STEPS / 2], rate[STEPS / 2],
	    3e-9 * rk_encoder_flops(&c) * rate[STEPS / 2], peak * 1e-9,
	    3 * rk_encoder_flops(&c) * rate[STEPS / 2] / peak, loss);
	for (i = 0; i < n; i++)
		rk_ids_free(&ids[i]);
	free(ids);
	rk_tok_free(tok);
	rk_tune_free(t);
	rk_pool_free(pool);
	return 0;
}
