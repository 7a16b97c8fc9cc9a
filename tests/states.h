/*
 * states.h - golden files of what a transformer computes: a line a text, with
 * the model's name, the number of tokens, their ids, and some numbers a token.
 * And folders for models that are wrong.
 */
#ifndef RK_TESTS_STATES_H
#define RK_TESTS_STATES_H

#include <inttypes.h>

#include "base/mem.h"
#include "tests/tap.h"

enum { STATES_MOST = 64, STATES_TEXTS = 16 };

struct states {
	size_t t;
	uint32_t ids[STATES_MOST];
	double *x; /* [t, d] */
};

/* The lines of the file PATH that are NAME's; returns how many. */
static size_t __attribute__((unused))
states_read(struct states *g, const char *path, const char *name, size_t d)
{
	FILE *f = fopen(path, "r");
	char word[32];
	size_t n = 0, i;

	while (f != NULL && fscanf(f, "%31s", word) == 1) {
		if (strcmp(word, name) != 0 || n == STATES_TEXTS) {
			if (fscanf(f, "%*[^\n]") < 0)
				break;
			continue;
		}
		if (fscanf(f, "%zu", &g[n].t) != 1 || g[n].t > STATES_MOST)
			break;
		for (i = 0; i < g[n].t; i++)
			if (fscanf(f, "%" SCNu32, &g[n].ids[i]) != 1)
				break;
		g[n].x = rk_calloc(g[n].t * d, sizeof *g[n].x);
		for (i = 0; i < g[n].t * d; i++)
			if (fscanf(f, "%lf", &g[n].x[i]) != 1)
				break;
		n++;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

static double __attribute__((unused))
states_apart(const float *x, const double *want, size_t n)
{
	double most = 0;
	size_t i;

	for (i = 0; i < n; i++)
		most = fmax(most, fabs((double)x[i] - want[i]));
	return most;
}

static void __attribute__((unused))
states_put_file(const char *dir, const char *name, const void *p, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(p, 1, n, f) != n)
		printf("# cannot write %s\n", path);
	if (f != NULL)
		fclose(f);
}

#endif
