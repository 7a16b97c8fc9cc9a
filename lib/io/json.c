/* json.c - small documents, by jansson. */
#include "io/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"

enum { MAX_FILE = 64 << 20 };

static json_t *
load(const char *json, struct rk_err *err)
{
	char quoted[64];
	json_error_t e;
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &e);

	if (root != NULL && json_is_object(root))
		return root;
	json_decref(root);
	rk_err_set(err, "expected a JSON object, found '%s'",
	    rk_err_quote(quoted, sizeof quoted, json, strlen(json)));
	return NULL;
}

int
rk_json_text(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err)
{
	json_t *root = load(json, err);
	const json_t *v = json_object_get(root, key);
	int found = json_is_string(v);

	if (root == NULL)
		return -1;
	if (found) {
		out->n = 0;
		rk_buf_add(out, json_string_value(v), json_string_length(v));
	}
	json_decref(root);
	return found;
}

static void
dump(const json_t *v, struct rk_buf *out)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	rk_buf_adds(out, text != NULL ? text : "null");
	free(text);
}

/* A member of the type TYPE, as JSON text. */
static int
member(const char *json, const char *key, json_type type, struct rk_buf *out,
    struct rk_err *err)
{
	json_t *root = load(json, err);
	const json_t *v = json_object_get(root, key);
	int found = v != NULL && json_typeof(v) == type;

	if (root == NULL)
		return -1;
	if (found) {
		out->n = 0;
		dump(v, out);
	}
	json_decref(root);
	return found;
}

int
rk_json_object(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err)
{
	return member(json, key, JSON_OBJECT, out, err);
}

int
rk_json_array(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err)
{
	return member(json, key, JSON_ARRAY, out, err);
}

int
rk_json_number(
    const char *json, const char *key, double *out, struct rk_err *err)
{
	json_t *root = load(json, err);
	const json_t *v = json_object_get(root, key);
	int found = json_is_number(v);

	if (root == NULL)
		return -1;
	if (found)
		*out = json_number_value(v);
	json_decref(root);
	return found;
}

/* A whole number of any length, which jansson may find too large? */
static int
is_whole(const char *p, size_t n)
{
	size_t i = n > 0 && p[0] == '-', from = i;

	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i == n && i > from && (p[from] != '0' || i == from + 1);
}

int
rk_json_is_plain(const char *p, size_t n)
{
	json_t *v;
	int plain;

	if (is_whole(p, n))
		return 1;
	v = json_loadb(p, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	plain = json_is_string(v) || json_is_number(v) || json_is_boolean(v);

	json_decref(v);
	return plain;
}

/* --- a whole document -------------------------------------------------------- */

/* struct rk_json is json_t under a name of ours. */
static const json_t *
inner(const struct rk_json *v)
{
	return (const json_t *)v;
}

struct rk_json *
rk_json_new(const char *p, size_t n, struct rk_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(p, n, JSON_REJECT_DUPLICATES, &e);

	if (root == NULL)
		rk_err_set(err, "line %d: %s", e.line, e.text);
	return (struct rk_json *)root;
}

struct rk_json *
rk_json_open(const char *path, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	struct rk_json *v = NULL;

	if (rk_file_read(path, MAX_FILE, &b, err) == 0) {
		v = rk_json_new(b.p, b.n, err);
		if (v == NULL)
			rk_err_in(err, "%s", path);
	}
	rk_buf_free(&b);
	return v;
}

void
rk_json_free(struct rk_json *doc)
{
	json_decref((json_t *)doc);
}

enum rk_json_kind
rk_json_kind(const struct rk_json *v)
{
	if (v == NULL)
		return RK_JSON_NONE;
	switch (json_typeof(inner(v))) {
	case JSON_OBJECT: return RK_JSON_OBJECT;
	case JSON_ARRAY: return RK_JSON_ARRAY;
	case JSON_STRING: return RK_JSON_TEXT;
	case JSON_INTEGER:
	case JSON_REAL: return RK_JSON_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return RK_JSON_BOOL;
	case JSON_NULL: break;
	}
	return RK_JSON_NULL;
}

const char *
rk_json_kind_name(enum rk_json_kind kind)
{
	static const char *const name[] = { "nothing", "null", "true or false",
		"a number", "a string", "an array", "an object" };

	return name[kind];
}

const struct rk_json *
rk_json_get(const struct rk_json *v, const char *key)
{
	return (const struct rk_json *)json_object_get(inner(v), key);
}

size_t
rk_json_count(const struct rk_json *v)
{
	return rk_json_kind(v) == RK_JSON_ARRAY ? json_array_size(inner(v))
						: json_object_size(inner(v));
}

const struct rk_json *
rk_json_at(const struct rk_json *v, size_t i)
{
	return (const struct rk_json *)json_array_get(inner(v), i);
}

const char *
rk_json_str(const struct rk_json *v)
{
	return json_string_value(inner(v));
}

double
rk_json_num(const struct rk_json *v)
{
	return json_number_value(inner(v));
}

int
rk_json_true(const struct rk_json *v)
{
	return json_is_true(inner(v));
}

void
rk_json_print(const struct rk_json *v, struct rk_buf *out)
{
	dump(inner(v), out);
}

int
rk_json_each(const struct rk_json *v,
    int (*fn)(void *ctx, const char *key, const struct rk_json *value),
    void *ctx)
{
	json_t *o = (json_t *)v, *value;
	const char *key;
	int rc = 0;

	json_object_foreach(o, key, value)
	{
		rc = fn(ctx, key, (const struct rk_json *)value);
		if (rc != 0)
			break;
	}
	return rc;
}
