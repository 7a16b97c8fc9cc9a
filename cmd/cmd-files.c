/* cmd-files.c - files that must not be two things at once. */
#define _XOPEN_SOURCE 700 /* realpath */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd-state.h"

static int
is_same(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev &&
	    a->st_ino == b->st_ino;
}

int
cmd_is_input(const struct cmd *c, const struct stat *file)
{
	struct stat in;
	int i;

	if (cmd_reads_stdin(c) && fstat(STDIN_FILENO, &in) == 0 &&
	    is_same(file, &in))
		return 1;
	for (i = 0; i < c->operand_count; i++)
		if (stat(c->operands[i], &in) == 0 && is_same(file, &in))
			return 1;
	return 0;
}

/* PATH without links and dots, new; of a file that is not there yet too. */
static char *
resolve(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct rk_buf b = { 0 };
	char *dir, *full = realpath(path, NULL);

	if (full != NULL)
		return full;
	dir = slash ? rk_strndup(path, (size_t)(slash - path) + 1)
		    : rk_strdup(".");
	full = realpath(dir, NULL);
	rk_buf_addf(
	    &b, "%s/%s", full != NULL ? full : dir, slash ? slash + 1 : path);
	free(full);
	free(dir);
	return b.p;
}

int
cmd_is_same(const char *a, const char *b)
{
	struct stat x, y;
	int there = stat(a, &x) == 0, same;
	char *p, *q;

	if (there && stat(b, &y) == 0)
		return is_same(&x, &y);
	if (there && !S_ISREG(x.st_mode))
		return 0;
	p = resolve(a);
	q = resolve(b);
	same = strcmp(p, q) == 0;
	free(p);
	free(q);
	return same;
}

/* --- what options name -------------------------------------------------------- */

/* What options name, of those whose argument is a file. */
static struct named {
	const struct rk_opt *opt;
	const char *file;
} * named;
static size_t nameds, named_cap;

static void
name_file(const struct rk_opt *o, const char *file)
{
	if (file == NULL || strcmp(file, "-") == 0)
		return;
	RK_GROW(named, nameds, named_cap);
	named[nameds++] = (struct named){ o, file };
}

void
cmd_name_files(const struct rk_opt *const *tables)
{
	const struct rk_opt *o;
	size_t i;

	for (; *tables != NULL; tables++)
		for (o = *tables; o->name != NULL; o++) {
			const struct rk_list *list = o->to;
			if (o->arg == NULL ||
			    (strcmp(o->arg, "FILE") != 0 &&
				strcmp(o->arg, "MODEL") != 0 &&
				strcmp(o->arg, "OLD") != 0))
				continue;
			if (o->type == RK_OPT_TEXT)
				name_file(o, *(const char **)o->to);
			for (i = 0; o->type == RK_OPT_LIST && i < list->n; i++)
				name_file(o, list->p[i]);
		}
}

/* Is FILE, of the option to TO, that of another? */
static void
check_file(struct cmd *c, const char *const *to, const char *what)
{
	size_t i;

	for (i = 0; *to != NULL && i < nameds; i++)
		if (named[i].opt->to != to && cmd_is_same(*to, named[i].file))
			cmd_usage(c, "%s %s: it is the file of --%s", what, *to,
			    named[i].opt->name);
}

/* Nor may it be where the output of a run that fails would be kept. */
static void
check_part(struct cmd *c)
{
	struct rk_buf part = { 0 };
	size_t i;

	if (c->output == NULL || strcmp(c->output, "-") == 0)
		return;
	rk_buf_addf(&part, "%s.part", c->output);
	for (i = 0; i < nameds; i++)
		if (cmd_is_same(part.p, named[i].file))
			cmd_usage(c, "-o %s: %s is the file of --%s", c->output,
			    part.p, named[i].opt->name);
	rk_buf_free(&part);
}

void
cmd_check_files(struct cmd *c)
{
	check_part(c);
	check_file(c, &c->output, "-o");
	check_file(c, &c->rejects, "--rejects");
}
