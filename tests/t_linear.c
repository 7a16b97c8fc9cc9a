/*
 * t_linear.c - the target of regressions, ridge and logistic ratings against
 * numpy and scikit-learn (tests/golden/linear); data that decide little.
 */
#include "math/mat.h"
#include "pref/target.h"
#include "tests/trained.h"

static struct rk_pool *pool;

/* max |got - want|, infinite where only one is NaN. */
static double
apart(const float *got, const double *want, size_t n)
{
	double off = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		double x = fabs(got[i] - want[i]);
		if (isnan(got[i]) && isnan(want[i]))
			continue;
		off = isnan(x) ? INFINITY : x > off ? x : off;
	}
	return off;
}

static double
reported(const struct trained *t, const char *key)
{
	const char *at = t->report.p ? strstr(t->report.p, key) : NULL;

	return at != NULL ? atof(at + strlen(key) + 2) : NAN;
}

/* Ridge with SET beside want[q, k]. */
static void
check_ridge(const struct tables *t, const char *set, const float *query,
    size_t q, const double *want, double alpha, const char *name)
{
	struct trained m;
	float *got;

	if (!ok(trained_make(&m, "linear", &t->p, set, pool) == 0, "%s: trains",
		name))
		printf("# %s\n", m.err.msg);
	got = trained_score(&m, query, q, t->p.k, pool);
	near(apart(got, want, q * t->p.k), 0, 1e-5, name);
	near(reported(&m, "alpha"), alpha, 1e-9,
	    "  with the alpha that it says");
	free(got);
	trained_free(&m);
}

static void
check_table(FILE *f, const char *name)
{
	char word[64];
	struct tables t;
	size_t n, d, k, q;
	float *emb, *query, *quality;
	double *ridge, *chosen, best;

	ok(numbers_word(f, word) && strcmp(word, name) == 0,
	    "%s: is in the golden file", name);
	n = (size_t)numbers_one(f);
	d = (size_t)numbers_one(f);
	k = (size_t)numbers_one(f);
	q = (size_t)numbers_one(f);
	emb = numbers_floats(f, "emb", n * d);
	query = numbers_floats(f, "query", q * d);
	quality = numbers_floats(f, "quality", n * k);
	ridge = numbers_named(f, "ridge", q * k);
	numbers_word(f, word);
	best = numbers_one(f);
	chosen = numbers_named(f, "chosen", q * k);
	tables_make(&t, n, d, k, emb);
	tables_quality(&t, quality);
	t.p.weak = 1;
	check_ridge(&t, "alpha=5", query, q, ridge, 5,
	    "ridge predicts as scikit-learn's");
	check_ridge(&t, "", query, q, chosen, best,
	    "generalised cross-validation of the gain chooses as numpy's");
	tables_free(&t);
	free(emb);
	free(query);
	free(quality);
	free(ridge);
	free(chosen);
}

/* Two models' numbers of a prompt differ by its gain. */
static void
check_two(struct tables *t, const float *soft)
{
	struct rk_target target;
	struct rk_err err = { "" };
	double off = 0;
	size_t i, n = t->p.n;

	for (i = 0; i < n; i++) {
		t->cmp[i] = (struct rk_cmp){ (uint32_t)i, 0, 1, soft[i] };
		t->first[i] = i;
	}
	t->first[n] = t->p.m = n;
	t->p.k = 2;
	t->p.weak = 1;
	rk_target_make(&target, &t->p, &err);
	for (i = 0; i < n; i++)
		off = fmax(off,
		    fabs(target.t[2 * i] - target.t[2 * i + 1] -
			(2 * soft[i] - 1)));
	near(off, 0, 1e-6, "target: of two models the difference is the gain");
	near((target.mean[0] + target.mean[1]) / 2, 0.5, 1e-6,
	    "target: without outcomes the models' mean is 1/2");
	rk_target_free(&target);
}

