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

#endif
