/*
 * measure.c - trained models are asked about the prompts that were kept out of
 * training.
 */
#include "route/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"

enum { BATCH = 256 }; /* queries that are scored together, as rl-score does */

/*
 * A comparison of the default pair, or of any pair where there is none, as a
 * query for the router: who is asked against whom, and how it ended.
 */
struct trial {
	size_t prompt, strong, weak;
	double y;
};

static size_t
find_trials(const struct rk_prefs *p, struct trial **out)
{
	struct trial *t = NULL;
	size_t i, n = 0, cap = 0;
	int pair = p->strong < p->k && p->weak < p->k;

	for (i = 0; i < p->m; i++) {
		const struct rk_cmp *c = &p->cmp[i];
		struct trial x = { c->prompt, c->a, c->b, (double)c->y };
		if (p->valid[c->prompt] != RK_PART_VALID)
			continue;
		if (pair && c->a == p->weak && c->b == p->strong)
			x = (struct trial){ c->prompt, c->b, c->a,
				1 - (double)c->y };
		if (pair && (x.strong != p->strong || x.weak != p->weak))
			continue;
		RK_GROW(t, n, cap);
		t[n++] = x;
	}
	*out = t;
	return n;
}

/* A batch of prompts, as a router sees them. */
struct batch {
	const struct rk_prefs *p;
	float *emb; /* [BATCH, d] */
	struct rk_str text[BATCH];
	uint64_t digest[BATCH];
	size_t n;
};

static void
add_prompt(struct batch *b, size_t prompt)
{
	const struct rk_prefs *p = b->p;
	size_t i = b->n++;

	if (p->d > 0)
		memcpy(b->emb + i * p->d, p->emb + prompt * p->d,
		    p->d * sizeof *b->emb);
	b->text[i] = p->text ? p->text[prompt] : (struct rk_str){ "", 0 };
	b->digest[i] = p->digest[prompt];
}

static struct rk_queries
queries(const struct batch *b)
{
	return (struct rk_queries){ b->n, b->p->d, b->text, b->emb, b->digest,
		NULL };
}

/* score[n] of trials that are all of one pair. */
static void
score_pair(struct rk_model *m, struct batch *b, const struct trial *t, size_t n,
    struct rk_pool *pool, double *score)
{
	size_t at, i;

	for (at = 0; at < n; at += b->n) {
		struct rk_queries q;
		for (b->n = 0, i = at; i < n && b->n < BATCH; i++)
			add_prompt(b, t[i].prompt);
		q = queries(b);
		rk_model_score_pair(
		    m, &q, t[at].strong, t[at].weak, pool, score + at);
	}
}

/*
 * score[n] of trials of any pairs, which come prompt by prompt: every model's
 * column is made once a prompt.
 */
static void
score_columns(struct rk_model *m, struct batch *b, const struct trial *t,
    size_t n, struct rk_pool *pool, double *score)
{
	const struct rk_learner *l = &m->learner;
	size_t k = m->card.k, *rows = rk_calloc(k, sizeof *rows), at, end, i;
	float *out = rk_floats(BATCH * k);

	for (i = 0; i < k; i++)
		rows[i] = i;
	for (at = 0; at < n; at = end) {
		struct rk_queries q;
		size_t row = 0;
		for (b->n = 0, end = at; end < n; end++) {
			if (end > at && t[end].prompt == t[end - 1].prompt)
				continue;
			if (b->n == BATCH)
				break;
			add_prompt(b, t[end].prompt);
		}
		q = queries(b);
		rk_learner_score(&m->learner, &q, rows, k, pool, out);
		for (i = at; i < end; i++) {
			row += i > at && t[i].prompt != t[i - 1].prompt;
			score[i] = rk_router_pair(
			    rk_router_link(l->router, l->set),
			    out[row * k + t[i].strong],
			    out[row * k + t[i].weak]);
		}
	}
	free(out);
	free(rows);
}

/* score[n] of the trials: of the default pair, or of any where P has none. */
static void
score_trials(struct rk_model *m, const struct rk_prefs *p,
    const struct trial *t, size_t n, struct rk_pool *pool, double *score)
{
	struct batch b = { .p = p, .emb = rk_floats(BATCH * p->d) };

	if (p->strong < p->k && p->weak < p->k)
		score_pair(m, &b, t, n, pool, score);
	else
		score_columns(m, &b, t, n, pool, score);
	free(b.emb);
}

