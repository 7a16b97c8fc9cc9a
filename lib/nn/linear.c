/* linear.c - products with matrices in panels, or in their files. */
#include "nn/linear.h"

#include "math/panel.h"
#include "nn/weights.h"

enum { SLICE = 384 }; /* of the feed-forward part; a multiple of RK_PANEL */

/* y = x w' + bias, or ADD: y += x w', by w's columns FROM to FROM + K. */
static void
mul(float *y, size_t ldy, const float *x, size_t ldx, const struct rk_linear *w,
    size_t m, size_t from, size_t k, int add, float *panel)
{
	const float *bias = w->bias;
	size_t j, n;

	if (w->panels != NULL) {
		struct rk_panel_of all = { w->panels, w->n, w->k };
		rk_panel_mul(y, ldy, x, ldx, all, bias, m, from, k, add);
		return;
	}
	for (j = 0; j < w->n; j += n) {
		n = w->n - j < RK_PANEL ? w->n - j : RK_PANEL;
		rk_weights_panel(panel, w->of, w->row + j, n, from, k);
		rk_panel_mul(y + j, ldy, x, ldx,
		    (struct rk_panel_of){ panel, n, k }, bias ? bias + j : NULL,
		    m, 0, k, add);
	}
}

void
rk_linear_mul(float *y, size_t ldy, const float *x, size_t ldx,
    const struct rk_linear *w, size_t m, float *panel)
{
	mul(y, ldy, x, ldx, w, m, 0, w->k, 0, panel);
}

/* Rows AT to AT + N, AT a multiple of RK_PANEL. */
static struct rk_linear
rows_of(const struct rk_linear *w, size_t at, size_t n)
{
	return (struct rk_linear){ w->panels ? w->panels + at * w->k : NULL,
		w->of, w->row + at, n, w->k, w->bias ? w->bias + at : NULL };
}

static size_t
widest(const struct rk_linear_feed *f)
{
	return f->up.n < SLICE ? f->up.n : SLICE;
}

size_t
rk_linear_feed_room(const struct rk_linear_feed *f, size_t m)
{
	return (f->gate.n > 0 ? 2 : 1) * m * widest(f);
}

void
rk_linear_feed(float *y, const float *x, const struct rk_linear_feed *f,
    size_t m, float *room, float *panel)
{
	float *mid = room, *gated = room + m * widest(f);
	size_t d = f->down.n, k = f->up.k, ffn = f->up.n, at, n;

	for (at = 0; at < ffn; at += n) {
		struct rk_linear up, gate;
		n = ffn - at < SLICE ? ffn - at : SLICE;
		up = rows_of(&f->up, at, n);
		rk_linear_mul(mid, n, x, k, &up, m, panel);
		if (f->gate.n > 0) {
			gate = rows_of(&f->gate, at, n);
			rk_linear_mul(gated, n, x, k, &gate, m, panel);
			rk_ops_gated(mid, gated, mid, m * n);
		} else {
			rk_ops_act(mid, NULL, mid, f->act, m * n);
		}
		mul(y, d, mid, n, &f->down, m, at, n, at > 0, panel);
	}
}
