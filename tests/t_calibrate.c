/*
 * t_calibrate.c - calibration against scikit-learn and scipy
 * (tests/golden/calibrate), the order that it promises to keep, and what it
 * is worth on queries that it has not seen.
 */
#include <float.h>

#include "base/mem.h"
#include "base/rng.h"
#include "eval/calibrate.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "tests/numbers.h"

/* --- the golden file ------------------------------------------------------ */

/* "NAME N" and N numbers, for any N. New. */
static double *
any_named(FILE *f, const char *name, size_t *n)
{
	char word[64];

	if (!numbers_word(f, word) || strcmp(word, name) != 0) {
		printf("Bail out! expected %s\n", name);
		exit(1);
	}
	*n = (size_t)numbers_one(f);
	return numbers_some(f, *n);
}

static double
farthest(const double *a, const double *b, size_t n)
{
	double far = 0;

	for (size_t i = 0; i < n; i++)
		far = fmax(far, fabs(a[i] - b[i]));
	return far;
}

static void
check_golden(void)
{
	FILE *f = numbers_open("tests/golden/calibrate/knots.txt");
	char name[64];

	while (numbers_word(f, name)) {
		double tol = numbers_one(f), *s, *t, *x, *y;
		struct rk_calibration c;
		struct rk_err err = { "" };
		size_t n, m;

		s = any_named(f, "score", &n);
		t = any_named(f, "target", &n);
		x = any_named(f, "x", &m);
		y = any_named(f, "y", &m);
		rk_calibrate_fit(&c, s, t, n);
		if (ok(c.n == m, "%s: as many knots as there should be",
			name)) {
			ok(farthest(c.x, x, m) <= 1e-12 &&
				farthest(c.y, y, m) <= tol,
			    "%s: their places agree to %g", name, tol);
			printf("# x %g, y %g\n", farthest(c.x, x, m),
			    farthest(c.y, y, m));
		} else
			printf("# %zu, want %zu\n", c.n, m);
		ok(rk_calibrate_check(&c, &err) == 0, "%s: are good knots",
		    name);
		rk_calibrate_free(&c);
		free(s);
		free(t);
		free(x);
		free(y);
	}
	fclose(f);
}

/* --- made-up data --------------------------------------------------------- */

struct data {
	size_t n;
	double *score, *target, *weak, *strong;
};

static double
truth(double score)
{
	return 1 / (1 + exp(-5 * (score - 0.45)));
}

/*
 * Scores in [0,1), multiples of 1/STEPS (0: any), whose true probability is
 * truth(score); a tenth are ties.
 */
static struct data
data_make(size_t n, size_t steps, uint64_t seed)
{
	struct data d = { n, NULL, NULL, NULL, NULL };
	struct rk_rng r;

	rk_rng_init(&r, seed, 0);
	d.score = rk_array(NULL, n, sizeof(double));
	d.target = rk_array(NULL, n, sizeof(double));
	d.weak = rk_array(NULL, n, sizeof(double));
	d.strong = rk_array(NULL, n, sizeof(double));
	for (size_t i = 0; i < n; i++) {
		double s = rk_rng_unit(&r), u = rk_rng_unit(&r);

		s = steps ? floor(s * (double)steps) / (double)steps : s;
		d.score[i] = s;
		d.target[i] = u < 0.1                           ? 0.5
		    : (u - 0.1) / 0.9 < (truth(s) - 0.05) / 0.9 ? 1
								: 0;
		d.weak[i] = d.target[i] < 0.5;
		d.strong[i] = d.target[i] > 0.5;
	}
	return d;
}

static void
data_free(struct data *d)
{
	free(d->score);
	free(d->target);
	free(d->weak);
	free(d->strong);
}

/* --- order ---------------------------------------------------------------- */

static double
apgr(const struct data *d, const double *score)
{
	struct rk_outcomes o = { d->n, d->weak, d->strong };
	struct rk_err err = { "" };
	struct rk_curve *c = rk_curve_new(&o, score, RK_CURVE_EXACT, &err);
	double fig[RK_FIGS] = { 0 };

	if (c == NULL) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	rk_curve_figures(c, NULL, fig);
	rk_curve_free(c);
	return fig[RK_FIG_APGR];
}

