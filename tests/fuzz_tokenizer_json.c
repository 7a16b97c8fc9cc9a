/*
 * fuzz_tokenizer_json.c - any tokenizer.json, and after a NUL any text for it:
 * it opens or says why not; one that opens gives ids which have pieces, or
 * says why not, and its own JSON text opens again, with tokens more or a reason;
 * those a text spells only where it may.
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

static void
use(const struct rk_tok *t, const char *p, size_t n)
{
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 };
	struct rk_buf back = { 0 };
	struct rk_tok *again;
	const char *json;
	size_t i, len;

	json = rk_tok_json(t, &len);
	again = rk_tok_open_mem(json, len, &err);
	must(again != NULL && rk_tok_count(again) == rk_tok_count(t),
	    "its own text opens");
	rk_tok_free(again);
	if (rk_tok_encode(t, s, p, n, 1, &ids, &err) != 0)
		must(rk_err_is(&err) && ids.n == 0, "a reason, and no ids");
	for (i = 0; i < ids.n; i++) {
		must(ids.p[i] >= 0 && (size_t)ids.p[i] < rk_tok_count(t),
		    "an id below the count");
		must(rk_tok_piece(t, ids.p[i], &len) != NULL, "a piece");
	}
	rk_tok_decode(t, ids.p, ids.n, 1, &back);
	rk_buf_free(&back);
	rk_ids_free(&ids);
	rk_tok_scratch_free(s);
}

/* With two tokens more, which the text p[0..n) of a stranger does not spell. */
static void
grow(const struct rk_tok *t, const char *p, size_t n)
{
	static const char *const more[] = { "[[1]]", "the" };
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 };
	struct rk_buf json = { 0 };
	struct rk_tok *big;
	size_t i, first = rk_tok_count(t);

	rk_tok_json_add(t, more, 2, &json);
	big = rk_tok_open_mem(json.p, json.n, &err);
	if (big == NULL) {
		must(rk_err_is(&err), "a reason against tokens more");
	} else {
		must(rk_tok_count(big) == first + 2, "two ids more");
		must(rk_tok_encode_plain(big, s, p, n, 1000, &ids, &err) == 0 ||
			rk_err_is(&err),
		    "a reason against a stranger's text");
		for (i = 0; i < ids.n; i++)
			must((size_t)ids.p[i] < first, "no token of its own");
	}
	rk_tok_free(big);
	rk_buf_free(&json);
	rk_ids_free(&ids);
	rk_tok_scratch_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *json = (const char *)data;
	const char *nul = size ? memchr(json, '\0', size) : NULL;
	size_t n = nul ? (size_t)(nul - json) : size;
	struct rk_err err = { { 0 } };
	struct rk_tok *t = rk_tok_open_mem(json, n, &err);

	const char *text = nul ? nul + 1 : "the otter";
	size_t text_n = nul ? size - n - 1 : sizeof "the otter" - 1;

	if (t == NULL) {
		must(rk_err_is(&err), "a reason");
		return 0;
	}
	use(t, text, text_n);
	grow(t, text, text_n);
	rk_tok_free(t);
	return 0;
}
