/*
 * gnuplot.h - pictures of lines, drawn by gnuplot, which is a program and may
 * be missing. No text ever enters its script as code: text stands in single
 * quotes, where gnuplot expands nothing, single quotes in it are doubled,
 * control characters are refused; numbers go through data blocks; the picture
 * comes from gnuplot's standard output, so that no file name is in the script.
 */
#ifndef RK_IO_GNUPLOT_H
#define RK_IO_GNUPLOT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum rk_plot_kind { RK_PLOT_SVG, RK_PLOT_PNG, RK_PLOT_TERMINAL };

struct rk_plot_line {
	const char *title;
	int dashed;
	size_t n;
	const double *x, *y; /* [n]; of one there is a point */
};

struct rk_plot {
	const char *x_label, *y_label;
	size_t lines;
	const struct rk_plot_line *line; /* [lines] */
};

/* Appends the script. -1 where a text holds a control character. */
int rk_gnuplot_script(struct rk_buf *out, const struct rk_plot *plot,
    enum rk_plot_kind kind, struct rk_err *err);

/*
 * Runs the script; the picture is appended to PICTURE. -1 where gnuplot is not
 * there, or does not end with success; it says why itself.
 */
int rk_gnuplot_run(
    const struct rk_buf *script, struct rk_buf *picture, struct rk_err *err);

#endif
