/* pack.c - texts in an order, cut into groups. */
#include "nn/pack.h"

#include <stdlib.h>

#include "base/mem.h"

struct place {
	size_t t, i;
};

static int
longest_first(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->t != b->t)
		return a->t > b->t ? -1 : 1;
	return a->i < b->i ? -1 : 1;
}

static void
sort(struct rk_pack *g, const struct rk_text *text, size_t n)
{
	struct place *p = rk_array(NULL, n, sizeof *p);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (struct place){ text[i].t, i };
	qsort(p, n, sizeof *p, longest_first);
	for (i = 0; i < n; i++) {
		g->from[i] = p[i].i;
		g->text[i] = text[p[i].i];
	}
	free(p);
}

void
rk_pack_make(
    struct rk_pack *g, const struct rk_text *text, size_t n, size_t most)
{
	size_t i, tokens = 0;

	g->from = rk_array(NULL, n, sizeof *g->from);
	g->text = rk_array(NULL, n, sizeof *g->text);
	g->group = rk_array(NULL, n + 1, sizeof *g->group);
	g->n = 0;
	sort(g, text, n);
	for (i = 0; i < n; i++) {
		if (i == 0 || tokens + g->text[i].t > most) {
			g->group[g->n++] = i;
			tokens = 0;
		}
		tokens += g->text[i].t;
	}
	g->group[g->n] = n;
}

void
rk_pack_free(struct rk_pack *g)
{
	free(g->from);
	free(g->text);
	free(g->group);
}
