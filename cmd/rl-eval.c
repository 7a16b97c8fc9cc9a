/*
 * rl-eval - what routers are worth: cost-quality figures with intervals.
 *
 * Here are the options; eval-pair.c evaluates scores of a pair of models,
 * eval-policy.c decisions among any number, eval-log.c decisions from a log.
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
	{ 0, "route", "FIELD", RK_OPT_LIST, &eval_opt.routes, 0, 0, NULL,
	    "decisions among any number of models: the one that was chosen" },
	{ 0, "scores", "FIELD", RK_OPT_LIST, &eval_opt.scores, 0, 0, NULL,
	    "predicted qualities of any number of models: take the best" },
	{ 0, "off-policy", NULL, RK_OPT_FLAG, &eval_opt.logged, 0, 0, NULL,
	    "the records are a log: served, propensity; judge --route by it" },
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
	    "exit 1 unless it holds of each router: 'apgr>0.55'; repeatable" },
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
	.usage = "[-s FIELD]... [--route FIELD]... [--scores FIELD]... "
		 "[option ...] [file ...]",
	.about = "Prints what routers are worth on records with \"quality\": "
		 "one JSON record a router,\nand one for each control.",
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

/* What is for a pair of models alone. */
static void
check_policy(const struct eval_options *o)
{
	const char *given = o->fields.n ? "-s"
	    : o->strong                 ? "--strong"
	    : o->weak                   ? "--weak"
	    : o->routellm               ? "--routellm"
					: NULL;

	if (given != NULL)
		cmd_usage(&eval_cmd,
		    "%s does not go with --route, --scores or --off-policy",
		    given);
	if (o->logged && (o->curve || o->plot))
		cmd_usage(&eval_cmd, "--off-policy has no curves");
	check_twice(&o->routes, "--route");
	check_twice(&o->scores, "--scores");
	for (size_t i = 0; i < o->routes.n; i++)
		for (size_t j = 0; j < o->scores.n; j++)
			if (strcmp(o->routes.p[i], o->scores.p[j]) == 0)
				cmd_usage(&eval_cmd,
				    "%s is both --route and --scores",
				    o->routes.p[i]);
	if (o->logged && o->routes.n == 0)
		cmd_usage(&eval_cmd, "--off-policy judges a --route");
	if (o->logged && o->scores.n > 1)
		cmd_usage(&eval_cmd,
		    "--off-policy takes one --scores, its outcome model");
}

static int
is_policy(void)
{
	return eval_opt.routes.n + eval_opt.scores.n > 0 || eval_opt.logged;
}

static void
check_requires(void)
{
	const struct eval_options *o = &eval_opt;
	const struct eval_key *keys = o->logged ? eval_log_keys()
	    : is_policy()                       ? eval_policy_keys()
						: eval_pair_keys();
	size_t several = is_policy() ? o->routes.n + o->scores.n : o->fields.n;

	eval_requires_parse(&requires, keys, several > 1);
}

static void
check_usage(void)
{
	const struct eval_options *o = &eval_opt;

	if (is_policy())
		check_policy(o);
	else if (o->fields.n == 0)
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
	check_requires();
}

int
main(int argc, char **argv)
{
	int rc;

	cmd_start(&eval_cmd, argc, argv);
	check_usage();
	if (eval_opt.logged)
		eval_log();
	else if (is_policy())
		eval_policy();
	else
		eval_pair();
	rc = cmd_end(&eval_cmd);
	eval_requires_free();
	free(eval_opt.fields.p);
	free(eval_opt.routes.p);
	free(eval_opt.scores.p);
	free(requires.p);
	return rc;
}
