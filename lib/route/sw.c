/*
 * sw.c - similarity-weighted ranking (RouteLLM, arXiv 2406.18665, section
 * 4.1): nothing is trained. A comparison counts for a query by the likeness of
 * its prompt,
 *
 *   w_j = b^(cos_j / max cos - 1),    b = power, 10 in the paper,
 *
 * and the models, put into tiers by their ratings over all comparisons, are
 * rated for the query by Bradley-Terry on the weighted comparisons. The
 * weights enter the likelihood only through the weighted wins of each tier
 * over each other, so that the fit is exact from a small table: one matrix
 * product for the cosines, one pass for the largest, one for the weights, one
 * sum a cell, and Newton's method on as many unknowns as there are tiers,
 * started from the ratings with all weights equal.
 *
 * Where no cosine is positive the formula would turn over or divide by zero:
 * all weights are equal then. That holds for the zero vector, which has cosine
 * 0 with everything, as a zero vector of the training data has.
 *
 * form=direct, weighted means of qualities, is in sw-direct.c.
 *
 * compat=routellm keeps two quirks of the paper's code. A negative largest
 * cosine is put into the formula as it is (a zero one gives equal weights here
 * and NaN there). And a comparison within a tier, which says nothing and is
 * dropped otherwise, writes +ln 10 and then -ln 10 to the same column of its
 * design matrix, so that only -ln 10 stays: it counts as a win of a phantom
 * with the fixed rating 0 where model_a won, and as a loss where it did not.
 * Only differences of ratings matter, so the phantom may be one tier more.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/bt.h"
#include "math/mat.h"
#include "route/names.h"
#include "route/nearest.h"
#include "route/stored.h"
#include "route/sw-direct.h"
#include "route/sw-weights.h"
#include "route/tiers.h"

static const struct rk_param params[] = {
	{ "power", RK_PARAM_NUM, "10", 1, 1e12, NULL,
	    "how many times a twin of the query outweighs an unrelated prompt" },
	{ "tiers", RK_PARAM_INT, "10", 2, RK_BT_MAX, NULL,
	    "groups of models of like rating that are rated as one" },
	{ "form", RK_PARAM_WORD, "bt", 0, 0, "bt|direct",
	    "bt: ratings of tiers; direct: weighted means of qualities" },
	{ "half", RK_PARAM_INT, "0", 0, 1, NULL,
	    "1: keep the embeddings as 16-bit floats" },
	{ "compat", RK_PARAM_WORD, "none", 0, 0, "none|routellm",
	    "routellm: the win rates of RouteLLM's code, quirks included" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/* --- training -------------------------------------------------------------- */

/* The comparisons of one prompt between two tiers, summed. */
struct entry {
	uint32_t cell;   /* x * cells + y, x < y */
	uint32_t prompt; /* of the preferences; then the row in the file */
	float wins[2];   /* of x over y, of y over x */
};

struct build {
	const struct rk_prefs *p;
	size_t side; /* tiers, and one for the phantom if there is one */
	size_t tiers;
	uint16_t *tier; /* [k] */
	struct entry *e;
	size_t n, cap;
	uint32_t *row; /* [rows]: the prompt of a row */
	size_t rows;
};

static int
by_cell(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	return (x->prompt > y->prompt) - (x->prompt < y->prompt);
}

/* One entry for each pair of tiers that prompt I compares. */
static void
add_prompt(struct build *b, size_t i)
{
	const struct rk_prefs *p = b->p;
	size_t from = b->n, c, e;

	for (c = p->first[i]; c < p->first[i + 1]; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		size_t x = b->tier[v->a], y = b->tier[v->b];
		float won = v->y;
		uint32_t cell;
		if (x == y) {
			if (b->side == b->tiers)
				continue;
			y = b->tiers;
			won = 1 - won;
		}
		if (x > y) {
			size_t swap = x;
			x = y;
			y = swap;
			won = 1 - won;
		}
		cell = (uint32_t)(x * b->side + y);
		for (e = from; e < b->n && b->e[e].cell != cell; e++)
			;
		if (e == b->n) {
			RK_GROW(b->e, b->n, b->cap);
			b->e[b->n++] = (struct entry){ cell, (uint32_t)i,
				{ 0, 0 } };
		}
		b->e[e].wins[0] += won;
		b->e[e].wins[1] += 1 - won;
	}
}

/*
 * Sorts the entries by cell and numbers the prompts as they come, so that the
 * sum over a cell runs through the weights from left to right.
 */
