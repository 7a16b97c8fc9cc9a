/* meter.c - how far a run has come. */
#include "io/meter.h"

#include <stdio.h>
#include <time.h>

double
rk_meter_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void
rk_meter_start(struct rk_meter *m)
{
	m->start = m->last = rk_meter_now();
}

int
rk_meter_due(struct rk_meter *m)
{
	double t = rk_meter_now();

	if (t - m->last < 1)
		return 0;
	m->last = t;
	return 1;
}

char *
rk_meter_text(const struct rk_meter *m, size_t lines, double done, double total,
    char *out, size_t size)
{
	double s = rk_meter_now() - m->start;
	int n = snprintf(out, size, "%zu lines, %.0f/s", lines,
	    s > 0 ? (double)lines / s : 0);

	if (total > 0 && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, ", %.0f %%",
		    100 * (done < total ? done / total : 1));
	return out;
}

char *
rk_meter_share_at(
    double seconds, double done, const char *text, char *out, size_t size)
{
	char left[48] = "";

	if (seconds >= 1 && done > 0) {
		double s = seconds * (1 - done) / done;
		unsigned m;
		s = s > 0 && s < 3.6e8 ? s : s > 0 ? 3.6e8 : 0;
		m = (unsigned)(s / 60);
		if (m >= 60)
			snprintf(left, sizeof left, ", %u h %02u left", m / 60,
			    m % 60);
		else
			snprintf(left, sizeof left, ", %u:%02u left", m,
			    (unsigned)s % 60);
	}
	snprintf(out, size, "%.0f %%%s%s%s", 100 * done, left,
	    text[0] != '\0' ? ", " : "", text);
	return out;
}

char *
rk_meter_share(const struct rk_meter *m, double done, const char *text,
    char *out, size_t size)
{
	return rk_meter_share_at(
	    rk_meter_now() - m->start, done, text, out, size);
}
