/*
 * answers.c - the lines are looked through once, and what is kept of each is
 * where it lies; it is read again when it is asked for.
 */
#include "io/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_LINE = 64 << 20 };

struct answer {
	unsigned char digest[RK_SHA256_SIZE];
	size_t order; /* among all */
	int failed;
	size_t file;
	off_t at; /* of its line */
	size_t n;
};

struct rk_answers {
	struct answer *answer; /* [n], by digest */
	size_t n, cap;
	char **path; /* [files] */
	FILE **file;
	size_t files;
};

/* --- one line --------------------------------------------------------------- */

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
				    : -1;
}

/* Is the custom_id a digest? Others have other names for theirs. */
static int
read_id(const char *id, unsigned char digest[RK_SHA256_SIZE])
{
	size_t i;

	if (strlen(id) != RK_ANSWERS_ID)
		return 0;
	for (i = 0; i < RK_SHA256_SIZE; i++) {
		int high = hex(id[2 * i]), low = hex(id[2 * i + 1]);
		if (high < 0 || low < 0)
			return 0;
		digest[i] = (unsigned char)(high * 16 + low);
	}
	return 1;
}

/* An object, or nothing. */
static int
may_be(const json_t *v)
{
	return v == NULL || json_is_null(v) || json_is_object(v);
}

/* The line's document; NULL: it is none of the API's. */
static json_t *
parse(const char *p, size_t n, struct rk_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(
	    p, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);

	if (root == NULL)
		rk_err_set(err, "%s", e.text);
	else if (!json_is_string(json_object_get(root, "custom_id")))
		rk_err_set(err, "custom_id: expected a string");
	else if (!may_be(json_object_get(root, "response")) ||
	    !may_be(json_object_get(root, "error")))
		rk_err_set(err, "expected a response or an error, an object");
	else
		return root;
	json_decref(root);
	return NULL;
}

static json_int_t
status_of(const json_t *root)
{
	return json_integer_value(
	    json_object_get(json_object_get(root, "response"), "status_code"));
}

static int
is_good(const json_t *root)
{
	return status_of(root) >= 200 && status_of(root) < 300 &&
	    !json_is_object(json_object_get(root, "error")) &&
	    json_is_object(
		json_object_get(json_object_get(root, "response"), "body"));
}

/* Why there is no answer, as {"error":{"message":...}} says. */
static void
say_failure(const json_t *root, struct rk_err *err)
{
	const json_t *e = json_object_get(root, "error"), *text;
	char shown[240] = "";

	if (!json_is_object(e))
		e = json_object_get(
		    json_object_get(json_object_get(root, "response"), "body"),
		    "error");
	text = json_is_object(e) ? json_object_get(e, "message") : e;
	if (json_is_string(text))
		rk_err_quote(shown, sizeof shown, json_string_value(text),
		    json_string_length(text));
	if (status_of(root) != 0)
		rk_err_set(err, "batch: HTTP %lld%s%s",
		    (long long)status_of(root), *shown ? ": " : "", shown);
	else
		rk_err_set(err, "batch: %s", *shown ? shown : "no answer");
}

/* --- the files -------------------------------------------------------------- */

static int
take_line(
    struct rk_answers *a, const char *p, size_t n, off_t at, struct rk_err *err)
{
	struct answer new = {
		.order = a->n, .file = a->files - 1, .at = at, .n = n
	};
	json_t *root = parse(p, n, err);

	if (root == NULL)
		return -1;
	new.failed = !is_good(root);
	if (read_id(json_string_value(json_object_get(root, "custom_id")),
		new.digest)) {
		RK_GROW(a->answer, a->n, a->cap);
		a->answer[a->n++] = new;
	}
	json_decref(root);
	return 0;
}

static int
read_file(struct rk_answers *a, const char *path, struct rk_err *err)
{
	FILE *f = fopen(path, "re");
	char *p = NULL;
	size_t size = 0, line;
	ssize_t n;
	off_t at = 0;
	int rc = 0;

	if (f == NULL)
		return rk_err_set(err, "%s: %s", path, strerror(errno));
	if (lseek(fileno(f), 0, SEEK_CUR) < 0) {
		fclose(f);
		return rk_err_set(err, "%s: not a regular file", path);
	}
	a->path[a->files] = rk_strdup(path);
	a->file[a->files++] = f;
	for (line = 1; rc == 0 && (n = getline(&p, &size, f)) > 0; line++) {
		if (n > MAX_LINE)
			rc = rk_err_set(err, "longer than %d bytes", MAX_LINE);
		else if (strspn(p, " \t\r\n") < (size_t)n)
			rc = take_line(a, p, (size_t)n, at, err);
		if (rc != 0)
			rk_err_in(err, "%s:%zu", path, line);
		at += n;
	}
	if (rc == 0 && ferror(f))
		rc = rk_err_set(err, "%s: %s", path, strerror(errno));
	free(p);
	return rc;
}

