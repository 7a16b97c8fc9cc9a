/* eval-policy-curve.c - quality over cost of many models: points and lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "eval-policy.h"

void
policy_put_curve(const struct policy_group *g, const struct policy *p)
{
	size_t m = rk_sweep_size(p->sweep);
	struct rk_point *at = rk_array(NULL, m, sizeof *at);
	double *lambda = rk_array(NULL, m, sizeof *lambda);
	struct rk_buf b = { 0 };

	rk_sweep_points(p->sweep, &g->answers, NULL, at, lambda);
	for (size_t j = 0; j < m; j++) {
		eval_put_head(&b, p->name, g->k, policy_is_control(p));
		eval_put_number(&b, "lambda", lambda[j]);
		eval_put_number(&b, "quality", at[j].quality);
		if (g->answers.cost != NULL) {
			eval_put_number(&b, "cost", at[j].cost);
			eval_put_number(&b, "arena_score",
			    rk_money_arena_within(
				at[j].quality, at[j].cost, g->lo, g->hi));
		}
		rk_buf_adds(&b, "}\n");
	}
	eval_put_points(&b);
	rk_buf_free(&b);
	free(at);
	free(lambda);
}

/* --- the picture: dollars for 1000 queries and quality ---------------------------- */

/* New arrays; of many points of like cost the first, and always the last. */
static struct rk_plot_line
line_of(const struct policy *p, const struct rk_point *at, size_t m)
{
	double *x = rk_array(NULL, m, sizeof *x);
	double *y = rk_array(NULL, m, sizeof *y);
	double step = fabs(at[m - 1].cost - at[0].cost) / EVAL_PLOT_STEPS;
	size_t n = 0;

	for (size_t j = 0; j < m; j++) {
		if (j > 0 && j + 1 < m &&
		    fabs(at[j].cost * 1000 - x[n - 1]) < step * 1000)
			continue;
		x[n] = at[j].cost * 1000;
		y[n++] = at[j].quality;
	}
	return (struct rk_plot_line){ p->name, policy_is_control(p), n, x, y };
}

/* What the mix reaches: the hull of the single models. */
static size_t
mix_points(const struct policy_group *g, struct rk_point *at)
{
	size_t m = 0;

	rk_choice_singles(at, &g->answers, NULL);
	for (size_t j = 0; j < g->answers.k; j++)
		if (!isnan(at[j].quality))
			at[m++] = at[j];
	return rk_money_hull(at, m);
}

static struct rk_plot_line
line_of_policy(const struct policy_group *g, const struct policy *p)
{
	size_t m = p->sweep ? rk_sweep_size(p->sweep) : g->answers.k;
	struct rk_point *at = rk_array(NULL, m, sizeof *at);
	struct rk_plot_line line;

	if (p->sweep != NULL) {
		rk_sweep_points(p->sweep, &g->answers, NULL, at, NULL);
	} else if (p->kind == MIX) {
		m = mix_points(g, at);
	} else {
		m = 1;
		at[0] = (struct rk_point){ p->fig[FIG_COST],
			p->fig[FIG_QUALITY] };
	}
	line = line_of(p, at, m);
	free(at);
	return line;
}

void
policy_draw(const struct policy_group *g)
{
	struct rk_plot_line *line;

	if (g->answers.cost == NULL) {
		cmd_warn(&eval_cmd,
		    "--plot: quality is drawn over cost, and not every "
		    "quality has one");
		cmd_fail(&eval_cmd);
		return;
	}
	line = rk_array(NULL, g->policies, sizeof *line);
	for (size_t j = 0; j < g->policies; j++)
		line[j] = line_of_policy(g, &g->policy[j]);
	eval_draw(&(struct rk_plot){
	    "dollars for 1000 queries", "quality", g->policies, line });
	eval_free_lines(line, g->policies);
}
