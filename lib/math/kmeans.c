/*
 * kmeans.c - all starts take their steps together, so that a tile of vectors is
 * multiplied once with the centres of all of them: one large product a step,
 * and the vectors are read once for all. A cluster's sum is not made anew but
 * changed by the vectors that came and went, in double. Starts that are done
 * leave the rest to go on.
 */
#include "math/kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "math/mat.h"

enum {
	TILE = 256, /* vectors that a thread takes at a time */
	STRIP = 64  /* dimensions of the sums that a thread takes */
};

/* Centres and sums of starts that go together, in bytes, if one fits at all. */
#define TOGETHER (512u << 20)

#define NOWHERE UINT32_MAX

/*
 * What all starts share. A start that goes on has a slot: its centres, and all
 * else that is by slot, are at that place.
 */
struct work {
	const float *x;
	size_t n, d, k;
	float *square; /* [n], |x|^2 */
	struct rk_pool *pool;
	size_t slots;      /* starts that go on */
	size_t *start;     /* [slots]: which start it is */
	float *centre;     /* [slots, k, d] */
	float *length;     /* [slots, k], |c|^2 */
	double *sum;       /* [slots, k, d] */
	size_t *count;     /* [slots, k] */
	uint32_t *nearest; /* [slots, n] */
	uint32_t *before;  /* [slots, n], NOWHERE at first */
	float *far;        /* [slots, n], squared distance to the nearest */
	double *inertia;   /* [tiles, slots] */
	uint8_t *last;     /* [slots]: the centres are final */
	float *product;    /* [threads, TILE, slots k] */
};

/* --- a step ---------------------------------------------------------------- */

/* The nearest of k centres by |c|^2 - 2 x.c, the first of equals. */
static size_t
least(const float *length, const float *dot, size_t k, float *value)
{
	float best = length[0] - 2 * dot[0];
	size_t at = 0, c;

	for (c = 1; c < k; c++) {
		float v = length[c] - 2 * dot[c];
		if (v < best) {
			best = v;
			at = c;
		}
	}
	*value = best;
	return at;
}

static void
assign_tile(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	size_t at = tile * TILE, cols = w->slots * w->k, i, s;
	size_t n = w->n - at < TILE ? w->n - at : TILE;
	struct rk_mat x = { w->x + at * w->d, w->d };
	struct rk_mat c = { w->centre, w->d };
	float *dot = w->product + (size_t)thread * TILE * cols;

	rk_mat_nt(dot, cols, x, c, n, cols, w->d, 0);
	for (s = 0; s < w->slots; s++) {
		double inertia = 0;
		for (i = 0; i < n; i++) {
			size_t to = s * w->n + at + i;
			float v;
			w->before[to] = w->nearest[to];
			w->nearest[to] = (uint32_t)least(w->length + s * w->k,
			    dot + i * cols + s * w->k, w->k, &v);
			v += w->square[at + i];
			w->far[to] = v > 0 ? v : 0;
			inertia += w->far[to];
		}
		w->inertia[tile * w->slots + s] = inertia;
	}
}

RK_CLONES static void
add(double *sum, const float *x, double sign, size_t n)
{
	size_t j;

	for (j = 0; j < n; j++)
		sum[j] += sign * (double)x[j];
}

/* The sums of all slots, in some of their dimensions. */
static void
sum_strip(void *ctx, size_t strip, int thread)
{
	struct work *w = ctx;
	size_t from = strip * STRIP, i, s;
	size_t cols = w->d - from < STRIP ? w->d - from : STRIP;

	(void)thread;
	for (i = 0; i < w->n; i++) {
		const float *x = w->x + i * w->d + from;
		for (s = 0; s < w->slots; s++) {
			size_t was = w->before[s * w->n + i];
			size_t is = w->nearest[s * w->n + i];
			double *sum = w->sum + s * w->k * w->d + from;
			if (was == is)
				continue;
			add(sum + is * w->d, x, 1, cols);
			if (was != NOWHERE)
				add(sum + was * w->d, x, -1, cols);
		}
	}
}

/* Gives an empty cluster of slot S the vector that is farthest from its own. */
static void
refill(struct work *w, size_t s, size_t empty)
{
	float *far = w->far + s * w->n;
	uint32_t *nearest = w->nearest + s * w->n;
	size_t *count = w->count + s * w->k, i, at = 0;
	double *sum = w->sum + s * w->k * w->d;

	for (i = 1; i < w->n; i++)
		if (far[i] > far[at])
			at = i;
	/* what is left of a distance of 0 after rounding */
	if (far[at] <= 1e-5f * w->square[at] || count[nearest[at]] < 2)
		return;
	count[nearest[at]]--;
	add(sum + nearest[at] * w->d, w->x + at * w->d, -1, w->d);
	nearest[at] = (uint32_t)empty;
	count[empty] = 1;
	for (i = 0; i < w->d; i++)
		sum[empty * w->d + i] = w->x[at * w->d + i];
	far[at] = 0;
}

