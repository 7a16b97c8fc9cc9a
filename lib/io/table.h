/*
 * table.h - a table for people: cells in aligned columns, two spaces between.
 */
#ifndef RK_IO_TABLE_H
#define RK_IO_TABLE_H

#include <stddef.h>

#include "base/buf.h"

enum { RK_TABLE_WIDE = 100, RK_TABLE_NAME = 24 }; /* at most, code points */

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
/*
 * Appends the table; a width is counted in code points. Where it is wider than
 * RK_TABLE_WIDE what stands in the left columns is cut to RK_TABLE_NAME, and
 * where that is not enough the other columns come in several tables, each with
 * the left columns and an empty line between.
 */
void rk_table_write(struct rk_table *t, struct rk_buf *out);
/* S in OUT, anew, with its middle as "..." where it is over MOST, at least 4. */
const char *rk_table_short(struct rk_buf *out, const char *s, size_t most);
void rk_table_free(struct rk_table *t);

#endif
