/* err.c - error messages of bounded length, first one kept. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
rk_err_set(struct rk_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL || err->msg[0] != '\0')
		return -1;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	if (err->msg[0] == '\0') /* an empty message would read as none */
		memcpy(err->msg, "error", 6);
	return -1;
}

int
rk_err_in(struct rk_err *err, const char *fmt, ...)
{
	char old[sizeof err->msg];
	size_t left;
	va_list ap;
	int n;

	if (err == NULL || err->msg[0] == '\0')
		return -1;
	memcpy(old, err->msg, sizeof old);
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n + 2 >= sizeof err->msg)
		return -1;
	/* what no longer fits is cut off */
	memcpy(err->msg + n, ": ", 2);
	left = sizeof err->msg - (size_t)n - 3;
	if (strlen(old) > left)
		old[left] = '\0';
	memcpy(err->msg + n + 2, old, strlen(old) + 1);
	return -1;
}

char *
rk_err_quote(char *out, size_t size, const char *p, size_t n)
{
	size_t i, m = n < size ? n : size - 1;

	for (i = 0; i < m; i++) {
		unsigned char c = (unsigned char)p[i];
		out[i] = c < 0x20 || c == 0x7f ? '?' : p[i];
		/* U+0080 to U+009F: terminals obey them too */
		if (i > 0 && (unsigned char)out[i - 1] == 0xc2 && c < 0xa0)
			out[i - 1] = out[i] = '?';
	}
	out[m] = '\0';
	if (m < n && size > 4) {
		/* do not leave half of a UTF-8 sequence before the dots */
		m = m > 3 ? m - 3 : 0;
		while (m > 0 && ((unsigned char)out[m] & 0xc0) == 0x80)
			m--;
		memcpy(out + m, "...", 4);
	}
	return out;
}
