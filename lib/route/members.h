/*
 * members.h - the learners that a router made of others holds: each under a
 * prefix of its own, 0., 1. and so on, within the router's; what they are is in
 * the metadata rk.member.0 and so on.
 */
#ifndef RK_ROUTE_MEMBERS_H
#define RK_ROUTE_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "route/learner.h"

enum { RK_MEMBERS = 9 }; /* at most */

struct rk_members {
	size_t n;
	struct rk_learner one[RK_MEMBERS];
};

/* Trains HOW on P as member M: puts its tensors and its metadata into W. */
int rk_members_train(const struct rk_learner_how *how, size_t m,
    const struct rk_prefs *p, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_err *err);

/*
 * Opens those of a file of K models under PREFIX, of which SELF, the router
 * that holds them, is none. *D becomes the dimension that they want, the same
 * for all. On failure M holds nothing.
 */
int
rk_members_open(struct rk_members *m, const char *self, const struct rk_st *st,
    const char *prefix, size_t k, uint64_t seed, size_t *d, struct rk_err *err);
void rk_members_close(struct rk_members *m);

/* RK_NEEDS_* of all together. */
unsigned rk_members_needs(const struct rk_members *m);
/* The first that keeps prompts, that foretells costs; m->n: none does. */
size_t rk_members_with_names(const struct rk_members *m);
size_t rk_members_with_costs(const struct rk_members *m);

/* Adds the one model of P to each (router.h's grow). */
int rk_members_grow(struct rk_members *m, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_err *err);

#endif
