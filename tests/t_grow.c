/*
 * t_grow.c - a model added to a router that exists (router.h's grow): what the
 * router says of the others keeps its bytes, and of the new one it says what it
 * would after a training with all of them, where that is so by the formula.
 */
#include "base/num.h"
#include "base/rng.h"
#include "tests/trained.h"

enum { N = 300, D = 9, K = 3, Q = 50 };

static struct rk_pool *pool;
static float emb[N * D], query[Q * D], quality[N * K], cost[N * K];
static float old_quality[N * 2], old_cost[N * 2], new_quality[N], new_cost[N];
static uint64_t digest[N];

static void
make_data(void)
{
	struct rk_rng r;
	size_t i, m;

	rk_rng_init(&r, 11, 0);
	for (i = 0; i < N * D; i++)
		emb[i] = (float)rk_rng_normal(&r);
	for (i = 0; i < Q * D; i++)
		query[i] = (float)rk_rng_normal(&r);
	for (i = 0; i < N; i++) {
		digest[i] = rk_num_mix(i + 1);
		for (m = 0; m < K; m++) {
			double lift = emb[i * D + m] > 0 ? 0.4 : 0;
			quality[i * K + m] = (float)(lift +
			    0.6 * rk_rng_unit(&r));
			cost[i * K + m] = (float)rk_rng_unit(&r) / 100;
		}
		if (i % 7 == 3) /* what the new model was not asked */
			quality[i * K + 2] = cost[i * K + 2] = NAN;
		for (m = 0; m < 2; m++) {
			old_quality[i * 2 + m] = quality[i * K + m];
			old_cost[i * 2 + m] = cost[i * K + m];
		}
	}
}

/* The prompts that know the new model, backwards, as its records may come. */
static size_t
make_new(float *own)
{
	size_t n = 0, i;

	for (i = N; i-- > 0;) {
		if (isnan(quality[i * K + 2]))
			continue;
		memcpy(own + n * D, emb + i * D, D * sizeof *own);
		new_quality[n] = quality[i * K + 2];
		new_cost[n++] = cost[i * K + 2];
	}
	return n;
}

/* Opens in T what OLD becomes with the model of P. */
static int
grow(struct trained *t, struct trained *old, const struct rk_prefs *p)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	size_t i;
	int rc;

	*t = (struct trained){ .r = old->r, .set = rk_params_copy(old->set) };
	rc = old->r->grow(old->m, p, old->set, pool, w, &report, &t->err);
	for (i = 0; rc == 0 && i < rk_st_count(old->st); i++) {
		const struct rk_tensor *x = rk_st_at(old->st, i);
		if (!rk_st_is_put(w, x->name))
			rk_st_put(
			    w, x->name, x->dtype, x->ndim, x->shape, x->data);
	}
	if (rc == 0 && rk_st_write_mem(w, &t->bytes, &t->err) == 0)
		trained_open(t, K);
	t->report = report.json;
	rk_st_writer_free(w);
	return t->m != NULL ? 0 : -1;
}

/* Are the cells of x [n, k] those of the wider y [n, k + 1] in all rows? */
static int
same_cells(const struct rk_tensor *x, const struct rk_tensor *y)
{
	size_t one = rk_dtype_size(x->dtype), last = (size_t)x->ndim - 1, i;
	size_t k = x->shape[last], wide = y->shape[last];

	if (x->ndim == 2 && k == wide) /* a row more, not a column */
		return memcmp(x->data, y->data, x->count * one) == 0;
	for (i = 0; i < x->count / k; i++)
		if (memcmp((const char *)x->data + i * k * one,
			(const char *)y->data + i * wide * one, k * one) != 0)
			return 0;
	return 1;
}

static int
same_tensors(const struct trained *old, const struct trained *new)
{
	size_t i;

	for (i = 0; i < rk_st_count(old->st); i++) {
		const struct rk_tensor *x = rk_st_at(old->st, i);
		const struct rk_tensor *y = rk_st_find(new->st, x->name);
		if (y == NULL || !same_cells(x, y))
			return 0;
	}
	return rk_st_count(new->st) == rk_st_count(old->st);
}

static double
apart(const float *x, const float *y, size_t n)
{
	double off = 0;
	size_t i;

	for (i = 0; i < n; i++)
		off = fmax(off, fabs((double)x[i] - y[i]));
	return off;
}

