/*
 * verdict.h - what a judge that was asked for its verdict in double square
 * brackets says, read as strictly as it was asked for: its answer quotes what
 * it judges, and that may hold a verdict too.
 */
#ifndef RK_TEXT_VERDICT_H
#define RK_TEXT_VERDICT_H

#include <stddef.h>

/*
 * The verdict in the text p[0..n): the one of the characters of WORDS that
 * stands in double brackets on the last line that is not blank, alone but for
 * white space and asterisks around the brackets. Where nothing in the text says
 * another one, the line may also have spaces inside the brackets, a full stop,
 * marks of emphasis or code, and before the brackets what the verdict is called
 * ("Final grade: "). 0: there is none.
 */
char rk_verdict(const char *p, size_t n, const char *words);

/* The last line that is not blank, without white space at its ends. */
const char *rk_verdict_line(const char *p, size_t n, size_t *length);

#endif
