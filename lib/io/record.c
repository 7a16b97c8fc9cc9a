/*
 * record.c - reading a line with jansson (record-edit.c writes it).
 */
#include "io/record.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "io/base64.h"
#include "io/record-parts.h"

/* A longer string is hidden from jansson; bytes, quotes included. */
enum { LONG_STRING = 32 };
/* --- members ------------------------------------------------------------ */

/* Does the key's text in the line, quotes and escapes and all, say FIELD? */
static int
key_is(const char *p, const struct rk_member *m, const char *field, size_t n)
{
	const char *key = p + m->key;
	json_t *s;
	int is;

	if (memchr(key, '\\', m->key_n) == NULL)
		return m->key_n == n + 2 && memcmp(key + 1, field, n) == 0;
	s = json_loadb(key, m->key_n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	is = s != NULL && json_string_length(s) == n &&
	    memcmp(json_string_value(s), field, n) == 0;
	json_decref(s);
	return is;
}

long
rk_rec_find(const struct rk_rec *r, const char *field)
{
	size_t i, n = strlen(field);

	for (i = 0; i < r->scan.members; i++)
		if (key_is(r->p, &r->scan.member[i], field, n))
			return (long)i;
	return -1;
}

/* --- parsing ------------------------------------------------------------ */

static void
add_vec(struct rk_rec *r, double x)
{
	RK_GROW(r->vec, r->vec_n, r->vec_cap);
	r->vec[r->vec_n++] = (float)x;
}

/*
 * Reads [1, 2.5, ...] into r->vec. -1 where there is anything but numbers: the
 * general way then says what.
 */
static int
read_array(struct rk_rec *r, const char *p, const char *end)
{
	double x;
	size_t n;

	r->vec_n = 0;
	for (p++;; p++) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if ((n = rk_num_scan(p, end, &x)) == 0 || !isfinite(x))
			return -1;
		add_vec(r, x);
		p += n;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p + 1 == end && *p == ']')
			return 0;
		if (p >= end || *p != ',')
			return -1;
	}
}

/* May the embedding bypass jansson? Reads it if so. */
static int
bypass(struct rk_rec *r)
{
	const struct rk_member *m = r->emb;
	const char *p = r->p + m->val;

	if (*p == '"' && rk_scan_plain(p + 1, m->val_n - 2)) {
		r->emb_kind = RK_EMB_PLAIN;
		return 1;
	}
	if (*p == '[' && read_array(r, p, p + m->val_n) == 0) {
		r->emb_kind = RK_EMB_VEC;
		return 1;
	}
	return 0;
}

/*
 * What jansson need not see to say whether the line is valid: the embedding,
 * and long strings, which are read when they are asked for.
 */
static void
hide(struct rk_rec *r)
{
	struct rk_scan *s = &r->scan;
	long emb = rk_rec_find(r, "embedding");
	size_t i;

	r->hidden = 0;
	for (i = 0; i < s->members; i++) {
		struct rk_member *m = &s->member[i];
		if ((long)i == emb) {
			r->emb = m;
			m->hidden = bypass(r);
		} else if (m->val_n > LONG_STRING && r->p[m->val] == '"') {
			m->hidden = rk_scan_text(
			    r->p + m->val + 1, m->val_n - 2);
		}
		r->hidden += (size_t)m->hidden;
	}
}

/* The embedding by way of jansson's value. */
static void
read_general(struct rk_rec *r)
{
	json_t *v = json_object_get(r->root, "embedding"), *x;
	size_t i, n = json_is_string(v) ? json_string_length(v) : 0;

	r->emb_kind = RK_EMB_WRONG;
	r->vec_n = 0;
	if (json_is_string(v)) {
		unsigned char *raw = rk_malloc(n / 4 * 3 + 1);
		size_t got;
		if (rk_base64_decode(raw, &got, json_string_value(v), n) == 0 &&
		    got % 4 == 0) {
			for (i = 0; i < got / 4; i++) {
				float f;
				memcpy(&f, raw + 4 * i, 4);
				add_vec(r, (double)f);
			}
			r->emb_kind = RK_EMB_VEC;
		}
		free(raw);
	} else if (json_is_array(v)) {
		r->emb_kind = RK_EMB_VEC;
		json_array_foreach(v, i, x)
		{
			if (!json_is_number(x)) {
				r->emb_kind = RK_EMB_WRONG;
				break;
			}
			add_vec(r, json_number_value(x));
		}
	}
}

