/* causal-text.c - a template and a prompt as token ids. */
#include "route/causal-text.h"

#include <string.h>

#include "route/causal-labels.h"

enum { USUAL = 2048 }; /* tokens */

static const struct rk_template_place places[] = { { "prompt", 1 },
	{ NULL, 0 } };

/* One {prompt}, and something after it. */
static int
check(struct rk_causal_text *t, const char *file, struct rk_err *err)
{
	size_t i, seen = 0;

	for (i = 0; i < t->template.n; i++)
		seen += t->template.piece[i].place >= 0;
	if (seen > 1)
		rk_err_set(err, "{prompt} stands there %zu times", seen);
	else if (t->template.piece[t->template.n - 1].place >= 0)
		rk_err_set(err,
		    "it ends with {prompt}: expected the words after which the "
		    "score is due");
	else
		return 0;
	rk_template_free(&t->template);
	return rk_err_in(err, "%s", file);
}

int
rk_causal_text_open(struct rk_causal_text *t, const char *path, const char *own,
    struct rk_err *err)
{
	int rc;

	memset(t, 0, sizeof *t);
	rc = *path != '\0' ? rk_template_open(&t->template, path, places, err)
			   : rk_template_find(&t->template, own, places, err);
	return rc == 0 ? check(t, *path != '\0' ? path : own, err) : -1;
}

int
rk_causal_text_read(
    struct rk_causal_text *t, const char *p, size_t n, struct rk_err *err)
{
	static const char name[] = "causal.template";

	memset(t, 0, sizeof *t);
	if (rk_template_read(&t->template, name, places, p, n, err) != 0)
		return -1;
	return check(t, name, err);
}

/* The texts around the prompt. */
static int
encode_pieces(struct rk_causal_text *t, struct rk_err *err)
{
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_ids *to = &t->prefix;
	size_t i, n;
	const int32_t *before = rk_tok_before(t->tok, &n);
	int rc = 0;

	rk_ids_add(to, before, n);
	for (i = 0; i < t->template.n && rc == 0; i++) {
		const struct rk_template_piece *p = &t->template.piece[i];
		if (p->place >= 0)
			to = &t->suffix;
		else
			rc = rk_tok_encode(
			    t->tok, s, p->text.p, p->text.n, 0, to, err);
	}
	rk_tok_scratch_free(s);
	return rc;
}

/* The words around the prompt may name scores, but not as their tokens. */
static int
check_scores(const struct rk_causal_text *t, const struct rk_ids *ids,
    struct rk_err *err)
{
	size_t i, k;

	for (k = 0; k < RK_CAUSAL_LABELS; k++) {
		const char *s = rk_causal_label[k];
		int32_t id = rk_tok_id(t->tok, s, strlen(s));
		for (i = 0; i < ids->n; i++)
			if (ids->p[i] == id)
				return rk_err_set(err,
				    "template: it spells %s, which is what the "
				    "model is to reply",
				    s);
	}
	return 0;
}

int
rk_causal_text_fit(struct rk_causal_text *t, const struct rk_tok *tok,
    size_t context, size_t most, struct rk_err *err)
{
	size_t n;

	if (most > context)
		return rk_err_set(err,
		    "max-tokens: %zu, the model reads %zu at most", most,
		    context);
	t->tok = tok;
	t->tokens = most > 0 ? most : context < USUAL ? context : USUAL;
	if (encode_pieces(t, err) != 0)
		return rk_err_in(err, "template");
	if (check_scores(t, &t->prefix, err) != 0 ||
	    check_scores(t, &t->suffix, err) != 0)
		return -1;
	n = t->prefix.n + t->suffix.n;
	if (t->suffix.n == 0)
		return rk_err_set(err,
		    "template: the tokenizer has no token for what follows "
		    "{prompt}");
	if (n >= t->tokens)
		return rk_err_set(err,
		    "template: it takes %zu tokens of the %zu that are read, "
		    "and leaves none for the prompt",
		    n, t->tokens);
	return 0;
}

void
rk_causal_text_free(struct rk_causal_text *t)
{
	rk_template_free(&t->template);
	rk_ids_free(&t->prefix);
	rk_ids_free(&t->suffix);
}

/*
 * A text that the tokenizer gives up on, as a split pattern may, is one
 * without tokens of its own.
 */
void
rk_causal_text_rest(const struct rk_causal_text *t, struct rk_tok_scratch *s,
    const struct rk_str *prompt, struct rk_ids *ids)
{
	size_t room = t->tokens - t->prefix.n - t->suffix.n;
	struct rk_err none = { { 0 } };

	rk_tok_encode_plain(t->tok, s, prompt->p, prompt->n, room, ids, &none);
	rk_ids_add(ids, t->suffix.p, t->suffix.n);
}
