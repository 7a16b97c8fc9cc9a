/*
 * t_knn.c - nearest neighbours against numpy (tests/golden/knn): which they
 * are, what is not known, the guard; files and data that are not as they
 * should be.
 */
#include "base/rng.h"
#include "tests/trained.h"

static struct rk_pool *pool;

struct golden {
	struct tables t;
	size_t n, d, k, q;
	float *emb, *query, *quality;
	float *cost;
	double *mean, *guarded, *usd;
};

static void
read_golden(struct golden *g)
{
	FILE *f = numbers_open("tests/golden/knn/knn.txt");
	char word[64];

	numbers_word(f, word);
	g->n = (size_t)numbers_one(f);
	g->d = (size_t)numbers_one(f);
	g->k = (size_t)numbers_one(f);
	g->q = (size_t)numbers_one(f);
	numbers_one(f);
	g->emb = numbers_floats(f, "emb", g->n * g->d);
	g->query = numbers_floats(f, "query", g->q * g->d);
	g->quality = numbers_floats(f, "quality", g->n * g->k);
	g->mean = numbers_named(f, "mean", g->q * g->k);
	g->guarded = numbers_named(f, "guarded", g->q * g->k);
	g->cost = numbers_floats(f, "cost", g->n * g->k);
	g->usd = numbers_named(f, "usd", g->q * g->k);
	fclose(f);
	tables_make(&g->t, g->n, g->d, g->k, g->emb);
	tables_quality(&g->t, g->quality);
}

static void
free_golden(struct golden *g)
{
	tables_free(&g->t);
	free(g->emb);
	free(g->query);
	free(g->quality);
	free(g->mean);
	free(g->guarded);
	free(g->cost);
	free(g->usd);
}

static double
apart(const float *got, const double *want, size_t n)
{
	double off = 0, x;
	size_t i;

	for (i = 0; i < n; i++) {
		x = fabs(got[i] - want[i]);
		off = isnan(x) ? INFINITY : x > off ? x : off;
	}
	return off;
}

static void
check_golden(struct golden *g)
{
	struct trained m;
	float *got, *alone;
	size_t i;
	int good = 1;

	trained_make(&m, "knn", &g->t.p, "k=6", pool);
	got = trained_score(&m, g->query, g->q, g->k, pool);
	near(apart(got, g->mean, g->q * g->k), 0, 1e-6,
	    "means over the nearest are numpy's");
	for (i = 0; i < g->q; i++) {
		alone = trained_score(&m, g->query + i * g->d, 1, g->k, pool);
		good = good &&
		    memcmp(alone, got + i * g->k, g->k * sizeof *got) == 0;
		free(alone);
	}
	ok(good, "a query alone has the same bytes as in a batch");
	free(got);
	trained_free(&m);
	trained_make(&m, "knn", &g->t.p, "k=6 guard=1.5", pool);
	got = trained_score(&m, g->query, g->q, g->k, pool);
	near(apart(got, g->guarded, g->q * g->k), 0, 2e-6,
	    "what clears the guard is numpy's");
	free(got);
	trained_free(&m);
	trained_make(&m, "knn", &g->t.p, "k=6 half=1", pool);
	got = trained_score(&m, g->query, g->q, g->k, pool);
	for (i = 0, good = 0; i < g->q * g->k; i++)
		good += fabs(got[i] - g->mean[i]) < 1e-6;
	ok(good > (int)(g->q * g->k * 9 / 10),
	    "with half floats nearly all neighbours are the same");
	free(got);
	trained_free(&m);
}

static void
check_costs(struct golden *g)
{
	struct trained m;
	double *usd;

	trained_make(&m, "knn", &g->t.p, "k=6", pool);
	ok(!m.r->tells_costs(m.m), "without costs in the data there are none");
	trained_free(&m);
	g->t.p.cost = g->cost;
	trained_make(&m, "knn", &g->t.p, "k=6", pool);
	ok(m.r->tells_costs(m.m), "with costs there are some");
	usd = trained_costs(&m, g->query, g->q, g->k, pool);
	near(trained_apart(usd, g->usd, g->q * g->k), 0, 1e-9,
	    "the neighbours' mean costs are numpy's");
	free(usd);
	trained_free(&m);
	g->t.p.cost = NULL;
}

/* Are row[near] the first of all rows by falling cosine? */
static int
are_first(const struct golden *g, const float *query, const uint32_t *row,
    const float *cosine, size_t near)
{
	double least = cosine[near - 1];
	size_t above = 0, i, j;

	for (i = 0; i < g->n; i++) {
		double dot = 0, qq = 0, xx = 0, c;
		for (j = 0; j < g->d; j++) {
			dot += (double)query[j] * g->emb[i * g->d + j];
			qq += (double)query[j] * query[j];
			xx += (double)g->emb[i * g->d + j] *
			    g->emb[i * g->d + j];
		}
		c = dot / sqrt(qq * xx);
		above += c > least + 1e-6;
		for (j = 0; j < near; j++)
			if (row[j] == i && fabs(c - cosine[j]) > 1e-6)
				return 0;
	}
	for (j = 1; j < near; j++)
		if (cosine[j] > cosine[j - 1] ||
		    (cosine[j] == cosine[j - 1] && row[j] < row[j - 1]))
			return 0;
	return above < near;
}

