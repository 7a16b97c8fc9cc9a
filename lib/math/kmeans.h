/*
 * kmeans.h - k-means: centres that make the sum of squared distances of the
 * vectors to the nearest of them, the inertia, as small as Lloyd's iteration
 * can from where it starts. On unit vectors that is a clustering by cosine.
 */
#ifndef RK_MATH_KMEANS_H
#define RK_MATH_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"

struct rk_kmeans_how {
	size_t clusters; /* at most n are made */
	int restarts;    /* starts, of which the best is kept */
	int most;        /* steps of a start */
	/*
	 * A start ends when no vector changes its cluster, or when the centres'
	 * squared moves sum to at most this times the mean variance of a
	 * dimension.
	 */
	double tolerance;
	uint64_t seed;
};

struct rk_kmeans {
	size_t n, d, clusters;
	float *centre;     /* [clusters, d], means of their vectors */
	uint32_t *nearest; /* [n]; of centres equally near, the first */
	double inertia;
	int steps; /* of the start that was kept */
};

/*
 * Clusters x[n, d], n >= 1, below 2^31, from starts by greedy k-means++ (Arthur
 * and Vassilvitskii, 2007): the next centre is the best of 2 + ln(clusters)
 * vectors drawn by their squared distance to the nearest centre so far. A
 * cluster that loses all its vectors takes the one that is farthest from its
 * centre; where all vectors lie on centres it stays empty. Release with
 * rk_kmeans_free.
 */
void rk_kmeans_fit(struct rk_kmeans *out, const float *x, size_t n, size_t d,
    const struct rk_kmeans_how *how, struct rk_pool *pool);
/* The same from start[how->clusters, d], once; clusters may pass n. */
void rk_kmeans_from(struct rk_kmeans *out, const float *start, const float *x,
    size_t n, size_t d, const struct rk_kmeans_how *how, struct rk_pool *pool);
void rk_kmeans_free(struct rk_kmeans *k);

#endif
