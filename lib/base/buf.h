/*
 * buf.h - a growable run of bytes. Start it as { 0 }; its text is p[0..n) and,
 * after any add, terminated by a NUL that does not count.
 */
#ifndef RK_BASE_BUF_H
#define RK_BASE_BUF_H

#include <stddef.h>

struct rk_buf {
	char *p;
	size_t n, cap;
};

void rk_buf_need(struct rk_buf *b, size_t more); /* room for MORE and a NUL */
void rk_buf_add(struct rk_buf *b, const void *p, size_t n);
void rk_buf_adds(struct rk_buf *b, const char *s);
void rk_buf_addc(struct rk_buf *b, char c);
void rk_buf_addf(struct rk_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string; a byte that is no UTF-8 becomes U+FFFD. */
void rk_buf_json(struct rk_buf *b, const char *p, size_t n);
void rk_buf_free(struct rk_buf *b); /* frees and returns to { 0 } */

#endif
