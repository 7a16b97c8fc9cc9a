/*
 * knn.c - how fast knn scores: 55,000 prompts of 1,024 numbers that two models
 * answered, in batches of 256 queries, beside one float32 sgemm of the same
 * shape by OpenBLAS on as many threads, alternating, the least of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cblas.h>

#include "base/rng.h"
#include "route/router.h"

enum { N = 55000, D = 1024, K = 2, BATCH = 256, REPEAT = 7, TOPICS = 40 };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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

static void *
make_model(const struct rk_prefs *p, struct rk_pool *pool, struct rk_buf *bytes)
{
	const struct rk_router *r = rk_router_find("knn", NULL);
	struct rk_params *set = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	struct rk_err err = { "" };
	void *m = NULL;
	size_t d;

	if (r->train(p, set, 1, pool, w, &report, &err) == 0 &&
	    rk_st_write_mem(w, bytes, &err) == 0)
		m = r->open(rk_st_open_mem(bytes->p, bytes->n, &err), "", K,
		    set, 1, &d, &err);
	if (m == NULL) {
		fprintf(stderr, "knn: %s\n", err.msg);
		exit(1);
	}
	rk_st_writer_free(w);
	return m;
}

int
main(int argc, char **argv)
{
	char a[] = "a", b[] = "b", *name[K] = { a, b };
	const struct rk_router *r = rk_router_find("knn", NULL);
	struct rk_pool *pool = rk_pool_new(argc > 1 ? atoi(argv[1]) : 1);
	float *emb = rk_floats((size_t)N * D), *centre = rk_floats(TOPICS * D);
	float *quality = rk_floats(N * K), *q = rk_floats(BATCH * D);
	float *c = rk_floats((size_t)N * BATCH), *out = rk_floats(BATCH * K);
	uint8_t *valid = rk_calloc(N, 1);
	size_t *first = rk_calloc(N + 1, sizeof *first), i;
	struct rk_prefs p = { .k = K,
		.model = name,
		.n = N,
		.d = D,
		.emb = emb,
		.valid = valid,
		.first = first,
		.weak = 1,
		.quality = quality };
	struct rk_queries queries = { BATCH, D, NULL, q, NULL, NULL };
	double ours = 1e9, sgemm = 1e9, at;
	struct rk_buf bytes = { 0 };
	struct rk_rng rng;
	void *m;

	rk_rng_init(&rng, 1, 0);
	for (i = 0; i < TOPICS * D; i++)
		centre[i] = (float)rk_rng_normal(&rng);
	embeddings(emb, N, centre, &rng);
	embeddings(q, BATCH, centre, &rng);
	for (i = 0; i < N * K; i++)
		quality[i] = rk_rng_unit(&rng) < 0.6;
	m = make_model(&p, pool, &bytes);
	for (i = 0; i < REPEAT; i++) {
		openblas_set_num_threads(rk_pool_size(pool));
		at = seconds();
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BATCH, N,
		    D, 1, q, D, emb, D, 0, c, N);
		at = seconds() - at;
		sgemm = at < sgemm ? at : sgemm;
		openblas_set_num_threads(1);
		at = seconds();
		r->score(m, &queries, (size_t[]){ 0, 1 }, K, pool, out);
		at = seconds() - at;
		ours = at < ours ? at : ours;
	}
	printf("knn, %d prompts x %d, %d threads: %.0f queries/s, %.2f times "
	       "its sgemm (%.0f queries/s)\n",
	    N, D, rk_pool_size(pool), BATCH / ours, ours / sgemm,
	    BATCH / sgemm);
	return ours > 2 * sgemm;
}
