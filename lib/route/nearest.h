/*
 * nearest.h - the k stored prompts whose cosines to a query are largest. Of
 * equal cosines the first row is the nearer.
 */
#ifndef RK_ROUTE_NEAREST_H
#define RK_ROUTE_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#include "math/mat.h"

/* The scratch of one thread. */
struct rk_nearest {
	size_t k;
	uint64_t *key; /* [rows + 2 k] */
	uint32_t *row; /* [k] */
	float *wide;   /* [d], for half floats */
};

/* [threads] of them, for 1 <= k <= rows->n. New. */
struct rk_nearest *
rk_nearest_new(const struct rk_mat_rows *rows, size_t k, size_t threads);
void rk_nearest_free(struct rk_nearest *s, size_t threads);

/*
 * s->row[k] := the nearest to unit[d], rising; cosine[rows] are the products
 * in float, as rk_stored_each gives them.
 */
void rk_nearest_find(struct rk_nearest *s, const struct rk_mat_rows *rows,
    const float *unit, const float *cosine);

/* row[k], value[k] := the same, the nearest first, and their cosines. */
void rk_nearest_first(struct rk_nearest *s, const struct rk_mat_rows *rows,
    const float *unit, const float *cosine, uint32_t *row, float *value);

#endif
