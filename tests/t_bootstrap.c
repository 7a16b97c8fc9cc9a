/*
 * t_bootstrap.c - intervals against numpy's on the same resamples
 * (tests/golden/eval), and the same for any number of threads.
 */
#include "base/rng.h"
#include "eval/bootstrap.h"
#include "tests/golden_eval.h"
#include "tests/tap.h"

/* Two curves of G: of its score and of its second score. */
static void
curves_of(const struct golden *g, const struct rk_curve **curve)
{
	struct rk_outcomes o = { g->n, g->weak, g->strong };

	curve[0] = rk_curve_new(&o, g->score, RK_CURVE_EXACT, NULL);
	curve[1] = rk_curve_new(&o, g->second, RK_CURVE_EXACT, NULL);
}

static void
run(const struct golden *g, struct rk_boot *boot, int jobs)
{
	struct rk_pool *pool = rk_pool_new(jobs);
	const struct rk_curve *curve[2];

	curves_of(g, curve);
	rk_bootstrap(boot, curve, 2, g->n, g->reps, g->seed, pool);
	rk_curve_free((struct rk_curve *)curve[0]);
	rk_curve_free((struct rk_curve *)curve[1]);
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

/* The same numbers to the bit, NaN for NaN. */
static int
same_bits(const struct rk_boot *a, const struct rk_boot *b)
{
	return memcmp(a->fig, b->fig, sizeof a->fig) == 0 &&
	    memcmp(a->diff, b->diff, sizeof a->diff) == 0 &&
	    a->no_gap == b->no_gap;
}

static void
test_golden(struct golden *g)
{
	struct rk_boot boot[2], seven[2];

	run(g, boot, 1);
	ok(intervals_agree(boot[0].fig, g->boot), "%s: intervals are numpy's",
	    g->name);
	ok(intervals_agree(boot[1].diff, g->diff),
	    "%s: paired differences are numpy's", g->name);
	run(g, seven, 7);
	ok(same_bits(&boot[0], &seven[0]) && same_bits(&boot[1], &seven[1]),
	    "%s: seven threads give the same bits as one", g->name);
	if (strcmp(g->name, "nogap") == 0)
		ok(boot[0].no_gap == g->reps,
		    "resamples without a gap are counted");
	ok(boot[0].diff[RK_FIG_AUC].lo == 0 && boot[0].diff[RK_FIG_AUC].hi == 0,
	    "%s: a router does not differ from itself", g->name);
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
	struct rk_boot boot[2];
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
	run(&g, boot, 2);
	half = 1.96 * sqrt(sum / N * (1 - sum / N) / N);
	near((boot[0].fig[RK_FIG_WEAK].hi - boot[0].fig[RK_FIG_WEAK].lo) / 2 /
		half,
	    1, 0.05, "the interval of a mean is 1.96 standard errors wide");
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
