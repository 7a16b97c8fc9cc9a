/*
 * vocab-read.c - a reader of three shapes of JSON and no other.
 */
#include "text/vocab-read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/scan.h"

struct reader {
	const char *p, *end;
	struct rk_buf a, b; /* texts */
	struct rk_err *err;
};

static int
peek(struct reader *r)
{
	r->p += rk_scan_space(r->p, (size_t)(r->end - r->p));
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

static int
take(struct reader *r, char c, const char *where)
{
	if (peek(r) != (unsigned char)c)
		return rk_err_set(r->err, "expected '%c' %s", c, where);
	r->p++;
	return 0;
}

/* The next of a list that ends in CLOSE: 1; 0 at its end. */
static int
next(struct reader *r, size_t done, char close)
{
	if (peek(r) == (unsigned char)close) {
		r->p++;
		return 0;
	}
	if (done > 0 && take(r, ',', "between two entries") != 0)
		return -1;
	return 1;
}

static int
end(struct reader *r)
{
	return peek(r) < 0 ? 0 : rk_err_set(r->err, "more than one value");
}

/* A string, to OUT. */
static int
text(struct reader *r, struct rk_buf *out, const char *what)
{
	const char *from, *p;
	size_t n;

	if (take(r, '"', what) != 0)
		return -1;
	for (from = p = r->p; p < r->end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < r->end;
	if (p >= r->end)
		return rk_err_set(r->err, "a text without an end");
	n = (size_t)(p - from);
	r->p = p + 1;
	out->n = 0;
	rk_buf_need(out, n);
	if (rk_scan_plain(from, n)) {
		memcpy(out->p, from, n);
		out->n = n;
	} else {
		if (!rk_scan_text(from, n))
			return rk_err_set(r->err,
			    "a text that is not UTF-8 or has a bad escape");
		out->n = rk_scan_unescape(out->p, from, n);
	}
	return 0;
}

static int
number(struct reader *r, double *out, const struct rk_buf *of)
{
	char q[64];
	size_t n;

	peek(r);
	n = rk_num_scan(r->p, r->end, out);
	if (n == 0 || !isfinite(*out))
		return rk_err_set(r->err, "expected a number for \"%s\"",
		    rk_err_quote(q, sizeof q, of->p, of->n));
	r->p += n;
	return 0;
}

static int
put(struct rk_vocab *v, double id, const struct rk_buf *piece,
    struct rk_err *err)
{
	char q[64], other[64];
	const char *p;
	size_t n;

	enum rk_vocab_put got;

	if (!(id >= 0 && id <= INT32_MAX / 2) || id != floor(id))
		return rk_err_set(err, "\"%s\" has the id %g, expected 0 to %d",
		    rk_err_quote(q, sizeof q, piece->p, piece->n), id,
		    INT32_MAX / 2);
	if (piece->n > RK_VOCAB_PIECE)
		return rk_err_set(err, "\"%s\" has %zu bytes, at most %d",
		    rk_err_quote(q, sizeof q, piece->p, piece->n), piece->n,
		    RK_VOCAB_PIECE);
	if (v->text.n > UINT32_MAX - RK_VOCAB_PIECE)
		return rk_err_set(err, "more than 4 GiB of pieces");
	got = rk_vocab_put(v, (int32_t)id, piece->p, piece->n);
	if (got == RK_VOCAB_NEW)
		return 0;
	rk_err_quote(q, sizeof q, piece->p, piece->n);
	if (got == RK_VOCAB_SAME_PIECE)
		return rk_err_set(err, "\"%s\" is there twice", q);
	p = rk_vocab_piece(v, (int32_t)id, &n);
	return rk_err_set(err, "\"%s\" and \"%s\" have the id %.0f",
	    rk_err_quote(other, sizeof other, p, n), q, id);
}

/* An upper limit of the ids that a list of N bytes can have in good order. */
static int
holes(double id, size_t n, struct rk_err *err)
{
	if (id < (double)n / 5 + RK_VOCAB_HOLES)
		return 0;
	return rk_err_set(
	    err, "the id %.0f is too large for so few pieces", id);
}

int
rk_vocab_read(struct rk_vocab *v, const char *p, size_t n, struct rk_err *err)
{
	struct reader r = { .p = p, .end = p + n, .err = err };
	double id;
	int more, e = take(&r, '{', "before the vocabulary");

	while (e == 0 && (more = next(&r, v->pieces, '}')) != 0) {
		e = more < 0 || text(&r, &r.a, "before a piece") != 0 ||
		    take(&r, ':', "after a piece") != 0 ||
		    number(&r, &id, &r.a) != 0 || holes(id, n, err) != 0 ||
		    put(v, id, &r.a, err) != 0;
	}
	e = e || end(&r) != 0;
	rk_buf_free(&r.a);
	return e ? -1 : 0;
}

int
rk_vocab_read_scored(struct rk_vocab *v, double **score, const char *p,
    size_t n, struct rk_err *err)
{
	struct reader r = { .p = p, .end = p + n, .err = err };
	double x;
	size_t cap = 0;
	int more, e = take(&r, '[', "before the vocabulary");

	*score = NULL;
	while (e == 0 && (more = next(&r, v->pieces, ']')) != 0) {
		e = more < 0 || take(&r, '[', "before a piece") != 0 ||
		    text(&r, &r.a, "before a piece") != 0 ||
		    take(&r, ',', "after a piece") != 0 ||
		    number(&r, &x, &r.a) != 0 ||
		    take(&r, ']', "after a score") != 0 ||
		    put(v, (double)v->pieces, &r.a, err) != 0;
		if (e == 0) {
			RK_GROW(*score, v->pieces - 1, cap);
			(*score)[v->pieces - 1] = x;
		}
	}
	e = e || end(&r) != 0;
	rk_buf_free(&r.a);
	return e ? -1 : 0;
}

/* The two parts of "left right", or of ["left", "right"], to a and b. */
static int
parts(struct reader *r)
{
	char q[64], *space;

	if (peek(r) == '[') {
		r->p++;
		return text(r, &r->a, "before a part") ||
			take(r, ',', "between a merge's parts") ||
			text(r, &r->b, "before a part") ||
			take(r, ']', "after a merge")
		    ? -1
		    : 0;
	}
	if (text(r, &r->a, "before a merge") != 0)
		return -1;
	space = memchr(r->a.p, ' ', r->a.n);
	if (space == NULL ||
	    memchr(space + 1, ' ', (size_t)(r->a.p + r->a.n - space - 1)) !=
		NULL)
		return rk_err_set(r->err,
		    "\"%s\" is no merge: expected two parts and a space",
		    rk_err_quote(q, sizeof q, r->a.p, r->a.n));
	r->b.n = 0;
	rk_buf_add(&r->b, space + 1, (size_t)(r->a.p + r->a.n - space - 1));
	r->a.n = (size_t)(space - r->a.p);
	return 0;
}

static int
merge(struct rk_bpe *b, struct reader *r)
{
	int32_t left, right, id;
	char q[64];

	if (parts(r) != 0)
		return -1;
	left = rk_vocab_find(b->vocab, r->a.p, r->a.n);
	right = rk_vocab_find(b->vocab, r->b.p, r->b.n);
	if (left < 0 || right < 0) {
		const struct rk_buf *t = left < 0 ? &r->a : &r->b;
		return rk_err_set(r->err,
		    "[%zu]: \"%s\" is not in the vocabulary", b->merges,
		    rk_err_quote(q, sizeof q, t->p, t->n));
	}
	rk_buf_add(&r->a, r->b.p, r->b.n);
	id = rk_vocab_find(b->vocab, r->a.p, r->a.n);
	if (id < 0 || id == left || id == right)
		return rk_err_set(r->err, "[%zu]: \"%s\" is %s", b->merges,
		    rk_err_quote(q, sizeof q, r->a.p, r->a.n),
		    id < 0 ? "not in the vocabulary" : "one of its own parts");
	if (rk_bpe_add(b, left, right, id) != 0)
		return rk_err_set(r->err, "[%zu]: \"%s\" is there twice",
		    b->merges, rk_err_quote(q, sizeof q, r->a.p, r->a.n));
	return 0;
}

int
rk_vocab_read_merges(
    struct rk_bpe *b, const char *p, size_t n, struct rk_err *err)
{
	struct reader r = { .p = p, .end = p + n, .err = err };
	int more, e = take(&r, '[', "before the merges");

	while (e == 0 && (more = next(&r, b->merges, ']')) != 0)
		e = more < 0 || merge(b, &r) != 0;
	e = e || end(&r) != 0;
	rk_buf_free(&r.a);
	rk_buf_free(&r.b);
	return e ? -1 : 0;
}
