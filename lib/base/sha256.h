/*
 * sha256.h - SHA-256 (FIPS 180-4), where a digest stands for what it was made
 * of and others choose that: paid-for answers are found by it.
 */
#ifndef RK_BASE_SHA256_H
#define RK_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { RK_SHA256_SIZE = 32 };

struct rk_sha256 {
	uint32_t h[8];
	uint64_t n; /* bytes so far */
	unsigned char block[64];
};

void rk_sha256_start(struct rk_sha256 *s);
void rk_sha256_add(struct rk_sha256 *s, const void *p, size_t n);
void rk_sha256_end(struct rk_sha256 *s, unsigned char out[RK_SHA256_SIZE]);

#endif
