/* buf.c - a growable run of bytes. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void
rk_buf_need(struct rk_buf *b, size_t more)
{
	size_t want = b->n + more + 1;

	if (want <= b->cap)
		return;
	if (want < b->n) /* overflow */
		want = SIZE_MAX;
	if (want < b->cap * 2)
		want = b->cap * 2;
	if (want < 64)
		want = 64;
	b->p = rk_realloc(b->p, want);
	b->cap = want;
}

void
rk_buf_add(struct rk_buf *b, const void *p, size_t n)
{
	rk_buf_need(b, n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
rk_buf_adds(struct rk_buf *b, const char *s)
{
	rk_buf_add(b, s, strlen(s));
}

void
rk_buf_addc(struct rk_buf *b, char c)
{
	rk_buf_add(b, &c, 1);
}

void
rk_buf_addf(struct rk_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	rk_buf_need(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
rk_buf_json(struct rk_buf *b, const char *p, size_t n)
{
	size_t i, len;

	rk_buf_need(b, n + 2);
	rk_buf_addc(b, '"');
	for (i = 0; i < n; i += len ? len : 1) {
		unsigned char c = (unsigned char)p[i];
		len = c < 0x80 ? 1 : rk_utf8_sequence(p + i, n - i);
		if (len == 0) {
			rk_buf_adds(b, "\\ufffd");
		} else if (len > 1) {
			rk_buf_add(b, p + i, len);
		} else if (c == '"' || c == '\\') {
			rk_buf_addc(b, '\\');
			rk_buf_addc(b, (char)c);
		} else if (c == '\n') {
			rk_buf_adds(b, "\\n");
		} else if (c < 0x20 || c == 0x7f) {
			rk_buf_addf(b, "\\u%04x", c);
		} else {
			rk_buf_addc(b, (char)c);
		}
	}
	rk_buf_addc(b, '"');
}

void
rk_buf_free(struct rk_buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}
