/*
 * train-decoder.c - seconds of a training step of a decoder on batches of 8
 * prompts drawn from a JSON Lines file, all weights or adapters of rank 8:
 *
 *	train-decoder DIR FILE.jsonl IDS JOBS all|lora
 *
 * The rest is as in train-step.c.
 */
enum { BATCH = 8, TOKENS = 256 };

#include "nn/tune-decoder.h"
#include "tests/bench/train.h"

static struct rk_decoder_config config;

/* In the last layer all but keys and values are of a text's last token alone. */
static double
flops(double tokens, double n)
{
	double d = (double)config.d, q = (double)(config.heads * config.head);
	double kv = (double)(config.groups * config.head);
	double rest = 2 * (2 * d * q + 3 * d * (double)config.ffn);

	return (double)config.layers * tokens * 4 * d * kv +
	    ((double)(config.layers - 1) * tokens + n) * rest;
}

int
main(int argc, char **argv)
{
	const struct rk_tune_lora lora = { 8, 16, RK_TUNE_ON_ALL };
	struct rk_tune_options o = rk_tune_default();
	struct rk_weights_files files = { 0 };
	struct rk_err err = { "" };
	struct rk_tune *t = NULL;
	struct rk_pool *pool;
	char path[4096];
	int all;

	if (argc != 6) {
		fprintf(stderr,
		    "usage: train-decoder DIR FILE IDS JOBS all|lora\n");
		return 2;
	}
	all = strcmp(argv[5], "all") == 0;
	pool = rk_pool_new(atoi(argv[4]));
	o.drop = 0;
	snprintf(path, sizeof path, "%s/config.json", argv[1]);
	if (rk_decoder_config_open(&config, path, &err) == 0 &&
	    rk_weights_open(&files, argv[1], &err) == 0)
		t = rk_tune_decoder(
		    &config, &files, NULL, all ? NULL : &lora, &o, pool, &err);
	if (t == NULL)
		fail(&err);
	/* adapters have weights' gradients of their own, which are few */
	bench(t, argv[1], argv[2], argv[3], flops, all ? 2 : 1, pool);
	rk_tune_free(t);
	rk_weights_close(&files);
	rk_pool_free(pool);
	return 0;
}
