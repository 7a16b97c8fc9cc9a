/* crossval.c - folds of prompts, and scores from outside of each fold. */
#include "route/crossval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "math/mat.h"
#include "pref/folds.h"

enum { BLOCK = 256 };

size_t
rk_crossval_gain(const struct rk_prefs *p, double *gain)
{
	size_t i, c, n, with = 0;

	for (i = 0; i < p->n; i++) {
		double sum = 0;
		for (n = 0, c = p->first[i]; c < p->first[i + 1]; c++) {
			double g;
			if (p->from != NULL && p->target != RK_NO_TARGET &&
			    p->from[c].source != p->target)
				continue;
			if (!rk_cmp_gain(p, &p->cmp[c], &g))
				continue;
			sum += g;
			n++;
		}
		gain[i] = n ? sum / (double)n : NAN;
		with += n > 0 && p->valid[i] == RK_PART_TRAIN;
	}
	return with;
}

/* --- groups ------------------------------------------------------------------ */

static size_t
root(size_t *up, size_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

/* The smaller number is the group's, so that the order of joins is no matter. */
static void
join(size_t *up, size_t i, size_t j)
{
	i = root(up, i);
	j = root(up, j);
	if (i < j)
		up[j] = i;
	else
		up[i] = j;
}

/* u[n, d]: the unit embeddings of the prompts which[n]. */
static float *
unit_rows(const struct rk_prefs *p, const size_t *which, size_t n)
{
	float *u = rk_floats(n * p->d);
	size_t i, j;

	for (i = 0; i < n; i++) {
		const float *x = p->emb + which[i] * p->d;
		double sq = 0;
		for (j = 0; j < p->d; j++)
			sq += (double)x[j] * (double)x[j];
		for (j = 0; j < p->d; j++)
			u[i * p->d + j] = sq > 0
			    ? (float)((double)x[j] / sqrt(sq))
			    : 0;
	}
	return u;
}

/* Joins which[i] and which[j] where their cosine is at least NEAR. */
static void
join_near(size_t *up, const struct rk_prefs *p, const size_t *which, size_t n,
    double near, struct rk_pool *pool)
{
	float *u = unit_rows(p, which, n), *dot = rk_floats(BLOCK * n);
	size_t from, i, j, m;

	for (from = 0; from < n; from += m) {
		struct rk_mat_rows rows = { u, NULL, from + BLOCK, p->d };
		if (rows.n > n)
			rows.n = n;
		m = rows.n - from;
		rk_mat_against(dot, u + from * p->d, m, &rows, pool);
		for (i = 0; i < m; i++)
			for (j = 0; j < from + i; j++)
				if ((double)dot[i * rows.n + j] >= near)
					join(up, which[from + i], which[j]);
	}
	free(u);
	free(dot);
}

void
rk_crossval_folds(uint8_t *fold, const struct rk_prefs *p, int folds,
    double near, uint64_t seed, struct rk_pool *pool)
{
	size_t *up = rk_calloc(p->n, sizeof *up);
	size_t *which = rk_calloc(p->n, sizeof *which), n = 0, i;

	for (i = 0; i < p->n; i++) {
		up[i] = i;
		if (p->valid[i] == RK_PART_TRAIN)
			which[n++] = i;
	}
	if (p->emb != NULL && p->d > 0)
		join_near(up, p, which, n, near, pool);
	for (i = 0; i < p->n; i++) {
		uint64_t h = p->digest[root(up, i)];
		h = rk_num_mix(h ^ rk_num_mix(seed + 0x666f6c64));
		fold[i] = (uint8_t)(h % (uint64_t)folds);
	}
	free(up);
	free(which);
}

/* --- scores ------------------------------------------------------------------ */

/* What comes out: the pair's scores, and where wanted all comparisons'. */
struct scores {
	double *pair; /* [p->n] */
	double *each; /* [p->m], or NULL */
};

/* The scores of prompt I and its comparisons, from all models' columns. */
static void
score_each(const struct rk_learner *m, const struct rk_prefs *p, size_t i,
    const float *col, const struct scores *to)
{
	enum rk_link link = rk_router_link(m->router, m->set);
	size_t c;

	if (p->strong < p->k && p->weak < p->k)
		to->pair[i] = rk_router_pair(
		    link, col[p->strong], col[p->weak]);
	for (c = p->first[i]; c < p->first[i + 1]; c++)
		to->each[c] = rk_router_pair(
		    link, col[p->cmp[c].a], col[p->cmp[c].b]);
}

/* Scores the prompts which[n], at most BLOCK, as Q. */
static void
score_block(struct rk_learner *m, const struct rk_prefs *p,
    const struct rk_queries *q, const size_t *which, struct rk_pool *pool,
    const struct scores *to)
{
	float *out = rk_floats(BLOCK * (to->each ? p->k : 1));
	size_t *rows = rk_calloc(p->k, sizeof *rows), i;

	if (to->each != NULL) {
		for (i = 0; i < p->k; i++)
			rows[i] = i;
		rk_learner_score(m, q, rows, p->k, pool, out);
		for (i = 0; i < q->n; i++)
			score_each(m, p, which[i], out + i * p->k, to);
	} else {
		rk_learner_score_pair(m, q, p->strong, p->weak, pool, out);
		for (i = 0; i < q->n; i++)
			to->pair[which[i]] = (double)out[i];
	}
	free(rows);
	free(out);
}

/* Scores the prompts which[n] by M. */
static void
score_some(struct rk_learner *m, const struct rk_prefs *p, const size_t *which,
    size_t n, struct rk_pool *pool, const struct scores *to)
{
	float *emb = rk_floats(BLOCK * p->d);
	struct rk_str text[BLOCK];
	uint64_t digest[BLOCK];
	size_t at, i, some;

	for (at = 0; at < n; at += some) {
		some = n - at < BLOCK ? n - at : BLOCK;
		for (i = 0; i < some; i++) {
			size_t k = which[at + i];
			if (p->d > 0)
				memcpy(emb + i * p->d, p->emb + k * p->d,
				    p->d * sizeof *emb);
			text[i] = p->text ? p->text[k]
					  : (struct rk_str){ "", 0 };
			digest[i] = p->digest[k];
		}
		score_block(m, p,
		    &(struct rk_queries){ some, p->d, text, emb, digest, NULL },
		    which + at, pool, to);
	}
	free(emb);
}

/* Trains on P, whose held-out fold is which[n], and scores that. */
static int
one_fold(const struct rk_learner_how *how, const struct rk_prefs *p,
    const size_t *which, size_t n, const struct rk_watch *watch,
    struct rk_pool *pool, const struct scores *to, struct rk_err *err)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .watch = watch };
	struct rk_buf image = { 0 }, params = { 0 };
	struct rk_learner m;
	struct rk_st *st = NULL;
	int rc = rk_learner_train(how, p, pool, w, &report, err);

	rk_params_json(how->set, &params);
	if (rc == 0)
		rc = rk_st_write_mem(w, &image, err);
	if (rc == 0 && (st = rk_st_open_mem(image.p, image.n, err)) == NULL)
		rc = -1;
	if (rc == 0)
		rc = rk_learner_open(&m, st, "", p->k, how->router->name,
		    params.p, how->seed, err);
	if (rc == 0) {
		score_some(&m, p, which, n, pool, to);
		rk_learner_close(&m);
	}
	rk_st_close(st);
	rk_st_writer_free(w);
	rk_report_free(&report);
	rk_buf_free(&image);
	rk_buf_free(&params);
	return rc;
}

