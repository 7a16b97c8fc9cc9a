/* groups.c - categories by a hash table, and their records by one sort. */
#include "pref/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

/* The place of K in the table: what is there already, or a place that is 0. */
static uint32_t *
find_slot(const struct rk_groups *g, const struct rk_category *k)
{
	size_t i = rk_num_hash(k->text, strlen(k->text));

	for (i &= g->slots - 1; g->slot[i] != 0; i = (i + 1) & (g->slots - 1)) {
		const struct rk_category *c = &g->category[g->slot[i] - 1];

		if (c->is_text == k->is_text && strcmp(c->text, k->text) == 0)
			break;
	}
	return &g->slot[i];
}

static void
grow_slots(struct rk_groups *g)
{
	if (g->categories < g->slots / 2)
		return;
	g->slots = g->slots ? g->slots * 2 : 64;
	free(g->slot);
	g->slot = rk_calloc(g->slots, sizeof *g->slot);
	for (size_t i = 0; i < g->categories; i++)
		*find_slot(g, &g->category[i]) = (uint32_t)i + 1;
}

/* The number of the category of that kind and text, made where it is new. */
static uint32_t
category_of(struct rk_groups *g, struct rk_category *k)
{
	uint32_t *at;

	grow_slots(g);
	at = find_slot(g, k);
	if (*at != 0) {
		free(k->text);
		return *at - 1;
	}
	RK_GROW(g->category, g->categories, g->category_cap);
	g->category[g->categories++] = *k;
	*at = (uint32_t)g->categories;
	return *at - 1;
}

int
rk_groups_read(struct rk_groups *g, const struct rk_rec *r, uint32_t *out,
    struct rk_err *err)
{
	struct rk_category k = { NULL, 0, 0, 0 };
	struct rk_str text = { NULL, 0 };
	char num[32];
	int found;

	if (g->by == NULL)
		return 0;
	found = rk_rec_key(r, g->by, &k.num, &text, &k.is_text, err);
	if (found == 0)
		return rk_err_set(err, "%s: missing", g->by);
	if (found < 0)
		return -1;
	if (!k.is_text) {
		text.p = num;
		text.n = rk_num_print_f64(num, k.num);
	}
	if (memchr(text.p, '\0', text.n) != NULL)
		return rk_err_set(err, "%s: holds a NUL character", g->by);
	k.text = rk_strndup(text.p, text.n);
	*out = category_of(g, &k);
	return 0;
}

void
rk_groups_keep(struct rk_groups *g, uint32_t k)
{
	if (g->by == NULL)
		return;
	RK_GROW(g->of, g->n, g->room);
	g->of[g->n++] = k;
	g->category[k].n++;
}

/* A category with the place that it had. */
struct placed {
	struct rk_category k;
	uint32_t was;
};

static int
by_category(const void *a, const void *b)
{
	const struct rk_category *x = &((const struct placed *)a)->k;
	const struct rk_category *y = &((const struct placed *)b)->k;

	if (x->is_text != y->is_text)
		return x->is_text ? 1 : -1;
	if (!x->is_text)
		return (x->num > y->num) - (x->num < y->num);
	return strcmp(x->text, y->text);
}

static void
sort_categories(struct rk_groups *g)
{
	struct placed *p = rk_array(NULL, g->categories, sizeof *p);
	uint32_t *now = rk_array(NULL, g->categories, sizeof *now);

	for (size_t k = 0; k < g->categories; k++)
		p[k] = (struct placed){ g->category[k], (uint32_t)k };
	qsort(p, g->categories, sizeof *p, by_category);
	for (size_t k = 0; k < g->categories; k++) {
		g->category[k] = p[k].k;
		now[p[k].was] = (uint32_t)k;
	}
	for (size_t i = 0; i < g->n; i++)
		g->of[i] = now[g->of[i]];
	free(p);
	free(now);
}

/* So that the categories, however many, are one pass over the records. */
static void
list_members(struct rk_groups *g)
{
	size_t *next = rk_array(NULL, g->categories, sizeof *next), at = 0;

	g->member = rk_array(NULL, g->n, sizeof *g->member);
	g->first = rk_array(NULL, g->categories, sizeof *g->first);
	for (size_t k = 0; k < g->categories; at += g->category[k++].n)
		g->first[k] = next[k] = at;
	for (size_t i = 0; i < g->n; i++)
		g->member[next[g->of[i]]++] = i;
	free(next);
}

void
rk_groups_settle(struct rk_groups *g)
{
	if (g->by == NULL)
		return;
	sort_categories(g);
	list_members(g);
}

const size_t *
rk_groups_members(const struct rk_groups *g, size_t k)
{
	return g->member + g->first[k];
}

void
rk_groups_free(struct rk_groups *g)
{
	for (size_t k = 0; k < g->categories; k++)
		free(g->category[k].text);
	free(g->category);
	free(g->of);
	free(g->member);
	free(g->first);
	free(g->slot);
	*g = (struct rk_groups){ 0 };
}
