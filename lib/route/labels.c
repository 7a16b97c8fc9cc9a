/* labels.c - tables of what is known, rows of prompts and columns of models. */
#include "route/labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/prices.h"
#include "pref/prompts.h"

/* out[n, k]: the rows row[n] of table[, k]. */
static float *
rows_of(const float *table, const uint32_t *row, size_t n, size_t k)
{
	float *out = rk_floats(n * k);
	size_t i;

	for (i = 0; i < n; i++)
		memcpy(out + i * k, table + row[i] * k, k * sizeof *out);
	return out;
}

static void
give(const char *router, const char *what, int ndim, const size_t *shape,
    float *data, struct rk_st_writer *w)
{
	char name[64];

	snprintf(name, sizeof name, "%s.%s", router, what);
	rk_st_give(w, name, RK_F32, ndim, shape, data);
}

size_t
rk_labels_rows(uint32_t *row, const struct rk_target *t)
{
	size_t n = 0, i, m;

	for (i = 0; i < t->n; i++) {
		for (m = 0; m < t->k && isnan(t->t[i * t->k + m]); m++)
			;
		if (m < t->k)
			row[n++] = (uint32_t)i;
	}
	return n;
}

void
rk_labels_put(const char *router, const struct rk_target *t,
    const struct rk_prefs *p, const uint32_t *row, size_t n,
    struct rk_st_writer *w)
{
	const size_t shape[2] = { n, t->k };
	const uint32_t zero = 0;

	give(router, "target", 2, shape, rows_of(t->t, row, n, t->k), w);
	give(router, "mean", 1, &shape[1], rows_of(t->mean, &zero, 1, t->k), w);
	if (p->cost != NULL)
		give(router, "cost", 2, shape, rows_of(p->cost, row, n, t->k),
		    w);
}

static const struct rk_tensor *
table(const struct rk_st *st, const char *prefix, const char *router,
    const char *what, int ndim, const size_t *shape, struct rk_err *err)
{
	char name[64];

	snprintf(name, sizeof name, "%s.%s", router, what);
	return rk_router_tensor(st, prefix, name, RK_F32, ndim, shape, err);
}

static int
is_there(const struct rk_st *st, const char *prefix, const char *router,
    const char *what)
{
	struct rk_buf full = { 0 };
	int found;

	rk_buf_addf(&full, "%s%s.%s", prefix, router, what);
	found = rk_st_find(st, full.p) != NULL;
	rk_buf_free(&full);
	return found;
}

static void
mean_costs(struct rk_labels *l)
{
	double *n = rk_calloc(l->k, sizeof *n);
	size_t i, m;

	l->cost_mean = rk_calloc(l->k, sizeof *l->cost_mean);
	for (i = 0; i < l->n; i++)
		for (m = 0; m < l->k; m++) {
			double usd = rk_labels_cost(l, i, m);
			if (isnan(usd))
				continue;
			l->cost_mean[m] += usd;
			n[m]++;
		}
	for (m = 0; m < l->k; m++)
		l->cost_mean[m] = n[m] > 0 ? l->cost_mean[m] / n[m] : NAN;
	free(n);
}

int
rk_labels_open(struct rk_labels *l, const struct rk_st *st, const char *prefix,
    const char *router, size_t n, size_t k, struct rk_err *err)
{
	const size_t shape[2] = { n, k };
	const struct rk_tensor *target, *mean, *cost;

	*l = (struct rk_labels){ .n = n, .k = k };
	target = table(st, prefix, router, "target", 2, shape, err);
	mean = table(st, prefix, router, "mean", 1, &shape[1], err);
	if (target == NULL || mean == NULL ||
	    rk_router_within(mean, -1e3f, err) != 0)
		return -1;
	l->target = target->data;
	l->mean = mean->data;
	if (!is_there(st, prefix, router, "cost"))
		return 0;
	cost = table(st, prefix, router, "cost", 2, shape, err);
	if (cost == NULL)
		return -1;
	l->cost = cost->data;
	mean_costs(l);
	return 0;
}