/* The line up to AT, and TEXT instead of what is there. */
static void
instead(struct rk_rec *r, size_t *at, size_t where, size_t n, const char *text)
{
	rk_buf_add(&r->copy, r->p + *at, where - *at);
	rk_buf_adds(&r->copy, text);
	*at = where + n;
}

/*
 * What jansson is to see: the line with placeholders for what is hidden, and
 * whole numbers that it would call too big as doubles.
 */
static struct rk_str
view(struct rk_rec *r)
{
	const struct rk_scan *s = &r->scan;
	struct rk_str line = { r->p, r->n };
	size_t i, c = 0, at = 0;

	if (r->hidden == 0 && s->cuts == 0)
		return line;
	r->copy.n = 0;
	for (i = 0; i < s->members; i++) {
		const struct rk_member *m = &s->member[i];
		size_t end = m->val + m->val_n;
		if (m->hidden)
			instead(r, &at, m->val, m->val_n,
			    r->p[m->val] == '[' ? "[]" : "\"\"");
		for (; c < s->cuts && s->cut[c].at < end; c++) {
			const struct rk_cut *x = &s->cut[c];
			if (m->hidden)
				continue;
			if (x->huge)
				instead(r, &at, x->at, x->n, "1e308");
			else
				instead(r, &at, x->at + x->n, 0, ".0");
		}
	}
	rk_buf_add(&r->copy, r->p + at, r->n - at);
	return (struct rk_str){ r->copy.p, r->copy.n };
}

/*
 * The line is wrong, and jansson saw a changed copy of it: let it say where in
 * the line itself. What was changed is valid, so the message is the same,
 * unless the line holds a number that only the copy made bearable: then the
 * copy's message stands, without a place.
 */
static void
refuse(struct rk_rec *r, json_error_t *e, int is_copy)
{
	char text[sizeof e->text + 1], *eof;
	json_error_t e2;

	if (is_copy && r->scan.cuts == 0) {
		json_t *v = json_loadb(
		    r->p, r->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e2);
		if (v == NULL) {
			e = &e2;
			is_copy = 0;
		}
		json_decref(v);
	}
	r->col = is_copy || e->position < 0 ? 0 : (size_t)e->position;
	rk_err_quote(text, sizeof text, e->text, strlen(e->text));
	eof = strstr(text, "end of file");
	if (eof != NULL) /* to jansson the line is the file */
		memcpy(eof, "end of line", 11);
	rk_err_set(&r->err, "%s", text);
}

static const char *
type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER:
	case JSON_REAL: return "a number";
	case JSON_TRUE: return "true";
	case JSON_FALSE: return "false";
	case JSON_NULL: break;
	}
	return "null";
}

static void
forget(struct rk_rec *r)
{
	json_decref(r->root);
	r->root = NULL;
	r->emb = NULL;
	r->hidden = r->scan.members = 0;
	r->edits = 0;
	r->omit = 0;
	r->put.n = r->text.n = 0;
	r->vec_n = 0;
	r->col = 0;
}

