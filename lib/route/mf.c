/*
 * mf.c - matrix factorisation (RouteLLM, arXiv 2406.18665, section 4.1): the
 * rating of model m for a query is c . (v_m * (W e)), learned by Adam on the
 * log loss (mf-fit.h). For scoring it is folded to one vector a model. The
 * tensors have the names of RouteLLM's checkpoints, which open as they are.
 *
 * A step takes prompts, each with all of its comparisons, so that a prompt is
 * projected once however many models answered it. After each epoch the loss on
 * the validation part decides which parameters are kept.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "math/mat.h"
#include "route/mf-fit.h"
#include "route/router.h"

static const struct rk_param params[] = {
	{ "dim", RK_PARAM_INT, "128", 1, 4096, NULL,
	    "numbers in a model's vector" },
	{ "lr", RK_PARAM_NUM, "1e-3", 1e-9, 10, NULL,
	    "Adam's step size at a batch of 64; it grows with the batch's root" },
	{ "l2", RK_PARAM_NUM, "1e-5", 0, 1e3, NULL,
	    "weight decay, as Adam's addition to the gradient" },
	{ "noise", RK_PARAM_NUM, "0.05", 0, 100, NULL,
	    "standard deviation of noise on each number of an embedding" },
	{ "epochs", RK_PARAM_INT, "200", 1, 1e6, NULL,
	    "most passes over the training part" },
	{ "patience", RK_PARAM_INT, "10", 0, 1e6, NULL,
	    "stop after so many epochs without a better validation loss; "
	    "0: never, and keep the last" },
	{ "batch", RK_PARAM_INT, "0", 0, 1e6, NULL,
	    "prompts in a step; 0: a twentieth of them, from 32 to 1024" },
	{ "ties", RK_PARAM_WORD, "half", 0, 0, "drop|half",
	    "what a tie is: no comparison, or half a win for each" },
	{ "compat", RK_PARAM_WORD, "none", 0, 0, "none|routellm",
	    "routellm: what is not set is as in RouteLLM's training script" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/* --- training -------------------------------------------------------------- */

struct train {
	const struct rk_prefs *p;
	struct rk_mf_task task;
	struct rk_mf m, best;
	struct rk_mf_fit *fit;
	struct rk_optim_adam adam;
	size_t batch;
	long epochs, patience, done, best_at;
	double best_loss;
	uint32_t *prompt; /* [n + valid]: those with comparisons that count */
	size_t n, valid;
	struct rk_rng rng;
};

/* KEY, or under compat=routellm, where it is not set, the script's value. */
static double
value(const struct rk_params *set, const char *key, double script)
{
	if (rk_params_is(set, "compat", "routellm") &&
	    !rk_params_is_set(set, key))
		return script;
	return rk_params_num(set, key);
}

static long
whole(const struct rk_params *set, const char *key, long script)
{
	if (rk_params_is(set, "compat", "routellm") &&
	    !rk_params_is_set(set, key))
		return script;
	return rk_params_int(set, key);
}

static void
settings(struct train *t, const struct rk_params *set)
{
	int script = rk_params_is(set, "compat", "routellm") &&
	    !rk_params_is_set(set, "ties");

	t->task.noise = value(set, "noise", 0.1);
	t->task.drop_ties = script || rk_params_is(set, "ties", "drop");
	t->adam = rk_optim_adam_default(value(set, "lr", 3e-4));
	t->adam.l2 = value(set, "l2", 1e-5);
	t->batch = (size_t)whole(set, "batch", 64);
	t->epochs = whole(set, "epochs", 100);
	t->patience = whole(set, "patience", 0);
	t->m.dim = (size_t)whole(set, "dim", 128);
}

/* The prompts to train on, then those to validate on. */
static void
pick_prompts(struct train *t)
{
	const struct rk_prefs *p = t->p;
	uint8_t part;
	size_t i, c;

	t->prompt = rk_array(NULL, p->n, sizeof *t->prompt);
	for (part = 0; part < 2; part++)
		for (i = 0; i < p->n; i++) {
			if (p->valid[i] != part)
				continue;
			for (c = p->first[i]; c < p->first[i + 1] &&
			     !rk_mf_counts(&t->task, &p->cmp[c]);
			     c++)
				;
			if (c == p->first[i + 1])
				continue;
			t->prompt[t->n + t->valid] = (uint32_t)i;
			t->valid += part;
			t->n += !part;
		}
}