/* Mean -y ln s - (1 - y) ln(1 - s), with s kept 1e-6 away from 0 and 1. */
static double
log_loss(const struct trial *t, size_t n, const double *score, double constant)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double s = score ? score[i] : constant;
		s = s < 1e-6 ? 1e-6 : s > 1 - 1e-6 ? 1 - 1e-6 : s;
		sum -= t[i].y * log(s) + (1 - t[i].y) * log1p(-s);
	}
	return sum / (double)n;
}

/* Qualities whose difference is the gain: 0, and 2 y - 1. [2, n] in X. New. */
static struct rk_outcomes
outcomes(const struct trial *t, size_t n, double **x)
{
	size_t i;

	*x = rk_calloc(2 * n, sizeof **x);
	for (i = 0; i < n; i++)
		(*x)[n + i] = 2 * t[i].y - 1;
	return (struct rk_outcomes){ n, *x, *x + n };
}

static double
apgr(const struct trial *t, size_t n, const double *score)
{
	double *x, fig[RK_FIGS];
	struct rk_outcomes o = outcomes(t, n, &x);
	struct rk_err err = { { 0 } };
	struct rk_curve *c;

	fig[RK_FIG_APGR] = NAN;
	c = rk_curve_new(&o, score, RK_CURVE_EXACT, &err);
	if (c != NULL)
		rk_curve_figures(c, NULL, fig);
	rk_curve_free(c);
	free(x);
	return fig[RK_FIG_APGR];
}

static void
add_figure(struct rk_buf *b, const char *name, double x)
{
	char s[32];

	rk_num_print_f64(s, x);
	rk_buf_addf(b, ",\"%s\":%s", name, s);
}

/* What the model is worth on the prompts that were kept out. */
void
rk_measure(struct rk_model *m, const struct rk_prefs *p, struct rk_pool *pool,
    struct rk_buf *out)
{
	struct trial *t;
	size_t n = find_trials(p, &t), i, prompts = 0;
	double *score = rk_calloc(n, sizeof *score);
	double mean = 0;

	for (i = 0; i < p->n; i++)
		prompts += p->valid[i] == RK_PART_VALID;
	rk_buf_addf(out, "{\"prompts\":%zu,\"comparisons\":%zu", prompts, n);
	if (n > 0) {
		score_trials(m, p, t, n, pool, score);
		for (i = 0; i < n; i++)
			mean += t[i].y / (double)n;
		add_figure(out, "log_loss", log_loss(t, n, score, 0));
		add_figure(
		    out, "log_loss_constant", log_loss(t, n, NULL, mean));
		if (p->strong < p->k && p->weak < p->k)
			add_figure(out, "apgr", apgr(t, n, score));
	}
	rk_buf_addc(out, '}');
	free(score);
	free(t);
}

/* --- one against another ----------------------------------------------------- */

enum { RESAMPLES = 1000 };

static void
two_apgrs(void *ctx, const uint32_t *times, int thread, double *fig)
{
	struct rk_curve *const *c = ctx;
	double all[RK_FIGS];
	int i;

	(void)thread;
	for (i = 0; i < 2; i++) {
		rk_curve_figures(c[i], times, all);
		fig[i] = all[RK_FIG_APGR];
	}
}

static void
compare(struct rk_measure_diff *out, struct rk_curve **c, uint64_t seed,
    struct rk_pool *pool)
{
	const struct rk_resampled of = { out->n, 2, two_apgrs, c };
	double *fig = rk_calloc(2 * RESAMPLES, sizeof *fig), now[2];
	struct rk_interval in;

	two_apgrs(c, NULL, 0, now);
	rk_bootstrap(fig, &of, RESAMPLES, seed, pool);
	in = rk_bootstrap_interval(fig, fig + 1, 2, RESAMPLES);
	out->old = now[1];
	out->diff = now[0] - now[1];
	out->lo = in.lo;
	out->hi = in.hi;
	free(fig);
}