static void
number_rows(struct build *b)
{
	uint32_t *row_of = rk_calloc(b->p->n, sizeof *row_of); /* 0: none yet */
	size_t e;

	qsort(b->e, b->n, sizeof *b->e, by_cell);
	b->row = rk_array(NULL, b->p->n, sizeof *b->row);
	for (e = 0; e < b->n; e++) {
		uint32_t i = b->e[e].prompt;
		if (row_of[i] == 0) {
			b->row[b->rows] = i;
			row_of[i] = (uint32_t)++b->rows;
		}
		b->e[e].prompt = row_of[i] - 1;
	}
	qsort(b->e, b->n, sizeof *b->e, by_cell);
	free(row_of);
}

static void
put_entries(const struct build *b, struct rk_st_writer *w)
{
	const size_t pairs[2] = { b->n, 2 }, wins[2] = { 2, b->n };
	uint32_t *prompt = rk_array(NULL, b->n, sizeof *prompt);
	uint16_t *pair = rk_array(NULL, 2 * b->n, sizeof *pair);
	float *won = rk_floats(2 * b->n);
	size_t e;

	for (e = 0; e < b->n; e++) {
		prompt[e] = b->e[e].prompt;
		pair[2 * e] = (uint16_t)(b->e[e].cell / b->side);
		pair[2 * e + 1] = (uint16_t)(b->e[e].cell % b->side);
		won[e] = b->e[e].wins[0];
		won[b->n + e] = b->e[e].wins[1];
	}
	rk_st_give(w, "sw.prompt", RK_U32, 1, &b->n, prompt);
	rk_st_give(w, "sw.pair", RK_U16, 2, pairs, pair);
	rk_st_give(w, "sw.wins", RK_F32, 2, wins, won);
}

static int
check_prefs(const struct rk_prefs *p, struct rk_err *err)
{
	if (p->emb == NULL || p->d == 0)
		return rk_err_set(err, "sw needs embeddings");
	if (p->k > RK_BT_MAX)
		return rk_err_set(
		    err, "%zu models: expected at most %d", p->k, RK_BT_MAX);
	return 0;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct build b = { .p = p };
	size_t i;
	int rc = -1;

	(void)seed, (void)pool;
	if (check_prefs(p, err) != 0)
		return -1;
	if (rk_params_is(set, "form", "direct"))
		return rk_sw_direct_train(p, set, w, report, err);
	b.tier = rk_array(NULL, p->k, sizeof *b.tier);
	b.tiers = rk_tiers_find(b.tier, p, (size_t)rk_params_int(set, "tiers"));
	b.side = b.tiers + (size_t)rk_params_is(set, "compat", "routellm");
	for (i = 0; i < p->n; i++)
		if (!p->valid[i])
			add_prompt(&b, i);
	if (p->strong < p->k && p->weak < p->k &&
	    b.tier[p->strong] == b.tier[p->weak]) {
		rk_err_set(err,
		    "%s and %s are in the same of %zu tiers: expected more "
		    "tiers, or models of more different ratings",
		    p->model[p->strong], p->model[p->weak], b.tiers);
		goto out;
	}
	if (b.n == 0) {
		rk_err_set(err, "no comparison between tiers to learn from");
		goto out;
	}
	number_rows(&b);
	rk_stored_put("sw.embedding", p, b.row, b.rows,
	    (int)rk_params_int(set, "half"), w);
	rk_names_put("sw", p, b.row, b.rows, w);
	put_entries(&b, w);
	rk_st_give(w, "sw.tier", RK_U16, 1, &p->k, b.tier);
	b.tier = NULL;
	rk_report_num(report, "tiers", (double)b.tiers);
	rk_report_num(report, "prompts", (double)b.rows);
	rc = 0;
out:
	free(b.tier);
	free(b.e);
	free(b.row);
	return rc;
}

/* --- opening --------------------------------------------------------------- */

/* Entries from..to are between tiers x and y. */
struct run {
	size_t from, to;
	size_t x, y;
};

struct model {
	struct rk_sw_direct *direct; /* form=direct: nothing else is set */
	struct rk_mat_rows rows;
	struct rk_names names;
	size_t entries;
	const uint32_t *prompt; /* [entries] */
	const float *wins;      /* [2, entries] */
	const uint16_t *tier;   /* [k] */
	size_t side;
	struct run *run;
	size_t runs, run_cap;
	double log_power;
	int compat;
	double *even; /* [side]: the ratings where all weights are equal */
};

static void
model_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_sw_direct_free(m->direct);
	rk_names_free(&m->names);
	free(m->run);
	free(m->even);
	free(m);
}

