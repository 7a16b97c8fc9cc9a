/*
 * untokenize.c - each step writes all pieces anew.
 */
#include "text/untokenize.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "text/bpe.h"

void
rk_pieces_add(struct rk_pieces *p, const char *s, size_t n)
{
	rk_buf_add(&p->text, s, n);
	RK_GROW(p->end, p->n, p->cap);
	p->end[p->n++] = p->text.n;
}

void
rk_pieces_free(struct rk_pieces *p)
{
	rk_buf_free(&p->text);
	free(p->end);
	memset(p, 0, sizeof *p);
}

/* Ends the piece whose bytes were added to the text. */
static void
end_piece(struct rk_pieces *p)
{
	rk_pieces_add(p, "", 0);
}

static int
begins(const char *p, size_t n, const char *with, size_t len)
{
	return n >= len && memcmp(p, with, len) == 0;
}

static void
replace(struct rk_buf *out, const char *p, size_t n, const char *a, size_t an,
    const char *b, size_t bn)
{
	size_t i = 0, at = 0;

	while (an > 0 && i + an <= n) {
		if (memcmp(p + i, a, an) != 0) {
			i++;
			continue;
		}
		rk_buf_add(out, p + at, i - at);
		rk_buf_add(out, b, bn);
		at = i += an;
	}
	rk_buf_add(out, p + at, n - at);
}

/* The spaces that WordPiece puts and English does not. */
static void
clean_up(struct rk_buf *b)
{
	static const char *const pair[][2] = { { " .", "." }, { " ?", "?" },
		{ " !", "!" }, { " ,", "," }, { " ' ", "'" }, { " n't", "n't" },
		{ " 'm", "'m" }, { " do not", " don't" }, { " 's", "'s" },
		{ " 've", "'ve" }, { " 're", "'re" } };
	struct rk_buf to = { 0 }, swap;
	size_t i;

	for (i = 0; i < sizeof pair / sizeof *pair; i++) {
		to.n = 0;
		replace(&to, b->p, b->n, pair[i][0], strlen(pair[i][0]),
		    pair[i][1], strlen(pair[i][1]));
		swap = to;
		to = *b;
		*b = swap;
	}
	rk_buf_free(&to);
}

static void
wordpiece(const struct rk_dec *d, struct rk_buf *out, const char *p, size_t n,
    int first)
{
	struct rk_buf b = { 0 };

	rk_buf_need(&b, n + 1);
	if (!first && begins(p, n, d->a.p, d->a.n)) {
		rk_buf_add(&b, p + d->a.n, n - d->a.n);
	} else {
		if (!first)
			rk_buf_addc(&b, ' ');
		rk_buf_add(&b, p, n);
	}
	if (d->cleanup)
		clean_up(&b);
	rk_buf_add(out, b.p, b.n);
	rk_buf_free(&b);
}

static void
strip(const struct rk_dec *d, struct rk_buf *out, const char *p, size_t n)
{
	size_t i, len = d->a.n;

	for (i = 0; i < d->start && begins(p, n, d->a.p, len); i++) {
		p += len;
		n -= len;
	}
	for (i = 0;
	     i < d->stop && n >= len && memcmp(p + n - len, d->a.p, len) == 0;
	     i++)
		n -= len;
	rk_buf_add(out, p, n);
}

/* --- bytes that stand for themselves --- */

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
	    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
				    : -1;
}

/* The byte that a piece "<0xNN>" stands for, or -1. */
static int
byte_of(const char *p, size_t n)
{
	if (n != 6 || memcmp(p, "<0x", 3) != 0 || p[5] != '>' ||
	    hex(p[3]) < 0 || hex(p[4]) < 0)
		return -1;
	return hex(p[3]) * 16 + hex(p[4]);
}

/* Bytes in a row that are no UTF-8 become as many U+FFFD. */
static void
add_bytes(struct rk_pieces *to, const struct rk_buf *b)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t k = 1;
	size_t i;

	if (b->n == 0)
		return;
	for (i = 0; i < b->n && k > 0; i += (size_t)(k > 0 ? k : 0))
		k = utf8proc_iterate((const utf8proc_uint8_t *)b->p + i,
		    b->n - i < 4 ? (utf8proc_ssize_t)(b->n - i) : 4, &c);
	if (k > 0) {
		rk_pieces_add(to, b->p, b->n);
		return;
	}
	for (i = 0; i < b->n; i++)
		rk_pieces_add(to, "\xef\xbf\xbd", 3);
}

static void
fallback(struct rk_pieces *to, const struct rk_pieces *from)
{
	struct rk_buf run = { 0 };
	size_t i, at = 0;

	for (i = 0; i < from->n; at = from->end[i++]) {
		const char *p = from->text.p + at;
		size_t n = from->end[i] - at;
		int byte = byte_of(p, n);
		if (byte >= 0) {
			rk_buf_addc(&run, (char)byte);
			continue;
		}
		add_bytes(to, &run);
		run.n = 0;
		rk_pieces_add(to, p, n);
	}
	add_bytes(to, &run);
	rk_buf_free(&run);
}

/* --- the steps --- */

static void
piece(const struct rk_dec *d, struct rk_buf *out, const char *p, size_t n,
    int first)
{
	switch (d->kind) {
	case RK_DEC_JOIN:
		if (!first)
			rk_buf_addc(out, ' ');
		rk_buf_add(out, p, n);
		break;
	case RK_DEC_WORDPIECE: wordpiece(d, out, p, n, first); break;
	case RK_DEC_BYTES: rk_bpe_unspell(out, p, n); break;
	case RK_DEC_METASPACE:
		replace(out, p, n, d->a.p, d->a.n, " ",
		    first && d->prefixed ? 0 : 1);
		break;
	case RK_DEC_REPLACE:
		replace(out, p, n, d->a.p, d->a.n, d->b.p, d->b.n);
		break;
	case RK_DEC_STRIP: strip(d, out, p, n); break;
	case RK_DEC_FUSE:
	case RK_DEC_FALLBACK: rk_buf_add(out, p, n); break;
	}
}

static void
step_pieces(
    const struct rk_dec *d, struct rk_pieces *to, const struct rk_pieces *from)
{
	size_t i, at = 0;

	to->n = 0;
	to->text.n = 0;
	if (d->kind == RK_DEC_FALLBACK) {
		fallback(to, from);
		return;
	}
	for (i = 0; i < from->n; at = from->end[i++]) {
		piece(
		    d, &to->text, from->text.p + at, from->end[i] - at, i == 0);
		if (d->kind != RK_DEC_FUSE || i + 1 == from->n)
			end_piece(to);
	}
}

void
rk_dec_text(const struct rk_dec *step, size_t steps, struct rk_pieces *p,
    struct rk_buf *out)
{
	struct rk_pieces other = { 0 }, swap;
	size_t i;

	for (i = 0; i < steps; i++) {
		step_pieces(step + i, &other, p);
		swap = other;
		other = *p;
		*p = swap;
	}
	rk_buf_add(out, p->text.p, p->text.n);
	rk_pieces_free(&other);
}

void
rk_dec_free(struct rk_dec *step)
{
	rk_buf_free(&step->a);
	rk_buf_free(&step->b);
}
