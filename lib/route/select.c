/* select.c - sources are tried one by one, by the target's held-out error. */
#include "route/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "route/crossval.h"

struct search {
	const struct rk_sources *s;
	const struct rk_learner_how *how;
	const struct rk_watch *watch;
	struct rk_pool *pool;
	uint8_t *fold;
	double *gain; /* [prompts] */
	double *now;  /* scores by the sources that are kept */
	double *score;
	/* The share that is done, and that of a trial; no more trials than: */
	double done, step;
	size_t tried, trials;
};

/* No more than so many trials are left. */
static void
plan(struct search *t, size_t trials)
{
	t->trials = t->tried + trials;
	t->step = trials > 0 ? (1 - t->done) / (double)trials : 0;
}

/* score[prompts]: of the target, trained on the sources that are kept. */
static int
try(struct search *t, const uint8_t *keep, double *score, struct rk_err *err)
{
	struct rk_watch watch = rk_watch_part(t->watch, t->done,
	    t->done + t->step, "trial %zu of at most %zu", ++t->tried,
	    t->trials);
	struct rk_pooled pooled;
	int rc;

	t->done += t->step;
	rk_sources_pool(&pooled, t->s, keep);
	rc = rk_crossval_score(t->how, &pooled.prefs, t->fold, RK_SELECT_FOLDS,
	    &watch, t->pool, score, NULL, err);
	rk_pooled_free(&pooled);
	return rc;
}

/* Tries source I beside those that are kept. */
static int
try_one(struct search *t, struct rk_selected *out, size_t i, struct rk_err *err)
{
	const struct rk_prefs *p = &t->s->prefs;
	int rc;

	out->keep[i] = 1;
	rc = try(t, out->keep, t->score, err);
	out->keep[i] = 0;
	out->without[i] = rk_crossval_error(p, t->gain, t->now);
	out->with[i] = rk_crossval_error(p, t->gain, t->score);
	rk_crossval_gap(p, t->gain, t->now, t->score, &out->se[i]);
	return rc;
}

static int
helps(const struct rk_selected *out, size_t i)
{
	return out->without[i] - out->with[i] > out->se[i];
}

/* The source not marked DONE that helps most; n: there is none. */
static size_t
best(const struct rk_selected *out, const uint8_t *done)
{
	size_t i, at = out->n;

	for (i = 0; i < out->n; i++)
		if (!done[i] && helps(out, i) &&
		    (at == out->n || out->with[i] < out->with[at]))
			at = i;
	return at;
}

static int
search(struct search *t, struct rk_selected *out, struct rk_err *err)
{
	const struct rk_sources *s = t->s;
	uint8_t *done = rk_calloc(s->n, 1);
	size_t i, others = 0, help = 0;
	int rc;

	for (i = 0; i < s->n; i++) {
		done[i] = i == s->prefs.target || s->source[i].empty;
		others += !done[i];
	}
	plan(t, 1 + 2 * others);
	rc = try(t, out->keep, t->now, err);
	for (i = 0; i < s->n && rc == 0; i++) {
		if (done[i])
			continue;
		rc = try_one(t, out, i, err);
		help += rc == 0 && helps(out, i);
	}
	plan(t, help);
	while (rc == 0 && (i = best(out, done)) < s->n) {
		done[i] = 1;
		rc = try_one(t, out, i, err);
		if (rc == 0 && helps(out, i)) {
			double *score = t->now;
			out->keep[i] = 1;
			t->now = t->score;
			t->score = score;
		}
	}
	free(done);
	return rc;
}