/* Moves the centres of slot S to their means; returns how far, squared. */
static double
move(struct work *w, size_t s)
{
	size_t *count = w->count + s * w->k, c, i;
	double far = 0;

	memset(count, 0, w->k * sizeof *count);
	for (i = 0; i < w->n; i++)
		count[w->nearest[s * w->n + i]]++;
	for (c = 0; c < w->k; c++)
		if (count[c] == 0)
			refill(w, s, c);
	for (c = 0; c < w->k; c++) {
		float *centre = w->centre + (s * w->k + c) * w->d;
		const double *sum = w->sum + (s * w->k + c) * w->d;
		for (i = 0; i < w->d && count[c] > 0; i++) {
			float to = (float)(sum[i] / (double)count[c]);
			double gap = (double)to - centre[i];
			far += gap * gap;
			centre[i] = to;
		}
		w->length[s * w->k + c] = (float)rk_mat_dot(
		    centre, centre, w->d);
	}
	return far;
}

struct moved {
	struct work *w;
	double *far; /* [slots] */
};

static void
move_slot(void *ctx, size_t s, int thread)
{
	struct moved *m = ctx;

	(void)thread;
	m->far[s] = move(m->w, s);
}

/* Did any vector of slot S change its cluster? */
static int
changed(const struct work *w, size_t s)
{
	return memcmp(w->nearest + s * w->n, w->before + s * w->n,
		   w->n * sizeof *w->nearest) != 0;
}

/* --- the starts ------------------------------------------------------------ */

/*
 * Keeps slot S if it is the best so far, the first of equals, then gives its
 * place to the last.
 */
static void
finish(struct work *w, size_t s, double inertia, int steps,
    struct rk_kmeans *out, size_t *kept)
{
	size_t block = w->k * w->d, end = --w->slots;

	if (inertia < out->inertia ||
	    (inertia <= out->inertia && w->start[s] < *kept)) {
		memcpy(out->centre, w->centre + s * block,
		    block * sizeof *out->centre);
		memcpy(out->nearest, w->nearest + s * w->n,
		    w->n * sizeof *out->nearest);
		out->inertia = inertia;
		out->steps = steps;
		*kept = w->start[s];
	}
	if (s == end)
		return;
	memcpy(w->centre + s * block, w->centre + end * block,
	    block * sizeof *w->centre);
	memcpy(
	    w->sum + s * block, w->sum + end * block, block * sizeof *w->sum);
	memcpy(w->length + s * w->k, w->length + end * w->k,
	    w->k * sizeof *w->length);
	memcpy(w->nearest + s * w->n, w->nearest + end * w->n,
	    w->n * sizeof *w->nearest);
	memcpy(w->before + s * w->n, w->before + end * w->n,
	    w->n * sizeof *w->before);
	memcpy(w->far + s * w->n, w->far + end * w->n, w->n * sizeof *w->far);
	w->start[s] = w->start[end];
	w->last[s] = w->last[end];
}

/* Lloyd's iteration of all slots; *KEPT is the start in OUT. */
static void
run(struct work *w, double tolerance, int most, struct rk_kmeans *out,
    size_t *kept)
{
	size_t tiles = (w->n + TILE - 1) / TILE, s, t;
	size_t strips = (w->d + STRIP - 1) / STRIP, all = w->slots;
	double *inertia = rk_calloc(2 * all, sizeof *inertia);
	struct moved moved = { w, inertia + all };
	int step;

	for (step = 1; w->slots > 0; step++) {
		rk_pool_run(w->pool, tiles, assign_tile, w);
		for (s = 0; s < w->slots; s++)
			for (inertia[s] = 0, t = 0; t < tiles; t++)
				inertia[s] += w->inertia[t * w->slots + s];
		for (s = w->slots; s-- > 0;)
			if (w->last[s] || !changed(w, s))
				finish(w, s, inertia[s], step - w->last[s], out,
				    kept);
		rk_pool_run(w->pool, strips, sum_strip, w);
		rk_pool_run(w->pool, w->slots, move_slot, &moved);
		for (s = 0; s < w->slots; s++)
			w->last[s] = moved.far[s] <= tolerance || step >= most;
	}
	free(inertia);
}

