/* auto-candidates.c - a table, and the features that there are. */
#include "route/auto-candidates.h"

#include <stdlib.h>

#include "base/buf.h"

static const struct row {
	const char *router, *params;
} rows[] = {
	{ "sw", "power=10" },
	{ "sw", "power=100" },
	{ "sw", "power=1000" },
	{ "mf", "" },
	{ "linear", "" },
	{ "knn", "k=50" },
	{ "knn", "k=100" },
	{ "knn", "k=200" },
	{ "cluster", "clusters=16 restarts=3" },
	{ "cluster", "clusters=32 restarts=3" },
	{ "cluster", "clusters=64 restarts=3" },
}, by_surface[] = {
	{ "linear", "" },
	{ "knn", "k=100" },
};

enum {
	ROWS = sizeof rows / sizeof *rows,
	BY_SURFACE = sizeof by_surface / sizeof *by_surface
};

static void
add(struct rk_auto_candidate *c, const struct row *row, const char *block,
    const char *more)
{
	struct rk_buf b = { 0 };

	rk_buf_addf(&b, "%s%s", block, more);
	*c = (struct rk_auto_candidate){ row->router, row->params, b.p };
}

struct rk_auto_candidate *
rk_auto_candidates(const struct rk_prefs *p, size_t *n)
{
	static const struct row length = { "length", "" };
	size_t parts = p->parts > 1 ? p->parts : 0, i, j;
	struct rk_auto_candidate *c = rk_array(
	    NULL, 1 + 2 * ROWS * (1 + parts) + BY_SURFACE, sizeof *c);

	*n = 0;
	add(&c[(*n)++], &length, "embedding", "");
	for (i = 0; i < ROWS; i++)
		for (j = 0; j <= parts; j++) {
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
rk_auto_candidates_free(struct rk_auto_candidate *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(c[i].features);
	free(c);
}
