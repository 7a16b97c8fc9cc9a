/*
 * choice.c - means over the chosen answers. A sweep is the list of all changes
 * of mind, by rising lambda: as lambda grows a query walks down the upper hull
 * of its models in the plane of predicted cost and quality.
 */
#include "eval/choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

/* What rounding may do to a lambda, as a share of it. */
#define ROUNDING 1e-12

static inline double
count(const uint32_t *times, size_t i)
{
	return times ? times[i] : 1;
}

void
rk_choice_singles(
    struct rk_point *single, const struct rk_answers *a, const uint32_t *times)
{
	double *n = rk_calloc(a->k, sizeof *n);

	for (size_t m = 0; m < a->k; m++)
		single[m] = (struct rk_point){ 0, 0 };
	for (size_t i = 0; i < a->n; i++) {
		const double *q = a->quality + i * a->k;
		double t = count(times, i);

		for (size_t m = 0; m < a->k && t > 0; m++) {
			if (isnan(q[m]))
				continue;
			n[m] += t;
			single[m].quality += t * q[m];
			single[m].cost += a->cost ? t * a->cost[i * a->k + m]
						  : 0;
		}
	}
	for (size_t m = 0; m < a->k; m++) {
		single[m].quality = n[m] > 0 ? single[m].quality / n[m] : NAN;
		single[m].cost = n[m] > 0 && a->cost ? single[m].cost / n[m]
						     : NAN;
	}
	free(n);
}

struct rk_point
rk_choice_value(
    const struct rk_answers *a, const uint32_t *choice, const uint32_t *times)
{
	double quality = 0, cost = 0, n = (double)a->n;

	for (size_t i = 0; i < a->n; i++) {
		size_t at = i * a->k + choice[i];

		quality += count(times, i) * a->quality[at];
		cost += a->cost ? count(times, i) * a->cost[at] : 0;
	}
	return (struct rk_point){ a->cost ? cost / n : NAN, quality / n };
}

double
rk_choice_gain(const struct rk_answers *a, const uint32_t *choice, size_t m,
    const uint32_t *times)
{
	double sum = 0, n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const double *q = a->quality + i * a->k;

		if (isnan(q[m]))
			continue;
		sum += count(times, i) * (q[choice[i]] - q[m]);
		n += count(times, i);
	}
	return n > 0 ? sum / n : NAN;
}

double
rk_choice_shuffled(const struct rk_answers *a, const uint32_t *choice,
    const struct rk_point *single, const uint32_t *times)
{
	double sum = 0;

	for (size_t i = 0; i < a->n; i++)
		if (count(times, i) > 0)
			sum += count(times, i) * single[choice[i]].quality;
	return sum / (double)a->n;
}

void
rk_choice_deals(double *value, const struct rk_answers *a,
    const uint32_t *choice, const struct rk_point *single, size_t reps,
    uint64_t seed)
{
	uint32_t *deal = rk_array(NULL, a->n, sizeof *deal);
	struct rk_rng rng;

	for (size_t r = 0; r < reps; r++) {
		double sum = 0;

		memcpy(deal, choice, a->n * sizeof *deal);
		rk_rng_init(&rng, seed, r);
		rk_rng_shuffle(&rng, deal, a->n);
		for (size_t i = 0; i < a->n; i++) {
			double q = a->quality[i * a->k + deal[i]];

			sum += isnan(q) ? single[deal[i]].quality : q;
		}
		value[r] = sum / (double)a->n;
	}
	free(deal);
}

double
rk_choice_shares(double *share, const uint32_t *choice, size_t n, size_t k)
{
	double bits = 0;

	for (size_t m = 0; m < k; m++)
		share[m] = 0;
	for (size_t i = 0; i < n; i++)
		share[choice[i]]++;
	for (size_t m = 0; m < k; m++) {
		share[m] /= (double)n;
		if (share[m] > 0)
			bits -= share[m] * log2(share[m]);
	}
	return bits;
}

/* --- sweeps ----------------------------------------------------------------- */

struct change {
	double lambda;
	uint32_t i, from, to;
	size_t point; /* from 1: of the curve */
};

struct rk_sweep {
	size_t n, changes, cap, size;
	uint32_t *first;       /* [n] */
	struct change *change; /* [changes] by rising lambda */
};

