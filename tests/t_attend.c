/*
 * t_attend.c - attention in panels (nn/attend.h) against that of nn/ops.h,
 * which PyTorch has checked, on texts longer than a block; and that a query's
 * bytes do not depend on what it is computed with.
 */
#include "nn/attend.h"

#include "base/mem.h"
#include "base/rng.h"
#include "nn/ops.h"
#include "tap.h"

enum { T = 200, HEADS = 4, GROUPS = 2, MOST = 40, LD = 8 * MOST };

static float *qkv; /* [T, LD]: queries, keys, values */

static struct rk_mat
mat(size_t row, size_t head)
{
	return (struct rk_mat){ qkv + row * LD + head * MOST, LD };
}

/* The last N of T queries, by ops.h. New. */
static float *
want(const struct rk_attend *a, size_t n)
{
	struct rk_attention o = { .n = n,
		.keys = T,
		.h = HEADS,
		.groups = GROUPS,
		.d = a->head,
		.causal = 1,
		.scale = a->scale,
		.window = a->window };
	float *y = rk_floats(n * HEADS * a->head);
	float *room = rk_floats(rk_ops_attention_room(&o));

	rk_ops_attention(
	    y, mat(T - n, 0), mat(0, HEADS), mat(0, HEADS + GROUPS), &o, room);
	free(room);
	return y;
}

/* The same by attend.h, with the first KEPT keys kept. New. */
static float *
got(const struct rk_attend *a, size_t n, size_t kept)
{
	struct rk_attend_kept k = { 0 };
	float *y = rk_floats(n * HEADS * a->head);
	float *room = rk_floats(rk_attend_room(a, T));

	if (kept > 0)
		k = rk_attend_keep(
		    a, mat(0, HEADS), mat(0, HEADS + GROUPS), kept);
	rk_attend(y, mat(T - n, 0), mat(kept, HEADS), mat(kept, HEADS + GROUPS),
	    n, T - kept, kept > 0 ? &k : NULL, a, room);
	free(k.key);
	free(room);
	return y;
}

static void
check(size_t head, size_t window)
{
	struct rk_attend a = { HEADS, GROUPS, head, window,
		1 / sqrtf((float)head) };
	size_t size = T * HEADS * head, part = 7 * HEADS * head, i;
	float *w = want(&a, T), *all = got(&a, T, 0);
	float *last = got(&a, 7, 0), *behind = got(&a, 7, 33);
	float *far = got(&a, 7, 193);
	double off = 0;

	for (i = 0; i < size; i++)
		off = fmax(off, fabs((double)w[i] - (double)all[i]));
	near(off, 0, 2e-6, "attention in panels is that of ops.h");
	ok(memcmp(all + size - part, last, part * sizeof *all) == 0,
	    "heads of %zu, window %zu: the last queries have the same bytes "
	    "alone",
	    head, window);
	ok(memcmp(last, behind, part * sizeof *all) == 0 &&
		memcmp(last, far, part * sizeof *all) == 0,
	    "and behind keys that were kept");
	free(w);
	free(all);
	free(last);
	free(behind);
	free(far);
}

int
main(void)
{
	static const size_t windows[] = { 0, 1, 31, 70, 200, 1000 };
	struct rk_rng rng;
	size_t i;

	rk_rng_init(&rng, 1, 1);
	qkv = rk_floats(T * LD);
	for (i = 0; i < T * LD; i++)
		qkv[i] = (float)rk_rng_normal(&rng);
	for (i = 0; i < sizeof windows / sizeof *windows; i++) {
		check(6, windows[i]);
		check(32, windows[i]);
		check(40, windows[i]);
	}
	free(qkv);
	return done();
}
