/* utf8.c - lengths of texts. */
#include "base/utf8.h"

size_t
rk_utf8_count(const char *p, size_t n)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return count;
}
