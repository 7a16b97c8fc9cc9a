/*
 * money.c - the hull by one pass from the left (Andrew's monotone chain) over
 * points that mostly rise already.
 */
#include "eval/money.h"

#include <math.h>
#include <stdlib.h>

/* What rounding may do to a mean, as a share of it. */
#define ROUNDING 1e-12

/* RouterArena's dollars for a thousand queries, and its weight of cost. */
#define ARENA_DEAR  200.0
#define ARENA_CHEAP 0.0044
#define ARENA_BETA  0.1

/* By rising cost; of one cost the best comes first. */
static int
by_cost(const void *a, const void *b)
{
	const struct rk_point *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return (x->quality < y->quality) - (x->quality > y->quality);
}

static int
rises(const struct rk_point *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (by_cost(&p[i - 1], &p[i]) > 0)
			return 0;
	return 1;
}

/* Does B lie on or below the line from A to C? */
static int
is_below(const struct rk_point *a, const struct rk_point *b,
    const struct rk_point *c)
{
	return (b->quality - a->quality) * (c->cost - a->cost) <=
	    (c->quality - a->quality) * (b->cost - a->cost);
}

size_t
rk_money_hull(struct rk_point *p, size_t n)
{
	size_t m = 0;

	if (!rises(p, n))
		qsort(p, n, sizeof *p, by_cost);
	for (size_t i = 0; i < n; i++) {
		struct rk_point next = p[i];

		if (m > 0 && next.quality <= p[m - 1].quality)
			continue;
		while (m > 1 && is_below(&p[m - 2], &p[m - 1], &next))
			m--;
		p[m++] = next;
	}
	return m;
}

static double
between(const struct rk_point *a, const struct rk_point *b, double cost)
{
	return a->quality +
	    (b->quality - a->quality) *
	    ((cost - a->cost) / (b->cost - a->cost));
}

double
rk_money_quality(const struct rk_point *hull, size_t m, double cost)
{
	size_t i = 0;

	if (cost < hull[0].cost)
		return NAN;
	while (i + 1 < m && hull[i + 1].cost <= cost)
		i++;
	return i + 1 == m ? hull[i].quality
			  : between(&hull[i], &hull[i + 1], cost);
}

double
rk_money_cost(const struct rk_point *hull, size_t m, double quality)
{
	const struct rk_point *top = &hull[m - 1];
	size_t i = 0;

	if (quality > top->quality)
		return quality - top->quality <= ROUNDING * fabs(quality)
		    ? top->cost
		    : NAN;
	while (hull[i].quality < quality)
		i++;
	if (i == 0)
		return hull[0].cost;
	return hull[i - 1].cost +
	    (hull[i].cost - hull[i - 1].cost) *
	    ((quality - hull[i - 1].quality) /
		(hull[i].quality - hull[i - 1].quality));
}

double
rk_money_aiq(const struct rk_point *hull, size_t m, double lo, double hi)
{
	double area = 0, from, at;

	if (!(hi > lo) || lo < hull[0].cost)
		return NAN;
	from = lo;
	at = rk_money_quality(hull, m, lo);
	for (size_t i = 0; i < m && hull[i].cost < hi; i++) {
		if (hull[i].cost <= lo)
			continue;
		area += (hull[i].cost - from) * 0.5 * (at + hull[i].quality);
		from = hull[i].cost;
		at = hull[i].quality;
	}
	area += (hi - from) * 0.5 * (at + rk_money_quality(hull, m, hi));
	return area / (hi - lo);
}

double
rk_money_arena(double accuracy, double cost)
{
	double c = (log2(ARENA_DEAR) - log2(cost * 1000)) /
	    (log2(ARENA_DEAR) - log2(ARENA_CHEAP));

	c = cost <= 0 ? 1 : fmin(fmax(c, 0), 1);
	if (!(accuracy > 0) || c == 0)
		return 0;
	return (1 + ARENA_BETA) * accuracy * c / (ARENA_BETA * accuracy + c);
}

size_t
rk_money_cheapest(const struct rk_point *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 1; i < n; i++)
		if (by_cost(&p[i], &p[at]) < 0)
			at = i;
	return at;
}

size_t
rk_money_best(const struct rk_point *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 1; i < n; i++)
		if (p[i].quality > p[at].quality ||
		    (p[i].quality == p[at].quality && p[i].cost < p[at].cost))
			at = i;
	return at;
}

double
rk_money_arena_within(double quality, double cost, double lo, double hi)
{
	return hi > lo ? rk_money_arena((quality - lo) / (hi - lo), cost) : NAN;
}

static double
best_arena(const struct rk_point *p, size_t n, double lo, double hi)
{
	double best = 0;

	for (size_t i = 0; i < n; i++)
		best = fmax(best,
		    rk_money_arena_within(p[i].quality, p[i].cost, lo, hi));
	return best;
}

void
rk_money_figures(double *fig, struct rk_point *p, size_t n,
    const struct rk_point *single, size_t k, double lo, double hi)
{
	const struct rk_point *best = &single[rk_money_best(single, k)];
	const struct rk_point *least = &single[rk_money_cheapest(single, k)];
	double most = least->cost;
	size_t m;

	for (size_t j = 0; j < k; j++)
		most = fmax(most, single[j].cost);
	fig[RK_MONEY_ARENA] = hi > lo ? best_arena(p, n, lo, hi) : NAN;
	p[n] = *least;
	m = rk_money_hull(p, n + 1);
	fig[RK_MONEY_AIQ] = rk_money_aiq(p, m, least->cost, most);
	fig[RK_MONEY_COST] = rk_money_cost(p, m, best->quality);
	fig[RK_MONEY_QUALITY] = rk_money_quality(p, m, best->cost);
}