int
rk_rec_parse(struct rk_rec *r)
{
	const char *nul;
	char shown[24];
	struct rk_str s;
	json_error_t e;
	size_t at;
	int scanned;

	forget(r);
	if (rk_err_is(&r->err)) /* the reader refused it */
		return -1;
	if (r->n == 0 || (r->n == 1 && r->p[0] == '\r'))
		return rk_err_set(&r->err, "empty line");
	if (r->n >= 3 && memcmp(r->p, "\xef\xbb\xbf", 3) == 0)
		return rk_err_set(&r->err,
		    "byte order mark: save the file as "
		    "UTF-8 without one");
	at = rk_scan_space(r->p, r->n);
	if (at == r->n || strchr("{[", r->p[at]) == NULL)
		return rk_err_set(&r->err, "expected a JSON object, found '%s'",
		    rk_err_quote(shown, sizeof shown, r->p, r->n));
	/* jansson passes over one that follows a number */
	nul = memchr(r->p, '\0', r->n);
	if (nul != NULL) {
		r->col = (size_t)(nul - r->p) + 1;
		return rk_err_set(&r->err, "NUL byte");
	}
	scanned = rk_scan_object(&r->scan, r->p, r->n) == 0;
	if (scanned)
		hide(r);
	else
		r->scan.cuts = 0;
	s = view(r);
	r->root = json_loadb(
	    s.p, s.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (r->root == NULL) {
		refuse(r, &e, s.p != r->p);
		return -1;
	}
	if (!json_is_object(r->root))
		return rk_err_set(&r->err, "expected a JSON object, found %s",
		    type_name(r->root));
	if (!scanned)
		return rk_err_set(&r->err, "unreadable JSON");
	if (r->emb != NULL && !r->emb->hidden)
		read_general(r);
	return 0;
}

void
rk_rec_free(struct rk_rec *r)
{
	json_decref(r->root);
	rk_scan_free(&r->scan);
	free(r->vec);
	free(r->edit);
	rk_buf_free(&r->copy);
	rk_buf_free(&r->text);
	rk_buf_free(&r->put);
	memset(r, 0, sizeof *r);
}

/* --- reading ------------------------------------------------------------ */

/* The value of FIELD; a string that was hidden is read now. */
static json_t *
get(const struct rk_rec *r, const char *field)
{
	json_t *v = json_object_get(r->root, field);
	const struct rk_member *m;
	char *text;
	long i;

	if (r->hidden == 0 || !json_is_string(v) || json_string_length(v) > 0)
		return v;
	i = rk_rec_find(r, field);
	if (i < 0 || !r->scan.member[i].hidden)
		return v;
	m = &r->scan.member[i];
	text = rk_malloc(m->val_n);
	v = json_stringn_nocheck(
	    text, rk_scan_unescape(text, r->p + m->val + 1, m->val_n - 2));
	free(text);
	if (v != NULL)
		json_object_set_new_nocheck(r->root, field, v);
	return v;
}

/* The token of a JSON pointer at *PTR, unescaped, into KEY. */
static size_t
token(const char **ptr, char *key)
{
	const char *p = *ptr;
	size_t n = 0;

	for (; *p != '\0' && *p != '/'; p++) {
		char c = *p;
		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		key[n++] = c;
	}
	key[n] = '\0';
	*ptr = p;
	return n;
}

/* The value at the JSON pointer PTR (RFC 6901) of the record, or NULL. */
static json_t *
at_pointer(const struct rk_rec *r, const char *ptr)
{
	json_t *v = r->root;
	char *key = rk_malloc(strlen(ptr) + 1);

	while (v != NULL && *ptr++ == '/') {
		size_t n = token(&ptr, key);
		if (json_is_array(v)) {
			unsigned long i = strtoul(key, NULL, 10);
			v = n == 0 || strspn(key, "0123456789") != n
			    ? NULL
			    : json_array_get(v, i);
		} else if (v == r->root) {
			v = get(r, key);
		} else {
			v = json_object_get(v, key);
		}
		if (*ptr == '\0')
			break;
	}
	free(key);
	return v;
}

struct json_t *
rk_rec_at(const struct rk_rec *r, const char *field)
{
	return *field == '/' ? at_pointer(r, field) : get(r, field);
}

int
rk_rec_has(const struct rk_rec *r, const char *field)
{
	return json_object_get(r->root, field) != NULL;
}

int
rk_rec_wrong(
    const char *field, const char *want, const json_t *v, struct rk_err *err)
{
	return rk_err_set(
	    err, "%s: expected %s, found %s", field, want, type_name(v));
}

int
rk_rec_text(const struct rk_rec *r, const char *field, struct rk_str *out,
    struct rk_err *err)
{
	const json_t *v = rk_rec_at(r, field);

	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return rk_rec_wrong(field, "a string", v, err);
	out->p = json_string_value(v);
	out->n = json_string_length(v);
	return 1;
}

int
rk_rec_raw(const struct rk_rec *r, const char *field, struct rk_str *out)
{
	long i = rk_rec_find(r, field);

	if (i < 0)
		return 0;
	out->p = r->p + r->scan.member[i].val;
	out->n = r->scan.member[i].val_n;
	return 1;
}

/* Numbers that no double holds came in as 1e308 (see view). */
static int
number(const json_t *v, const char *field, const char *name, double *out,
    struct rk_err *err)
{
	const char *sep = name[0] ? "." : "";

	if (!json_is_number(v))
		return rk_err_set(err, "%s%s%s: expected a number, found %s",
		    field, sep, name, type_name(v));
	*out = json_number_value(v);
	if (fabs(*out) >= 1e308)
		return rk_err_set(
		    err, "%s%s%s: number out of range", field, sep, name);
	return 1;
}

int
rk_rec_number(
    const struct rk_rec *r, const char *field, double *out, struct rk_err *err)
{
	const json_t *v = rk_rec_at(r, field);

	return v == NULL ? 0 : number(v, field, "", out, err);
}

int
rk_rec_number_in(const struct rk_rec *r, const char *field, const char *name,
    double *out, struct rk_err *err)
{
	const json_t *o = get(r, field), *v;

	if (o == NULL)
		return 0;
	if (!json_is_object(o))
		return rk_rec_wrong(field, "an object", o, err);
	v = json_object_get(o, name);
	return v == NULL ? 0 : number(v, field, name, out, err);
}

int
rk_rec_each_number(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, const char *name, double x), void *ctx,
    struct rk_err *err)
{
	json_t *o = rk_rec_at(r, field), *v;
	const char *name;
	double x;