static void
check(const char *router, const char *set, const struct rk_prefs *two,
    const struct rk_prefs *three, const struct rk_prefs *one)
{
	struct trained old, all, new;
	float *a, *b, *c, *pair;
	double *x, *y;

	if (trained_make(&old, router, two, set, pool) != 0 ||
	    trained_make(&all, router, three, set, pool) != 0 ||
	    grow(&new, &old, one) != 0) {
		ok(0, "%s %s: grows: %s%s%s", router, set, old.err.msg,
		    all.err.msg, new.err.msg);
		return;
	}
	a = trained_score(&old, query, Q, 2, pool);
	b = trained_score(&all, query, Q, 3, pool);
	c = trained_score(&new, query, Q, 3, pool);
	ok(same_tensors(&old, &new),
	    "%s %s: what the file says of the others keeps its bytes", router,
	    set);
	pair = trained_score(&new, query, Q, 2, pool);
	ok(memcmp(pair, a, Q * 2 * sizeof *a) == 0,
	    "%s %s: and so do their scores", router, set);
	printf("# %s %s\n", router, set);
	near(apart(b, c, Q * 3), 0, 1e-6,
	    "the new column is that of a training with all");
	if (new.r->tells_costs != NULL) {
		x = trained_costs(&all, query, Q, 3, pool);
		y = trained_costs(&new, query, Q, 3, pool);
		near(trained_apart(x, y, Q * 3), 0, 1e-9,
		    "and so are its costs");
		free(x);
		free(y);
	}
	free(a);
	free(b);
	free(c);
	free(pair);
	trained_free(&old);
	trained_free(&all);
	trained_free(&new);
}

/* In a file without costs those of the new model are a column of their own. */
static void
check_new_costs(
    const char *router, struct rk_prefs two, const struct rk_prefs *one)
{
	struct trained old, new;
	double *usd;
	size_t i;
	int good = 1;

	two.cost = NULL;
	trained_make(&old, router, &two, "", pool);
	if (grow(&new, &old, one) != 0) {
		ok(0, "%s: grows: %s", router, new.err.msg);
		return;
	}
	usd = trained_costs(&new, query, Q, 3, pool);
	for (i = 0; i < Q; i++)
		good = good && isnan(usd[i * 3]) && isnan(usd[i * 3 + 1]) &&
		    usd[i * 3 + 2] > 0;
	ok(good, "%s: costs of the new model alone are told", router);
	free(usd);
	trained_free(&old);
	trained_free(&new);
}

static void
check_refused(const struct rk_prefs *two, struct rk_prefs one)
{
	static const uint64_t other[N] = { 0 };
	struct trained old, new;
	struct rk_err err = { "" };

	trained_make(&old, "knn", two, "", pool);
	one.digest = other;
	ok(grow(&new, &old, &one) != 0 &&
		strstr(new.err.msg, "none of ") != NULL,
	    "knn: prompts that it does not keep are refused");
	rk_params_free(new.set);
	rk_buf_free(&new.report);
	trained_free(&old);
	trained_make(&old, "linear", two, "loss=logistic", pool);
	ok(old.r->grow(old.m, NULL, old.set, NULL, NULL, NULL, &err) != 0 &&
		strstr(err.msg, "logistic") != NULL,
	    "linear: ratings cannot take one more, and say so before");
	trained_free(&old);
}

int
main(void)
{
	static float own[N * D];
	static uint64_t own_digest[N];
	struct tables two, three, one;
	size_t n, i, m = 0;

	pool = rk_pool_new(2);
	make_data();
	n = make_new(own);
	for (i = N; i-- > 0;)
		if (!isnan(quality[i * K + 2]))
			own_digest[m++] = digest[i];
	tables_make(&two, N, D, 2, emb);
	tables_quality(&two, old_quality);
	tables_make(&three, N, D, 3, emb);
	tables_quality(&three, quality);
	tables_make(&one, n, D, 1, own);
	one.p.quality = new_quality;
	two.p.digest = three.p.digest = digest;
	one.p.digest = own_digest;
	three.p.weak = 1;
	one.p.strong = one.p.weak = 1;
	two.p.cost = old_cost;
	three.p.cost = cost;
	one.p.cost = new_cost;
	check("linear", "alpha=10", &two.p, &three.p, &one.p);
	check("cluster", "tolerance=0 clusters=8", &two.p, &three.p, &one.p);
	check("cluster", "tolerance=0 pseudo=0", &two.p, &three.p, &one.p);
	check("knn", "k=9", &two.p, &three.p, &one.p);
	check("knn", "k=9 guard=1 half=1", &two.p, &three.p, &one.p);
	check("sw", "form=direct power=50", &two.p, &three.p, &one.p);
	check_new_costs("knn", two.p, &one.p);
	check_new_costs("cluster", two.p, &one.p);
	check_refused(&two.p, one.p);
	tables_free(&two);
	tables_free(&three);
	tables_free(&one);
	rk_pool_free(pool);
	return done();
}
