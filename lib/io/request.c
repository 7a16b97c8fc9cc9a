/* request.c - counting, with nothing copied. */
#include "io/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* How many bytes of UTF-8 the escape at P stands for; *LEN is its own length.
 * Half of a surrogate pair counts as half of its four bytes. */
static size_t
escape(const char *p, size_t *len)
{
	char hex[5];
	unsigned long c;

	if (p[1] != 'u') {
		*len = 2;
		return 1;
	}
	*len = 6;
	memcpy(hex, p + 2, 4);
	hex[4] = '\0';
	c = strtoul(hex, NULL, 16);
	if (c < 0x80)
		return 1;
	return c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 2 : 3;
}

/* Bytes of the text that the JSON string p[0..n), quotes and all, stands for;
 * the record that holds it is valid. */
static size_t
text_bytes(const char *p, size_t n)
{
	const char *end = p + n - 1, *next;
	size_t bytes = 0, len;

	for (p++; (next = memchr(p, '\\', (size_t)(end - p))) != NULL;
	     p = next + len) {
		bytes += (size_t)(next - p);
		bytes += escape(next, &len);
	}
	return bytes + (size_t)(end - p);
}

/* Is the part's type one of types[n]? */
static int
is_of(const json_t *part, const char *const *types, size_t n)
{
	const char *type = json_string_value(json_object_get(part, "type"));
	size_t i;

	for (i = 0; type != NULL && i < n; i++)
		if (strcmp(type, types[i]) == 0)
			return 1;
	return 0;
}

static size_t
turn_bytes(struct rk_request *q, const json_t *turn)
{
	static const char *const images[] = { "image", "image_url",
		"input_image" };
	static const char *const texts[] = { "text", "input_text", "refusal" };
	const json_t *content = json_object_get(turn, "content"), *part;
	size_t i, bytes = json_string_length(content);

	json_array_foreach(content, i, part)
	{
		bytes += json_string_length(json_object_get(part, "text"));
		q->images |= is_of(
		    part, images, sizeof images / sizeof *images);
		q->opaque |= !is_of(part, texts, sizeof texts / sizeof *texts);
	}
	return bytes;
}

/* A field that holds a text, or turns. */
static int
read_text(struct rk_request *q, const struct rk_rec *r, const char *field,
    struct rk_err *err)
{
	int nested = *field == '/';
	const json_t *v = nested ? rk_rec_at(r, field)
				 : json_object_get(r->root, field);
	const json_t *turn;
	struct rk_str raw;
	size_t i, bytes = 0;

	if (v == NULL)
		return 0;
	if (json_is_string(v) && nested)
		bytes = json_string_length(v);
	else if (json_is_string(v) && rk_rec_raw(r, field, &raw) == 1)
		bytes = text_bytes(raw.p, raw.n);
	else if (!json_is_array(v))
		return rk_err_set(
		    err, "%s: expected a string or chat messages", field);
	json_array_foreach(v, i, turn)
	{
		bytes += turn_bytes(q, turn);
	}
	q->has_text = 1;
	if (bytes > q->bytes)
		q->bytes = bytes;
	return 0;
}

/* The pointer to what is called tools beside PROMPT, new; of a field: that. */
static char *
beside(const char *prompt)
{
	static const char tools[] = "tools";
	size_t n = prompt != NULL && *prompt == '/'
	    ? (size_t)(strrchr(prompt, '/') + 1 - prompt)
	    : 0;
	char *p = rk_malloc(n + sizeof tools);

	if (n > 0)
		memcpy(p, prompt, n);
	memcpy(p + n, tools, sizeof tools);
	return p;
}

static int
read_tools(struct rk_request *q, const struct rk_rec *r, const char *prompt,
    struct rk_err *err)
{
	char *field = beside(prompt);
	const json_t *tools = rk_rec_at(r, field);
	struct rk_str raw;
	int rc = 0;

	if (tools != NULL && !json_is_array(tools) && !json_is_null(tools))
		rc = rk_err_set(err, "%s: expected an array", field);
	q->tools = json_array_size(tools) > 0;
	if (q->tools && *field == '/')
		q->bytes += json_dumpb(tools, NULL, 0, JSON_COMPACT);
	else if (q->tools && rk_rec_raw(r, field, &raw) == 1)
		q->bytes += raw.n;
	free(field);
	return rc;
}

int
rk_request_read(struct rk_request *q, const struct rk_rec *r,
    const char *prompt, struct rk_err *err)
{
	*q = (struct rk_request){ 0 };
	if (prompt != NULL && read_text(q, r, prompt, err) != 0)
		return -1;
	if (prompt == NULL &&
	    (read_text(q, r, "prompt", err) != 0 ||
		read_text(q, r, "messages", err) != 0))
		return -1;
	return read_tools(q, r, prompt, err);
}
