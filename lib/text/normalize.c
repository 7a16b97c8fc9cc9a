/*
 * normalize.c - what is done to a text before it is cut. BertNormalizer's four
 * steps run at once over ASCII, by a table; the rest is taken through them in
 * runs, which is the same since nothing acts across an ASCII character.
 */
#include "text/normalize.h"

#include <string.h>
#include <utf8proc.h>

int
rk_norm_is_space(int32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= 9 && c <= 13);
	return c == 0x85 || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	    c == 0x202f || c == 0x205f || c == 0x3000;
}

static void
put(struct rk_buf *out, int32_t c)
{
	rk_buf_need(out, 4);
	out->n += (size_t)utf8proc_encode_char(
	    c, (utf8proc_uint8_t *)out->p + out->n);
}

/* Rust's char::to_lowercase: each by itself; only U+0130 becomes two. */
static void
put_lower(struct rk_buf *out, int32_t c)
{
	if (c == 0x130) {
		rk_buf_adds(out, "i\xcc\x87");
		return;
	}
	put(out, utf8proc_tolower(c));
}

/* --- BertNormalizer --- */

static int
is_control(int32_t c)
{
	utf8proc_category_t k;

	if (c == '\t' || c == '\n' || c == '\r')
		return 0;
	if (c < 0x80)
		return c < 0x20 || c == 0x7f;
	k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
	    k == UTF8PROC_CATEGORY_CO;
}

