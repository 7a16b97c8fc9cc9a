/* opt.c - tables of options over getopt_long. */
#include "base/opt.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

enum { LONG_ONLY = 256 }; /* getopt's value of row i is LONG_ONLY + i */

static size_t
count(const struct rk_opt *const *tables)
{
	size_t n = 0;

	for (; *tables != NULL; tables++) {
		const struct rk_opt *o;
		for (o = *tables; o->name != NULL; o++)
			n++;
	}
	return n;
}

/* The row that getopt_long's return value C means. */
static const struct rk_opt *
row(const struct rk_opt *const *tables, int c)
{
	int i = LONG_ONLY;

	for (; *tables != NULL; tables++) {
		const struct rk_opt *o;
		for (o = *tables; o->name != NULL; o++, i++)
			if (c == i || (c < LONG_ONLY && c == o->letter))
				return o;
	}
	return NULL;
}

static int
one_of(const char *word, const char *words)
{
	size_t n = strlen(word);
	const char *p;

	for (p = words; p != NULL; p = strchr(p, '|')) {
		p += *p == '|';
		if (strcspn(p, "|") == n && memcmp(p, word, n) == 0)
			return 1;
	}
	return 0;
}

static int
number(const struct rk_opt *o, const char *arg, struct rk_err *err)
{
	double x;

	if (rk_num_parse(arg, &x) != 0)
		return rk_err_set(
		    err, "--%s: expected a number, found '%s'", o->name, arg);
	if (o->type == RK_OPT_INT && x != floor(x))
		return rk_err_set(err,
		    "--%s: expected a whole number, found '%s'", o->name, arg);
	if (!(x >= o->lo && x <= o->hi))
		return rk_err_set(err,
		    "--%s: expected a number from %g to %g, found '%s'",
		    o->name, o->lo, o->hi, arg);
	if (o->type == RK_OPT_INT)
		*(long *)o->to = (long)x;
	else
		*(double *)o->to = x;
	return 0;
}

static int
set(const struct rk_opt *o, const char *arg, struct rk_err *err)
{
	struct rk_list *list = o->to;

	switch (o->type) {
	case RK_OPT_FLAG: *(int *)o->to = 1; return 0;
	case RK_OPT_TEXT: *(const char **)o->to = arg; return 0;
	case RK_OPT_WORD:
		if (!one_of(arg, o->words))
			return rk_err_set(err,
			    "--%s: expected one of %s, found '%s'", o->name,
			    o->words, arg);
		*(const char **)o->to = arg;
		return 0;
	case RK_OPT_LIST:
		RK_GROW(list->p, list->n, list->cap);
		list->p[list->n++] = arg;
		return 0;
	case RK_OPT_INT:
	case RK_OPT_NUM: break;
	}
	return number(o, arg, err);
}

/* --- an option that is not there -------------------------------------------- */

enum { MAX_WORD = 40, MAX_TYPOS = 2 };

/*
 * How many letters must be put in, left out or replaced to make B of A[N], by
 * Levenshtein's table row by row; MAX_TYPOS + 1 where a word is too long.
 */
static int
typos(const char *a, size_t n, const char *b)
{
	int cost[MAX_WORD + 1], left, above;
	size_t m = strlen(b), i, j;

	if (n > MAX_WORD || m > MAX_WORD)
		return MAX_TYPOS + 1;
	for (j = 0; j <= m; j++)
		cost[j] = (int)j;
	for (i = 1; i <= n; i++) {
		above = cost[0]; /* of the column before: the diagonal */
		cost[0] = (int)i;
		for (j = 1; j <= m; j++) {
			left = cost[j - 1] < cost[j] ? cost[j - 1] : cost[j];
			above += a[i - 1] != b[j - 1];
			left = left + 1 < above ? left + 1 : above;
			above = cost[j];
			cost[j] = left;
		}
	}
	return cost[m];
}

