/*
 * t_guard.c - how unlike the training prompts queries are, against numpy
 * (tests/golden/guard); what length then does to a score; files that are not as
 * they should be.
 */
#include "route/guard.h"

#include "base/num.h"
#include "tests/trained.h"

static const char where[] = "tests/golden/guard/guard.txt";
static struct rk_pool *pool;

struct golden {
	struct tables t;
	size_t n, d, q;
	float *emb, *query;
	double *surface, *scale, *own, *weight;
	struct rk_buf *word; /* [n + q] */
	struct rk_str *text; /* the same */
	uint64_t *digest;
};

/* The text of row I, by the rule of make.py. */
static void
write_text(struct rk_buf *b, size_t i)
{
	static const char *const words[] = { "apple", "12", "a-b", "x=1;",
		"Zo\xc3\xab", "\nA. yes", "is", "?" };
	size_t j, n = 3 + i * 7 % 23;

	for (j = 0; j < n; j++) {
		rk_buf_adds(b, j ? " " : "");
		rk_buf_adds(b, words[(i * j + j * j) % (i % 9 ? 5 : 8)]);
	}
}

static void
read_golden(struct golden *g)
{
	FILE *f = numbers_open(where);
	char word[64];
	size_t i;

	numbers_word(f, word);
	g->n = (size_t)numbers_one(f);
	g->d = (size_t)numbers_one(f);
	g->q = (size_t)numbers_one(f);
	g->emb = numbers_floats(f, "emb", g->n * g->d);
	g->query = numbers_floats(f, "query", g->q * g->d);
	g->surface = numbers_named(f, "surface", 9 * 8);
	g->scale = numbers_named(f, "scale", 4);
	g->own = numbers_named(f, "own", g->n);
	g->weight = numbers_named(f, "weight", g->q);
	fclose(f);
	g->word = rk_calloc(g->n + g->q, sizeof *g->word);
	g->text = rk_calloc(g->n + g->q, sizeof *g->text);
	g->digest = rk_calloc(g->n, sizeof *g->digest);
	for (i = 0; i < g->n + g->q; i++) {
		write_text(&g->word[i], i);
		g->text[i] = (struct rk_str){ g->word[i].p, g->word[i].n };
	}
	for (i = 0; i < g->n; i++)
		g->digest[i] = rk_num_mix(i);
	tables_make(&g->t, g->n, g->d, 2, g->emb);
	g->t.p.text = g->text;
	g->t.p.digest = g->digest;
}

static void
free_golden(struct golden *g)
{
	size_t i;

	for (i = 0; i < g->n + g->q; i++)
		rk_buf_free(&g->word[i]);
	tables_free(&g->t);
	free(g->emb);
	free(g->query);
	free(g->surface);
	free(g->scale);
	free(g->own);
	free(g->weight);
	free(g->word);
	free(g->text);
	free(g->digest);
}

/* weight[n] of the queries from AT on. */
static void
weigh(const struct rk_guard *guard, const struct golden *g, size_t at, size_t n,
    struct rk_pool *with, double *weight)
{
	rk_guard_weigh(guard,
	    &(struct rk_queries){ n, g->d, g->text + g->n + at,
		g->query + at * g->d, NULL, NULL },
	    with, weight);
}

static void
test_numbers(const struct rk_guard *guard, const struct golden *g,
    const double *own, const double *weight)
{
	const double scale[4] = { guard->topic.middle, guard->topic.edge,
		guard->form.middle, guard->form.edge };

	ok(trained_apart(guard->surface, g->surface, 72) < 1e-5,
	    "the surface's mean and its triangle are numpy's");
	ok(trained_apart(scale, g->scale, 4) < 1e-6,
	    "... and so are the scales");
	ok(trained_apart(own, g->own, g->n) < 1e-4,
	    "... what the training prompts weigh, without their duplicates");
	ok(trained_apart(weight, g->weight, g->q) < 1e-4,
	    "... and what queries do");
}

static void
test_batches(
    const struct rk_guard *guard, const struct golden *g, const double *weight)
{
	struct rk_pool *three = rk_pool_new(3);
	double *again = rk_calloc(g->q, sizeof *again);
	size_t i;

	for (i = 0; i < g->q; i++)
		weigh(guard, g, i, 1, pool, again + i);
	ok(memcmp(again, weight, g->q * sizeof *again) == 0,
	    "a query alone weighs the same to the bit");
	weigh(guard, g, 0, g->q, three, again);
	ok(memcmp(again, weight, g->q * sizeof *again) == 0,
	    "... and with three threads");
	free(again);
	rk_pool_free(three);
}

static void
test_mix(const struct rk_guard *guard)
{
	static char letters[4000];
	double last = -1, s, w;
	int rises = 1, longer = 1;
	size_t n;

	memset(letters, 'x', sizeof letters);
	ok(rk_guard_mix(guard, .3, &(struct rk_str){ letters, 9 }, 0) == .3,
	    "what is like the training prompts keeps its score");
	for (w = 0; w < 1; w += .25)
		for (last = -1, s = 0; s <= 1; s += .125) {
			double x = rk_guard_mix(
			    guard, s, &(struct rk_str){ letters, 9 }, w);
			rises &= x > last && x >= 0 && x <= 1;
			last = x;
		}
	ok(rises, "between, the score rises with what it was");
	for (last = -1, n = 0; n < sizeof letters; n++) {
		double x = rk_guard_mix(
		    guard, .9, &(struct rk_str){ letters, n }, 1);
		longer &= x > last && x >= 0 && x < 1;
		last = x;
	}
	ok(longer,
	    "what is unlike them is scored by its length, strictly rising");
}

