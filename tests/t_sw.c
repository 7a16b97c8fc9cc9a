/*
 * t_sw.c - similarity-weighted ranking against a logistic regression of
 * scikit-learn's for each query (tests/golden/sw), and where the formula for
 * the weights has no meaning.
 */
#include <unistd.h>

#include "route/router.h"
#include "tests/numbers.h"

static char path[] = "/tmp/rk-sw-XXXXXX";

struct golden {
	struct rk_prefs p;
	size_t queries;
	float *emb, *query;
	struct rk_cmp *cmp;
	size_t *first;
	uint8_t *valid;
	double *tier, *routellm, *sane, *steep;
};

static void
read_cmps(struct golden *g, FILE *f)
{
	size_t m = g->p.m, n = g->p.n, i, c;
	double *prompt = numbers_named(f, "prompt", m);
	double *a = numbers_named(f, "a", m), *b = numbers_named(f, "b", m);
	double *y = numbers_named(f, "y", m);

	g->cmp = rk_calloc(m, sizeof *g->cmp);
	g->first = rk_calloc(n + 1, sizeof *g->first);
	for (i = 0, c = 0; i < n; i++) {
		g->first[i] = c;
		for (; c < m && prompt[c] == (double)i; c++)
			g->cmp[c] = (struct rk_cmp){ (uint32_t)i,
				(uint16_t)a[c], (uint16_t)b[c], (float)y[c] };
	}
	g->first[n] = m;
	free(prompt);
	free(a);
	free(b);
	free(y);
}

static void
read_golden(struct golden *g)
{
	static char names[16][24], *name[16];
	FILE *f = numbers_open("tests/golden/sw/sw.txt");
	char word[64];
	size_t i;

	memset(g, 0, sizeof *g);
	numbers_word(f, word);
	g->p.k = (size_t)numbers_one(f);
	numbers_one(f);
	g->p.d = (size_t)numbers_one(f);
	g->p.n = (size_t)numbers_one(f);
	g->p.m = (size_t)numbers_one(f);
	g->queries = (size_t)numbers_one(f);
	g->emb = numbers_floats(f, "emb", g->p.n * g->p.d);
	g->query = numbers_floats(f, "query", g->queries * g->p.d);
	read_cmps(g, f);
	g->tier = numbers_named(f, "tier", g->p.k);
	g->routellm = numbers_named(f, "routellm", g->queries);
	g->sane = numbers_named(f, "sane", g->queries);
	g->steep = numbers_named(f, "steep", g->queries);
	fclose(f);
	for (i = 0; i < g->p.k; i++) {
		snprintf(names[i], sizeof names[i], "m%zu", i);
		name[i] = names[i];
	}
	g->valid = rk_calloc(g->p.n, 1);
	g->p.model = name;
	g->p.emb = g->emb;
	g->p.cmp = g->cmp;
	g->p.first = g->first;
	g->p.valid = g->valid;
	g->p.weak = g->p.k - 1;
}

static void
free_golden(struct golden *g)
{
	free(g->emb);
	free(g->query);
	free(g->cmp);
	free(g->first);
	free(g->valid);
	free(g->tier);
	free(g->routellm);
	free(g->sane);
	free(g->steep);
}

/* A model that is open, and what it stands on. */
struct opened {
	const struct rk_router *r;
	struct rk_st *st;
	void *m;
};

/* Trains on P with SET[], ended by NULL, saves and opens. 0, or -1. */
static int
make(struct opened *o, const struct rk_prefs *p, const char *const *set,
    struct rk_err *err)
{
	const struct rk_router *r = rk_router_find("sw", err);
	struct rk_params *params = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_report rep = { .json = { 0 } };
	size_t d = 0;

	memset(o, 0, sizeof *o);
	o->r = r;
	for (; *set != NULL; set++)
		rk_params_set(params, *set, err);
	if (r->train(p, params, 1, pool, w, &rep, err) == 0 &&
	    rk_st_write(w, path, err) == 0)
		o->st = rk_st_open(path, err);
	if (o->st != NULL)
		o->m = r->open(o->st, "", p->k, params, 1, &d, err);
	rk_buf_free(&rep.json);
	rk_params_free(params);
	rk_st_writer_free(w);
	rk_pool_free(pool);
	return o->m != NULL ? 0 : -1;
}

static void
unmake(struct opened *o)
{
	o->r->close(o->m);
	rk_st_close(o->st);
}

/* p[n]: the win rates of model 0 over model WEAK. */
static void
rates(const struct opened *o, const struct golden *g, const float *query,
    size_t n, double *p)
{
	struct rk_queries q = { n, g->p.d, NULL, query, NULL, NULL };
	const size_t rows[2] = { 0, g->p.weak };
	struct rk_pool *pool = rk_pool_new(2);
	float out[128];
	size_t i;

	o->r->score(o->m, &q, rows, 2, pool, out);
	for (i = 0; i < n; i++)
		p[i] = rk_router_pair(o->r->link, out[2 * i], out[2 * i + 1]);
	rk_pool_free(pool);
}

