/*
 * opt.h - command lines. Every option is one row of a table, which feeds
 * getopt_long and --help; a test holds the manual against the same rows.
 */
#ifndef RK_BASE_OPT_H
#define RK_BASE_OPT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum rk_opt_type {
	RK_OPT_FLAG, /* to an int, which becomes 1 */
	RK_OPT_TEXT, /* to a const char * */
	RK_OPT_INT,  /* to a long, within [lo, hi] */
	RK_OPT_NUM,  /* to a double, within [lo, hi] */
	RK_OPT_WORD, /* to a const char *, one of the words of `words` */
	RK_OPT_LIST  /* to a struct rk_list: may be given again and again */
};

struct rk_list {
	const char **p;
	size_t n, cap;
};

struct rk_opt {
	int letter;       /* 'j', or 0 */
	const char *name; /* "jobs" */
	const char *arg;  /* "N", NULL where it takes none */
	enum rk_opt_type type;
	void *to;
	double lo, hi;
	const char *words; /* "last|first|all" */
	const char *about; /* what --help says */
};

/* A table ends with a row whose name is NULL. TABLES ends with NULL. */

/*
 * Reads the options of ARGV into the places that the tables name. *FIRST
 * becomes the index of the first operand (operands may stand among options; as
 * with getopt_long they are moved to the end).
 */
int rk_opt_parse(const struct rk_opt *const *tables, int argc, char **argv,
    int *first, struct rk_err *err);

/* A line for each option: "  -j, --jobs N   meaning". */
void rk_opt_help(const struct rk_opt *const *tables, struct rk_buf *out);

#endif
