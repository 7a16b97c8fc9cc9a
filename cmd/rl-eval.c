/*
 * rl-eval - what scores are worth: cost-quality figures with intervals.
 *
 * Of each record only numbers are kept. The figures of all records come first,
 * then, with --by, those of each category; a group's routers are the -s fields
 * and the controls that no router should lose to.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "io/table.h"
#include "pref/scored.h"

static struct rk_list fields, requires;
static const char *strong, *weak, *by, *curve_path, *plot_path;
static int routellm, table;
static long reps = 1000, seed = 1;

static struct cmd cmd;

static const struct rk_opt opts[] = {
	{ 's', "score", "FIELD", RK_OPT_LIST, &fields, 0, 0, NULL,
	    "a router's score (score); of several, each against the first" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &strong, 0, 0, NULL,
	    "the strong model; of two models, the better one" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &weak, 0, 0, NULL,
	    "the weak model; of two models, the other one" },
	{ 0, "routellm", NULL, RK_OPT_FLAG, &routellm, 0, 0, NULL,
	    "the 11 thresholds of RouteLLM's code, not every score" },
	{ 0, "by", "FIELD", RK_OPT_TEXT, &by, 0, 0, NULL,
	    "also the figures of each value of FIELD" },
	{ 0, "bootstrap", "N", RK_OPT_INT, &reps, 0, 100000, NULL,
	    "resamples for the intervals (1000); 0: no intervals" },
	{ 0, "seed", "N", RK_OPT_INT, &seed, 0, 1e15, NULL,
	    "what the resamples are drawn from (1)" },
	{ 0, "require", "TEST", RK_OPT_LIST, &requires, 0, 0, NULL,
	    "exit 1 unless it holds for each -s: 'apgr>0.55'; repeatable" },
	{ 0, "table", NULL, RK_OPT_FLAG, &table, 0, 0, NULL,
	    "write a table for people" },
	{ 0, "curve", "FILE", RK_OPT_TEXT, &curve_path, 0, 0, NULL,
	    "write the curves' points to FILE, as JSON Lines" },
	{ 0, "plot", "FILE", RK_OPT_TEXT, &plot_path, 0, 0, NULL,
	    "draw the curves to FILE.svg or FILE.png; -: below the table" },
	{ 'o', "output", "FILE", RK_OPT_TEXT, &cmd.output, 0, 0, NULL,
	    "write to FILE, whole or not at all; it may be an input" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-eval",
	.usage = "[-s FIELD]... [--strong NAME --weak NAME] [option ...] "
		 "[file ...]",
	.about = "Prints what routers' scores are worth on records with "
		 "\"quality\": one JSON record\na router, and one for each "
		 "control (random, length, oracle).",
	.opts = opts,
	.kind = CMD_INPUT | CMD_PROMPT,
};

/* --- requirements ----------------------------------------------------------- */

static const char *const fig_key[RK_FIGS] = { "weak_quality", "strong_quality",
	"apgr", "cpt20", "cpt50", "cpt80", "auc", "gain" };

/* Figures that a router changes, and so differ between two. */
static int
has_diff(int f)
{
	return f != RK_FIG_WEAK && f != RK_FIG_STRONG;
}

enum { KEY_MAX = 40 };

struct require {
	const char *text; /* as it was given */
	char key[KEY_MAX];
	char op[3];
	double x;
};

static struct require *require;

static int
ends_in(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n > m && strcmp(s + n - m, tail) == 0;
}

static int
is_figure(const char *key, int diff)
{
	for (int f = 0; f < RK_FIGS; f++)
		if (strcmp(key, fig_key[f]) == 0 && (!diff || has_diff(f)))
			return 1;
	return 0;
}