static double
worst(const double *a, const double *b, size_t n)
{
	double off = 0;
	size_t i;

	for (i = 0; i < n; i++)
		off = fmax(off, fabs(a[i] - b[i]));
	return off;
}

static void
check_golden(const struct golden *g, const char *const *set, const double *want,
    double tol, const char *name)
{
	struct rk_err err = { "" };
	struct opened o;
	double got[64];

	if (make(&o, &g->p, set, &err) == 0) {
		rates(&o, g, g->query, g->queries, got);
		near(worst(got, want, g->queries), 0, tol, name);
	} else {
		ok(0, "%s: %s", name, err.msg);
	}
	unmake(&o);
}

static void
check_tiers(const struct golden *g)
{
	const char *const set[] = { "tiers=4", NULL };
	const struct rk_tensor *t;
	struct rk_err err = { "" };
	struct opened o;
	int good;
	size_t i;

	make(&o, &g->p, set, &err);
	t = rk_st_find(o.st, "sw.tier");
	for (i = 0, good = t != NULL; good && i < g->p.k; i++)
		good = ((const uint16_t *)t->data)[i] == g->tier[i];
	ok(good, "the tiers are those of scikit-learn's ratings");
	unmake(&o);
}

/* A query that is like nothing, and one that is unlike everything. */
static void
check_unlike(const struct golden *g)
{
	const char *const sane[] = { "tiers=4", NULL };
	const char *const even[] = { "tiers=4", "power=1", NULL };
	const char *const compat[] = { "tiers=4", "compat=routellm", NULL };
	struct rk_err err = { "" };
	float zero[16] = { 0 };
	const float *away = g->query + (g->queries - 1) * g->p.d;
	double all[2], got[2];
	struct opened o;

	make(&o, &g->p, even, &err);
	rates(&o, g, zero, 1, &all[0]);
	rates(&o, g, g->query, 1, &all[1]);
	near(all[0], all[1], 1e-9, "power=1 weighs all queries alike");
	unmake(&o);
	make(&o, &g->p, sane, &err);
	rates(&o, g, zero, 1, &got[0]);
	rates(&o, g, away, 1, &got[1]);
	near(got[0], all[0], 1e-9, "the zero vector weighs all alike");
	near(got[1], all[0], 1e-9, "and so does a query unlike all prompts");
	unmake(&o);
	make(&o, &g->p, compat, &err);
	rates(&o, g, zero, 1, got);
	ok(got[0] > 0 && got[0] < 1,
	    "compat: the zero vector has a score, where the formula has none");
	unmake(&o);
}

/* The bits differ with the batch, the numbers do not. */
static void
check_alone(const struct golden *g)
{
	const char *const set[] = { "tiers=4", NULL };
	struct rk_err err = { "" };
	double all[64], one[64];
	struct opened o;
	size_t i;

	make(&o, &g->p, set, &err);
	rates(&o, g, g->query, g->queries, all);
	for (i = 0; i < g->queries; i++)
		rates(&o, g, g->query + i * g->p.d, 1, &one[i]);
	near(worst(all, one, g->queries), 0, 1e-6,
	    "a query alone scores as in a batch");
	unmake(&o);
}

/* A prompt without features is like none, and spoils nothing. */
static void
check_zero_prompt(struct golden *g)
{
	const char *const set[] = { "tiers=4", NULL };
	struct rk_err err = { "" };
	double got[64];
	struct opened o;
	size_t i;
	int good = 1;

	memset(g->emb, 0, 10 * g->p.d * sizeof *g->emb);
	make(&o, &g->p, set, &err);
	rates(&o, g, g->query, g->queries, got);
	for (i = 0; i < g->queries; i++)
		good = good && got[i] > 0 && got[i] < 1;
	ok(good, "training prompts that are zero vectors do no harm");
	unmake(&o);
}

static void
check_same_tier(struct golden *g)
{
	const char *const set[] = { "tiers=2", NULL };
	struct rk_prefs p = g->p;
	struct rk_err err = { "" };
	struct opened o;

	p.strong = p.weak = 8;
	ok(make(&o, &p, set, &err) != 0 && strstr(err.msg, "tiers"),
	    "a pair within one tier is refused");
	unmake(&o);
}

int
main(void)
{
	const char *const routellm[] = { "tiers=4", "compat=routellm", NULL };
	const char *const sane[] = { "tiers=4", NULL };
	const char *const half[] = { "tiers=4", "half=1", NULL };
	const char *const steep[] = { "tiers=4", "power=1000", NULL };
	struct golden g;
	int fd = mkstemp(path);

	read_golden(&g);
	check_tiers(&g);
	check_golden(&g, routellm, g.routellm, 1e-4,
	    "compat=routellm: 50 win rates as refitted by scikit-learn");
	check_golden(
	    &g, sane, g.sane, 1e-4, "the same without battles within a tier");
	check_golden(&g, steep, g.steep, 1e-4, "the same with power=1000");
	check_golden(
	    &g, half, g.sane, 1e-3, "half=1 keeps 11 bits of the embeddings");
	check_unlike(&g);
	check_alone(&g);
	check_zero_prompt(&g);
	check_same_tier(&g);
	free_golden(&g);
	close(fd);
	unlink(path);
	return done();
}
