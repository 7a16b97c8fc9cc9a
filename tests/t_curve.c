/*
 * t_curve.c - the cost-quality curve and its figures, against numpy's
 * (tests/golden/eval), against a resample written out, and in the cases where
 * there is nothing to measure.
 */
#include "base/mem.h"
#include "base/rng.h"
#include "eval/curve.h"
#include "tests/golden_eval.h"
#include "tests/tap.h"

static const char *const fig_name[RK_FIGS] = { "weak", "strong", "APGR",
	"CPT20", "CPT50", "CPT80", "AUC", "gain" };

/* Sums of a few hundred doubles: 1e-9 leaves room for any order of them. */
#define TOL 1e-9

static struct rk_curve *
curve_of(const struct golden *g, enum rk_curve_mode mode)
{
	struct rk_outcomes o = { g->n, g->weak, g->strong };
	struct rk_err err = { "" };
	struct rk_curve *c = rk_curve_new(&o, g->score, mode, &err);

	if (c == NULL)
		printf("# %s\n", err.msg);
	return c;
}

static int
figures_agree(const double *got, const double *want, double tol)
{
	int good = 1;

	for (int f = 0; f < RK_FIGS; f++)
		if (!(fabs(got[f] - want[f]) <= tol) &&
		    !(isnan(got[f]) && isnan(want[f]))) {
			printf("# %s: got %.17g, want %.17g\n", fig_name[f],
			    got[f], want[f]);
			good = 0;
		}
	return good;
}

static int
points_agree(const struct golden *g, const struct rk_curve *c,
    const struct golden_mode *want)
{
	struct rk_mark *mark;
	size_t m = rk_curve_marks(c, &mark);
	double *y = rk_array(NULL, m, sizeof *y);
	int good = m == want->m;

	rk_curve_means(c, mark, m, g->weak, g->strong, y);
	for (size_t j = 0; good && j < m; j++) {
		double share = (double)mark[j].sent / (double)g->n;
		const double *p = want->point + 3 * j;

		good = fabs(share - p[0]) <= TOL && fabs(y[j] - p[1]) <= TOL &&
		    fabs(mark[j].threshold - p[2]) <= TOL;
		if (!good)
			printf("# point %zu: got %.17g %.17g %.17g\n", j, share,
			    y[j], mark[j].threshold);
	}
	free(y);
	free(mark);
	return good;
}

/* Query i counts times[i] times, or stands there times[i] times: the same. */
static int
times_are_copies(const struct golden *g, enum rk_curve_mode mode)
{
	struct rk_curve *c = curve_of(g, mode), *whole;
	uint32_t *times = rk_calloc(g->n, sizeof *times);
	struct golden copy = { .n = g->n };
	double a[RK_FIGS], b[RK_FIGS];
	struct rk_rng rng;

	copy.score = rk_array(NULL, g->n, sizeof(double));
	copy.weak = rk_array(NULL, g->n, sizeof(double));
	copy.strong = rk_array(NULL, g->n, sizeof(double));
	rk_rng_init(&rng, 5, 0);
	for (size_t i = 0; i < g->n; i++) {
		size_t from = rk_rng_below(&rng, g->n);

		times[from]++;
		copy.score[i] = g->score[from];
		copy.weak[i] = g->weak[from];
		copy.strong[i] = g->strong[from];
	}
	whole = curve_of(&copy, mode);
	rk_curve_figures(c, times, a);
	rk_curve_figures(whole, NULL, b);
	rk_curve_free(c);
	rk_curve_free(whole);
	free(times);
	golden_free(&copy);
	return figures_agree(a, b, TOL);
}

/* The same queries in another order have the same figures. */
static int
order_does_not_matter(const struct golden *g, enum rk_curve_mode mode)
{
	struct rk_curve *c = curve_of(g, mode), *back;
	struct golden turned = { .n = g->n };
	double a[RK_FIGS], b[RK_FIGS];

	turned.score = rk_array(NULL, g->n, sizeof(double));
	turned.weak = rk_array(NULL, g->n, sizeof(double));
	turned.strong = rk_array(NULL, g->n, sizeof(double));
	for (size_t i = 0; i < g->n; i++) {
		turned.score[i] = g->score[g->n - 1 - i];
		turned.weak[i] = g->weak[g->n - 1 - i];
		turned.strong[i] = g->strong[g->n - 1 - i];
	}
	back = curve_of(&turned, mode);
	rk_curve_figures(c, NULL, a);
	rk_curve_figures(back, NULL, b);
	rk_curve_free(c);
	rk_curve_free(back);
	golden_free(&turned);
	return figures_agree(a, b, 1e-12);
}

static void
test_golden(const struct golden *g)
{
	for (int mode = 0; mode < 2; mode++) {
		const struct golden_mode *want = &g->mode[mode];
		struct rk_curve *c = curve_of(g, (enum rk_curve_mode)mode);
		const char *name = mode ? "routellm" : "exact";
		double fig[RK_FIGS];

		rk_curve_figures(c, NULL, fig);
		ok(figures_agree(fig, want->fig, TOL),
		    "%s, %s: figures are numpy's", g->name, name);
		ok(points_agree(g, c, want), "%s, %s: points are numpy's",
		    g->name, name);
		ok(times_are_copies(g, (enum rk_curve_mode)mode),
		    "%s, %s: a query that counts twice is two queries", g->name,
		    name);
		ok(order_does_not_matter(g, (enum rk_curve_mode)mode),
		    "%s, %s: the order of the records does not matter", g->name,
		    name);
		rk_curve_free(c);
	}
}