/* Is KEY one of the numbers that a record will hold? Else why not. */
static void
check_key(const char *text, const char *key)
{
	char stem[KEY_MAX];
	int diff, of_resamples;

	snprintf(stem, sizeof stem, "%s", key);
	of_resamples = strcmp(key, "resamples") == 0 ||
	    strcmp(key, "no_gap") == 0;
	if (ends_in(stem, "_lo") || ends_in(stem, "_hi")) {
		stem[strlen(stem) - 3] = '\0';
		of_resamples = 1;
	}
	diff = ends_in(stem, "_diff");
	if (diff)
		stem[strlen(stem) - 5] = '\0';
	if (!is_figure(stem, diff) && strcmp(key, "n") != 0 &&
	    strcmp(key, "distinct") != 0 && strcmp(key, "resamples") != 0 &&
	    strcmp(key, "no_gap") != 0)
		cmd_usage(
		    &cmd, "--require %s: no figure is named '%s'", text, key);
	if (of_resamples && reps == 0)
		cmd_usage(&cmd, "--require %s: there are no intervals", text);
	if (diff && fields.n < 2)
		cmd_usage(
		    &cmd, "--require %s: a difference needs a second -s", text);
}

static void
parse_require(struct require *r, const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *p = text + n;

	p += strspn(p, " ");
	r->text = text;
	snprintf(r->op, sizeof r->op, "%.*s", (int)strspn(p, "<>="), p);
	p += strspn(p, "<>=");
	p += strspn(p, " ");
	if (n == 0 || n >= KEY_MAX || rk_num_parse(p, &r->x) != 0 ||
	    (strcmp(r->op, ">") != 0 && strcmp(r->op, ">=") != 0 &&
		strcmp(r->op, "<") != 0 && strcmp(r->op, "<=") != 0))
		cmd_usage(&cmd,
		    "--require %s: expected a key, one of > >= < <=, and a "
		    "number",
		    text);
	snprintf(r->key, sizeof r->key, "%.*s", (int)n, text);
	check_key(text, r->key);
}

static int
holds(const struct require *r, double x)
{
	int equal = r->op[1] == '=' && x == r->x;

	return equal || (r->op[0] == '>' ? x > r->x : x < r->x);
}

/* --- reading ---------------------------------------------------------------- */

static struct rk_scored scored;

static void
note_missing(void)
{
	size_t n = scored.all.n;

	if (scored.with_prompt > 0 && scored.with_prompt < n)
		cmd_note(&cmd,
		    "no length control: only %zu of %zu records have a prompt",
		    scored.with_prompt, n);
	if (scored.with_cost > 0 && scored.with_cost < n)
		cmd_note(&cmd,
		    "no costs in the curve: only %zu of %zu records have both",
		    scored.with_cost, n);
}

/* 0 where figures can be made of what was read. */
static int
read_all(void)
{
	struct rk_batch *b;

	while ((b = cmd_next(&cmd)) != NULL) {
		for (size_t i = 0; i < b->n; i++)
			if (!rk_err_is(&b->rec[i].err))
				rk_scored_take(&scored, &b->rec[i]);
		cmd_take(&cmd, b);
	}
	if (cmd_failed(&cmd) && !cmd.keep_going)
		return -1;
	if (scored.all.n == 0)
		cmd_die(&cmd, "no records");
	rk_scored_settle(&scored);
	note_missing();
	return 0;
}

/* --- the figures of a group of records -------------------------------------- */

struct router {
	const char *name;
	int control;
	int has_scores; /* random has none: it is an expectation */
	struct rk_curve *curve;
	double fig[RK_FIGS];
	struct rk_boot boot;
};

/* A flat record's numbers, in their order. */
struct item {
	char key[KEY_MAX];
	double x;
};

enum { ITEM_MAX = 4 + 6 * RK_FIGS };

struct items {
	struct item item[ITEM_MAX];
	size_t n;
};

/* Where the output is collected. */
static struct rk_buf out;
static struct rk_file *curve_file;
static struct rk_table sheet;

static struct rk_curve *
curve_of(const struct rk_columns *d, const double *score)
{
	struct rk_outcomes o = { d->n, d->col[RK_SCORED_WEAK],
		d->col[RK_SCORED_STRONG] };
	struct rk_err err = { "" };
	struct rk_curve *c = rk_curve_new(
	    &o, score, routellm ? RK_CURVE_ROUTELLM : RK_CURVE_EXACT, &err);

	if (c == NULL)
		cmd_die(&cmd, "%s", err.msg);
	return c;
}

