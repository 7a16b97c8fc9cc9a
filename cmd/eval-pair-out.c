/* eval-pair-out.c - figures of a pair of models as records and as tables. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "eval-pair.h"
#include "eval.h"
#include "io/table.h"

/* Where the output is collected. */
static struct rk_buf out, verdicts;
static struct rk_table sheet, money, calibration;
static struct eval_seen seen, unseen;

static void
put_reason(struct rk_buf *b, const struct pair_router *r)
{
	if (isnan(r->fig[RK_FIG_APGR]))
		eval_put_text(b, "reason",
		    "strong is not better than weak: no APGR, no CPT");
	else if (eval_opt.reps > 0 && isnan(r->in[RK_FIG_APGR].lo))
		eval_put_text(b, "reason",
		    "over 1 % of the resamples have no gap: no interval of "
		    "APGR and CPT");
}

void
pair_put_json(const struct pair_group *g, const struct pair_router *r,
    const struct rk_scored *s, const struct eval_items *t)
{
	const struct pair_router *first = pair_rival(g, r);

	eval_put_head(&out, r->name, g->k, r->control);
	eval_put_text(&out, "weak", s->weak);
	eval_put_text(&out, "strong", s->strong);
	eval_put_items(&out, t);
	if (!r->control && eval_opt.reps > 0)
		eval_put_verdict(
		    &out, "verdict", r->than_chance, g->r[g->base].name);
	if (first != NULL) {
		eval_put_text(&out, "vs", first->name);
		if (eval_opt.reps > 0)
			eval_put_verdict(&out, "vs_verdict",
			    r->diff[RK_FIG_APGR], first->name);
	}
	eval_put_text(&out, "mode", eval_opt.routellm ? "routellm" : "exact");
	put_reason(&out, r);
	rk_buf_adds(&out, "}\n");
}

/* The head of a column of differences. */
static void
add_less(struct rk_table *t, const char *figure, const char *field)
{
	struct rk_buf b = { 0 };

	eval_add_name(&b, field, 16);
	rk_table_add(t, "%s - %s", figure, b.p);
	rk_buf_free(&b);
}

static void
put_row(const struct pair_group *g, const struct pair_router *r)
{
	static const char *const head[] = { "APGR", "CPT20 %", "CPT50 %",
		"CPT80 %", "gain", NULL };
	static const char *const by_head[] = { "weak", "strong", "APGR",
		"CPT20 %", "CPT50 %", "CPT80 %", "gain", NULL };
	const struct pair_router *first = pair_rival(g, r);

	if (sheet.n == 0) {
		eval_start_sheet(&sheet, eval_opt.by ? by_head : head);
		if (eval_opt.fields.n > 1)
			add_less(&sheet, "APGR", eval_opt.fields.p[0]);
		sheet.cols = sheet.n;
	}
	eval_start_row(&sheet, r->name, g->k, g->d->n);
	if (eval_opt.by) {
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_WEAK]);
		rk_table_add(&sheet, "%.4f", r->fig[RK_FIG_STRONG]);
	}
	eval_cell(&sheet, 3, r->fig[RK_FIG_APGR], r->in[RK_FIG_APGR], 1, &seen);
	for (int f = RK_FIG_CPT20; f <= RK_FIG_CPT80; f++)
		eval_cell(&sheet, 1, r->fig[f], r->in[f], 100, &seen);
	rk_table_add(&sheet, "%+.4f", r->fig[RK_FIG_GAIN]);
	if (eval_opt.fields.n > 1 && first == NULL)
		rk_table_add(&sheet, "%s", "");
	else if (eval_opt.fields.n > 1)
		eval_cell(&sheet, 3,
		    r->fig[RK_FIG_APGR] - first->fig[RK_FIG_APGR],
		    r->diff[RK_FIG_APGR], 1, &seen);
}

static void
put_money_row(const struct pair_group *g, const struct pair_router *r)
{
	static const char *const head[] = { "AIQ", "$/1000 at equal quality",
		"quality at equal $", "arena", NULL };
	const double *x = r->fig + FIG_MONEY;
	const struct rk_interval *in = r->in + FIG_MONEY;

	if (money.n == 0)
		eval_start_sheet(&money, head);
	eval_start_row(&money, r->name, g->k, g->d->n);
	eval_cell(&money, 3, x[RK_MONEY_AIQ], in[RK_MONEY_AIQ], 1, &unseen);
	eval_cell(
	    &money, 3, x[RK_MONEY_COST], in[RK_MONEY_COST], 1000, &unseen);
	eval_cell(
	    &money, 3, x[RK_MONEY_QUALITY], in[RK_MONEY_QUALITY], 1, &unseen);
	eval_cell(&money, 3, x[RK_MONEY_ARENA], in[RK_MONEY_ARENA], 1, &unseen);
}