/* A prompt with outcomes has its qualities, whatever was fought there. */
static void
check_mixed(struct tables *t)
{
	struct rk_target target;
	struct rk_err err = { "" };
	float *quality = rk_floats(t->p.n * 4);
	size_t i;
	int good = 1;

	for (i = 0; i < t->p.n * 4; i++)
		quality[i] = NAN;
	quality[0] = 0.25f;
	quality[4] = 0.75f;
	t->p.quality = quality;
	t->valid[1] = RK_PART_VALID;
	rk_target_make(&target, &t->p, &err);
	ok(target.t[0] == 0.25f && isnan(target.t[1]) && isnan(target.t[2]) &&
		isnan(target.t[3]),
	    "target: outcomes go before battles");
	for (i = 4; i < 8; i++)
		good = good && isnan(target.t[i]);
	ok(good, "target: what is kept out is not known");
	rk_target_free(&target);
	t->valid[0] = RK_PART_OUT;
	t->p.m = 0;
	for (i = 0; i <= t->p.n; i++)
		t->first[i] = 0;
	ok(rk_target_make(&target, &t->p, &err) != 0 &&
		strstr(err.msg, "learn from") != NULL,
	    "target: nothing known is an error");
	t->valid[0] = t->valid[1] = 0;
	t->p.quality = NULL;
	free(quality);
}

static void
check_logistic(
    struct tables *t, const float *query, size_t q, const double *want)
{
	struct trained m;
	float *got;
	double off = 0;
	size_t i;

	ok(trained_make(&m, "linear", &t->p, "loss=logistic alpha=.5", pool) ==
		0,
	    "logistic: trains");
	ok(rk_router_link(m.r, m.set) == RK_LINK_LOGISTIC,
	    "logistic: scores are ratings");
	got = trained_score(&m, query, q, 2, pool);
	for (i = 0; i < q; i++)
		off = fmax(off,
		    fabs(rk_router_pair(
			     RK_LINK_LOGISTIC, got[2 * i], got[2 * i + 1]) -
			want[i]));
	near(off, 0, 1e-5, "logistic: win rates are scikit-learn's");
	free(got);
	trained_free(&m);
}

static void
check_battles(FILE *f)
{
	char word[64];
	struct tables t;
	struct rk_target target;
	struct rk_err err = { "" };
	size_t n, d, k, m, q;
	float *emb, *query, *soft;
	double *x[5], *logistic;
	int i;

	numbers_word(f, word);
	n = (size_t)numbers_one(f);
	d = (size_t)numbers_one(f);
	k = (size_t)numbers_one(f);
	m = (size_t)numbers_one(f);
	q = (size_t)numbers_one(f);
	emb = numbers_floats(f, "emb", n * d);
	query = numbers_floats(f, "query", q * d);
	x[0] = numbers_named(f, "prompt", m);
	x[1] = numbers_named(f, "a", m);
	x[2] = numbers_named(f, "b", m);
	x[3] = numbers_named(f, "y", m);
	x[4] = numbers_named(f, "target", n * k);
	soft = numbers_floats(f, "soft", n);
	logistic = numbers_named(f, "logistic", q);
	tables_make(&t, n, d, k, emb);
	tables_battles(&t, m, x[0], x[1], x[2], x[3]);
	rk_target_make(&target, &t.p, &err);
	near(apart(target.t, x[4], n * k), 0, 1e-5,
	    "target: battles against the ratings are numpy's");
	rk_target_free(&target);
	check_mixed(&t);
	check_two(&t, soft);
	check_logistic(&t, query, q, logistic);
	tables_free(&t);
	for (i = 0; i < 5; i++)
		free(x[i]);
	free(emb);
	free(query);
	free(soft);
	free(logistic);
}

