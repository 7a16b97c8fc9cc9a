/* eval-pair-curve.c - the curves of a pair of models: points and a picture. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "eval-pair.h"
#include "eval.h"
#include "io/file.h"
#include "io/gnuplot.h"

static struct rk_file *curve_file;
static struct rk_buf picture;

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
	struct rk_err err = { "" };

	for (size_t j = 0; j < p.m; j++) {
		pair_put_head(&b, r, g->k);
		eval_put_number(
		    &b, "share", (double)p.mark[j].sent / (double)d->n);
		eval_put_number(&b, "quality", p.quality[j]);
		if (p.cost != NULL)
			eval_put_number(&b, "cost", p.cost[j]);
		if (r->has_scores)
			eval_put_number(&b, "threshold", p.mark[j].threshold);
		rk_buf_adds(&b, "}\n");
	}
	if (rk_file_write(curve_file, b.p, b.n, &err) != 0) {
		rk_file_abandon(curve_file, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
	rk_buf_free(&b);
	free_points(&p);
}

/* --- the picture ---------------------------------------------------------------- */

enum { STEPS = 500 }; /* no more points of a curve are drawn */

static enum rk_plot_kind
plot_kind(void)
{
	if (strcmp(eval_opt.plot, "-") == 0)
		return RK_PLOT_TERMINAL;
	return strcmp(eval_opt.plot + strlen(eval_opt.plot) - 4, ".svg") == 0
	    ? RK_PLOT_SVG
	    : RK_PLOT_PNG;
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
		    share * 100 < x[n - 1] + 100. / STEPS)
			continue;
		x[n] = share * 100;
		y[n++] = p.quality[j];
	}
	free_points(&p);
	return (struct rk_plot_line){ r->name, r->control, n, x, y };
}

static void
write_picture(void)
{
	struct rk_err err = { "" };
	struct rk_file *f = rk_file_create(eval_opt.plot, &err);

	if (f == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (rk_file_write(f, picture.p, picture.n, &err) != 0) {
		rk_file_abandon(f, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
	if (rk_file_commit(f, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
}

void
pair_draw(const struct pair_group *g, const struct rk_scored *s)
{
	size_t m = g->m;
	struct rk_plot_line *line = rk_array(NULL, m, sizeof *line);
	struct rk_buf script = { 0 }, label = { 0 };
	struct rk_plot plot = { NULL, "quality", m, line };
	struct rk_err err = { "" };

	for (size_t j = 0; j < m; j++)
		line[j] = line_of(g->d, &g->r[j]);
	rk_buf_addf(&label, "%% of the queries to %s", s->strong);
	plot.x_label = label.p;
	/* No picture is no reason to keep the figures back. */
	if (rk_gnuplot_script(&script, &plot, plot_kind(), &err) != 0 ||
	    rk_gnuplot_run(&script, &picture, &err) != 0) {
		cmd_warn(&eval_cmd, "--plot: %s", err.msg);
		cmd_fail(&eval_cmd);
	}
	for (size_t j = 0; j < m; j++) {
		free((double *)line[j].x);
		free((double *)line[j].y);
	}
	rk_buf_free(&script);
	rk_buf_free(&label);
	free(line);
}

void
pair_open_curve(void)
{
	struct rk_err err = { "" };

	if (eval_opt.curve == NULL)
		return;
	curve_file = rk_file_create(eval_opt.curve, &err);
	if (curve_file == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
}

void
pair_picture_below(struct rk_buf *b)
{
	if (picture.n > 0 && plot_kind() == RK_PLOT_TERMINAL)
		rk_buf_add(b, picture.p, picture.n);
}

void
pair_write_curves(void)
{
	struct rk_err err = { "" };

	if (curve_file != NULL && rk_file_commit(curve_file, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (picture.n > 0 && plot_kind() != RK_PLOT_TERMINAL)
		write_picture();
}

void
pair_free_picture(void)
{
	rk_buf_free(&picture);
}
