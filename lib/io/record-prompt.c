/*
 * record-prompt.c - the text of a record's query: a string, or the user's turns
 * of chat messages.
 */
#include <jansson.h>
#include <string.h>

#include "io/record-parts.h"

static void
join(struct rk_buf *out, const char *sep, const json_t *s)
{
	if (out->n > 0)
		rk_buf_adds(out, sep);
	rk_buf_add(out, json_string_value(s), json_string_length(s));
}

/* The text of one message's content: a string, or text parts. */
static int
content(
    struct rk_buf *out, const json_t *c, const char *field, struct rk_err *err)
{
	struct rk_buf one = { 0 };
	const json_t *part;
	size_t i;

	if (json_is_string(c)) {
		join(out, "\n\n", c);
		return 0;
	}
	if (!json_is_array(c))
		return rk_err_set(err,
		    "%s: expected a user turn's content as a string or an "
		    "array of parts",
		    field);
	json_array_foreach(c, i, part)
	{
		const json_t *t = json_object_get(part, "text");
		if (json_is_string(t))
			join(&one, "\n", t);
	}
	if (out->n > 0)
		rk_buf_adds(out, "\n\n");
	rk_buf_add(out, one.p, one.n);
	rk_buf_free(&one);
	return 0;
}

static int
user_turns(struct rk_rec *r, const json_t *messages, const char *field,
    const struct rk_prompt *how, struct rk_str *out, struct rk_err *err)
{
	size_t i, users = 0;
	const json_t *m;

	r->text.n = 0;
	rk_buf_add(&r->text, "", 0);
	json_array_foreach(messages, i, m)
	{
		const json_t *role = json_object_get(m, "role");
		if (!json_is_string(role))
			return rk_err_set(err,
			    "%s: expected chat messages, but number %zu has "
			    "no role",
			    field, i + 1);
		if (strcmp(json_string_value(role), "user") != 0)
			continue;
		if (how->turns == RK_TURNS_FIRST && users > 0)
			break;
		if (how->turns == RK_TURNS_LAST)
			r->text.n = 0;
		if (content(&r->text, json_object_get(m, "content"), field,
			err) != 0)
			return -1;
		users++;
	}
	if (users == 0)
		return rk_err_set(err, "%s: no user turn", field);
	out->p = r->text.p;
	out->n = r->text.n;
	return 1;
}

int
rk_rec_prompt(struct rk_rec *r, const struct rk_prompt *how, struct rk_str *out,
    struct rk_err *err)
{
	const char *field = how->field;
	const json_t *v;

	if (field == NULL) {
		field = "prompt";
		v = rk_rec_at(r, field);
		if (v == NULL) {
			field = "messages";
			v = rk_rec_at(r, field);
		}
	} else {
		v = rk_rec_at(r, field);
	}
	if (v == NULL)
		return 0;
	if (json_is_array(v))
		return user_turns(r, v, field, how, out, err);
	if (!json_is_string(v))
		return rk_rec_wrong(field, "a string or chat messages", v, err);
	out->p = json_string_value(v);
	out->n = json_string_length(v);
	return 1;
}
