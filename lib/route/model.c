/* model.c - a model file and its router. */
#include "route/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/pairs.h"

static int
set_one(void *ctx, const char *key, const char *value, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int rc;

	rk_buf_addf(&b, "%s=%s", key, value);
	rc = rk_params_set(ctx, b.p, err);
	rk_buf_free(&b);
	return rc;
}

static int
open_router(struct rk_model *m, struct rk_err *err)
{
	m->router = rk_router_find(m->card.router, err);
	if (m->router == NULL)
		return -1;
	m->set = rk_params_new(m->router->params);
	if (m->card.params != NULL &&
	    rk_pairs_each(m->card.params, set_one, m->set, err) != 0)
		return rk_err_in(err, "rk.params");
	m->state = m->router->open(
	    m->st, "", m->card.k, m->set, m->card.seed, &m->d, err);
	if (m->state != NULL && m->d > RK_ROUTER_MAX_DIM)
		return rk_err_set(err,
		    "embeddings of %zu numbers, expected at most %d", m->d,
		    RK_ROUTER_MAX_DIM);
	return m->state == NULL ? -1 : 0;
}

struct rk_model *
rk_model_from(struct rk_st *st, const char *rows, struct rk_err *err)
{
	struct rk_model *m = rk_calloc(1, sizeof *m);

	m->st = st;
	if (rk_card_read(&m->card, st, rows, err) == 0) {
		if (open_router(m, err) == 0)
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
	if (m->state != NULL)
		m->router->close(m->state);
	rk_params_free(m->set);
	rk_card_free(&m->card);
	rk_st_close(m->st);
	free(m);
}

void
rk_model_score_pair(struct rk_model *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, float *score)
{
	const size_t rows[2] = { strong, weak };
	size_t cols = m->router->link == RK_LINK_PAIR ? 1 : 2, i;
	float *out = rk_floats(q->n * cols);

	m->router->score(m->state, q, rows, cols, pool, out);
	for (i = 0; i < q->n; i++)
		score[i] = cols == 1 ? out[i]
				     : (float)rk_router_pair(m->router->link,
					   out[2 * i], out[2 * i + 1]);
	free(out);
}