/* Can OLD score what NEW was trained for? */
static int
check_old(const struct rk_model *old, const struct rk_prefs *p, size_t *strong,
    size_t *weak, struct rk_err *err)
{
	if (p->strong >= p->k || p->weak >= p->k)
		return rk_err_set(err, "no default pair to compare by");
	if (rk_card_find(&old->card, p->model[p->strong], strong, err) != 0 ||
	    rk_card_find(&old->card, p->model[p->weak], weak, err) != 0)
		return -1;
	if (rk_model_check_pair(old, *strong, *weak, err) != 0)
		return -1;
	if ((old->needs & RK_NEEDS_EMBEDDING) && old->d != p->d)
		return rk_err_set(err,
		    "it takes embeddings of %zu numbers, these have %zu",
		    old->d, p->d);
	if ((old->needs & RK_NEEDS_TEXT) && p->text == NULL)
		return rk_err_set(err,
		    "it wants texts, not every record has "
		    "one");
	return 0;
}

int
rk_measure_better(struct rk_measure_diff *out, struct rk_model *new,
    struct rk_model *old, const struct rk_prefs *p, uint64_t seed,
    struct rk_pool *pool, struct rk_err *err)
{
	size_t strong, weak, i;
	struct rk_curve *c[2] = { NULL, NULL };
	struct rk_outcomes o;
	struct trial *t;
	double *x, *score;
	int rc = -1;

	if (check_old(old, p, &strong, &weak, err) != 0)
		return -1;
	out->n = find_trials(p, &t);
	if (out->n == 0)
		return rk_err_set(err,
		    "no comparison of the pair was kept "
		    "out to compare by");
	o = outcomes(t, out->n, &x);
	score = rk_calloc(out->n, sizeof *score);
	score_trials(new, p, t, out->n, pool, score);
	c[0] = rk_curve_new(&o, score, RK_CURVE_EXACT, err);
	for (i = 0; i < out->n; i++) {
		t[i].strong = strong;
		t[i].weak = weak;
	}
	score_trials(old, p, t, out->n, pool, score);
	c[1] = rk_curve_new(&o, score, RK_CURVE_EXACT, err);
	if (c[0] != NULL && c[1] != NULL) {
		compare(out, c, seed, pool);
		rc = isnan(out->diff)
		    ? rk_err_set(err,
			  "the strong model is not better on what "
			  "was kept out")
		    : 0;
	}
	rk_curve_free(c[0]);
	rk_curve_free(c[1]);
	free(score);
	free(x);
	free(t);
	return rc;
}

/* The router length's model file, trained on P, appended to IMAGE. */
static int
train_length(struct rk_buf *image, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_err *err)
{
	const struct rk_router *r = rk_router_find("length", err);
	const struct rk_features bare = { .on = 0 };
	const struct rk_card card = { r->name, p->model, p->k, p->strong,
		p->weak, NULL, NULL, 0 };
	struct rk_params *set = rk_params_new(r->params);
	const struct rk_learner_how how = { r, set, &bare, 0 };
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .watch = NULL };
	int rc = rk_learner_train(&how, p, pool, w, &report, err);

	if (rc == 0) {
		rk_card_put(&card, w);
		rc = rk_st_write_mem(w, image, err);
	}
	rk_params_free(set);
	rk_st_writer_free(w);
	rk_report_free(&report);
	return rc;
}

int
rk_measure_length(struct rk_measure_diff *out, struct rk_model *m,
    const struct rk_prefs *p, uint64_t seed, struct rk_pool *pool,
    struct rk_err *err)
{
	struct rk_buf image = { 0 };
	struct rk_model *length = NULL;
	struct rk_st *st = NULL;
	int rc = -1;

	if (p->text == NULL)
		return rk_err_set(err, "there are records without a text");
	if (train_length(&image, p, pool, err) == 0)
		st = rk_st_open_mem(image.p, image.n, err);
	if (st != NULL)
		length = rk_model_from(st, NULL, err);
	if (length != NULL)
		rc = rk_measure_better(out, m, length, p, seed, pool, err);
	rk_model_close(length);
	rk_buf_free(&image);
	return rc;
}
