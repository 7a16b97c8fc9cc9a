/*
 * verdicts-finish.c - battles and qualities become comparisons, sorted by
 * prompt, between the models that are left.
 */
#include "pref/verdicts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static double
scaled(const struct rk_verdicts *v, const struct rk_quality *q)
{
	const struct rk_origin *o = &v->origins.at[q->source];
	double lo = o->q_lo / 2, hi = o->q_hi / 2; /* hi - lo is finite */

	return hi > lo ? (q->q / 2 - lo) / (hi - lo) : 0;
}

static int
wanted(const struct rk_verdicts *v, size_t a, size_t b)
{
	const struct rk_prefs *p = &v->prefs;

	return !p->pair_only || (a == p->strong && b == p->weak) ||
	    (a == p->weak && b == p->strong);
}

/* Counts the comparisons of the outcomes; with CMP it also stores them. */
static size_t
outcome_pairs(
    const struct rk_verdicts *v, struct rk_cmp *cmp, struct rk_from *from)
{
	size_t i, j, m = 0;

	for (i = 0; i < v->qualities; i++) {
		const struct rk_quality *x = &v->quality[i];
		for (j = i + 1;
		     j < v->qualities && v->quality[j].outcome == x->outcome;
		     j++) {
			const struct rk_quality *y = &v->quality[j];
			if (!wanted(v, x->model, y->model))
				continue;
			if (from != NULL)
				from[m] = (struct rk_from){ x->source, 1 };
			if (cmp != NULL)
				cmp[m] = (struct rk_cmp){ x->prompt, x->model,
					y->model,
					(float)((1 + scaled(v, x) -
						    scaled(v, y)) /
					    2) };
			m++;
		}
	}
	return m;
}

/* Comparisons in the order of their prompts, else as they came. */
static void
sort_by_prompt(struct rk_verdicts *v, size_t n, const struct rk_cmp *in,
    const struct rk_from *from, size_t m)
{
	size_t i, *at;

	v->first = rk_calloc(n + 2, sizeof *v->first);
	at = v->first + 1; /* at[p]: where the prompt's next one goes */
	for (i = 0; i < m; i++)
		at[in[i].prompt + 1]++;
	for (i = 1; i <= n; i++)
		at[i] += at[i - 1];
	v->cmp = rk_array(NULL, m, sizeof *v->cmp);
	v->from = rk_array(NULL, m, sizeof *v->from);
	for (i = 0; i < m; i++) {
		size_t to = at[in[i].prompt]++;
		v->cmp[to] = in[i];
		v->from[to] = from[i];
	}
	v->prefs.m = m;
	v->prefs.cmp = v->cmp;
	v->prefs.from = v->from;
	v->prefs.first = v->first;
}

static void
collect(struct rk_verdicts *v, size_t n)
{
	size_t i, m = outcome_pairs(v, NULL, NULL);
	struct rk_cmp *all = rk_array(NULL, v->battles + m, sizeof *all);
	struct rk_from *from = rk_array(NULL, v->battles + m, sizeof *from);

	for (i = 0; i < v->battles; i++) {
		const struct rk_battle *b = &v->battle[i];
		all[i] = (struct rk_cmp){ b->prompt, b->a, b->b, b->y };
		from[i] = (struct rk_from){ b->source, 0 };
	}
	outcome_pairs(v, all + v->battles, from + v->battles);
	sort_by_prompt(v, n, all, from, v->battles + m);
	free(all);
	free(from);
}

/* out[n, k]: means of what was said, NaN where nothing was. */
static float *
means(double *sum, const uint32_t *count, size_t cells)
{
	float *out = rk_array(NULL, cells, sizeof *out);
	size_t i;

	for (i = 0; i < cells; i++)
		out[i] = count[i] ? (float)(sum[i] / count[i]) : NAN;
	return out;
}

/* The tables of qualities and costs; TO gives a model's new number or k. */
static void
fill_tables(struct rk_verdicts *v, size_t n, const uint16_t *to, size_t k)
{
	double *sum = rk_calloc(n * k, sizeof *sum);
	uint32_t *count = rk_calloc(n * k, sizeof *count);
	size_t i, cell;

	for (i = 0; i < v->qualities; i++) {
		const struct rk_quality *q = &v->quality[i];
		if (to[q->model] == k)
			continue;
		cell = q->prompt * k + to[q->model];
		sum[cell] += scaled(v, q);
		count[cell]++;
	}
	if (v->qualities > 0)
		v->quality_table = means(sum, count, n * k);
	memset(sum, 0, n * k * sizeof *sum);
	memset(count, 0, n * k * sizeof *count);
	for (i = 0; i < v->costs; i++) {
		const struct rk_cost *c = &v->cost[i];
		if (to[c->model] == k)
			continue;
		cell = c->prompt * k + to[c->model];
		sum[cell] += c->usd;
		count[cell]++;
	}
	if (v->costs > 0)
		v->cost_table = means(sum, count, n * k);
	v->prefs.quality = v->quality_table;
	v->prefs.cost = v->cost_table;
	free(sum);
	free(count);
}

/*
 * Models that no comparison names, such as the others of an outcome when the
 * pair is named, are not part of what is learned.
 */
