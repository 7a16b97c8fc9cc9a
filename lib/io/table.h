/*
 * table.h - a table for people: cells in aligned columns, two spaces between.
 */
#ifndef RK_IO_TABLE_H
#define RK_IO_TABLE_H

#include <stddef.h>

#include "base/buf.h"

/* Start it as { .cols = ... }. */
struct rk_table {
	size_t cols, left; /* the first LEFT columns are set to the left */
	char **cell;       /* [n] by rows */
	size_t n, cap;
};

/*
 * The next cell. What is longer than 99 bytes is cut and ends in "...", and
 * control characters become '?', so that no text of data drives a terminal.
 */
void rk_table_add(struct rk_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends the table; a width is counted in code points. */
void rk_table_write(const struct rk_table *t, struct rk_buf *out);
void rk_table_free(struct rk_table *t);

#endif
