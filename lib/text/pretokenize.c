/*
 * pretokenize.c - each step cuts its piece and hands every part to the next
 * one at once, so that nothing is stored.
 */
#include "text/pretokenize.h"

#include <string.h>
#include <utf8proc.h>

#include "text/normalize.h"
#include "text/unicode.h"

static int
run(const struct rk_pre_run *r, size_t step, const char *p, size_t n);

enum class { WORD, SPACE, PUNCT };

static enum class class_of(int32_t c) {
	if (rk_norm_is_space(c)) return SPACE;
	if (c < 0x80) return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
		(c >= '[' && c <= '`') || (c >= '{' && c <= '~')
	    ? PUNCT
	    : WORD;
	switch (utf8proc_category(c)){
		case UTF8PROC_CATEGORY_PC : case UTF8PROC_CATEGORY_PD : case
		UTF8PROC_CATEGORY_PS : case UTF8PROC_CATEGORY_PE : case
		UTF8PROC_CATEGORY_PI : case UTF8PROC_CATEGORY_PF : case
		UTF8PROC_CATEGORY_PO : return PUNCT;
		default : return WORD;
	}
}

/* At white space and, with PUNCT, around each punctuation mark. */
static int
split_space(
    const struct rk_pre_run *r, size_t step, const char *p, size_t n, int punct)
{
	size_t at = 0, i, k;
	int32_t c;
	enum class is;
	int e = 0;

	for (i = 0; e == 0 && i < n; i += k) {
		k = rk_unicode_next(p + i, p + n, &c);
		is = class_of(c);
		if (is == WORD || (is == PUNCT && !punct))
			continue;
		e = run(r, step, p + at, i - at);
		if (e == 0 && is == PUNCT)
			e = run(r, step, p + i, k);
		at = i + k;
	}
	return e ? e : run(r, step, p + at, n - at);
}

static int
metaspace(const struct rk_pre_run *r, size_t step, const char *p, size_t n)
{
	const struct rk_pre *s = r->step + step;
	struct rk_buf *b = r->s->buf + step;
	size_t i, at, len = s->text.n;
	int e = 0;

	b->n = 0;
	if ((s->scheme == RK_PRE_ALWAYS ||
		(s->scheme == RK_PRE_FIRST && r->first)) &&
	    *p != ' ' && (n < len || memcmp(p, s->text.p, len) != 0))
		rk_buf_add(b, s->text.p, len);
	for (i = at = 0; i < n; i++)
		if (p[i] == ' ') {
			rk_buf_add(b, p + at, i - at);
			rk_buf_add(b, s->text.p, len);
			at = i + 1;
		}
	rk_buf_add(b, p + at, n - at);
	for (i = at = 0; s->split && e == 0 && i + len <= b->n; i++)
		if (i > at && b->p[i] == s->text.p[0] &&
		    memcmp(b->p + i, s->text.p, len) == 0) {
			e = run(r, step + 1, b->p + at, i - at);
			at = i;
		}
	return e ? e : run(r, step + 1, b->p + at, b->n - at);
}

static int
is_number(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return c >= '0' && c <= '9';
	k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL ||
	    k == UTF8PROC_CATEGORY_NO;
}

static int
digits(const struct rk_pre_run *r, size_t step, const char *p, size_t n)
{
	int was = 0, is, e = 0;
	size_t at = 0, i, k;
	int32_t c;

	for (i = 0; e == 0 && i < n; i += k) {
		k = rk_unicode_next(p + i, p + n, &c);
		is = is_number(c);
		if (is != was || (is && r->step[step].single)) {
			e = run(r, step + 1, p + at, i - at);
			at = i;
		}
		was = is;
	}
	return e ? e : run(r, step + 1, p + at, n - at);
}

/* The parts that match and those between; one kind of them may go. */
static int
split(const struct rk_pre_run *r, size_t step, const char *p, size_t n)
{
	const struct rk_pre *s = r->step + step;
	int gaps = !(s->removed && s->invert);
	int hits = !(s->removed && !s->invert);
	size_t at = 0, from = 0, start, end;
	int e = 0, got;
	int32_t c;

	while (e == 0 && from < n) {
		got = rk_regex_find(
		    s->pattern, r->m, p, n, from, &start, &end, r->err);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		if (gaps)
			e = run(r, step + 1, p + at, start - at);
		if (hits && e == 0)
			e = run(r, step + 1, p + start, end - start);
		at = from = end;
		if (start == end && end < n)
			from += rk_unicode_next(p + end, p + n, &c);
	}
	return e || !gaps ? e : run(r, step + 1, p + at, n - at);
}

static int
bytes(const struct rk_pre_run *r, size_t step, const char *p, size_t n)
{
	const struct rk_pre *s = r->step + step;
	struct rk_buf *b = r->s->buf + step;

	if (s->prefix && *p != ' ') {
		b->n = 0;
		rk_buf_addc(b, ' ');
		rk_buf_add(b, p, n);
		p = b->p;
		n = b->n;
	}
	return s->pattern ? split(r, step, p, n) : run(r, step + 1, p, n);
}

static int
run(const struct rk_pre_run *r, size_t step, const char *p, size_t n)
{
	if (n == 0)
		return 0;
	if (step == r->steps)
		return r->word(r->arg, p, n);
	switch (r->step[step].kind) {
	case RK_PRE_BERT: return split_space(r, step + 1, p, n, 1);
	case RK_PRE_SPACE: return split_space(r, step + 1, p, n, 0);
	case RK_PRE_METASPACE: return metaspace(r, step, p, n);
	case RK_PRE_DIGITS: return digits(r, step, p, n);
	case RK_PRE_SPLIT: return split(r, step, p, n);
	case RK_PRE_BYTES: return bytes(r, step, p, n);
	}
	return 0;
}

int
rk_pre_text(const struct rk_pre_run *r, const char *p, size_t n)
{
	return run(r, 0, p, n);
}

void
rk_pre_free(struct rk_pre *step)
{
	rk_regex_free(step->pattern);
	rk_buf_free(&step->text);
}

void
rk_pre_scratch_free(struct rk_pre_scratch *s)
{
	size_t i;

	for (i = 0; i < RK_PRE_STEPS; i++)
		rk_buf_free(s->buf + i);
}
