/* rows.c - names of rows, in JSON. */
#include "io/rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"

enum { MAX_ROWS = 65535, MAX_TEXT = 16 << 20 };

static int
from_array(const json_t *a, char **name, struct rk_err *err)
{
	const json_t *v;
	size_t i;

	json_array_foreach(a, i, v)
	{
		if (!json_is_string(v))
			return rk_err_set(
			    err, "row %zu: expected a model's name", i);
		name[i] = rk_strdup(json_string_value(v));
	}
	return 0;
}

static int
from_object(json_t *o, char **name, size_t k, struct rk_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		json_int_t row = json_integer_value(v);
		if (!json_is_integer(v) || row < 0 || (size_t)row >= k ||
		    name[row] != NULL)
			return rk_err_set(err,
			    "'%s': expected a row from 0 to %zu that no other "
			    "model has",
			    key, k - 1);
		name[row] = rk_strdup(key);
	}
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
check_names(char *const *name, size_t k, struct rk_err *err)
{
	char **sorted = rk_array(NULL, k, sizeof *sorted);
	size_t i;
	int rc = 0;

	memcpy(sorted, name, k * sizeof *sorted);
	qsort(sorted, k, sizeof *sorted, by_text);
	for (i = 0; i < k && rc == 0; i++) {
		if (*sorted[i] == '\0')
			rc = rk_err_set(err, "a model's name is empty");
		else if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
			rc = rk_err_set(
			    err, "the model '%s' is named twice", sorted[i]);
	}
	free(sorted);
	return rc;
}

int
rk_rows_read(const char *json, char ***name, size_t *k, struct rk_err *err)
{
	json_error_t e;
	json_t *v = json_loads(json, JSON_REJECT_DUPLICATES, &e);
	int rc;

	*name = NULL;
	*k = 0;
	if (v == NULL)
		return rk_err_set(err, "line %d: %s", e.line, e.text);
	*k = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	if (*k == 0 || *k > MAX_ROWS) {
		rc = rk_err_set(
		    err, "expected 1 to %d names, found %zu", MAX_ROWS, *k);
	} else {
		*name = rk_calloc(*k, sizeof **name);
		rc = json_is_array(v) ? from_array(v, *name, err)
				      : from_object(v, *name, *k, err);
		if (rc == 0)
			rc = check_names(*name, *k, err);
	}
	json_decref(v);
	if (rc == 0)
		return 0;
	rk_rows_free(*name, *k);
	*name = NULL;
	*k = 0;
	return -1;
}

void
rk_rows_print(char *const *name, size_t k, struct rk_buf *out)
{
	size_t i;

	rk_buf_addc(out, '[');
	for (i = 0; i < k; i++) {
		rk_buf_adds(out, i ? "," : "");
		rk_buf_json(out, name[i], strlen(name[i]));
	}
	rk_buf_addc(out, ']');
}

char *
rk_rows_text(const char *path, struct rk_err *err)
{
	struct rk_buf b = { 0 };

	if (rk_file_read(path, MAX_TEXT, &b, err) == 0)
		return b.p;
	rk_buf_free(&b);
	return NULL;
}

int
rk_rows_is_json(const char *text)
{
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int is = v != NULL;

	json_decref(v);
	return is;
}

void
rk_rows_free(char **name, size_t k)
{
	size_t i;

	for (i = 0; name != NULL && i < k; i++)
		free(name[i]);
	free(name);
}
