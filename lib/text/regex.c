/*
 * regex.c - PCRE2 with its compiler to machine code where there is one. The
 * limits are the library's own (10 million steps a match), so that a pattern
 * which backtracks without end is an error of that text.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { STACK = 1 << 20 };

struct rk_regex {
	pcre2_code *code;
};

struct rk_regex_match {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

#define SPACES                                                  \
	"\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-" \
	"\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"

/* P with \s and \S spelt out. */
static int
spell_out(struct rk_buf *out, const char *p, size_t n, struct rk_err *err)
{
	size_t i;
	int class = 0;

	for (i = 0; i < n; i++) {
		int escape = p[i] == '\\' && i + 1 < n;
		if (escape && p[i + 1] == 's') {
			rk_buf_adds(out, class ? SPACES : "[" SPACES "]");
			i++;
		} else if (escape && p[i + 1] == 'S') {
			if (class)
				return rk_err_set(
				    err, "\\S within a class is not supported");
			rk_buf_adds(out, "[^" SPACES "]");
			i++;
		} else if (escape) {
			rk_buf_add(out, p + i++, 2);
		} else {
			if (p[i] == '[' && class)
				return rk_err_set(err,
				    "a class within a class is not supported");
			if (p[i] == '[' || (p[i] == ']' && class))
				class = p[i] == '[';
			rk_buf_addc(out, p[i]);
		}
	}
	return 0;
}

struct rk_regex *
rk_regex_new(
    const char *p, size_t n, enum rk_regex_kind kind, struct rk_err *err)
{
	struct rk_buf spelt = { 0 };
	struct rk_regex *r = NULL;
	/* \C would cut a character in two */
	uint32_t options = PCRE2_UTF |
	    (kind == RK_REGEX_LITERAL ? PCRE2_LITERAL
				      : PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C);
	pcre2_code *code;
	PCRE2_SIZE at;
	PCRE2_UCHAR why[120];
	int e;

	if (kind != RK_REGEX_SPLIT)
		rk_buf_add(&spelt, p, n);
	else if (spell_out(&spelt, p, n, err) != 0)
		goto out;
	code = pcre2_compile((PCRE2_SPTR)(spelt.p ? spelt.p : ""), spelt.n,
	    options, &e, &at, NULL);
	if (code == NULL) {
		pcre2_get_error_message(e, why, sizeof why);
		rk_err_set(err, "the pattern is not understood: %s", why);
		goto out;
	}
	/* Where it fails, matching is slower and no other. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r = rk_malloc(sizeof *r);
	r->code = code;
out:
	rk_buf_free(&spelt);
	return r;
}

void
rk_regex_free(struct rk_regex *r)
{
	if (r != NULL)
		pcre2_code_free(r->code);
	free(r);
}

struct rk_regex_match *
rk_regex_match_new(void)
{
	struct rk_regex_match *m = rk_malloc(sizeof *m);

	m->data = pcre2_match_data_create(RK_REGEX_GROUPS + 1, NULL);
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(32 << 10, STACK, NULL);
	if (m->data == NULL || m->context == NULL)
		rk_mem_out(0);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m;
}

void
rk_regex_match_free(struct rk_regex_match *m)
{
	if (m == NULL)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_jit_stack_free(m->stack);
	free(m);
}

int
rk_regex_find(const struct rk_regex *r, struct rk_regex_match *m,
    const char *text, size_t n, size_t from, size_t *start, size_t *end,
    struct rk_err *err)
{
	const PCRE2_SIZE *v;
	PCRE2_UCHAR why[120];
	int e;

	e = pcre2_match(r->code, (PCRE2_SPTR)text, n, from, PCRE2_NO_UTF_CHECK,
	    m->data, m->context);
	if (e == PCRE2_ERROR_NOMATCH)
		return 0;
	if (e < 0) {
		pcre2_get_error_message(e, why, sizeof why);
		return rk_err_set(err,
		    "the pattern gives up at byte %zu of the text: %s", from,
		    why);
	}
	v = pcre2_get_ovector_pointer(m->data);
	/* \K in a lookahead may put the start behind the end */
	if (v[0] < from || v[1] < v[0])
		return rk_err_set(
		    err, "the pattern matches backwards at byte %zu", from);
	*start = v[0];
	*end = v[1];
	return 1;
}

int
rk_regex_group(
    const struct rk_regex_match *m, int i, size_t *start, size_t *end)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m->data);

	if (v[2 * i] == PCRE2_UNSET || v[2 * i + 1] < v[2 * i])
		return 0;
	*start = v[2 * i];
	*end = v[2 * i + 1];
	return 1;
}

int
rk_regex_groups(const struct rk_regex *r)
{
	uint32_t n = 0;

	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &n);
	return (int)n;
}
