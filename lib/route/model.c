/* model.c - a model file and its router. */
#include "route/model.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/bt.h"

/* The tensors calibration.x and .y [n], of the default pair. */
static int
open_calibration(struct rk_model *m, struct rk_err *err)
{
	size_t any = SIZE_MAX;
	const struct rk_tensor *x, *y;

	if (rk_st_find(m->st, "calibration.x") == NULL)
		return 0;
	x = rk_router_tensor(m->st, "", "calibration.x", RK_F64, 1, &any, err);
	y = x ? rk_router_tensor(
		    m->st, "", "calibration.y", RK_F64, 1, x->shape, err)
	      : NULL;
	if (y == NULL)
		return -1;
	m->calibration = (struct rk_calibration){ x->count, (double *)x->data,
		(double *)y->data };
	return rk_calibrate_check(&m->calibration, err) == 0
	    ? 0
	    : rk_err_in(err, "calibration");
}

static int
open_learner(struct rk_model *m, struct rk_err *err)
{
	const struct rk_card *c = &m->card;

	if (rk_learner_open(&m->learner, m->st, "", c->k, c->router, c->params,
		c->seed, err) != 0)
		return -1;
	if (rk_costs_open(&m->costs, m->st, c->k, err) != 0)
		return -1;
	if (open_calibration(m, err) != 0)
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

int
rk_model_check_pair(
    const struct rk_model *m, size_t strong, size_t weak, struct rk_err *err)
{
	const struct rk_card *c = &m->card;

	if (!(m->needs & RK_OWN_PAIR) ||
	    (strong == c->strong && weak == c->weak))
		return 0;
	return rk_err_set(err,
	    "%s scores the pair alone that it was trained for: %s and %s",
	    c->router, c->strong < c->k ? c->model[c->strong] : "(none)",
	    c->weak < c->k ? c->model[c->weak] : "(none)");
}

int
rk_model_calibrates(const struct rk_model *m, size_t strong, size_t weak)
{
	return m->calibration.n > 0 && strong == m->card.strong &&
	    weak == m->card.weak;
}

void
rk_model_score_pair(struct rk_model *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, double *score)
{
	float *raw = rk_floats(q->n);
	int map = rk_model_calibrates(m, strong, weak);
	size_t i;

	rk_learner_score_pair(&m->learner, q, strong, weak, pool, raw);
	for (i = 0; i < q->n; i++)
		score[i] = map ? rk_calibrate(&m->calibration, (double)raw[i])
			       : (double)raw[i];
	free(raw);
}

void
rk_model_score_all(struct rk_model *m, const struct rk_queries *q,
    struct rk_pool *pool, float *out)
{
	size_t k = m->card.k, *rows = rk_calloc(k, sizeof *rows), i;
	double *work = rk_array(NULL, 2 * k, sizeof *work);

	for (i = 0; i < k; i++)
		rows[i] = i;
	rk_learner_score(&m->learner, q, rows, k, pool, out);
	if (rk_router_link(m->learner.router, m->learner.set) ==
	    RK_LINK_LOGISTIC)
		for (i = 0; i < q->n; i++)
			rk_bt_win_rates(out + i * k, out + i * k, k, work);
	else
		for (i = 0; i < q->n * k; i++)
			out[i] = out[i] < 0 ? 0 : out[i] > 1 ? 1 : out[i];
	free(work);
	free(rows);
}
