/* learner.c - a router behind its features. */
#include "route/learner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/pairs.h"

/* --- training ------------------------------------------------------------- */

int
rk_learner_train(const struct rk_learner_how *how, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_features f = *how->features;
	struct rk_prefs seen = *p;
	float *emb = NULL;
	int rc;

	if (f.on && (how->router->needs & RK_NEEDS_EMBEDDING) &&
	    rk_features_fit(&f, p, err) != 0)
		return -1;
	if (f.on && (how->router->needs & RK_NEEDS_EMBEDDING)) {
		seen.parts = 0;
		seen.d = rk_features_dim(&f);
		emb = rk_floats(p->n * seen.d);
		rk_features_apply(&f, p->emb, p->text, p->n, pool, emb);
		seen.emb = emb;
		rk_features_put(&f, w);
	}
	rc = how->router->train(
	    &seen, how->set, how->seed, pool, w, report, err);
	free(emb);
	return rc;
}

/* --- opening ----------------------------------------------------------------- */

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

/* The bare embedding's dimension, from that which the router wants. */
static int
find_dim(struct rk_learner *m, size_t d, struct rk_err *err)
{
	struct rk_features *f = &m->features;

	m->needs = m->router->needs_of ? m->router->needs_of(m->state)
				       : m->router->needs;
	m->d = d;
	if (d > RK_ROUTER_MAX_DIM)
		return rk_err_set(err,
		    "embeddings of %zu numbers, expected at most %d", d,
		    RK_ROUTER_MAX_DIM);
	if (!f->on)
		return 0;
	if (f->surface > 0)
		m->needs |= RK_NEEDS_TEXT;
	if (f->parts == 1 && f->weight[0] > 0 && d > RK_SURFACE_FEATURES)
		f->d[0] = f->d_in = d - RK_SURFACE_FEATURES;
	if (d != rk_features_dim(f))
		return rk_err_set(err,
		    "the router wants %zu numbers, which are not those of its "
		    "features",
		    d);
	m->d = f->d_in;
	if (m->d == 0)
		m->needs &= ~(unsigned)RK_NEEDS_EMBEDDING;
	return 0;
}

static int
open_learner(struct rk_learner *m, const struct rk_st *st, const char *prefix,
    size_t k, const char *router, const char *params, uint64_t seed,
    struct rk_err *err)
{
	size_t d = 0;

	m->router = rk_router_find(router, err);
	if (m->router == NULL)
		return -1;
	m->set = rk_params_new(m->router->params);
	if (params != NULL && rk_pairs_each(params, set_one, m->set, err) != 0)
		return rk_err_in(err, "rk.params");
	if (rk_features_open(&m->features, st, prefix, err) != 0)
		return -1;
	m->state = m->router->open(st, prefix, k, m->set, seed, &d, err);
	return m->state == NULL ? -1 : find_dim(m, d, err);
}

int
rk_learner_open(struct rk_learner *m, const struct rk_st *st,
    const char *prefix, size_t k, const char *router, const char *params,
    uint64_t seed, struct rk_err *err)
{
	memset(m, 0, sizeof *m);
	if (open_learner(m, st, prefix, k, router, params, seed, err) == 0)
		return 0;
	rk_learner_close(m);
	return -1;
}

void
rk_learner_close(struct rk_learner *m)
{
	if (m->state != NULL)
		m->router->close(m->state);
	rk_params_free(m->set);
	memset(m, 0, sizeof *m);
}

/* --- scoring ------------------------------------------------------------------ */

void
rk_learner_score(struct rk_learner *m, const struct rk_queries *q,
    const size_t *rows, size_t cols, struct rk_pool *pool, float *scores)
{
	struct rk_queries seen = *q;
	float *emb;

	if (!m->features.on) {
		m->router->score(m->state, q, rows, cols, pool, scores);
		return;
	}
	seen.d = rk_features_dim(&m->features);
	seen.emb = emb = rk_floats(q->n * seen.d);
	rk_features_apply(&m->features, q->emb, q->text, q->n, pool, emb);
	m->router->score(m->state, &seen, rows, cols, pool, scores);
	free(emb);
}

void
rk_learner_score_pair(struct rk_learner *m, const struct rk_queries *q,
    size_t strong, size_t weak, struct rk_pool *pool, float *score)
{
	const size_t rows[2] = { strong, weak };
	enum rk_link link = rk_router_link(m->router, m->set);
	size_t cols = link == RK_LINK_PAIR ? 1 : 2, i;
	float *out = rk_floats(q->n * cols);

	rk_learner_score(m, q, rows, cols, pool, out);
	for (i = 0; i < q->n; i++)
		score[i] = cols == 1
		    ? out[i]
		    : (float)rk_router_pair(link, out[2 * i], out[2 * i + 1]);
	free(out);
}

/* --- one model more --------------------------------------------------------- */

int
rk_learner_grow(struct rk_learner *m, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const struct rk_router *r = m->router;
	struct rk_prefs seen;
	float *emb;
	int rc;

	if (r->grow == NULL)
		return rk_err_set(err,
		    "%s learns of all models together and cannot take one more",
		    r->name);
	if (p == NULL || !m->features.on)
		return r->grow(m->state, p, m->set, pool, w, report, err);
	seen = *p;
	seen.d = rk_features_dim(&m->features);
	seen.emb = emb = rk_floats(p->n * seen.d);
	rk_features_apply(&m->features, p->emb, p->text, p->n, pool, emb);
	rc = r->grow(m->state, &seen, m->set, pool, w, report, err);
	free(emb);
	return rc;
}

/* --- what it tells beside scores --------------------------------------------- */

int
rk_learner_tells_costs(const struct rk_learner *m)
{
	return m->router->tells_costs != NULL &&
	    m->router->tells_costs(m->state);
}

int
rk_learner_tells_unlike(const struct rk_learner *m)
{
	return m->router->tells_unlike != NULL &&
	    m->router->tells_unlike(m->state);
}

const struct rk_names *
rk_learner_names(const struct rk_learner *m)
{
	return m->router->names != NULL ? m->router->names(m->state) : NULL;
}
