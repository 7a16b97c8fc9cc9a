/*
 * rl-eval - what routers are worth: cost-quality figures with intervals.
 *
 * Here are the options; eval-pair.c evaluates scores of a pair of models.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cmd.h"
#include "eval.h"

struct eval_options eval_opt = { .reps = 1000, .seed = 1 };

static struct rk_list requires;
static const char *range;

static const struct rk_opt opts[] = {
	{ 's', "score", "FIELD", RK_OPT_LIST, &eval_opt.fields, 0, 0, NULL,
	    "a router's score (score); of several, each against the first" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &eval_opt.strong, 0, 0, NULL,
	    "the strong model; of two models, the better one" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &eval_opt.weak, 0, 0, NULL,
	    "the weak model; of two models, the other one" },
	{ 0, "routellm", NULL, RK_OPT_FLAG, &eval_opt.routellm, 0, 0, NULL,
	    "the 11 thresholds of RouteLLM's code, not every score" },
	{ 0, "quality-range", "LO,HI", RK_OPT_TEXT, &range, 0, 0, NULL,
	    "the least and the most that a quality can be (as seen)" },
	{ 0, "by", "FIELD", RK_OPT_TEXT, &eval_opt.by, 0, 0, NULL,
	    "also the figures of each value of FIELD" },
	{ 0, "drift", "FILE", RK_OPT_TEXT, &eval_opt.drift, 0, 0, NULL,
	    "how far the scores have moved from those of FILE's records" },
	{ 0, "bootstrap", "N", RK_OPT_INT, &eval_opt.reps, 0, 100000, NULL,
	    "resamples for the intervals (1000); 0: no intervals" },
	{ 0, "seed", "N", RK_OPT_INT, &eval_opt.seed, 0, 1e15, NULL,
	    "what the resamples are drawn from (1)" },
	{ 0, "require", "TEST", RK_OPT_LIST, &requires, 0, 0, NULL,
	    "exit 1 unless it holds for each -s: 'apgr>0.55'; repeatable" },
	{ 0, "table", NULL, RK_OPT_FLAG, &eval_opt.table, 0, 0, NULL,
	    "write a table for people" },
	{ 0, "curve", "FILE", RK_OPT_TEXT, &eval_opt.curve, 0, 0, NULL,
	    "write the curves' points to FILE, as JSON Lines" },
	{ 0, "plot", "FILE", RK_OPT_TEXT, &eval_opt.plot, 0, 0, NULL,
	    "draw the curves to FILE.svg or FILE.png; -: below the table" },
	{ 'o', "output", "FILE", RK_OPT_TEXT, &eval_cmd.output, 0, 0, NULL,
	    "write to FILE, whole or not at all; it may be an input" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

struct cmd eval_cmd = {
	.name = "rl-eval",
	.usage = "[-s FIELD]... [--strong NAME --weak NAME] [option ...] "
		 "[file ...]",
	.about = "Prints what routers' scores are worth on records with "
		 "\"quality\": one JSON record\na router, and one for each "
		 "control (random, length, oracle).",
	.opts = opts,
	.kind = CMD_INPUT | CMD_PROMPT,
};

/* --- usage ---------------------------------------------------------------------- */

static void
read_range(void)
{
	char *copy = rk_strdup(range), *comma = strchr(copy, ',');

	if (comma != NULL)
		*comma = '\0';
	if (comma == NULL || rk_num_parse(copy, &eval_opt.lo) != 0 ||
	    rk_num_parse(comma + 1, &eval_opt.hi) != 0 ||
	    eval_opt.lo >= eval_opt.hi)
		cmd_usage(&eval_cmd,
		    "--quality-range: expected LO,HI with LO below HI, found "
		    "'%s'",
		    range);
	eval_opt.has_range = 1;
	free(copy);
}

static void
add_default(struct rk_list *list, const char *field)
{
	RK_GROW(list->p, list->n, list->cap);
	list->p[list->n++] = field;
}

static void
check_twice(const struct rk_list *list, const char *option)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(list->p[i], list->p[j]) == 0)
				cmd_usage(&eval_cmd, "%s %s is given twice",
				    option, list->p[i]);
}

static int
ends_in(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n > m && strcmp(s + n - m, tail) == 0;
}

static void
check_plot(const char *path)
{
	int terminal = strcmp(path, "-") == 0;

	if (terminal && !eval_opt.table)
		cmd_usage(&eval_cmd,
		    "--plot - draws below the table: --table is needed");
	if (!terminal && !ends_in(path, ".svg") && !ends_in(path, ".png"))
		cmd_usage(&eval_cmd,
		    "--plot %s: expected a name that ends in .svg or .png, "
		    "or -",
		    path);
}

static void
check_usage(void)
{
	const struct eval_options *o = &eval_opt;

	if (o->fields.n == 0)
		add_default(&eval_opt.fields, "score");
	check_twice(&o->fields, "-s");
	if (o->strong && o->weak && strcmp(o->strong, o->weak) == 0)
		cmd_usage(&eval_cmd, "--strong and --weak are the same model");
	if (o->drift && strcmp(o->drift, "-") == 0 &&
	    cmd_reads_stdin(&eval_cmd))
		cmd_usage(&eval_cmd,
		    "--drift - and the records are both standard input");
	if (o->plot)
		check_plot(o->plot);
	if (range)
		read_range();
	eval_requires_parse(&requires, eval_pair_keys(), o->fields.n > 1);
}

int
main(int argc, char **argv)
{
	int rc;

	cmd_start(&eval_cmd, argc, argv);
	check_usage();
	eval_pair();
	rc = cmd_end(&eval_cmd);
	eval_requires_free();
	free(eval_opt.fields.p);
	free(requires.p);
	return rc;
}
