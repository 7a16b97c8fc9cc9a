/*
 * fuzz_base64.c - decode(encode(s)) is s; and whatever decodes, encodes to
 * itself: there is one form of every run of bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n, m, len = (size + 2) / 3 * 4;
	char *text = rk_malloc(len), *back;
	unsigned char *out = rk_malloc(len / 4 * 3);

	n = rk_base64_encode(text, data, size);
	if (n != len || rk_base64_decode(out, &m, text, n) != 0 || m != size ||
	    (size > 0 && memcmp(out, data, size) != 0))
		abort();
	free(out);
	free(text);
	out = rk_malloc(size / 4 * 3);
	if (rk_base64_decode(out, &m, (const char *)data, size) == 0) {
		back = rk_malloc(size);
		if (rk_base64_encode(back, out, m) != size ||
		    (size > 0 && memcmp(back, data, size) != 0))
			abort();
		free(back);
	}
	free(out);
	return 0;
}
