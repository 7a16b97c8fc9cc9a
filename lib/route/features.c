/* features.c - blocks of features side by side. */
#include "route/features.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "route/router.h"

enum { TILE = 32, N = RK_SURFACE_FEATURES };

static const float CLIP = 3;

/* --- what is asked for ------------------------------------------------------ */

/* "surface=0.3": WORD is cut at the '=', *WEIGHT is what follows. */
static int
read_weight(char *word, float *weight, struct rk_err *err)
{
	char *eq = strchr(word, '=');
	double x = strcmp(word, "surface") == 0 ? .2 : 1;

	if (eq != NULL) {
		*eq++ = '\0';
		if (rk_num_parse(eq, &x) != 0 || x < 1e-3 || x > 1000)
			return rk_err_set(err,
			    "features: expected a weight from 0.001 to 1000, "
			    "found '%s'",
			    eq);
	}
	*weight = (float)x;
	return 0;
}

static int
add_name(
    struct rk_features *f, const char *word, float weight, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < f->names; i++)
		if (strcmp(f->name[i], word) == 0)
			return rk_err_set(
			    err, "features: '%s' comes twice", word);
	if (f->names == RK_EMBED_PARTS)
		return rk_err_set(
		    err, "features: more than %d embedders", RK_EMBED_PARTS);
	rk_err_quote(f->name[f->names], sizeof f->name[0], word, strlen(word));
	f->asked[f->names++] = weight;
	return 0;
}

int
rk_features_parse(struct rk_features *f, const char *list, struct rk_err *err)
{
	char word[80];
	float weight = 0, whole = 0;
	size_t n;

	memset(f, 0, sizeof *f);
	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		rk_err_quote(word, sizeof word, list, n);
		if (read_weight(word, &weight, err) != 0)
			return -1;
		if (strcmp(word, "embedding") == 0)
			whole = weight;
		else if (strcmp(word, "surface") == 0)
			f->surface = weight;
		else if (add_name(f, word, weight, err) != 0)
			return -1;
	}
	if (f->names > 0 && whole > 0)
		return rk_err_set(err,
		    "features: embedding is all of it: name either it or its "
		    "parts");
	if (f->names == 0)
		f->asked[0] = whole;
	f->on = f->surface > 0 || f->names > 0;
	return 0;
}

/* --- fitting ---------------------------------------------------------------- */

/* The part of P that is called NAME. */
static int
find_part(const struct rk_prefs *p, const char *name, size_t *part,
    struct rk_err *err)
{
	struct rk_buf known = { 0 };
	size_t i;

	for (i = 0; i < p->parts; i++) {
		if (strcmp(p->part[i].name, name) == 0) {
			rk_buf_free(&known);
			*part = i;
			return 0;
		}
		rk_buf_addf(&known, ", %s", p->part[i].name);
	}
	rk_err_set(err,
	    "features: no '%s' in the embeddings, expected embedding, "
	    "surface%s%s",
	    name, known.p ? known.p : "",
	    known.p ? "" : " (the records' embeddings were made elsewhere)");
	rk_buf_free(&known);
	return -1;
}

static int
fit_parts(struct rk_features *f, const struct rk_prefs *p, struct rk_err *err)
{
	size_t i, at;

	f->d_in = p->d;
	f->parts = 1;
	f->d[0] = p->d;
	f->weight[0] = f->asked[0];
	if (f->names == 0)
		return 0;
	for (i = 0; i < p->parts; i++) {
		f->d[i] = p->part[i].d;
		f->weight[i] = 0;
	}
	for (i = 0; i < f->names; i++) {
		if (find_part(p, f->name[i], &at, err) != 0)
			return -1;
		f->weight[at] = f->asked[i];
	}
	f->parts = p->parts;
	f->on = f->surface > 0 || f->parts > 1;
	return 0;
}