static struct router
new_router(const struct rk_columns *d, const char *name, int control,
    const double *score)
{
	struct router r = { .name = name, .control = control };

	r.has_scores = score != NULL;
	if (score != NULL) {
		r.curve = curve_of(d, score);
	} else {
		double *same = rk_calloc(d->n, sizeof *same);

		r.curve = curve_of(d, same);
		free(same);
	}
	rk_curve_figures(r.curve, NULL, r.fig);
	return r;
}

/* The -s fields, then the controls. Returns how many. */
static size_t
new_routers(const struct rk_columns *d, struct router *r)
{
	double *gain = rk_array(NULL, d->n, sizeof *gain);
	size_t m = 0;

	for (size_t j = 0; j < fields.n; j++)
		r[m++] = new_router(
		    d, fields.p[j], 0, d->col[RK_SCORED_SCORE + j]);
	r[m++] = new_router(d, "random", 1, NULL);
	if (d->col[RK_SCORED_LENGTH] != NULL)
		r[m++] = new_router(d, "length", 1, d->col[RK_SCORED_LENGTH]);
	for (size_t i = 0; i < d->n; i++)
		gain[i] = d->col[RK_SCORED_STRONG][i] -
		    d->col[RK_SCORED_WEAK][i];
	r[m++] = new_router(d, "oracle", 1, gain);
	free(gain);
	return m;
}

static void
resample(struct router *r, size_t m, size_t n)
{
	const struct rk_curve **curve = rk_array(NULL, m, sizeof *curve);
	struct rk_boot *boot = rk_array(NULL, m, sizeof *boot);

	for (size_t j = 0; j < m; j++)
		curve[j] = r[j].curve;
	rk_bootstrap(boot, curve, m, n, (size_t)reps, (uint64_t)seed, cmd.pool);
	for (size_t j = 0; j < m; j++)
		r[j].boot = boot[j];
	free(curve);
	free(boot);
}

static void
add_item(struct items *t, const char *key, const char *tail, double x)
{
	struct item *i = &t->item[t->n++];

	snprintf(i->key, sizeof i->key, "%s%s", key, tail);
	i->x = x;
}

static void
add_interval(struct items *t, const char *key, const char *lo, const char *hi,
    struct rk_interval in)
{
	if (reps == 0)
		return;
	add_item(t, key, lo, in.lo);
	add_item(t, key, hi, in.hi);
}

static void
list_items(struct items *t, size_t n, const struct router *r,
    const struct router *first)
{
	t->n = 0;
	add_item(t, "n", "", (double)n);
	for (int f = 0; f < RK_FIGS; f++) {
		add_item(t, fig_key[f], "", r->fig[f]);
		add_interval(t, fig_key[f], "_lo", "_hi", r->boot.fig[f]);
	}
	for (int f = 0; first != NULL && f < RK_FIGS; f++) {
		if (!has_diff(f))
			continue;
		add_item(t, fig_key[f], "_diff", r->fig[f] - first->fig[f]);
		add_interval(
		    t, fig_key[f], "_diff_lo", "_diff_hi", r->boot.diff[f]);
	}
	if (r->has_scores)
		add_item(
		    t, "distinct", "", (double)rk_curve_distinct(r->curve));
	if (reps > 0) {
		add_item(t, "resamples", "", (double)reps);
		add_item(t, "no_gap", "", (double)r->boot.no_gap);
	}
}

static void
check_requires(const struct router *r, const struct items *t)
{
	for (size_t q = 0; q < requires.n; q++)
		for (size_t i = 0; i < t->n; i++) {
			double x = t->item[i].x;

			if (strcmp(t->item[i].key, require[q].key) != 0 ||
			    holds(&require[q], x))
				continue;
			if (isnan(x))
				cmd_warn(&cmd, "%s: %s is null, required: %s",
				    r->name, require[q].key, require[q].text);
			else
				cmd_warn(&cmd, "%s: %s is %.6g, required: %s",
				    r->name, require[q].key, x,
				    require[q].text);
			cmd_fail(&cmd);
		}
}

/* --- output ------------------------------------------------------------------- */

static void
put_text(struct rk_buf *b, const char *key, const char *s)
{
	rk_buf_addf(b, ",\"%s\":", key);
	rk_buf_json(b, s, strlen(s));
}

static void
put_number(struct rk_buf *b, const char *key, double x)
{
	char num[32];

	rk_buf_addf(b, ",\"%s\":", key);
	rk_buf_add(b, num, rk_num_print_f64(num, x));
}

