/*
 * sources.c - comparisons of a source are counted, centred, scaled and put
 * together with those of others.
 */
#include "pref/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/mat.h"
#include "math/near.h"

/* --- what is too near to validation ----------------------------------------- */

static int
is_of(const struct rk_prefs *p, size_t prompt, size_t source)
{
	size_t c;

	for (c = p->first[prompt]; c < p->first[prompt + 1]; c++)
		if (p->from[c].source == source)
			return 1;
	return 0;
}

/* u[n, d]: the unit vectors of the prompts which[n]. */
static float *
unit_rows(const struct rk_prefs *p, const size_t *which, size_t n)
{
	float *u = rk_floats(n * p->d);
	size_t i;

	for (i = 0; i < n; i++)
		memcpy(
		    u + i * p->d, p->emb + which[i] * p->d, p->d * sizeof *u);
	rk_mat_unit_rows(u, u, n, p->d);
	return u;
}

static void
put_out_near(struct rk_sources *s, double near, struct rk_pool *pool)
{
	const struct rk_prefs *p = &s->prefs;
	size_t *kept = rk_calloc(p->n, sizeof *kept), keeps = 0;
	size_t *other = rk_calloc(p->n, sizeof *other), others = 0, i;
	struct rk_near *found;
	float *a, *b;

	for (i = 0; i < p->n; i++) {
		if (s->part[i] == RK_PART_VALID)
			kept[keeps++] = i;
		else if (!is_of(p, i, p->target))
			other[others++] = i;
	}
	if (keeps > 0 && others > 0) {
		a = unit_rows(p, kept, keeps);
		b = unit_rows(p, other, others);
		found = rk_array(NULL, others, sizeof *found);
		rk_near_find(
		    found, b, others, a, keeps, p->d, NULL, RK_NEAR_ALL, pool);
		for (i = 0; i < others; i++)
			if ((double)found[i].cosine >= near) {
				s->part[other[i]] = RK_PART_OUT;
				s->near++;
			}
		free(found);
		free(a);
		free(b);
	}
	free(kept);
	free(other);
}

/* --- gains -------------------------------------------------------------------- */

static void
measure(struct rk_sources *s)
{
	const struct rk_prefs *p = &s->prefs;
	struct rk_source *x;
	size_t c, i;
	double g;

	for (c = 0; c < p->m; c++) {
		x = &s->source[p->from[c].source];
		if (p->valid[p->cmp[c].prompt] != RK_PART_TRAIN)
			continue;
		x->comparisons++;
		if (rk_cmp_gain(p, &p->cmp[c], &g)) {
			x->of_pair++;
			x->mean += g;
		}
	}
	for (i = 0; i < s->n; i++)
		if (s->source[i].of_pair > 0)
			s->source[i].mean /= (double)s->source[i].of_pair;
	for (c = 0; c < p->m; c++) {
		x = &s->source[p->from[c].source];
		if (p->valid[p->cmp[c].prompt] == RK_PART_TRAIN &&
		    rk_cmp_gain(p, &p->cmp[c], &g))
			x->sd += (g - x->mean) * (g - x->mean);
	}
	for (i = 0; i < s->n; i++) {
		x = &s->source[i];
		if (x->of_pair > 0)
			x->sd = sqrt(x->sd / (double)x->of_pair);
		/* equal gains have a mean that is off by rounding alone */
		if (x->sd < 1e-9)
			x->sd = 0;
		x->empty = x->sd <= 0 && x->of_pair == x->comparisons;
	}
}

/* What gains are brought to. */
static void
find_frame(struct rk_sources *s)
{
	double n = 0, mean = 0, var = 0;
	size_t i;

	if (s->prefs.target != RK_NO_TARGET) {
		s->mean = s->source[s->prefs.target].mean;
		s->sd = s->source[s->prefs.target].sd;
		return;
	}
	for (i = 0; i < s->n; i++) {
		const struct rk_source *x = &s->source[i];
		double w = x->empty ? 0 : (double)x->of_pair;
		n += w;
		mean += w * x->mean;
		var += w * x->sd * x->sd;
	}
	s->mean = n > 0 ? mean / n : 0;
	s->sd = n > 0 ? sqrt(var / n) : 0;
}

