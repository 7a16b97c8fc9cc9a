/*
 * stored.h - for routers that keep the training prompts: their unit vectors in
 * the model file, and the cosines of a batch of queries to all of them, as many
 * queries at a time as a fixed scratch holds.
 */
#ifndef RK_ROUTE_STORED_H
#define RK_ROUTE_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "math/mat.h"
#include "route/router.h"

/*
 * Puts the tensor NAME [n, d]: the unit vectors of the prompts row[n], as
 * 16-bit floats where HALF is not 0. A zero vector stays zero. Returns them, as
 * rk_stored_open would; they live as long as W.
 */
struct rk_mat_rows rk_stored_put(const char *name, const struct rk_prefs *p,
    const uint32_t *row, size_t n, int half, struct rk_st_writer *w);

/* The tensor PREFIX + NAME, of either type, with 1 row at least. */
int rk_stored_open(struct rk_mat_rows *rows, const struct rk_st *st,
    const char *prefix, const char *name, struct rk_err *err);

/*
 * What is done with query I of a batch, whose unit vector is unit[d]. The
 * cosines [rows] are its to change; a file may hold anything where vectors
 * should be, so what is no cosine counts as 0.
 */
typedef void
rk_stored_fn(void *ctx, size_t i, const float *unit, float *cosine, int thread);

/*
 * What is done with the queries AT to AT + N when FN has had each of them:
 * left[n, rows] is what it left of the cosines. On the calling thread.
 */
typedef void
rk_stored_block_fn(void *ctx, size_t at, size_t n, const float *left);

/*
 * Calls FN for each query, in any order, on the pool's threads, and THEN, where
 * it is not NULL, for each block of them.
 */
void rk_stored_each(const struct rk_mat_rows *rows, const struct rk_queries *q,
    struct rk_pool *pool, rk_stored_fn *fn, rk_stored_block_fn *then,
    void *ctx);

#endif