int
rk_crossval_score(const struct rk_learner_how *how, const struct rk_prefs *p,
    const uint8_t *fold, int folds, const struct rk_watch *watch,
    struct rk_pool *pool, double *score, double *each, struct rk_err *err)
{
	uint8_t *part = rk_calloc(p->n, 1);
	size_t *which = rk_calloc(p->n, sizeof *which), i, n;
	struct rk_prefs seen = *p;
	const struct scores to = { score, each };
	struct rk_watch part_of;
	int f, rc = 0;

	seen.valid = part;
	for (f = 0; f < folds && rc == 0; f++) {
		for (n = 0, i = 0; i < p->n; i++) {
			part[i] = p->valid[i];
			if (part[i] == RK_PART_TRAIN && fold[i] == f) {
				part[i] = RK_PART_OUT;
				which[n++] = i;
			}
		}
		part_of = rk_watch_part(watch, (double)f / folds,
		    (double)(f + 1) / folds, "fold %d of %d", f + 1, folds);
		rk_watch_say(&part_of, 0, "%s", "");
		if (n > 0)
			rc = one_fold(
			    how, &seen, which, n, &part_of, pool, &to, err);
	}
	free(part);
	free(which);
	return rc;
}

/* What is left of the gain: y - my - slope (x - mx). */
struct line {
	double mx, my, slope, error;
};