int
rk_select_sources(struct rk_selected *out, const struct rk_sources *s,
    const struct rk_learner_how *how, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err)
{
	const struct rk_prefs *p = &s->prefs;
	struct search t = { .s = s, .how = how, .watch = watch, .pool = pool };
	size_t i, n, said = 0;
	int rc = 0;

	*out = (struct rk_selected){ .n = s->n };
	out->keep = rk_calloc(s->n, 1);
	out->without = rk_array(NULL, s->n, sizeof *out->without);
	out->with = rk_array(NULL, s->n, sizeof *out->with);
	out->se = rk_array(NULL, s->n, sizeof *out->se);
	for (i = 0; i < s->n; i++) {
		out->without[i] = out->with[i] = out->se[i] = NAN;
		out->keep[i] = p->target == RK_NO_TARGET ? !s->source[i].empty
							 : i == p->target;
		said += out->keep[i];
	}
	if (p->target == RK_NO_TARGET && said == 0) {
		rk_selected_free(out);
		return rk_err_set(err,
		    "each of %zu sources has the same gain on all its prompts",
		    s->n);
	}
	if (p->target == RK_NO_TARGET)
		return 0;
	t.gain = rk_calloc(p->n, sizeof *t.gain);
	t.now = rk_calloc(p->n, sizeof *t.now);
	t.score = rk_calloc(p->n, sizeof *t.score);
	t.fold = rk_calloc(p->n, 1);
	n = rk_crossval_gain(p, t.gain);
	if (n < RK_CROSSVAL_LEAST)
		rc = rk_err_set(err,
		    "%zu prompts with a comparison of the pair to train on, "
		    "expected at least %d",
		    n, RK_CROSSVAL_LEAST);
	if (rc == 0) {
		rk_crossval_folds(t.fold, p, RK_SELECT_FOLDS, RK_CROSSVAL_NEAR,
		    how->seed, pool);
		rc = search(&t, out, err);
	}
	free(t.gain);
	free(t.now);
	free(t.score);
	free(t.fold);
	if (rc != 0)
		rk_selected_free(out);
	return rc;
}

static void
report_one(const struct rk_selected *sel, const struct rk_sources *s, size_t i,
    const struct rk_origin *origin, struct rk_buf *out)
{
	const struct rk_source *x = &s->source[i];

	rk_buf_adds(out, "{\"source\":");
	rk_buf_json(out, origin->name, strlen(origin->name));
	if (origin->q_lo < origin->q_hi) {
		rk_buf_addc(out, ',');
		rk_origins_report_range(origin->q_lo, origin->q_hi, out);
	}
	rk_buf_addf(out, ",\"comparisons\":%zu,\"of_pair\":%zu", x->comparisons,
	    x->of_pair);
	if (x->of_pair > 0)
		rk_buf_addf(out, ",\"gain_mean\":%.6g,\"gain_sd\":%.6g",
		    x->mean, x->sd);
	if (i == s->prefs.target)
		rk_buf_adds(out, ",\"target\":true");
	rk_buf_addf(out, ",\"kept\":%s", sel->keep[i] ? "true" : "false");
	if (!isnan(sel->with[i]))
		rk_buf_addf(out,
		    ",\"error_without\":%.6g,\"error_with\":%.6g,"
		    "\"error_se\":%.6g",
		    sel->without[i], sel->with[i], sel->se[i]);
	rk_buf_addc(out, '}');
}

void
rk_select_report(const struct rk_selected *sel, const struct rk_sources *s,
    const struct rk_origins *names, const struct rk_pooled *pooled,
    struct rk_buf *out)
{
	size_t i;

	rk_buf_adds(out, "\"sources\":[");
	for (i = 0; i < s->n; i++) {
		rk_buf_adds(out, i ? "," : "");
		report_one(sel, s, i, &names->at[i], out);
	}
	rk_buf_addf(out, "],\"gains_clipped\":%zu", pooled->clipped);
	/* without embeddings nobody has looked */
	if (s->prefs.target != RK_NO_TARGET && s->prefs.d > 0)
		rk_buf_addf(out, ",\"near_validation\":%zu", s->near);
}

void
rk_selected_free(struct rk_selected *s)
{
	free(s->keep);
	free(s->without);
	free(s->with);
	free(s->se);
	*s = (struct rk_selected){ 0 };
}