/* {"router":...,"category":...,"control":... */
static void
put_head(struct rk_buf *b, const struct router *r, const struct rk_category *k)
{
	rk_buf_adds(b, "{\"router\":");
	rk_buf_json(b, r->name, strlen(r->name));
	if (by && k == NULL)
		rk_buf_adds(b, ",\"category\":null");
	else if (by && k->is_text)
		put_text(b, "category", k->text);
	else if (by)
		put_number(b, "category", k->num);
	rk_buf_addf(b, ",\"control\":%s", r->control ? "true" : "false");
}

static void
put_reason(struct rk_buf *b, const struct router *r)
{
	if (isnan(r->fig[RK_FIG_APGR]))
		put_text(b, "reason",
		    "strong is not better than weak: no APGR, no CPT");
	else if (reps > 0 && isnan(r->boot.fig[RK_FIG_APGR].lo))
		put_text(b, "reason",
		    "over 1 % of the resamples have no gap: no interval of "
		    "APGR and CPT");
}

static void
put_json(const struct router *r, const struct router *first,
    const struct rk_category *k, const struct items *t)
{
	put_head(&out, r, k);
	put_text(&out, "weak", scored.weak);
	put_text(&out, "strong", scored.strong);
	for (size_t i = 0; i < t->n; i++)
		put_number(&out, t->item[i].key, t->item[i].x);
	if (first != NULL)
		put_text(&out, "vs", first->name);
	put_text(&out, "mode", routellm ? "routellm" : "exact");
	put_reason(&out, r);
	rk_buf_adds(&out, "}\n");
}

static int some_null, some_unsure; /* cells of the table */

/* "35.4 [33.1, 37.9]"; "-" where there is no figure, or no interval. */
static void
put_cell(double x, struct rk_interval in, double unit, int digits)
{
	some_null |= isnan(x);
	some_unsure |= !isnan(x) && reps > 0 && isnan(in.lo);
	if (isnan(x))
		rk_table_add(&sheet, "-");
	else if (reps == 0)
		rk_table_add(&sheet, "%.*f", digits, x * unit);
	else if (isnan(in.lo))
		rk_table_add(&sheet, "%.*f [-]", digits, x * unit);
	else
		rk_table_add(&sheet, "%.*f [%.*f, %.*f]", digits, x * unit,
		    digits, in.lo * unit, digits, in.hi * unit);
}

static void
start_sheet(void)
{
	static const char *const head[] = { "router", "APGR", "CPT20 %",
		"CPT50 %", "CPT80 %", "AUC", "gain" };

	if (by) {
		rk_table_add(&sheet, "%s", by);
		rk_table_add(&sheet, "n");
		rk_table_add(&sheet, "weak");
		rk_table_add(&sheet, "strong");
	}
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		rk_table_add(&sheet, "%s", head[i]);
	if (fields.n > 1)
		rk_table_add(&sheet, "APGR - %s", fields.p[0]);
	sheet.left = by ? 5 : 1;
	sheet.cols = sheet.n;
}

static void
put_row(const struct router *r, const struct router *first,
    const struct rk_category *k, size_t n)
{
	const struct rk_interval *in = r->boot.fig;

	if (sheet.n == 0)
		start_sheet();
	if (by) {
		rk_table_add(&sheet, "%s", k ? k->text : "(all)");
		rk_table_add(&sheet, "%zu", n);
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_WEAK]);
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_STRONG]);
	}
	rk_table_add(&sheet, "%s", r->name);
	put_cell(r->fig[RK_FIG_APGR], in[RK_FIG_APGR], 1, 3);
	for (int f = RK_FIG_CPT20; f <= RK_FIG_CPT80; f++)
		put_cell(r->fig[f], in[f], 100, 1);
	rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_AUC]);
	rk_table_add(&sheet, "%+.4f", r->fig[RK_FIG_GAIN]);
	if (fields.n > 1 && first == NULL)
		rk_table_add(&sheet, "%s", "");
	else if (fields.n > 1)
		put_cell(r->fig[RK_FIG_APGR] - first->fig[RK_FIG_APGR],
		    r->boot.diff[RK_FIG_APGR], 1, 3);
}

