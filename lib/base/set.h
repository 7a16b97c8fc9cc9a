/*
 * set.h - a growing set of 64-bit digests. Start it as { 0 }.
 */
#ifndef RK_BASE_SET_H
#define RK_BASE_SET_H

#include <stddef.h>
#include <stdint.h>

struct rk_set {
	uint64_t *at; /* [cap]; 0: free */
	size_t n, cap;
};

/* Adds DIGEST (its lowest bit does not count): 1 if it was there, else 0. */
int rk_set_add(struct rk_set *s, uint64_t digest);
void rk_set_free(struct rk_set *s);

#endif
