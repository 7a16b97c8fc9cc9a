/*
 * golden_eval.h - reads tests/golden/eval/curves.txt, whose format is told in
 * make.py beside it.
 */
#ifndef RK_TESTS_GOLDEN_EVAL_H
#define RK_TESTS_GOLDEN_EVAL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "eval/curve.h"

struct golden_mode {
	double fig[RK_FIGS];
	size_t m;
	double *point; /* [m, 3] share, quality, threshold */
};

struct golden {
	char name[32];
	size_t n, reps;
	unsigned long long seed;
	double *score, *weak, *strong, *second; /* [n] */
	struct golden_mode mode[2];
	double boot[RK_FIGS][2], diff[RK_FIGS][2]; /* lo, hi */
};

static void
golden_bad(const char *what)
{
	printf("Bail out! golden file: %s\n", what);
	exit(1);
}

static void
golden_numbers(FILE *f, double *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fscanf(f, "%lf", &out[i]) != 1)
			golden_bad("a number is missing");
}

static void
golden_word(FILE *f, const char *want)
{
	char word[32];

	if (fscanf(f, "%31s", word) != 1 || strcmp(word, want) != 0)
		golden_bad(want);
}

static void
golden_set(FILE *f, struct golden *g)
{
	static const char *const mode[2] = { "exact", "routellm" };

	g->score = rk_array(NULL, g->n, sizeof(double));
	g->weak = rk_array(NULL, g->n, sizeof(double));
	g->strong = rk_array(NULL, g->n, sizeof(double));
	g->second = rk_array(NULL, g->n, sizeof(double));
	for (size_t i = 0; i < g->n; i++) {
		golden_numbers(f, &g->score[i], 1);
		golden_numbers(f, &g->weak[i], 1);
		golden_numbers(f, &g->strong[i], 1);
	}
	for (int k = 0; k < 2; k++) {
		struct golden_mode *to = &g->mode[k];

		golden_word(f, "mode");
		golden_word(f, mode[k]);
		if (fscanf(f, "%zu", &to->m) != 1 || to->m > 1000000)
			golden_bad("mode");
		golden_numbers(f, to->fig, RK_FIGS);
		to->point = rk_array(NULL, to->m, 3 * sizeof(double));
		golden_numbers(f, to->point, 3 * to->m);
	}
	golden_word(f, "boot");
	golden_numbers(f, &g->boot[0][0], 2 * RK_FIGS);
	golden_word(f, "diff");
	golden_numbers(f, &g->diff[0][0], 2 * RK_FIGS);
	golden_word(f, "second");
	golden_numbers(f, g->second, g->n);
}

/* All sets of PATH. New. */
static struct golden *
golden_read(const char *path, size_t *sets)
{
	FILE *f = fopen(path, "r");
	struct golden *all = NULL, g;
	size_t cap = 0;

	*sets = 0;
	if (f == NULL)
		golden_bad(path);
	for (;;) {
		memset(&g, 0, sizeof g);
		if (fscanf(f, " data %31s %zu %zu %llu", g.name, &g.n, &g.reps,
			&g.seed) != 4)
			break;
		if (g.n > 1000000)
			golden_bad("data");
		golden_set(f, &g);
		RK_GROW(all, *sets, cap);
		all[(*sets)++] = g;
	}
	fclose(f);
	return all;
}

static void
golden_free(struct golden *g)
{
	free(g->score);
	free(g->weak);
	free(g->strong);
	free(g->second);
	free(g->mode[0].point);
	free(g->mode[1].point);
}

#endif
