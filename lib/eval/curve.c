/*
 * curve.c - one walk over the queries by falling score. At the end of every
 * group of tied scores the curve goes on by a straight line; area and
 * crossings are summed in counts of queries and sums of gain, so that what is
 * a whole number stays exact, and divided once at the end.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/curve.h"

enum { EDGES = 11, CPTS = 3 };

/* What rounding may do to sums, as a share of them. */
#define ROUNDING 1e-12

static const double cpt_at[CPTS] = { 0.2, 0.5, 0.8 };

struct rk_curve {
	struct rk_outcomes o;
	enum rk_curve_mode mode;
	uint32_t *order; /* [n] queries by falling score */
	double *score;   /* [n] in that order */
	double *gain;    /* [n] in that order */
};

struct keyed {
	double score;
	uint32_t i;
};

/* Ties by index: only for the same bytes everywhere, they move as one. */
static int
by_falling_score(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->i > y->i) - (x->i < y->i);
}

static int
check(const struct rk_outcomes *o, const double *score, struct rk_err *err)
{
	if (o->n == 0)
		return rk_err_set(err, "no records");
	if (o->n > UINT32_MAX)
		return rk_err_set(
		    err, "%zu records, at most %u", o->n, UINT32_MAX);
	for (size_t i = 0; i < o->n; i++) {
		/* the oracle's score is a gain, a difference of qualities */
		if (!(fabs(score[i]) <= 2 * RK_CURVE_MAX))
			return rk_err_set(err,
			    "score of record %zu is not a number within +-%g",
			    i + 1, 2 * RK_CURVE_MAX);
		if (!(fabs(o->weak[i]) <= RK_CURVE_MAX) ||
		    !(fabs(o->strong[i]) <= RK_CURVE_MAX))
			return rk_err_set(err,
			    "quality of record %zu is not a number within "
			    "+-%g",
			    i + 1, RK_CURVE_MAX);
	}
	return 0;
}

struct rk_curve *
rk_curve_new(const struct rk_outcomes *o, const double *score,
    enum rk_curve_mode mode, struct rk_err *err)
{
	struct rk_curve *c;
	struct keyed *key;

	if (check(o, score, err))
		return NULL;
	c = rk_calloc(1, sizeof *c);
	c->o = *o;
	c->mode = mode;
	key = rk_array(NULL, o->n, sizeof *key);
	for (size_t i = 0; i < o->n; i++)
		key[i] = (struct keyed){ score[i], (uint32_t)i };
	qsort(key, o->n, sizeof *key, by_falling_score);
	c->order = rk_array(NULL, o->n, sizeof *c->order);
	c->score = rk_array(NULL, o->n, sizeof *c->score);
	c->gain = rk_array(NULL, o->n, sizeof *c->gain);
	for (size_t k = 0; k < o->n; k++) {
		c->order[k] = key[k].i;
		c->score[k] = key[k].score;
		c->gain[k] = o->strong[key[k].i] - o->weak[key[k].i];
	}
	free(key);
	return c;
}

void
rk_curve_free(struct rk_curve *c)
{
	if (c == NULL)
		return;
	free(c->order);
	free(c->score);
	free(c->gain);
	free(c);
}

/* Is the query at place k the last of its group of tied scores? */
static inline int
is_end(const struct rk_curve *c, size_t k)
{
	return k + 1 == c->o.n || c->score[k] != c->score[k + 1];
}

static inline double
count(const struct rk_curve *c, const uint32_t *times, size_t k)
{
	return times ? times[c->order[k]] : 1;
}

size_t
rk_curve_distinct(const struct rk_curve *c)
{
	size_t distinct = 0;

	for (size_t k = 0; k < c->o.n; k++)
		distinct += is_end(c, k);
	return distinct;
}

/* The walk along the curve: where it is, and what it has seen. */
struct walk {
	double sent;       /* queries */
	double gain;       /* sum over them */
	double area;       /* under gain over sent */
	double goal[CPTS]; /* gain at which a CPT is reached */
	double cpt[CPTS];  /* sent there */
	int next;          /* the goal that is not reached yet */
};

/* A straight line: TIMES more queries, which together bring GAIN. */
static inline void
walk_line(struct walk *w, double times, double gain)
{
	double to = w->gain + gain;

	w->area += times * (w->gain + 0.5 * gain);
	/* Goals rise, and the curve starts below them all. */
	while (w->next < CPTS && to >= w->goal[w->next]) {
		w->cpt[w->next] = w->sent +
		    times * ((w->goal[w->next] - w->gain) / gain);
		w->next++;
	}
	w->sent += times;
	w->gain = to;
}

static void
walk_exact(struct walk *w, const struct rk_curve *c, const uint32_t *times)
{
	double sent = 0, gain = 0;

	for (size_t k = 0; k < c->o.n; k++) {
		double t = count(c, times, k);

		sent += t;
		gain += t * c->gain[k];
		if (is_end(c, k)) {
			walk_line(w, sent, gain);
			sent = gain = 0;
		}
	}
}

/* The way up through the order statistics of a resample. */
struct climb {
	size_t k;     /* place of the query it stands on */
	double below; /* queries below that one, counted as often as they do */
};

/* The order statistic at RANK (0: the least), not below where it stands. */
static double
climb_to(struct climb *at, const struct rk_curve *c, const uint32_t *times,
    double rank)
{
	while (at->below + count(c, times, at->k) <= rank)
		at->below += count(c, times, at->k--);
	return c->score[at->k];
}

