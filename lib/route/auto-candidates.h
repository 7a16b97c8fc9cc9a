/*
 * auto-candidates.h - what the router auto tries: routers, their parameters and
 * the features that they are given.
 */
#ifndef RK_ROUTE_AUTO_CANDIDATES_H
#define RK_ROUTE_AUTO_CANDIDATES_H

#include <stddef.h>

#include "pref/prefs.h"

struct rk_auto_candidate {
	const char *router;
	const char *params; /* KEY=VALUE, with spaces between */
	char *features;     /* as --features has them */
};

/*
 * The candidates for P: with its whole embedding, and with each part of it
 * where they are several; each with and without the surface. The first is the
 * length of the prompt. New; release with rk_auto_candidates_free.
 */
struct rk_auto_candidate *
rk_auto_candidates(const struct rk_prefs *p, size_t *n);
void rk_auto_candidates_free(struct rk_auto_candidate *c, size_t n);

#endif
