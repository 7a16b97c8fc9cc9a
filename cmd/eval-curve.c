/* eval-curve.c - where points and pictures go: to their files, or below. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "eval.h"
#include "io/file.h"
#include "io/gnuplot.h"

static struct rk_file *curve_file;
static struct rk_buf picture;

void
eval_open_curve(void)
{
	struct rk_err err = { "" };

	if (eval_opt.curve == NULL)
		return;
	curve_file = rk_file_create(eval_opt.curve, &err);
	if (curve_file == NULL)
		cmd_die(&eval_cmd, "%s", err.msg);
}

void
eval_put_points(const struct rk_buf *b)
{
	struct rk_err err = { "" };

	if (rk_file_write(curve_file, b->p, b->n, &err) != 0) {
		rk_file_abandon(curve_file, 0);
		cmd_die(&eval_cmd, "%s", err.msg);
	}
}

static enum rk_plot_kind
plot_kind(void)
{
	if (strcmp(eval_opt.plot, "-") == 0)
		return RK_PLOT_TERMINAL;
	return strcmp(eval_opt.plot + strlen(eval_opt.plot) - 4, ".svg") == 0
	    ? RK_PLOT_SVG
	    : RK_PLOT_PNG;
}

void
eval_draw(const struct rk_plot *plot)
{
	struct rk_buf script = { 0 };
	struct rk_err err = { "" };

	/* No picture is no reason to keep the figures back. */
	if (rk_gnuplot_script(&script, plot, plot_kind(), &err) != 0 ||
	    rk_gnuplot_run(&script, &picture, &err) != 0) {
		cmd_warn(&eval_cmd, "--plot: %s", err.msg);
		cmd_fail(&eval_cmd);
	}
	rk_buf_free(&script);
}

void
eval_free_lines(struct rk_plot_line *line, size_t n)
{
	for (size_t j = 0; j < n; j++) {
		free((double *)line[j].x);
		free((double *)line[j].y);
	}
	free(line);
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
eval_write(struct rk_buf *out)
{
	struct rk_err err = { "" };

	if (picture.n > 0 && plot_kind() == RK_PLOT_TERMINAL)
		rk_buf_add(out, picture.p, picture.n);
	cmd_print(&eval_cmd, out->p, out->n);
	if (curve_file != NULL && rk_file_commit(curve_file, &err) != 0)
		cmd_die(&eval_cmd, "%s", err.msg);
	if (picture.n > 0 && plot_kind() != RK_PLOT_TERMINAL)
		write_picture();
	rk_buf_free(&picture);
}
