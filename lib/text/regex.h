/*
 * regex.h - patterns, by PCRE2. Those that split texts in tokenizers are
 * Oniguruma's in the reference, whose \s is the property White_Space; PCRE2's
 * counts U+180E too, so \s and \S are spelt out in them.
 */
#ifndef RK_TEXT_REGEX_H
#define RK_TEXT_REGEX_H

#include <stddef.h>

#include "base/err.h"

struct rk_regex;       /* read-only: threads share it */
struct rk_regex_match; /* one thread's */

enum rk_regex_kind {
	RK_REGEX_SPLIT,   /* of a tokenizer */
	RK_REGEX_LITERAL, /* the text to look for */
	RK_REGEX_PLAIN    /* as PCRE2 has it, with UTF and UCP */
};

/* New; NULL: P is no pattern. */
struct rk_regex *rk_regex_new(
    const char *p, size_t n, enum rk_regex_kind kind, struct rk_err *err);
void rk_regex_free(struct rk_regex *r);

struct rk_regex_match *rk_regex_match_new(void); /* new */
void rk_regex_match_free(struct rk_regex_match *m);

/*
 * The first match in text[from..n), which is UTF-8 and whose bytes before FROM
 * count as context: 1, with its span; 0: none; -1: the pattern gives up.
 */
int rk_regex_find(const struct rk_regex *r, struct rk_regex_match *m,
    const char *text, size_t n, size_t from, size_t *start, size_t *end,
    struct rk_err *err);
/*
 * Of the match that M found last: the span of its group I, from 1 to
 * RK_REGEX_GROUPS, which the pattern has. 0: the group is not in the match.
 */
enum { RK_REGEX_GROUPS = 11 };
int rk_regex_group(
    const struct rk_regex_match *m, int i, size_t *start, size_t *end);
/* How many groups the pattern has. */
int rk_regex_groups(const struct rk_regex *r);

#endif
