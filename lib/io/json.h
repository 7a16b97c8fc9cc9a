/*
 * json.h - small JSON documents: single members of an object, such as an
 * embedder's id or a model file's metadata, and whole files of settings, such
 * as a transformer's config.json. Records have io/record.h.
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
/* A member that is an object, or an array, as JSON text. */
int rk_json_object(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err);
int rk_json_array(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err);
int rk_json_number(
    const char *json, const char *key, double *out, struct rk_err *err);
/* Are the N bytes at P one JSON value that is no object, array or null? */
int rk_json_is_plain(const char *p, size_t n);

/* --- a whole document ------------------------------------------------------- */

enum rk_json_kind {
	RK_JSON_NONE, /* there is none */
	RK_JSON_NULL,
	RK_JSON_BOOL,
	RK_JSON_NUMBER,
	RK_JSON_TEXT,
	RK_JSON_ARRAY,
	RK_JSON_OBJECT
};

/* A value; those inside of a document are borrowed and live as long as it. */
struct rk_json;

/*
 * Reads N bytes of JSON at P; a key that comes twice is an error. New; NULL
 * with the line and what is wrong there.
 */
struct rk_json *rk_json_new(const char *p, size_t n, struct rk_err *err);
/* The same for the file PATH, at most 64 MiB, which the message names. */
struct rk_json *rk_json_open(const char *path, struct rk_err *err);
void rk_json_free(struct rk_json *doc);

/* What V is; NULL is RK_JSON_NONE. */
enum rk_json_kind rk_json_kind(const struct rk_json *v);
const char *rk_json_kind_name(enum rk_json_kind kind); /* "a number" */
/* The member KEY of the object V; NULL where there is none, or V is none. */
const struct rk_json *rk_json_get(const struct rk_json *v, const char *key);
/* How many values an array or an object has; 0 for all else. */
size_t rk_json_count(const struct rk_json *v);
/* The I-th value of an array; NULL beyond its end. */
const struct rk_json *rk_json_at(const struct rk_json *v, size_t i);
/* The value of a text, a number or a boolean; NULL, 0 and 0 for all else. */
const char *rk_json_str(const struct rk_json *v);
double rk_json_num(const struct rk_json *v);
int rk_json_true(const struct rk_json *v);
/* Appends V as JSON text, its members in their order. */
void rk_json_print(const struct rk_json *v, struct rk_buf *out);
/* FN(ctx, key, value) for each member of an object, until one returns not 0. */
int rk_json_each(const struct rk_json *v,
    int (*fn)(void *ctx, const char *key, const struct rk_json *value),
    void *ctx);

#endif