/* The reference's own ranges. */
static int
is_chinese(int32_t c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
	    (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
	    (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
	    (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

/* Cleans a code point and sets off a Chinese one. */
static void
clean(const struct rk_norm *b, struct rk_buf *out, int32_t c)
{
	if (b->clean) {
		if (c == 0 || c == 0xfffd || is_control(c))
			return;
		if (rk_norm_is_space(c))
			c = ' ';
	}
	if (b->chinese && is_chinese(c)) {
		rk_buf_addc(out, ' ');
		put(out, c);
		rk_buf_addc(out, ' ');
	} else {
		put(out, c);
	}
}

/* Lowers the text and takes nonspacing marks away. */
static void
strip_lower(
    const struct rk_norm *b, struct rk_buf *out, const char *p, const char *end)
{
	int32_t c;

	while (p < end) {
		p += rk_unicode_next(p, end, &c);
		if (b->accents && c >= 0x300 &&
		    utf8proc_category(c) == UTF8PROC_CATEGORY_MN)
			continue;
		if (b->lower)
			put_lower(out, c);
		else
			put(out, c);
	}
}

/*
 * A run that begins with something beyond ASCII, up to the next ASCII
 * character that stays. Returns its length.
 */
static size_t
bert_run(const struct rk_norm *b, struct rk_norm_scratch *s, struct rk_buf *out,
    const char *p, size_t n)
{
	const char *at = p, *end = p + n;
	int32_t c;

	s->run.n = 0;
	while (at < end) {
		if ((signed char)*at >= 0 && !(b->clean && is_control(*at)))
			break;
		at += rk_unicode_next(at, end, &c);
		clean(b, &s->run, c);
	}
	if (s->run.n == 0)
		return (size_t)(at - p);
	if (b->accents) {
		rk_normal_text(&s->fold, RK_NORMAL_NFD, s->run.p, s->run.n);
		strip_lower(
		    b, out, s->fold.out.p, s->fold.out.p + s->fold.out.n);
	} else {
		strip_lower(b, out, s->run.p, s->run.p + s->run.n);
	}
	return (size_t)(at - p);
}

static void
bert(const struct rk_norm *b, struct rk_norm_scratch *s, struct rk_buf *out,
    const char *p, size_t n)
{
	char
	    to[128]; /* what becomes of ASCII; NUL: nothing, or it is special */
	size_t i;
	int c;

	for (c = 0; c < 128; c++) {
		to[c] = (char)c;
		if (b->clean && is_control(c))
			to[c] = '\0';
		else if (b->clean && rk_norm_is_space(c))
			to[c] = ' ';
		else if (b->lower && c >= 'A' && c <= 'Z')
			to[c] = (char)(c + 32);
	}
	for (i = 0; i < n;) {
		char *q;
		rk_buf_need(out, n - i);
		for (q = out->p + out->n; i < n && (signed char)p[i] >= 0;
		     i++) {
			*q = to[(unsigned char)p[i]];
			q += *q != '\0' || !b->clean;
		}
		out->n = (size_t)(q - out->p);
		if (i < n)
			i += bert_run(b, s, out, p + i, n - i);
	}
}

/* --- the others --- */

static void
lower(struct rk_buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	int32_t c;

	while (p < end) {
		if ((signed char)*p >= 0) {
			rk_buf_addc(
			    out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
			p++;
		} else {
			p += rk_unicode_next(p, end, &c);
			put_lower(out, c);
		}
	}
}

/* The reference's StripAccents: every mark, in no form but the text's own. */
static void
accents(struct rk_buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	int32_t c;

	while (p < end) {
		size_t k = rk_unicode_next(p, end, &c);
		utf8proc_category_t g = utf8proc_category(c);
		if (g != UTF8PROC_CATEGORY_MN && g != UTF8PROC_CATEGORY_MC &&
		    g != UTF8PROC_CATEGORY_ME)
			rk_buf_add(out, p, k);
		p += k;
	}
}

static int
too_long(struct rk_err *err)
{
	return rk_err_set(err,
	    "the tokenizer's normalizer makes more than %d bytes of the text",
	    RK_NORM_MOST);
}

/* Before each match what was between, and the text in its place. */
static int
replace(const struct rk_norm *r, struct rk_regex_match *m, struct rk_buf *out,
    const char *p, size_t n, struct rk_err *err)
{
	size_t at = 0, from = 0, start, end;
	int got;

	while (from <= n &&
	    (got = rk_regex_find(
		 r->pattern, m, p, n, from, &start, &end, err)) != 0) {
		int32_t c;
		if (got < 0)
			return -1;
		from = end;
		if (start == end) { /* it matches nothing: look further on */
			from += end < n ? rk_unicode_next(p + end, p + n, &c)
					: 1;
			if (at == end && at > 0)
				continue;
		}
		rk_buf_add(out, p + at, start - at);
		rk_buf_add(out, r->text.p, r->text.n);
		if (out->n > RK_NORM_MOST)
			return too_long(err);
		at = end;
	}
	rk_buf_add(out, p + at, n - at);
	return 0;
}

static void
strip(const struct rk_norm *s, const char **p, size_t *n)
{
	const char *at = *p, *end = *p + *n;
	int32_t c;

	while (s->left && at < end) {
		size_t k = rk_unicode_next(at, end, &c);
		if (!rk_norm_is_space(c))
			break;
		at += k;
	}
	while (s->right && at < end) {
		const char *q = end - 1;
		while (q > at && (*q & 0xc0) == 0x80)
			q--;
		rk_unicode_next(q, end, &c);
		if (!rk_norm_is_space(c))
			break;
		end = q;
	}
	*p = at;
	*n = (size_t)(end - at);
}

static int
step_text(const struct rk_norm *step, struct rk_norm_scratch *s,
    struct rk_regex_match *m, struct rk_buf *out, const char **p, size_t *n,
    struct rk_err *err)
{
	int result = 0;

	out->n = 0;
	rk_buf_need(out, *n);
	switch (step->kind) {
	case RK_NORM_STRIP: strip(step, p, n); return 0;
	case RK_NORM_FORM:
		rk_normal_text(&s->fold, step->form, *p, *n);
		rk_buf_add(out, s->fold.out.p, s->fold.out.n);
		break;
	case RK_NORM_BERT: bert(step, s, out, *p, *n); break;
	case RK_NORM_LOWER: lower(out, *p, *n); break;
	case RK_NORM_ACCENTS: accents(out, *p, *n); break;
	case RK_NORM_CHARSMAP:
		rk_charsmap_text(step->map, out, *p, *n, RK_NORM_MOST);
		break;
	case RK_NORM_PREPEND:
		if (*n > 0)
			rk_buf_add(out, step->text.p, step->text.n);
		rk_buf_add(out, *p, *n);
		break;
	case RK_NORM_REPLACE: result = replace(step, m, out, *p, *n, err);
	}
	*p = out->p;
	*n = out->n;
	return result == 0 && *n > RK_NORM_MOST ? too_long(err) : result;
}

int
rk_norm_text(const struct rk_norm *step, size_t steps,
    struct rk_norm_scratch *s, struct rk_regex_match *m, const char *p,
    size_t n, const char **out, size_t *out_n, struct rk_err *err)
{
	struct rk_buf *to = &s->a;
	size_t i;

	for (i = 0; i < steps; i++) {
		if (step_text(step + i, s, m, to, &p, &n, err) != 0)
			return -1;
		if (p == to->p)
			to = to == &s->a ? &s->b : &s->a;
	}
	*out = p;
	*out_n = n;
	return 0;
}

void
rk_norm_free(struct rk_norm *step)
{
	rk_charsmap_free(step->map);
	rk_regex_free(step->pattern);
	rk_buf_free(&step->text);
}

void
rk_norm_scratch_free(struct rk_norm_scratch *s)
{
	rk_fold_free(&s->fold);
	rk_buf_free(&s->a);
	rk_buf_free(&s->b);
	rk_buf_free(&s->run);
}
