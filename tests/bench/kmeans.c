/*
 * kmeans.c - 25 clusters of the vectors in the file X (5,000 x 4,096 floats),
 * 10 starts, tolerance 1e-4, by seeds 0 to SEEDS - 1; prints, a line a seed,
 * the seconds, the inertia and the steps of the start that was kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "math/kmeans.h"

enum { N = 5000, D = 4096, K = 25 };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	float *x = rk_floats((size_t)N * D);
	struct rk_pool *pool = rk_pool_new(argc > 3 ? atoi(argv[3]) : 2);
	int seeds = argc > 2 ? atoi(argv[2]) : 1, i;
	FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;

	if (f == NULL || fread(x, sizeof *x, (size_t)N * D, f) != N * D) {
		fprintf(stderr, "kmeans: usage: kmeans X [SEEDS [JOBS]]\n");
		return 1;
	}
	fclose(f);
	for (i = 0; i < seeds; i++) {
		struct rk_kmeans_how how = { K, 10, 300, 1e-4, (uint64_t)i };
		struct rk_kmeans k;
		double t = seconds();
		rk_kmeans_fit(&k, x, N, D, &how, pool);
		printf("%.4f %.9g %d\n", seconds() - t, k.inertia, k.steps);
		fflush(stdout);
		rk_kmeans_free(&k);
	}
	rk_pool_free(pool);
	free(x);
	return 0;
}
