/*
 * near.c - how long the products of 14,000 queries with 55,000 stored vectors
 * of 1,024 numbers take alone, in matrix products of 1,000 queries on each of
 * two threads: what rl-near on the files REF and IN, which are written here,
 * cannot be faster than.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/base64.h"
#include "math/mat.h"

enum { N = 55000, M = 14000, D = 1024, STEP = 1000, JOBS = 2, RUNS = 3 };

struct work {
	float *c; /* [JOBS, STEP, N] */
	const float *q, *rows;
};

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *
vectors(size_t n, uint64_t seed)
{
	float *x = rk_floats(n * D);
	struct rk_rng r;
	size_t i;

	rk_rng_init(&r, seed, 0);
	for (i = 0; i < n * D; i++)
		x[i] = (float)rk_rng_unit(&r) - .45f;
	rk_mat_unit_rows(x, x, n, D);
	return x;
}

static void
write_lines(const char *path, const float *x, size_t n)
{
	FILE *f = fopen(path, "w");
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; i < n && f != NULL; i++) {
		b.n = 0;
		rk_buf_addf(&b, "{\"id\":%zu,\"embedding\":\"", i);
		rk_buf_need(&b, D * 6);
		b.n += rk_base64_encode(
		    b.p + b.n, x + i * D, D * sizeof(float));
		rk_buf_adds(&b, "\"}\n");
		fwrite(b.p, 1, b.n, f);
	}
	rk_buf_free(&b);
	if (f == NULL || ferror(f) || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void
product(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	struct rk_mat q = { w->q + tile * STEP * D, D }, rows = { w->rows, D };

	rk_mat_nt(w->c + (size_t)thread * STEP * N, N, q, rows, STEP, N, D, 0);
}

int
main(int argc, char **argv)
{
	float *rows, *q;
	struct rk_pool *pool;
	struct work w;
	double t, best = INFINITY;
	int i;

	if (argc != 3) {
		fprintf(stderr, "usage: near REF IN\n");
		return 2;
	}
	rows = vectors(N, 1);
	q = vectors(M, 2);
	write_lines(argv[1], rows, N);
	write_lines(argv[2], q, M);
	w = (struct work){ rk_floats((size_t)JOBS * STEP * N), q, rows };
	pool = rk_pool_new(JOBS);
	product(&w, 0, 0); /* memory is there, threads are awake */
	for (i = 0; i < RUNS; i++) {
		t = seconds();
		rk_pool_run(pool, M / STEP, product, &w);
		best = fmin(best, seconds() - t);
	}
	printf("%.2f\n", best);
	rk_pool_free(pool);
	free(w.c);
	free(rows);
	free(q);
	return 0;
}
