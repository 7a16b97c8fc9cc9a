/*
 * fuzz_reply.c - what a server answers: a reply of chat completions that is
 * read has a JSON text and tokens that are counts; one of embeddings has as
 * many vectors as asked for, of the right length, all finite. The first byte
 * says which, and how many.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/chat.h"
#include "io/embeddings.h"
#include "io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
read_chat(struct rk_str body)
{
	struct rk_chat_reply r = { .cut = 0 };
	struct rk_err err = { { 0 } };

	if (rk_chat_read(&r, body, &err) == 0) {
		need(rk_json_is_plain(r.text.p, r.text.n));
		need(r.text.p[0] == '"');
		need(r.input >= -1 && r.output >= -1);
	} else {
		need(rk_err_is(&err));
	}
	rk_buf_free(&r.text);
}

static void
read_embeddings(struct rk_str body, size_t n, size_t d)
{
	struct rk_embeddings_reply r;
	struct rk_err err = { { 0 } };
	size_t i;

	if (rk_embeddings_read(&r, body, n, d, &err) != 0) {
		need(rk_err_is(&err) && r.x == NULL);
		return;
	}
	need(r.d > 0 && (d == 0 || r.d == d));
	for (i = 0; i < n * r.d; i++)
		need(isfinite(r.x[i]));
	need(r.tokens >= -1);
	free(r.x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_str body = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	if (data[0] == 'c')
		read_chat(body);
	else
		read_embeddings(body, data[0] % 3 + 1u, data[0] % 2 ? 0 : 2);
	return 0;
}
