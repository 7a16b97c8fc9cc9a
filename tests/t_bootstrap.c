/*
 * t_bootstrap.c - intervals against numpy's on the same resamples
 * (tests/golden/eval), and the same for any number of threads.
 */
#include "base/rng.h"
#include "eval/bootstrap.h"
#include "eval/curve.h"
#include "tests/golden_eval.h"
#include "tests/tap.h"

struct two {
	struct rk_curve *curve[2]; /* of a set's score, of its second score */
};

static void
figures(void *ctx, const uint32_t *times, int thread, double *fig)
{
	struct two *two = ctx;

	(void)thread;
	for (int j = 0; j < 2; j++)
		rk_curve_figures(two->curve[j], times, fig + j * RK_FIGS);
}

struct boot {
	double *all;                      /* [reps, 2, RK_FIGS] */
	struct rk_interval fig[RK_FIGS];  /* of the first curve */
	struct rk_interval diff[RK_FIGS]; /* of the second less the first */
	struct rk_interval none[RK_FIGS]; /* of the first less the first */
};

static void
run(const struct golden *g, struct boot *boot, int jobs)
{
	struct rk_outcomes o = { g->n, g->weak, g->strong };
	struct two two = { { rk_curve_new(&o, g->score, RK_CURVE_EXACT, NULL),
	    rk_curve_new(&o, g->second, RK_CURVE_EXACT, NULL) } };
	const struct rk_resampled of = { g->n, 2 * RK_FIGS, figures, &two };
	struct rk_pool *pool = rk_pool_new(jobs);
	double *fig = rk_array(NULL, g->reps, of.figs * sizeof *fig);

	rk_bootstrap(fig, &of, g->reps, g->seed, pool);
	for (int f = 0; f < RK_FIGS; f++) {
		boot->fig[f] = rk_bootstrap_interval(
		    fig + f, NULL, of.figs, g->reps);
		boot->diff[f] = rk_bootstrap_interval(
		    fig + RK_FIGS + f, fig + f, of.figs, g->reps);
		boot->none[f] = rk_bootstrap_interval(
		    fig + f, fig + f, of.figs, g->reps);
	}
	boot->all = fig;
	rk_curve_free(two.curve[0]);
	rk_curve_free(two.curve[1]);
	rk_pool_free(pool);
}

static int
agree(double got, double want)
{
	return fabs(got - want) <= 1e-9 || (isnan(got) && isnan(want));
}

static int
intervals_agree(const struct rk_interval *got, double want[RK_FIGS][2])
{
	int good = 1;

	for (int f = 0; f < RK_FIGS; f++)
		if (!agree(got[f].lo, want[f][0]) ||
		    !agree(got[f].hi, want[f][1])) {
			printf("# figure %d: got %.17g %.17g, want %.17g "
			       "%.17g\n",
			    f, got[f].lo, got[f].hi, want[f][0], want[f][1]);
			good = 0;
		}
	return good;
}

static void
test_golden(struct golden *g)
{
	struct boot boot, seven;

	run(g, &boot, 1);
	ok(intervals_agree(boot.fig, g->boot), "%s: intervals are numpy's",
	    g->name);
	ok(intervals_agree(boot.diff, g->diff),
	    "%s: paired differences are numpy's", g->name);
	run(g, &seven, 7);
	ok(memcmp(boot.all, seven.all,
	       g->reps * 2 * RK_FIGS * sizeof(double)) == 0,
	    "%s: seven threads give the same bits as one", g->name);
	if (strcmp(g->name, "nogap") == 0)
		ok(isnan(boot.fig[RK_FIG_APGR].lo),
		    "without a gap in any resample there is no interval");
	ok(boot.none[RK_FIG_AUC].lo == 0 && boot.none[RK_FIG_AUC].hi == 0,
	    "%s: a router does not differ from itself", g->name);
	free(boot.all);
	free(seven.all);
}

/*
 * The interval of a mean has the width that theory gives: 1.96 standard errors
 * to each side, to the 5 % that 4,000 resamples leave open.
 */
static void
test_width(void)
{
	enum { N = 500 };
	static double weak[N], strong[N], score[N];
	struct golden g = { .n = N, .reps = 4000, .seed = 3 };
	struct boot boot;
	struct rk_rng rng;
	double sum = 0, half;

	rk_rng_init(&rng, 1, 0);
	for (int i = 0; i < N; i++) {
		weak[i] = rk_rng_unit(&rng) < 0.3;
		strong[i] = rk_rng_unit(&rng) < 0.7;
		score[i] = rk_rng_unit(&rng);
		sum += weak[i];
	}
	g.weak = weak;
	g.strong = strong;
	g.score = g.second = score;
	run(&g, &boot, 2);
	half = 1.96 * sqrt(sum / N * (1 - sum / N) / N);
	near((boot.fig[RK_FIG_WEAK].hi - boot.fig[RK_FIG_WEAK].lo) / 2 / half,
	    1, 0.05, "the interval of a mean is 1.96 standard errors wide");
	free(boot.all);
}

static void
test_quantile(void)
{
	double v[4] = { 1, 2, 4, 8 };

	near(rk_bootstrap_quantile(v, 4, 0.5), 3, 0, "the median of four");
	near(rk_bootstrap_quantile(v, 4, 0), 1, 0, "the least");
	near(rk_bootstrap_quantile(v, 4, 1), 8, 0, "the largest");
	near(rk_bootstrap_quantile(v, 1, 0.975), 1, 0, "of one, that one");
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
	test_width();
	test_quantile();
	return done();
}