/*
 * edge[EDGES], rising: numpy.quantile(scores, linspace(0, 1, 11)), by the same
 * operations in the same order, since a bit decides whether a score equals its
 * edge.
 */
static void
find_edges(const struct rk_curve *c, const uint32_t *times, double *edge)
{
	struct climb at = { c->o.n - 1, 0 };
	double top = (double)(c->o.n - 1);

	for (int e = 0; e < EDGES; e++) {
		double rank = fmin(e * 0.1 * top, top), low = floor(rank);
		double t = rank - low, a, b;
		struct climb ahead;

		a = climb_to(&at, c, times, low);
		ahead = at;
		b = climb_to(&ahead, c, times, fmin(low + 1, top));
		edge[e] = t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
	}
}

static void
walk_edges(struct walk *w, const struct rk_curve *c, const uint32_t *times)
{
	double edge[EDGES], sent = 0, gain = 0;
	int e = EDGES - 1;

	find_edges(c, times, edge);
	/* Nothing is above the last edge, which is the largest score. */
	e--;
	for (size_t k = 0; k < c->o.n; k++) {
		double t = count(c, times, k);

		while (e >= 0 && t > 0 && c->score[k] < edge[e]) {
			walk_line(w, sent, gain);
			sent = gain = 0;
			e--;
		}
		sent += t;
		gain += t * c->gain[k];
	}
	walk_line(w, sent, gain);
}

struct totals {
	double weak, gain, size; /* sums; size: of the absolute values */
};

static struct totals
sum_up(const struct rk_outcomes *o, const uint32_t *times)
{
	struct totals sum = { 0, 0, 0 };

	for (size_t i = 0; i < o->n; i++) {
		double t = times ? times[i] : 1;

		sum.weak += t * o->weak[i];
		sum.gain += t * (o->strong[i] - o->weak[i]);
		sum.size += t * (fabs(o->weak[i]) + fabs(o->strong[i]));
	}
	return sum;
}

void
rk_curve_figures(const struct rk_curve *c, const uint32_t *times, double *fig)
{
	struct totals sum = sum_up(&c->o, times);
	int gap = sum.gain > ROUNDING * sum.size;
	double n = (double)c->o.n;
	struct walk w = { 0 };

	for (int j = 0; j < CPTS; j++) {
		w.goal[j] = gap ? cpt_at[j] * sum.gain : INFINITY;
		/* Rounding may leave the end of the curve below a goal. */
		w.cpt[j] = gap ? n : NAN;
	}
	if (c->mode == RK_CURVE_EXACT)
		walk_exact(&w, c, times);
	else
		walk_edges(&w, c, times);
	fig[RK_FIG_WEAK] = sum.weak / n;
	fig[RK_FIG_STRONG] = (sum.weak + sum.gain) / n;
	fig[RK_FIG_APGR] = gap ? w.area / (n * sum.gain) : NAN;
	for (int j = 0; j < CPTS; j++)
		fig[RK_FIG_CPT20 + j] = w.cpt[j] / n;
	fig[RK_FIG_AUC] = (sum.weak + w.area / n) / n;
	fig[RK_FIG_GAIN] = (w.area - 0.5 * n * sum.gain) / n / n;
}

size_t
rk_curve_points(const struct rk_curve *c, const uint32_t *times,
    const double *weak, const double *strong, struct rk_point *p)
{
	double n = (double)c->o.n, quality = 0, cost = 0;
	size_t m = 0;

	for (size_t i = 0; i < c->o.n; i++) {
		double t = times ? times[i] : 1;

		quality += t * c->o.weak[i];
		cost += t * weak[i];
	}
	p[m++] = (struct rk_point){ cost / n, quality / n };
	for (size_t k = 0; k < c->o.n; k++) {
		double t = count(c, times, k);

		quality += t * c->gain[k];
		cost += t * (strong[c->order[k]] - weak[c->order[k]]);
		if (is_end(c, k))
			p[m++] = (struct rk_point){ cost / n, quality / n };
	}
	return m;
}

static struct rk_mark
above(const struct rk_curve *c)
{
	return (struct rk_mark){ 0, nextafter(c->score[0], INFINITY) };
}

size_t
rk_curve_marks(const struct rk_curve *c, struct rk_mark **marks)
{
	size_t m = 0, n = c->o.n, k = 0;
	double edge[EDGES];
	struct rk_mark *mark;

	if (c->mode == RK_CURVE_EXACT) {
		mark = rk_array(NULL, rk_curve_distinct(c) + 1, sizeof *mark);
		mark[m++] = above(c);
		for (k = 0; k < n; k++)
			if (is_end(c, k))
				mark[m++] = (struct rk_mark){ k + 1,
					c->score[k] };
	} else {
		mark = rk_array(NULL, EDGES, sizeof *mark);
		find_edges(c, NULL, edge);
		mark[m++] = above(c);
		for (int e = EDGES - 2; e >= 0; e--) {
			while (k < n && c->score[k] >= edge[e])
				k++;
			mark[m++] = (struct rk_mark){ k, edge[e] };
		}
	}
	*marks = mark;
	return m;
}

void
rk_curve_means(const struct rk_curve *c, const struct rk_mark *marks, size_t m,
    const double *weak, const double *strong, double *y)
{
	double base = 0, gain = 0;
	size_t k = 0;

	for (size_t i = 0; i < c->o.n; i++)
		base += weak[i];
	for (size_t j = 0; j < m; j++) {
		for (; k < marks[j].sent; k++)
			gain += strong[c->order[k]] - weak[c->order[k]];
		y[j] = (base + gain) / (double)c->o.n;
	}
}
