/* answer.c - a key's and a response's answers, under one rule. */
#include "text/answer.h"

#include <stdlib.h>
#include <string.h>

#include "text/regex.h"
#include "text/unicode.h"

struct rk_answer {
	enum rk_answer_rule rule;
	int fold;
	struct rk_regex *pattern; /* NULL: none */
	struct rk_answer_choice *choice;
	struct rk_answer_number *number;
};

struct rk_answer_reader {
	const struct rk_answer *a;
	struct rk_regex_match *match;
	struct rk_fold fold;
	struct rk_buf text; /* without what is passed over */
};

struct rk_answer *
rk_answer_new(
    enum rk_answer_rule rule, int fold, const char *pattern, struct rk_err *err)
{
	struct rk_answer *a = rk_calloc(1, sizeof *a);
	int bad = 0;

	a->rule = rule;
	a->fold = fold;
	if (pattern != NULL) {
		a->pattern = rk_regex_new(
		    pattern, strlen(pattern), RK_REGEX_PLAIN, err);
		bad = a->pattern == NULL;
	}
	if (rule == RK_ANSWER_CHOICE && !bad)
		bad = (a->choice = rk_answer_choice_new(err)) == NULL;
	if (rule == RK_ANSWER_NUMBER && !bad)
		bad = (a->number = rk_answer_number_new(err)) == NULL;
	if (!bad)
		return a;
	rk_answer_free(a);
	return NULL;
}

void
rk_answer_free(struct rk_answer *a)
{
	if (a == NULL)
		return;
	rk_regex_free(a->pattern);
	rk_answer_choice_free(a->choice);
	rk_answer_number_free(a->number);
	free(a);
}

struct rk_answer_reader *
rk_answer_reader_new(const struct rk_answer *a)
{
	struct rk_answer_reader *r = rk_calloc(1, sizeof *r);

	r->a = a;
	r->match = rk_regex_match_new();
	return r;
}

void
rk_answer_reader_free(struct rk_answer_reader *r)
{
	if (r == NULL)
		return;
	rk_regex_match_free(r->match);
	rk_fold_free(&r->fold);
	rk_buf_free(&r->text);
	free(r);
}

/* --- the rules ----------------------------------------------------------------- */

static int
is_space(int32_t c)
{
	return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 ||
	    c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* One space for each run of white space, and none at the ends. */
static void
squeeze(struct rk_buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	size_t k;
	int32_t c;
	int gap = 0;

	for (; p < end; p += k) {
		k = rk_unicode_next(p, end, &c);
		if (is_space(c)) {
			gap = out->n > 0;
			continue;
		}
		if (gap)
			rk_buf_addc(out, ' ');
		gap = 0;
		rk_buf_add(out, p, k);
	}
}

static int
exact(struct rk_answer_reader *r, struct rk_str text, struct rk_buf *out)
{
	rk_normal_text(&r->fold, r->a->fold ? RK_NORMAL_FOLD : RK_NORMAL_NFC,
	    text.p, text.n);
	squeeze(out, r->fold.out.p, r->fold.out.n);
	return out->n > 0;
}

/* Emphasis, quotes, the marks of mathematics: the byte P begins one of *N. */
static int
passed_over(const char *p, const char *end, size_t *n)
{
	static const char *const marks[] = { "**", "*", "__", "`", "$", "\"",
		"'", "\\(", "\\)", "\\text{", "\\textbf{", "\\mathrm{",
		"\\mathbf{", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c",
		"\xe2\x80\x9d" };
	size_t i;

	for (i = 0; i < sizeof marks / sizeof *marks; i++) {
		*n = strlen(marks[i]);
		if ((size_t)(end - p) >= *n && memcmp(p, marks[i], *n) == 0)
			return 1;
	}
	return 0;
}

static int
choice(struct rk_answer_reader *r, struct rk_str text, struct rk_buf *out,
    struct rk_err *err)
{
	const char *p, *end;
	size_t n;
	int letter;

	rk_normal_text(&r->fold, RK_NORMAL_NFKC, text.p, text.n);
	r->text.n = 0;
	rk_buf_adds(&r->text, "");
	end = r->fold.out.p + r->fold.out.n;
	for (p = r->fold.out.p; p < end; p += n)
		if (!passed_over(p, end, &n))
			rk_buf_add(&r->text, p, n = 1);
	letter = rk_answer_choice_find(
	    r->a->choice, r->match, r->text.p, r->text.n, err);
	if (letter > 0)
		rk_buf_addc(out, (char)letter);
	return letter > 0 ? 1 : letter;
}

int
rk_answer_key(struct rk_answer_reader *r, struct rk_str text,
    struct rk_buf *out, struct rk_err *err)
{
	out->n = 0;
	rk_buf_adds(out, "");
	switch (r->a->rule) {
	case RK_ANSWER_CHOICE: return choice(r, text, out, err);
	case RK_ANSWER_NUMBER:
		return rk_answer_number_find(
		    r->a->number, r->match, text.p, text.n, out, err);
	case RK_ANSWER_EXACT: break;
	}
	return exact(r, text, out);
}

/* The last of TAG in TEXT; NULL: none. */
static const char *
last_tag(struct rk_str text, const char *tag)
{
	size_t i, k = strlen(tag);

	for (i = text.n; i >= k; i--)
		if (memcmp(text.p + i - k, tag, k) == 0)
			return text.p + i - k;
	return NULL;
}

struct rk_str
rk_answer_said(struct rk_str text)
{
	static const char close[] = "</think>", open[] = "<think>";
	const char *p = last_tag(text, close);

	if (p != NULL) {
		p += strlen(close);
		text.n -= (size_t)(p - text.p);
		text.p = p;
	}
	while ((p = last_tag(text, open)) != NULL)
		text.n = (size_t)(p - text.p);
	return text;
}

int
rk_answer_read(struct rk_answer_reader *r, struct rk_str text,
    struct rk_buf *out, struct rk_err *err)
{
	const struct rk_regex *pattern = r->a->pattern;
	size_t start, end;
	int rc;

	text = rk_answer_said(text);
	out->n = 0;
	if (pattern != NULL) {
		rc = rk_regex_find(
		    pattern, r->match, text.p, text.n, 0, &start, &end, err);
		if (rc != 1)
			return rc;
		if (rk_regex_groups(pattern) > 0 &&
		    !rk_regex_group(r->match, 1, &start, &end))
			return 0;
		text = (struct rk_str){ text.p + start, end - start };
	}
	return rk_answer_key(r, text, out, err);
}
