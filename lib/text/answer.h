/*
 * answer.h - what a text gives as its answer, in a form in which equal answers
 * are equal texts, so that a model's response can be held against a key.
 *
 * exact: the text in NFC (with `fold`: in NFKC_Casefold), without white space
 * at its ends, and with one space for each run of it inside.
 *
 * Under every rule a model's thought is no part of its answer: see
 * rk_answer_said.
 *
 * choice: the letter of an option, A to J. Full-width and styled letters are
 * plain ones (NFKC); emphasis, quotes, and $ are passed over. A letter is
 * stated where the text says so: "the answer is (B)", "Answer: b",
 * "\boxed{B}", "Correct: B", "<answer>B</answer>", "I choose B.", "B is
 * correct", a first or last line that is nothing but the letter, an end such
 * as "option B."; of several statements the last counts. One of two letters
 * ("B or C", "B, maybe C") is none. Without a statement, a letter in brackets,
 * or before a bracket, a dot, a colon or a dash at the start of a line, counts
 * where it is the only one. One that is denied ("I would not
 * choose B", "not (B)", "(B) is wrong") is none. A letter that may be a word,
 * as in "A dog" or "I think", counts only where it ends a clause.
 *
 * number: the last one, as the shortest decimal number of the same value (of
 * up to 15 digits; longer ones digit by digit). Separators of thousands go:
 * commas or narrow spaces before groups of three digits. A minus sign counts
 * unless a letter, a digit or a bracket stands before it. Powers ("10^6",
 * "2**8"; to 15 digits), those of ten ("1.5e3", "3 x 10^5") and fractions
 * ("3/4", "1 1/2", "\frac{3}{4}", "\frac{-3}{4}", "\frac34", "2\frac{3}{4}")
 * are reckoned; what is raised otherwise ("2^{n-1}", "3/4^2", "(2)^3") is no
 * number. Currency, percent signs and units are passed over: 75 % is 75, and
 * 18 m^2 is 18. Digits behind a letter, as in H2O, are no number; a decimal
 * comma is not understood.
 */
#ifndef RK_TEXT_ANSWER_H
#define RK_TEXT_ANSWER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

enum rk_answer_rule { RK_ANSWER_EXACT, RK_ANSWER_CHOICE, RK_ANSWER_NUMBER };

struct rk_answer;        /* read-only: threads share it */
struct rk_answer_reader; /* one thread's */

/*
 * PATTERN, where it is not NULL, says which part of a response is looked at:
 * what its group 1, or all of it where it has none, matches first. New; NULL:
 * it is no pattern.
 */
struct rk_answer *rk_answer_new(enum rk_answer_rule rule, int fold,
    const char *pattern, struct rk_err *err);
void rk_answer_free(struct rk_answer *a);

struct rk_answer_reader *rk_answer_reader_new(const struct rk_answer *a);
void rk_answer_reader_free(struct rk_answer_reader *r);

/*
 * What TEXT says aloud: what follows the last "</think>", and of that what comes
 * before a "<think>" which nothing closes. Borrowed.
 */
struct rk_str rk_answer_said(struct rk_str text);

/*
 * The answer in the UTF-8 TEXT of a model, which replaces what is in OUT: 1; 0:
 * there is none to be found; -1: the pattern gives up.
 */
int rk_answer_read(struct rk_answer_reader *r, struct rk_str text,
    struct rk_buf *out, struct rk_err *err);
/* The same of a key, which the pattern does not apply to. */
int rk_answer_key(struct rk_answer_reader *r, struct rk_str text,
    struct rk_buf *out, struct rk_err *err);

/* The parts (answer-choice.c, answer-number.c); patterns and their scratch. */

struct rk_regex_match;
struct rk_answer_choice;
struct rk_answer_number;

struct rk_answer_choice *rk_answer_choice_new(struct rk_err *err);
void rk_answer_choice_free(struct rk_answer_choice *c);
/* The letter that the NFKC text p[0..n) states; 0: none; -1. */
int rk_answer_choice_find(const struct rk_answer_choice *c,
    struct rk_regex_match *m, const char *p, size_t n, struct rk_err *err);

struct rk_answer_number *rk_answer_number_new(struct rk_err *err);
void rk_answer_number_free(struct rk_answer_number *c);
int rk_answer_number_find(const struct rk_answer_number *c,
    struct rk_regex_match *m, const char *p, size_t n, struct rk_buf *out,
    struct rk_err *err);

#endif
