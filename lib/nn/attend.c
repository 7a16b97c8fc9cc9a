/*
 * attend.c - a group of heads at a time. Its keys are the columns of the
 * first product, q k', and so lie as [t, head] in panels of tokens; its values
 * are the columns of the second, p v, and lie as [head, t] in panels of the
 * head's width. Queries go by blocks, each by the keys that its last one sees.
 */
#include "nn/attend.h"

#include <string.h>

#include "base/mem.h"
#include "math/panel.h"
#include "nn/ops.h"

enum { BLOCK = 48 }; /* queries at a time: a multiple of a kernel's rows */

static size_t
whole(size_t n) /* panels' columns */
{
	return (n + RK_PANEL - 1) / RK_PANEL * RK_PANEL;
}

/* A group's keys and values, T tokens in all. */
struct panels {
	float *key;   /* [whole(t) / RK_PANEL][head][RK_PANEL] */
	float *value; /* [whole(head) / RK_PANEL][t][RK_PANEL] */
	size_t t;
};

/* Puts T rows, from token AT on. */
static void
put(const struct panels *p, size_t head, const float *k, size_t ldk,
    const float *v, size_t ldv, size_t at, size_t t)
{
	size_t i, c, n;

	for (i = at; i < at + t; i++, k += ldk, v += ldv) {
		float *key = p->key + i / RK_PANEL * RK_PANEL * head +
		    i % RK_PANEL;
		for (c = 0; c < head; c++)
			key[c * RK_PANEL] = k[c];
		for (c = 0; c < head; c += RK_PANEL) {
			float *to = p->value + c * p->t + i * RK_PANEL;
			n = head - c < RK_PANEL ? head - c : RK_PANEL;
			memcpy(to, v + c, n * sizeof *to);
			memset(to + n, 0, (RK_PANEL - n) * sizeof *to);
		}
	}
}

/* Copies what was kept of group G. */
static void
put_kept(const struct panels *p, const struct rk_attend_kept *kept,
    const struct rk_attend *a, size_t g)
{
	size_t keys = whole(kept->t) * a->head, c;
	size_t width = whole(a->head);
	const float *value = kept->value + g * width * kept->t;

	memcpy(p->key, kept->key + g * keys, keys * sizeof(float));
	for (c = 0; c < width; c += RK_PANEL)
		memcpy(p->value + c * p->t, value + c * kept->t,
		    kept->t * RK_PANEL * sizeof(float));
}

struct rk_attend_kept
rk_attend_keep(
    const struct rk_attend *a, struct rk_mat k, struct rk_mat v, size_t t)
{
	size_t keys = whole(t) * a->head, values = whole(a->head) * t, g;
	struct rk_attend_kept kept = { .t = t };

	kept.key = rk_floats(a->groups * (keys + values));
	kept.value = kept.key + a->groups * keys;
	memset(kept.key, 0, a->groups * keys * sizeof *kept.key);
	for (g = 0; g < a->groups; g++) {
		struct panels p = { kept.key + g * keys,
			kept.value + g * values, t };
		put(&p, a->head, k.p + g * a->head, k.ld, v.p + g * a->head,
		    v.ld, 0, t);
	}
	return kept;
}

size_t
rk_attend_room(const struct rk_attend *a, size_t t)
{
	return whole(t) * a->head + whole(a->head) * t +
	    BLOCK * (whole(t) + whole(a->head));
}

/* p[m, ld] = softmax(scale p), row by row: of the keys END - M + i sees. */
static void
shares(float *p, size_t ld, const struct rk_attend *a, size_t m, size_t first,
    size_t end)
{
	size_t i;

	for (i = 0; i < m; i++, p += ld) {
		size_t to = end - m + i + 1, from = 0;
		if (a->window > 0 && to > a->window)
			from = to - a->window;
		rk_ops_shares(p + from - first, a->scale, to - from);
		memset(p, 0, (from - first) * sizeof *p);
		memset(p + to - first, 0, (end - to) * sizeof *p);
	}
}

/* A head and a block of M queries, the last of which sees END keys. */
static void
block(float *y, size_t ldy, const float *q, size_t ldq, size_t m, size_t end,
    const struct panels *p, const struct rk_attend *a, float *room)
{
	/* nobody sees what is before the first one's window */
	size_t sees = end - m + 1, width = whole(a->head), i;
	size_t first = a->window > 0 && sees > a->window
	    ? (sees - a->window) / RK_PANEL * RK_PANEL
	    : 0;
	size_t n = whole(end) - first;
	float *out = room + m * n;
	struct rk_panel_of keys = { p->key + first * a->head, n, a->head };
	struct rk_panel_of values = { p->value, width, p->t };

	rk_panel_mul(room, n, q, ldq, keys, NULL, m, 0, a->head, 0);
	shares(room, n, a, m, first, end);
	rk_panel_mul(
	    out, width, room, n, values, NULL, m, first, end - first, 0);
	for (i = 0; i < m; i++)
		memcpy(y + i * ldy, out + i * width, a->head * sizeof *y);
}

void
rk_attend(float *y, struct rk_mat q, struct rk_mat k, struct rk_mat v, size_t n,
    size_t t, const struct rk_attend_kept *kept, const struct rk_attend *a,
    float *room)
{
	size_t before = kept ? kept->t : 0, all = before + t, g, h, at, m;
	size_t share = a->heads / a->groups, ldy = a->heads * a->head;
	struct panels p = { room, room + whole(all) * a->head, all };

	room = p.value + whole(a->head) * all;
	memset(p.key, 0, whole(all) * a->head * sizeof *p.key);
	for (g = 0; g < a->groups; g++) {
		if (kept != NULL)
			put_kept(&p, kept, a, g);
		put(&p, a->head, k.p + g * a->head, k.ld, v.p + g * a->head,
		    v.ld, before, t);
		for (h = g * share; h < (g + 1) * share; h++)
			for (at = 0; at < n; at += m) {
				m = n - at < BLOCK ? n - at : BLOCK;
				block(y + at * ldy + h * a->head, ldy,
				    q.p + at * q.ld + h * a->head, q.ld, m,
				    all - n + at + m, &p, a, room);
			}
	}
}
