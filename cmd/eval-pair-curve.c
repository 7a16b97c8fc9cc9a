/* eval-pair-curve.c - the curves of a pair of models: points and lines. */
#include <stdlib.h>

#include "base/buf.h"
#include "eval-pair.h"
#include "eval.h"
#include "io/gnuplot.h"

/* The points of one router. New arrays [m], which the caller frees. */
struct points {
	size_t m;
	struct rk_mark *mark;
	double *quality, *cost;
};

static struct points
points_of(const struct rk_columns *d, const struct pair_router *r)
{
	struct points p = { 0, NULL, NULL, NULL };

	p.m = rk_curve_marks(r->curve, &p.mark);
	p.quality = rk_array(NULL, p.m, sizeof *p.quality);
	rk_curve_means(r->curve, p.mark, p.m, d->col[RK_SCORED_WEAK],
	    d->col[RK_SCORED_STRONG], p.quality);
	if (d->col[RK_SCORED_WEAK_COST] != NULL) {
		p.cost = rk_array(NULL, p.m, sizeof *p.cost);
		rk_curve_means(r->curve, p.mark, p.m,
		    d->col[RK_SCORED_WEAK_COST], d->col[RK_SCORED_STRONG_COST],
		    p.cost);
	}
	return p;
}

static void
free_points(struct points *p)
{
	free(p->mark);
	free(p->quality);
	free(p->cost);
}

void
pair_put_curve(const struct pair_group *g, const struct pair_router *r)
{
	const struct rk_columns *d = g->d;
	struct points p = points_of(d, r);
	struct rk_buf b = { 0 };

	for (size_t j = 0; j < p.m; j++) {
		eval_put_head(&b, r->name, g->k, r->control);
		eval_put_number(
		    &b, "share", (double)p.mark[j].sent / (double)d->n);
		eval_put_number(&b, "quality", p.quality[j]);
		if (p.cost != NULL) {
			eval_put_number(&b, "cost", p.cost[j]);
			eval_put_number(&b, "arena_score",
			    rk_money_arena_within(
				p.quality[j], p.cost[j], g->lo, g->hi));
		}
		if (r->has_scores)
			eval_put_number(&b, "threshold", p.mark[j].threshold);
		rk_buf_adds(&b, "}\n");
	}
	eval_put_points(&b);
	rk_buf_free(&b);
	free_points(&p);
}

static struct rk_plot_line
line_of(const struct rk_columns *d, const struct pair_router *r)
{
	struct points p = points_of(d, r);
	double *x = rk_array(NULL, p.m, sizeof *x);
	double *y = rk_array(NULL, p.m, sizeof *y);
	size_t n = 0;

	for (size_t j = 0; j < p.m; j++) {
		double share = (double)p.mark[j].sent / (double)d->n;

		if (j > 0 && j + 1 < p.m &&
		    share * 100 < x[n - 1] + 100. / EVAL_PLOT_STEPS)
			continue;
		x[n] = share * 100;
		y[n++] = p.quality[j];
	}
	free_points(&p);
	return (struct rk_plot_line){ r->name, r->control, n, x, y };
}

void
pair_draw(const struct pair_group *g, const struct rk_scored *s)
{
	struct rk_plot_line *line = rk_array(NULL, g->m, sizeof *line);
	struct rk_buf label = { 0 };

	for (size_t j = 0; j < g->m; j++)
		line[j] = line_of(g->d, &g->r[j]);
	rk_buf_addf(&label, "%% of the queries to %s", s->strong);
	eval_draw(&(struct rk_plot){ label.p, "quality", g->m, line });
	rk_buf_free(&label);
	eval_free_lines(line, g->m);
}
