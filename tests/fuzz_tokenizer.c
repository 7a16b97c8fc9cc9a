/*
 * fuzz_tokenizer.c - any text, on each small tokenizer: a text that is UTF-8
 * has ids, of which there are pieces; fewer ids are the first of them; and
 * where nothing is normalized, decode(encode(s)) = s.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int true_, const char *what)
{
	if (!true_) {
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

enum { ALL = 8, EXACT = 5 };

static struct rk_tok *tok[ALL];
static struct rk_tok_scratch *scratch;

static void
open_all(void)
{
	static const char *const name[ALL] = { "wordpiece", "wordpiece-cased",
		"unigram", "unigram-bytes", "gpt2", "llama3", "qwen2",
		"llama2" };
	struct rk_err err = { { 0 } };
	char path[128];
	size_t i;

	for (i = 0; i < ALL; i++) {
		snprintf(path, sizeof path, "tests/golden/tokenizer/%s.json",
		    name[i]);
		tok[i] = rk_tok_open(path, &err);
		must(tok[i] != NULL, err.msg);
	}
	scratch = rk_tok_scratch_new();
}

static void
close_all(void)
{
	size_t i;

	for (i = 0; i < ALL; i++)
		rk_tok_free(tok[i]);
	rk_tok_scratch_free(scratch);
}

static int
has(const char *p, size_t n, const char *what)
{
	size_t len = strlen(what), i;

	for (i = 0; i + len <= n; i++)
		if (memcmp(p + i, what, len) == 0)
			return 1;
	return 0;
}

static void
one(size_t which, const char *p, size_t n)
{
	const struct rk_tok *t = tok[which];
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 }, some = { 0 };
	struct rk_buf back = { 0 };
	size_t i, len, before;

	if (rk_tok_encode(t, scratch, p, n, 0, &ids, &err) != 0) {
		must(strstr(err.msg, "not UTF-8") != NULL, err.msg);
		must(ids.n == 0, "no ids where there is an error");
		rk_ids_free(&ids);
		return;
	}
	for (i = 0; i < ids.n; i++)
		must(rk_tok_piece(t, ids.p[i], &len) != NULL, "a piece");
	rk_tok_before(t, &before);
	must(rk_tok_encode_max(
		 t, scratch, p, n, rk_tok_specials(t) + 3, &some, &err) == 0,
	    err.msg);
	must(some.n == rk_tok_specials(t) + (ids.n < 3 ? ids.n : 3),
	    "as many ids as asked for");
	must(ids.n == 0 ||
		memcmp(some.p + before, ids.p,
		    (ids.n < 3 ? ids.n : 3) * sizeof *ids.p) == 0,
	    "the first ids");
	rk_tok_decode(t, ids.p, ids.n, 0, &back);
	/* white space behind a <tok> goes with it */
	if (which == EXACT && !has(p, n, "<tok>"))
		must(back.n == n && memcmp(back.p, p, n) == 0,
		    "decode(encode(s)) = s");
	rk_ids_free(&ids);
	rk_ids_free(&some);
	rk_buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t i;

	if (scratch == NULL) {
		open_all();
		atexit(close_all);
	}
	for (i = 0; i < ALL; i++)
		one(i, (const char *)data, size);
	return 0;
}
