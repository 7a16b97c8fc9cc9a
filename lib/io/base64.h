/*
 * base64.h - RFC 4648 base64 with the standard alphabet, read strictly: there
 * is padding, no white space, and the bits that padding leaves over are zero,
 * so that every run of bytes has exactly one form.
 */
#ifndef RK_IO_BASE64_H
#define RK_IO_BASE64_H

#include <stddef.h>

/*
 * Decodes the N characters at P. 0, with *OUT_N bytes at OUT, which has room
 * for n / 4 * 3; -1 where N is no multiple of 4 or a character is not allowed
 * where it stands (what is at OUT is then undefined).
 */
int
rk_base64_decode(unsigned char *out, size_t *out_n, const char *p, size_t n);

/*
 * Encodes the N bytes at P as (n + 2) / 3 * 4 characters at OUT, without a
 * NUL; returns how many.
 */
size_t rk_base64_encode(char *out, const void *p, size_t n);

#endif