/* Over how many prompts of the training part are there gains? */
static size_t
fit_line(struct line *l, const struct rk_prefs *p, const double *gain,
    const double *score)
{
	double n = 0, sx = 0, sy = 0, xx = 0, xy = 0, yy = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN && !isnan(gain[i])) {
			n++;
			sx += score[i];
			sy += gain[i];
		}
	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN && !isnan(gain[i])) {
			double x = score[i] - sx / n, y = gain[i] - sy / n;
			xx += x * x;
			xy += x * y;
			yy += y * y;
		}
	*l = (struct line){ sx / n, sy / n, 0, NAN };
	if (xx > 0 && xy > 0) {
		l->slope = xy / xx;
		yy -= xy * xy / xx;
	}
	if (n > 0)
		l->error = yy / n;
	return (size_t)n;
}

double
rk_crossval_error(
    const struct rk_prefs *p, const double *gain, const double *score)
{
	struct line l;

	fit_line(&l, p, gain, score);
	return l.error;
}

static double
left(const struct line *l, double gain, double score)
{
	double r = gain - l->my - l->slope * (score - l->mx);

	return r * r;
}

double
rk_crossval_gap(const struct rk_prefs *p, const double *gain, const double *a,
    const double *b, double *se)
{
	struct line la, lb;
	double n = (double)fit_line(&la, p, gain, a), squares = 0, d;
	size_t i;

	fit_line(&lb, p, gain, b);
	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN && !isnan(gain[i])) {
			d = left(&la, gain[i], a[i]) - left(&lb, gain[i], b[i]);
			d -= la.error - lb.error;
			squares += d * d;
		}
	*se = n > 1 ? sqrt(squares / (n - 1) / n) : NAN;
	return la.error - lb.error;
}

struct rk_evidence *
rk_crossval_evidence(
    const struct rk_prefs *p, const double *gain, const double *score)
{
	struct rk_evidence *e;
	size_t i, n = 0;
	double sum = 0;

	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN && !isnan(gain[i])) {
			n++;
			sum += score[i];
		}
	e = rk_evidence_new(n, 0, n > 0 ? sum / (double)n : 0);
	for (n = 0, i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_TRAIN && !isnan(gain[i]))
			rk_evidence_add(e, n++, score[i], gain[i]);
	return e;
}

int
rk_crossval_calibrate(struct rk_calibration *c,
    const struct rk_learner_how *how, const struct rk_prefs *p, int folds,
    const double *unseen, const struct rk_watch *watch, struct rk_pool *pool,
    size_t *n, struct rk_err *err)
{
	double *gain = rk_calloc(p->n, sizeof *gain), *score, *target;
	uint8_t *fold = rk_calloc(p->n, 1);
	size_t i;
	int rc = 0;

	*n = 0;
	score = rk_array(NULL, p->n, sizeof *score);
	target = rk_calloc(p->n, sizeof *target);
	for (i = 0; i < p->n; i++)
		score[i] = unseen ? unseen[i] : NAN;
	if (rk_crossval_gain(p, gain) >= RK_CROSSVAL_LEAST && unseen == NULL) {
		rk_crossval_folds(
		    fold, p, folds, RK_CROSSVAL_NEAR, how->seed, pool);
		rc = rk_crossval_score(
		    how, p, fold, folds, watch, pool, score, NULL, err);
	}
	for (i = 0; i < p->n && rc == 0; i++) {
		if (p->valid[i] != RK_PART_TRAIN || isnan(gain[i]) ||
		    isnan(score[i]))
			continue;
		score[*n] = score[i];
		target[(*n)++] = (1 + gain[i]) / 2;
	}
	if (rc == 0 && *n >= RK_CROSSVAL_LEAST)
		rk_calibrate_fit(c, score, target, *n);
	else
		*n = 0;
	free(gain);
	free(score);
	free(target);
	free(fold);
	return rc;
}
