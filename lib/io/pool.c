/*
 * pool.c - threads that wait for work. A run hands out tile numbers from one
 * counter; the caller works too, so a pool of one thread has no threads.
 */
#include "io/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

struct worker {
	struct rk_pool *pool;
	pthread_t id;
	int thread; /* 1..size-1 */
};

struct rk_pool {
	int size;
	struct worker *workers; /* [size - 1] */
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	unsigned long run; /* number of the current run */
	int busy;          /* workers that have not finished it */
	int quit;
	void (*fn)(void *ctx, size_t tile, int thread);
	void *ctx;
	size_t tiles;
	atomic_size_t next;
};

static void
work(struct rk_pool *pool, int thread)
{
	size_t tile;

	while ((tile = atomic_fetch_add(&pool->next, 1)) < pool->tiles)
		pool->fn(pool->ctx, tile, thread);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct rk_pool *pool = w->pool;
	unsigned long seen = 0;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->quit && pool->run == seen)
			pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->quit)
			break;
		seen = pool->run;
		pthread_mutex_unlock(&pool->lock);
		work(pool, w->thread);
		pthread_mutex_lock(&pool->lock);
		if (--pool->busy == 0)
			pthread_cond_signal(&pool->idle);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct rk_pool *
rk_pool_new(int jobs)
{
	struct rk_pool *pool = rk_calloc(1, sizeof *pool);
	int i;

	if (jobs <= 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);
		jobs = n < 1 ? 1 : n > 256 ? 256 : (int)n;
	}
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wake, NULL);
	pthread_cond_init(&pool->idle, NULL);
	atomic_init(&pool->next, 0);
	pool->workers = rk_calloc((size_t)jobs, sizeof *pool->workers);
	pool->size = 1;
	for (i = 1; i < jobs; i++) {
		struct worker *w = &pool->workers[i - 1];
		w->pool = pool;
		w->thread = i;
		/* fewer threads change the time alone */
		if (pthread_create(&w->id, NULL, worker_main, w) != 0)
			break;
		pool->size = i + 1;
	}
	return pool;
}

void
rk_pool_free(struct rk_pool *pool)
{
	int i;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->quit = 1;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (i = 1; i < pool->size; i++)
		pthread_join(pool->workers[i - 1].id, NULL);
	pthread_cond_destroy(&pool->wake);
	pthread_cond_destroy(&pool->idle);
	pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool);
}

int
rk_pool_size(const struct rk_pool *pool)
{
	return pool->size;
}

void
rk_pool_run(struct rk_pool *pool, size_t tiles,
    void (*fn)(void *ctx, size_t tile, int thread), void *ctx)
{
	size_t i;

	if (pool->size == 1 || tiles < 2) {
		for (i = 0; i < tiles; i++)
			fn(ctx, i, 0);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->fn = fn;
	pool->ctx = ctx;
	pool->tiles = tiles;
	atomic_store(&pool->next, 0);
	pool->busy = pool->size - 1;
	pool->run++;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	work(pool, 0);
	pthread_mutex_lock(&pool->lock);
	while (pool->busy > 0)
		pthread_cond_wait(&pool->idle, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