static void
uniform(struct rk_rng *rng, float *x, size_t n, double bound)
{
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = (float)(bound * (2 * rk_rng_unit(rng) - 1));
}

static void
shaped(struct rk_mf *m, size_t k, size_t dim, size_t d)
{
	m->k = k;
	m->dim = dim;
	m->d = d;
	m->p = rk_floats(k * dim);
	m->w = rk_floats(dim * d);
	m->c = rk_floats(dim);
}

static void
copy(struct rk_mf *to, const struct rk_mf *from)
{
	memcpy(to->p, from->p, from->k * from->dim * sizeof *to->p);
	memcpy(to->w, from->w, from->dim * from->d * sizeof *to->w);
	memcpy(to->c, from->c, from->dim * sizeof *to->c);
}

/*
 * A small set gets enough steps an epoch to stop early at the right time; a
 * large one gets products large enough to be fast, and longer steps, since
 * their noise falls with the batch.
 */
static void
fit_batch(struct train *t)
{
	if (t->batch == 0) {
		t->batch = t->n / 20;
		t->batch = t->batch < 32 ? 32 : t->batch;
		t->batch = t->batch > 1024 ? 1024 : t->batch;
	}
	t->adam.lr *= sqrt((double)t->batch / 64);
}

/* As torch starts an Embedding, and a Linear without bias. */
static void
start(struct train *t)
{
	struct rk_mf *m = &t->m;
	size_t i;

	shaped(m, t->p->k, m->dim, t->p->d);
	shaped(&t->best, m->k, m->dim, m->d);
	for (i = 0; i < m->k * m->dim; i++)
		m->p[i] = (float)rk_rng_normal(&t->rng);
	uniform(&t->rng, m->w, m->dim * m->d, 1 / sqrt((double)m->d));
	uniform(&t->rng, m->c, m->dim, 1 / sqrt((double)m->dim));
	copy(&t->best, m);
}

static void
epoch(struct train *t, long *step)
{
	size_t at, n;

	rk_rng_shuffle(&t->rng, t->prompt, t->n);
	for (at = 0; at < t->n; at += n) {
		n = t->n - at < t->batch ? t->n - at : t->batch;
		rk_mf_fit_step(t->fit, t->prompt + at, n, &t->adam, ++*step);
	}
}

/* 1 to go on. */
static int
judge(struct train *t)
{
	double loss;

	if (t->valid == 0 || t->patience == 0) {
		copy(&t->best, &t->m);
		t->best_at = t->done;
		return 1;
	}
	loss = rk_mf_fit_loss(t->fit, t->prompt + t->n, t->valid, 0);
	if (t->best_at == 0 || loss < t->best_loss) {
		t->best_loss = loss;
		t->best_at = t->done;
		copy(&t->best, &t->m);
	}
	return t->done - t->best_at < t->patience;
}

static void
run(struct train *t, struct rk_pool *pool)
{
	long step = 0;

	t->fit = rk_mf_fit_new(&t->m, &t->task, pool);
	do {
		epoch(t, &step);
		t->done++;
	} while (judge(t) && t->done < t->epochs);
	if (t->valid > 0) {
		copy(&t->m, &t->best);
		t->best_loss = rk_mf_fit_loss(
		    t->fit, t->prompt + t->n, t->valid, 0);
	}
	rk_mf_fit_free(t->fit);
}

static void
put(struct train *t, struct rk_st_writer *w)
{
	const struct rk_mf *m = &t->best;
	const size_t p[2] = { m->k, m->dim }, proj[2] = { m->dim, m->d };
	const size_t c[2] = { 1, m->dim };

	rk_st_give(w, "P.weight", RK_F32, 2, p, m->p);
	rk_st_give(w, "text_proj.0.weight", RK_F32, 2, proj, m->w);
	rk_st_give(w, "classifier.0.weight", RK_F32, 2, c, m->c);
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct train t = { .p = p, .task.prefs = p };

	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "mf needs embeddings");
	if (p->k > RK_MF_MAX)
		return rk_err_set(
		    err, "%zu models: expected at most %d", p->k, RK_MF_MAX);
	settings(&t, set);
	pick_prompts(&t);
	if (t.n == 0) {
		free(t.prompt);
		return rk_err_set(err,
		    "no comparison to learn from that is "
		    "not a tie");
	}
	fit_batch(&t);
	rk_rng_init(&t.rng, seed, 0);
	start(&t);
	run(&t, pool);
	put(&t, w);
	rk_report_num(report, "batch", (double)t.batch);
	rk_report_num(report, "epochs", (double)t.done);
	rk_report_num(report, "kept_epoch", (double)t.best_at);
	if (t.valid > 0)
		rk_report_num(report, "valid_loss", t.best_loss);
	free(t.m.p);
	free(t.m.w);
	free(t.m.c);
	free(t.prompt);
	return 0;
}

