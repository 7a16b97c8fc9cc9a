/* gnuplot.c - a script for gnuplot, and its run. */
#include "io/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* C0, DEL, and C1 in UTF-8: what a terminal or a parser might obey. */
static int
has_control(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f ||
		    (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return 1;
	return 0;
}

static int
add_quoted(struct rk_buf *out, const char *s, struct rk_err *err)
{
	char shown[80];

	if (has_control(s))
		return rk_err_set(err,
		    "picture: a control character in the name '%s'",
		    rk_err_quote(shown, sizeof shown, s, strlen(s)));
	rk_buf_addc(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			rk_buf_addc(out, '\'');
		rk_buf_addc(out, *s);
	}
	rk_buf_addc(out, '\'');
	return 0;
}

static int
add_label(struct rk_buf *out, char axis, const char *s, struct rk_err *err)
{
	rk_buf_addf(out, "set %clabel ", axis);
	if (add_quoted(out, s, err) != 0)
		return -1;
	rk_buf_adds(out, " noenhanced\n");
	return 0;
}

static void
add_data(struct rk_buf *out, const struct rk_plot_line *line, size_t i)
{
	rk_buf_addf(out, "$line%zu << END\n", i);
	for (size_t j = 0; j < line->n; j++)
		rk_buf_addf(out, "%.9g %.9g\n", line->x[j], line->y[j]);
	rk_buf_adds(out, "END\n");
}

static const char *const terminal[] = {
	[RK_PLOT_SVG] = "svg noenhanced size 800,560 background rgb 'white'",
	[RK_PLOT_PNG] = "png noenhanced size 800,560",
	[RK_PLOT_TERMINAL] = "dumb noenhanced size 79,24"
};

static const char *
style(const struct rk_plot_line *line)
{
	if (line->n == 1)
		return "points";
	return line->dashed ? "lines dashtype 2" : "lines";
}

int
rk_gnuplot_script(struct rk_buf *out, const struct rk_plot *plot,
    enum rk_plot_kind kind, struct rk_err *err)
{
	rk_buf_addf(out,
	    "set encoding utf8\nset terminal %s\nset key bottom right\n",
	    terminal[kind]);
	if (add_label(out, 'x', plot->x_label, err) != 0 ||
	    add_label(out, 'y', plot->y_label, err) != 0)
		return -1;
	for (size_t i = 0; i < plot->lines; i++)
		add_data(out, &plot->line[i], i);
	rk_buf_adds(out, "plot ");
	for (size_t i = 0; i < plot->lines; i++) {
		rk_buf_addf(out, "%s$line%zu using 1:2 with %s title ",
		    i > 0 ? ", " : "", i, style(&plot->line[i]));
		if (add_quoted(out, plot->line[i].title, err) != 0)
			return -1;
		rk_buf_adds(out, " noenhanced");
	}
	rk_buf_addc(out, '\n');
	return 0;
}

static int
spawn_and_wait(int in, int out, struct rk_err *err)
{
	char name[] = "gnuplot", no_init_file[] = "--default-settings";
	char *const argv[] = { name, no_init_file, NULL };
	posix_spawn_file_actions_t fa;
	int rc, status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	rc = posix_spawnp(&pid, name, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (rc == ENOENT)
		return rk_err_set(
		    err, "gnuplot: not found; pictures are drawn by it");
	if (rc != 0)
		return rk_err_set(err, "gnuplot: %s", strerror(rc));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return rk_err_set(err, "gnuplot: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return rk_err_set(err, "gnuplot: failed to draw the picture");
	return 0;
}

static int
read_all(FILE *f, struct rk_buf *out)
{
	char chunk[4096];
	size_t n;

	if (fseek(f, 0, SEEK_SET) != 0)
		return -1;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		rk_buf_add(out, chunk, n);
	return ferror(f) ? -1 : 0;
}

/* Files without a name on both sides: no pipe that could block or break. */
int
rk_gnuplot_run(
    const struct rk_buf *script, struct rk_buf *picture, struct rk_err *err)
{
	FILE *in = tmpfile(), *out = tmpfile();
	size_t before = picture->n;
	int rc = -1;

	if (in == NULL || out == NULL ||
	    fwrite(script->p, 1, script->n, in) != script->n ||
	    fflush(in) != 0 || fseek(in, 0, SEEK_SET) != 0)
		rk_err_set(err, "temporary file: %s", strerror(errno));
	else if (spawn_and_wait(fileno(in), fileno(out), err) != 0)
		;
	else if (read_all(out, picture) != 0)
		rk_err_set(err, "temporary file: %s", strerror(errno));
	else if (picture->n == before)
		rk_err_set(err, "gnuplot: drew nothing");
	else
		rc = 0;
	if (rc != 0)
		picture->n = before;
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	return rc;
}
