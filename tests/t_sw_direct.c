/*
 * t_sw_direct.c - sw with form=direct against numpy (tests/golden/sw/direct.py),
 * and against the ratings of two tiers, which it equals for two models.
 */
#include "tests/trained.h"

static struct rk_pool *pool;

struct golden {
	struct tables t;
	size_t n, d, k, q;
	float *emb, *query, *quality, *cost;
	double *mean[2], *usd[2];
};

static void
read_golden(struct golden *g)
{
	FILE *f = numbers_open("tests/golden/sw/direct.txt");
	char word[64];
	int i;

	numbers_word(f, word);
	g->n = (size_t)numbers_one(f);
	g->d = (size_t)numbers_one(f);
	g->k = (size_t)numbers_one(f);
	g->q = (size_t)numbers_one(f);
	g->emb = numbers_floats(f, "emb", g->n * g->d);
	g->query = numbers_floats(f, "query", g->q * g->d);
	g->quality = numbers_floats(f, "quality", g->n * g->k);
	g->cost = numbers_floats(f, "cost", g->n * g->k);
	for (i = 0; i < 2; i++) {
		g->mean[i] = numbers_named(f, "mean", g->q * g->k);
		g->usd[i] = numbers_named(f, "usd", g->q * g->k);
	}
	fclose(f);
	tables_make(&g->t, g->n, g->d, g->k, g->emb);
	tables_quality(&g->t, g->quality);
	g->t.p.cost = g->cost;
}

static void
free_golden(struct golden *g)
{
	int i;

	tables_free(&g->t);
	free(g->emb);
	free(g->query);
	free(g->quality);
	free(g->cost);
	for (i = 0; i < 2; i++) {
		free(g->mean[i]);
		free(g->usd[i]);
	}
}

static double
apart(const float *got, const double *want, size_t n)
{
	double off = 0;
	size_t i;

	for (i = 0; i < n; i++)
		off = fmax(off, fabs(got[i] - want[i]));
	return off;
}

/* Weights are floats, of cosines in float: 1e-6 of their logarithm. */
static void
check_golden(struct golden *g)
{
	static const char *const set[] = { "form=direct",
		"form=direct power=1000", "form=direct half=1" };
	struct trained m;
	float *got;
	double *usd;
	int i;

	for (i = 0; i < 3; i++) {
		trained_make(&m, "sw", &g->t.p, set[i], pool);
		got = trained_score(&m, g->query, g->q, g->k, pool);
		usd = trained_costs(&m, g->query, g->q, g->k, pool);
		printf("# %s\n", set[i]);
		near(apart(got, g->mean[i % 2], g->q * g->k), 0,
		    i < 2 ? 2e-6 : 1e-3,
		    "the weighted means of qualities are numpy's");
		near(trained_apart(usd, g->usd[i % 2], g->q * g->k), 0,
		    i < 2 ? 1e-7 : 1e-4, "and so are those of costs");
		free(got);
		free(usd);
		trained_free(&m);
	}
}

/* A model that is known nowhere has the mean of the others' means. */
static void
check_unknown(struct golden *g)
{
	struct trained m;
	float *got;
	size_t i;

	for (i = 0; i < g->n; i++)
		g->quality[i * g->k + 1] = NAN;
	tables_quality(&g->t, g->quality);
	trained_make(&m, "sw", &g->t.p, "form=direct", pool);
	got = trained_score(&m, g->query, g->q, g->k, pool);
	for (i = 0; i < g->q && got[i * g->k + 1] == got[1]; i++)
		;
	ok(i == g->q && got[1] > 0.3f && got[1] < 0.7f,
	    "a model that no prompt knows has one quality for all queries");
	free(got);
	trained_free(&m);
}

static void
check_two(struct golden *g)
{
	struct tables t;
	struct trained direct, bt;
	float *two = rk_floats(2 * g->n), *a, *b;
	double off = 0;
	size_t i, j;

	for (i = 0; i < 2 * g->n; i++)
		two[i] = (float)((i * 7919) % 101) / 100;
	tables_make(&t, g->n, g->d, 2, g->emb);
	tables_quality(&t, two);
	for (j = 0; j < 2; j++) {
		trained_make(&direct, "sw", &t.p,
		    j ? "form=direct power=1000" : "form=direct", pool);
		trained_make(&bt, "sw", &t.p, j ? "power=1000" : "", pool);
		a = trained_score(&direct, g->query, g->q, 2, pool);
		b = trained_score(&bt, g->query, g->q, 2, pool);
		for (i = 0; i < g->q; i++)
			off = fmax(off,
			    fabs(rk_router_pair(
				     RK_LINK_LINEAR, a[2 * i], a[2 * i + 1]) -
				rk_router_pair(
				    RK_LINK_LOGISTIC, b[2 * i], b[2 * i + 1])));
		free(a);
		free(b);
		trained_free(&direct);
		trained_free(&bt);
	}
	near(off, 0, 1e-5, "of two models the ratings give the same score");
	trained_make(&bt, "sw", &t.p, "form=direct compat=routellm", pool);
	ok(bt.m == NULL && strstr(bt.err.msg, "form=bt") != NULL,
	    "quirks of ratings are refused");
	trained_free(&bt);
	tables_free(&t);
	free(two);
}

/* The tensor NAME filled with BYTE: are the scores finite? */
static void
check_spoilt(struct golden *g, const char *name, int byte)
{
	struct trained m;
	const struct rk_tensor *t;
	float *got;
	size_t i;
	int good;

	trained_make(&m, "sw", &g->t.p, "form=direct", pool);
	t = rk_st_find(m.st, name);
	memset((char *)(uintptr_t)t->data, byte,
	    t->count * rk_dtype_size(t->dtype));
	got = trained_score(&m, g->query, g->q, g->k, pool);
	for (i = 0, good = 1; i < g->q * g->k; i++)
		good = good && isfinite(got[i]);
	ok(good, "%s of bytes %02x is harmless", name, (unsigned)byte);
	free(got);
	trained_free(&m);
}

int
main(void)
{
	struct golden g;

	pool = rk_pool_new(2);
	read_golden(&g);
	check_golden(&g);
	check_unknown(&g);
	check_two(&g);
	check_spoilt(&g, "sw.target", 0x7f);
	check_spoilt(&g, "sw.target", 0xff);
	check_spoilt(&g, "sw.embedding", 0x7f);
	check_spoilt(&g, "sw.embedding", 0xff);
	free_golden(&g);
	rk_pool_free(pool);
	return done();
}