/* Where all scores are equal: random's expectation, to the last bit. */
static void
test_random(void)
{
	double weak[7] = { .1, .2, .3, .4, .5, .6, .7 }, score[7] = { 0 };
	double strong[7] = { .3, .3, .4, .9, .4, .61, .93 }, fig[RK_FIGS];
	struct rk_outcomes o = { 7, weak, strong };

	for (int mode = 0; mode < 2; mode++) {
		struct rk_curve *c = rk_curve_new(
		    &o, score, (enum rk_curve_mode)mode, NULL);

		rk_curve_figures(c, NULL, fig);
		ok(fig[RK_FIG_APGR] == 0.5 && fig[RK_FIG_GAIN] == 0,
		    "random routing has APGR 0.5 exactly, mode %d", mode);
		rk_curve_free(c);
	}
}

/* Sorting by gain cannot be beaten; it goes past 1 where weak wins some. */
static void
test_oracle(void)
{
	double weak[4] = { 1, 0, 0, 1 }, strong[4] = { 0, 1, 1, 1 };
	double gain[4] = { -1, 1, 1, 0 }, fig[RK_FIGS];
	struct rk_outcomes o = { 4, weak, strong };
	struct rk_curve *c = rk_curve_new(&o, gain, RK_CURVE_EXACT, NULL);

	rk_curve_figures(c, NULL, fig);
	/* PGR 0 1 2 2 1 */
	near(fig[RK_FIG_APGR], 5.5 / 4, 1e-15, "the oracle's APGR is 1.375");
	near(fig[RK_FIG_CPT80], .2, 1e-15, "its CPT80 is 20 % of the calls");
	near(fig[RK_FIG_AUC], .5 + .25 * 5.5 / 4, 1e-15, "and its area");
	rk_curve_free(c);
}

/* Equal means whose sums round otherwise are no gap. */
static void
test_rounding(void)
{
	double weak[3] = { .1, .2, .3 }, strong[3] = { .3, .1, .2 };
	double score[3] = { 3, 2, 1 }, fig[RK_FIGS];
	struct rk_outcomes o = { 3, weak, strong };
	struct rk_curve *c = rk_curve_new(&o, score, RK_CURVE_EXACT, NULL);

	rk_curve_figures(c, NULL, fig);
	ok(isnan(fig[RK_FIG_APGR]) && isnan(fig[RK_FIG_CPT50]),
	    "models of equal quality have no APGR and no CPT");
	near(fig[RK_FIG_AUC], .2 + (.1 + .15 + .05) / 9, 1e-15,
	    "but an area there is");
	rk_curve_free(c);
}

/* A curve that falls back below the goal: the first crossing counts. */
static void
test_first_crossing(void)
{
	double weak[6] = { 0, 0, 1, 1, 0, 0 }, strong[6] = { 1, 1, 0, 0, 1, 1 };
	double score[6] = { 6, 5, 4, 3, 2, 1 }, fig[RK_FIGS];
	struct rk_outcomes o = { 6, weak, strong };
	struct rk_curve *c = rk_curve_new(&o, score, RK_CURVE_EXACT, NULL);

	rk_curve_figures(c, NULL, fig);
	/* PGR 0 .5 1 .5 0 .5 1 */
	near(fig[RK_FIG_CPT50], 1. / 6, 1e-15, "CPT50 is the first crossing");
	near(fig[RK_FIG_CPT80], 1.6 / 6, 1e-15, "CPT80 lies between points");
	near(fig[RK_FIG_CPT20], .4 / 6, 1e-15, "CPT20 too");
	rk_curve_free(c);
}

/* Qualities at the bound: their difference is a score, and nothing overflows */
static void
test_largest(void)
{
	double weak[3] = { -1e100, 1e100, -1e100 }, fig[RK_FIGS], gain[3];
	double strong[3] = { 1e100, -1e100, 1e100 };
	struct rk_outcomes o = { 3, weak, strong };

	for (int i = 0; i < 3; i++)
		gain[i] = strong[i] - weak[i];
	for (int mode = 0; mode < 2; mode++) {
		struct rk_curve *c = rk_curve_new(
		    &o, gain, (enum rk_curve_mode)mode, NULL);

		if (!ok(c != NULL, "gains of the largest qualities are scores"))
			continue;
		rk_curve_figures(c, NULL, fig);
		/* PGR 0 . 2 1, a straight line across the tie */
		near(fig[RK_FIG_APGR], 3.5 / 3, 1e-12, "and have an APGR");
		rk_curve_free(c);
	}
}

static void
test_refusals(void)
{
	double weak[2] = { 0, 0 }, strong[2] = { 1, 1 }, score[2] = { 0, NAN };
	struct rk_outcomes o = { 2, weak, strong };
	struct rk_err err = { "" };

	ok(rk_curve_new(&o, score, RK_CURVE_EXACT, &err) == NULL,
	    "a score that is NaN is refused");
	same(err.msg, "score of record 2 is not a number within +-2e+100",
	    "and named");
	score[1] = 0;
	strong[0] = INFINITY;
	err.msg[0] = '\0';
	ok(rk_curve_new(&o, score, RK_CURVE_EXACT, &err) == NULL,
	    "a quality that is infinite is refused");
	same(err.msg, "quality of record 1 is not a number within +-1e+100",
	    "and named");
	o.n = 0;
	err.msg[0] = '\0';
	ok(rk_curve_new(&o, score, RK_CURVE_EXACT, &err) == NULL,
	    "no records, no curve");
	same(err.msg, "no records", "which is said");
}

int
main(void)
{
	size_t sets;
	struct golden *g = golden_read("tests/golden/eval/curves.txt", &sets);

	ok(sets == 6, "six golden sets");
	for (size_t i = 0; i < sets; i++) {
		test_golden(&g[i]);
		golden_free(&g[i]);
	}
	free(g);
	test_random();
	test_oracle();
	test_rounding();
	test_first_crossing();
	test_largest();
	test_refusals();
	return done();
}