static void
check_apgr(size_t fit, size_t n, size_t steps, const char *name)
{
	struct data a = data_make(fit, steps, 1), b = data_make(n, steps, 2);
	double *y = rk_array(NULL, n, sizeof *y), was;
	struct rk_calibration c;

	rk_calibrate_fit(&c, a.score, a.target, fit);
	for (size_t i = 0; i < n; i++)
		y[i] = rk_calibrate(&c, b.score[i]);
	was = apgr(&b, b.score);
	ok(was > 0.55, "%s: the scores are worth something", name);
	near(apgr(&b, y), was, 1e-12, name);
	free(y);
	rk_calibrate_free(&c);
	data_free(&a);
	data_free(&b);
}

/*
 * How many of PAIRS random pairs of scores come out merged, in the wrong order
 * or outside (0,1), as float32 where NARROW. The scores lie between FROM and
 * FROM + range, and just over APART * range from each other.
 */
static size_t
merged(const struct rk_calibration *c, double from, double apart, size_t pairs,
    int narrow)
{
	double range = c->x[c->n - 1] - c->x[0], least = apart * range;
	size_t bad = 0;
	struct rk_rng r;

	rk_rng_init(&r, 3, 0);
	for (size_t i = 0; i < pairs; i++) {
		/* half of them just below or across a knot */
		double a = i % 2 ? rk_rng_unit(&r) * range
				 : c->x[rk_rng_below(&r, c->n)] - c->x[0] -
			least * rk_rng_unit(&r);
		double b, p, q;

		a = from + fmin(fmax(a, 0), range - 1.001 * least);
		b = a + 1.001 * least;
		while (b - a <= least)
			b = nextafter(b, INFINITY);
		p = rk_calibrate(c, a);
		q = rk_calibrate(c, b);
		if (narrow) {
			p = (float)p;
			q = (float)q;
		}
		bad += !(0 < p && p < q && q < 1);
	}
	return bad;
}

/* Does the map fall anywhere between neighbours among the doubles? */
static size_t
falls(const struct rk_calibration *c)
{
	size_t bad = 0;

	for (size_t i = 0; i < c->n; i++) {
		double s = c->x[i], was;

		for (int k = 0; k < 40; k++)
			s = nextafter(s, -INFINITY);
		was = rk_calibrate(c, s);
		for (int k = 0; k < 80; k++) {
			double y;

			s = nextafter(s, INFINITY);
			y = rk_calibrate(c, s);
			bad += !(y >= was);
			was = y;
		}
	}
	return bad;
}

static void
check_order(
    const char *name, const double *score, const double *target, size_t n)
{
	struct rk_calibration c;
	struct rk_err err = { "" };
	double lo, range;

	rk_calibrate_fit(&c, score, target, n);
	ok(rk_calibrate_check(&c, &err) == 0, "%s: %s", name,
	    err.msg[0] ? err.msg : "good knots");
	lo = c.x[0];
	range = c.x[c.n - 1] - lo;
	ok(merged(&c, lo, 0x1p-40, 20000, 0) == 0,
	    "%s: no scores merge that are 2^-40 apart", name);
	ok(merged(&c, lo, 0x1p-14, 20000, 1) == 0,
	    "%s: nor in float32 at 2^-14", name);
	ok(merged(&c, lo + range, 0x1p-36, 20000, 0) == 0 &&
		merged(&c, lo - range, 0x1p-36, 20000, 0) == 0,
	    "%s: nor beyond the ends at 2^-36", name);
	ok(merged(&c, lo + range, 0x1p-10, 20000, 1) == 0 &&
		merged(&c, lo - range, 0x1p-10, 20000, 1) == 0,
	    "%s: nor there in float32 at 2^-10", name);
	ok(falls(&c) == 0, "%s: it falls nowhere", name);
	ok((float)rk_calibrate(&c, -DBL_MAX) > 0 &&
		(float)rk_calibrate(&c, DBL_MAX) < 1 &&
		rk_calibrate(&c, -DBL_MAX) < rk_calibrate(&c, lo) &&
		rk_calibrate(&c, DBL_MAX) > rk_calibrate(&c, lo + range),
	    "%s: the largest doubles are inside (0,1)", name);
	rk_calibrate_free(&c);
}