	if (o == NULL)
		return 0;
	if (!json_is_object(o))
		return rk_rec_wrong(field, "an object", o, err);
	json_object_foreach(o, name, v)
	{
		if (number(v, field, name, &x, err) < 0)
			return -1;
		if (fn(ctx, name, x) != 0)
			break;
	}
	return 1;
}

int
rk_rec_key(const struct rk_rec *r, const char *field, double *num,
    struct rk_str *text, int *is_text, struct rk_err *err)
{
	const json_t *v = rk_rec_at(r, field);

	if (v == NULL)
		return 0;
	*is_text = json_is_string(v);
	if (*is_text) {
		text->p = json_string_value(v);
		text->n = json_string_length(v);
		return 1;
	}
	if (!json_is_number(v))
		return rk_rec_wrong(field, "a number or a string", v, err);
	return number(v, field, "", num, err);
}

/* --- the embedding ------------------------------------------------------- */

int
rk_rec_embedding_dim(const struct rk_rec *r, size_t *d, struct rk_err *err)
{
	size_t chars, pad;
	const char *p;

	if (r->emb == NULL)
		return 0;
	if (r->emb_kind == RK_EMB_VEC) {
		*d = r->vec_n;
	} else if (r->emb_kind == RK_EMB_PLAIN) {
		p = r->p + r->emb->val + 1;
		chars = r->emb->val_n - 2;
		for (pad = 0;
		     pad < 2 && pad < chars && p[chars - 1 - pad] == '='; pad++)
			;
		if (chars % 4 != 0 || (chars / 4 * 3 - pad) % 4 != 0)
			return rk_err_set(err,
			    "embedding: expected base64 of float32 numbers, "
			    "found %zu characters",
			    chars);
		*d = (chars / 4 * 3 - pad) / 4;
	} else {
		return rk_err_set(err,
		    "embedding: expected base64 of float32 numbers or an "
		    "array of numbers");
	}
	return *d > 0 ? 1 : rk_err_set(err, "embedding: empty");
}

static int
all_finite(const float *x, size_t n)
{
	uint32_t bits, bad = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		memcpy(&bits, x + i, 4);
		bad |= (uint32_t)((bits & 0x7f800000u) == 0x7f800000u);
	}
	return !bad;
}

int
rk_rec_embedding(
    const struct rk_rec *r, float *out, size_t d, struct rk_err *err)
{
	size_t n;

	if (r->emb_kind == RK_EMB_PLAIN) {
		/* float32 little-endian, as every machine here has it */
		if (rk_base64_decode((unsigned char *)out, &n,
			r->p + r->emb->val + 1, r->emb->val_n - 2) != 0)
			return rk_err_set(err, "embedding: invalid base64");
	} else {
		memcpy(out, r->vec, d * sizeof *out);
	}
	if (!all_finite(out, d))
		return rk_err_set(
		    err, "embedding: holds a number that is not finite");
	return 1;
}
