/* mem.c - checked allocation. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
mem_out(size_t size)
{
	static const char msg[] = "out of memory\n";

	(void)size;
	if (write(STDERR_FILENO, msg, sizeof msg - 1) < 0)
		_exit(1);
	_exit(1);
}

void (*rk_mem_out)(size_t size) = mem_out;

static void *
checked(void *p, size_t size)
{
	if (p == NULL) {
		rk_mem_out(size);
		_exit(1);
	}
	return p;
}

void *
rk_malloc(size_t size)
{
	return checked(malloc(size ? size : 1), size);
}

void *
rk_calloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return checked(calloc(n, size), n * size);
}

void *
rk_realloc(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1), size);
}

void *
rk_array(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		checked(NULL, SIZE_MAX);
	return rk_realloc(p, n * size);
}

char *
rk_strdup(const char *s)
{
	return rk_strndup(s, strlen(s));
}

char *
rk_strndup(const char *s, size_t n)
{
	char *p = rk_malloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

float *
rk_floats(size_t n)
{
	void *p = NULL;

	if (n > SIZE_MAX / sizeof(float) - 64 ||
	    posix_memalign(&p, 64, (n ? n : 1) * sizeof(float)) != 0)
		p = NULL;
	return checked(p, n * sizeof(float));
}
