/*
 * normalize.h - the normalizers of a tokenizer, one after the other.
 */
#ifndef RK_TEXT_NORMALIZE_H
#define RK_TEXT_NORMALIZE_H

#include "base/buf.h"
#include "text/charsmap.h"
#include "text/regex.h"
#include "text/unicode.h"

enum { RK_NORM_MOST = 256 << 20 }; /* bytes of a normalized text */

enum rk_norm_kind {
	RK_NORM_BERT,
	RK_NORM_FORM,
	RK_NORM_LOWER,
	RK_NORM_ACCENTS, /* takes nonspacing and other marks away */
	RK_NORM_CHARSMAP,
	RK_NORM_PREPEND,
	RK_NORM_REPLACE,
	RK_NORM_STRIP
};

struct rk_norm {
	enum rk_norm_kind kind;
	int clean, chinese, accents, lower; /* BERT */
	int left, right;                    /* STRIP */
	enum rk_normal form;                /* FORM */
	struct rk_charsmap *map;            /* CHARSMAP */
	struct rk_regex *pattern;           /* REPLACE */
	struct rk_buf text;                 /* PREPEND, REPLACE: what is put */
};

/* Scratch; start it as { 0 }. */
struct rk_norm_scratch {
	struct rk_fold fold;
	struct rk_buf a, b, run;
};

/*
 * Takes p[0..n), which is UTF-8, through N steps: *OUT, *OUT_N. Borrowed from
 * the text or the scratch, until the next call. -1: a pattern gives up, or the
 * text grows beyond RK_NORM_MOST.
 */
int rk_norm_text(const struct rk_norm *step, size_t steps,
    struct rk_norm_scratch *s, struct rk_regex_match *m, const char *p,
    size_t n, const char **out, size_t *out_n, struct rk_err *err);
void rk_norm_free(struct rk_norm *step); /* what is in it */
void rk_norm_scratch_free(struct rk_norm_scratch *s);

/* Rust's char::is_whitespace: the property White_Space. */
int rk_norm_is_space(int32_t c);

#endif
