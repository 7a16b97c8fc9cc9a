/*
 * near.h - the nearest of many stored vectors, by cosine: x.y / (|x| |y|), and
 * 0 where either is the zero vector.
 */
#ifndef RK_MATH_NEAR_H
#define RK_MATH_NEAR_H

#include <stddef.h>

#include "io/pool.h"

#define RK_NEAR_NONE ((size_t)-1)

struct rk_near {
	size_t row; /* RK_NEAR_NONE: there is none that counts */
	float cosine;
};

/* Which stored vectors count for a query: all, all but its own, those before
 * its own. */
enum rk_near_which { RK_NEAR_ALL, RK_NEAR_OTHER, RK_NEAR_BEFORE };

/*
 * near[m]: for each of q[m, d] the nearest of rows[n, d]; the first of those
 * whose cosines, as floats, are equal. All are unit vectors or zero. own[m],
 * the row that a query is itself, is not looked at with RK_NEAR_ALL.
 *
 * A product in float finds the few rows that can be the nearest, and their
 * cosines are computed anew in double, so that a query's result has the same
 * bits in any company, for any number of threads and any BLAS. Takes 2 KiB a
 * query and thread.
 */
void rk_near_find(struct rk_near *near, const float *q, size_t m,
    const float *rows, size_t n, size_t d, const size_t *own,
    enum rk_near_which which, struct rk_pool *pool);

#endif