static int
by_lambda(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->lambda != y->lambda)
		return x->lambda < y->lambda ? -1 : 1;
	if (x->i != y->i)
		return x->i < y->i ? -1 : 1;
	return 0;
}

/* A query's models: where they are, and which of them can be chosen. */
struct options {
	const double *quality, *predicted, *cost; /* [k]; cost may be NULL */
	size_t k;
};

static int
is_option(const struct options *o, size_t m)
{
	return !isnan(o->quality[m]) && !isnan(o->predicted[m]);
}

static uint32_t
first_choice(const struct options *o)
{
	size_t at = o->k;

	for (size_t m = 0; m < o->k; m++) {
		if (!is_option(o, m))
			continue;
		if (at == o->k || o->predicted[m] > o->predicted[at] ||
		    (o->predicted[m] == o->predicted[at] && o->cost &&
			o->cost[m] < o->cost[at]))
			at = m;
	}
	return (uint32_t)at;
}

/* The model that takes over from FROM, and when; 0 where none is cheaper. */
static int
next_choice(const struct options *o, uint32_t from, struct change *next)
{
	int found = 0;

	for (size_t m = 0; m < o->k; m++) {
		double saved = o->cost[from] - o->cost[m], lambda;

		if (!is_option(o, m) || !(saved > 0))
			continue;
		lambda = (o->predicted[from] - o->predicted[m]) / saved;
		if (found && lambda > next->lambda)
			continue;
		if (found && lambda == next->lambda &&
		    o->cost[m] >= o->cost[next->to])
			continue;
		next->lambda = lambda;
		next->from = from;
		next->to = (uint32_t)m;
		found = 1;
	}
	return found;
}

/*
 * Which changes make one point: those of one lambda. What differs by rounding
 * alone is equal, so that no query goes first by an accident of arithmetic.
 */
static void
number_points(struct rk_sweep *s)
{
	double start = 0; /* the lambda of the point */

	for (size_t j = 0; j < s->changes; j++) {
		struct change *c = &s->change[j];

		if (j == 0 || c->lambda > start * (1 + ROUNDING)) {
			start = c->lambda;
			s->size++;
		}
		c->point = s->size;
	}
	s->size++;
}

struct rk_sweep *
rk_sweep_new(
    const struct rk_answers *a, const double *predicted, const double *cost)
{
	struct rk_sweep *s = rk_calloc(1, sizeof *s);

	s->n = a->n;
	s->first = rk_array(NULL, a->n, sizeof *s->first);
	for (size_t i = 0; i < a->n; i++) {
		size_t at = i * a->k;
		struct options o = { a->quality + at, predicted + at,
			cost ? cost + at : NULL, a->k };
		struct change next = { .i = (uint32_t)i };
		uint32_t now = s->first[i] = first_choice(&o);

		for (; cost && next_choice(&o, now, &next); now = next.to) {
			RK_GROW(s->change, s->changes, s->cap);
			s->change[s->changes++] = next;
		}
	}
	if (s->changes > 0)
		qsort(s->change, s->changes, sizeof *s->change, by_lambda);
	number_points(s);
	return s;
}

void
rk_sweep_free(struct rk_sweep *s)
{
	if (s == NULL)
		return;
	free(s->first);
	free(s->change);
	free(s);
}

const uint32_t *
rk_sweep_first(const struct rk_sweep *s)
{
	return s->first;
}

size_t
rk_sweep_size(const struct rk_sweep *s)
{
	return s->size;
}

void
rk_sweep_points(const struct rk_sweep *s, const struct rk_answers *a,
    const uint32_t *times, struct rk_point *p, double *lambda)
{
	struct rk_point now = rk_choice_value(a, s->first, times);
	double n = (double)s->n;

	p[0] = now;
	if (lambda)
		lambda[0] = 0;
	for (size_t j = 0; j < s->changes; j++) {
		const struct change *c = &s->change[j];
		const double *q = a->quality + c->i * a->k;
		const double *cost = a->cost ? a->cost + c->i * a->k : NULL;
		double t = count(times, c->i) / n;

		now.quality += t * (q[c->to] - q[c->from]);
		now.cost += cost ? t * (cost[c->to] - cost[c->from]) : 0;
		p[c->point] = now;
		if (lambda && (j == 0 || c->point != c[-1].point))
			lambda[c->point] = c->lambda;
	}
}
