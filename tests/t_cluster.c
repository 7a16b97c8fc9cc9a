/*
 * t_cluster.c - the scores of clusters against numpy (tests/golden/cluster);
 * what a cluster's quality and cost are; data and files that are not as they
 * should be.
 */
#include "tests/trained.h"

static struct rk_pool *pool;

/* A model file of the tensors given. */
static void
write_model(struct trained *t, const float *centre, const float *quality,
    const float *cost, size_t clusters, size_t d, size_t k, const char *set)
{
	const size_t shape[2] = { clusters, d }, table[2] = { clusters, k };
	struct rk_st_writer *w = rk_st_writer_new();
	char word[64];
	int at = 0, n;

	memset(t, 0, sizeof *t);
	t->r = rk_router_find("cluster", &t->err);
	t->set = rk_params_new(t->r->params);
	for (; sscanf(set + at, "%63s%n", word, &n) == 1; at += n)
		rk_params_set(t->set, word, &t->err);
	rk_st_put(w, "cluster.centre", RK_F32, 2, shape, centre);
	rk_st_put(w, "cluster.quality", RK_F32, 2, table, quality);
	if (cost != NULL)
		rk_st_put(w, "cluster.cost", RK_F32, 2, table, cost);
	rk_st_write_mem(w, &t->bytes, &t->err);
	rk_st_writer_free(w);
	trained_open(t, k);
}

static void
check_golden(void)
{
	FILE *f = numbers_open("tests/golden/cluster/cluster.txt");
	size_t d, k, q, m, i;
	char word[64];
	float *centre, *quality, *query, *cost, *got;
	double *want, *usd, *dollars, off = 0;
	struct trained t;

	numbers_word(f, word);
	numbers_one(f);
	d = (size_t)numbers_one(f);
	k = (size_t)numbers_one(f);
	while (numbers_word(f, word) && strcmp(word, "model") != 0)
		;
	q = (size_t)numbers_one(f);
	m = (size_t)numbers_one(f);
	centre = numbers_floats(f, "centre", k * d);
	quality = numbers_floats(f, "quality", k * m);
	query = numbers_floats(f, "query", q * d);
	want = numbers_named(f, "score", q * m);
	cost = numbers_floats(f, "cost", k * m);
	usd = numbers_named(f, "usd", q * m);
	write_model(&t, centre, quality, cost, k, d, m, "near=3 beta=4");
	got = trained_score(&t, query, q, m, pool);
	for (i = 0; i < q * m; i++)
		off = fmax(off, fabs(got[i] - want[i]));
	near(off, 0, 1e-6, "the nearest clusters weigh as numpy's");
	free(got);
	dollars = trained_costs(&t, query, q, m, pool);
	near(trained_apart(dollars, usd, q * m), 0, 1e-8,
	    "and so they do in costs");
	free(dollars);
	trained_free(&t);
	centre[3] = NAN;
	write_model(&t, centre, quality, NULL, k, d, m, "");
	ok(t.m == NULL && strstr(t.err.msg, "cluster.centre") != NULL,
	    "a centre that is no number is refused");
	trained_free(&t);
	centre[3] = 0;
	quality[1] = INFINITY;
	write_model(&t, centre, quality, NULL, k, d, m, "");
	ok(t.m == NULL && strstr(t.err.msg, "cluster.quality") != NULL,
	    "a quality that is no number is refused");
	trained_free(&t);
	write_model(&t, centre, quality, NULL, 0, d, m, "");
	ok(t.m == NULL && strstr(t.err.msg, "[0,") != NULL,
	    "a file without clusters is refused");
	trained_free(&t);
	free(centre);
	free(quality);
	free(query);
	free(cost);
	free(usd);
	free(want);
	fclose(f);
}

enum { N = 40, D = 6, K = 3 };

