/* embeddings.c - requests and replies of embeddings, by jansson. */
#include "io/embeddings.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/base64.h"

void
rk_embeddings_request(struct rk_buf *out, const struct rk_embeddings_ask *a,
    const struct rk_str *text, size_t n)
{
	size_t i;

	rk_buf_adds(out, "{\"model\":");
	rk_buf_json(out, a->model, strlen(a->model));
	if (a->dim > 0)
		rk_buf_addf(out, ",\"dimensions\":%zu", a->dim);
	if (a->base64)
		rk_buf_adds(out, ",\"encoding_format\":\"base64\"");
	rk_buf_adds(out, ",\"input\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			rk_buf_addc(out, ',');
		rk_buf_json(out, text[i].p, text[i].n);
	}
	rk_buf_adds(out, "]}");
}

/* --- a reply ------------------------------------------------------------------ */

/* How many numbers the vector V holds; 0: it is none, or a wrong one. */
static size_t
count(const json_t *v)
{
	size_t n = json_string_length(v), pad = 0;
	const char *p = json_string_value(v);

	if (json_is_array(v))
		return json_array_size(v);
	while (p != NULL && n > pad && pad < 2 && p[n - 1 - pad] == '=')
		pad++;
	n = n / 4 * 3;
	return n > pad && (n - pad) % sizeof(float) == 0
	    ? (n - pad) / sizeof(float)
	    : 0;
}

static int
read_array(float *x, const json_t *v, struct rk_err *err)
{
	const json_t *e;
	size_t i;

	json_array_foreach(v, i, e)
	{
		if (!json_is_number(e))
			return rk_err_set(
			    err, "embedding[%zu]: expected a number", i);
		x[i] = (float)json_number_value(e);
	}
	return 0;
}

static int
read_base64(float *x, const json_t *v, struct rk_err *err)
{
	size_t n = json_string_length(v), got;
	unsigned char *bytes = rk_malloc(n / 4 * 3 + 1);
	int rc = rk_base64_decode(bytes, &got, json_string_value(v), n);

	if (rc == 0) /* float32 little-endian, as every machine here has it */
		memcpy(x, bytes, got);
	else
		rk_err_set(err, "embedding: a text that is no base64");
	free(bytes);
	return rc;
}

/* Before there is room for them: is each vector of D numbers? */
static int
check_rows(const json_t *data, size_t n, size_t d, struct rk_err *err)
{
	size_t i, has;

	for (i = 0; i < n; i++) {
		has = count(
		    json_object_get(json_array_get(data, i), "embedding"));
		if (has == 0)
			return rk_err_set(err,
			    "data[%zu].embedding: expected an array of "
			    "numbers, or base64 of float32",
			    i);
		if (has != d)
			return rk_err_set(err,
			    "data[%zu].embedding: %zu numbers, expected %zu", i,
			    has, d);
	}
	return 0;
}

/* The vector V into x[d]. */
static int
read_vector(float *x, size_t d, const json_t *v, struct rk_err *err)
{
	size_t i;

	if ((json_is_array(v) ? read_array : read_base64)(x, v, err) != 0)
		return -1;
	for (i = 0; i < d; i++)
		if (!isfinite(x[i]))
			return rk_err_set(
			    err, "embedding[%zu]: not a finite number", i);
	return 0;
}

/* Where the row at I belongs among N. */
static int
read_index(
    const json_t *row, size_t i, size_t n, size_t *out, struct rk_err *err)
{
	const json_t *v = json_object_get(row, "index");

	*out = 0;
	if (v == NULL && n == 1)
		return 0;
	if (!json_is_integer(v))
		return rk_err_set(
		    err, "data[%zu].index: expected a whole number", i);
	if (json_integer_value(v) < 0 || (size_t)json_integer_value(v) >= n)
		return rk_err_set(err,
		    "data[%zu].index: %lld, expected one from 0 to %zu", i,
		    (long long)json_integer_value(v), n - 1);
	*out = (size_t)json_integer_value(v);
	return 0;
}

/* N rows, each index once: so none is missing. */
static int
read_rows(struct rk_embeddings_reply *r, const json_t *data, size_t n,
    struct rk_err *err)
{
	char *seen = rk_calloc(n, 1);
	size_t i, to;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		const json_t *row = json_array_get(data, i);
		rc = read_index(row, i, n, &to, err);
		if (rc == 0 && seen[to])
			rc = rk_err_set(
			    err, "data[%zu].index: %zu comes twice", i, to);
		if (rc != 0)
			break;
		seen[to] = 1;
		rc = read_vector(r->x + to * r->d, r->d,
		    json_object_get(row, "embedding"), err);
		if (rc != 0)
			rk_err_in(err, "data[%zu]", i);
	}
	free(seen);
	return rc;
}

/* usage.prompt_tokens, or total_tokens; one that makes no sense is not said. */
static double
read_tokens(const json_t *root)
{
	const json_t *usage = json_object_get(root, "usage");
	const json_t *v = json_object_get(usage, "prompt_tokens");

	if (!json_is_integer(v))
		v = json_object_get(usage, "total_tokens");
	return json_is_integer(v) && json_integer_value(v) >= 0
	    ? json_number_value(v)
	    : -1;
}

static int
read_root(struct rk_embeddings_reply *r, const json_t *root, size_t n, size_t d,
    struct rk_err *err)
{
	const json_t *data = json_object_get(root, "data");

	if (!json_is_array(data))
		return rk_err_set(err, "expected data, an array");
	if (json_array_size(data) != n)
		return rk_err_set(
		    err, "%zu vectors for %zu texts", json_array_size(data), n);
	if (d == 0)
		d = count(
		    json_object_get(json_array_get(data, 0), "embedding"));
	if (d > RK_EMBEDDINGS_MAX_DIM)
		return rk_err_set(err,
		    "data[0].embedding: %zu numbers, expected at most %d", d,
		    RK_EMBEDDINGS_MAX_DIM);
	if (check_rows(data, n, d, err) != 0)
		return -1;
	r->d = d;
	r->x = rk_floats(n * d);
	r->tokens = read_tokens(root);
	return read_rows(r, data, n, err);
}

int
rk_embeddings_read(struct rk_embeddings_reply *r, struct rk_str body, size_t n,
    size_t d, struct rk_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(
	    body.p, body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	int rc;

	*r = (struct rk_embeddings_reply){ .tokens = -1 };
	if (root == NULL)
		return rk_err_set(err, "no JSON: %s", e.text);
	rc = read_root(r, root, n, d, err);
	if (rc != 0) {
		free(r->x);
		r->x = NULL;
	}
	json_decref(root);
	return rc;
}
