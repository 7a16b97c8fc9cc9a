/*
 * embed.c - how fast texts become vectors: rk_hash_text over the prompts of a
 * JSON Lines file, on one thread, in MB of text a second. The best of REPEAT
 * passes, since a pass is disturbed and never helped by what else runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "io/batch.h"
#include "text/hash-features.h"

enum { REPEAT = 5 };

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
	fprintf(stderr, "embed: %s\n", err->msg);
	exit(1);
}

/* The prompts of FILE, each new. */
static struct rk_str *
load(const char *file, size_t *n, struct rk_err *err)
{
	struct rk_input in = { &file, 1, 1 << 26, 0 };
	struct rk_prompt how = { NULL, RK_TURNS_LAST };
	struct rk_reader *r = rk_reader_new(&in, err);
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_str *texts = NULL;
	struct rk_batch *b;
	size_t i, cap = 0;

	if (r == NULL)
		fail(err);
	for (*n = 0; rk_reader_next(r, &b, err) == 0 && b != NULL;) {
		rk_batch_parse(b, pool);
		for (i = 0; i < b->n; i++) {
			struct rk_str s;
			if (rk_err_is(&b->rec[i].err) ||
			    rk_rec_prompt(&b->rec[i], &how, &s, err) != 1)
				fail(err);
			RK_GROW(texts, *n, cap);
			texts[*n].p = rk_strndup(s.p, s.n);
			texts[(*n)++].n = s.n;
		}
	}
	if (rk_err_is(err))
		fail(err);
	rk_reader_free(r);
	rk_pool_free(pool);
	return texts;
}

int
main(int argc, char **argv)
{
	struct rk_err err = { "" };
	struct rk_hash *f = rk_hash_new(1024);
	float out[1024];
	double best = 1e300, start, bytes = 0;
	size_t n, i, k;
	struct rk_str *texts;

	if (argc != 2) {
		fprintf(stderr, "usage: embed FILE.jsonl\n");
		return 2;
	}
	texts = load(argv[1], &n, &err);
	for (i = 0; i < n; i++)
		bytes += (double)texts[i].n;
	for (k = 0; k < REPEAT; k++) {
		start = seconds();
		for (i = 0; i < n; i++)
			if (rk_hash_text(
				f, out, texts[i].p, texts[i].n, &err) != 0)
				fail(&err);
		if (seconds() - start < best)
			best = seconds() - start;
	}
	printf("%.2f\n", bytes / best / 1e6);
	for (i = 0; i < n; i++)
		free((char *)texts[i].p);
	free(texts);
	rk_hash_free(f);
	return 0;
}