/* Prompts all alike, one prompt, results all the same: a constant. */
static void
check_little(void)
{
	enum { N = 30, D = 8 };
	static float emb[N * D], quality[2 * N];
	struct tables t;
	struct trained m;
	float *got;
	size_t i;

	for (i = 0; i < N * D; i++)
		emb[i] = (float)(i % D);
	for (i = 0; i < 2 * N; i++)
		quality[i] = (float)(i % 7) / 7;
	tables_make(&t, N, D, 2, emb);
	tables_quality(&t, quality);
	trained_make(&m, "linear", &t.p, "", pool);
	emb[3] = 100;
	got = trained_score(&m, emb, 2, 2, pool);
	near(got[0] - got[1], got[2] - got[3], 1e-6,
	    "prompts that are all alike teach a constant");
	free(got);
	trained_free(&m);
	for (i = 0; i < N * D; i++)
		emb[i] = (float)(i * i % 13);
	for (i = 0; i < 2 * N; i++)
		quality[i] = i % 2 ? 0.25f : 1;
	trained_make(&m, "linear", &t.p, "", pool);
	got = trained_score(&m, emb, N, 2, pool);
	near(got[0], 1, 1e-6, "results that are all the same are learnt");
	near(got[2 * N - 1], 0.25, 1e-6, "results of the other model too");
	free(got);
	trained_free(&m);
	for (i = 1; i < N; i++)
		t.valid[i] = RK_PART_VALID;
	ok(trained_make(&m, "linear", &t.p, "", pool) == 0,
	    "one prompt is enough for a constant");
	trained_free(&m);
	tables_free(&t);
}

static void
check_cholesky(void)
{
	double a[9] = { 4, 0, 0, 2, 5, 0, 1, 3, 6 }, x[3] = { 7, 10, 10 };
	double bad[4] = { 1, 0, 2, 1 };

	ok(rk_mat_chol(a, 3) == 0, "a positive definite matrix has a factor");
	rk_mat_chol_solve(x, 1, a, 3);
	near(fabs(x[0] - 1) + fabs(x[1] - 1) + fabs(x[2] - 1), 0, 1e-14,
	    "by which the system is solved");
	/* the inverse's diagonal: (21, 23, 16) / 67 */
	near(rk_mat_chol_trace(a, 3), 60 / 67.0, 1e-14,
	    "and the trace of the inverse is known");
	ok(rk_mat_chol(bad, 2) != 0, "another has none");
}

/* Over several strips and runs, by 1 and 2 threads. */
static void
check_gram(void)
{
	enum { N = 600, D = 290 };
	static float x[N * D];
	static double g[D * D], again[D * D], rows[D * D];
	struct rk_pool *one = rk_pool_new(1);
	double off = 0;
	size_t i, j, c;

	for (i = 0; i < N * D; i++)
		x[i] = (float)((i * 7919 + i / D) % 101) / 50 - 1;
	rk_mat_gram(g, x, N, D, pool);
	rk_mat_gram(again, x, N, D, one);
	ok(memcmp(g, again, sizeof g) == 0,
	    "a Gram matrix is the same with 1 and 2 threads");
	for (i = 0; i < D; i++)
		for (j = 0; j <= i; j++) {
			double sum = 0;
			for (c = 0; c < N; c++)
				sum += (double)x[c * D + i] * x[c * D + j];
			off = fmax(off, fabs(sum - g[i * D + j]));
		}
	near(off, 0, 1e-4, "and the products of the columns");
	rk_mat_gram_rows(rows, x, D, N, pool);
	for (off = 0, i = 0; i < D; i++)
		for (j = 0; j <= i; j++) {
			double sum = 0;
			for (c = 0; c < N; c++)
				sum += (double)x[i * N + c] * x[j * N + c];
			off = fmax(off, fabs(sum - rows[i * D + j]));
		}
	near(off, 0, 1e-4, "or of the rows");
	rk_pool_free(one);
}

int
main(void)
{
	FILE *f = numbers_open("tests/golden/linear/linear.txt");

	pool = rk_pool_new(2);
	check_table(f, "tall");
	check_table(f, "wide");
	check_battles(f);
	check_little();
	check_cholesky();
	check_gram();
	fclose(f);
	rk_pool_free(pool);
	return done();
}
