/*
 * template.h - texts with places that are filled in, such as the question that
 * is put to a judge. A template is UTF-8 text; {answer} is the place called
 * answer, and {{ and }} are the braces themselves. The last newline of the file
 * is no part of the text. What is put into a place is never looked at for
 * places: a prompt that says {answer} stays as it is.
 */
#ifndef RK_TEXT_TEMPLATE_H
#define RK_TEXT_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* What a template may name; a table ends with a row whose name is NULL. */
struct rk_template_place {
	const char *name; /* lower-case letters, digits and '_' */
	int needed;       /* a template that lacks it is an error */
};

struct rk_template {
	char
	    *source; /* [bytes], as in the file: of it the same is read again */
	size_t bytes;
	/* in order; a caller that reads tokens takes them one by one */
	struct rk_template_piece {
		int place;          /* the row of the table; -1: none, a text */
		struct rk_str text; /* of a text; borrowed of the template */
	} * piece;                  /* [n] */
	size_t n;
	/* the template's own */
	struct rk_buf text;
	size_t cap;
};

/*
 * Reads the template p[0..n), which messages call FILE, and copies it. -1: a
 * place that is not among PLACES, one that is needed and not there, a brace
 * alone, bytes that are no UTF-8, a NUL; by file, line and column (in bytes,
 * from 1). Then T holds nothing.
 */
int rk_template_read(struct rk_template *t, const char *file,
    const struct rk_template_place *places, const char *p, size_t n,
    struct rk_err *err);
/* The same of the file PATH, of at most 1 MiB. */
int rk_template_open(struct rk_template *t, const char *path,
    const struct rk_template_place *places, struct rk_err *err);
/*
 * The same of a template that comes with routekit, "judge-score.txt": in
 * $RK_DATA/templates where that variable is set, else in data/templates beside
 * a program that is not installed, else where `make install` has put it.
 */
int rk_template_find(struct rk_template *t, const char *name,
    const struct rk_template_place *places, struct rk_err *err);
void rk_template_free(struct rk_template *t); /* returns it to { 0 } */

/* Does T have the place in row PLACE of its table? */
int rk_template_has(const struct rk_template *t, int place);
/* Appends the text with VALUE[row] in the place of each row. */
void rk_template_fill(const struct rk_template *t, const struct rk_str *value,
    struct rk_buf *out);

#endif
