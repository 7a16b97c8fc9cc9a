/*
 * json.h - single members of a small JSON object, such as an embedder's id or
 * a model file's metadata. Records have io/record.h.
 */
#ifndef RK_IO_JSON_H
#define RK_IO_JSON_H

#include "base/buf.h"
#include "base/err.h"

/*
 * The member KEY of the JSON object in the text JSON: 1, with the value; 0
 * where the object has none, or one of another type; -1 where the text is no
 * JSON object. A text value replaces what is in OUT.
 */
int rk_json_text(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err);
/* A member that is an object, as JSON text. */
int rk_json_object(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err);
int rk_json_number(
    const char *json, const char *key, double *out, struct rk_err *err);
/* Are the N bytes at P one JSON value that is no object, array or null? */
int rk_json_is_plain(const char *p, size_t n);

#endif
