/*
 * chat.h - a record's query as the body of a request to OpenAI-compatible chat
 * completions, and what such a server answers, which is read as hostile input.
 */
#ifndef RK_IO_CHAT_H
#define RK_IO_CHAT_H

#include "base/buf.h"
#include "base/err.h"
#include "io/record.h"

/* Parameters of the request, `temperature` and the like. Start it as { 0 }. */
struct rk_chat_params {
	struct rk_chat_param {
		char *name, *json;
	} * param; /* [n], by name */
	size_t n, cap;
	double max_tokens; /* of an answer: of max_completion_tokens or
	                      max_tokens; 0: not said */
};

/*
 * "KEY=JSON"; what is no JSON value is an error, and so are a key that is given
 * twice and those that are not to be set: model, messages, tools, stream, n.
 */
int rk_chat_param(
    struct rk_chat_params *p, const char *key_json, struct rk_err *err);
void rk_chat_params_free(struct rk_chat_params *p);

/*
 * Appends the body that asks MODEL: the record's `prompt` as a user's turn, or
 * its `messages` as they stand; or what PROMPT, a field or a JSON pointer, has,
 * a text or turns. Before a text goes `system`, if it is one, as a system's
 * turn; and `tools` and `tool_choice` go with it, where the record (for a
 * pointer: the object that has it) has them. -1: there is no query, or it is of
 * another type.
 */
int
rk_chat_request(struct rk_buf *out, const struct rk_rec *r, const char *prompt,
    const char *model, const struct rk_chat_params *p, struct rk_err *err);

/* The field that it takes the query from. */
const char *rk_chat_field(const struct rk_rec *r, const char *prompt);

/* The same of one user's turn, the text p[0..n) in UTF-8. */
void rk_chat_ask(struct rk_buf *out, struct rk_str text, const char *model,
    const struct rk_chat_params *p);

struct rk_chat_reply {
	struct rk_buf text;   /* JSON, a string: the answer */
	double input, output; /* tokens; -1: the server does not say */
	int cut;              /* it ended at the limit of tokens */
};

/*
 * Reads the reply p[0..n): the content of the message of the choice whose
 * index is 0, or the JSON of its tool calls where it has no content, or its
 * refusal; where it ended without any of these, the empty text. Counts that are
 * none are not said. 0; -1 with what is wrong. Keeps r->text's memory for the
 * next.
 */
int
rk_chat_read(struct rk_chat_reply *r, struct rk_str body, struct rk_err *err);

#endif