static int
open_tiers(struct model *m, const struct rk_st *st, const char *prefix,
    size_t k, struct rk_err *err)
{
	const struct rk_tensor *t = rk_router_tensor(
	    st, prefix, "sw.tier", RK_U16, 1, &k, err);
	size_t i;

	if (t == NULL)
		return -1;
	m->tier = t->data;
	for (i = 0; i < k; i++)
		if (m->tier[i] >= m->side)
			m->side = m->tier[i] + (size_t)1;
	m->side += (size_t)m->compat;
	if (m->side > RK_BT_MAX + 1)
		return rk_err_set(err,
		    "%s: found %zu tiers, expected at most "
		    "%d",
		    t->name, m->side, RK_BT_MAX);
	return 0;
}

/* Checks entry E between X and Y, and adds it to its run. */
static int
open_entry(struct model *m, size_t e, size_t x, size_t y, struct rk_err *err)
{
	const float *won = m->wins + e, *lost = won + m->entries;
	struct run *last = m->runs > 0 ? &m->run[m->runs - 1] : NULL;

	if (x >= y || y >= m->side)
		return rk_err_set(err,
		    "sw.pair: found tiers %zu and %zu of "
		    "%zu at %zu",
		    x, y, m->side, e);
	if (m->prompt[e] >= m->rows.n)
		return rk_err_set(err, "sw.prompt: found row %u of %zu at %zu",
		    (unsigned)m->prompt[e], m->rows.n, e);
	if (!(*won >= 0 && *won < 1e30f && *lost >= 0 && *lost < 1e30f))
		return rk_err_set(err,
		    "sw.wins: found %g and %g at %zu, "
		    "expected weights",
		    (double)*won, (double)*lost, e);
	if (last == NULL || last->x != x || last->y != y) {
		RK_GROW(m->run, m->runs, m->run_cap);
		last = &m->run[m->runs++];
		*last = (struct run){ e, e, x, y };
	}
	last->to = e + 1;
	return 0;
}

static int
open_entries(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	size_t shape[2] = { SIZE_MAX, 2 }, e;
	const struct rk_tensor *pair, *prompt, *wins;
	const uint16_t *xy;

	pair = rk_router_tensor(st, prefix, "sw.pair", RK_U16, 2, shape, err);
	if (pair == NULL)
		return -1;
	shape[0] = m->entries = pair->shape[0];
	prompt = rk_router_tensor(
	    st, prefix, "sw.prompt", RK_U32, 1, shape, err);
	shape[0] = 2;
	shape[1] = m->entries;
	wins = rk_router_tensor(st, prefix, "sw.wins", RK_F32, 2, shape, err);
	if (prompt == NULL || wins == NULL)
		return -1;
	m->prompt = prompt->data;
	m->wins = wins->data;
	xy = pair->data;
	for (e = 0; e < m->entries; e++)
		if (open_entry(m, e, xy[2 * e], xy[2 * e + 1], err) != 0)
			return -1;
	return 0;
}

/*
 * sum[2] of w[prompt[i]] * wins of either side, for i < n: in float over
 * short blocks, in double over the blocks.
 */
RK_CLONES static void
weigh(double *sum, const float *w, const uint32_t *prompt, const float *won,
    const float *lost, size_t n)
{
	enum { BLOCK = 64 * RK_LANES };
	size_t i, j, end;

	sum[0] = sum[1] = 0;
	for (i = 0; i < n; i = end) {
		float a[RK_LANES] = { 0 }, b[RK_LANES] = { 0 };
		end = n - i < BLOCK ? n : i + BLOCK;
		for (; i + RK_LANES <= end; i += RK_LANES)
			for (j = 0; j < RK_LANES; j++) {
				float x = w[prompt[i + j]];
				a[j] += x * won[i + j];
				b[j] += x * lost[i + j];
			}
		for (j = 0; i + j < end; j++) {
			float x = w[prompt[i + j]];
			a[j] += x * won[i + j];
			b[j] += x * lost[i + j];
		}
		for (j = 0; j < RK_LANES; j++) {
			sum[0] += a[j];
			sum[1] += b[j];
		}
	}
}

/* rating[side] of the comparisons weighted by w[rows]. */
static void
fit(const struct model *m, double *rating, const float *w, double *table,
    double *work)
{
	size_t i;

	memset(table, 0, m->side * m->side * sizeof *table);
	for (i = 0; i < m->runs; i++) {
		const struct run *r = &m->run[i];
		double sum[2];
		weigh(sum, w, m->prompt + r->from, m->wins + r->from,
		    m->wins + m->entries + r->from, r->to - r->from);
		table[r->x * m->side + r->y] += sum[0];
		table[r->y * m->side + r->x] += sum[1];
	}
	rk_bt_fit(rating, table, m->side, work);
}

static size_t
fit_work(const struct model *m)
{
	return m->side * m->side + rk_bt_work(m->side);
}