/* By digest; of one digest first the failures, and what came last, last. */
static int
by_digest(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	int c = memcmp(a->digest, b->digest, sizeof a->digest);

	if (c != 0)
		return c;
	if (a->failed != b->failed)
		return a->failed ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

struct rk_answers *
rk_answers_open(const char *const *paths, size_t n, struct rk_err *err)
{
	struct rk_answers *a = rk_calloc(1, sizeof *a);
	size_t i, kept = 0;

	a->path = rk_calloc(n, sizeof *a->path);
	a->file = rk_calloc(n, sizeof *a->file);
	for (i = 0; i < n; i++)
		if (read_file(a, paths[i], err) != 0) {
			rk_answers_close(a);
			return NULL;
		}
	if (a->n > 0)
		qsort(a->answer, a->n, sizeof *a->answer, by_digest);
	for (i = 0; i < a->n; i++)
		if (i + 1 == a->n ||
		    memcmp(a->answer[i].digest, a->answer[i + 1].digest,
			RK_SHA256_SIZE) != 0)
			a->answer[kept++] = a->answer[i];
	a->n = kept;
	return a;
}

void
rk_answers_close(struct rk_answers *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->files; i++) {
		fclose(a->file[i]);
		free(a->path[i]);
	}
	free(a->file);
	free(a->path);
	free(a->answer);
	free(a);
}

/* --- an answer ---------------------------------------------------------------- */

static int
compare(const void *key, const void *x)
{
	const struct answer *a = x;

	return memcmp(key, a->digest, RK_SHA256_SIZE);
}

/* The line again, which may have changed since. */
static json_t *
read_again(
    const struct rk_answers *a, const struct answer *w, struct rk_err *err)
{
	char *p = rk_malloc(w->n);
	ssize_t got = pread(fileno(a->file[w->file]), p, w->n, w->at);
	json_t *root = NULL;

	if (got >= 0 && (size_t)got == w->n)
		root = parse(p, w->n, err);
	if (root == NULL || is_good(root) == w->failed) {
		json_decref(root);
		root = NULL;
		rk_err_set(err, "%s: it has changed", a->path[w->file]);
	}
	free(p);
	return root;
}

int
rk_answers_get(const struct rk_answers *a,
    const unsigned char digest[RK_SHA256_SIZE], struct rk_buf *out,
    struct rk_err *err)
{
	const struct answer *w = a->n == 0
	    ? NULL
	    : bsearch(digest, a->answer, a->n, sizeof *a->answer, compare);
	json_t *root;
	char *body;

	if (w == NULL)
		return 0;
	root = read_again(a, w, err);
	if (root == NULL)
		return -1;
	if (w->failed) {
		say_failure(root, err);
		json_decref(root);
		return -1;
	}
	body = json_dumps(
	    json_object_get(json_object_get(root, "response"), "body"),
	    JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(root);
	out->n = 0;
	rk_buf_adds(out, body != NULL ? body : "");
	free(body);
	return 1;
}

/* --- a request ---------------------------------------------------------------- */

void
rk_answers_request(struct rk_buf *out,
    const unsigned char digest[RK_SHA256_SIZE], const char *url,
    struct rk_str body)
{
	const char *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
	size_t i;

	rk_buf_adds(out, "{\"custom_id\":\"");
	for (i = 0; i < RK_SHA256_SIZE; i++)
		rk_buf_addf(out, "%02x", digest[i]);
	rk_buf_adds(out, "\",\"method\":\"POST\",\"url\":");
	if (path == NULL)
		path = "/";
	rk_buf_json(out, path, strlen(path));
	rk_buf_adds(out, ",\"body\":");
	rk_buf_add(out, body.p, body.n);
	rk_buf_adds(out, "}\n");
}
