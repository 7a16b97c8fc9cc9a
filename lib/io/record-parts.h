/*
 * record-parts.h - what the parts of record.h share.
 */
#ifndef RK_IO_RECORD_PARTS_H
#define RK_IO_RECORD_PARTS_H

#include "io/record.h"

/* The top-level member of that name, as an index into scan.member; -1: none. */
long rk_rec_find(const struct rk_rec *r, const char *field);
/* -1, with the message "FIELD: expected WANT, found ...". */
int rk_rec_wrong(const char *field, const char *want, const struct json_t *v,
    struct rk_err *err);

#endif
