/* features.c - blocks of features side by side. */
#include "route/features.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "route/router.h"

enum { TILE = 32, N = RK_SURFACE_FEATURES };

static const float CLIP = 3;

int
rk_features_parse(struct rk_features *f, const char *list, struct rk_err *err)
{
	char word[64];
	double weight;

	memset(f, 0, sizeof *f);
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");
		char *eq;
		rk_err_quote(word, sizeof word, list, n);
		list += n + (list[n] == ',');
		eq = strchr(word, '=');
		if (eq != NULL)
			*eq++ = '\0';
		weight = strcmp(word, "surface") == 0 ? .2 : 1;
		if (eq != NULL &&
		    (rk_num_parse(eq, &weight) != 0 || weight <= 0 ||
			weight > 1000))
			return rk_err_set(err,
			    "features: expected a weight above 0, found '%s'",
			    eq);
		if (strcmp(word, "embedding") == 0)
			f->embedding = (float)weight;
		else if (strcmp(word, "surface") == 0)
			f->surface = (float)weight;
		else
			return rk_err_set(err,
			    "features: expected embedding or surface, found "
			    "'%s'",
			    word);
	}
	f->on = f->surface > 0;
	return 0;
}

void
rk_features_fit(struct rk_features *f, const struct rk_prefs *p)
{
	double sum[N] = { 0 }, sq[N] = { 0 }, n = 0;
	float x[N];
	size_t i, j;

	f->d_in = p->d;
	if (f->surface <= 0)
		return;
	for (i = 0; i < p->n; i++) {
		if (p->valid[i])
			continue;
		n++;
		rk_surface(x, p->text[i].p, p->text[i].n);
		for (j = 0; j < N; j++) {
			sum[j] += (double)x[j];
			sq[j] += (double)x[j] * (double)x[j];
		}
	}
	for (j = 0; j < N && n > 0; j++) {
		double mean = sum[j] / n, var = sq[j] / n - mean * mean;
		f->mean[j] = (float)mean;
		f->scale[j] = var > 1e-9 * (1 + mean * mean)
		    ? (float)(1 / sqrt(var))
		    : 0;
	}
}

size_t
rk_features_dim(const struct rk_features *f)
{
	return (f->embedding > 0 ? f->d_in : 0) + (f->surface > 0 ? N : 0);
}

/* Brings x[n] to the length LEN, unless it is zero. */
static void
set_length(float *x, size_t n, double len)
{
	double sq = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sq += (double)x[i] * (double)x[i];
	for (i = 0; i < n && sq > 0; i++)
		x[i] = (float)((double)x[i] * (len / sqrt(sq)));
}

static void
apply_row(const struct rk_features *f, const float *emb,
    const struct rk_str *text, float *out)
{
	size_t at = 0, j;

	if (f->embedding > 0) {
		memcpy(out, emb, f->d_in * sizeof *out);
		set_length(out, f->d_in, (double)f->embedding);
		at = f->d_in;
	}
	if (f->surface > 0) {
		float *x = out + at;
		rk_surface(x, text->p, text->n);
		for (j = 0; j < N; j++) {
			x[j] = (x[j] - f->mean[j]) * f->scale[j];
			x[j] = x[j] > CLIP ? CLIP : x[j] < -CLIP ? -CLIP : x[j];
		}
		set_length(x, N, (double)f->surface);
		at += N;
	}
	set_length(out, at, 1);
}

struct apply {
	const struct rk_features *f;
	const float *emb;
	const struct rk_str *text;
	float *out;
	size_t n;
};

static void
apply_tile(void *ctx, size_t tile, int thread)
{
	struct apply *a = ctx;
	size_t i = tile * TILE, end = i + TILE, d = rk_features_dim(a->f);

	(void)thread;
	for (; i < end && i < a->n; i++)
		apply_row(a->f, a->emb ? a->emb + i * a->f->d_in : NULL,
		    a->text ? &a->text[i] : NULL, a->out + i * d);
}

void
rk_features_apply(const struct rk_features *f, const float *emb,
    const struct rk_str *text, size_t n, struct rk_pool *pool, float *out)
{
	struct apply a = { f, emb, text, out, n };

	rk_pool_run(pool, (n + TILE - 1) / TILE, apply_tile, &a);
}

/* --- in a model file --------------------------------------------------------- */

void
rk_features_put(const struct rk_features *f, struct rk_st_writer *w)
{
	const size_t two = 2, shape[2] = { 2, N };
	float *weight, *surface;

	if (!f->on)
		return;
	weight = rk_floats(2);
	weight[0] = f->embedding;
	weight[1] = f->surface;
	rk_st_give(w, "features.weight", RK_F32, 1, &two, weight);
	surface = rk_floats(2 * N);
	memcpy(surface, f->mean, sizeof f->mean);
	memcpy(surface + N, f->scale, sizeof f->scale);
	rk_st_give(w, "features.surface", RK_F32, 2, shape, surface);
}

int
rk_features_open(struct rk_features *f, const struct rk_st *st,
    const char *prefix, struct rk_err *err)
{
	const size_t two = 2, shape[2] = { 2, N };
	struct rk_buf name = { 0 };
	const struct rk_tensor *w, *s;
	const float *x;
	size_t i;

	memset(f, 0, sizeof *f);
	rk_buf_addf(&name, "%sfeatures.weight", prefix);
	f->on = rk_st_find(st, name.p) != NULL;
	rk_buf_free(&name);
	if (!f->on)
		return 0;
	w = rk_router_tensor(
	    st, prefix, "features.weight", RK_F32, 1, &two, err);
	s = rk_router_tensor(
	    st, prefix, "features.surface", RK_F32, 2, shape, err);
	if (w == NULL || s == NULL)
		return -1;
	x = s->data;
	f->embedding = ((const float *)w->data)[0];
	f->surface = ((const float *)w->data)[1];
	for (i = 0; i < N; i++) {
		f->mean[i] = x[i];
		f->scale[i] = x[N + i];
		if (!isfinite(x[i]) || !isfinite(x[N + i]))
			return rk_err_set(
			    err, "%sfeatures.surface: not finite", prefix);
	}
	if (!(f->embedding >= 0 && f->embedding <= 1000) ||
	    !(f->surface > 0 && f->surface <= 1000))
		return rk_err_set(
		    err, "%sfeatures.weight: out of range", prefix);
	return 0;
}
