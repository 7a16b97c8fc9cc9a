/*
 * t_bt.c - Bradley-Terry ratings against scikit-learn and scipy, tiers against
 * every possible cut (tests/golden/bt), and what holds for any table.
 */
#include "base/rng.h"
#include "math/bt.h"
#include "tests/numbers.h"

static void
fit(double *rating, const double *wins, size_t t)
{
	double *work = rk_array(NULL, rk_bt_work(t), sizeof *work);

	memset(rating, 0, t * sizeof *rating);
	rk_bt_fit(rating, wins, t, work);
	free(work);
}

/*
 * Win rates are compared, to 2e-6: scikit-learn's optimiser stops where the
 * likelihood's 14th digit no longer changes, and so has half as many itself.
 */
static void
check_fit(FILE *f)
{
	char name[64];
	size_t t, i, j;
	double *wins, *want, got[16], off = 0;

	numbers_word(f, name);
	t = (size_t)numbers_one(f);
	wins = numbers_some(f, t * t);
	want = numbers_some(f, t);
	fit(got, wins, t);
	for (i = 0; i < t; i++)
		for (j = 0; j < t; j++) {
			double p = 1 / (1 + exp(got[j] - got[i]));
			double q = 1 / (1 + exp(want[j] - want[i]));
			off = fmax(off, fabs(p - q));
		}
	near(off, 0, 2e-6, name);
	free(wins);
	free(want);
}

static void
check_tiers(FILE *f)
{
	size_t k = (size_t)numbers_one(f), i;
	size_t tiers = (size_t)numbers_one(f);
	double *rating = numbers_some(f, k), *want = numbers_some(f, k);
	uint16_t tier[16];
	int good = rk_bt_tiers(tier, rating, k, tiers) == tiers;

	for (i = 0; i < k; i++)
		good = good && tier[i] == want[i];
	if (!ok(good, "%zu ratings in %zu tiers as by trying every cut", k,
		tiers))
		for (i = 0; i < k; i++)
			printf("# %g: got %d, want %g\n", rating[i], tier[i],
			    want[i]);
	free(rating);
	free(want);
}

static void
check_golden(void)
{
	FILE *f = numbers_open("tests/golden/bt/bt.txt");
	char word[64];

	while (numbers_word(f, word))
		if (strcmp(word, "fit") == 0)
			check_fit(f);
		else
			check_tiers(f);
	fclose(f);
}

static void
check_start(void)
{
	double wins[9] = { 0, 5, 2, 3, 0, 4, 6, 1, 0 }, a[3], b[3], work[18];
	double off = 0;
	int i;

	fit(a, wins, 3);
	memcpy(b, (double[3]){ 3, -4, 9 }, sizeof b);
	rk_bt_fit(b, wins, 3, work);
	for (i = 0; i < 3; i++)
		off = fmax(off, fabs((a[i] - a[0]) - (b[i] - b[0])));
	near(off, 0, 1e-9, "ratings do not depend on the start");
	near(a[0] + a[1] + a[2], 0, 1e-9, "ratings are centred");
}

static void
check_few(void)
{
	static const double rating[3] = { -1, 5, 2 };
	uint16_t tier[3];

	ok(rk_bt_tiers(tier, rating, 3, 10) == 3 && tier[0] == 2 &&
		tier[1] == 0 && tier[2] == 1,
	    "fewer models than tiers: a tier each, the highest first");
	ok(rk_bt_tiers(tier, rating, 3, 1) == 1 && tier[0] == 0 &&
		tier[1] == 0 && tier[2] == 0,
	    "one tier holds all");
}

static void
check_large(void)
{
	enum { K = 200 };
	double *wins = rk_calloc(K * K, sizeof *wins);
	double *rating = rk_calloc(K, sizeof *rating), off = 0;
	struct rk_rng r;
	size_t i, j;

	rk_rng_init(&r, 5, 0);
	for (i = 0; i < 20 * K; i++) {
		size_t x = (size_t)rk_rng_below(&r, K);
		size_t y = (size_t)rk_rng_below(&r, K);
		int won = rk_rng_unit(&r) < (y > x ? 0.7 : 0.3);
		if (x != y)
			wins[won ? x * K + y : y * K + x]++;
	}
	fit(rating, wins, K);
	for (i = 0; i < K; i++) { /* what was won is what was to be expected */
		double sum = RK_BT_RIDGE * rating[i];
		for (j = 0; j < K; j++) {
			double n = wins[i * K + j] + wins[j * K + i];
			sum += n / (1 + exp(rating[j] - rating[i])) -
			    wins[i * K + j];
		}
		off = fmax(off, fabs(sum));
	}
	near(off, 0, 1e-8, "200 players: the gradient is zero");
	free(wins);
	free(rating);
}

/* Against the formula, pair by pair; with ratings too far apart for exp too. */
static void
check_rates(double spread, const char *what)
{
	enum { K = 29 };
	float rating[K], rate[K];
	double work[2 * K], off = 0;
	struct rk_rng r;
	size_t i, j;

	rk_rng_init(&r, 7, 0);
	for (i = 0; i < K; i++)
		rating[i] = (float)(spread * (rk_rng_unit(&r) - .3));
	rk_bt_win_rates(rate, rating, K, work);
	for (i = 0; i < K; i++) {
		double sum = 0;
		for (j = 0; j < K; j++)
			if (j != i)
				sum += 1 /
				    (1 +
					exp((double)rating[j] -
					    (double)rating[i]));
		off = fmax(off, fabs((double)rate[i] - sum / (K - 1)));
	}
	near(off, 0, 6e-8, what); /* a float's half digit */
	rk_bt_win_rates(rating, rating, K, work);
	ok(memcmp(rate, rating, sizeof rate) == 0, "%s: in place too", what);
}

int
main(void)
{
	float alone = 3;
	double work[2];

	check_rates(4, "mean win rates");
	check_rates(5000, "mean win rates of ratings far apart");
	rk_bt_win_rates(&alone, &alone, 1, work);
	ok(alone == .5f, "one model alone has a win rate of a half");
	check_golden();
	check_start();
	check_few();
	check_large();
	return done();
}
