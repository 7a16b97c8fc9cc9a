/* model.c - a model file and its router. */
#include "route/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
open_learner(struct rk_model *m, struct rk_err *err)
{
	const struct rk_card *c = &m->card;

	if (rk_learner_open(&m->learner, m->st, "", c->k, c->router, c->params,
		c->seed, err) != 0)
		return -1;
	m->d = m->learner.d;
	m->needs = m->learner.needs;
	return 0;
}

struct rk_model *
rk_model_from(struct rk_st *st, const char *rows, struct rk_err *err)
{
	struct rk_model *m = rk_calloc(1, sizeof *m);

	m->st = st;
	if (rk_card_read(&m->card, st, rows, err) == 0) {
		if (open_learner(m, err) == 0)
			return m;
		rk_err_in(err, "%s", rk_st_path(st));
	}
	rk_model_close(m);
	return NULL;
}

struct rk_model *
rk_model_open(const char *path, const char *rows, struct rk_err *err)
{
	struct rk_st *st = rk_st_open(path, err);

	return st == NULL ? NULL : rk_model_from(st, rows, err);
}

void
rk_model_close(struct rk_model *m)
{
	if (m == NULL)
		return;
	rk_learner_close(&m->learner);
	rk_card_free(&m->card);
	rk_st_close(m->st);
	free(m);
}

void
rk_model_score_pair(struct rk_model *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, float *score)
{
	rk_learner_score_pair(&m->learner, q, strong, weak, pool, score);
}