int
rk_sources_init(struct rk_sources *s, const struct rk_prefs *p, size_t n,
    double near, struct rk_pool *pool, struct rk_err *err)
{
	*s = (struct rk_sources){ .prefs = *p, .n = n };
	if (p->strong >= p->k || p->weak >= p->k)
		return rk_err_set(err,
		    "sources are brought to one scale by the gain of a pair: "
		    "name it with --strong and --weak");
	s->source = rk_calloc(n, sizeof *s->source);
	s->part = rk_array(NULL, p->n, sizeof *s->part);
	memcpy(s->part, p->valid, p->n);
	s->prefs.valid = s->part;
	if (p->target != RK_NO_TARGET && p->emb != NULL && p->d > 0)
		put_out_near(s, near, pool);
	measure(s);
	find_frame(s);
	if (p->target == RK_NO_TARGET || s->sd > 0)
		return 0;
	if (s->source[p->target].of_pair == 0)
		rk_err_set(err,
		    "no comparison of '%s' and '%s': if other models stand for "
		    "them there, name those with --source-pair",
		    p->model[p->strong], p->model[p->weak]);
	else
		rk_err_set(err,
		    "all %zu comparisons of the pair have the same gain, %g",
		    s->source[p->target].of_pair, s->mean);
	rk_sources_free(s);
	return -1;
}

/* --- together ------------------------------------------------------------------ */

struct pooling {
	const struct rk_sources *s;
	const uint8_t *keep;
	struct rk_pooled *out;
};

/* g' of the header. */
static double
brought(const struct pooling *t, size_t source, double g)
{
	const struct rk_source *x = &t->s->source[source];

	g = x->sd > 0 ? t->s->mean + t->s->sd * (g - x->mean) / x->sd
		      : t->s->mean;
	if (fabs(g) > 1)
		t->out->clipped++;
	return fmin(fmax(g, -1), 1);
}

/* Takes in comparison C, if it is to be kept. */
static void
take(struct pooling *t, size_t c)
{
	const struct rk_prefs *p = &t->s->prefs;
	struct rk_prefs *to = &t->out->prefs;
	struct rk_cmp x = p->cmp[c];
	size_t source = p->from[c].source;
	int own = p->target == RK_NO_TARGET || source == p->target;
	double g;

	if (!t->keep[source])
		return;
	if (p->valid[x.prompt] != RK_PART_TRAIN) {
		if (!own)
			return;
	} else if (source != p->target && rk_cmp_gain(p, &x, &g)) {
		g = brought(t, source, g);
		if (x.a == p->weak)
			g = -g;
		x.y = (float)((1 + g) / 2);
	}
	t->out->from[to->m] = p->from[c];
	t->out->cmp[to->m++] = x;
}

/*
 * row[k] of prompt I: the pair's qualities are moved apart, about their middle
 * and within [0,1], so that their difference is the mean gain of the prompt's
 * outcomes; without one that is left nothing is known.
 */
static void
put_quality(struct pooling *t, size_t i)
{
	const struct rk_prefs *p = &t->out->prefs;
	float *row = t->out->quality + i * p->k;
	double sum = 0, n = 0, g, middle;
	int outcomes = 0;
	size_t c;

	for (c = p->first[i]; c < p->first[i + 1]; c++) {
		if (!p->from[c].outcome)
			continue;
		outcomes = 1;
		if (rk_cmp_gain(p, &p->cmp[c], &g)) {
			sum += g;
			n++;
		}
	}
	for (c = 0; c < p->k && !outcomes; c++)
		row[c] = NAN;
	if (n <= 0)
		return;
	g = sum / n;
	middle = ((double)row[p->strong] + (double)row[p->weak]) / 2;
	middle = fmin(fmax(middle, fabs(g) / 2), 1 - fabs(g) / 2);
	row[p->strong] = (float)(middle + g / 2);
	row[p->weak] = (float)(middle - g / 2);
}

