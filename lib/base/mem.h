/*
 * mem.h - memory that is there or the program is not: the functions below end
 * the program with one line when memory runs out. A size that comes from a
 * file is checked against the file before it comes here, so that a hostile
 * header is an error and not an end.
 */
#ifndef RK_BASE_MEM_H
#define RK_BASE_MEM_H

#include <stddef.h>

/* A text that is not owned and not terminated. */
struct rk_str {
	const char *p;
	size_t n;
};

void *rk_malloc(size_t size);           /* new */
void *rk_calloc(size_t n, size_t size); /* new, zeroed */
void *rk_realloc(void *p, size_t size); /* takes p, new */
void *
rk_array(void *p, size_t n, size_t size);  /* realloc to n * size, checked */
char *rk_strdup(const char *s);            /* new */
char *rk_strndup(const char *s, size_t n); /* new, terminated */

/*
 * Room for n floats (or other 4-byte numbers) at an address that is a multiple
 * of 64, for matrices. New; release with free().
 */
float *rk_floats(size_t n);

/* What to do when memory runs out; the default writes a line and exits 1. */
extern void (*rk_mem_out)(size_t size);

/*
 * Makes room for one more in an array that doubles. P is the array's pointer,
 * N how many it holds, CAP (size_t) for how many it has room.
 */
#define RK_GROW(p, n, cap)                                       \
	do {                                                     \
		if ((n) >= (cap)) {                              \
			(cap) = (cap) ? (cap)*2 : 16;            \
			(p) = rk_array((p), (cap), sizeof *(p)); \
		}                                                \
	} while (0)

#endif