/* The points of one router. New arrays [m], which the caller frees. */
struct points {
	size_t m;
	struct rk_mark *mark;
	double *quality, *cost;
};

static struct points
points_of(const struct rk_columns *d, const struct router *r)
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

static void
put_curve(const struct rk_columns *d, const struct router *r,
    const struct rk_category *k)
{
	struct points p = points_of(d, r);
	struct rk_buf b = { 0 };
	struct rk_err err = { "" };

	for (size_t j = 0; j < p.m; j++) {
		put_head(&b, r, k);
		put_number(&b, "share", (double)p.mark[j].sent / (double)d->n);
		put_number(&b, "quality", p.quality[j]);
		if (p.cost != NULL)
			put_number(&b, "cost", p.cost[j]);
		if (r->has_scores)
			put_number(&b, "threshold", p.mark[j].threshold);
		rk_buf_adds(&b, "}\n");
	}
	if (rk_file_write(curve_file, b.p, b.n, &err) != 0) {
		rk_file_abandon(curve_file, 0);
		cmd_die(&cmd, "%s", err.msg);
	}
	rk_buf_free(&b);
	free_points(&p);
}

/* --- the picture ---------------------------------------------------------------- */

enum { STEPS = 500 }; /* no more points of a curve are drawn */

static enum rk_plot_kind
plot_kind(void)
{
	if (strcmp(plot_path, "-") == 0)
		return RK_PLOT_TERMINAL;
	return ends_in(plot_path, ".svg") ? RK_PLOT_SVG : RK_PLOT_PNG;
}