/* --- scoring --------------------------------------------------------------- */

struct model {
	size_t d;
	float *u; /* [k, d] */
};

static void
model_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	free(m->u);
	free(m);
}

/* The matrix NAME, all of its numbers finite; NULL with a message. */
static float *
need(const struct rk_st *st, const char *prefix, const char *name, size_t *rows,
    size_t *cols, struct rk_err *err)
{
	const size_t shape[2] = { *rows, *cols };
	const struct rk_tensor *t = rk_router_tensor(
	    st, prefix, name, RK_F32, 2, shape, err);

	if (t == NULL)
		return NULL;
	*rows = t->shape[0];
	*cols = t->shape[1];
	if (*rows < 1 || *rows > INT32_MAX || *cols < 1 || *cols > INT32_MAX) {
		rk_err_set(
		    err, "%s: found shape [%zu,%zu]", t->name, *rows, *cols);
		return NULL;
	}
	if (!rk_mat_finite(t->data, t->count)) {
		rk_err_set(
		    err, "%s: found a number that is not finite", t->name);
		return NULL;
	}
	return (float *)(uintptr_t)t->data;
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct rk_mf f = { .k = k, .dim = SIZE_MAX, .d = SIZE_MAX };
	size_t one = 1, i;
	struct model *m;

	(void)set, (void)seed;
	f.p = need(st, prefix, "P.weight", &f.k, &f.dim, err);
	if (f.p == NULL)
		return NULL;
	f.w = need(st, prefix, "text_proj.0.weight", &f.dim, &f.d, err);
	f.c = need(st, prefix, "classifier.0.weight", &one, &f.dim, err);
	if (f.w == NULL || f.c == NULL)
		return NULL;
	if (f.k > RK_MF_MAX || f.d > RK_ROUTER_MAX_DIM) {
		rk_err_set(err,
		    "%sP.weight: %zu models of %zu numbers, expected at most "
		    "%d of %d",
		    prefix, f.k, f.d, RK_MF_MAX, RK_ROUTER_MAX_DIM);
		return NULL;
	}
	m = rk_malloc(sizeof *m);
	m->d = *d = f.d;
	m->u = rk_floats(f.k * f.d);
	rk_mf_fold(m->u, &f);
	for (i = 0; i < f.k * f.d; i++)
		if (!(fabsf(m->u[i]) < 1e30f)) {
			rk_err_set(err, "the weights' product is out of range");
			model_close(m);
			return NULL;
		}
	return m;
}

enum { TILE = 32 }; /* queries that a thread takes at a time */

struct job {
	const struct rk_queries *q;
	size_t cols;
	const float *u; /* [cols, d] */
	float *unit;    /* [n, d] */
	float *scores;
};

static void
score_tile(void *ctx, size_t tile, int thread)
{
	const struct job *t = ctx;
	size_t d = t->q->d, at = tile * TILE;
	size_t n = t->q->n - at < TILE ? t->q->n - at : TILE;
	struct rk_mat a = { t->unit + at * d, d }, b = { t->u, d };

	(void)thread;
	rk_mat_unit_rows(t->unit + at * d, t->q->emb + at * d, n, d);
	rk_mat_nt(t->scores + at * t->cols, t->cols, a, b, n, t->cols, d, 0);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	float *u = rk_floats(cols * m->d), *unit = rk_floats(q->n * m->d);
	struct job t = { q, cols, u, unit, scores };
	size_t c;

	for (c = 0; c < cols; c++)
		memcpy(u + c * m->d, m->u + rows[c] * m->d, m->d * sizeof *u);
	rk_pool_run(pool, (q->n + TILE - 1) / TILE, score_tile, &t);
	free(u);
	free(unit);
}

const struct rk_router rk_router_mf = {
	.name = "mf",
	.about = "matrix factorisation: a learned vector for each model",
	.needs = RK_NEEDS_EMBEDDING,
	.link = RK_LINK_LOGISTIC,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
};
