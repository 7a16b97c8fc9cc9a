/*
 * spill.h - bytes that are written once, in order, and then read anywhere: in
 * memory up to a limit; beyond it all of them lie in a file without a name in
 * the folder TMPDIR (/tmp), mapped, so that the kernel keeps in memory what
 * there is room for.
 */
#ifndef RK_IO_SPILL_H
#define RK_IO_SPILL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Start it as { .limit = bytes }. */
struct rk_spill {
	size_t limit;
	const void *p; /* [n], from rk_spill_end on */
	size_t n;
	/* private */
	struct rk_buf mem;
	int file; /* descriptor + 1; 0: none yet */
};

/* -1: the file could not be made or written. */
int
rk_spill_add(struct rk_spill *s, const void *p, size_t n, struct rk_err *err);
/* Nothing more is added: p[n] can be read until rk_spill_free. */
int rk_spill_end(struct rk_spill *s, struct rk_err *err);
void rk_spill_free(struct rk_spill *s);

#endif
