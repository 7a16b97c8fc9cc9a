/*
 * rng.h - random numbers that depend on the seed alone: xoshiro256** (Blackman
 * and Vigna), started by splitmix64. A stream is a (seed, stream) pair; streams
 * are independent, so that work cut into pieces draws the same in any order.
 */
#ifndef RK_BASE_RNG_H
#define RK_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rk_rng {
	uint64_t s[4];
	double spare; /* the second normal of a pair */
	int has_spare;
};

void rk_rng_init(struct rk_rng *r, uint64_t seed, uint64_t stream);
uint64_t rk_rng_u64(struct rk_rng *r);
double rk_rng_unit(struct rk_rng *r);                /* uniform in [0,1) */
uint64_t rk_rng_below(struct rk_rng *r, uint64_t n); /* uniform in 0..n-1 */
double rk_rng_normal(struct rk_rng *r);              /* N(0,1), polar method */
void rk_rng_shuffle(struct rk_rng *r, uint32_t *a, size_t n);

#endif
