/* eval-policy-out.c - figures of many models as records and as tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "eval-policy.h"

/* Where the output is collected. */
static struct rk_buf out, title, verdicts;
static struct rk_table sheet, money;
static struct eval_seen seen;

static void
put_shares(const struct policy_group *g, const struct policy *p)
{
	const char *before = ",\"shares\":{";
	char num[32];

	for (size_t m = 0; m < g->answers.k; m++) {
		if (p->share[m] == 0)
			continue;
		rk_buf_adds(&out, before);
		rk_buf_json(&out, g->d->model[m], strlen(g->d->model[m]));
		rk_buf_addc(&out, ':');
		rk_buf_add(&out, num, rk_num_print_f64(num, p->share[m]));
		before = ",";
	}
	rk_buf_addc(&out, '}');
}

static void
put_verdicts(const struct policy_group *g, const struct policy *p)
{
	const struct policy *first = policy_rival(g, p);

	eval_put_verdict(&out, "verdict", p->in[FIG_VS_BEST], "best_single");
	eval_put_verdict(
	    &out, "shuffled_verdict", p->in[FIG_VS_SHUFFLED], "shuffled");
	if (policy_has_fig(g, p, FIG_VS_MIX))
		eval_put_verdict(&out, "mix_verdict", p->in[FIG_VS_MIX], "mix");
	if (first != NULL)
		eval_put_verdict(
		    &out, "vs_verdict", p->diff[FIG_QUALITY], first->name);
}

void
policy_put_json(const struct policy_group *g, const struct policy *p,
    const struct eval_items *t)
{
	static const char *const kind[] = { "route", "scores", "single", "mix",
		"oracle" };
	const struct policy *first = policy_rival(g, p);
	int control = policy_is_control(p);

	eval_put_head(&out, p->name, g->k, control);
	eval_put_text(&out, "kind", kind[p->kind]);
	if (p->kind == SINGLE)
		eval_put_text(&out, "model", g->d->model[p->model]);
	eval_put_items(&out, t);
	if (p->choice != NULL) {
		eval_put_text(&out, "share_max_model",
		    g->d->model[policy_favourite(g, p)]);
		put_shares(g, p);
	}
	if (p->kind == SCORES && !isnan(p->psi))
		eval_put_text(&out, "psi_model", g->d->model[p->psi_model]);
	if (first != NULL)
		eval_put_text(&out, "vs", first->name);
	if (!control && eval_opt.reps > 0)
		put_verdicts(g, p);
	rk_buf_adds(&out, "}\n");
}

static void
put_cell(struct rk_table *t, const struct policy_group *g,
    const struct policy *p, int f, double unit)
{
	if (policy_has_fig(g, p, f))
		eval_cell(t, 3, p->fig[f], p->in[f], unit, &seen);
	else
		rk_table_add(t, "%s", "");
}

static void
put_row(const struct policy_group *g, const struct policy *p)
{
	static const char *const head[] = { "quality", "$/1000",
		"- best single", "- shuffled", "top share %", "bits", NULL };
	static const int fig[] = { FIG_QUALITY, FIG_COST, FIG_VS_BEST,
		FIG_VS_SHUFFLED };

	if (sheet.n == 0) {
		eval_start_sheet(&sheet, head);
		if (eval_opt.drift)
			rk_table_add(&sheet, "PSI");
		sheet.cols = sheet.n;
	}
	eval_start_row(&sheet, p->name, g->k, g->answers.n);
	for (int j = 0; j < 4; j++)
		put_cell(&sheet, g, p, fig[j], fig[j] == FIG_COST ? 1000 : 1);
	if (p->choice != NULL) {
		rk_table_add(
		    &sheet, "%.1f", 100 * p->share[policy_favourite(g, p)]);
		rk_table_add(&sheet, "%.2f", p->entropy);
	} else {
		rk_table_add(&sheet, "%s", "");
		rk_table_add(&sheet, "%s", "");
	}
	if (eval_opt.drift && isnan(p->psi))
		rk_table_add(&sheet, "%s", policy_is_control(p) ? "" : "-");
	else if (eval_opt.drift)
		rk_table_add(&sheet, "%.4f", p->psi);
}

static void
put_money_row(const struct policy_group *g, const struct policy *p)
{
	static const char *const head[] = { "AIQ", "$/1000 at equal quality",
		"quality at equal $", "arena", NULL };

	if (money.n == 0)
		eval_start_sheet(&money, head);
	eval_start_row(&money, p->name, g->k, g->answers.n);
	put_cell(&money, g, p, FIG_CURVE + RK_MONEY_AIQ, 1);
	put_cell(&money, g, p, FIG_CURVE + RK_MONEY_COST, 1000);
	put_cell(&money, g, p, FIG_CURVE + RK_MONEY_QUALITY, 1);
	put_cell(&money, g, p,
	    policy_has_curve(g, p) ? FIG_CURVE + RK_MONEY_ARENA : FIG_ARENA, 1);
}

static void
say_verdicts(const struct policy_group *g, const struct policy *p)
{
	const struct policy *first = policy_rival(g, p);
	struct rk_buf name = { 0 };

	if (g->k != NULL || policy_is_control(p) || eval_opt.reps == 0)
		return;
	rk_buf_adds(&name, "best single ");
	eval_add_name(&name, g->d->model[g->best], RK_TABLE_NAME);
	eval_say_verdict(&verdicts, p->name, name.p, p->fig[FIG_VS_BEST],
	    p->in[FIG_VS_BEST]);
	rk_buf_free(&name);
	eval_say_verdict(&verdicts, p->name, "its decisions shuffled",
	    p->fig[FIG_VS_SHUFFLED], p->in[FIG_VS_SHUFFLED]);
	if (policy_has_fig(g, p, FIG_VS_MIX))
		eval_say_verdict(&verdicts, p->name,
		    "a mix of single models at its cost", p->fig[FIG_VS_MIX],
		    p->in[FIG_VS_MIX]);
	if (first != NULL)
		eval_say_verdict(&verdicts, p->name, first->name,
		    p->fig[FIG_QUALITY] - first->fig[FIG_QUALITY],
		    p->diff[FIG_QUALITY]);
}

void
policy_put_rows(const struct policy_group *g, const struct policy *p)
{
	if (p->kind != MIX)
		put_row(g, p);
	if (g->answers.cost != NULL)
		put_money_row(g, p);
	say_verdicts(g, p);
}

void
policy_start_table(const struct policy_group *g)
{
	rk_buf_addf(&title, "%zu queries, %zu models; best single ",
	    g->answers.n, g->answering);
	eval_add_name(&title, g->d->model[g->best], RK_TABLE_NAME);
	if (g->answers.cost != NULL) {
		rk_buf_adds(&title, ", cheapest ");
		eval_add_name(&title, g->d->model[g->cheapest], RK_TABLE_NAME);
	}
	rk_buf_addc(&title, '\n');
	if (eval_opt.reps > 0)
		rk_buf_addf(&title, "[95 %% intervals from %ld resamples]\n",
		    eval_opt.reps);
}

void
policy_write(void)
{
	if (eval_opt.table) {
		rk_buf_add(&out, title.p, title.n);
		eval_put_sheet(&out, &sheet);
		eval_put_sheet(&out, &money);
	}
	if (verdicts.n > 0) {
		rk_buf_addc(&out, '\n');
		rk_buf_add(&out, verdicts.p, verdicts.n);
	}
	eval_write(&out);
}

void
policy_free_output(void)
{
	rk_buf_free(&out);
	rk_buf_free(&title);
	rk_buf_free(&verdicts);
}
