/*
 * t_costs.c - costs by a prompt's length: a line within what was seen, nothing
 * that no record could say, and a line more for a model more.
 */
#include "io/prices.h"
#include "route/costs.h"
#include "tests/tap.h"

enum { K = 2, N = 3 };

static void
check_predict(void)
{
	const double line[] = { 1, 2, 4, 7, /* 1 + 2 n, from 4 to 7 */
		NAN, NAN, NAN, NAN,         /* none */
		1e300, 0, 1e300, 1e300, -1, 0, -1, -1, INFINITY, 0, INFINITY,
		INFINITY };
	struct rk_costs c = { line, sizeof line / sizeof *line / 4 };
	const struct rk_str text[] = { { "", 0 }, { "\xc3\xa9x", 3 },
		{ "long", 4 } };
	double usd[5];

	rk_costs_predict(&c, &text[0], usd);
	near(usd[0], 4, 0, "no less than was seen");
	rk_costs_predict(&c, &text[1], usd);
	near(usd[0], 5, 0, "a line in the code points");
	rk_costs_predict(&c, &text[2], usd);
	near(usd[0], 7, 0, "no more than was seen");
	ok(isnan(usd[1]), "a model without costs has none");
	ok(isnan(usd[2]) && isnan(usd[3]) && isnan(usd[4]),
	    "what is no cost of an answer is not told");
}

/* Opens what W holds, as if of K + 1 models: the lines, or NULL. */
static const double *
open_grown(struct rk_st_writer *w, struct rk_st **st, struct rk_buf *image)
{
	struct rk_err err = { "" };
	struct rk_costs c;

	*st = NULL;
	if (rk_st_write_mem(w, image, &err) != 0 ||
	    (*st = rk_st_open_mem(image->p, image->n, &err)) == NULL ||
	    rk_costs_open(&c, *st, K + 1, &err) != 0) {
		printf("# %s\n", err.msg);
		return NULL;
	}
	return c.line;
}

/* Where the router has costs of its own the old lines still are K + 1. */
static void
check_grow(int own)
{
	static const double line[K * 4] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const struct rk_str text[N] = { { "a", 1 }, { "ab", 2 },
		{ "abc", 3 } };
	static const float cost[N] = { 1, 2, 3 };
	static const uint8_t valid[N];
	const size_t one = 1;
	const struct rk_costs c = { line, K };
	const struct rk_prefs p = {
		.k = 1, .n = N, .text = text, .cost = cost, .valid = valid
	};
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf image = { 0 };
	struct rk_st *st;
	const double *now;

	if (own)
		rk_st_put(w, "knn.cost", RK_F32, 1, &one, cost);
	rk_costs_grow(&c, &p, "knn", w);
	now = open_grown(w, &st, &image);
	ok(now != NULL && memcmp(now, line, sizeof line) == 0,
	    "%s: the other models' lines keep their bytes",
	    own ? "own costs" : "lines");
	ok(now != NULL && fabs(now[K * 4]) < 1e-12 &&
		fabs(now[K * 4 + 1] - 1) < 1e-12 && now[K * 4 + 2] <= 1 &&
		now[K * 4 + 3] >= 3,
	    "%s: the new model has one", own ? "own costs" : "lines");
	rk_st_close(st);
	rk_st_writer_free(w);
	rk_buf_free(&image);
}

int
main(void)
{
	check_predict();
	check_grow(0);
	check_grow(1);
	return done();
}
