/*
 * candidates.h - what the routers auto and many try: routers, their parameters
 * and the features that they are given.
 */
#ifndef RK_ROUTE_CANDIDATES_H
#define RK_ROUTE_CANDIDATES_H

#include <stddef.h>

#include "pref/prefs.h"

struct rk_candidate {
	const char *router;
	const char *params; /* KEY=VALUE, with spaces between */
	char *features;     /* as --features has them */
};

/*
 * The candidates for P: with its whole embedding, and with each part of it
 * where they are several; each with and without the surface. The first is the
 * length of the prompt. MANY: beside it those alone that predict each model's
 * quality (RK_LINK_LINEAR). New; release with rk_candidates_free.
 */
struct rk_candidate *
rk_candidates(const struct rk_prefs *p, int many, size_t *n);
void rk_candidates_free(struct rk_candidate *c, size_t n);

#endif
