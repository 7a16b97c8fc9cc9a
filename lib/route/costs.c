/* costs.c - a line for each model, by least squares. */
#include "route/costs.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "io/prices.h"
#include "route/router.h"

enum { A, B, LO, HI, COLUMNS };

static double
length_of(const struct rk_str *s)
{
	return (double)rk_utf8_count(s->p, s->n);
}

/* line[COLUMNS] of model M, from the training part. */
static void
fit(double *line, const struct rk_prefs *p, size_t m, const double *len)
{
	double n = 0, sx = 0, sy = 0, xx = 0, xy = 0;
	size_t i;

	line[A] = line[B] = line[LO] = line[HI] = NAN;
	for (i = 0; i < p->n; i++) {
		double y = (double)p->cost[i * p->k + m];
		if (p->valid[i] != RK_PART_TRAIN || isnan(y))
			continue;
		n++;
		sx += len[i];
		sy += y;
		line[LO] = n > 1 && line[LO] < y ? line[LO] : y;
		line[HI] = n > 1 && line[HI] > y ? line[HI] : y;
	}
	for (i = 0; i < p->n && n > 0; i++) {
		double y = (double)p->cost[i * p->k + m], x = len[i] - sx / n;
		if (p->valid[i] != RK_PART_TRAIN || isnan(y))
			continue;
		xx += x * x;
		xy += x * (y - sy / n);
	}
	if (n > 0) {
		line[B] = xx > 0 ? xy / xx : 0;
		line[A] = sy / n - line[B] * sx / n;
	}
}

/* line[k, COLUMNS] of the models of P. */
static void
fit_all(double *line, const struct rk_prefs *p)
{
	double *len = rk_array(NULL, p->n, sizeof *len);
	size_t i;

	for (i = 0; i < p->n; i++)
		len[i] = length_of(&p->text[i]);
	for (i = 0; i < p->k; i++)
		fit(line + i * COLUMNS, p, i, len);
	free(len);
}

/* Has the router put its own costs into W? */
static int
has_own(const char *router, const struct rk_st_writer *w)
{
	struct rk_buf name = { 0 };
	int has;

	rk_buf_addf(&name, "%s.cost", router);
	has = rk_st_is_put(w, name.p);
	rk_buf_free(&name);
	return has;
}

void
rk_costs_put(
    const struct rk_prefs *p, const char *router, struct rk_st_writer *w)
{
	const size_t shape[2] = { p->k, COLUMNS };
	double *line;

	if (p->cost == NULL || p->text == NULL || has_own(router, w))
		return;
	line = rk_array(NULL, p->k * COLUMNS, sizeof *line);
	fit_all(line, p);
	rk_st_give(w, "cost.line", RK_F64, 2, shape, line);
}

void
rk_costs_grow(const struct rk_costs *c, const struct rk_prefs *p,
    const char *router, struct rk_st_writer *w)
{
	const size_t shape[2] = { c->k + 1, COLUMNS };
	int knows = p->cost != NULL && p->text != NULL;
	double *line;
	size_t i;

	/* lines that are there must have one for every model */
	if (c->line == NULL && (!knows || has_own(router, w)))
		return;
	line = rk_array(NULL, shape[0] * COLUMNS, sizeof *line);
	for (i = 0; i < shape[0] * COLUMNS; i++)
		line[i] = c->line != NULL && i < c->k * COLUMNS ? c->line[i]
								: NAN;
	if (knows)
		fit_all(line + c->k * COLUMNS, p);
	rk_st_give(w, "cost.line", RK_F64, 2, shape, line);
}

int
rk_costs_open(
    struct rk_costs *c, const struct rk_st *st, size_t k, struct rk_err *err)
{
	const size_t shape[2] = { k, COLUMNS };
	const struct rk_tensor *t;

	c->line = NULL;
	c->k = k;
	if (rk_st_find(st, "cost.line") == NULL)
		return 0;
	t = rk_router_tensor(st, "", "cost.line", RK_F64, 2, shape, err);
	if (t == NULL)
		return -1;
	c->line = t->data;
	return 0;
}

void
rk_costs_predict(
    const struct rk_costs *c, const struct rk_str *text, double *out)
{
	double len = length_of(text), x;
	size_t i;

	for (i = 0; i < c->k; i++) {
		const double *line = c->line + i * COLUMNS;
		x = line[A] + line[B] * len;
		x = x < line[LO] ? line[LO] : x > line[HI] ? line[HI] : x;
		out[i] = x >= 0 && x <= RK_DOLLARS_MAX ? x : NAN;
	}
}
