/* rank.c - places in a table of scores. */
#include "route/rank.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

double
rk_rank_of(const struct rk_rank *t, double s)
{
	size_t lo = 0, hi = t->n - 1, mid;

	if (!(s > t->x[0]))
		return t->x[0] > 0 ? t->rank[0] * s / t->x[0] : t->rank[0];
	if (s >= t->x[hi])
		return t->x[hi] < 1 ? t->rank[hi] +
			(1 - t->rank[hi]) * (s - t->x[hi]) / (1 - t->x[hi])
				    : t->rank[hi];
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (t->x[mid] <= s)
			lo = mid;
		else
			hi = mid;
	}
	return t->rank[lo] +
	    (t->rank[hi] - t->rank[lo]) * (s - t->x[lo]) /
	    (t->x[hi] - t->x[lo]);
}

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double *
rk_rank_make(double *score, size_t n, size_t *m)
{
	double *out = rk_array(NULL, 2 * n, sizeof *out), *rank;
	size_t i, end;

	rank = rk_array(NULL, n, sizeof *rank);
	qsort(score, n, sizeof *score, rising);
	for (*m = 0, i = 0; i < n; i = end) {
		for (end = i + 1; end < n && score[end] == score[i]; end++)
			;
		out[*m] = score[i];
		rank[(*m)++] = ((double)(i + end - 1) / 2 + 1) /
		    ((double)n + 1);
	}
	memcpy(out + *m, rank, *m * sizeof *rank);
	free(rank);
	return out;
}

int
rk_rank_open(struct rk_rank *t, const struct rk_st *st, const char *prefix,
    const char *name, struct rk_err *err)
{
	const size_t shape[2] = { 2, SIZE_MAX };
	const struct rk_tensor *x = rk_router_tensor(
	    st, prefix, name, RK_F64, 2, shape, err);
	size_t i;

	if (x == NULL)
		return -1;
	t->n = x->shape[1];
	t->x = x->data;
	t->rank = t->x + t->n;
	if (t->n == 0)
		return rk_err_set(err, "%s: empty", x->name);
	for (i = 0; i < t->n; i++)
		if (!(t->x[i] >= 0 && t->x[i] <= 1) ||
		    !(t->rank[i] > 0 && t->rank[i] < 1) ||
		    (i > 0 &&
			!(t->x[i] > t->x[i - 1] &&
			    t->rank[i] > t->rank[i - 1])))
			return rk_err_set(err,
			    "%s: expected rising numbers within 0 to 1",
			    x->name);
	return 0;
}
