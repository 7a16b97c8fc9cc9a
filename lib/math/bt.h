/*
 * bt.h - Bradley-Terry ratings: P(x beats y) = 1 / (1 + exp(-(r_x - r_y))).
 * Ratings here are natural: times 400 / ln 10 they are Elo's.
 */
#ifndef RK_MATH_BT_H
#define RK_MATH_BT_H

#include <stddef.h>
#include <stdint.h>

enum { RK_BT_MAX = 1024 }; /* players: the fit solves a dense system */

/* Weight of a pull towards 0 that decides where the games do not. */
#define RK_BT_RIDGE 1e-6

/*
 * rating[t] := the maximum likelihood for wins[t, t], wins[x * t + y] being
 * the weight of x's wins over y (a tie: half a win each; the diagonal is not
 * read), with 1e-6/2 * sum of squared ratings taken off. So every table has an
 * answer: ratings of players that never lost are large, not infinite, and
 * groups that never met are each centred at 0. RATING is read as the start.
 * WORK has room for rk_bt_work(t) doubles.
 */
void rk_bt_fit(double *rating, const double *wins, size_t t, double *work);

static inline size_t
rk_bt_work(size_t t)
{
	return t * (t + 3);
}

/*
 * rate[t]: the mean over the others y of P(x beats y); 1/2 for one alone.
 * RATING may be any finite numbers. WORK has room for 2 t doubles.
 */
void rk_bt_win_rates(float *rate, const float *rating, size_t t, double *work);

/*
 * Cuts k ratings into at most TIERS tiers: of all ways to cut the ratings,
 * sorted from the highest (ties by index), the one whose sum over tiers of the
 * variance within a tier (population variance; a tier of one has 0) is least;
 * of equal ones the one whose cuts come first, decided from the last cut on
 * (RouteLLM, arXiv 2406.18665, and its code). With k <= TIERS each has its own
 * tier. tier[k]: from 0, the highest. Returns how many. O(k^2 tiers).
 */
size_t
rk_bt_tiers(uint16_t *tier, const double *rating, size_t k, size_t tiers);

#endif
