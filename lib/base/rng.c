/*
 * rng.c - xoshiro256** 1.0, as published by Blackman and Vigna
 * (prng.di.unimi.it), seeded by splitmix64 as they advise.
 */
#include "base/rng.h"

#include <math.h>

static uint64_t
splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t
rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void
rk_rng_init(struct rk_rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed, y;
	int i;

	/* the stream is mixed in after the seed, so (1,2) is not (2,1) */
	y = splitmix(&x);
	x = y ^ (stream * 0xd1342543de82ef95u + 0x632be59bd9b4e019u);
	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&x);
	r->has_spare = 0;
	r->spare = 0;
}

uint64_t
rk_rng_u64(struct rk_rng *r)
{
	uint64_t *s = r->s;
	uint64_t out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

double
rk_rng_unit(struct rk_rng *r)
{
	return (double)(rk_rng_u64(r) >> 11) * 0x1p-53;
}

uint64_t
rk_rng_below(struct rk_rng *r, uint64_t n)
{
	uint64_t x, lim;

	if (n < 2)
		return 0;
	lim = UINT64_MAX - UINT64_MAX % n;
	do
		x = rk_rng_u64(r);
	while (x >= lim);
	return x % n;
}

double
rk_rng_normal(struct rk_rng *r)
{
	double u, v, s;

	if (r->has_spare) {
		r->has_spare = 0;
		return r->spare;
	}
	do {
		u = 2 * rk_rng_unit(r) - 1;
		v = 2 * rk_rng_unit(r) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	s = sqrt(-2 * log(s) / s);
	r->spare = v * s;
	r->has_spare = 1;
	return u * s;
}

void
rk_rng_shuffle(struct rk_rng *r, uint32_t *a, size_t n)
{
	while (n > 1) {
		size_t j = (size_t)rk_rng_below(r, n--);
		uint32_t t = a[n];
		a[n] = a[j];
		a[j] = t;
	}
}
