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
enum { BATCH = 16, TOKENS = 512 };

#include "nn/tune-encoder.h"
#include "tests/bench/train.h"

static struct rk_config config;

static double
flops(double tokens, double n)
{
	(void)n;
	return tokens * rk_encoder_flops(&config);
}

static struct rk_tune *
open_tune(const char *dir, struct rk_pool *pool)
{
	struct rk_tune_options o = rk_tune_default();
	struct rk_weights_files files = { 0 };
	struct rk_err err = { "" };
	struct rk_tune *t = NULL;
	char path[4096];

	snprintf(path, sizeof path, "%s/config.json", dir);
	if (rk_config_open(&config, path, &err) == 0 &&
	    rk_weights_open(&files, dir, &err) == 0)
		t = rk_tune_encoder(&config, &files, NULL, &o, pool, &err);
	if (t == NULL)
		fail(&err);
	rk_weights_close(&files);
	return t;
}

int
main(int argc, char **argv)
{
	struct rk_pool *pool;
	struct rk_tune *t;

	if (argc != 5) {
		fprintf(stderr, "usage: train-step DIR FILE IDS JOBS\n");
		return 2;
	}
	pool = rk_pool_new(atoi(argv[4]));
	t = open_tune(argv[1], pool);
	bench(t, argv[1], argv[2], argv[3], flops, 2, pool);
	rk_tune_free(t);
	rk_pool_free(pool);
	return 0;
}
