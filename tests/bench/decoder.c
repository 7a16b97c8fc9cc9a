/*
 * decoder.c - how fast the decoder in the folder DIR reads the prompts of a
 * file: token ids to each prompt's last state and the logits of five tokens, as
 * a router asks for them, in batches of 256 on JOBS threads, beside sgemm, batch
 * by batch in turn. Once with the weights widened, once with all of them left in
 * the file, and once behind a prefix that all prompts share. The ids and the
 * logits go to two files, for decoder.py.
 *
 *	decoder DIR PROMPTS IDS LOGITS JOBS
 */
#include "nn/decoder.h"
#include "tests/bench/prompts.h"

enum { BATCH = 256, REPEAT = 3, LABELS = 5, PREFIX = 64 };

struct run {
	const struct rk_decoder *e;
	const struct rk_decoder_prefix *prefix;
	struct rk_text *text; /* [n] */
	size_t n;
	struct rk_pool *pool;
	float *x, *z; /* [n, d], [n, LABELS] */
};

/* The seconds of one pass over the texts, with a sgemm after each batch. */
static double
pass(const struct run *r, struct sgemm *sgemm)
{
	static const uint32_t labels[LABELS] = { 3, 4, 5, 6, 7 };
	struct rk_decoder_last s = { .decoder = r->e };
	size_t d = r->e->config.d, i, n;
	double start, took = 0;

	for (i = 0; i < r->n; i += n) {
		n = r->n - i < BATCH ? r->n - i : BATCH;
		start = seconds();
		rk_decoder_last(
		    &s, r->x + i * d, r->prefix, r->text + i, n, r->pool);
		rk_decoder_logits(
		    r->e, r->z + i * LABELS, r->x + i * d, n, labels, LABELS);
		took += seconds() - start;
		sgemm_run(sgemm, r->pool);
	}
	rk_decoder_last_free(&s);
	return took;
}

/* The best of some passes, and what the machine could do meanwhile. */
static double
measure(const struct run *r, const char *what)
{
	struct sgemm sgemm = { 0 };
	double took = 0, flops = 0, rate, linear;
	size_t tokens = 0, i;
	int k;

	for (i = 0; i < r->n; i++) {
		tokens += r->text[i].t;
		flops += rk_decoder_flops(&r->e->config, r->text[i].t);
	}
	for (k = 0; k < REPEAT; k++)
		took += pass(r, &sgemm) / REPEAT;
	rate = sgemm_rate(&sgemm);
	linear = flops / took;
	free(sgemm.x);
	printf("%s: %zu tokens, %.2f s, %.0f tokens/s; linear layers %.0f "
	       "GFLOP/s, sgemm %.0f GFLOP/s: %.2f of it\n",
	    what, tokens, took, (double)tokens / took, 1e-9 * linear,
	    1e-9 * rate, linear / rate);
	return took;
}

/* Behind a prefix of PREFIX tokens, those of the first long text. */
static void
measure_prefix(struct run *r)
{
	size_t most = r->e->config.tokens, i;
	uint32_t ids[PREFIX];
	double with, without;
	struct rk_text *whole = rk_array(NULL, r->n, sizeof *whole);
	struct run all = *r;

	for (i = 0; i < PREFIX; i++)
		ids[i] = r->text[0].ids[i % r->text[0].t];
	for (i = 0; i < r->n; i++) {
		uint32_t *both = rk_array(NULL, most, sizeof *both);
		if (r->text[i].t > most - PREFIX)
			r->text[i].t = most - PREFIX;
		memcpy(both, ids, sizeof ids);
		memcpy(
		    both + PREFIX, r->text[i].ids, r->text[i].t * sizeof *both);
		whole[i] = (struct rk_text){ both, PREFIX + r->text[i].t };
	}
	all.text = whole;
	without = measure(&all, "64 tokens more before each");
	r->prefix = rk_decoder_prefix_new(r->e, ids, PREFIX);
	with = measure(r, "the same, kept as a prefix");
	printf("a prompt: %.2f ms, with the prefix kept %.2f ms\n",
	    1e3 * without / (double)r->n, 1e3 * with / (double)r->n);
	rk_decoder_prefix_free(
	    (struct rk_decoder_prefix *)(uintptr_t)r->prefix);
	for (i = 0; i < r->n; i++)
		free((uint32_t *)(uintptr_t)whole[i].ids);
	free(whole);
}

int
main(int argc, char **argv)
{
	struct rk_err err = { "" };
	struct rk_decoder *e;
	struct run r = { 0 };
	struct prompts p;
	size_t i;
	FILE *f;

	if (argc != 6)
		return 2;
	r.pool = rk_pool_new(atoi(argv[5]));
	e = rk_decoder_open(argv[1], &err);
	need(e == NULL ? -1 : 0, &err);
	need(rk_decoder_widen(e, RK_DECODER_BUDGET, r.pool, &err), &err);
	p = prompts_read(argv[2]);
	prompts_ids(&p, argv[1], e->config.tokens, argv[3]);
	r.e = e;
	r.n = p.n;
	r.x = rk_floats(p.n * e->config.d);
	r.z = rk_floats(p.n * LABELS);
	r.text = rk_array(NULL, p.n, sizeof *r.text);
	for (i = 0; i < p.n; i++)
		r.text[i] = (struct rk_text){ (uint32_t *)p.ids[i].p,
			p.ids[i].n };
	printf("%zu prompts, %d threads\n", p.n, rk_pool_size(r.pool));
	measure(&r, "widened");
	f = need_file(argv[4], "w");
	fwrite(r.z, sizeof *r.z, p.n * LABELS, f);
	fclose(f);
	need(rk_decoder_widen(e, 0, r.pool, &err), &err);
	measure(&r, "mapped");
	need(rk_decoder_widen(e, RK_DECODER_BUDGET, r.pool, &err), &err);
	measure_prefix(&r);
	rk_decoder_free(e);
	rk_pool_free(r.pool);
	prompts_free(&p);
	free(r.text);
	free(r.x);
	free(r.z);
	return 0;
}