void
rk_labels_free(struct rk_labels *l)
{
	free(l->cost_mean);
	*l = (struct rk_labels){ 0 };
}

double
rk_labels_target(const struct rk_labels *l, size_t row, size_t model)
{
	float t = l->target[row * l->k + model];

	return fabsf(t) <= 1e3f ? t : NAN;
}

double
rk_labels_cost(const struct rk_labels *l, size_t row, size_t model)
{
	float usd = l->cost[row * l->k + model];

	return usd >= 0 && (double)usd <= RK_DOLLARS_MAX ? usd : NAN;
}

/* --- one model more --------------------------------------------------------- */

/* at[n]: where the stored prompts are in P, or -1; returns how many are. */
static size_t
match(long *at, const struct rk_names *names, const struct rk_prefs *p)
{
	const struct rk_str none = { NULL, 0 };
	struct rk_prompts all = { 0 };
	size_t found = 0, i;

	for (i = 0; i < p->n; i++)
		rk_prompts_add(&all, p->digest[i], none, NULL);
	for (i = 0; i < names->n; i++) {
		at[i] = rk_prompts_find(&all, names->digest[i]);
		found += at[i] >= 0;
	}
	rk_prompts_free(&all);
	return found;
}

/* out[n]: value[at], NaN where there is none. */
static float *
column(const long *at, size_t n, const float *value)
{
	float *out = rk_floats(n);
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = at[i] >= 0 && value != NULL ? value[at[i]] : NAN;
	return out;
}

/* table[n, k + 1]: OLD, or NaN where there is none, and the column NEW. */
static float *
widen(const float *old, const float *new, size_t n, size_t k)
{
	float *out = rk_floats(n * (k + 1));
	size_t i, m;

	for (i = 0; i < n; i++) {
		for (m = 0; m < k; m++)
			out[i * (k + 1) + m] = old ? old[i * k + m] : NAN;
		out[i * (k + 1) + k] = new[i];
	}
	return out;
}

static float
mean_known(const float *x, size_t n)
{
	double sum = 0, known = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (!isnan(x[i])) {
			sum += x[i];
			known++;
		}
	return (float)(sum / known);
}

/* The tables with the column NEW, and USD where there are costs. */
static void
put_wider(const char *router, const struct rk_labels *l, const float *new,
    const float *usd, int costs, struct rk_st_writer *w)
{
	const size_t shape[2] = { l->n, l->k + 1 };
	float mean = mean_known(new, l->n);

	give(router, "target", 2, shape, widen(l->target, new, l->n, l->k), w);
	give(router, "mean", 1, &shape[1], widen(l->mean, &mean, 1, l->k), w);
	if (costs)
		give(router, "cost", 2, shape, widen(l->cost, usd, l->n, l->k),
		    w);
}

int
rk_labels_grow(const char *router, const struct rk_labels *l,
    const struct rk_names *names, const struct rk_prefs *p, float *own,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err)
{
	struct rk_target t;
	float *new, *usd;
	size_t found;
	long *at;

	if (names->digest == NULL)
		return rk_names_check(names, err);
	if (p == NULL)
		return 0;
	if (rk_target_make(&t, p, err) != 0)
		return -1;
	at = rk_array(NULL, l->n, sizeof *at);
	found = match(at, names, p);
	new = column(at, l->n, t.t);
	usd = column(at, l->n, p->cost);
	if (found > 0)
		put_wider(
		    router, l, new, usd, l->cost != NULL || p->cost != NULL, w);
	else
		rk_err_set(err,
		    "none of %zu prompts is among the %zu that the router asks",
		    p->n, l->n);
	rk_report_num(report, "prompts", (double)found);
	rk_report_num(report, "unknown", (double)(p->n - found));
	if (own != NULL)
		memcpy(own, new, l->n * sizeof *own);
	free(at);
	free(new);
	free(usd);
	rk_target_free(&t);
	return found > 0 ? 0 : -1;
}