/* Scores that are hard to keep apart, with targets that do not help. */
static void
check_hard(size_t n)
{
	static const char *const shape[] = { "random", "falling", "all won",
		"all lost", "an outlier", "huge", "tiny", "neighbours",
		"two scores", "one score", "steps", "far below" };
	double *s = rk_array(NULL, n, sizeof *s);
	double *t = rk_array(NULL, n, sizeof *t);
	struct rk_rng r;
	char name[64];

	rk_rng_init(&r, 11, 0);
	for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
		for (size_t i = 0; i < n; i++) {
			double u = rk_rng_unit(&r);

			s[i] = k == 4 ? (i ? u : 1e6)
			    : k == 5  ? (u - 0.5) * 2e100
			    : k == 6  ? u * 1e-300
			    : k == 7  ? 1 + (double)(i % 300) * 0x1p-52
			    : k == 8  ? (double)(i % 2) - 7
			    : k == 9  ? 0.125
			    : k == 10 ? floor(u * 6) / 6
			    : k == 11 ? (i ? u * 1e-20 : 1)
				      : u;
			t[i] = k == 1 ? u < 0.5
			    : k == 2  ? 1
			    : k == 3  ? 0
			    : k == 10 ? u > 0.6
				      : rk_rng_unit(&r) < 0.5;
		}
		snprintf(name, sizeof name, "%zu, %s", n, shape[k]);
		check_order(name, s, t, n);
	}
	free(s);
	free(t);
}

/* Any two distinct float32 scores stay apart, as the header says of them. */
static void
check_floats(void)
{
	struct data d = data_make(2000, 0, 4);
	struct rk_calibration c;
	size_t bad = 0;
	float x = 0x1p-16f;

	rk_calibrate_fit(&c, d.score, d.target, d.n);
	for (int k = 0; k < 1000000; k++) {
		float next = nextafterf(x, 2);

		bad += !(rk_calibrate(&c, x) < rk_calibrate(&c, next));
		x = k % 2 ? next * 1.000017f : next;
		if (x >= 1)
			x = 0x1p-16f;
	}
	ok(bad == 0, "neighbouring float32 scores do not merge");
	rk_calibrate_free(&c);
	data_free(&d);
}

/* The same pairs in another order are the same map, to the bit. */
static void
check_shuffled(void)
{
	struct data d = data_make(1500, 40, 6);
	struct rk_calibration a, b;

	for (size_t i = 0; i < d.n; i++)
		d.target[i] = 0.7 * d.target[i] + 0.3 * (double)(i % 97) / 97;
	rk_calibrate_fit(&a, d.score, d.target, d.n);
	for (size_t i = 0, j = d.n - 1; i < j; i++, j--) {
		double s = d.score[i], t = d.target[i];

		d.score[i] = d.score[j];
		d.score[j] = s;
		d.target[i] = d.target[j];
		d.target[j] = t;
	}
	rk_calibrate_fit(&b, d.score, d.target, d.n);
	ok(a.n == b.n && memcmp(a.x, b.x, a.n * sizeof *a.x) == 0 &&
		memcmp(a.y, b.y, a.n * sizeof *a.y) == 0,
	    "the order of the pairs does not matter");
	rk_calibrate_free(&a);
	rk_calibrate_free(&b);
	data_free(&d);
}

/* Three scores, however often they come, are three knots at their places. */
static void
check_steps(void)
{
	enum { N = 3 * 401 };
	double score[N], target[N];
	struct rk_calibration c;

	for (int i = 0; i < N; i++) {
		score[i] = 0.1 + i % 3 / 7.0;
		target[i] = i % 3 / 2.0;
	}
	rk_calibrate_fit(&c, score, target, N);
	ok(c.n == 3 && memcmp(c.x, score, sizeof *c.x * 3) == 0,
	    "three scores are three knots");
	rk_calibrate_free(&c);
}

/* Knots as a file may hold them, of many sizes. */
static void
check_any_knots(void)
{
	struct rk_rng r;
	size_t bad = 0;

	rk_rng_init(&r, 31, 0);
	for (int k = 0; k < 2000; k++) {
		double x[3], y[3];
		struct rk_calibration c = { 3, x, y };

		x[1] = rk_rng_normal(&r);
		x[0] = x[1] - pow(10, rk_rng_normal(&r) * 4);
		x[2] = x[1] + pow(10, rk_rng_normal(&r) * 4);
		y[1] = rk_rng_unit(&r);
		y[0] = y[1] * rk_rng_unit(&r);
		y[2] = y[1] + (1 - y[1]) * rk_rng_unit(&r);
		if (rk_calibrate_check(&c, NULL) == 0)
			bad += falls(&c);
	}
	ok(bad == 0, "a map of any knots falls nowhere");
}

/* --- worth ---------------------------------------------------------------- */