static void
open_even(struct model *m)
{
	double *work = rk_array(NULL, fit_work(m), sizeof *work);
	float *w = rk_floats(m->rows.n);
	size_t i;

	for (i = 0; i < m->rows.n; i++)
		w[i] = 1;
	m->even = rk_calloc(m->side, sizeof *m->even);
	fit(m, m->even, w, work, work + m->side * m->side);
	free(work);
	free(w);
}

static int
open_ratings(struct model *m, const struct rk_st *st, const char *prefix,
    size_t k, const struct rk_params *set, struct rk_err *err)
{
	m->log_power = log(rk_params_num(set, "power"));
	m->compat = rk_params_is(set, "compat", "routellm");
	if (rk_stored_open(&m->rows, st, prefix, "sw.embedding", err) != 0 ||
	    rk_names_open(&m->names, st, prefix, "sw", m->rows.n, err) != 0 ||
	    open_tiers(m, st, prefix, k, err) != 0 ||
	    open_entries(m, st, prefix, err) != 0)
		return -1;
	open_even(m);
	return 0;
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);
	int rc = 0;

	(void)seed;
	if (rk_params_is(set, "form", "direct"))
		m->direct = rk_sw_direct_open(st, prefix, k, set, d, err);
	else if ((rc = open_ratings(m, st, prefix, k, set, err)) == 0)
		*d = m->rows.d;
	if (rc == 0 && !rk_err_is(err))
		return m;
	model_close(m);
	return NULL;
}

/* --- scoring --------------------------------------------------------------- */

struct job {
	const struct model *m;
	const struct rk_more *more; /* or NULL */
	const size_t *rows;
	size_t cols;
	float *scores;
	double *work;             /* [threads, side + fit_work] */
	struct rk_nearest *named; /* [threads], for more->row; or NULL */
};

/* The cosines become the weights. */
static void
score_one(void *ctx, size_t i, const float *unit, float *w, int thread)
{
	const struct job *t = ctx;
	const struct model *m = t->m;
	double *rating = t->work + (size_t)thread * (m->side + fit_work(m));
	double *table = rating + m->side;
	size_t c;

	if (t->named != NULL)
		rk_nearest_first(&t->named[thread], &m->rows, unit, w,
		    t->more->row + i * t->more->near,
		    t->more->cosine + i * t->more->near);
	rk_sw_weights(w, m->rows.n, m->log_power, m->compat);
	memcpy(rating, m->even, m->side * sizeof *rating);
	fit(m, rating, w, table, table + m->side * m->side);
	for (c = 0; c < t->cols; c++)
		t->scores[i * t->cols + c] = (float)rating[m->tier[t->rows[c]]];
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	const struct model *m = model;
	struct job t = { m, q->more, rows, cols, scores, NULL, NULL };
	size_t threads = (size_t)rk_pool_size(pool);

	if (m->direct != NULL) {
		rk_sw_direct_score(m->direct, q, rows, cols, pool, scores);
		return;
	}
	t.work = rk_array(
	    NULL, threads * (m->side + fit_work(m)), sizeof *t.work);
	if (q->more != NULL && q->more->near > 0)
		t.named = rk_nearest_new(&m->rows, q->more->near, threads);
	rk_stored_each(&m->rows, q, pool, score_one, NULL, &t);
	rk_nearest_free(t.named, threads);
	free(t.work);
}

static enum rk_link
link_of(const struct rk_params *set)
{
	return rk_params_is(set, "form", "direct") ? RK_LINK_LINEAR
						   : RK_LINK_LOGISTIC;
}

static int
tells_costs(const void *model)
{
	const struct model *m = model;

	return m->direct != NULL && rk_sw_direct_tells_costs(m->direct);
}

static const struct rk_names *
names(const void *model)
{
	const struct model *m = model;

	return m->direct != NULL ? rk_sw_direct_names(m->direct) : &m->names;
}

static int
grow(void *model, const struct rk_prefs *p, const struct rk_params *set,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	const struct model *m = model;

	(void)set, (void)pool;
	if (m->direct == NULL)
		return rk_err_set(err,
		    "sw learns of all models together and cannot take one "
		    "more, but with form=direct");
	return rk_sw_direct_grow(m->direct, p, w, report, err);
}

const struct rk_router rk_router_sw = {
	.name = "sw",
	.about = "similarity-weighted ranking: ratings from the likest prompts",
	.needs = RK_NEEDS_EMBEDDING,
	.link = RK_LINK_LOGISTIC,
	.link_of = link_of,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
	.grow = grow,
	.tells_costs = tells_costs,
	.names = names,
};
