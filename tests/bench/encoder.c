/*
 * encoder.c - how fast the encoder in the folder DIR embeds the prompts of a
 * file: texts to vectors in batches of 256 on two threads, as rl-embed does,
 * beside float32 sgemm by OpenBLAS on as many threads, in turn, batch by batch,
 * so that whatever else the machine does slows both. The ids of the texts and their vectors go to two files, for
 * encoder.py.
 *
 *	encoder DIR PROMPTS IDS VECTORS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "embed/embedder.h"
#include "io/json.h"
#include "nn/config.h"
#include "nn/encoder.h"
#include "text/tokenizer.h"

enum { JOBS = 2, BATCH = 256, REPEAT = 3, M = 1024, N = 1536, K = 384 };
enum { PRODUCTS = 100, TOKENS = 256 };

struct prompts {
	struct rk_str *text; /* [n] */
	size_t n, cap;
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
read_prompts(const char *path)
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

/* How many tokens there are; a line of ids a text goes to the file PATH. */
static size_t
write_ids(const struct prompts *p, const char *dir, const char *path)
{
	struct rk_buf name = { 0 };
	struct rk_err err = { "" };
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_ids ids = { 0 };
	FILE *f = need_file(path, "w");
	struct rk_tok *tok;
	size_t i, j, tokens = 0;
	double start, spent = 0;

	rk_buf_addf(&name, "%s/tokenizer.json", dir);
	tok = rk_tok_open(name.p, &err);
	need(tok == NULL ? -1 : 0, &err);
	for (i = 0; i < p->n; i++) {
		ids.n = 0;
		start = seconds();
		need(rk_tok_encode_max(tok, s, p->text[i].p, p->text[i].n,
			 TOKENS, &ids, &err),
		    &err);
		spent += seconds() - start;
		tokens += ids.n;
		for (j = 0; j < ids.n; j++)
			fprintf(f, "%d ", (int)ids.p[j]);
		fputc('\n', f);
	}
	fclose(f);
	printf(
	    "tokens, one thread: %.2f us each\n", 1e6 * spent / (double)tokens);
	rk_ids_free(&ids);
	rk_tok_free(tok);
	rk_tok_scratch_free(s);
	rk_buf_free(&name);
	return tokens;
}

/* --- sgemm ------------------------------------------------------------------- */

static void
product(void *ctx, size_t tile, int thread)
{
	float *x = (float *)ctx + (size_t)thread * (M * K + K * N + M * N);

	(void)tile;
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, x, K,
	    x + M * K, N, 0, x + M * K + K * N, N);
}

/* Seconds of one pass over the prompts, and of a sgemm after each batch. */
struct took {
	double embed, sgemm, products;
};

static void
pass(struct took *took, const struct prompts *p, struct rk_embed *e,
    float *room, struct rk_pool *pool, float *out)
{
	struct rk_err err = { "" };
	double start;
	size_t i, n;

	for (i = 0; i < p->n; i += n) {
		n = p->n - i < BATCH ? p->n - i : BATCH;
		start = seconds();
		need(rk_embed_texts(
			 e, p->text + i, n, pool, out + i * e->dim, &err),
		    &err);
		took->embed += seconds() - start;
		start = seconds();
		rk_pool_run(pool, PRODUCTS, product, room);
		took->sgemm += seconds() - start;
		took->products += PRODUCTS;
	}
}

int
main(int argc, char **argv)
{
	const size_t room = M * K + K * N + M * N;
	struct rk_pool *pool = rk_pool_new(JOBS);
	float *x = rk_calloc(JOBS * room, sizeof *x), *out;
	struct took took = { 0 };
	double rate, linear, flops;
	struct rk_err err = { "" };
	struct rk_params *set;
	struct rk_encoder *nn;
	struct rk_embed e;
	struct prompts p;
	size_t tokens;
	FILE *f;
	int i;

	if (argc != 5)
		return 2;
	p = read_prompts(argv[2]);
	tokens = write_ids(&p, argv[1], argv[3]);
	need(rk_embedder_choose(argv[1], &set, &err) ? 0 : -1, &err);
	need(rk_params_set(set, "max-tokens=256", &err), &err);
	need(rk_embed_open(&e, "encoder", set, pool, &err), &err);
	nn = rk_encoder_open(argv[1], &err);
	flops = rk_encoder_flops(&nn->config) * (double)tokens;
	out = rk_calloc(p.n * e.dim, sizeof *out);
	for (i = 0; i < REPEAT; i++)
		pass(&took, &p, &e, x, pool, out);
	took.embed /= REPEAT;
	rate = 2.0 * M * N * K * took.products / took.sgemm;
	linear = flops / took.embed;
	printf("%zu prompts, %zu tokens, %d threads: %.2f s, %.0f tokens/s\n",
	    p.n, tokens, JOBS, took.embed, (double)tokens / took.embed);
	printf("linear layers %.0f GFLOP/s, sgemm %.0f GFLOP/s: %.2f of it\n",
	    1e-9 * linear, 1e-9 * rate, linear / rate);
	f = need_file(argv[4], "w");
	fwrite(out, sizeof *out, p.n * e.dim, f);
	fclose(f);
	rk_embed_close(&e);
	rk_encoder_free(nn);
	rk_params_free(set);
	rk_pool_free(pool);
	for (tokens = 0; tokens < p.n; tokens++)
		free((char *)p.text[tokens].p);
	free(p.text);
	free(out);
	free(x);
	return 0;
}
