/* tokenizer-members.c - reading a tokenizer.json's objects by their members. */
#include "text/tokenizer-members.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 8 }; /* of sequences in sequences */

/* --- members --- */

/* Is it one of the words of NAMES? */
static int
is_listed(const char *names, const char *key)
{
	size_t n;

	for (; *names != '\0'; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (strlen(key) == n && memcmp(names, key, n) == 0)
			return 1;
	}
	return 0;
}

int
rk_members_known(const json_t *v, const char *names, struct rk_err *err)
{
	const char *key;
	json_t *x;
	char q[64];

	if (!json_is_object(v))
		return rk_err_set(err, "expected an object");
	json_object_foreach((json_t *)v, key, x)
	{
		if (!is_listed(names, key))
			return rk_err_set(err,
			    "the member \"%s\" is not supported",
			    rk_err_quote(q, sizeof q, key, strlen(key)));
	}
	return 0;
}

int
rk_members_absent(const json_t *v)
{
	return v == NULL || json_is_null(v);
}

int
rk_members_bool(
    const json_t *o, const char *key, int def, int *out, struct rk_err *err)
{
	const json_t *v = json_object_get(o, key);

	*out = def;
	if (rk_members_absent(v))
		return 0;
	if (!json_is_boolean(v))
		return rk_err_set(err, "%s: expected true or false", key);
	*out = json_is_true(v);
	return 0;
}

int
rk_members_text(
    const json_t *o, const char *key, struct rk_buf *out, struct rk_err *err)
{
	const json_t *v = json_object_get(o, key);

	out->n = 0;
	rk_buf_add(out, "", 0);
	if (rk_members_absent(v))
		return 0;
	if (!json_is_string(v))
		return rk_err_set(err, "%s: expected a text", key);
	rk_buf_add(out, json_string_value(v), json_string_length(v));
	return 1;
}

int
rk_members_int(
    const json_t *o, const char *key, long most, long *out, struct rk_err *err)
{
	const json_t *v = json_object_get(o, key);

	if (rk_members_absent(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > most)
		return rk_err_set(
		    err, "%s: expected a whole number, at most %ld", key, most);
	*out = (long)json_integer_value(v);
	return 1;
}

int
rk_members_need_text(
    const json_t *o, const char *key, struct rk_buf *out, struct rk_err *err)
{
	int got = rk_members_text(o, key, out, err);

	if (got == 0)
		rk_err_set(err, "%s: expected a text, found none", key);
	return got == 1 ? 0 : -1;
}

int
rk_members_need_bool(
    const json_t *o, const char *key, int *out, struct rk_err *err)
{
	if (rk_members_absent(json_object_get(o, key)))
		return rk_err_set(
		    err, "%s: expected true or false, found none", key);
	return rk_members_bool(o, key, 0, out, err);
}

struct rk_regex *
rk_members_pattern(const json_t *o, struct rk_buf *literal, struct rk_err *err)
{
	const json_t *v = json_object_get(o, "pattern");
	const char *kind = "Regex";
	struct rk_regex *r = NULL;
	struct rk_buf b = { 0 };

	if (json_is_object(v) && json_object_get(v, "String") != NULL)
		kind = "String";
	if (rk_members_known(v, kind, err) == 0 &&
	    rk_members_need_text(v, kind, &b, err) == 0) {
		if (b.n == 0)
			rk_err_set(err, "%s: empty", kind);
		else
			r = rk_regex_new(b.p, b.n,
			    *kind == 'S' ? RK_REGEX_LITERAL : RK_REGEX_SPLIT,
			    err);
		if (literal != NULL && *kind == 'S')
			rk_buf_add(literal, b.p, b.n);
	}
	rk_buf_free(&b);
	if (r == NULL)
		rk_err_in(err, "pattern");
	return r;
}

/* --- sequences --- */

int
rk_members_read(struct rk_tok *t, const json_t *v,
    const struct rk_component *part, const char *list, const size_t *n,
    int depth, struct rk_err *err)
{
	const char *type = json_string_value(json_object_get(v, "type"));
	const json_t *a;
	char q[64], members[64];
	size_t i;

	if (!json_is_object(v) || type == NULL)
		return rk_err_set(err, "expected an object with a \"type\"");
	if (strcmp(type, "Sequence") == 0) {
		a = json_object_get(v, list);
		snprintf(members, sizeof members, "type %s", list);
		if (depth == DEPTH)
			return rk_err_set(err, "sequences %d deep", DEPTH);
		if (rk_members_known(v, members, err) != 0)
			return -1;
		if (!json_is_array(a))
			return rk_err_set(err, "%s: expected an array", list);
		for (i = 0; i < json_array_size(a); i++)
			if (rk_members_read(t, json_array_get(a, i), part, list,
				n, depth + 1, err) != 0)
				return rk_err_in(err, "%s[%zu]", list, i);
		return 0;
	}
	for (; part->name != NULL; part++) {
		if (strcmp(type, part->name) != 0)
			continue;
		if (*n == RK_TOK_STEPS)
			return rk_err_set(
			    err, "more than %d steps", RK_TOK_STEPS);
		if (rk_members_known(v, part->members, err) != 0 ||
		    part->read(t, v, err) != 0)
			return rk_err_in(err, "%s", type);
		return 0;
	}
	return rk_err_set(err, "the component \"%s\" is not supported",
	    rk_err_quote(q, sizeof q, type, strlen(type)));
}
