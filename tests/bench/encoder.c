/*
 * encoder.c - how fast the encoder in the folder DIR embeds the prompts of a
 * file: texts to vectors in batches of 256 on two threads, as rl-embed does,
 * beside sgemm, batch by batch in turn. The ids of the texts and their vectors
 * go to two files, for encoder.py.
 *
 *	encoder DIR PROMPTS IDS VECTORS
 */
#include "embed/embedder.h"
#include "nn/config.h"
#include "nn/encoder.h"
#include "tests/bench/prompts.h"

enum { JOBS = 2, BATCH = 256, REPEAT = 3, TOKENS = 256 };

/* Returns the seconds of one pass over the prompts, with a sgemm after each
   batch. */
static double
pass(struct sgemm *sgemm, const struct prompts *p, struct rk_embed *e,
    struct rk_pool *pool, float *out)
{
	struct rk_err err = { "" };
	double start, took = 0;
	size_t i, n;

	for (i = 0; i < p->n; i += n) {
		n = p->n - i < BATCH ? p->n - i : BATCH;
		start = seconds();
		need(rk_embed_texts(
			 e, p->text + i, n, pool, out + i * e->dim, &err),
		    &err);
		took += seconds() - start;
		sgemm_run(sgemm, pool);
	}
	return took;
}

int
main(int argc, char **argv)
{
	struct rk_pool *pool = rk_pool_new(JOBS);
	struct sgemm sgemm = { 0 };
	double rate, linear, flops, took = 0;
	struct rk_err err = { "" };
	struct rk_params *set;
	struct rk_encoder *nn;
	struct rk_embed e;
	struct prompts p;
	float *out;
	FILE *f;
	int i;

	if (argc != 5)
		return 2;
	p = prompts_read(argv[2]);
	prompts_ids(&p, argv[1], TOKENS, argv[3]);
	need(rk_embedder_choose(argv[1], &set, &err) ? 0 : -1, &err);
	need(rk_params_set(set, "max-tokens=256", &err), &err);
	need(rk_embed_open(&e, "encoder", set, pool, &err), &err);
	nn = rk_encoder_open(argv[1], &err);
	flops = rk_encoder_flops(&nn->config) * (double)p.tokens;
	out = rk_calloc(p.n * e.dim, sizeof *out);
	for (i = 0; i < REPEAT; i++)
		took += pass(&sgemm, &p, &e, pool, out) / REPEAT;
	rate = sgemm_rate(&sgemm);
	linear = flops / took;
	printf("%zu prompts, %zu tokens, %d threads: %.2f s, %.0f tokens/s\n",
	    p.n, p.tokens, JOBS, took, (double)p.tokens / took);
	printf("linear layers %.0f GFLOP/s, sgemm %.0f GFLOP/s: %.2f of it\n",
	    1e-9 * linear, 1e-9 * rate, linear / rate);
	f = need_file(argv[4], "w");
	fwrite(out, sizeof *out, p.n * e.dim, f);
	fclose(f);
	rk_embed_close(&e);
	rk_encoder_free(nn);
	rk_params_free(set);
	rk_pool_free(pool);
	prompts_free(&p);
	free(sgemm.x);
	free(out);
	return 0;
}