static void
fit_surface(struct rk_features *f, const struct rk_prefs *p)
{
	double sum[N] = { 0 }, sq[N] = { 0 }, n = 0;
	float x[N];
	size_t i, j;

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

int
rk_features_fit(
    struct rk_features *f, const struct rk_prefs *p, struct rk_err *err)
{
	if (fit_parts(f, p, err) != 0)
		return -1;
	if (f->surface <= 0)
		return 0;
	if (p->text == NULL)
		return rk_err_set(err,
		    "features: surface wants a text, and there are records "
		    "without one");
	fit_surface(f, p);
	return 0;
}

/* --- applying --------------------------------------------------------------- */

size_t
rk_features_dim(const struct rk_features *f)
{
	size_t d = f->surface > 0 ? N : 0, i;

	for (i = 0; i < f->parts; i++)
		d += f->weight[i] > 0 ? f->d[i] : 0;
	return d;
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
	size_t at = 0, from = 0, i, j;

	for (i = 0; i < f->parts; from += f->d[i++]) {
		if (f->weight[i] <= 0)
			continue;
		memcpy(out + at, emb + from, f->d[i] * sizeof *out);
		set_length(out + at, f->d[i], (double)f->weight[i]);
		at += f->d[i];
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
	const size_t n = f->parts + 1, shape[2] = { 2, N };
	float *weight, *surface;
	uint32_t *d;
	size_t i;

	if (!f->on)
		return;
	weight = rk_floats(n);
	memcpy(weight, f->weight, f->parts * sizeof *weight);
	weight[f->parts] = f->surface;
	rk_st_give(w, "features.weight", RK_F32, 1, &n, weight);
	if (f->parts > 1) {
		d = rk_array(NULL, f->parts, sizeof *d);
		for (i = 0; i < f->parts; i++)
			d[i] = (uint32_t)f->d[i];
		rk_st_give(w, "features.parts", RK_U32, 1, &f->parts, d);
	}
	if (f->surface <= 0)
		return;
	surface = rk_floats(2 * N);
	memcpy(surface, f->mean, sizeof f->mean);
	memcpy(surface + N, f->scale, sizeof f->scale);
	rk_st_give(w, "features.surface", RK_F32, 2, shape, surface);
}

/* The parts' dimensions, where there are several. */
static int
open_parts(struct rk_features *f, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const struct rk_tensor *t;
	const uint32_t *d;
	size_t i;

	if (f->parts == 1)
		return 0;
	t = rk_router_tensor(
	    st, prefix, "features.parts", RK_U32, 1, &f->parts, err);
	if (t == NULL)
		return -1;
	d = t->data;
	for (i = 0; i < f->parts; i++) {
		if (d[i] == 0 || d[i] > RK_ROUTER_MAX_DIM)
			return rk_err_set(err,
			    "%sfeatures.parts: found %lu, expected 1 to %d",
			    prefix, (unsigned long)d[i], RK_ROUTER_MAX_DIM);
		f->d[i] = d[i];
		f->d_in += d[i];
	}
	return 0;
}

static int
open_weights(struct rk_features *f, const struct rk_tensor *t,
    const char *prefix, struct rk_err *err)
{
	const float *x = t->data;
	size_t n = t->shape[0], i;
	int some = 0;

	if (n < 2 || n > RK_EMBED_PARTS + 1)
		return rk_err_set(err,
		    "%sfeatures.weight: %zu numbers, expected 2 to %d", prefix,
		    n, RK_EMBED_PARTS + 1);
	f->parts = n - 1;
	memcpy(f->weight, x, f->parts * sizeof *x);
	f->surface = x[n - 1];
	for (i = 0; i < n; i++) {
		if (!(x[i] >= 0 && x[i] <= 1000))
			return rk_err_set(
			    err, "%sfeatures.weight: out of range", prefix);
		some |= x[i] > 0;
	}
	/* one part alone, or nothing, is no choice */
	if (!some || (f->parts == 1 && f->surface <= 0))
		return rk_err_set(
		    err, "%sfeatures.weight: nothing is weighted", prefix);
	return 0;
}

static int
open_surface(struct rk_features *f, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t shape[2] = { 2, N };
	const struct rk_tensor *t;
	const float *x;
	size_t i;

	if (f->surface <= 0)
		return 0;
	t = rk_router_tensor(
	    st, prefix, "features.surface", RK_F32, 2, shape, err);
	if (t == NULL)
		return -1;
	x = t->data;
	for (i = 0; i < N; i++) {
		f->mean[i] = x[i];
		f->scale[i] = x[N + i];
		if (!isfinite(x[i]) || !isfinite(x[N + i]))
			return rk_err_set(
			    err, "%sfeatures.surface: not finite", prefix);
	}
	return 0;
}

int
rk_features_open(struct rk_features *f, const struct rk_st *st,
    const char *prefix, struct rk_err *err)
{
	size_t any = SIZE_MAX;
	struct rk_buf name = { 0 };
	const struct rk_tensor *w;

	memset(f, 0, sizeof *f);
	rk_buf_addf(&name, "%sfeatures.weight", prefix);
	f->on = rk_st_find(st, name.p) != NULL;
	rk_buf_free(&name);
	if (!f->on)
		return 0;
	w = rk_router_tensor(
	    st, prefix, "features.weight", RK_F32, 1, &any, err);
	return w == NULL || open_weights(f, w, prefix, err) != 0 ||
		open_parts(f, st, prefix, err) != 0 ||
		open_surface(f, st, prefix, err) != 0
	    ? -1
	    : 0;
}
