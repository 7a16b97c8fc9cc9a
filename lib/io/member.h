/*
 * member.h - members of an object that is a record's field, such as
 * `responses`: model -> text. What others have put there stays byte for byte.
 */
#ifndef RK_IO_MEMBER_H
#define RK_IO_MEMBER_H

#include "base/buf.h"
#include "io/record.h"

/*
 * The member NAME of the object FIELD gets the value JSON[0..n); the object is
 * made where there is none. -1: the field is there and no object. A field is
 * put once: a second call for the same one replaces nothing of the first.
 */
int rk_member_put(struct rk_rec *r, const char *field, const char *name,
    const char *json, size_t n, struct rk_err *err);

#endif
