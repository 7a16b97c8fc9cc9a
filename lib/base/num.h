/*
 * num.h - numbers as JSON writes them, and half floats.
 */
#ifndef RK_BASE_NUM_H
#define RK_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads one JSON number (RFC 8259: -?int frac? exp?) from P, before END.
 * Returns how many bytes it took, 0 where there is none. The value is the
 * nearest double, as strtod gives it; beyond the doubles it is +-HUGE_VAL.
 */
size_t rk_num_scan(const char *p, const char *end, double *out);

/* The whole of the text S is a finite number: 0, else -1. */
int rk_num_parse(const char *s, double *out);

/*
 * Writes a number so that it reads back the same: a float by %.9g, a double by
 * %.17g, or shorter where that reads back too. NaN and infinities, which JSON
 * lacks, are written as null. OUT has room for 32 bytes; returns the length.
 */
size_t rk_num_print_f32(char *out, float x);
size_t rk_num_print_f64(char *out, double x);

/* IEEE half floats, as they lie in safetensors F16, to and from float. */
float rk_num_from_f16(uint16_t h);
uint16_t rk_num_to_f16(float x); /* nearest, ties to even */
void rk_num_widen_f16(float *out, const uint16_t *in, size_t n);

/* FNV-1a of N bytes at P, mixed by MurmurHash3's fmix64: no seed, published. */
uint64_t rk_num_hash(const void *p, size_t n);

/* The same by the byte: rk_num_mix of rk_num_fnv over each, from RK_NUM_FNV. */
#define RK_NUM_FNV 0xcbf29ce484222325u

static inline uint64_t
rk_num_fnv(uint64_t h, unsigned char byte)
{
	return (h ^ byte) * 0x100000001b3u;
}

static inline uint64_t
rk_num_mix(uint64_t x) /* MurmurHash3 fmix64 */
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

#endif
