/* chat.c - requests and replies of chat completions, by jansson. */
#include "io/chat.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 1000000000 };

/* --- parameters ------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct rk_chat_param *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
check_name(const struct rk_chat_params *p, const char *name, struct rk_err *err)
{
	static const char *const ours[] = { "model", "messages", "tools",
		"stream", "n" };
	size_t i;

	for (i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(name, ours[i]) == 0)
			return rk_err_set(
			    err, "parameter %s: cannot be set", name);
	for (i = 0; i < p->n; i++)
		if (strcmp(name, p->param[i].name) == 0)
			return rk_err_set(
			    err, "parameter %s: given twice", name);
	return 0;
}

static int
check_value(struct rk_chat_params *p, const char *name, const json_t *v,
    struct rk_err *err)
{
	if (strcmp(name, "max_tokens") != 0 &&
	    strcmp(name, "max_completion_tokens") != 0)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 1 ||
	    json_integer_value(v) > MAX_TOKENS)
		return rk_err_set(err,
		    "parameter %s: expected a whole number from 1 to %d", name,
		    MAX_TOKENS);
	if (json_number_value(v) > p->max_tokens)
		p->max_tokens = json_number_value(v);
	return 0;
}

int
rk_chat_param(
    struct rk_chat_params *p, const char *key_json, struct rk_err *err)
{
	const char *eq = strchr(key_json, '=');
	struct rk_chat_param new;
	json_error_t e;
	char *c;
	json_t *v;

	if (eq == NULL || eq == key_json)
		return rk_err_set(err, "'%s': expected KEY=JSON", key_json);
	new.name = rk_strndup(key_json, (size_t)(eq - key_json));
	v = json_loads(eq + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
	if (v == NULL)
		rk_err_set(err,
		    "parameter %s: '%s' is no JSON value (a text needs its "
		    "quotes)",
		    new.name, eq + 1);
	if (v == NULL || check_name(p, new.name, err) != 0 ||
	    check_value(p, new.name, v, err) != 0) {
		json_decref(v);
		free(new.name);
		return -1;
	}
	json_decref(v);
	new.json = rk_strdup(eq + 1);
	/* (white space: in a string it would be none of JSON) */
	for (c = new.json; (c = strpbrk(c, "\r\n")) != NULL; c++)
		*c = ' ';
	RK_GROW(p->param, p->n, p->cap);
	p->param[p->n++] = new;
	qsort(p->param, p->n, sizeof *p->param, by_name);
	return 0;
}

void
rk_chat_params_free(struct rk_chat_params *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->param[i].name);
		free(p->param[i].json);
	}
	free(p->param);
	*p = (struct rk_chat_params){ 0 };
}

/* --- a request ---------------------------------------------------------------- */

static void
add_json(struct rk_buf *out, const json_t *v)
{
	char *text = json_dumps(
	    v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

	if (text != NULL)
		rk_buf_adds(out, text);
	free(text);
}

/*
 * Appends BEFORE, and what is called NAME in the object that holds PROMPT: the
 * record, by the bytes of its line, or the parent of a pointer's; 0 where there
 * is none, or TEXT is wanted and it is no string.
 */
static int
add_beside(struct rk_buf *out, const struct rk_rec *r, const char *prompt,
    const char *name, const char *before, int text)
{
	struct rk_buf at = { 0 };
	struct rk_str raw;
	const json_t *v;
	int pointer = prompt != NULL && *prompt == '/';

	if (pointer) {
		rk_buf_add(
		    &at, prompt, (size_t)(strrchr(prompt, '/') - prompt));
		rk_buf_addc(&at, '/');
	}
	rk_buf_adds(&at, name);
	v = rk_rec_at(r, at.p);
	rk_buf_free(&at);
	if (v == NULL || (text && !json_is_string(v)))
		return 0;
	rk_buf_adds(out, before);
	if (!pointer && rk_rec_raw(r, name, &raw) == 1)
		rk_buf_add(out, raw.p, raw.n);
	else
		add_json(out, v);
	return 1;
}

static void
add_turns(struct rk_buf *out, const struct rk_rec *r, const char *prompt,
    const char *field, const json_t *v)
{
	struct rk_str raw = { NULL, 0 };

	rk_buf_adds(out, ",\"messages\":");
	if (json_is_string(v)) {
		rk_buf_addc(out, '[');
		if (add_beside(out, r, prompt, "system",
			"{\"role\":\"system\",\"content\":", 1))
			rk_buf_adds(out, "},");
		rk_buf_adds(out, "{\"role\":\"user\",\"content\":");
	}
	if (*field != '/' && rk_rec_raw(r, field, &raw) == 1)
		rk_buf_add(out, raw.p, raw.n);
	else
		add_json(out, v);
	if (json_is_string(v))
		rk_buf_adds(out, "}]");
}

static void
add_model(struct rk_buf *out, const char *model)
{
	rk_buf_adds(out, "{\"model\":");
	rk_buf_json(out, model, strlen(model));
}

/* The parameters, and the end. */
static void
add_params(struct rk_buf *out, const struct rk_chat_params *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		rk_buf_addc(out, ',');
		rk_buf_json(out, p->param[i].name, strlen(p->param[i].name));
		rk_buf_addc(out, ':');
		rk_buf_adds(out, p->param[i].json);
	}
	rk_buf_addc(out, '}');
}

