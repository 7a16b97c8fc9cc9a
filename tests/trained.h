/*
 * trained.h - for the tests of one router: preferences from tables of numbers,
 * and a model that is trained, written, opened and asked, all in memory.
 */
#ifndef RK_TESTS_TRAINED_H
#define RK_TESTS_TRAINED_H

#include "route/router.h"
#include "tests/numbers.h"

struct trained {
	const struct rk_router *r;
	struct rk_params *set;
	struct rk_buf bytes, report;
	struct rk_st *st;
	void *m;
	size_t d;
	struct rk_err err;
};

static void __attribute__((unused)) trained_open(struct trained *t, size_t k)
{
	t->st = rk_st_open_mem(t->bytes.p, t->bytes.n, &t->err);
	if (t->st != NULL)
		t->m = t->r->open(t->st, "", k, t->set, 1, &t->d, &t->err);
}

/* Trains ROUTER on P with "KEY=VALUE KEY=VALUE", and opens it. 0, or -1. */
static int __attribute__((unused))
trained_make(struct trained *t, const char *router, const struct rk_prefs *p,
    const char *set, struct rk_pool *pool)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	char word[64];
	int at = 0, n;

	memset(t, 0, sizeof *t);
	t->r = rk_router_find(router, &t->err);
	t->set = rk_params_new(t->r->params);
	for (; sscanf(set + at, "%63s%n", word, &n) == 1; at += n)
		if (rk_params_set(t->set, word, &t->err) != 0)
			printf("# %s\n", t->err.msg);
	if (t->r->train(p, t->set, 1, pool, w, &report, &t->err) == 0 &&
	    rk_st_write_mem(w, &t->bytes, &t->err) == 0)
		trained_open(t, p->k);
	t->report = report.json;
	free(report.unseen);
	rk_st_writer_free(w);
	return t->m != NULL ? 0 : -1;
}

static void __attribute__((unused)) trained_free(struct trained *t)
{
	t->r->close(t->m);
	rk_st_close(t->st);
	rk_params_free(t->set);
	rk_buf_free(&t->bytes);
	rk_buf_free(&t->report);
}

/* out[n, k] of the bare embeddings q[n, d]. New. */
static __attribute__((unused)) float *
trained_score(
    struct trained *t, const float *q, size_t n, size_t k, struct rk_pool *pool)
{
	struct rk_queries queries = { n, t->d, NULL, q, NULL, NULL };
	float *out = rk_floats(n * k);
	size_t rows[64], i;

	for (i = 0; i < k; i++)
		rows[i] = i;
	t->r->score(t->m, &queries, rows, k, pool, out);
	return out;
}

/* usd[n, k]: what the answers are predicted to cost. New. */
static __attribute__((unused)) double *
trained_costs(
    struct trained *t, const float *q, size_t n, size_t k, struct rk_pool *pool)
{
	double *usd = rk_calloc(n * k, sizeof *usd);
	struct rk_more more = { .usd = usd };
	struct rk_queries queries = { n, t->d, NULL, q, NULL, &more };
	float *out = rk_floats(n);
	const size_t first = 0;

	t->r->score(t->m, &queries, &first, 1, pool, out);
	free(out);
	return usd;
}

/* The largest difference; NaN must meet NaN. */
static double __attribute__((unused))
trained_apart(const double *got, const double *want, size_t n)
{
	double off = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (!(isnan(got[i]) && isnan(want[i]))) {
			double x = fabs(got[i] - want[i]);
			off = isnan(x) ? INFINITY : fmax(off, x);
		}
	return off;
}

/* Preferences, and the memory that they stand on. */
struct tables {
	struct rk_prefs p;
	struct rk_cmp *cmp;
	size_t *first;
	uint8_t *valid;
	char *name[64], names[64][8];
};

/*
 * n prompts with emb[n, d] for K models of which the first is the strong and
 * the last the weak one; without comparisons. Borrows the arrays.
 */
static void __attribute__((unused))
tables_make(struct tables *t, size_t n, size_t d, size_t k, const float *emb)
{
	size_t i;

	memset(t, 0, sizeof *t);
	for (i = 0; i < k; i++) {
		snprintf(t->names[i], sizeof t->names[i], "m%u",
		    (unsigned)(i % 100));
		t->name[i] = t->names[i];
	}
	t->first = rk_calloc(n + 1, sizeof *t->first);
	t->valid = rk_calloc(n, 1);
	t->p = (struct rk_prefs){ .k = k,
		.model = t->name,
		.n = n,
		.d = d,
		.emb = emb,
		.valid = t->valid,
		.first = t->first,
		.strong = 0,
		.weak = k - 1 };
}

static void __attribute__((unused)) tables_free(struct tables *t)
{
	free(t->cmp);
	free(t->first);
	free(t->valid);
}

/* quality[n, k], NaN where there is none: its comparisons too. */
static void __attribute__((unused))
tables_quality(struct tables *t, const float *quality)
{
	size_t n = t->p.n, k = t->p.k, i, a, b, m = 0;

	t->p.quality = quality;
	t->cmp = rk_array(t->cmp, n * k * k, sizeof *t->cmp);
	for (i = 0; i < n; i++) {
		t->first[i] = m;
		for (a = 0; a < k; a++)
			for (b = a + 1; b < k; b++) {
				const float *q = quality + i * k;
				if (isnan(q[a]) || isnan(q[b]))
					continue;
				t->cmp[m++] = (struct rk_cmp){ (uint32_t)i,
					(uint16_t)a, (uint16_t)b,
					(1 + q[a] - q[b]) / 2 };
			}
	}
	t->first[n] = t->p.m = m;
	t->p.cmp = t->cmp;
}

/* m battles, sorted by prompt. */
static void __attribute__((unused)) tables_battles(struct tables *t, size_t m,
    const double *prompt, const double *a, const double *b, const double *y)
{
	size_t i, c;

	t->cmp = rk_array(t->cmp, m, sizeof *t->cmp);
	for (i = 0, c = 0; i < t->p.n; i++)
		for (t->first[i] = c; c < m && prompt[c] == (double)i; c++)
			t->cmp[c] = (struct rk_cmp){ (uint32_t)i,
				(uint16_t)a[c], (uint16_t)b[c], (float)y[c] };
	t->first[t->p.n] = t->p.m = m;
	t->p.cmp = t->cmp;
}

#endif
