/* json.c - single members, by jansson. */
#include "io/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

int
rk_json_object(
    const char *json, const char *key, struct rk_buf *out, struct rk_err *err)
{
	json_t *root = load(json, err);
	const json_t *v = json_object_get(root, key);
	char *text = json_is_object(v) ? json_dumps(v, JSON_COMPACT) : NULL;

	if (root == NULL)
		return -1;
	json_decref(root);
	if (text == NULL)
		return 0;
	out->n = 0;
	rk_buf_adds(out, text);
	free(text);
	return 1;
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

int
rk_json_is_plain(const char *p, size_t n)
{
	json_t *v = json_loadb(p, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	int plain = json_is_string(v) || json_is_number(v) ||
	    json_is_boolean(v);

	json_decref(v);
	return plain;
}
