/*
 * tokenizer-parts.h - the components of a tokenizer.json that are not its
 * model, from JSON values to the tokenizer. Each function names what it does
 * not know: a component, or a member of one.
 */
#ifndef RK_TEXT_TOKENIZER_PARTS_H
#define RK_TEXT_TOKENIZER_PARTS_H

#include <jansson.h>

#include "base/err.h"
#include "text/tok.h"

/* V may be NULL, or null: there is no such component. */
int rk_parts_normalizer(struct rk_tok *t, const json_t *v, struct rk_err *err);
int rk_parts_pre(struct rk_tok *t, const json_t *v, struct rk_err *err);
int rk_parts_post(struct rk_tok *t, const json_t *v, struct rk_err *err);
int rk_parts_decoder(struct rk_tok *t, const json_t *v, struct rk_err *err);

/* Is V an object with no member but those in NAMES ("type lowercase")? */
int rk_parts_known(const json_t *v, const char *names, struct rk_err *err);
/* A member; where it is absent or null, DEF. */
int rk_parts_bool(
    const json_t *o, const char *key, int def, int *out, struct rk_err *err);
/* A member, to OUT: 1; 0: absent or null. */
int rk_parts_text(
    const json_t *o, const char *key, struct rk_buf *out, struct rk_err *err);
/* A member that is a whole number from 0 to MOST: 1; 0: absent or null. */
int rk_parts_int(
    const json_t *o, const char *key, long most, long *out, struct rk_err *err);

#endif
