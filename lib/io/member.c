/* member.c - splices members into objects, by the scan that records have. */
#include "io/member.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/record-parts.h"
#include "io/scan.h"

/* Does the key of JSON k[0..n), quotes included, say NAME? */
static int
says(const char *k, size_t n, const char *name)
{
	char *text = rk_malloc(n);
	size_t len = rk_scan_unescape(text, k + 1, n - 2);
	int same = len == strlen(name) && memcmp(text, name, len) == 0;

	free(text);
	return same;
}

/* The object's text with the member in it. */
static void
splice(struct rk_buf *out, struct rk_str object, const char *name,
    const char *json, size_t n)
{
	struct rk_scan s = { 0 };
	const struct rk_member *m = NULL;
	size_t i;

	rk_scan_object(&s, object.p, object.n); /* jansson has read it */
	for (i = 0; i < s.members && m == NULL; i++)
		if (says(object.p + s.member[i].key, s.member[i].key_n, name))
			m = &s.member[i];
	if (m != NULL) {
		rk_buf_add(out, object.p, m->val);
		rk_buf_add(out, json, n);
		rk_buf_add(out, object.p + m->val + m->val_n,
		    object.n - m->val - m->val_n);
	} else {
		rk_buf_add(out, object.p, s.close);
		if (s.members > 0)
			rk_buf_addc(out, ',');
		rk_buf_json(out, name, strlen(name));
		rk_buf_addc(out, ':');
		rk_buf_add(out, json, n);
		rk_buf_add(out, object.p + s.close, object.n - s.close);
	}
	rk_scan_free(&s);
}

int
rk_member_check(const struct rk_rec *r, const char *field, struct rk_err *err)
{
	const json_t *object = rk_rec_at(r, field);

	return object == NULL || json_is_object(object)
	    ? 0
	    : rk_rec_wrong(field, "an object", object, err);
}

int
rk_member_put_all(struct rk_rec *r, const char *field,
    const struct rk_member_value *v, size_t n, struct rk_err *err)
{
	struct rk_str object = { "{}", 2 };
	struct rk_buf b[2] = { { 0 }, { 0 } };
	size_t i;

	if (rk_member_check(r, field, err) != 0)
		return -1;
	rk_rec_raw(r, field, &object);
	for (i = 0; i < n; i++) {
		b[i % 2].n = 0;
		splice(&b[i % 2], object, v[i].name, v[i].json.p, v[i].json.n);
		object = (struct rk_str){ b[i % 2].p, b[i % 2].n };
	}
	rk_rec_put(r, field, object.p, object.n);
	rk_buf_free(&b[0]);
	rk_buf_free(&b[1]);
	return 0;
}

int
rk_member_put(struct rk_rec *r, const char *field, const char *name,
    const char *json, size_t n, struct rk_err *err)
{
	struct rk_member_value v = { name, { json, n } };

	return rk_member_put_all(r, field, &v, 1, err);
}

int
rk_member_each_text(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, const char *name, struct rk_str text), void *ctx,
    struct rk_err *err)
{
	json_t *object = rk_rec_at(r, field), *v;
	struct rk_buf full = { 0 };
	const char *name;

	if (object == NULL || rk_member_check(r, field, err) != 0)
		return object == NULL ? 0 : -1;
	json_object_foreach(object, name, v)
	{
		if (!json_is_string(v)) {
			rk_buf_addf(&full, "%s.%s", field, name);
			rk_rec_wrong(full.p, "a string", v, err);
			rk_buf_free(&full);
			return -1;
		}
		if (fn(ctx, name,
			(struct rk_str){
			    json_string_value(v), json_string_length(v) }) != 0)
			return -1;
	}
	return 1;
}
