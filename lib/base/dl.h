/*
 * dl.h - a shared library that is loaded when it is first needed, so that
 * programs which may use it start as fast as those that do not.
 */
#ifndef RK_BASE_DL_H
#define RK_BASE_DL_H

#include "base/err.h"

struct rk_dl {
	const char *name; /* of a function; NULL ends the table */
	void *to;         /* the pointer to it that is set */
};

/*
 * Loads the first of FILES (ended by NULL) that is there, for good, and sets
 * every pointer of the table. -1: there is none, or it lacks a function.
 */
int rk_dl_load(
    const char *const *files, const struct rk_dl *table, struct rk_err *err);

#endif
