/* digest.c - eight lanes, so that no multiplication waits for another. */
#include "base/digest.h"

#include <string.h>

#include "base/num.h"

enum { LANES = 8, BLOCK = LANES * 8 };

static uint64_t
mix(uint64_t lane, uint64_t word)
{
	return ((lane << 29 | lane >> 35) ^ word) * 0x9e3779b97f4a7c15u;
}

static void
take_block(uint64_t lane[LANES], const unsigned char *p)
{
	uint64_t word[LANES];
	int j;

	memcpy(word, p, sizeof word); /* little-endian, as all machines here */
	for (j = 0; j < LANES; j++)
		lane[j] = mix(lane[j], word[j]);
}

uint64_t
rk_digest(uint64_t h, const void *p, size_t n)
{
	unsigned char last[BLOCK] = { 0 };
	uint64_t lane[LANES] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const unsigned char *s = p;
	size_t i;

	for (i = 0; i + BLOCK <= n; i += BLOCK)
		take_block(lane, s + i);
	if (i < n) {
		memcpy(last, s + i, n - i);
		take_block(lane, last);
	}
	h = mix(h, n);
	for (i = 0; i < LANES; i++)
		h = mix(h, lane[i]);
	return rk_num_mix(h);
}