/* --- files --------------------------------------------------------------------- */

static void
test_bad(const struct golden *g)
{
	enum { ROWS, SURFACE, SCALE, LENGTH };
	static const struct {
		int which; /* the tensor that is wrong, and how */
		size_t at;
		double value;
		const char *error;
	} bad[] = {
		{ SURFACE, 3, NAN, "p.guard.surface: nan is out of range" },
		{ SURFACE, 70, 1e13, "p.guard.surface: 1e+13 is out of range" },
		{ SCALE, 1, .5,
		    "p.guard.scale: expected an edge below the middle and one "
		    "above" },
		{ SCALE, 3, 1,
		    "p.guard.scale: expected an edge below the middle and one "
		    "above" },
		{ SCALE, 2, INFINITY, "p.guard.scale: inf is out of range" },
		{ LENGTH, 1, .1,
		    "p.guard.length: expected rising numbers within 0 to 1" },
		{ LENGTH, 3, 1,
		    "p.guard.length: expected rising numbers within 0 to 1" },
		{ ROWS, 0, NAN, NULL },
	};
	const size_t rows[2] = { 2, 3 }, surface[2] = { 9, 8 },
		     two[2] = { 2, 2 };
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		float emb[6] = { 1, 0, 0, 0, 1, 0 }, q[3] = { 1, 2, 3 };
		double s[72] = { 0 }, scale[4] = { .5, .4, 1, 2 };
		double length[4] = { .1, .2, .4, .6 }, weight = -1;
		double *in[] = { NULL, s, scale, length };
		struct rk_st_writer *w = rk_st_writer_new();
		struct rk_buf bytes = { 0 };
		struct rk_err err = { { 0 } };
		struct rk_guard guard;
		struct rk_st *st;
		if (bad[i].which == ROWS)
			emb[bad[i].at] = (float)bad[i].value;
		else
			in[bad[i].which][bad[i].at] = bad[i].value;
		rk_st_prefix(w, "p.");
		rk_st_put(w, "guard.embedding", RK_F32, 2, rows, emb);
		rk_st_put(w, "guard.surface", RK_F64, 2, surface, s);
		rk_st_put(w, "guard.scale", RK_F64, 2, two, scale);
		rk_st_put(w, "guard.length", RK_F64, 2, two, length);
		rk_st_write_mem(w, &bytes, &err);
		st = rk_st_open_mem(bytes.p, bytes.n, &err);
		if (bad[i].error != NULL) {
			ok(rk_guard_open(&guard, st, "p.", &err) == -1,
			    "a bad file is refused");
			same(err.msg, bad[i].error, "... and says what it is");
		} else if (
		    ok(rk_guard_open(&guard, st, "p.", &err) == 1,
			"vectors that are none are taken as they come")) {
			rk_guard_weigh(&guard,
			    &(struct rk_queries){
				1, 3, g->text, q, NULL, NULL },
			    pool, &weight);
			ok(weight >= 0 && weight <= 1,
			    "... and weigh something");
		}
		ok(rk_guard_open(&guard, st, "", &err) == 0,
		    "without the prefix there is none");
		rk_st_close(st);
		rk_st_writer_free(w);
		rk_buf_free(&bytes);
	}
}

static void
test_few(struct golden *g)
{
	struct rk_st_writer *w = rk_st_writer_new();
	double *weight = rk_calloc(g->n, sizeof *weight);
	struct rk_guard guard;
	size_t i;

	for (i = RK_GUARD_LEAST - 1; i < g->n; i++)
		g->t.valid[i] = RK_PART_VALID;
	ok(rk_guard_train(&guard, &g->t.p, .1, 1, pool, w, weight) == -1 &&
		!rk_st_is_put(w, "guard.embedding"),
	    "too few prompts make no guard");
	g->t.valid[i - 1] = RK_PART_TRAIN;
	ok(rk_guard_train(&guard, &g->t.p, .1, 1, pool, w, weight) == 0,
	    "... and one more does");
	g->t.p.text = NULL;
	ok(rk_guard_train(&guard, &g->t.p, .1, 1, pool, w, weight) == -1,
	    "... but not without texts");
	rk_st_writer_free(w);
	free(weight);
}

int
main(void)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_guard guard;
	struct golden g = { .n = 0 };
	double *own, *weight;

	pool = rk_pool_new(1);
	read_golden(&g);
	own = rk_calloc(g.n, sizeof *own);
	weight = rk_calloc(g.q, sizeof *weight);
	ok(rk_guard_train(&guard, &g.t.p, .1, 1, pool, w, own) == 0,
	    "a guard is made");
	weigh(&guard, &g, 0, g.q, pool, weight);
	test_numbers(&guard, &g, own, weight);
	test_batches(&guard, &g, weight);
	test_mix(&guard);
	rk_st_writer_free(w);
	test_bad(&g);
	test_few(&g);
	free(own);
	free(weight);
	free_golden(&g);
	rk_pool_free(pool);
	return done();
}
