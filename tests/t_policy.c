/*
 * t_policy.c - policies on a sample, against rational numbers and a linear
 * programme, and the threshold that tracks its share, against numpy
 * (tests/golden/policy).
 */
#include "base/mem.h"
#include "policy/mix.h"
#include "policy/track.h"
#include "tests/tap.h"

/* Means of a few dozen doubles of size 1e-6 to 1: 1e-12 leaves room. */
#define TOL 1e-12

enum { LINE = 65536, MOST = 1000 };

/* The numbers at *P, up to the end of the line. */
static size_t
numbers(double *x, const char *p)
{
	size_t n = 0;
	char *end;

	for (; n < MOST; p = end) {
		x[n] = strtod(p, &end);
		if (end == p)
			break;
		n++;
	}
	return n;
}

/* --- golden ------------------------------------------------------------------- */

static void
read_sample(struct rk_sample *s, FILE *f, size_t n)
{
	static char line[LINE], name[] = "a";
	struct rk_options options = { .o = NULL };
	double x[MOST];
	size_t i, m;

	rk_sample_free(s);
	while (n-- > 0 && fgets(line, sizeof line, f) != NULL) {
		m = numbers(x, line);
		options.n = 0;
		for (i = 0; i + 1 < m; i += 2) {
			RK_GROW(options.o, options.n, options.cap);
			options.o[options.n++] = (struct rk_option){ name,
				x[i + 1], x[i], NULL };
		}
		rk_sample_add(s, &options);
	}
	rk_options_free(&options);
}

/* The means of a policy; and of one of the two of a mix. */
static void
measure(double *cost, double *quality, const struct rk_sample *s, double lambda)
{
	size_t q, from = 0, best;

	*cost = *quality = 0;
	for (q = 0; q < s->n; from = s->end[q++]) {
		best = from +
		    rk_options_best(s->o + from, s->end[q] - from, lambda);
		*cost += s->o[best].cost / (double)s->n;
		*quality += s->o[best].quality / (double)s->n;
	}
}

static int
agree(double got, double want, const char *what)
{
	if (fabs(got - want) <= TOL)
		return 1;
	printf("# %s: got %.17g, want %.17g\n", what, got, want);
	return 0;
}

/* The mix is what it says, when its two policies are followed. */
static int
is_kept(const struct rk_mix *mix, const struct rk_sample *s)
{
	double c[2], q[2];

	measure(&c[0], &q[0], s, mix->lambda[0]);
	measure(&c[1], &q[1], s, mix->lambda[1]);
	return agree(c[0] + mix->p * (c[1] - c[0]), mix->cost, "cost kept") &
	    agree(q[0] + mix->p * (q[1] - q[0]), mix->quality, "quality kept");
}

/* One line of what is asked: 1 where the answer is the golden one. */
static int
answer(const struct rk_sample *s, const char *kind, const double *x)
{
	struct rk_err err = { "" };
	struct rk_mix mix;
	double c, q;
	int rc;

	if (strcmp(kind, "lambda") == 0) {
		measure(&c, &q, s, x[0]);
		return agree(c, x[1], "cost") & agree(q, x[2], "quality");
	}
	rc = strcmp(kind, "budget") == 0
	    ? rk_mix_for_budget(&mix, s, x[0], &err)
	    : rk_mix_for_quality(&mix, s, x[0], &err);
	if (rc != 0) {
		printf("# %s %g: %s\n", kind, x[0], err.msg);
		return 0;
	}
	return agree(mix.cost, x[1], "cost") &
	    agree(mix.quality, x[2], "quality") & agree(mix.p, x[3], "p") &
	    is_kept(&mix, s);
}

static void
test_mix(void)
{
	static char line[LINE];
	struct rk_sample s = { 0 };
	char kind[16];
	double x[MOST];
	int at, good = 1, n = 0, samples = 0;
	FILE *f = fopen("tests/golden/policy/mix.txt", "r");

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "%15s%n", kind, &at) != 1)
			break;
		numbers(x, line + at);
		if (strcmp(kind, "sample") == 0) {
			read_sample(&s, f, (size_t)x[0]);
			samples++;
			continue;
		}
		n++;
		good &= answer(&s, kind, x);
	}
	ok(samples == 5 && n > 60, "there are five samples and %d questions",
	    n);
	ok(good,
	    "lambdas, budgets and qualities are those of rational "
	    "numbers");
	rk_sample_free(&s);
	if (f != NULL)
		fclose(f);
}

/* A line of numbers. */
static size_t
read_line(double *x, FILE *f)
{
	static char line[LINE];

	return fgets(line, sizeof line, f) != NULL ? numbers(x, line) : 0;
}

