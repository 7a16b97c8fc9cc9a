/*
 * A line is written as it came, with what was asked for put in: taking the
 * added field away again gives back the input, the members that the scan found
 * are those that jansson found, an embedding reads the same in place and by way
 * of jansson, and so do the numbers of an answer key.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/keys.h"
#include "io/record.h"

#define FIELD  "\"\\u0001added\":0.5"
#define JFLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int true_, const char *what)
{
	if (!true_) {
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

/* Each span of the scan is the value that jansson has under that key. */
static void
spans_are_members(const struct rk_rec *r)
{
	struct rk_err err = { { 0 } };
	struct rk_str s;
	size_t i;

	must(r->scan.members == json_object_size(r->root),
	    "as many spans as members");
	for (i = 0; i < r->scan.members; i++) {
		const struct rk_member *m = &r->scan.member[i];
		json_t *k = json_loadb(r->p + m->key, m->key_n,
		    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		json_t *v, *has;
		must(json_is_string(k), "a key is a string");
		has = json_object_get(r->root, json_string_value(k));
		must(has != NULL, "jansson has the key");
		if (*json_string_value(k) == '/') { /* it reads as a pointer */
			json_decref(k);
			continue;
		}
		if (m != r->emb &&
		    rk_rec_text(r, json_string_value(k), &s, &err) == 1) {
			v = json_loadb(r->p + m->val, m->val_n,
			    JSON_DECODE_ANY | JFLAGS, NULL);
			must(json_string_length(v) == s.n &&
				memcmp(json_string_value(v), s.p, s.n) == 0,
			    "a text is its span's");
			json_decref(v);
			json_decref(k);
			continue;
		}
		v = json_loadb(
		    r->p + m->val, m->val_n, JSON_DECODE_ANY | JFLAGS, NULL);
		if (v != NULL && m != r->emb)
			must((json_typeof(v) == json_typeof(has) ||
				 (json_is_number(v) && json_is_number(has))) &&
				(!json_is_string(v) || json_equal(v, has)),
			    "a span is the value");
		json_decref(k);
		json_decref(v);
	}
}

struct keys {
	const json_t *v;
	size_t i;
};

/* A number stands in the line as it is given. */
static int
is_next_key(void *ctx, struct rk_str key)
{
	struct keys *k = ctx;
	const json_t *v = json_is_array(k->v) ? json_array_get(k->v, k->i++)
					      : k->v;
	json_t *own;

	if (json_is_string(v)) {
		must(key.n == json_string_length(v) &&
			memcmp(key.p, json_string_value(v), key.n) == 0,
		    "a key is its text");
		return 0;
	}
	own = json_loadb(key.p, key.n, JSON_DECODE_ANY, NULL);
	must(own == NULL || /* a number that only the scan bears */
		json_number_value(own) == json_number_value(v),
	    "a key is its number");
	must(key.n > 0 && strchr("-0123456789", *key.p) != NULL &&
		strchr("0123456789", key.p[key.n - 1]) != NULL,
	    "and no more than that");
	json_decref(own);
	return 0;
}

/* Every member as an answer key. */
static void
has_keys(const struct rk_rec *r)
{
	struct rk_err err = { { 0 } };
	struct keys k;
	json_t *v;
	const char *name;
	void *next;

	json_object_foreach_safe(r->root, next, name, v)
	{
		if (*name == '/' || (r->emb && strcmp(name, "embedding") == 0))
			continue;
		k = (struct keys){ rk_rec_at(r, name), 0 };
		err.msg[0] = '\0';
		if (rk_keys_each(r, name, is_next_key, &k, &err) == 1)
			must(!json_is_array(k.v) || k.i == json_array_size(k.v),
			    "all keys are given");
		else
			must(
			    err.msg[0] != '\0', "what is no key has a message");
	}
}

/* Adding a field and cutting it out again is nothing. */
static void
strips(struct rk_rec *r)
{
	struct rk_buf out = { 0 };
	size_t add = sizeof FIELD - 1 + (r->scan.members > 0);

	rk_rec_put(r, "\001added", "0.5", 3);
	rk_rec_write(r, &out);
	must(out.n == r->n + add + 1, "output is input, field and newline");
	must(memcmp(out.p, r->p, r->scan.close) == 0, "same before");
	must(memcmp(out.p + r->scan.close + add, r->p + r->scan.close,
		 r->n - r->scan.close) == 0,
	    "same behind");
	must(out.p[out.n - 1] == '\n', "ends in a newline");
	rk_buf_free(&out);
}

/* Replacing and dropping leave a valid line, with one member less or not. */
static void
edits(struct rk_rec *r, int drop)
{
	size_t had = r->scan.members;
	struct rk_buf out = { 0 };
	json_t *k, *v, *has;
	char *name;

	if (had == 0)
		return;
	k = json_loadb(r->p + r->scan.member[had / 2].key,
	    r->scan.member[had / 2].key_n, JSON_DECODE_ANY | JSON_ALLOW_NUL,
	    NULL);
	name = strdup(json_string_value(k));
	r->edits = 0;
	if (drop)
		rk_rec_drop(r, name);
	else
		rk_rec_put(r, name, "[17]", 4);
	rk_rec_write(r, &out);
	v = json_loadb(out.p, out.n, JFLAGS, NULL);
	if (v != NULL) { /* else a number that only the scan bears */
		must(json_object_size(v) == had - (size_t)drop, "members");
		has = json_object_get(v, name);
		must(drop ? has == NULL
			  : json_integer_value(json_array_get(has, 0)) == 17,
		    "the value is the new one, or gone");
	}
	json_decref(k);
	json_decref(v);
	free(name);
	rk_buf_free(&out);
}

/* The embedding by way of jansson alone is what the record says. */
static void
embedding_agrees(struct rk_rec *r)
{
	struct rk_rec other = { .p = "", .n = 0, .file = "x", .line = 1 };
	struct rk_err e1 = { { 0 } }, e2 = { { 0 } };
	struct rk_buf line = { 0 };
	float *a, *b;
	size_t d1 = 0, d2 = 0, i, n;
	int f1 = rk_rec_embedding_dim(r, &d1, &e1), f2;
	const char *val;

	if (r->emb == NULL || r->p[r->emb->val] != '"')
		return;
	/* the same string with its first character escaped */
	val = r->p + r->emb->val;
	n = r->emb->val_n;
	if (n < 3 || val[1] == '\\' || (unsigned char)val[1] >= 0x80)
		return;
	rk_buf_addf(&line, "{\"embedding\":\"\\u%04x", val[1]);
	rk_buf_add(&line, val + 2, n - 2);
	rk_buf_adds(&line, "}");
	other.p = line.p;
	other.n = line.n;
	must(rk_rec_parse(&other) == 0, "an escaped embedding parses");
	f2 = rk_rec_embedding_dim(&other, &d2, &e2);
	a = rk_floats(d1 + 4);
	b = rk_floats(d2 + 4);
	if (f1 == 1)
		f1 = rk_rec_embedding(r, a, d1, &e1);
	if (f2 == 1)
		f2 = rk_rec_embedding(&other, b, d2, &e2);
	must((f1 == 1) == (f2 == 1), "both ways accept, or neither");
	if (f1 == 1) {
		must(d1 == d2, "both ways see as many numbers");
		for (i = 0; i < d1; i++)
			must(memcmp(&a[i], &b[i], 4) == 0, "same numbers");
	}
	free(a);
	free(b);
	rk_rec_free(&other);
	rk_buf_free(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rk_prompt how = { NULL, RK_TURNS_ALL };
	struct rk_rec r = { .file = "x", .line = 1 };
	struct rk_err err = { { 0 } };
	char *line = malloc(size + 1); /* so that ASan sees its end */
	struct rk_str s;
	json_t *v;

	memcpy(line, data, size);
	r.p = line;
	r.n = size;
	v = json_loadb(line, size, JFLAGS, NULL);
	if (rk_rec_parse(&r) == 0) {
		must(r.scan.cuts > 0 || json_is_object(v),
		    "what is taken is what jansson takes");
		spans_are_members(&r);
		has_keys(&r);
		strips(&r);
		edits(&r, 0);
		edits(&r, 1);
		embedding_agrees(&r);
		rk_rec_prompt(&r, &how, &s, &err);
	} else {
		must(!json_is_object(v) || memchr(line, '\0', size) != NULL,
		    "what jansson takes is taken");
		must(r.err.msg[0] != '\0', "a bad line has a message");
	}
	json_decref(v);
	rk_rec_free(&r);
	free(line);
	return 0;
}
