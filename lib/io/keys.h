/*
 * keys.h - a record's answer key: a string or a number, or an array of those
 * that are accepted.
 */
#ifndef RK_IO_KEYS_H
#define RK_IO_KEYS_H

#include "base/err.h"
#include "base/mem.h"
#include "io/record.h"

/*
 * Calls FN for each key of FIELD, or a pointer, in their order: for a string
 * with its text; for a number with it as it stands in the line, but where FIELD
 * is a pointer as the double is printed. Stops where FN does not return 0. The
 * texts are borrowed, of R or for the call. 1: done; 0: there is no such field;
 * -1: it is something else, it is empty, or FN said so.
 */
int rk_keys_each(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, struct rk_str key), void *ctx, struct rk_err *err);

#endif
