/* tokenizer-add.c - a tokenizer.json with some special tokens more. */
#include <string.h>

#include "io/scan.h"
#include "text/tok.h"

/* The value of "added_tokens" in JSON[0..n): *AT, and *LEN (0: none). */
static void
find(const char *json, size_t n, size_t *at, size_t *len)
{
	static const char key[] = "\"added_tokens\"";
	struct rk_scan scan = { 0 };
	size_t i;

	*at = *len = 0;
	if (rk_scan_object(&scan, json, n) != 0)
		scan.members = 0;
	for (i = 0; i < scan.members; i++) {
		const struct rk_member *m = &scan.member[i];
		if (m->key_n == sizeof key - 1 &&
		    memcmp(json + m->key, key, m->key_n) == 0) {
			*at = m->val;
			*len = m->val_n;
		}
	}
	rk_scan_free(&scan);
}

static void
add_tokens(const struct rk_tok *t, const char *const *piece, size_t n,
    int comma, struct rk_buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		rk_buf_addf(out,
		    "%s{\"id\":%zu,\"content\":\"%s\",\"single_word\":false,"
		    "\"lstrip\":false,\"rstrip\":false,\"normalized\":false,"
		    "\"special\":true}",
		    i > 0 || comma ? "," : "", rk_tok_count(t) + i, piece[i]);
}

void
rk_tok_json_add(const struct rk_tok *t, const char *const *piece, size_t n,
    struct rk_buf *out)
{
	const char *json = t->json;
	size_t at, len, end, open = rk_scan_space(json, t->json_n) + 1;

	find(json, t->json_n, &at, &len);
	if (len > 0 && json[at] == '[') { /* before the bracket that closes */
		end = at + len - 1;
		at++;
		rk_buf_add(out, json, end);
		add_tokens(t, piece, n,
		    at + rk_scan_space(json + at, end - at) < end, out);
		rk_buf_add(out, json + end, t->json_n - end);
		return;
	}
	/* in the place of a null, or as the first member */
	rk_buf_add(out, json, len > 0 ? at : open);
	rk_buf_adds(out, len > 0 ? "[" : "\"added_tokens\":[");
	add_tokens(t, piece, n, 0, out);
	rk_buf_adds(out, len > 0 ? "]" : "],");
	at = len > 0 ? at + len : open;
	rk_buf_add(out, json + at, t->json_n - at);
}

int
rk_tok_make_special(struct rk_tok *t, int32_t id)
{
	size_t i;

	for (i = 0; i < t->n_added; i++)
		if (t->added[i].id == id) {
			t->added[i].special = 1;
			return 0;
		}
	return -1;
}
