/* cmd-options.c - the options that programs have in common, -h and -V. */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd-state.h"

static int want_help, want_version;

enum { MAX_COMMON = 16 };

/* The common options that a program of this kind has. */
static void
common_opts(struct cmd *c, struct rk_opt *t)
{
	const struct rk_opt in[] = {
		{ 'k', "keep-going", NULL, RK_OPT_FLAG, &c->keep_going, 0, 0,
		    NULL, "report bad lines and go on; exit 1 at the end" },
		{ 0, "rejects", "FILE", RK_OPT_TEXT, &c->rejects, 0, 0, NULL,
		    "append bad lines to FILE as they are; implies -k" },
		{ 0, "max-line", "BYTES", RK_OPT_INT, &c->max_line, 1, 1 << 30,
		    NULL, "a longer line is an error (67108864)" },
	};
	const struct rk_opt prompt[] = {
		{ 0, "prompt", "FIELD", RK_OPT_TEXT, &c->prompt.field, 0, 0,
		    NULL, "where the prompt is: a field or a JSON pointer" },
		{ 0, "turns", "WHICH", RK_OPT_WORD, &c->turns, 0, 0,
		    "last|first|all",
		    "user turns of messages: last, first "
		    "or all (last)" },
	};
	const struct rk_opt out[] = {
		{ 'o', "output", "FILE", RK_OPT_TEXT, &c->output, 0, 0, NULL,
		    "write to FILE, whole or not at all; it may be an input" },
		{ 'u', "unbuffered", NULL, RK_OPT_FLAG, &c->unbuffered, 0, 0,
		    NULL, "answer as soon as the input stalls" },
	};
	const struct rk_opt flights[] = {
		{ 'j', "jobs", "N", RK_OPT_INT, &c->jobs, 1, 256, NULL,
		    "requests in flight (8)" },
	};
	const struct rk_opt threads[] = {
		{ 'j', "jobs", "N", RK_OPT_INT, &c->jobs, 0, 256, NULL,
		    "threads; 0, the default: one a processor" },
	};
	const struct rk_opt all[] = {
		{ 'q', "quiet", NULL, RK_OPT_FLAG, &c->quiet, 0, 0, NULL,
		    "no progress and no notes" },
		{ 'h', "help", NULL, RK_OPT_FLAG, &want_help, 0, 0, NULL,
		    "say this and exit" },
		{ 'V', "version", NULL, RK_OPT_FLAG, &want_version, 0, 0, NULL,
		    "print the version and exit" },
	};
	size_t n = 0;

#define ADD(kind_, table)                            \
	if ((c->kind & (kind_)) == (kind_)) {        \
		memcpy(t + n, table, sizeof table);  \
		n += sizeof table / sizeof table[0]; \
	}
	ADD(CMD_PROMPT, prompt)
	ADD(CMD_INPUT, in)
	ADD(CMD_OUTPUT, out)
	if (c->kind & CMD_NETWORK) {
		ADD(CMD_NETWORK, flights)
	} else {
		ADD(0u, threads)
	}
	ADD(0u, all)
#undef ADD
	memset(t + n, 0, sizeof *t);
}

static void
print_and_exit(struct cmd *c, const struct rk_buf *b)
{
	if (rk_file_write_all(STDOUT_FILENO, b->p, b->n) != 0 ||
	    close(STDOUT_FILENO) != 0)
		cmd_die(c, "standard output: %s", strerror(errno));
	exit(0);
}

static void
print_help(struct cmd *c, const struct rk_opt *const *tables)
{
	struct rk_buf b = { 0 };

	rk_buf_addf(&b, "usage: %s %s\n\n%s\n\n", c->name, c->usage, c->about);
	rk_opt_help(tables, &b);
	if (c->more_help != NULL)
		c->more_help(&b);
	print_and_exit(c, &b);
}

void
cmd_options(struct cmd *c, int argc, char **argv)
{
	static struct rk_opt common[MAX_COMMON]; /* named looks at it */
	static const struct rk_opt none[1];
	const struct rk_opt *tables[4] = { c->opts ? c->opts : none,
		c->shared ? c->shared : none, common, NULL };
	struct rk_err err = { { 0 } };
	struct rk_buf text = { 0 };
	int first;

	c->max_line = 64 << 20;
	c->jobs = c->kind & CMD_NETWORK ? 8 : 0;
	c->turns = "last";
	common_opts(c, common);
	if (rk_opt_parse(tables, argc, argv, &first, &err) != 0)
		cmd_usage(c, "%s", err.msg);
	if (want_help)
		print_help(c, tables);
	cmd_name_files(tables);
	if (want_version) {
		rk_buf_addf(&text, "%s (routekit) %s\n", c->name, RK_VERSION);
		print_and_exit(c, &text);
	}
	c->operands = argv + first;
	c->operand_count = argc - first;
	c->prompt.turns = *c->turns == 'f' ? RK_TURNS_FIRST
	    : *c->turns == 'a'             ? RK_TURNS_ALL
					   : RK_TURNS_LAST;
	if (c->rejects != NULL)
		c->keep_going = 1;
}
