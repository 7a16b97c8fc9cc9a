/* kinds.c - whether outcomes are enough to be what all is measured by. */
#include "pref/kinds.h"

#include <math.h>

static const char keyed[] = "outcomes", judged[] = "battles";

struct rk_str
rk_kinds_name(int outcome)
{
	return outcome ? (struct rk_str){ keyed, sizeof keyed - 1 }
		       : (struct rk_str){ judged, sizeof judged - 1 };
}

size_t
rk_kinds_target(const struct rk_origins *o, const struct rk_prefs *p)
{
	struct rk_err none = { { 0 } };
	long source;

	if (o->n < 2 || p->strong >= p->k || p->weak >= p->k)
		return RK_NO_TARGET;
	source = rk_origins_find(o, keyed, &none);
	return source < 0 ? RK_NO_TARGET : (size_t)source;
}

/* The gain of the pair's first comparison by SOURCE on a prompt, or NaN. */
static double
first_gain(const struct rk_prefs *p, size_t prompt, size_t source)
{
	double gain;
	size_t c;

	for (c = p->first[prompt]; c < p->first[prompt + 1]; c++)
		if (p->from[c].source == source &&
		    rk_cmp_gain(p, &p->cmp[c], &gain))
			return gain;
	return NAN;
}

int
rk_kinds_enough(const struct rk_prefs *p, size_t prompts, const uint8_t *valid,
    size_t source)
{
	double sum = 0, squares = 0, g;
	size_t n = 0, i;

	for (i = 0; i < prompts; i++) {
		g = valid[i] == RK_PART_TRAIN ? first_gain(p, i, source) : NAN;
		if (isnan(g))
			continue;
		sum += g;
		squares += g * g;
		n++;
	}
	return n >= RK_KINDS_ENOUGH && squares - sum * sum / (double)n > 4;
}
