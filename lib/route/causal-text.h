/*
 * causal-text.h - what the language model of the router causal reads: a
 * template's text before {prompt}, the prompt, and the text after it, at whose
 * end the score is due. Each is tokenised for itself, so that the first part is
 * the same for all prompts, and a prompt that is too long loses its end and
 * never the question. What the prompt says is text: it spells no special token
 * and no score.
 */
#ifndef RK_ROUTE_CAUSAL_TEXT_H
#define RK_ROUTE_CAUSAL_TEXT_H

#include "base/err.h"
#include "base/mem.h"
#include "text/template.h"
#include "text/tokenizer.h"

struct rk_causal_text {
	struct rk_template template;
	const struct rk_tok *tok;     /* borrowed */
	struct rk_ids prefix, suffix; /* the prefix begins with what the
	                                 tokenizer puts before any text */
	size_t tokens;                /* in all at most */
};

/*
 * Reads the template: PATH, or where that is "" OWN, which comes with routekit.
 * -1 with file and line where it is wrong.
 */
int rk_causal_text_open(struct rk_causal_text *t, const char *path,
    const char *own, struct rk_err *err);
/* The same of N bytes of a model file. */
int rk_causal_text_read(
    struct rk_causal_text *t, const char *p, size_t n, struct rk_err *err);
/*
 * Makes T's template ready for TOK and a model that reads CONTEXT tokens, of
 * which MOST are to be used, 0: at most 2,048. -1: the template leaves none for
 * a prompt, or MOST is more than there are.
 */
int rk_causal_text_fit(struct rk_causal_text *t, const struct rk_tok *tok,
    size_t context, size_t most, struct rk_err *err);
void rk_causal_text_free(struct rk_causal_text *t); /* accepts { 0 } */

/* Appends what follows the prefix: one token at least. */
void rk_causal_text_rest(const struct rk_causal_text *t,
    struct rk_tok_scratch *s, const struct rk_str *prompt, struct rk_ids *ids);

#endif
