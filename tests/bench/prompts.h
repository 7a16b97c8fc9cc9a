/*
 * prompts.h - what the benches of encoders and decoders have in common: the
 * prompts of a file as token ids, the clock, and float32 sgemm by OpenBLAS on
 * as many threads, to be run in turn with what is measured, so that whatever
 * else the machine does slows both.
 */
#ifndef RK_BENCH_PROMPTS_H
#define RK_BENCH_PROMPTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "base/mem.h"
#include "io/json.h"
#include "io/pool.h"
#include "text/tokenizer.h"

struct prompts {
	struct rk_str *text; /* [n] */
	struct rk_ids *ids;  /* [n], by prompts_ids */
	size_t n, cap, tokens;
};

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
need(int rc, const struct rk_err *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench: %s\n", err->msg);
	exit(1);
}

static FILE *
need_file(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	return f;
}

static struct prompts
prompts_read(const char *path)
{
	struct prompts p = { 0 };
	struct rk_err err = { "" };
	FILE *f = need_file(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		struct rk_json *doc = rk_json_new(line, (size_t)n, &err);
		const char *s = rk_json_str(rk_json_get(doc, "prompt"));
		need(s != NULL ? 0 : rk_err_set(&err, "a line has no prompt"),
		    &err);
		RK_GROW(p.text, p.n, p.cap);
		p.text[p.n].p = rk_strdup(s);
		p.text[p.n++].n = strlen(s);
		rk_json_free(doc);
	}
	free(line);
	fclose(f);
	return p;
}

/*
 * The ids of each, at most MOST, by DIR/tokenizer.json; a line of them a text
 * goes to the file PATH.
 */
static void
prompts_ids(struct prompts *p, const char *dir, size_t most, const char *path)
{
	struct rk_buf name = { 0 };
	struct rk_err err = { "" };
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	FILE *f = need_file(path, "w");
	struct rk_tok *tok;
	size_t i, j;
	double start, spent = 0;

	rk_buf_addf(&name, "%s/tokenizer.json", dir);
	tok = rk_tok_open(name.p, &err);
	need(tok == NULL ? -1 : 0, &err);
	p->ids = rk_calloc(p->n, sizeof *p->ids);
	for (i = 0; i < p->n; i++) {
		struct rk_ids *ids = &p->ids[i];
		start = seconds();
		need(rk_tok_encode_max(
			 tok, s, p->text[i].p, p->text[i].n, most, ids, &err),
		    &err);
		spent += seconds() - start;
		p->tokens += ids->n;
		for (j = 0; j < ids->n; j++)
			fprintf(f, "%d ", (int)ids->p[j]);
		fputc('\n', f);
	}
	fclose(f);
	printf("tokens, one thread: %.2f us each\n",
	    1e6 * spent / (double)p->tokens);
	rk_tok_free(tok);
	rk_tok_scratch_free(s);
	rk_buf_free(&name);
}

static void
prompts_free(struct prompts *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free((char *)p->text[i].p);
		rk_ids_free(&p->ids[i]);
	}
	free(p->text);
	free(p->ids);
}

/* --- sgemm ------------------------------------------------------------------- */

enum { SGEMM_M = 1024, SGEMM_N = 1536, SGEMM_K = 384, SGEMM_RUN = 100 };
enum { SGEMM_ROOM = SGEMM_M * SGEMM_K + SGEMM_K * SGEMM_N + SGEMM_M * SGEMM_N };

struct sgemm {
	float *x; /* [threads, room] */
	double products, took;
};

static void
sgemm_product(void *ctx, size_t tile, int thread)
{
	float *x = (float *)ctx + (size_t)thread * SGEMM_ROOM;

	(void)tile;
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SGEMM_M, SGEMM_N,
	    SGEMM_K, 1, x, SGEMM_K, x + SGEMM_M * SGEMM_K, SGEMM_N, 0,
	    x + SGEMM_M * SGEMM_K + SGEMM_K * SGEMM_N, SGEMM_N);
}

/* Some hundred products over the pool. Start it as { 0 }; free(s.x). */
static void
sgemm_run(struct sgemm *s, struct rk_pool *pool)
{
	double start;

	if (s->x == NULL)
		s->x = rk_calloc(
		    (size_t)rk_pool_size(pool) * SGEMM_ROOM, sizeof *s->x);
	start = seconds();
	rk_pool_run(pool, SGEMM_RUN, sgemm_product, s->x);
	s->took += seconds() - start;
	s->products += SGEMM_RUN;
}

static double
sgemm_rate(const struct sgemm *s)
{
	return 2.0 * SGEMM_M * SGEMM_N * SGEMM_K * s->products / s->took;
}

#endif
