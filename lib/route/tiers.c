/* tiers.c - ratings over all comparisons, and their tiers. */
#include "route/tiers.h"

#include <stdlib.h>

#include "math/bt.h"

size_t
rk_tiers_find(uint16_t *tier, const struct rk_prefs *p, size_t tiers)
{
	double *wins = rk_calloc(p->k * p->k, sizeof *wins);
	double *rating = rk_calloc(p->k, sizeof *rating);
	double *work = rk_array(NULL, rk_bt_work(p->k), sizeof *work);
	size_t c;

	for (c = 0; c < p->m; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		if (p->valid[v->prompt] != RK_PART_TRAIN)
			continue;
		wins[v->a * p->k + v->b] += v->y;
		wins[v->b * p->k + v->a] += 1 - v->y;
	}
	rk_bt_fit(rating, wins, p->k, work);
	tiers = rk_bt_tiers(tier, rating, p->k, tiers);
	free(wins);
	free(rating);
	free(work);
	return tiers;
}
