/*
 * record.h - one line of JSON Lines: read, and written again byte for byte
 * with fields spliced in. jansson validates and reads; one scan of the line
 * finds where the top-level members lie, and output is made from the input's
 * own bytes. No line is ever re-printed.
 *
 * jansson reads strings at some 100 MB/s, most of which nobody asks for. A long
 * string at the top level is therefore checked in place, and jansson gets the
 * line with a short placeholder there; the string is read when it is asked
 * for. The member "embedding" is decoded in place. One that is not so simple
 * (an escape in the string) takes the general way; both give the same values.
 */
#ifndef RK_IO_RECORD_H
#define RK_IO_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/scan.h"

struct json_t; /* jansson's */
struct rk_edit;

struct rk_rec {
	/* set by the reader */
	const char *p; /* the line without its newline; borrowed */
	size_t n;
	const char *file; /* "stdin" for standard input; borrowed */
	size_t line;      /* from 1 */
	int cut;          /* the line was longer: these are its first bytes */
	/* set by rk_rec_parse */
	struct rk_err err; /* set: the line is bad, and why */
	size_t col; /* where, in bytes from 1; 0: nowhere in particular */
	struct json_t *root;
	struct rk_scan scan;
	size_t hidden; /* members that jansson has not seen */
	/* the embedding, where there is one */
	const struct rk_member *emb;
	enum {
		RK_EMB_PLAIN, /* base64 without escapes, still in the line */
		RK_EMB_VEC,   /* decoded, in vec */
		RK_EMB_WRONG  /* neither base64 nor an array of numbers */
	} emb_kind;
	float *vec;
	size_t vec_n, vec_cap;
	/* what is asked to be changed */
	struct rk_edit *edit;
	size_t edits, edit_cap;
	int omit; /* the line is left out of the output */
	/* scratch that the next record in this place uses again */
	struct rk_buf copy, text, put;
};

/* How a prompt is found in a record. */
struct rk_prompt {
	const char *field; /* NULL: "prompt", else "messages"; or a field's
	                      name; or a JSON pointer (RFC 6901), "/a/b/0" */
	enum { RK_TURNS_LAST, RK_TURNS_FIRST, RK_TURNS_ALL } turns;
};

/*
 * Reads the line p[0..n). 0; or -1 with rec->err (and rec->col) set. The rest
 * of the functions want a record that parsed.
 */
int rk_rec_parse(struct rk_rec *r);
void rk_rec_free(struct rk_rec *r); /* frees what it holds, not r itself */

/*
 * --- reading. 1: found; 0: not there; -1: there, and wrong (message set) ---
 *
 * A FIELD that is read as a text, a number, an object of numbers or a key may
 * be a JSON pointer too, as a prompt's: "/a/b/0".
 */

int rk_rec_has(const struct rk_rec *r, const char *field);
int rk_rec_text(const struct rk_rec *r, const char *field, struct rk_str *out,
    struct rk_err *err);
/* The value's JSON as it stands in the line, borrowed. Never -1. */
int rk_rec_raw(const struct rk_rec *r, const char *field, struct rk_str *out);
int rk_rec_number(
    const struct rk_rec *r, const char *field, double *out, struct rk_err *err);
/* Member NAME of the object FIELD, a number. */
int rk_rec_number_in(const struct rk_rec *r, const char *field,
    const char *name, double *out, struct rk_err *err);
/*
 * Calls FN for each member of the object FIELD, all of which must be finite
 * numbers, in their order; stops where FN does not return 0.
 */
int rk_rec_each_number(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, const char *name, double x), void *ctx,
    struct rk_err *err);
/*
 * The text of a prompt: a string, or the user turns of OpenAI chat messages
 * (text parts of a content array are joined by a line break). OUT lives until
 * the record is parsed anew. Not found: 0.
 */
int rk_rec_prompt(struct rk_rec *r, const struct rk_prompt *how,
    struct rk_str *out, struct rk_err *err);
/* The value of FIELD, or a pointer, as jansson's; borrowed. NULL: none. */
struct json_t *rk_rec_at(const struct rk_rec *r, const char *field);
/*
 * A value that sorts: a number, or a string (as an ISO date is). The text is
 * borrowed; *IS_TEXT tells which.
 */
int rk_rec_key(const struct rk_rec *r, const char *field, double *num,
    struct rk_str *text, int *is_text, struct rk_err *err);

/* How many numbers the embedding holds: 1 and *D set, 0 none, -1 bad. */
int rk_rec_embedding_dim(const struct rk_rec *r, size_t *d, struct rk_err *err);
/* out[d]: the embedding; D must be what rk_rec_embedding_dim said. */
int rk_rec_embedding(
    const struct rk_rec *r, float *out, size_t d, struct rk_err *err);

/* --- changing --- */

/*
 * The field gets the value JSON[0..n): a member that is there has its value
 * replaced, else it is added before the last '}'.
 */
void
rk_rec_put(struct rk_rec *r, const char *field, const char *json, size_t n);
void
rk_rec_put_text(struct rk_rec *r, const char *field, const char *p, size_t n);
void rk_rec_drop(struct rk_rec *r, const char *field);

/* Appends the line with its changes, and a newline, to OUT. */
void rk_rec_write(const struct rk_rec *r, struct rk_buf *out);

#endif
