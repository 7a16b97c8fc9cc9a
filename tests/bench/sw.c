/*
 * sw.c - how fast sw scores: 55,000 battles of 64 models on prompts of 1,536
 * numbers, in batches of 256 queries, beside one float32 sgemm of the same
 * shape by OpenBLAS on as many threads. Writes the model file MODEL, and the
 * queries' embeddings and our scores to QUERIES and SCORES, for sw.py to refit.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "base/rng.h"
#include "route/router.h"

enum { N = 55000, D = 1536, K = 64, BATCH = 256, REPEAT = 5, TOPICS = 40 };

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
	fprintf(stderr, "sw: %s\n", what);
	exit(1);
}

/* x[n, D]: prompts around the centres of topics. */
static void
embeddings(float *x, size_t n, const float *centre, struct rk_rng *r)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		const float *c = centre + rk_rng_below(r, TOPICS) * D;
		for (j = 0; j < D; j++)
			x[i * D + j] = c[j] +
			    (float)(2 * rk_rng_unit(r) + rk_rng_unit(r) - 1.5);
	}
}

/* Some models meet far more often than others, as in an arena. */
static uint16_t
popular(struct rk_rng *r)
{
	double u = rk_rng_unit(r);

	return (uint16_t)(K * u * u * u);
}

static void
battles(struct rk_prefs *p, struct rk_cmp *cmp, size_t *first, uint8_t *valid,
    struct rk_rng *r)
{
	static char names[K][24], *name[K];
	double rating[K];
	size_t i;

	for (i = 0; i < K; i++) {
		snprintf(names[i], sizeof names[i], "m%zu", i);
		name[i] = names[i];
		rating[i] = 0.8 * rk_rng_normal(r);
	}
	rating[0] = 1.5;
	rating[K - 1] = 0;
	for (i = 0; i < N; i++) {
		struct rk_cmp *c = &cmp[i];
		double u = rk_rng_unit(r), gap;
		c->prompt = (uint32_t)i;
		c->a = popular(r);
		do
			c->b = popular(r);
		while (c->b == c->a);
		gap = rating[c->a] - rating[c->b];
		c->y = u < 0.3 ? 0.5f : rk_rng_unit(r) < 1 / (1 + exp(-gap));
		first[i] = i;
		valid[i] = 0;
	}
	first[N] = N;
	p->k = K;
	p->model = name;
	p->n = p->m = N;
	p->d = D;
	p->cmp = cmp;
	p->first = first;
	p->valid = valid;
	p->strong = 0;
	p->weak = K - 1;
}

/* Trains, writes and opens MODEL. */
static void *
make_model(const struct rk_prefs *p, const char *path, struct rk_pool *pool)
{
	const struct rk_router *r = rk_router_find("sw", NULL);
	struct rk_params *set = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	struct rk_err err = { "" };
	struct rk_buf names = { 0 };
	struct rk_st *st;
	size_t d, i;
	void *m;

	for (i = 0; i < p->k; i++)
		rk_buf_addf(&names, "%s\"%s\"", i ? "," : "[", p->model[i]);
	rk_buf_addc(&names, ']');
	rk_st_put_meta(w, "rk.version", "1.0");
	rk_st_put_meta(w, "rk.router", "sw");
	rk_st_put_meta(w, "rk.models", names.p);
	rk_st_put_meta(w, "rk.strong", p->model[p->strong]);
	rk_st_put_meta(w, "rk.weak", p->model[p->weak]);
	if (r->train(p, set, 1, pool, w, &report, &err) != 0 ||
	    rk_st_write(w, path, &err) != 0)
		die(err.msg);
	rk_st_writer_free(w);
	st = rk_st_open(path, &err);
	m = st ? r->open(st, "", p->k, set, 1, &d, &err) : NULL;
	if (m == NULL)
		die(err.msg);
	return m;
}

/* The best time of one batch of N queries. */
static double
time_score(void *m, const float *q, size_t n, struct rk_pool *pool, float *out)
{
	const struct rk_router *r = rk_router_find("sw", NULL);
	struct rk_queries batch = { n, D, NULL, q, NULL, NULL };
	const size_t rows[2] = { 0, K - 1 };
	double best = 1e9, t;
	int i;

	for (i = 0; i < REPEAT; i++) {
		t = seconds();
		r->score(m, &batch, rows, 2, pool, out);
		t = seconds() - t;
		best = t < best ? t : best;
	}
	return best;
}

static double
time_sgemm(const float *x, const float *q, float *c, int threads)
{
	double best = 1e9, t;
	int i;

	openblas_set_num_threads(threads);
	for (i = 0; i < REPEAT; i++) {
		t = seconds();
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BATCH, N,
		    D, 1, q, D, x, D, 0, c, N);
		t = seconds() - t;
		best = t < best ? t : best;
	}
	openblas_set_num_threads(1);
	return best;
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		die(path);
}

int
main(int argc, char **argv)
{
	float *x = rk_floats((size_t)N * D), *q = rk_floats(BATCH * D);
	float *centre = rk_calloc(TOPICS * D, sizeof *centre);
	float *c = rk_floats((size_t)BATCH * N), out[2 * BATCH];
	struct rk_cmp *cmp = rk_array(NULL, N, sizeof *cmp);
	size_t *first = rk_array(NULL, N + 1, sizeof *first);
	uint8_t *valid = rk_calloc(N, 1);
	struct rk_prefs p = { 0 };
	struct rk_rng r;
	void *m;
	int j;

	if (argc != 4)
		die("usage: sw MODEL QUERIES SCORES");
	rk_rng_init(&r, 1, 0);
	for (j = 0; j < TOPICS * D; j++)
		centre[j] = (float)rk_rng_normal(&r);
	embeddings(x, N, centre, &r);
	embeddings(q, BATCH, centre, &r);
	battles(&p, cmp, first, valid, &r);
	p.emb = x;
	for (j = 1; j <= 2; j++) {
		struct rk_pool *pool = rk_pool_new(j);
		double score, sgemm, one;
		m = make_model(&p, argv[1], pool);
		score = time_score(m, q, BATCH, pool, out);
		sgemm = time_sgemm(x, q, c, j);
		printf("sw, -j%d: %.3f ms a query in batches of %d; one sgemm "
		       "of that shape: %.3f ms; %.2f times as long\n",
		    j, score / BATCH * 1e3, BATCH, sgemm / BATCH * 1e3,
		    score / sgemm);
		write_file(argv[2], q, sizeof *q * BATCH * D);
		write_file(argv[3], out, sizeof out);
		one = time_score(m, q, 1, pool, out);
		printf("sw, -j%d: one query alone %.1f ms\n", j, one * 1e3);
		fflush(stdout);
		rk_pool_free(pool);
	}
	return 0;
}