static void
work_make(struct work *w, const float *x, size_t n, size_t d, size_t k,
    size_t first, size_t starts, struct rk_pool *pool)
{
	size_t i;

	*w = (struct work){ .x = x, .n = n, .d = d, .k = k, .pool = pool };
	w->slots = starts;
	w->square = rk_floats(n);
	for (i = 0; i < n; i++)
		w->square[i] = (float)rk_mat_dot(x + i * d, x + i * d, d);
	w->start = rk_calloc(starts, sizeof *w->start);
	for (i = 0; i < starts; i++)
		w->start[i] = first + i;
	w->centre = rk_floats(starts * k * d);
	w->length = rk_floats(starts * k);
	w->sum = rk_calloc(starts * k * d, sizeof *w->sum);
	w->count = rk_calloc(starts * k, sizeof *w->count);
	w->nearest = rk_array(NULL, starts * n, sizeof *w->nearest);
	memset(w->nearest, 0xff, starts * n * sizeof *w->nearest);
	w->before = rk_calloc(starts * n, sizeof *w->before);
	w->far = rk_floats(starts * n);
	w->inertia = rk_calloc(
	    (n + TILE - 1) / TILE * starts, sizeof *w->inertia);
	w->last = rk_calloc(starts, 1);
	w->product = rk_floats((size_t)rk_pool_size(pool) * TILE * starts * k);
}

static void
work_free(struct work *w)
{
	free(w->square);
	free(w->start);
	free(w->centre);
	free(w->length);
	free(w->sum);
	free(w->count);
	free(w->nearest);
	free(w->before);
	free(w->far);
	free(w->inertia);
	free(w->last);
	free(w->product);
}

/* The mean variance of a dimension. */
static double
variance(const struct work *w)
{
	double *mean = rk_calloc(w->d, sizeof *mean), squares = 0, off = 0;
	size_t i, j;

	for (i = 0; i < w->n; i++) {
		squares += w->square[i];
		add(mean, w->x + i * w->d, 1, w->d);
	}
	for (j = 0; j < w->d; j++)
		off += mean[j] / (double)w->n * mean[j];
	free(mean);
	squares = (squares - off) / (double)w->n / (double)w->d;
	return squares > 0 ? squares : 0;
}

static void
out_make(struct rk_kmeans *out, const struct work *w)
{
	*out = (struct rk_kmeans){ .n = w->n, .d = w->d, .clusters = w->k };
	out->inertia = INFINITY;
	out->centre = rk_floats(w->k * w->d);
	out->nearest = rk_array(NULL, w->n, sizeof *out->nearest);
}

static void
lengths(struct work *w)
{
	size_t i;

	for (i = 0; i < w->slots * w->k; i++) {
		const float *c = w->centre + i * w->d;
		w->length[i] = (float)rk_mat_dot(c, c, w->d);
	}
}

void
rk_kmeans_from(struct rk_kmeans *out, const float *start, const float *x,
    size_t n, size_t d, const struct rk_kmeans_how *how, struct rk_pool *pool)
{
	size_t kept = 0;
	struct work w;

	work_make(&w, x, n, d, how->clusters, 0, 1, pool);
	memcpy(w.centre, start, how->clusters * d * sizeof *w.centre);
	lengths(&w);
	out_make(out, &w);
	run(&w, how->tolerance * variance(&w), how->most, out, &kept);
	work_free(&w);
}

/* --- k-means++ --------------------------------------------------------------- */

struct seeds {
	struct work *w;
	size_t trials;      /* vectors that are tried for a centre */
	struct rk_rng *rng; /* [slots] */
	float *closest; /* [slots, n], squared distance to the nearest so far */
	size_t *row;    /* [slots, trials]: the vectors tried */
	float *tried;   /* [slots trials, d] */
	float *length;  /* [slots trials] */
	float *with;    /* [slots trials, n]: closest, with the vector tried */
	double *total;  /* [tiles, slots trials]: its sum */
	float *product; /* [threads, TILE, slots trials] */
};

static void
try_tile(void *ctx, size_t tile, int thread)
{
	struct seeds *t = ctx;
	struct work *w = t->w;
	size_t at = tile * TILE, cols = w->slots * t->trials, i, c;
	size_t n = w->n - at < TILE ? w->n - at : TILE;
	struct rk_mat x = { w->x + at * w->d, w->d };
	struct rk_mat tried = { t->tried, w->d };
	float *dot = t->product + (size_t)thread * TILE * cols;

	rk_mat_nt(dot, cols, x, tried, n, cols, w->d, 0);
	for (c = 0; c < cols; c++) {
		const float *closest = t->closest + c / t->trials * w->n + at;
		float *with = t->with + c * w->n + at;
		double total = 0;
		for (i = 0; i < n; i++) {
			float v = w->square[at + i] + t->length[c] -
			    2 * dot[i * cols + c];
			v = v > 0 ? v : 0;
			v = v < closest[i] ? v : closest[i];
			with[i] = v;
			total += v;
		}
		t->total[tile * cols + c] = total;
	}
}

