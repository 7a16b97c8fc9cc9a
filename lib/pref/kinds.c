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

/* The result of the pair's first comparison by SOURCE on a prompt, or NaN. */
static double
first_of_pair(const struct rk_prefs *p, size_t prompt, size_t source)
{
	size_t c;

	for (c = p->first[prompt]; c < p->first[prompt + 1]; c++) {
		const struct rk_cmp *x = &p->cmp[c];
		if (p->from[c].source != source)
			continue;
		if (x->a == p->strong && x->b == p->weak)
			return (double)x->y;
		if (x->a == p->weak && x->b == p->strong)
			return 1 - (double)x->y;
	}
	return NAN;
}

int
rk_kinds_enough(const struct rk_prefs *p, size_t prompts, const uint8_t *valid,
    size_t source)
{
	double sum = 0, squares = 0, y;
	size_t n = 0, i;

	for (i = 0; i < prompts; i++) {
		y = valid[i] == RK_PART_TRAIN ? first_of_pair(p, i, source)
					      : NAN;
		if (isnan(y))
			continue;
		sum += y;
		squares += y * y;
		n++;
	}
	return n >= RK_KINDS_ENOUGH && squares - sum * sum / (double)n > 1;
}
