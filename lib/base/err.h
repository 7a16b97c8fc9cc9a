/*
 * err.h - the one error pattern: a function returns 0, or -1 with the message
 * set in its last argument. The first error wins; the deepest place that knows
 * the name writes it. A message says what was found and what was expected, in
 * the user's names, in lower case and without a full stop.
 */
#ifndef RK_BASE_ERR_H
#define RK_BASE_ERR_H

#include <stddef.h>

struct rk_err {
	char msg[480]; /* "" while there is no error */
};

/*
 * Writes the message, unless one is there already. Always returns -1, so that
 * callers can `return rk_err_set(err, ...)`. ERR may be NULL.
 */
int rk_err_set(struct rk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "PREFIX: " before a message that is set; returns -1. */
int rk_err_in(struct rk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline int
rk_err_is(const struct rk_err *err)
{
	return err->msg[0] != '\0';
}

/*
 * Copies at most SIZE-1 bytes of the N at P to OUT for a message: control
 * characters become '?', and a text that is cut ends in "...". Returns OUT.
 */
char *rk_err_quote(char *out, size_t size, const char *p, size_t n);

#endif
