/* candidates.c - a table, and the features that there are. */
#include "route/candidates.h"

#include <stdlib.h>

#include "base/buf.h"

static const struct row {
	const char *router, *params;
	int many; /* does it predict each model's quality? */
} rows[] = {
	{ "sw", "power=10", 0 },
	{ "sw", "power=100", 0 },
	{ "sw", "power=1000", 0 },
	{ "mf", "", 0 },
	{ "linear", "", 1 },
	{ "knn", "k=50", 1 },
	{ "knn", "k=100", 1 },
	{ "knn", "k=200", 1 },
	{ "cluster", "clusters=16 restarts=3", 1 },
	{ "cluster", "clusters=32 restarts=3", 1 },
	{ "cluster", "clusters=64 restarts=3", 1 },
}, by_surface[] = {
	{ "linear", "", 1 },
	{ "knn", "k=100", 1 },
};

enum {
	ROWS = sizeof rows / sizeof *rows,
	BY_SURFACE = sizeof by_surface / sizeof *by_surface
};

static void
add(struct rk_candidate *c, const struct row *row, const char *block,
    const char *more)
{
	struct rk_buf b = { 0 };

	rk_buf_addf(&b, "%s%s", block, more);
	*c = (struct rk_candidate){ row->router, row->params, b.p };
}

struct rk_candidate *
rk_candidates(const struct rk_prefs *p, int many, size_t *n)
{
	static const struct row length = { "length", "", 0 };
	size_t parts = p->parts > 1 ? p->parts : 0, i, j;
	struct rk_candidate *c = rk_array(
	    NULL, 1 + 2 * ROWS * (1 + parts) + BY_SURFACE, sizeof *c);

	*n = 0;
	add(&c[(*n)++], &length, "embedding", "");
	for (i = 0; i < ROWS; i++)
		for (j = 0; j <= parts && (!many || rows[i].many); j++) {
			const char *block = j == 0 ? "embedding"
						   : p->part[j - 1].name;
			add(&c[(*n)++], &rows[i], block, "");
			add(&c[(*n)++], &rows[i], block, ",surface");
		}
	for (i = 0; i < BY_SURFACE; i++)
		add(&c[(*n)++], &by_surface[i], "surface", "");
	return c;
}

void
rk_candidates_free(struct rk_candidate *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(c[i].features);
	free(c);
}
