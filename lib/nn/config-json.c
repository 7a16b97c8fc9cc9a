/* config-json.c - members of a config.json, by type and range. */
#include "nn/config-json.h"

#include <math.h>
#include <string.h>

static int
is_missing(enum rk_json_kind kind)
{
	return kind == RK_JSON_NONE || kind == RK_JSON_NULL;
}

int
rk_config_size(const struct rk_json *o, const struct rk_config_size *s,
    size_t *out, struct rk_err *err)
{
	const struct rk_json *v = s->name ? rk_json_get(o, s->name) : NULL;
	enum rk_json_kind kind = rk_json_kind(v);
	double x = rk_json_num(v);

	*out = (size_t)s->def;
	if (is_missing(kind) && s->def >= 0)
		return 0;
	if (kind != RK_JSON_NUMBER)
		return rk_err_set(err,
		    "%s: found %s, expected a whole number from %zu to %zu",
		    s->name, rk_json_kind_name(kind), s->lo, s->hi);
	if (!(x >= (double)s->lo && x <= (double)s->hi) || x != floor(x))
		return rk_err_set(err,
		    "%s: found %.17g, expected a whole number from %zu to %zu",
		    s->name, x, s->lo, s->hi);
	*out = (size_t)x;
	return 0;
}

int
rk_config_number(double *out, const struct rk_json *o, const char *key,
    double def, double lo, double hi, struct rk_err *err)
{
	const struct rk_json *v = key ? rk_json_get(o, key) : NULL;
	enum rk_json_kind kind = rk_json_kind(v);

	*out = def;
	if (is_missing(kind) && def > lo && def < hi)
		return 0;
	*out = rk_json_num(v);
	if (kind != RK_JSON_NUMBER || !(*out > lo && *out < hi))
		return rk_err_set(err,
		    "%s: expected a number above %g and below %g", key, lo, hi);
	return 0;
}

int
rk_config_flag(int *out, const struct rk_json *o, const char *key, int def,
    struct rk_err *err)
{
	const struct rk_json *v = rk_json_get(o, key);
	enum rk_json_kind kind = rk_json_kind(v);

	*out = kind == RK_JSON_BOOL ? rk_json_true(v) : def;
	if (kind == RK_JSON_BOOL || is_missing(kind))
		return 0;
	return rk_err_set(err, "%s: found %s, expected true or false", key,
	    rk_json_kind_name(kind));
}

const char *
rk_config_text(const struct rk_json *o, const char *key, const char *def,
    struct rk_err *err)
{
	const struct rk_json *v = rk_json_get(o, key);
	enum rk_json_kind kind = rk_json_kind(v);

	if (kind == RK_JSON_TEXT)
		return rk_json_str(v);
	if (is_missing(kind) && def != NULL)
		return def;
	rk_err_set(err, "%s: found %s, expected a string", key,
	    rk_json_kind_name(kind));
	return NULL;
}

int
rk_config_refuse(const char *key, const char *value, const char *expected,
    struct rk_err *err)
{
	char quoted[64];

	return rk_err_set(err, "%s: '%s' is not supported: expected %s", key,
	    rk_err_quote(quoted, sizeof quoted, value, strlen(value)),
	    expected);
}

int
rk_config_choose(const struct rk_json *o, const char *key, const char *def,
    const void *table, size_t size, size_t n, struct rk_err *err)
{
	const char *name = rk_config_text(o, key, def, err), *row;
	struct rk_buf known = { 0 };
	size_t i;

	if (name == NULL)
		return -1;
	rk_buf_adds(&known, "one of ");
	for (i = 0; i < n; i++) {
		memcpy(&row, (const char *)table + i * size, sizeof row);
		if (strcmp(row, name) == 0)
			break;
		rk_buf_addf(&known, "%s%s", i ? ", " : "", row);
	}
	if (i == n)
		rk_config_refuse(key, name, known.p, err);
	rk_buf_free(&known);
	return i < n ? (int)i : -1;
}

static int
read_object(void *out,
    int (*read)(void *out, const struct rk_json *o, struct rk_err *err),
    struct rk_json *doc, struct rk_err *err)
{
	enum rk_json_kind kind = rk_json_kind(doc);
	int rc = -1;

	if (doc != NULL && kind != RK_JSON_OBJECT)
		rk_err_set(err, "found %s, expected an object",
		    rk_json_kind_name(kind));
	else if (doc != NULL)
		rc = read(out, doc, err);
	rk_json_free(doc);
	return rc;
}

int
rk_config_of_text(void *out,
    int (*read)(void *out, const struct rk_json *o, struct rk_err *err),
    const char *p, size_t n, struct rk_err *err)
{
	return read_object(out, read, rk_json_new(p, n, err), err);
}

int
rk_config_of_file(void *out,
    int (*read)(void *out, const struct rk_json *o, struct rk_err *err),
    const char *path, struct rk_err *err)
{
	struct rk_json *doc = rk_json_open(path, err);

	if (doc == NULL)
		return -1;
	if (read_object(out, read, doc, err) == 0)
		return 0;
	return rk_err_in(err, "%s", path);
}