/* Two kinds of prompts, at right angles; model 2 is known on the first alone. */
static void
make_kinds(float *emb, float *quality, float *cost)
{
	size_t i;

	memset(emb, 0, N * D * sizeof *emb);
	for (i = 0; i < N; i++) {
		size_t kind = i % 2;
		emb[i * D + 3 * kind] = 1 + (float)i;
		quality[i * K] = kind ? 1 : 0.5f;
		quality[i * K + 1] = kind ? 0 : 0.5f;
		quality[i * K + 2] = kind ? NAN : 0.25f;
		cost[i * K] = kind ? 3 : 1;
		cost[i * K + 1] = NAN;
		cost[i * K + 2] = i == 1 ? 7 : NAN;
	}
}

/* The row of cluster TABLE whose centre has 1 at dimension J. */
static const float *
row_at(const struct trained *t, const char *table, size_t j)
{
	const struct rk_tensor *c = rk_st_find(t->st, "cluster.centre");
	const struct rk_tensor *v = rk_st_find(t->st, table);
	const float *x = c->data;
	size_t i;

	for (i = 0; i < c->shape[0]; i++)
		if (x[i * D + j] > 0.99f)
			return (const float *)v->data + i * K;
	return NULL;
}

static void
check_tables(void)
{
	static float emb[N * D], quality[N * K], cost[N * K];
	struct tables t;
	struct trained m;
	const float *q, *c;

	make_kinds(emb, quality, cost);
	tables_make(&t, N, D, K, emb);
	tables_quality(&t, quality);
	t.p.cost = cost;
	ok(trained_make(&m, "cluster", &t.p, "clusters=2 pseudo=5", pool) == 0,
	    "two kinds of prompts train");
	q = row_at(&m, "cluster.quality", 3);
	c = row_at(&m, "cluster.cost", 3);
	/* 20 prompts with 1, and 5 with the mean 3/4 */
	near(q[0], (20 + 5 * 0.75) / 25, 1e-6,
	    "a cluster's quality is its mean, drawn to the mean of all");
	near(q[2], 0.25, 1e-6, "of a model that is not known there that mean");
	near(c[0], (20 * 3 + 5 * 2) / 25.0, 1e-6, "a cost is made alike");
	ok(isnan(c[1]), "a model without costs has none");
	near(c[2], 7, 1e-6, "one cost is the mean of all");
	trained_free(&m);
	t.p.cost = NULL;
	trained_make(&m, "cluster", &t.p, "clusters=100 near=8", pool);
	ok(rk_st_find(m.st, "cluster.cost") == NULL,
	    "without costs there is no such tensor");
	ok(rk_st_find(m.st, "cluster.centre")->shape[0] == 2,
	    "of more clusters than there are kinds, the empty ones are left "
	    "out");
	trained_free(&m);
	tables_free(&t);
}

static void
check_little(void)
{
	static float emb[N * D], quality[N * K], cost[N * K];
	struct tables t;
	struct trained m;
	float *got;
	size_t i;
	int good = 1;

	make_kinds(emb, quality, cost);
	tables_make(&t, N, D, K, emb);
	tables_quality(&t, quality);
	for (i = 1; i < N; i++)
		t.valid[i] = RK_PART_VALID;
	trained_make(&m, "cluster", &t.p, "", pool);
	got = trained_score(&m, emb, 2, K, pool);
	ok(got[0] == 0.5f && got[K] == 0.5f && got[2] == 0.25f,
	    "one prompt is one cluster");
	free(got);
	trained_free(&m);
	memset(t.valid, 0, N);
	for (i = 0; i < N * D; i++)
		emb[i] = 0;
	trained_make(&m, "cluster", &t.p, "pseudo=0", pool);
	got = trained_score(&m, emb, N, K, pool);
	for (i = 0; i < N; i++)
		good = good && fabs(got[i * K] - 0.75) < 1e-6;
	ok(good, "prompts that are all zero are one cluster");
	free(got);
	trained_free(&m);
	tables_free(&t);
}

int
main(void)
{
	pool = rk_pool_new(2);
	check_golden();
	check_tables();
	check_little();
	rk_pool_free(pool);
	return done();
}
