/*
 * pool.h - the program's threads. Work is cut into tiles by the caller; the
 * borders of tiles must depend on the input and never on the number of
 * threads, so that threads change the time and never the answer.
 */
#ifndef RK_IO_POOL_H
#define RK_IO_POOL_H

#include <stddef.h>

struct rk_pool;

/*
 * JOBS threads in all, the caller among them: 1 is a plain loop, and 0 means
 * one a processor that is online. New.
 */
struct rk_pool *rk_pool_new(int jobs);
void rk_pool_free(struct rk_pool *pool);
int rk_pool_size(const struct rk_pool *pool); /* threads, >= 1 */

/*
 * Calls FN(ctx, tile, thread) for tile 0..tiles-1, each once, in any order,
 * and returns when all are done. thread < rk_pool_size() names the caller's
 * scratch. FN must not call rk_pool_run on the same pool.
 */
void rk_pool_run(struct rk_pool *pool, size_t tiles,
    void (*fn)(void *ctx, size_t tile, int thread), void *ctx);

#endif
