/*
 * rows.h - the names of a model file's rows, as JSON: an array of names in row
 * order, or an object of name -> row.
 */
#ifndef RK_IO_ROWS_H
#define RK_IO_ROWS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Reads JSON; *NAME becomes [k] texts (new, as the array itself). Names must
 * be different and not empty; an object's rows must be 0..k-1, each once.
 */
int rk_rows_read(const char *json, char ***name, size_t *k, struct rk_err *err);
/* Appends ["name", ...]. */
void rk_rows_print(char *const *name, size_t k, struct rk_buf *out);
/* The text of the file PATH, at most 16 MiB. New; NULL on failure. */
char *rk_rows_text(const char *path, struct rk_err *err);
/* Is TEXT one JSON object or array? */
int rk_rows_is_json(const char *text);
void rk_rows_free(char **name, size_t k);

#endif