/* A vector by its squared distance to the nearest centre; any if all are 0. */
static size_t
draw(struct seeds *t, size_t s, double sum)
{
	const float *closest = t->closest + s * t->w->n;
	double at = rk_rng_unit(&t->rng[s]) * sum, so_far = 0;
	size_t i, last = 0;

	if (!(sum > 0) || isinf(sum))
		return (size_t)rk_rng_below(&t->rng[s], t->w->n);
	for (i = 0; i < t->w->n; i++) {
		so_far += closest[i];
		if (closest[i] > 0)
			last = i;
		if (so_far > at)
			return i;
	}
	return last;
}

/* Centre C of slot S: of the vectors tried the one that leaves least. */
static void
pick(struct seeds *t, size_t s, size_t c)
{
	struct work *w = t->w;
	size_t tiles = (w->n + TILE - 1) / TILE, cols = w->slots * t->trials;
	size_t best = s * t->trials, j, tile;
	double least_left = INFINITY;

	for (j = s * t->trials; j < (s + 1) * t->trials; j++) {
		double left = 0;
		for (tile = 0; tile < tiles; tile++)
			left += t->total[tile * cols + j];
		if (left < least_left) {
			least_left = left;
			best = j;
		}
	}
	memcpy(t->closest + s * w->n, t->with + best * w->n,
	    w->n * sizeof *t->closest);
	t->closest[s * w->n + t->row[best]] = 0;
	memcpy(w->centre + (s * w->k + c) * w->d, t->tried + best * w->d,
	    w->d * sizeof *w->centre);
}

/* The vectors to try next. */
static void
propose(struct seeds *t)
{
	struct work *w = t->w;
	size_t s, j, i;

	for (s = 0; s < w->slots; s++) {
		double sum = 0;
		for (i = 0; i < w->n; i++)
			sum += t->closest[s * w->n + i];
		for (j = s * t->trials; j < (s + 1) * t->trials; j++) {
			t->row[j] = draw(t, s, sum);
			t->length[j] = w->square[t->row[j]];
			memcpy(t->tried + j * w->d, w->x + t->row[j] * w->d,
			    w->d * sizeof *t->tried);
		}
	}
}

static void
seed_all(struct work *w, uint64_t seed)
{
	struct seeds t = { .w = w };
	size_t tiles = (w->n + TILE - 1) / TILE, trials, cols, s, c, i;

	trials = 2 + (size_t)log((double)w->k);
	cols = w->slots * trials;
	t.rng = rk_calloc(w->slots, sizeof *t.rng);
	t.closest = rk_floats(w->slots * w->n);
	t.row = rk_calloc(cols, sizeof *t.row);
	t.tried = rk_floats(cols * w->d);
	t.length = rk_floats(cols);
	t.with = rk_floats(cols * w->n);
	t.total = rk_calloc(tiles * cols, sizeof *t.total);
	t.product = rk_floats((size_t)rk_pool_size(w->pool) * TILE * cols);
	for (s = 0; s < w->slots; s++)
		rk_rng_init(&t.rng[s], seed, w->start[s]);
	for (i = 0; i < w->slots * w->n; i++)
		t.closest[i] = INFINITY;
	for (c = 0; c < w->k; c++) {
		/* the first centre is any vector, not the best of some */
		t.trials = c == 0 ? 1 : trials;
		propose(&t);
		rk_pool_run(w->pool, tiles, try_tile, &t);
		for (s = 0; s < w->slots; s++)
			pick(&t, s, c);
	}
	free(t.rng);
	free(t.closest);
	free(t.row);
	free(t.tried);
	free(t.length);
	free(t.with);
	free(t.total);
	free(t.product);
}

void
rk_kmeans_fit(struct rk_kmeans *out, const float *x, size_t n, size_t d,
    const struct rk_kmeans_how *how, struct rk_pool *pool)
{
	size_t k = how->clusters < n ? how->clusters : n, kept = 0, first;
	size_t all = (size_t)how->restarts, most, starts;
	struct work w;

	most = TOGETHER / (sizeof *w.centre + sizeof *w.sum) / k / d;
	most = most < 1 ? 1 : most;
	for (first = 0; first < all; first += starts) {
		starts = all - first < most ? all - first : most;
		work_make(&w, x, n, d, k, first, starts, pool);
		seed_all(&w, how->seed);
		lengths(&w);
		if (first == 0)
			out_make(out, &w);
		run(&w, how->tolerance * variance(&w), how->most, out, &kept);
		work_free(&w);
	}
}

void
rk_kmeans_free(struct rk_kmeans *k)
{
	free(k->centre);
	free(k->nearest);
	*k = (struct rk_kmeans){ 0 };
}
