/* threshold.c - walk the sorted sample down from its top. */
#include "policy/threshold.h"

#include <math.h>
#include <stdlib.h>

static int
falling(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

struct rk_threshold
rk_threshold_for_share(double *scores, size_t n, double share)
{
	struct rk_threshold out = { 0, 0, 0 };
	size_t i = 0, end;

	qsort(scores, n, sizeof *scores, falling);
	out.t = nextafter(scores[0], INFINITY);
	while (i < n) {
		/* [i, end) is a group of ties */
		for (end = i + 1; end < n && scores[end] == scores[i]; end++)
			;
		out.next = (double)end / (double)n;
		if (out.next > share)
			return out;
		out.t = scores[i];
		out.share = out.next;
		i = end;
	}
	return out;
}
