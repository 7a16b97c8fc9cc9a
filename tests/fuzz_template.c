/*
 * fuzz_template.c - any bytes as a template: what is refused has a message that
 * says where; what is taken, filled with its own places' names in braces and
 * with the braces of its texts doubled, is read again as the same pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rk_template_place places[] = { { "prompt", 0 },
	{ "answer", 0 }, { NULL, 0 } };
static const struct rk_str names[] = { { "{prompt}", 8 }, { "{answer}", 8 } };

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
write_again(struct rk_buf *out, const struct rk_template *t)
{
	size_t i, j;

	for (i = 0; i < t->n; i++)
		if (t->piece[i].place >= 0)
			rk_buf_adds(out, names[t->piece[i].place].p);
		else
			for (j = 0; j < t->piece[i].text.n; j++) {
				char c = t->piece[i].text.p[j];
				if (c == '{' || c == '}')
					rk_buf_addc(out, c);
				rk_buf_addc(out, c);
			}
	rk_buf_addc(out, '\n');
}

static void
check_same(const struct rk_template *a, const struct rk_template *b)
{
	size_t i;

	check(a->n == b->n);
	for (i = 0; i < a->n; i++) {
		check(a->piece[i].place == b->piece[i].place);
		check(a->piece[i].text.n == b->piece[i].text.n);
		check(a->piece[i].text.n == 0 ||
		    memcmp(a->piece[i].text.p, b->piece[i].text.p,
			a->piece[i].text.n) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_template t, again;
	struct rk_err err = { "" };
	struct rk_buf text = { 0 }, full = { 0 };
	const char *p = (const char *)data;
	size_t i, n = 0;

	if (rk_template_read(&t, "f", places, p, size, &err) != 0) {
		check(strncmp(err.msg, "f:", 2) == 0 && t.n == 0);
		return 0;
	}
	check(!rk_err_is(&err) && t.bytes == size);
	write_again(&text, &t);
	check(rk_template_read(&again, "g", places, text.p, text.n, &err) == 0);
	check_same(&t, &again);
	rk_template_fill(&t, names, &full);
	for (i = 0; i < t.n; i++)
		n += t.piece[i].place >= 0 ? 8 : t.piece[i].text.n;
	check(full.n == n);
	rk_buf_free(&text);
	rk_buf_free(&full);
	rk_template_free(&t);
	rk_template_free(&again);
	return 0;
}
