/*
 * digest.h - a digest of many bytes, such as a transformer's weights, at the
 * rate that memory is read. It tells files apart; it is no seal against one who
 * forges them.
 */
#ifndef RK_BASE_DIGEST_H
#define RK_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of N bytes at P, with H mixed in (0, or the digest of what came before).
 * Eight lanes take 8 bytes each in turn: lane = (rotl(lane, 29) xor word) *
 * 0x9e3779b97f4a7c15, the rest filled with zeros; then the lanes, N and H in
 * the same way, and fmix64 of MurmurHash3.
 */
uint64_t rk_digest(uint64_t h, const void *p, size_t n);

#endif