static void
put_calibration_row(const struct pair_group *g, const struct pair_router *r)
{
	static const char *const head[] = { "Brier", "Brier - constant's",
		"ECE", NULL };
	static const int of[] = { FIG_CALIBRATION + RK_BRIER,
		FIG_BRIER_VS_CONSTANT, FIG_CALIBRATION + RK_ECE };

	if (calibration.n == 0) {
		eval_start_sheet(&calibration, head);
		if (eval_opt.drift)
			rk_table_add(&calibration, "PSI");
		calibration.cols = calibration.n;
	}
	eval_start_row(&calibration, r->name, g->k, g->d->n);
	for (int j = 0; j < 3; j++)
		eval_cell(&calibration, 4, r->order ? r->fig[of[j]] : NAN,
		    r->in[of[j]], 1, &unseen);
	if (eval_opt.drift)
		rk_table_add(&calibration, "%.4f", r->psi);
}

void
pair_put_rows(const struct pair_group *g, const struct pair_router *r)
{
	const struct pair_router *first = pair_rival(g, r),
				 *base = &g->r[g->base];

	put_row(g, r);
	if (pair_has_costs(g))
		put_money_row(g, r);
	if (r->control)
		return;
	if (r->order != NULL || eval_opt.drift)
		put_calibration_row(g, r);
	if (g->k != NULL || eval_opt.reps == 0)
		return;
	eval_say_verdict(&verdicts, r->name, base->name,
	    r->fig[RK_FIG_APGR] - base->fig[RK_FIG_APGR], r->than_chance);
	if (first != NULL)
		eval_say_verdict(&verdicts, r->name, first->name,
		    r->fig[RK_FIG_APGR] - first->fig[RK_FIG_APGR],
		    r->diff[RK_FIG_APGR]);
}

/* "weak NAME 0.7142": a model's mean quality. */
static void
put_model(
    const struct rk_scored *s, const char *role, const char *name, int col)
{
	rk_buf_addf(&out, "%s ", role);
	eval_add_name(&out, name, RK_TABLE_NAME);
	rk_buf_addf(
	    &out, " %.4f", pair_mean_of(s->all.col[col], NULL, s->all.n));
}

/* The tables, with what their numbers mean. */
static void
write_table(const struct rk_scored *s)
{
	rk_buf_addf(&out, "%zu queries; ", s->all.n);
	put_model(s, "weak", s->weak, RK_SCORED_WEAK);
	put_model(s, ", strong", s->strong, RK_SCORED_STRONG);
	rk_buf_addc(&out, '\n');
	if (s->all.col[RK_SCORED_WEAK_COST] != NULL)
		rk_buf_addf(&out,
		    "dollars for 1000 queries: weak %.3f, strong %.3f\n",
		    1000 *
			pair_mean_of(
			    s->all.col[RK_SCORED_WEAK_COST], NULL, s->all.n),
		    1000 *
			pair_mean_of(
			    s->all.col[RK_SCORED_STRONG_COST], NULL, s->all.n));
	if (eval_opt.reps > 0)
		rk_buf_addf(&out, "[95 %% intervals from %ld resamples]\n",
		    eval_opt.reps);
	if (seen.none)
		rk_buf_adds(&out, "-: strong is not better than weak\n");
	if (seen.unsure)
		rk_buf_adds(&out,
		    "[-]: nor in over 1 % of the resamples: no interval\n");
	eval_put_sheet(&out, &sheet);
	eval_put_sheet(&out, &money);
	eval_put_sheet(&out, &calibration);
	if (verdicts.n > 0) {
		rk_buf_addc(&out, '\n');
		rk_buf_add(&out, verdicts.p, verdicts.n);
	}
}

void
pair_write(const struct rk_scored *s)
{
	if (eval_opt.table)
		write_table(s);
	eval_write(&out);
}

void
pair_free_output(void)
{
	rk_buf_free(&out);
	rk_buf_free(&verdicts);
}
