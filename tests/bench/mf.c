/*
 * mf.c - how long an epoch of mf's training takes, and what validation loss it
 * reaches: battles of 64 models on 57,750 prompts of 1,536 numbers, 5 % of them
 * kept for validation, in the file DATA for mf.py to train on. Prompts lie
 * around topics, and what a model is good at goes by topic.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "route/router.h"

enum { N = 57750, D = 1536, K = 64, TOPICS = 40, EPOCHS = 10 };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
die(const char *what)
{
	fprintf(stderr, "mf: %s\n", what);
	exit(1);
}

/* x[d]: a unit vector; cosines are .2 in general, .5 within a topic. */
static void
embedding(float *x, const float *common, const float *topic, struct rk_rng *r)
{
	double size = 0;
	size_t j;

	for (j = 0; j < D; j++) {
		x[j] = common[j] * 0.45f + topic[j] * 0.55f +
		    0.7f * (float)rk_rng_normal(r);
		size += (double)x[j] * x[j];
	}
	for (j = 0; j < D; j++)
		x[j] = (float)(x[j] / sqrt(size));
}

static void
make(struct rk_prefs *p)
{
	static char *name[K];
	float *emb = rk_floats((size_t)N * D);
	float *centre = rk_floats((TOPICS + 1) * D);
	double skill[K][TOPICS];
	struct rk_cmp *cmp = rk_array(NULL, N, sizeof *cmp);
	size_t *first = rk_array(NULL, N + 1, sizeof *first), i, j;
	uint8_t *valid = rk_calloc(N, 1);
	struct rk_rng r;

	rk_rng_init(&r, 1, 0);
	for (i = 0; i < (TOPICS + 1) * (size_t)D; i++)
		centre[i] = (float)rk_rng_normal(&r);
	for (i = 0; i < K; i++) {
		double level = rk_rng_normal(&r);
		for (j = 0; j < TOPICS; j++)
			skill[i][j] = level + rk_rng_normal(&r);
	}
	for (i = 0; i < N; i++) {
		size_t topic = (size_t)rk_rng_below(&r, TOPICS);
		struct rk_cmp *c = &cmp[i];
		embedding(emb + i * D, centre, centre + (topic + 1) * D, &r);
		c->prompt = (uint32_t)i;
		c->a = (uint16_t)rk_rng_below(&r, K);
		c->b = (uint16_t)((c->a + 1 + rk_rng_below(&r, K - 1)) % K);
		c->y = rk_rng_unit(&r) <
		    1 / (1 + exp(skill[c->b][topic] - skill[c->a][topic]));
		first[i] = i;
		valid[i] = i % 20 == 19;
	}
	first[N] = N;
	*p = (struct rk_prefs){ .k = K,
		.model = name,
		.n = N,
		.d = D,
		.emb = emb,
		.valid = valid,
		.m = N,
		.cmp = cmp,
		.first = first,
		.strong = 0,
		.weak = 1 };
	free(centre);
}

/* Seconds; the report's JSON members in REPORT. */
static double
train(const struct rk_prefs *p, const char *const *set, int epochs, int jobs,
    char *report, size_t size)
{
	const struct rk_router *r = rk_router_find("mf", NULL);
	struct rk_params *params = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_pool *pool = rk_pool_new(jobs);
	struct rk_report rep = { .json = { 0 } };
	struct rk_err err = { "" };
	char n[32];
	double t;

	snprintf(n, sizeof n, "epochs=%d", epochs);
	rk_params_set(params, n, &err);
	for (; *set != NULL; set++)
		rk_params_set(params, *set, &err);
	if (rk_err_is(&err))
		die(err.msg);
	t = seconds();
	if (r->train(p, params, 1, pool, w, &rep, &err) != 0)
		die(err.msg);
	t = seconds() - t;
	snprintf(report, size, "%s", rep.json.p);
	rk_buf_free(&rep.json);
	rk_params_free(params);
	rk_st_writer_free(w);
	rk_pool_free(pool);
	return t;
}

static void
report(const struct rk_prefs *p, const char *what, const char *const *set)
{
	char text[256], once[256];
	int j;

	for (j = 1; j <= 2; j++) {
		double one = train(p, set, 1, j, once, sizeof once);
		double all = train(p, set, 1 + EPOCHS, j, text, sizeof text);
		printf("mf %s, -j%d: %.3f s an epoch; %s\n", what, j,
		    (all - one) / EPOCHS, text);
		fflush(stdout);
	}
}

static void
put(FILE *f, const void *x, size_t n)
{
	if (fwrite(x, 1, n, f) != n)
		die("the data cannot be written");
}

int
main(int argc, char **argv)
{
	const char *const ours[] = { "patience=1000", NULL };
	const char *const script[] = { "patience=1000", "batch=64", "lr=3e-4",
		"l2=1e-5", "noise=0.1", NULL };
	struct rk_prefs p;
	FILE *f;

	if (argc < 2)
		die("usage: mf DATA [KEY=VALUE]...");
	make(&p);
	if (argc > 2) {
		report(&p, "as told", (const char *const *)argv + 2);
		return 0;
	}
	f = fopen(argv[1], "wb");
	if (f == NULL)
		die(argv[1]);
	put(f, p.emb, (size_t)N * D * sizeof *p.emb);
	put(f, p.cmp, N * sizeof *p.cmp);
	put(f, p.valid, N);
	if (fclose(f) != 0)
		die(argv[1]);
	report(&p, "with the script's settings", script);
	report(&p, "by default", ours);
	return 0;
}
