/*
 * fuzz_answer.c - any text as a response, under the rule that its first byte
 * names: no pattern of ours gives up, and an answer is its own answer. Any bytes
 * as a judge's reply: the verdict is that of the last line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/answer.h"
#include "text/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
is_utf8(const char *p, size_t n)
{
	size_t k;

	for (; n > 0; p += k, n -= k) {
		k = (unsigned char)*p < 0x80 ? 1 : rk_utf8_sequence(p, n);
		if (k == 0)
			return 0;
	}
	return 1;
}

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
check_verdict(const char *p, size_t n)
{
	struct rk_buf b = { 0 };

	check(memchr("12345", rk_verdict(p, n, "12345"), 6) != NULL);
	rk_buf_add(&b, p, n);
	rk_buf_adds(&b, "\n [[3]] \n");
	check(rk_verdict(b.p, b.n, "12345") == '3');
	rk_buf_adds(&b, "[[4]].");
	check(rk_verdict(b.p, b.n, "12345") == 0);
	rk_buf_adds(&b, "\nIt says [[4]]");
	check(rk_verdict(b.p, b.n, "12345") == 0);
	rk_buf_free(&b);
}

/* A thought of p[0..n), ended or not, has no answer, nor takes one away. */
static void
check_thought(struct rk_answer_reader *r, const char *p, size_t n)
{
	struct rk_buf b = { 0 }, out = { 0 };
	struct rk_err err = { "" };

	rk_buf_add(&b, p, n);
	rk_buf_adds(&b, "</think>");
	check(rk_answer_read(r, (struct rk_str){ b.p, b.n }, &out, &err) == 0);
	rk_buf_adds(&b, "2");
	check(rk_answer_said((struct rk_str){ b.p, b.n }).n == 1);
	b.n = 0;
	rk_buf_adds(&b, "<think>");
	rk_buf_add(&b, p, n);
	check(memchr(b.p, '/', b.n) != NULL ||
	    rk_answer_said((struct rk_str){ b.p, b.n }).n == 0);
	rk_buf_free(&b);
	rk_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rk_answer *a[3];
	static struct rk_answer_reader *r[3];
	struct rk_buf out = { 0 }, again = { 0 };
	struct rk_err err = { "" };
	const char *p = (const char *)data + 1;
	int i, rc;

	for (i = 0; i < 3 && a[2] == NULL; i++) {
		a[i] = rk_answer_new((enum rk_answer_rule)i, 0, NULL, &err);
		check(a[i] != NULL);
		r[i] = rk_answer_reader_new(a[i]);
	}
	check_verdict((const char *)data, size);
	if (size < 1 || !is_utf8(p, size - 1))
		return 0;
	i = data[0] % 3;
	rc = rk_answer_read(r[i], (struct rk_str){ p, size - 1 }, &out, &err);
	check(rc >= 0 && !rk_err_is(&err));
	if (rc == 1) {
		check(out.n > 0);
		rc = rk_answer_key(
		    r[i], (struct rk_str){ out.p, out.n }, &again, &err);
		check(rc == 1 && again.n == out.n &&
		    memcmp(again.p, out.p, out.n) == 0);
	}
	check_thought(r[i], p, size - 1);
	rk_buf_free(&out);
	rk_buf_free(&again);
	return 0;
}