/* used[k]: the pair, and models that are compared or have a quality yet. */
static void
find_used(const struct rk_prefs *p, uint8_t *used)
{
	size_t i, m;

	used[p->strong] = used[p->weak] = 1;
	for (i = 0; i < p->m; i++)
		used[p->cmp[i].a] = used[p->cmp[i].b] = 1;
	for (i = 0; i < p->n && p->quality != NULL; i++)
		for (m = 0; m < p->k && p->valid[i] != RK_PART_OUT; m++)
			used[m] |= !isnan(p->quality[i * p->k + m]);
}

/* The columns of rows[n, k] that are USED, K of them; or NULL. New. */
static float *
columns(const float *rows, size_t n, size_t k, const uint8_t *used, size_t to)
{
	float *out, *at;
	size_t i, m;

	if (rows == NULL)
		return NULL;
	at = out = rk_array(NULL, n * to, sizeof *out);
	for (i = 0; i < n; i++)
		for (m = 0; m < k; m++)
			if (used[m])
				*at++ = rows[i * k + m];
	return out;
}

/* A router would learn them as well, by nothing, and cost what they cost. */
static void
drop_models(struct rk_pooled *out)
{
	struct rk_prefs *p = &out->prefs;
	uint8_t *used = rk_calloc(p->k, 1);
	uint16_t *as = rk_calloc(p->k, sizeof *as);
	float *quality;
	size_t k = 0, i;

	find_used(p, used);
	if (memchr(used, 0, p->k) == NULL) {
		free(used);
		free(as);
		return;
	}
	out->model = rk_array(NULL, p->k, sizeof *out->model);
	for (i = 0; i < p->k; i++)
		if (used[i]) {
			as[i] = (uint16_t)k;
			out->model[k++] = p->model[i];
		}
	for (i = 0; i < p->m; i++) {
		out->cmp[i].a = as[out->cmp[i].a];
		out->cmp[i].b = as[out->cmp[i].b];
	}
	quality = columns(p->quality, p->n, p->k, used, k);
	free(out->quality);
	p->quality = out->quality = quality;
	p->cost = out->cost = columns(p->cost, p->n, p->k, used, k);
	p->strong = as[p->strong];
	p->weak = as[p->weak];
	p->model = out->model;
	p->k = k;
	free(used);
	free(as);
}

static void
pool_qualities(struct pooling *t)
{
	const struct rk_prefs *p = &t->s->prefs;
	struct rk_pooled *out = t->out;
	size_t i;

	if (p->quality == NULL)
		return;
	out->quality = rk_array(NULL, p->n * p->k, sizeof *out->quality);
	memcpy(out->quality, p->quality, p->n * p->k * sizeof *out->quality);
	out->prefs.quality = out->quality;
	for (i = 0; i < p->n; i++)
		put_quality(t, i);
}

void
rk_sources_pool(
    struct rk_pooled *out, const struct rk_sources *s, const uint8_t *keep)
{
	const struct rk_prefs *p = &s->prefs;
	struct pooling t = { s, keep, out };
	size_t i, c;

	*out = (struct rk_pooled){ .prefs = *p };
	out->cmp = rk_array(NULL, p->m, sizeof *out->cmp);
	out->from = rk_array(NULL, p->m, sizeof *out->from);
	out->first = rk_array(NULL, p->n + 1, sizeof *out->first);
	out->part = rk_array(NULL, p->n, sizeof *out->part);
	out->prefs.m = 0;
	for (i = 0; i < p->n; i++) {
		out->first[i] = out->prefs.m;
		for (c = p->first[i]; c < p->first[i + 1]; c++)
			take(&t, c);
		out->part[i] = out->prefs.m > out->first[i] ? p->valid[i]
							    : RK_PART_OUT;
	}
	out->first[p->n] = out->prefs.m;
	out->prefs.cmp = out->cmp;
	out->prefs.from = out->from;
	out->prefs.first = out->first;
	out->prefs.valid = out->part;
	pool_qualities(&t);
	drop_models(out);
}

void
rk_pooled_free(struct rk_pooled *p)
{
	free(p->cmp);
	free(p->from);
	free(p->first);
	free(p->model);
	free(p->quality);
	free(p->cost);
	free(p->part);
	*p = (struct rk_pooled){ 0 };
}

void
rk_sources_free(struct rk_sources *s)
{
	free(s->source);
	free(s->part);
	*s = (struct rk_sources){ 0 };
}
