/*
 * random.c - the control that knows nothing: a uniform number that depends on
 * the query's content and the seed alone, so that a query has the same score
 * wherever it stands in the input.
 */
#include <stdlib.h>

#include "base/num.h"
#include "route/router.h"

struct model {
	uint64_t seed;
};

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	(void)p, (void)set, (void)seed, (void)pool, (void)w, (void)report;
	(void)err;
	return 0; /* the file's seed says it all */
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_malloc(sizeof *m);

	(void)st, (void)prefix, (void)k, (void)set, (void)err;
	m->seed = rk_num_mix(seed + 0x9e3779b97f4a7c15u);
	*d = 0;
	return m;
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	size_t i;

	(void)rows, (void)cols, (void)pool;
	for (i = 0; i < q->n; i++) {
		uint64_t bits = rk_num_mix(q->digest[i] ^ m->seed);
		scores[i] = (float)(bits >> 40) * 0x1p-24f;
	}
}

const struct rk_router rk_router_random = {
	.name = "random",
	.about = "control: a uniform number from the query and the seed",
	.needs = RK_NEEDS_DIGEST,
	.link = RK_LINK_PAIR,
	.train = train,
	.open = model_open,
	.score = score,
	.close = free,
};
