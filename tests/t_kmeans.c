/*
 * t_kmeans.c - k-means from given centres against scikit-learn
 * (tests/golden/cluster); starts of its own; vectors that are few or alike.
 */
#include "base/rng.h"
#include "math/kmeans.h"
#include "tests/numbers.h"

static struct rk_pool *one, *three;

static void
check_start(FILE *f, const char *name, const float *start, const float *x,
    size_t n, size_t d, size_t k, double tolerance)
{
	static const char *const what[] = { "labels", "centres", "inertia",
		"steps" };
	const size_t size[] = { n, k * d, 1, 1 };
	struct rk_kmeans_how how = { k, 1, 300, tolerance, 1 };
	struct rk_kmeans got;
	double *want[4];
	char word[64];
	size_t i, same_label = 0;

	for (i = 0; i < 4; i++) {
		snprintf(word, sizeof word, "%s_%s", name, what[i]);
		want[i] = numbers_named(f, word, size[i]);
	}
	rk_kmeans_from(&got, start, x, n, d, &how, three);
	for (i = 0; i < n; i++)
		same_label += got.nearest[i] == want[0][i];
	ok(same_label == n, "%s: the clusters are scikit-learn's", name);
	near(numbers_apart(got.centre, want[1], k * d), 0, 1e-6,
	    "  and so are the centres");
	near(got.inertia / want[2][0], 1, 1e-6, "  and the inertia");
	near(got.steps, want[3][0], 0, "  and the number of steps");
	rk_kmeans_free(&got);
	for (i = 0; i < 4; i++)
		free(want[i]);
}

static void
check_fit(const float *x, size_t n, size_t d, size_t k, double best)
{
	struct rk_kmeans_how how = { k, 100, 300, 0, 5 };
	struct rk_kmeans a, b;
	double alone = INFINITY;

	rk_kmeans_fit(&a, x, n, d, &how, one);
	rk_kmeans_fit(&b, x, n, d, &how, three);
	ok(a.inertia <= best * (1 + 1e-6),
	    "100 starts end no higher than 100 of scikit-learn (%g, %g)",
	    a.inertia, best);
	ok(memcmp(a.centre, b.centre, k * d * sizeof *a.centre) == 0 &&
		memcmp(a.nearest, b.nearest, n * sizeof *a.nearest) == 0,
	    "1 and 3 threads have the same bytes");
	rk_kmeans_free(&b);
	how.restarts = 1;
	how.clusters = 1;
	rk_kmeans_fit(&b, x, n, d, &how, one);
	alone = b.inertia;
	rk_kmeans_free(&b);
	how.clusters = n + 5;
	rk_kmeans_fit(&b, x, n, d, &how, three);
	ok(b.clusters == n && b.inertia < 1e-4 && alone > a.inertia,
	    "as many clusters as vectors leave nothing (%g), one the most",
	    b.inertia);
	rk_kmeans_free(&b);
	rk_kmeans_free(&a);
}

/*
 * A cluster that starts where no vector is nearest gets one; where all vectors
 * lie on centres it stays empty.
 */
static void
check_empty(void)
{
	static const float x[8] = { 1, 0, 0.9f, 0, 0, 1, 0, 0.8f };
	static const float start[6] = { 1, 0, 0, 1, -9, -9 };
	static const float same[8] = { 1, 0, 1, 0, 1, 0, 1, 0 };
	struct rk_kmeans_how how = { 3, 2, 300, 0, 1 };
	struct rk_kmeans k;
	size_t i, count[3] = { 0 };

	rk_kmeans_from(&k, start, x, 4, 2, &how, one);
	for (i = 0; i < 4; i++)
		count[k.nearest[i]]++;
	ok(count[2] == 1 && k.nearest[2] != k.nearest[3] &&
		fabs(k.inertia - 0.005) < 1e-6,
	    "an empty cluster takes the farthest vector");
	rk_kmeans_free(&k);
	rk_kmeans_fit(&k, same, 4, 2, &how, one);
	ok(k.inertia < 1e-12 && k.nearest[0] == k.nearest[3],
	    "vectors that are all alike are one cluster");
	rk_kmeans_free(&k);
}

/* Tiles, strips and starts that end one after the other. */
static void
check_large(void)
{
	enum { N = 1100, D = 150, K = 7, STARTS = 6 };
	static float x[N * D];
	struct rk_kmeans_how how = { K, STARTS, 300, 1e-5, 3 };
	struct rk_kmeans all, again;
	double inertia = 0;
	struct rk_rng r;
	size_t i, j, c;
	int nearest = 1;

	rk_rng_init(&r, 4, 0);
	for (i = 0; i < N; i++)
		for (j = 0; j < D; j++)
			x[i * D + j] = (float)(rk_rng_normal(&r) +
			    (j % 12 == i % 12 ? 1.5 : 0));
	rk_kmeans_fit(&all, x, N, D, &how, three);
	for (i = 0; i < N; i++) {
		double least = INFINITY, own = 0;
		for (c = 0; c < K; c++) {
			double far = 0;
			for (j = 0; j < D; j++) {
				double gap = (double)x[i * D + j] -
				    all.centre[c * D + j];
				far += gap * gap;
			}
			least = fmin(least, far);
			own = c == all.nearest[i] ? far : own;
		}
		inertia += own;
		nearest = nearest && own < least * (1 + 1e-5);
	}
	ok(nearest, "each vector is with its nearest centre");
	near(all.inertia / inertia, 1, 1e-6, "the inertia is their distances'");
	rk_kmeans_from(&again, all.centre, x, N, D, &how, one);
	near(again.inertia / all.inertia, 1, 1e-4,
	    "from where it ended it goes nowhere");
	rk_kmeans_free(&all);
	rk_kmeans_free(&again);
}

int
main(void)
{
	FILE *f = numbers_open("tests/golden/cluster/cluster.txt");
	size_t n, d, k;
	char word[64];
	float *x, *start;
	double *best;

	one = rk_pool_new(1);
	three = rk_pool_new(3);
	numbers_word(f, word);
	n = (size_t)numbers_one(f);
	d = (size_t)numbers_one(f);
	k = (size_t)numbers_one(f);
	x = numbers_floats(f, "x", n * d);
	start = numbers_floats(f, "start", k * d);
	check_start(f, "strict", start, x, n, d, k, 0);
	check_start(f, "loose", start, x, n, d, k, 0.2);
	best = numbers_named(f, "best", 1);
	check_fit(x, n, d, k, *best);
	check_empty();
	check_large();
	free(x);
	free(start);
	free(best);
	fclose(f);
	rk_pool_free(one);
	rk_pool_free(three);
	return done();
}