void
rk_chat_ask(struct rk_buf *out, struct rk_str text, const char *model,
    const struct rk_chat_params *p)
{
	add_model(out, model);
	rk_buf_adds(out, ",\"messages\":[{\"role\":\"user\",\"content\":");
	rk_buf_json(out, text.p, text.n);
	rk_buf_adds(out, "}]");
	add_params(out, p);
}

const char *
rk_chat_field(const struct rk_rec *r, const char *prompt)
{
	return prompt != NULL         ? prompt
	    : rk_rec_has(r, "prompt") ? "prompt"
				      : "messages";
}

int
rk_chat_request(struct rk_buf *out, const struct rk_rec *r, const char *prompt,
    const char *model, const struct rk_chat_params *p, struct rk_err *err)
{
	const char *field = rk_chat_field(r, prompt);
	const json_t *v = rk_rec_at(r, field);

	if (v == NULL && prompt != NULL)
		return rk_err_set(err, "no query: %s is missing", prompt);
	if (v == NULL)
		return rk_err_set(err, "no query: expected prompt or messages");
	if (!json_is_string(v) &&
	    (!json_is_array(v) || json_array_size(v) == 0))
		return rk_err_set(
		    err, "%s: expected a string or an array of turns", field);
	add_model(out, model);
	add_turns(out, r, prompt, field, v);
	add_beside(out, r, prompt, "tools", ",\"tools\":", 0);
	add_beside(out, r, prompt, "tool_choice", ",\"tool_choice\":", 0);
	add_params(out, p);
	return 0;
}

/* --- a reply ------------------------------------------------------------------ */

/* The choice of index 0; one alone may lack its index. */
static const json_t *
first_choice(const json_t *root)
{
	const json_t *choices = json_object_get(root, "choices"), *c, *index;
	size_t i;

	for (i = 0; i < json_array_size(choices); i++) {
		c = json_array_get(choices, i);
		index = json_object_get(c, "index");
		if (json_is_integer(index) ? json_integer_value(index) == 0
					   : json_array_size(choices) == 1)
			return c;
	}
	return NULL;
}

/* The text of content that is an array of parts. */
static int
join_parts(struct rk_buf *out, const json_t *parts, struct rk_err *err)
{
	struct rk_buf all = { 0 };
	const json_t *t;
	size_t i;

	for (i = 0; i < json_array_size(parts); i++) {
		t = json_object_get(json_array_get(parts, i), "text");
		if (!json_is_string(t))
			break;
		rk_buf_add(&all, json_string_value(t), json_string_length(t));
	}
	if (i == json_array_size(parts))
		rk_buf_json(out, all.n > 0 ? all.p : "", all.n);
	rk_buf_free(&all);
	return i == json_array_size(parts)
	    ? 0
	    : rk_err_set(err, "content: expected parts with text");
}

static int
is_nothing(const json_t *v)
{
	return v == NULL || json_is_null(v) ||
	    (json_is_string(v) && json_string_length(v) == 0);
}

/* ENDED: the server says why it ended. */
static int
read_message(
    struct rk_buf *out, const json_t *message, int ended, struct rk_err *err)
{
	const json_t *v = json_object_get(message, "content");
	const json_t *calls = json_object_get(message, "tool_calls");
	struct rk_buf b = { 0 };

	if (is_nothing(v) && json_array_size(calls) > 0) {
		add_json(&b, calls);
		rk_buf_json(out, b.p, b.n);
		rk_buf_free(&b);
		return 0;
	}
	if (v == NULL || json_is_null(v)) {
		v = json_object_get(message, "refusal");
		if (ended && json_is_object(message) && !json_is_string(v)) {
			/* it was still thinking, or filtered */
			rk_buf_adds(out, "\"\"");
			return 0;
		}
	}
	if (json_is_array(v))
		return join_parts(out, v, err);
	if (!json_is_string(v))
		return rk_err_set(
		    err, "expected choices[0].message.content, a string");
	rk_buf_json(out, json_string_value(v), json_string_length(v));
	return 0;
}

/* A count of tokens; -1 where none is said: the answer is there all the same. */
static void
read_tokens(const json_t *usage, const char *name, double *out)
{
	const json_t *v = json_object_get(usage, name);
	double x = json_is_number(v) ? json_number_value(v) : -1;

	*out = -1;
	if (x >= 0 && x <= MAX_TOKENS && x == floor(x))
		*out = x;
}

static int
read_root(struct rk_chat_reply *r, const json_t *root, struct rk_err *err)
{
	const json_t *choice = first_choice(root);
	const json_t *usage = json_object_get(root, "usage");
	const char *why = json_string_value(
	    json_object_get(choice, "finish_reason"));

	if (choice == NULL)
		return rk_err_set(
		    err, "expected choices, one of them with index 0");
	r->cut = why != NULL && strcmp(why, "length") == 0;
	read_tokens(usage, "prompt_tokens", &r->input);
	read_tokens(usage, "completion_tokens", &r->output);
	return read_message(
	    &r->text, json_object_get(choice, "message"), why != NULL, err);
}

int
rk_chat_read(struct rk_chat_reply *r, struct rk_str body, struct rk_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(
	    body.p, body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	int rc;

	r->text.n = 0;
	if (root == NULL)
		return rk_err_set(err, "no JSON: %s", e.text);
	rc = read_root(r, root, err);
	json_decref(root);
	return rc;
}
