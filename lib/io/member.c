/* member.c - splices members into objects, by the scan that records have. */
#include "io/member.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
rk_member_put(struct rk_rec *r, const char *field, const char *name,
    const char *json, size_t n, struct rk_err *err)
{
	struct rk_str object = { "{}", 2 };
	struct rk_buf b = { 0 };

	if (rk_rec_raw(r, field, &object) == 1 &&
	    !json_is_object(rk_rec_at(r, field)))
		return rk_err_set(err, "%s: expected an object", field);
	splice(&b, object, name, json, n);
	rk_rec_put(r, field, b.p, b.n);
	rk_buf_free(&b);
	return 0;
}
