/* utf8.h - lengths of texts. */
#ifndef RK_BASE_UTF8_H
#define RK_BASE_UTF8_H

#include <stddef.h>

/*
 * How many code points p[0..n) has, which is UTF-8: bytes that do not continue
 * one.
 */
size_t rk_utf8_count(const char *p, size_t n);

#endif
