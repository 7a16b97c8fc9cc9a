/*
 * tiers.h - models in tiers, as RouteLLM puts those of the Chatbot Arena: any
 * two models meet too seldom, any two tiers often (arXiv 2406.18665, section
 * 4.2).
 */
#ifndef RK_ROUTE_TIERS_H
#define RK_ROUTE_TIERS_H

#include "pref/prefs.h"

/*
 * tier[p->k] := each model's, from 0, the highest, by the Bradley-Terry ratings
 * of all comparisons of the training part (math/bt.h); at most TIERS. Returns
 * how many there are. p->k is at most RK_BT_MAX.
 */
size_t rk_tiers_find(uint16_t *tier, const struct rk_prefs *p, size_t tiers);

#endif
