/* tuned-order.c - shuffles, of all examples or by label. */
#include "route/tuned-order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"

enum { STREAM_CLASS = 0x636c6173 };

/* The label with the largest share; of equal ones the first. */
static size_t
label_of(const struct rk_tuned_example *e)
{
	size_t k, best = 0;

	for (k = 1; k < RK_TUNED_LABELS; k++)
		if (e->share[k] > e->share[best])
			best = k;
	return best;
}

static void
sort_classes(struct rk_tuned_order *o)
{
	const struct rk_tuned_data *data = o->data;
	size_t k, i, n = 0, most = 0;

	o->of = rk_array(NULL, data->n, sizeof *o->of);
	for (k = 0; k < RK_TUNED_LABELS; k++) {
		size_t had = n;
		for (i = 0; i < data->n; i++)
			if (label_of(&data->e[i]) == k)
				o->of[n++] = (uint32_t)i;
		if (n == had)
			continue;
		o->first[++o->classes] = n;
		most = n - had > most ? n - had : most;
	}
	o->pass = rk_array(NULL, most, sizeof *o->pass);
}

void
rk_tuned_order_start(struct rk_tuned_order *o, const struct rk_tuned_data *data,
    int balanced, uint64_t seed)
{
	memset(o, 0, sizeof *o);
	o->data = data;
	o->seed = seed;
	o->epoch = SIZE_MAX;
	o->at = rk_array(NULL, data->n, sizeof *o->at);
	if (balanced)
		sort_classes(o);
}

void
rk_tuned_order_free(struct rk_tuned_order *o)
{
	free(o->at);
	free(o->of);
	free(o->pass);
	memset(o, 0, sizeof *o);
}

/* The places of class C in an epoch, of which there are N. */
static size_t
places(const struct rk_tuned_order *o, size_t c)
{
	return (c + 1) * o->data->n / o->classes - c * o->data->n / o->classes;
}

/*
 * The class's places in epoch E get its examples, in passes over all of them
 * that run on from epoch to epoch.
 */
static void
fill_class(struct rk_tuned_order *o, uint32_t *to, size_t c, size_t e)
{
	size_t m = o->first[c + 1] - o->first[c], n = places(o, c), i;
	size_t shuffled = SIZE_MAX;
	struct rk_rng rng;

	for (i = 0; i < n; i++) {
		size_t draw = e * n + i;
		if (draw / m != shuffled) {
			shuffled = draw / m;
			memcpy(
			    o->pass, o->of + o->first[c], m * sizeof *o->pass);
			rk_rng_init(&rng, o->seed,
			    rk_num_mix(STREAM_CLASS + c) + shuffled);
			rk_rng_shuffle(&rng, o->pass, m);
		}
		to[i] = o->pass[draw % m];
	}
}

static void
set_epoch(struct rk_tuned_order *o, size_t e)
{
	size_t i, c, at = 0, n = o->data->n;
	struct rk_rng rng;

	for (i = 0; o->classes == 0 && i < n; i++)
		o->at[i] = (uint32_t)i;
	for (c = 0; c < o->classes; at += places(o, c++))
		fill_class(o, o->at + at, c, e);
	rk_rng_init(&rng, o->seed, e);
	rk_rng_shuffle(&rng, o->at, n);
	o->epoch = e;
}

size_t
rk_tuned_order_at(struct rk_tuned_order *o, size_t i)
{
	size_t n = o->data->n;

	if (o->epoch != i / n)
		set_epoch(o, i / n);
	return o->at[i % n];
}

void
rk_tuned_order_shift(
    const struct rk_tuned_order *o, float *shift, size_t labels)
{
	double is[RK_TUNED_LABELS] = { 0 }, seen[RK_TUNED_LABELS] = { 0 };
	size_t c, i, k, n = o->data->n;

	for (c = 0; c < o->classes; c++)
		for (i = o->first[c]; i < o->first[c + 1]; i++) {
			const float *share = o->data->e[o->of[i]].share;
			double m = (double)(o->first[c + 1] - o->first[c]);
			for (k = 0; k < labels; k++) {
				is[k] += (double)share[k] / (double)n;
				seen[k] += (double)share[k] / m *
				    (double)places(o, c) / (double)n;
			}
		}
	for (k = 0; k < labels; k++)
		shift[k] = is[k] > 0 && seen[k] > 0
		    ? (float)log(is[k] / seen[k])
		    : 0;
}