/* Adds the options that WORD[N] begins, or else those it is most like. */
static size_t
alike(const struct rk_opt *const *tables, const char *word, size_t n,
    int prefix, struct rk_buf *out)
{
	size_t all = count(tables), found = 0, i;
	int best = MAX_TYPOS, d;

	for (i = 0; i < all; i++) {
		const char *name = row(tables, LONG_ONLY + (int)i)->name;
		if (prefix)
			d = strncmp(name, word, n) == 0 ? best : best + 1;
		else
			d = typos(word, n, name);
		if (n == 0 || d > best || (!prefix && d >= (int)n))
			continue;
		if (d < best) {
			out->n = 0;
			found = 0;
		}
		best = d;
		rk_buf_addf(out, "%s--%s", found++ > 0 ? ", " : "", name);
	}
	return found;
}

/* A word "--..." that is no option, or the beginning of several. */
static int
no_long(
    const struct rk_opt *const *tables, const char *word, struct rk_err *err)
{
	size_t n = strcspn(word + 2, "=");
	struct rk_buf list = { 0 };

	if (alike(tables, word + 2, n, 1, &list) > 1)
		rk_err_set(err, "option '%s' may be any of %s", word, list.p);
	else if (alike(tables, word + 2, n, 0, &list) > 0)
		rk_err_set(err, "option '%s' is not known (%s?)", word, list.p);
	else
		rk_err_set(err, "option '%s' is not known", word);
	rk_buf_free(&list);
	return -1;
}

static int
unknown(
    const struct rk_opt *const *tables, int c, char **argv, struct rk_err *err)
{
	const char *what = c == ':' ? "needs an argument" : "is not known";
	const char *word = argv[optind - 1];

	if (optopt > 0 && optopt < LONG_ONLY)
		return rk_err_set(err, "option '-%c' %s", optopt, what);
	if (c == '?' && optopt >= LONG_ONLY)
		return rk_err_set(err, "option '%s' takes no argument", word);
	if (c == '?' && strncmp(word, "--", 2) == 0)
		return no_long(tables, word, err);
	return rk_err_set(err, "option '%s' %s", word, what);
}

int
rk_opt_parse(const struct rk_opt *const *tables, int argc, char **argv,
    int *first, struct rk_err *err)
{
	size_t n = count(tables), i;
	struct option *lo = rk_calloc(n + 1, sizeof *lo);
	char *shorts = rk_calloc(2 * n + 2, 1), *s = shorts;
	int c, rc = 0;

	*s++ = ':';
	for (i = 0; i < n; i++) {
		const struct rk_opt *o = row(tables, LONG_ONLY + (int)i);
		lo[i].name = o->name;
		lo[i].has_arg = o->arg ? required_argument : no_argument;
		lo[i].val = LONG_ONLY + (int)i;
		if (o->letter != 0) {
			*s++ = (char)o->letter;
			if (o->arg != NULL)
				*s++ = ':';
		}
	}
	opterr = 0;
	optind = 1;
	while (
	    rc == 0 && (c = getopt_long(argc, argv, shorts, lo, NULL)) != -1) {
		const struct rk_opt *o = c == '?' || c == ':' ? NULL
							      : row(tables, c);
		rc = o ? set(o, optarg, err) : unknown(tables, c, argv, err);
	}
	*first = optind;
	free(lo);
	free(shorts);
	return rc;
}

void
rk_opt_help(const struct rk_opt *const *tables, struct rk_buf *out)
{
	for (; *tables != NULL; tables++) {
		const struct rk_opt *o;
		for (o = *tables; o->name != NULL; o++) {
			char left[64];
			snprintf(left, sizeof left, "--%s%s%s", o->name,
			    o->arg ? " " : "", o->arg ? o->arg : "");
			if (o->letter != 0)
				rk_buf_addf(out, "  -%c, ", o->letter);
			else
				rk_buf_adds(out, "      ");
			rk_buf_addf(out, "%-22s %s\n", left, o->about);
		}
	}
}
