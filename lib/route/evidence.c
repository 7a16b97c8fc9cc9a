/* evidence.c - how well scores predict, from sums over prompts. */
#include "route/evidence.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "eval/bootstrap.h"

enum { RESAMPLES = 1000 };

/* A variance of x below this is rounding: scores are floats. */
#define NO_SPREAD 1e-18

struct sums {
	double n, x, y, xx, xy, yy;
};

struct rk_evidence {
	size_t units;
	int through_origin;
	double middle;
	struct sums *of; /* [units] */
};

struct rk_evidence *
rk_evidence_new(size_t units, int through_origin, double middle)
{
	struct rk_evidence *e = rk_calloc(1, sizeof *e);

	e->units = units;
	e->through_origin = through_origin;
	e->middle = through_origin ? 0 : middle;
	e->of = rk_calloc(units, sizeof *e->of);
	return e;
}

void
rk_evidence_free(struct rk_evidence *e)
{
	if (e != NULL)
		free(e->of);
	free(e);
}

void
rk_evidence_add(struct rk_evidence *e, size_t unit, double x, double y)
{
	struct sums *s = &e->of[unit];

	x -= e->middle;
	s->n++;
	s->x += x;
	s->y += y;
	s->xx += x * x;
	s->xy += x * y;
	s->yy += y * y;
}

static double
error_of(const struct rk_evidence *e, const uint32_t *times)
{
	struct sums t = { 0 };
	size_t i;

	for (i = 0; i < e->units; i++) {
		const struct sums *s = &e->of[i];
		double c = times ? (double)times[i] : 1;
		t.n += c * s->n;
		t.x += c * s->x;
		t.y += c * s->y;
		t.xx += c * s->xx;
		t.xy += c * s->xy;
		t.yy += c * s->yy;
	}
	if (!(t.n > 0))
		return NAN;
	if (!e->through_origin) {
		t.xx -= t.x * t.x / t.n;
		t.xy -= t.x * t.y / t.n;
		t.yy -= t.y * t.y / t.n;
	}
	if (t.xx > NO_SPREAD * t.n && t.xy > 0)
		t.yy -= t.xy * t.xy / t.xx;
	return t.yy / t.n;
}

double
rk_evidence_error(const struct rk_evidence *e)
{
	return error_of(e, NULL);
}

static void
two_errors(void *ctx, const uint32_t *times, int thread, double *fig)
{
	const struct rk_evidence *const *two = ctx;

	(void)thread;
	fig[0] = error_of(two[0], times);
	fig[1] = error_of(two[1], times);
}

struct rk_evidence_diff
rk_evidence_less(const struct rk_evidence *base, const struct rk_evidence *e,
    uint64_t seed, struct rk_pool *pool)
{
	const struct rk_evidence *two[2] = { base, e };
	const struct rk_resampled of = { e->units, 2, two_errors, two };
	double *fig = rk_calloc(2 * RESAMPLES, sizeof *fig);
	struct rk_interval in;

	rk_bootstrap(fig, &of, RESAMPLES, seed, pool);
	in = rk_bootstrap_interval(fig, fig + 1, 2, RESAMPLES);
	free(fig);
	return (struct rk_evidence_diff){
		error_of(base, NULL) - error_of(e, NULL), in.lo, in.hi
	};
}