static int
drop_unused(struct rk_verdicts *v, size_t n, struct rk_err *err)
{
	struct rk_prefs *p = &v->prefs;
	uint16_t *to = rk_calloc(v->k + 1, sizeof *to);
	size_t i, k = 0, used = 0;

	for (i = 0; i < p->m; i++)
		to[v->cmp[i].a] = to[v->cmp[i].b] = 1;
	for (i = 0; i < v->k; i++) {
		if (to[i] == 0 && (i == p->strong || i == p->weak)) {
			free(to);
			return rk_err_set(err,
			    "no comparison is of the model '%s'", v->model[i]);
		}
	}
	for (i = 0; i < v->k; i++)
		used += to[i];
	for (i = 0; i < v->k; i++) {
		if (to[i] == 0) {
			free(v->model[i]);
			to[i] = (uint16_t)used;
			continue;
		}
		to[i] = (uint16_t)k;
		v->model[k++] = v->model[i];
	}
	for (i = 0; i < p->m; i++) {
		v->cmp[i].a = to[v->cmp[i].a];
		v->cmp[i].b = to[v->cmp[i].b];
	}
	p->strong = p->strong < v->k ? to[p->strong] : k;
	p->weak = p->weak < v->k ? to[p->weak] : k;
	v->k = k;
	fill_tables(v, n, to, k);
	free(to);
	return 0;
}

static void
list_models(const struct rk_verdicts *v, struct rk_buf *b)
{
	size_t i;

	for (i = 0; i < v->k; i++)
		rk_buf_addf(b, "%s%s", i ? ", " : "", v->model[i]);
}

static int
find_named(const struct rk_verdicts *v, const char *name, const char *role,
    size_t *out, struct rk_err *err)
{
	struct rk_buf b = { 0 };

	for (*out = 0; *out < v->k; ++*out)
		if (strcmp(v->model[*out], name) == 0)
			return 0;
	if (v->k == 0)
		return rk_err_set(err, "no comparison to learn from");
	list_models(v, &b);
	rk_err_set(err, "no record names the %s model '%s'; the models are: %s",
	    role, name, b.p);
	rk_buf_free(&b);
	return -1;
}

/* The pair as far as it is named; k stands for no name. */
static int
name_pair(struct rk_verdicts *v, struct rk_err *err)
{
	struct rk_prefs *p = &v->prefs;
	const char *strong = v->how->strong, *weak = v->how->weak;

	p->strong = p->weak = v->k;
	if (strong != NULL &&
	    find_named(v, strong, "strong", &p->strong, err) != 0)
		return -1;
	if (weak != NULL && find_named(v, weak, "weak", &p->weak, err) != 0)
		return -1;
	p->pair_only = strong != NULL && weak != NULL;
	if (p->pair_only && p->strong == p->weak)
		return rk_err_set(err,
		    "the strong and the weak model are the same, '%s'",
		    v->model[p->strong]);
	return 0;
}

/*
 * Of two models only one need be named, or none: then the one with the better
 * mean result is the strong one.
 */
static void
complete_pair(struct rk_verdicts *v)
{
	struct rk_prefs *p = &v->prefs;
	double sum = 0;
	size_t i;

	if (v->k != 2)
		return;
	for (i = 0; i < p->m; i++)
		sum += (double)(p->cmp[i].y - .5f) *
		    (p->cmp[i].a == 0 ? 1 : -1);
	if (p->strong == v->k)
		p->strong = p->weak < v->k ? !p->weak : sum < 0;
	if (p->weak == v->k)
		p->weak = !p->strong;
}

/* Data that decides nothing trains nothing. */
static int
check_decided(const struct rk_verdicts *v, struct rk_err *err)
{
	const struct rk_prefs *p = &v->prefs;
	size_t i, decided = 0, wins = 0, of_pair = 0;
	double gain;

	for (i = 0; i < p->m; i++) {
		int pair = rk_cmp_gain(p, &p->cmp[i], &gain);
		decided += p->cmp[i].y != .5f;
		of_pair += (size_t)pair;
		wins += pair && gain > 0;
	}
	if (decided == 0)
		return rk_err_set(err, "all %zu comparisons are ties", p->m);
	if (of_pair > 0 && wins == 0)
		return rk_err_set(err,
		    "'%s' never wins against '%s' in %zu comparisons: there "
		    "is nothing to route to it",
		    v->model[p->strong], v->model[p->weak], of_pair);
	return 0;
}

/* The range of the user is that of every source with qualities. */
static void
settle_ranges(struct rk_verdicts *v)
{
	size_t i;

	for (i = 0; i < v->origins.n && v->how->has_range; i++) {
		struct rk_origin *o = &v->origins.at[i];
		if (o->q_lo > o->q_hi)
			continue;
		o->q_lo = v->how->q_lo;
		o->q_hi = v->how->q_hi;
	}
}

int
rk_verdicts_finish(struct rk_verdicts *v, size_t n, struct rk_err *err)
{
	settle_ranges(v);
	if (v->k == 1)
		return rk_err_set(err,
		    "only one model, '%s': nothing to compare", v->model[0]);
	if (name_pair(v, err) != 0)
		return -1;
	collect(v, n);
	if (v->prefs.m == 0)
		return rk_err_set(err, "no comparison to learn from");
	if (drop_unused(v, n, err) != 0)
		return -1;
	complete_pair(v);
	if (check_decided(v, err) != 0)
		return -1;
	v->prefs.k = v->k;
	v->prefs.model = v->model;
	return 0;
}
