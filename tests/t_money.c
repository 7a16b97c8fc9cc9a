/*
 * t_money.c - hulls and their figures where they are at their edges; the
 * figures themselves are held to numpy's by rl-eval-golden.t. And what the
 * calibration, drift and sweep of constants is.
 */
#include "eval/choice.h"
#include "eval/metrics.h"
#include "eval/money.h"
#include "eval/offpolicy.h"
#include "tests/tap.h"

static void
test_hull(void)
{
	struct rk_point p[6] = { { 3, 0.5 }, { 1, 0.2 }, { 2, 0.2 }, { 1, 0.4 },
		{ 4, 0.9 }, { 5, 0.6 } };
	struct rk_point one = { 2, 0.5 };
	size_t m = rk_money_hull(p, 6);

	ok(m == 2 && p[0].cost == 1 && p[0].quality == 0.4 && p[1].cost == 4,
	    "the hull rises, from the best of the cheapest to the best");
	ok(isnan(rk_money_quality(p, m, 0.9)),
	    "below its first point it has no quality");
	near(rk_money_quality(p, m, 1), 0.4, 0, "at it, that point's");
	near(rk_money_quality(p, m, 2.5), 0.65, 1e-15, "between two, a mix");
	near(rk_money_quality(p, m, 9), 0.9, 0, "money need not be spent");
	near(rk_money_cost(p, m, 0.1), 1, 0, "less is had at the first point");
	near(rk_money_cost(p, m, 0.65), 2.5, 1e-15,
	    "a mix's quality has a cost");
	near(rk_money_cost(p, m, 0.9 * (1 + 1e-15)), 4, 0,
	    "rounding does not put the best out of reach");
	ok(isnan(rk_money_cost(p, m, 0.91)), "what is never reached has none");
	m = rk_money_hull(&one, 1);
	ok(m == 1, "one point is a hull");
	near(rk_money_aiq(&one, m, 2, 4), 0.5, 0, "which is flat");
	ok(isnan(rk_money_aiq(&one, m, 2, 2)), "over no range there is no AIQ");
	ok(isnan(rk_money_aiq(&one, m, 1, 4)), "nor where it begins too late");
}

static void
test_aiq(void)
{
	struct rk_point p[3] = { { 0, 0 }, { 2, 1 }, { 10, 2 } };
	size_t m = rk_money_hull(p, 3);

	near(rk_money_aiq(p, m, 0, 2), 0.5, 1e-15, "AIQ of a line");
	near(rk_money_aiq(p, m, 1, 2), 0.75, 1e-15, "of a part of it");
	near(rk_money_aiq(p, m, 1, 6), (0.75 + 4 * 1.25) / 5, 1e-15,
	    "of two pieces");
	near(rk_money_aiq(p, m, 10, 12), 2, 1e-15, "beyond the best point");
}

static void
test_arena(void)
{
	near(rk_money_arena(1, 0), 1, 1e-15, "all right for nothing: 1");
	near(rk_money_arena(0, 0.001), 0, 0, "nothing right: 0");
	near(rk_money_arena(1, 0.2), 0, 0, "200 dollars for 1000 queries: 0");
	near(rk_money_arena(1, 5), 0, 0, "nor does more go below");
	near(rk_money_arena(0.5, 0.0044 / 1000), 1.1 * 0.5 / 1.05, 1e-12,
	    "0.0044 dollars: as cheap as can be");
}

static void
test_calibration(void)
{
	double same[4] = { 0.5, 0.5, 0.5, 0.5 }, target[4] = { 1, 0, 1, 0 };
	double fig[RK_CALIBRATION_FIGS];
	uint32_t order[4];

	rk_metrics_order(order, same, 4);
	rk_metrics_calibration(fig, order, same, target, NULL, 4);
	near(fig[RK_BRIER], 0.25, 0, "a constant's Brier score");
	near(fig[RK_BRIER_CONSTANT], 0.25, 0, "is that of the constant");
	near(fig[RK_ECE], 0, 0, "equal scores share a bin");
	near(rk_metrics_psi(same, 4, same, 4), 0, 0,
	    "a constant has not drifted from itself");
	/* the deciles are all 0.5: one bin up to it, one above */
	near(rk_metrics_psi(same, 4, target, 4),
	    (0.5 - 1) * log(0.5 / 1) + (0.5 - 1e-4) * log(0.5 / 1e-4), 1e-12,
	    "a bin that was empty counts as 1e-4");
}

static void
test_sweep(void)
{
	/* two models, two queries; the same lambda but for rounding */
	const double q[4] = { 1, 0, 1, 0 }, c[4] = { 3, 1, 3, 1 };
	const double f[4] = { 0.3, 0.1, 0.5, 0.3 };
	struct rk_answers a = { 2, 2, q, c };
	struct rk_sweep *s = rk_sweep_new(&a, f, c);
	struct rk_point p[2];
	double lambda[2];

	ok(0.3 - 0.1 != 0.5 - 0.3 && rk_sweep_size(s) == 2,
	    "what differs by rounding moves together");
	rk_sweep_points(s, &a, NULL, p, lambda);
	ok(p[0].quality == 1 && p[0].cost == 3 && p[1].quality == 0 &&
		p[1].cost == 1,
	    "from all dear to all cheap");
	near(lambda[1], 0.1, 1e-12, "at the price of a point of quality");
	rk_sweep_free(s);
	s = rk_sweep_new(&a, f, NULL);
	ok(rk_sweep_size(s) == 1, "without costs there is one policy");
	rk_sweep_free(s);
}

static void
test_log(void)
{
	const double r[2] = { 1, 0.5 }, none[2] = { 0, 0 };
	struct rk_log log = { 2, r, none, NULL, NULL };
	double fig[RK_OFF_FIGS];

	rk_off_figures(fig, &log, NULL);
	ok(fig[RK_OFF_IPS] == 0 && isnan(fig[RK_OFF_SNIPS]) &&
		isnan(fig[RK_OFF_DR]) && fig[RK_OFF_ESS] == 0 &&
		fig[RK_OFF_LOGGED] == 0.75,
	    "a log with nothing served as chosen estimates nothing");
}

int
main(void)
{
	test_hull();
	test_aiq();
	test_arena();
	test_calibration();
	test_sweep();
	test_log();
	return done();
}
