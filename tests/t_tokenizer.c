/*
 * t_tokenizer.c - ids are the reference's: on the small tokenizers of
 * tests/golden/tokenizer, whose ids a slow program computed by itself, and,
 * where the shared folder is, on real ones, whose ids the Rust library gave.
 */
#include "text/tokenizer.h"

#include <jansson.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- goldens --- */

static int
ids_are(const struct rk_ids *ids, const json_t *want)
{
	size_t i;

	if (ids->n != json_array_size(want))
		return 0;
	for (i = 0; i < ids->n; i++)
		if (ids->p[i] != json_integer_value(json_array_get(want, i)))
			return 0;
	return 1;
}

static void
show(const char *what, const struct rk_ids *ids, const json_t *want)
{
	char *s = json_dumps(want, JSON_COMPACT);
	size_t i;

	printf("# %s: got ", what);
	for (i = 0; i < ids->n && i < 60; i++)
		printf("%ld,", (long)ids->p[i]);
	printf("\n#   want %.400s\n", s);
	free(s);
}

/* One line of a golden file; the members it has are held. */
static int
line_holds(const struct rk_tok *t, struct rk_tok_scratch *s, const json_t *o)
{
	const json_t *text = json_object_get(o, "text");
	const json_t *all = json_object_get(o, "ids");
	const json_t *full = json_object_get(o, "ids_full");
	const json_t *plain = json_object_get(o, "ids_no_special");
	const json_t *back = json_object_get(o, "decoded");
	const char *p = json_string_value(text);
	const char *name = json_string_value(json_object_get(o, "name"));
	size_t n = json_string_length(text);
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 }, wrapped = { 0 };
	struct rk_buf out = { 0 };
	int good = 1;

	if (rk_tok_encode(t, s, p, n, 1, &ids, &err) != 0 ||
	    !ids_are(&ids, full ? full : all)) {
		show(name, &ids, full ? full : all);
		good = 0;
	}
	ids.n = 0;
	if (rk_tok_encode_max(t, s, p, n, json_array_size(all), &ids, &err) ||
	    !ids_are(&ids, all)) {
		show(name, &ids, all);
		good = 0;
	}
	ids.n = 0;
	if (rk_tok_encode(t, s, p, n, 0, &ids, &err) != 0 ||
	    (plain && !ids_are(&ids, plain))) {
		show(name, &ids, plain);
		good = 0;
	}
	rk_tok_wrap(t, ids.p, ids.n, &wrapped);
	good &= ids_are(&wrapped, full ? full : all);
	if (back != NULL) {
		rk_tok_decode(t, wrapped.p, wrapped.n, 1, &out);
		if (out.n != json_string_length(back) ||
		    memcmp(out.p, json_string_value(back), out.n) != 0) {
			printf("# %s: decodes to \"%s\"\n#   want \"%s\"\n",
			    name, out.p, json_string_value(back));
			good = 0;
		}
	}
	if (rk_err_is(&err))
		printf("# %s: %s\n", name, err.msg);
	rk_ids_free(&ids);
	rk_ids_free(&wrapped);
	rk_buf_free(&out);
	return good;
}

static void
golden(const char *name, const char *tokenizer, const char *lines)
{
	struct rk_err err = { { 0 } };
	double start = now(), took;
	struct rk_tok *t = rk_tok_open(tokenizer, &err);
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	FILE *f = fopen(lines, "r");
	json_error_t je;
	json_t *o;
	int seen = 0, bad = 0;

	took = now() - start;
	if (t == NULL || f == NULL) {
		ok(0, "%s opens: %s", name, err.msg);
	} else {
		while (
		    (o = json_loadf(f, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
			 &je)) != NULL) {
			const char *kind = json_string_value(
			    json_object_get(o, "kind"));
			if (kind == NULL || strcmp(kind, "tokens") == 0) {
				seen++;
				bad += !line_holds(t, s, o);
			}
			json_decref(o);
		}
		ok(bad == 0 && seen > 0, "%s: ids of %d texts", name, seen);
		printf("# opened in %.1f ms\n", took * 1e3);
	}
	if (f != NULL)
		fclose(f);
	rk_tok_scratch_free(s);
	rk_tok_free(t);
}

static void
shared(const char *name)
{
	const char *root = getenv("RK_SHARED");
	char tokenizer[512], lines[512];
	FILE *f;

	snprintf(tokenizer, sizeof tokenizer, "%s/models/%s/tokenizer.json",
	    root ? root : "../shared", name);
	snprintf(lines, sizeof lines, "%s/models/%s/golden.jsonl",
	    root ? root : "../shared", name);
	f = fopen(lines, "r");
	if (f == NULL) {
		skip(name, "no shared models");
		return;
	}
	fclose(f);
	golden(name, tokenizer, lines);
}

int
main(void)
{
	shared("minilm");
	shared("stories15m");
	shared("tokenizers/gpt2");
	shared("tokenizers/qwen2_5");
	shared("tokenizers/xlm-roberta");
	return done();
}
