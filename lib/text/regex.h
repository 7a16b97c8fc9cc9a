/*
 * regex.h - the split patterns of tokenizers, by PCRE2. In the reference they
 * are Oniguruma's, whose \s is the property White_Space; PCRE2's counts U+180E
 * too, so \s and \S are spelt out here.
 */
#ifndef RK_TEXT_REGEX_H
#define RK_TEXT_REGEX_H

#include <stddef.h>

#include "base/err.h"

struct rk_regex;       /* read-only: threads share it */
struct rk_regex_match; /* one thread's */

/* P is a pattern, or with LITERAL the text to look for. New; NULL: invalid. */
struct rk_regex *
rk_regex_new(const char *p, size_t n, int literal, struct rk_err *err);
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

#endif
