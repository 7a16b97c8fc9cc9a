/*
 * member.h - members of an object that is a record's field, such as
 * `responses`: model -> text. What others have put there stays byte for byte.
 */
#ifndef RK_IO_MEMBER_H
#define RK_IO_MEMBER_H

#include "base/buf.h"
#include "base/mem.h"
#include "io/record.h"

struct rk_member_value {
	const char *name;
	struct rk_str json;
};

/* Can FIELD have members: is it an object, or not there? 0, or -1. */
int
rk_member_check(const struct rk_rec *r, const char *field, struct rk_err *err);
/*
 * The object FIELD gets the members V[0..n), whose names differ; one that is
 * there has its value replaced. The object is made where there is none. -1: the
 * field is there and no object. A field is put once: a second call for the same
 * one replaces nothing of the first.
 */
int rk_member_put_all(struct rk_rec *r, const char *field,
    const struct rk_member_value *v, size_t n, struct rk_err *err);
/* The same with one member. */
int rk_member_put(struct rk_rec *r, const char *field, const char *name,
    const char *json, size_t n, struct rk_err *err);

/*
 * Calls FN for each member of the object FIELD, all of which must be strings,
 * in their order; the texts are borrowed of R. Stops where FN does not return
 * 0. 1: done; 0: there is no such field; -1: it is something else, or FN said
 * so.
 */
int rk_member_each_text(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, const char *name, struct rk_str text), void *ctx,
    struct rk_err *err);

#endif
