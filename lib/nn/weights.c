/* weights.c - a layout of weights, and their way out of files. */
#include "nn/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/num.h"

#include "math/mat.h"
#include "math/panel.h"

/* --- the layout ---------------------------------------------------------------- */

void
rk_weights_add(struct rk_weights_layout *l, const char *name, size_t n,
    size_t k, enum rk_weights_place place)
{
	struct rk_weights_part *p;

	RK_GROW(l->part, l->parts, l->cap);
	p = &l->part[l->parts++];
	snprintf(p->name, sizeof p->name, "%s", name);
	p->ndim = k ? 2 : 1;
	p->shape[0] = n;
	p->shape[1] = k ? k : 1;
	p->at = l->floats;
	p->place = place;
	if (place == RK_WEIGHTS_PANELS)
		l->floats += rk_panel_floats(n, k);
	else if (place == RK_WEIGHTS_PLAIN)
		l->floats += n * p->shape[1];
}

void
rk_weights_layout_free(struct rk_weights_layout *l)
{
	free(l->part);
	memset(l, 0, sizeof *l);
}

/* --- from tensors ------------------------------------------------------------------ */

void
rk_weights_get(float *out, const struct rk_tensor *t, size_t at, size_t n)
{
	const uint16_t *half = t->data;
	size_t i;

	if (t->dtype == RK_F32) {
		memcpy(out, (const float *)t->data + at, n * sizeof *out);
	} else if (t->dtype == RK_F16) {
		rk_num_widen_f16(out, half + at, n);
	} else { /* BF16: the upper half of a float */
		for (i = 0; i < n; i++) {
			uint32_t bits = (uint32_t)half[at + i] << 16;
			memcpy(&out[i], &bits, sizeof bits);
		}
	}
}

RK_CLONES static int
is_finite_16(const uint16_t *x, uint16_t exponent, size_t n)
{
	int bad = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bad |= (x[i] & exponent) == exponent;
	return !bad;
}

int
rk_weights_check(
    const struct rk_tensor *const *of, size_t n, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rk_tensor *t = of[i];
		int good = t->dtype == RK_F32
		    ? rk_mat_finite(t->data, t->count)
		    : is_finite_16(t->data,
			  t->dtype == RK_F16 ? 0x7c00 : 0x7f80, t->count);
		if (!good)
			return rk_err_set(err,
			    "tensor %s: found a number that is not finite",
			    t->name);
	}
	return 0;
}

struct widen {
	float *p;
	const struct rk_weights_layout *l;
	const struct rk_tensor *const *of;
};

/* Columns of a panel that are put at a time. */
enum { RUN = 128 };

void
rk_weights_panel(float *panel, const struct rk_tensor *t, size_t row,
    size_t rows, size_t from, size_t k)
{
	size_t stride = t->shape[1], at, n, r;
	float some[RK_PANEL * RUN];

	for (at = 0; at < k; at += n) {
		n = k - at < RUN ? k - at : RUN;
		for (r = 0; r < rows; r++)
			rk_weights_get(
			    some + r * n, t, (row + r) * stride + from + at, n);
		rk_panel_put(panel + at * RK_PANEL, some, 0, rows, n);
	}
}

static void
widen_part(void *ctx, size_t i, int thread)
{
	const struct widen *w = ctx;
	const struct rk_weights_part *part = &w->l->part[i];
	const struct rk_tensor *t = w->of[i];
	size_t n = part->shape[0], k = part->shape[1], j;
	float *out = w->p + part->at;

	(void)thread;
	if (part->place == RK_WEIGHTS_PLAIN)
		rk_weights_get(out, t, 0, t->count);
	for (j = 0; part->place == RK_WEIGHTS_PANELS && j < n; j += RK_PANEL)
		rk_weights_panel(out + j * k, t, j,
		    n - j < RK_PANEL ? n - j : RK_PANEL, 0, k);
}

void
rk_weights_widen(float *p, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool)
{
	struct widen w = { p, l, of };

	rk_pool_run(pool, l->parts, widen_part, &w);
}

struct digest {
	const struct rk_weights_layout *l;
	const struct rk_tensor *const *of;
	uint64_t *h; /* [parts] */
};

static void
digest_part(void *ctx, size_t i, int thread)
{
	const struct digest *d = ctx;
	const struct rk_tensor *t = d->of[i];
	const char *name = d->l->part[i].name;

	(void)thread;
	d->h[i] = rk_digest(rk_num_hash(name, strlen(name)) + t->dtype, t->data,
	    t->count * rk_dtype_size(t->dtype));
}

uint64_t
rk_weights_digest(uint64_t h, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool)
{
	struct digest d = { l, of, rk_calloc(l->parts, sizeof *d.h) };

	rk_pool_run(pool, l->parts, digest_part, &d);
	h = rk_digest(h, d.h, l->parts * sizeof *d.h);
	free(d.h);
	return h;
}