/* The rows of the file are those of the prompts: each has some quality. */
static void
check_nearest(struct golden *g)
{
	enum { NEAR = 7 };
	uint32_t *row = rk_calloc(g->q * NEAR, sizeof *row);
	float *cosine = rk_floats(g->q * NEAR), *out = rk_floats(g->q);
	struct rk_more more = { .near = NEAR, .row = row, .cosine = cosine };
	struct rk_queries q = { g->q, g->d, NULL, g->query, NULL, &more };
	const size_t first = 0;
	struct trained m;
	int good = 1;
	size_t i;

	trained_make(&m, "knn", &g->t.p, "k=2", pool);
	m.r->score(m.m, &q, &first, 1, pool, out);
	for (i = 0; i < g->q; i++)
		good = good &&
		    are_first(g, g->query + i * g->d, row + i * NEAR,
			cosine + i * NEAR, NEAR);
	ok(good, "the nearest that are asked for are those, nearest first");
	free(row);
	free(cosine);
	free(out);
	trained_free(&m);
}

/* More neighbours than prompts: all of them. */
static void
check_few(struct golden *g)
{
	struct trained m;
	double sum = 0, n = 0;
	float *got;
	size_t i;

	trained_make(&m, "knn", &g->t.p, "k=1000000", pool);
	got = trained_score(&m, g->query, 1, g->k, pool);
	for (i = 0; i < g->n; i++)
		if (!isnan(g->quality[i * g->k])) {
			sum += g->quality[i * g->k];
			n++;
		}
	near(got[0], sum / n, 1e-6, "more neighbours than prompts are all");
	free(got);
	trained_free(&m);
	for (i = 1; i < g->n; i++)
		g->t.valid[i] = RK_PART_OUT;
	trained_make(&m, "knn", &g->t.p, "guard=1", pool);
	got = trained_score(&m, g->query, 2, g->k, pool);
	ok(isfinite(got[0]) && got[0] == got[g->k],
	    "one prompt is every query's neighbour");
	free(got);
	trained_free(&m);
	memset(g->t.valid, 0, g->n);
}

/* Prompts all alike: the first ones count. */
static void
check_alike(void)
{
	enum { N = 1500, D = 33 };
	static float emb[N * D], quality[2 * N];
	struct tables t;
	struct trained m;
	float *got;
	size_t i;

	for (i = 0; i < N * D; i++)
		emb[i] = (float)(i % D) - 7.3f;
	for (i = 0; i < N; i++) {
		quality[2 * i] = i < 100;
		quality[2 * i + 1] = i >= 100;
	}
	tables_make(&t, N, D, 2, emb);
	tables_quality(&t, quality);
	trained_make(&m, "knn", &t.p, "k=100", pool);
	memset(emb + D, 0, D * sizeof *emb);
	got = trained_score(&m, emb, 5, 2, pool);
	ok(got[0] == 1 && got[1] == 0 && got[8] == 1,
	    "of prompts that are all alike the first are the nearest");
	ok(got[2] == 1 && got[3] == 0, "and so for a zero vector");
	free(got);
	trained_free(&m);
	t.p.weak = 2;
	ok(trained_make(&m, "knn", &t.p, "guard=1", pool) != 0 &&
		strstr(m.err.msg, "--weak") != NULL,
	    "a guard without a pair is refused");
	trained_free(&m);
	tables_free(&t);
}

/* The tensor NAME filled with BYTE: is the file refused, or harmless? */
static void
check_spoilt(struct golden *g, const char *name, int byte, int refused)
{
	struct trained m;
	const struct rk_tensor *t;
	float *got;
	size_t i;
	int good = 1;

	trained_make(&m, "knn", &g->t.p, "guard=1", pool);
	t = rk_st_find(m.st, name);
	memset((char *)(uintptr_t)t->data, byte,
	    t->count * rk_dtype_size(t->dtype));
	m.r->close(m.m);
	rk_st_close(m.st);
	m.m = NULL;
	trained_open(&m, g->k);
	if (m.m != NULL) {
		got = trained_score(&m, g->query, g->q, g->k, pool);
		for (i = 0; i < g->q * g->k; i++)
			good = good && isfinite(got[i]);
		free(got);
	}
	ok((m.m == NULL) == refused && good &&
		(!refused || strstr(m.err.msg, name) != NULL),
	    "%s of bytes %02x is %s", name, (unsigned)byte,
	    refused ? "refused by name" : "harmless");
	trained_free(&m);
}

int
main(void)
{
	struct golden g;

	pool = rk_pool_new(2);
	read_golden(&g);
	check_golden(&g);
	check_costs(&g);
	check_nearest(&g);
	check_few(&g);
	check_alike();
	check_spoilt(&g, "knn.fallback", 0xff, 1);
	check_spoilt(&g, "knn.spread", 0xff, 1);
	check_spoilt(&g, "knn.mean", 0x7f, 1);
	check_spoilt(&g, "knn.target", 0x7f, 0);
	check_spoilt(&g, "knn.target", 0xff, 0);
	check_spoilt(&g, "knn.embedding", 0x7f, 0);
	check_spoilt(&g, "knn.embedding", 0xff, 0);
	check_spoilt(&g, "knn.embedding", 0x45, 0);
	free_golden(&g);
	rk_pool_free(pool);
	return done();
}