static struct rk_plot_line
line_of(const struct rk_columns *d, const struct router *r)
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
write_picture(const struct rk_buf *picture)
{
	struct rk_err err = { "" };
	struct rk_file *f = rk_file_create(plot_path, &err);

	if (f == NULL)
		cmd_die(&cmd, "%s", err.msg);
	if (rk_file_write(f, picture->p, picture->n, &err) != 0) {
		rk_file_abandon(f, 0);
		cmd_die(&cmd, "%s", err.msg);
	}
	if (rk_file_commit(f, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
}

static void
draw(struct rk_buf *picture, const struct rk_columns *d, const struct router *r,
    size_t m)
{
	struct rk_plot_line *line = rk_array(NULL, m, sizeof *line);
	struct rk_buf script = { 0 }, label = { 0 };
	struct rk_plot plot = { NULL, "quality", m, line };
	struct rk_err err = { "" };

	for (size_t j = 0; j < m; j++)
		line[j] = line_of(d, &r[j]);
	rk_buf_addf(&label, "%% of the queries to %s", scored.strong);
	plot.x_label = label.p;
	/* No picture is no reason to keep the figures back. */
	if (rk_gnuplot_script(&script, &plot, plot_kind(), &err) != 0 ||
	    rk_gnuplot_run(&script, picture, &err) != 0) {
		cmd_warn(&cmd, "--plot: %s", err.msg);
		cmd_fail(&cmd);
	}
	for (size_t j = 0; j < m; j++) {
		free((double *)line[j].x);
		free((double *)line[j].y);
	}
	rk_buf_free(&script);
	rk_buf_free(&label);
	free(line);
}

/* --- groups --------------------------------------------------------------------- */

static struct rk_buf picture;

/* All that is to be said of the records of D; K: NULL for all records. */
static void
evaluate(const struct rk_columns *d, const struct rk_category *k)
{
	struct router *r = rk_calloc(fields.n + 3, sizeof *r);
	size_t m = new_routers(d, r);
	struct items t;

	if (reps > 0)
		resample(r, m, d->n);
	for (size_t j = 0; j < m; j++) {
		const struct router *first = j > 0 && j < fields.n ? &r[0]
								   : NULL;

		list_items(&t, d->n, &r[j], first);
		if (table)
			put_row(&r[j], first, k, d->n);
		else
			put_json(&r[j], first, k, &t);
		if (k == NULL && j < fields.n)
			check_requires(&r[j], &t);
		if (curve_path)
			put_curve(d, &r[j], k);
	}
	if (plot_path && k == NULL)
		draw(&picture, d, r, m);
	for (size_t j = 0; j < m; j++)
		rk_curve_free(r[j].curve);
	free(r);
}

static void
evaluate_all(void)
{
	evaluate(&scored.all, NULL);
	for (size_t k = 0; k < scored.categories; k++) {
		struct rk_columns d;

		rk_scored_of_category(&d, &scored, k);
		evaluate(&d, &scored.category[k]);
		rk_columns_free(&d, fields.n);
	}
}

static double
mean_of(const double *v)
{
	double sum = 0;

	for (size_t i = 0; i < scored.all.n; i++)
		sum += v[i];
	return sum / (double)scored.all.n;
}

/* The table, with what its numbers mean. */
static void
write_table(void)
{
	char a[64], b[64];

	rk_buf_addf(&out, "%zu queries; weak %s %.4f, strong %s %.4f\n",
	    scored.all.n,
	    rk_err_quote(a, sizeof a, scored.weak, strlen(scored.weak)),
	    mean_of(scored.all.col[RK_SCORED_WEAK]),
	    rk_err_quote(b, sizeof b, scored.strong, strlen(scored.strong)),
	    mean_of(scored.all.col[RK_SCORED_STRONG]));
	if (reps > 0)
		rk_buf_addf(
		    &out, "[95 %% intervals from %ld resamples]\n", reps);
	if (some_null)
		rk_buf_adds(&out, "-: strong is not better than weak\n");
	if (some_unsure)
		rk_buf_adds(&out,
		    "[-]: nor in over 1 % of the resamples: no interval\n");
	rk_buf_addc(&out, '\n');
	rk_table_write(&sheet, &out);
	rk_table_free(&sheet);
}

static void
write_results(void)
{
	struct rk_err err = { "" };

	if (table)
		write_table();
	if (picture.n > 0 && plot_kind() == RK_PLOT_TERMINAL)
		rk_buf_add(&out, picture.p, picture.n);
	cmd_print(&cmd, out.p, out.n);
	if (curve_file != NULL && rk_file_commit(curve_file, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	if (picture.n > 0 && plot_kind() != RK_PLOT_TERMINAL)
		write_picture(&picture);
}

/* --- main ----------------------------------------------------------------------- */

static void
check_usage(void)
{
	if (fields.n == 0) {
		RK_GROW(fields.p, fields.n, fields.cap);
		fields.p[fields.n++] = "score";
	}
	for (size_t i = 0; i < fields.n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(fields.p[i], fields.p[j]) == 0)
				cmd_usage(
				    &cmd, "-s %s is given twice", fields.p[i]);
	if (strong && weak && strcmp(strong, weak) == 0)
		cmd_usage(&cmd, "--strong and --weak are the same model");
	if (plot_path && strcmp(plot_path, "-") == 0 && !table)
		cmd_usage(
		    &cmd, "--plot - draws below the table: --table is needed");
	if (plot_path && strcmp(plot_path, "-") != 0 &&
	    !ends_in(plot_path, ".svg") && !ends_in(plot_path, ".png"))
		cmd_usage(&cmd,
		    "--plot %s: expected a name that ends in .svg or .png, "
		    "or -",
		    plot_path);
	require = rk_calloc(requires.n + 1, sizeof *require);
	for (size_t i = 0; i < requires.n; i++)
		parse_require(&require[i], requires.p[i]);
}

static void
open_curve(void)
{
	struct rk_err err = { "" };

	if (curve_path == NULL)
		return;
	curve_file = rk_file_create(curve_path, &err);
	if (curve_file == NULL)
		cmd_die(&cmd, "%s", err.msg);
}

static void
start_reading(void)
{
	const struct rk_scored_want want = { fields.p, fields.n, strong, weak,
		by, curve_path != NULL, cmd.prompt };

	rk_scored_start(&scored, &want);
}

static void
free_all(void)
{
	rk_scored_free(&scored);
	free(require);
	free(fields.p);
	free(requires.p);
	rk_buf_free(&out);
	rk_buf_free(&picture);
}

int
main(int argc, char **argv)
{
	int rc;

	cmd_start(&cmd, argc, argv);
	check_usage();
	start_reading();
	if (read_all() == 0) {
		open_curve();
		evaluate_all();
		write_results();
	}
	rc = cmd_end(&cmd);
	free_all();
	return rc;
}
