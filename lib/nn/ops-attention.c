/*
 * ops-attention.c - attention, a head and a block of queries at a time: the
 * block's products with all keys stay in the cache. The backward computes the
 * softmax anew, which costs one product of its six and keeps nothing of size
 * n^2 a head.
 */
#include <string.h>

#include "nn/ops.h"

enum { BLOCK = 128 }; /* queries at a time */

static size_t
block_of(const struct rk_attention *a)
{
	return a->n < BLOCK ? a->n : BLOCK;
}

size_t
rk_ops_attention_room(const struct rk_attention *a)
{
	return 3 * block_of(a) * a->keys;
}

RK_CLONES static float
largest(const float *x, size_t n)
{
	float m[RK_LANES];
	size_t i, j;

	for (j = 0; j < RK_LANES; j++)
		m[j] = x[0];
	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			m[j] = m[j] > x[i + j] ? m[j] : x[i + j];
	for (j = 0; i + j < n; j++)
		m[j] = m[j] > x[i + j] ? m[j] : x[i + j];
	for (j = 1; j < RK_LANES; j++)
		m[0] = m[0] > m[j] ? m[0] : m[j];
	return m[0];
}

/*
 * Scales x[n], all positive and the largest 1, to the sum of 1. What is too
 * small to count is 0: products with denormal numbers take a hundred times as
 * long.
 */
RK_CLONES static void
to_shares(float *x, size_t n)
{
	float s[RK_LANES] = { 0 }, scale;
	double sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += x[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += x[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	scale = (float)(1 / sum);
	for (i = 0; i < n; i++)
		x[i] = x[i] > 1e-20f ? x[i] * scale : 0;
}

void
rk_ops_shares(float *p, float scale, size_t n)
{
	rk_mat_exp(p, p, scale, -scale * largest(p, n), n);
	to_shares(p, n);
}

/* A head and a block of its queries. */
struct part {
	const struct rk_attention *a;
	size_t head, from, m; /* queries from .. from + m */
	size_t seen;          /* keys that the last of them sees */
	size_t at, kv;        /* the head's column in q and y; in k and v */
};

static struct part
part_at(const struct rk_attention *a, size_t head, size_t from)
{
	struct part t = { a, head, from, a->n - from, a->keys, head * a->d,
		head / (a->h / a->groups) * a->d };

	if (t.m > BLOCK)
		t.m = BLOCK;
	if (a->causal)
		t.seen = a->keys - a->n + from + t.m;
	return t;
}

/* p[m, seen] = softmax(scale * q k'), row by row; 0 for keys not seen. */
static void
shares(float *p, struct rk_mat q, struct rk_mat k, const struct part *t)
{
	const struct rk_attention *a = t->a;
	size_t i;

	q.p += t->from * q.ld + t->at;
	k.p += t->kv;
	rk_mat_nt(p, t->seen, q, k, t->m, t->seen, a->d, 0);
	for (i = 0; i < t->m; i++, p += t->seen) {
		size_t end = a->causal ? t->seen - t->m + i + 1 : t->seen;
		size_t at = a->window && end > a->window ? end - a->window : 0;
		rk_ops_shares(p + at, a->scale, end - at);
		memset(p, 0, at * sizeof *p);
		memset(p + end, 0, (t->seen - end) * sizeof *p);
	}
}

/* Drops of x[m, seen] what the part's key says. */
static void
drop(float *y, const float *x, const struct part *t)
{
	const struct rk_attention *a = t->a;
	size_t i;

	for (i = 0; i < t->m; i++)
		rk_ops_dropout(y + i * t->seen, x + i * t->seen, a->drop,
		    rk_ops_key(a->key, t->head, t->from + i, 0, 0), t->seen);
}

void
rk_ops_attention(float *y, struct rk_mat q, struct rk_mat k, struct rk_mat v,
    const struct rk_attention *a, float *room)
{
	size_t head, from, width = a->h * a->d;

	for (head = 0; head < a->h; head++) {
		for (from = 0; from < a->n; from += BLOCK) {
			struct part t = part_at(a, head, from);
			struct rk_mat p = { room, t.seen };
			struct rk_mat vh = { v.p + t.kv, v.ld };
			shares(room, q, k, &t);
			if (a->drop > 0)
				drop(room, room, &t);
			rk_mat_nn(y + from * width + t.at, width, p, vh, t.m,
			    a->d, t.seen, 0);
		}
	}
}

/* ds[n] := scale * p (ds - sum of p ds): the softmax's backward, of a row. */
RK_CLONES static void
shares_back(float *ds, const float *p, float scale, size_t n)
{
	float s[RK_LANES] = { 0 }, mean;
	double sum = 0;
	size_t i, j;

	for (i = 0; i + RK_LANES <= n; i += RK_LANES)
		for (j = 0; j < RK_LANES; j++)
			s[j] += p[i + j] * ds[i + j];
	for (j = 0; i + j < n; j++)
		s[j] += p[i + j] * ds[i + j];
	for (j = 0; j < RK_LANES; j++)
		sum += s[j];
	mean = (float)sum;
	for (i = 0; i < n; i++)
		ds[i] = scale * p[i] * (ds[i] - mean);
}

/*
 * Adds to dk and dv, and sets dq, of one part. The room holds p, what dropout
 * leaves of it, and ds.
 */
static void
part_back(float *dq, float *dk, float *dv, size_t ld, struct rk_mat dy,
    struct rk_mat q, struct rk_mat k, struct rk_mat v, const struct part *t,
    float *room)
{
	const struct rk_attention *a = t->a;
	float *p = room, *left = p, *ds = p + t->m * t->seen;
	struct rk_mat pm = { p, t->seen }, dsm = { ds, t->seen };
	size_t i;

	shares(p, q, k, t);
	if (a->drop > 0) {
		left = ds + t->m * t->seen;
		drop(left, p, t);
		pm.p = left;
	}
	q.p += t->from * q.ld + t->at;
	k.p += t->kv;
	v.p += t->kv;
	rk_mat_tn(dv + t->kv, ld, pm, dy, t->seen, a->d, t->m, 1);
	rk_mat_nt(ds, t->seen, dy, v, t->m, t->seen, a->d, 0);
	if (a->drop > 0)
		drop(ds, ds, t);
	for (i = 0; i < t->m; i++)
		shares_back(
		    ds + i * t->seen, p + i * t->seen, a->scale, t->seen);
	rk_mat_nn(
	    dq + t->from * ld + t->at, ld, dsm, k, t->m, a->d, t->seen, 0);
	rk_mat_tn(dk + t->kv, ld, dsm, q, t->seen, a->d, t->m, 1);
}

void
rk_ops_attention_back(float *dq, float *dk, float *dv, size_t ld,
    const float *dy, struct rk_mat q, struct rk_mat k, struct rk_mat v,
    const struct rk_attention *a, float *room)
{
	size_t head, from, i, width = a->h * a->d;

	for (i = 0; i < a->keys; i++) {
		memset(dk + i * ld, 0, a->groups * a->d * sizeof *dk);
		memset(dv + i * ld, 0, a->groups * a->d * sizeof *dv);
	}
	for (head = 0; head < a->h; head++) {
		for (from = 0; from < a->n; from += BLOCK) {
			struct part t = part_at(a, head, from);
			struct rk_mat d = { dy + from * width + t.at, width };
			part_back(dq, dk, dv, ld, d, q, k, v, &t, room);
		}
	}
}
