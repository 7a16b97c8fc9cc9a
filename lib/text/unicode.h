/*
 * unicode.h - text in one form, whatever bytes it came in. The tables are
 * utf8proc's, so the version of Unicode is that of the library.
 *
 * NFKC_Casefold (The Unicode Standard, 3.13): code points that are ignorable
 * by default are left out (soft hyphen, joiners, variation selectors), the rest
 * are fully case-folded and decomposed by compatibility until nothing changes,
 * put in canonical order, and composed. It equals utf8proc_NFKC_Casefold
 * (STABLE | COMPOSE | COMPAT | CASEFOLD | IGNORE), byte for byte, but takes
 * linear time on any text: utf8proc's ordering of a run of combining marks is
 * quadratic in its length. The form is its own form.
 *
 * Texts are UTF-8. A byte that is no part of a valid sequence counts as a code
 * point of its own, U+FFFD.
 */
#ifndef RK_TEXT_UNICODE_H
#define RK_TEXT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The version of the tables: "15.0.0". */
const char *rk_unicode_version(void);

enum rk_normal {
	RK_NORMAL_FOLD, /* NFKC_Casefold */
	RK_NORMAL_NFC,
	RK_NORMAL_NFD,
	RK_NORMAL_NFKC,
	RK_NORMAL_NFKD
};

/* A folder of texts, with its scratch. Start it as { 0 }. */
struct rk_fold {
	enum rk_normal form;
	struct rk_buf out; /* the result */
	int32_t *cp;       /* code points of a stretch, decomposed */
	size_t n, cap;
	int32_t *run; /* [run_cap], to sort a long run of marks */
	size_t run_cap;
};

/* f->out becomes NFKC_Casefold of p[0..n). Linear in n. */
void rk_fold_text(struct rk_fold *f, const char *p, size_t n);
/* The same, to any form: Unicode Standard Annex 15. Linear in n. */
void
rk_normal_text(struct rk_fold *f, enum rk_normal form, const char *p, size_t n);
void rk_fold_free(struct rk_fold *f); /* frees and returns to { 0 } */

/*
 * Decodes the code point at P, before END (p < end), into *CP; returns its
 * length in bytes, 1..4.
 */
size_t rk_unicode_next(const char *p, const char *end, int32_t *cp);

/*
 * What a code point is to the words of a text, by its general category. A
 * word is a WORD and the WORDs and MARKs after it (the expression W[WM]*), or
 * one LONE code point, or one SYMBOL; the rest lies between words.
 */
enum rk_unicode_class {
	RK_UNICODE_OTHER,
	RK_UNICODE_WORD,   /* L*, N*: letters and numbers */
	RK_UNICODE_MARK,   /* M*: combining marks */
	RK_UNICODE_LONE,   /* L*, N*, M* of a script written without spaces */
	RK_UNICODE_SYMBOL, /* S*: mathematics, currency, emoji */
};

/*
 * Scripts without spaces, by ranges of code points: 0E00-0EFF (Thai, Lao),
 * 1000-109F A9E0-A9FF AA60-AA7F (Myanmar), 1780-17FF (Khmer), 2E80-312F
 * 31A0-31BF 31F0-31FF 3400-4DBF 4E00-9FFF F900-FAFF 1AFF0-1B16F 20000-3FFFF
 * (Han, Kana, Bopomofo).
 */
enum rk_unicode_class rk_unicode_class(int32_t cp);

#endif
