/* pairs.c - plain values of a JSON object. */
#include "io/pairs.h"

#include <jansson.h>
#include <stdio.h>

#include "base/num.h"

/* The value as text: in the JSON itself, or in OUT; NULL for a nested one. */
static const char *
as_text(const json_t *v, char *out, size_t size)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "1" : "0";
	if (json_is_integer(v))
		snprintf(out, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		rk_num_print_f64(out, json_real_value(v));
	else
		return NULL;
	return out;
}

int
rk_pairs_each(const char *json,
    int (*fn)(
	void *ctx, const char *key, const char *value, struct rk_err *err),
    void *ctx, struct rk_err *err)
{
	json_error_t e;
	json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, &e), *v;
	const char *key, *text;
	char number[32];
	int rc = 0;

	if (o == NULL)
		return rk_err_set(err, "%s", e.text);
	if (!json_is_object(o))
		rc = rk_err_set(err, "expected a JSON object");
	json_object_foreach(o, key, v)
	{
		text = as_text(v, number, sizeof number);
		if (text == NULL)
			rc = rk_err_set(err, "%s: not a plain value", key);
		if (rc != 0 || (rc = fn(ctx, key, text, err)) != 0)
			break;
	}
	json_decref(o);
	return rc;
}