static void
check_worth(size_t fit, size_t n, double limit)
{
	struct data a = data_make(fit, 0, 21), b = data_make(n, 0, 22);
	double *y = rk_array(NULL, n, sizeof *y);
	uint32_t *order = rk_array(NULL, n, sizeof *order);
	double raw[RK_CALIBRATION_FIGS], fig[RK_CALIBRATION_FIGS];
	struct rk_calibration c;

	rk_calibrate_fit(&c, a.score, a.target, fit);
	for (size_t i = 0; i < n; i++)
		y[i] = rk_calibrate(&c, b.score[i]);
	rk_metrics_order(order, b.score, n);
	rk_metrics_calibration(raw, order, b.score, b.target, NULL, n);
	rk_metrics_calibration(fig, order, y, b.target, NULL, n);
	ok(fig[RK_ECE] < limit && raw[RK_ECE] > 2 * fig[RK_ECE],
	    "%zu points: unseen queries' calibration error is under %g", fit,
	    limit);
	ok(fig[RK_BRIER] < fig[RK_BRIER_CONSTANT] &&
		fig[RK_BRIER] < raw[RK_BRIER],
	    "%zu points: their Brier score beats a constant's", fit);
	printf("# ECE %.4f (raw %.4f), Brier %.4f (raw %.4f, constant %.4f)\n",
	    fig[RK_ECE], raw[RK_ECE], fig[RK_BRIER], raw[RK_BRIER],
	    fig[RK_BRIER_CONSTANT]);
	free(y);
	free(order);
	rk_calibrate_free(&c);
	data_free(&a);
	data_free(&b);
}

/* --- knots from a file ---------------------------------------------------- */

static void
check_bad(const char *name, size_t n, double x1, double y1, const char *want)
{
	double x[3] = { 0, x1, 1 }, y[3] = { 0.25, y1, 0.75 };
	struct rk_calibration c = { n, x, y };
	struct rk_err err = { "" };

	ok(rk_calibrate_check(&c, &err) == -1 && strstr(err.msg, want),
	    "refused: %s", name);
	if (!strstr(err.msg, want))
		printf("# got %s\n", err.msg);
}

static void
check_knots(void)
{
	double x[3] = { 0, 0.5, 1 }, y[3] = { 0.25, 0.5, 0.75 };
	struct rk_calibration c = { 3, x, y };
	struct rk_err err = { "" };

	ok(rk_calibrate_check(&c, &err) == 0, "good knots are accepted");
	near(rk_calibrate(&c, 0.75), 0.625, 1e-15, "linear between knots");
	near(rk_calibrate(&c, 2), 0.8125, 1e-15, "to half of the room above");
	near(rk_calibrate(&c, -1), 0.1875, 1e-15, "and half of it below");
	check_bad("one knot", 1, 0.5, 0.5, "1 knots, expected at least 2");
	check_bad("no knots", 0, 0.5, 0.5, "0 knots");
	check_bad("equal x", 3, 0, 0.5, "knot 1 (0, 0.5) is not above");
	check_bad("falling x", 3, 2, 0.5, "knot 2 (1, 0.75) is not above");
	check_bad("equal y", 3, 0.5, 0.25, "knot 1");
	check_bad("falling y", 3, 0.5, 0.8, "knot 2");
	check_bad("x is NaN", 3, NAN, 0.5, "knot 1 is (nan, 0.5)");
	check_bad("x is infinite", 3, INFINITY, 0.5, "knot 1 is (inf, 0.5)");
	check_bad("x is too large", 3, 1e101, 0.5, "knot 1 is (1e+101");
	check_bad("y is NaN", 3, 0.5, NAN, "knot 1 is (0.5, nan)");
	check_bad("y is 1", 3, 0.5, 1, "knot 1 is (0.5, 1)");
	check_bad("y is 0", 3, 0.5, 0, "knot 1 is (0.5, 0)");
}

int
main(void)
{
	check_golden();
	check_apgr(1500, 1500, 0, "APGR is as before");
	check_apgr(1500, 1500, 60, "APGR with ties is as before");
	check_apgr(400, 3000, 0, "APGR by Platt is as before");
	check_apgr(400, 3000, 60, "APGR by Platt with ties is as before");
	check_hard(1);
	check_hard(2);
	check_hard(300);
	check_hard(3000);
	check_floats();
	check_shuffled();
	check_steps();
	check_any_knots();
	check_worth(5000, 5000, 0.02);
	check_worth(900, 5000, 0.03);
	check_knots();
	return done();
}
