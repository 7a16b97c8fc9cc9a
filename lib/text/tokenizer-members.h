/*
 * tokenizer-members.h - the objects of a tokenizer.json: members of known names
 * and types, and components by tables. What is not known is refused by name.
 */
#ifndef RK_TEXT_TOKENIZER_MEMBERS_H
#define RK_TEXT_TOKENIZER_MEMBERS_H

#include <jansson.h>

#include "base/err.h"
#include "text/tok.h"

/* --- members --- */

int rk_members_absent(const json_t *v); /* NULL, or null */
/* Is V an object with no member but those in NAMES ("type lowercase")? */
int rk_members_known(const json_t *v, const char *names, struct rk_err *err);
/* A member; where it is absent or null, DEF. */
int rk_members_bool(
    const json_t *o, const char *key, int def, int *out, struct rk_err *err);
/* A member, to OUT: 1; 0: absent or null. */
int rk_members_text(
    const json_t *o, const char *key, struct rk_buf *out, struct rk_err *err);
/* A member that is a whole number from 0 to MOST: 1; 0: absent or null. */
int rk_members_int(
    const json_t *o, const char *key, long most, long *out, struct rk_err *err);
/* The same, where it must be there: 0, or -1. */
int rk_members_need_text(
    const json_t *o, const char *key, struct rk_buf *out, struct rk_err *err);
int rk_members_need_bool(
    const json_t *o, const char *key, int *out, struct rk_err *err);
/*
 * The member pattern, {"String": text} or {"Regex": pattern}; a text is added
 * to LITERAL, which may be NULL. New; or NULL.
 */
struct rk_regex *
rk_members_pattern(const json_t *o, struct rk_buf *literal, struct rk_err *err);

/* --- components --- */

struct rk_component {
	const char *name, *members;
	/* reads V into the tokenizer, which has room for one more step */
	int (*read)(struct rk_tok *, const json_t *, struct rk_err *);
};

/*
 * A component of a kind, or a sequence of them under the key LIST, by the table
 * PART, which ends with { 0 }. *N counts the steps; DEPTH is 0.
 */
int rk_members_read(struct rk_tok *t, const json_t *v,
    const struct rk_component *part, const char *list, const size_t *n,
    int depth, struct rk_err *err);

#endif
