/* meter.c - how far a run has come. */
#include "io/meter.h"

#include <stdio.h>
#include <time.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void
rk_meter_start(struct rk_meter *m)
{
	m->start = m->last = now();
}

int
rk_meter_due(struct rk_meter *m)
{
	double t = now();

	if (t - m->last < 1)
		return 0;
	m->last = t;
	return 1;
}

char *
rk_meter_text(const struct rk_meter *m, size_t lines, double done, double total,
    char *out, size_t size)
{
	double s = now() - m->start;
	int n = snprintf(out, size, "%zu lines, %.0f/s", lines,
	    s > 0 ? (double)lines / s : 0);

	if (total > 0 && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, ", %.0f %%",
		    100 * (done < total ? done / total : 1));
	return out;
}