static void
test_track(void)
{
	static double start[MOST], stream[MOST];
	static char said[MOST + 1];
	struct rk_track t = { .fd = -1 };
	double share, want[3];
	size_t n, m, i;
	int good = 1, runs = 0;
	FILE *f = fopen("tests/golden/policy/track.txt", "r");

	while (f != NULL && fscanf(f, "track %lf ", &share) == 1) {
		n = read_line(start, f);
		m = read_line(stream, f);
		if (fscanf(f, "%1000s %lf %lf %lf ", said, &want[0], &want[1],
			&want[2]) != 4)
			break;
		rk_track_start(&t, start, n, share);
		for (i = 0; i < m; i++)
			good &= rk_track_decide(&t, stream[i]) == said[i] - '0';
		good &= agree(t.threshold, want[0], "threshold") &
		    agree(t.step, want[1], "step") &
		    agree(t.recent, want[2], "recent");
		good &= t.decisions == (double)m;
		runs++;
	}
	ok(runs == 4, "there are four tracks");
	ok(good, "decisions, threshold, step and recent share are numpy's");
	if (f != NULL)
		fclose(f);
}

/* --- ends ------------------------------------------------------------------------ */

static void
test_best(void)
{
	const struct rk_option o[] = {
		{ "b", 0.5, 2, NULL },
		{ "a", 0.5, 2, NULL },
		{ "c", 0.5, 3, NULL },
		{ "d", 0.25, 1, NULL },
		{ "e", 1, 0, "tools" },
	};

	ok(rk_options_best(o, 2, 1) == 1, "equal models: the first by name");
	ok(rk_options_best(o, 3, RK_LAMBDA_MAX) == 1,
	    "equal qualities: the cheapest");
	ok(rk_options_best(o, 4, 4) == 3, "equal worths: the cheapest");
	ok(rk_options_best(o, 4, 4.000001) == 1, "above that lambda: the best");
	ok(rk_options_best(o, 5, 4) == 3, "a guard keeps a model out");
	ok(rk_options_best(o + 4, 1, 4) == 1, "all guarded: none");
}

static void
test_unreachable(void)
{
	struct rk_option o[] = { { "a", 0.5, 2, NULL },
		{ "b", 0.75, 3, NULL } };
	const struct rk_options options = { .o = o, .n = 2, .cap = 2 };
	struct rk_sample s = { 0 };
	struct rk_err err = { "" };
	struct rk_mix mix;

	rk_sample_add(&s, &options);
	ok(rk_mix_for_budget(&mix, &s, 1.5, &err) == -1,
	    "a budget below the cheapest fails");
	same(err.msg,
	    "a query costs at least 2 dollars on the average, more than the "
	    "1.5 asked",
	    "... and says what is");
	err.msg[0] = '\0';
	ok(rk_mix_for_quality(&mix, &s, 0.8, &err) == -1 && rk_err_is(&err),
	    "a quality above the best fails");
	ok(rk_mix_for_budget(&mix, &s, 2, NULL) == 0 && mix.cost == 2 &&
		mix.p == 0,
	    "the cheapest's very cost is a budget");
	ok(rk_mix_for_budget(&mix, &s, 9, NULL) == 0 && mix.cost == 3 &&
		mix.quality == 0.75,
	    "more money than can be spent is not spent");
	rk_sample_free(&s);
}

/* 200,000 digests, p = 0.3: a standard error of 0.001. */
static void
test_coin(void)
{
	const struct rk_mix mix = { { 0, 1 }, 0.3, 0, 0 };
	const struct rk_mix never = { { 0, 1 }, 0, 0, 0 };
	const struct rk_mix always = { { 0, 1 }, 1, 0, 0 };
	enum { N = 200000 };
	int n = 0, none = 0, all = 0;

	for (uint64_t i = 0; i < N; i++) {
		n += rk_mix_pick(&mix, i);
		none += rk_mix_pick(&never, i);
		all += rk_mix_pick(&always, i);
	}
	near((double)n / N, 0.3, 0.005, "the coin falls as often as it should");
	ok(none == 0 && all == N, "chances of 0 and 1 are certain");
}

/*
 * The bound of track.h, on scores that drift, jump and tie: |share - P| <=
 * (range + step) / (step n).
 */
static void
test_bound(void)
{
	static double start[100];
	struct rk_track t = { .fd = -1 };
	const double p = 0.3;
	int n = 0, d = 0, good = 1;

	for (int i = 0; i < 100; i++)
		start[i] = i / 100.0;
	rk_track_start(&t, start, 100, p);
	for (; n < 20000;) {
		double x = n < 5000 ? 0.5
		    : n < 10000     ? n % 97 / 97.0
				    : (n / 100 % 2 ? 0.9 : 0.1);
		d += rk_track_decide(&t, x);
		n++;
		good &= fabs(d - p * n) <= (1 + t.step) / t.step;
	}
	ok(good, "the share is never off by more than the bound");
	near((double)d / n, p, 0.01, "20,000 decisions keep the share");
}

int
main(void)
{
	test_mix();
	test_best();
	test_unreachable();
	test_coin();
	test_track();
	test_bound();
	return done();
}
