/*
 * sqlite.h - the functions of SQLite that are called, as rk_sqlite.step() for
 * sqlite3_step(); the library is loaded on first use.
 */
#ifndef RK_IO_SQLITE_H
#define RK_IO_SQLITE_H

#include <sqlite3.h>

#include "base/err.h"

#define RK_SQLITE_CALLS(X) \
	X(bind_blob)       \
	X(bind_blob64)     \
	X(bind_double)     \
	X(bind_text)       \
	X(busy_timeout)    \
	X(close)           \
	X(column_blob)     \
	X(column_bytes)    \
	X(column_double)   \
	X(column_int)      \
	X(column_text)     \
	X(errmsg)          \
	X(exec)            \
	X(finalize)        \
	X(open_v2)         \
	X(prepare_v2)      \
	X(reset)           \
	X(step)

#define RK_SQLITE_POINTER(name) __typeof__(sqlite3_##name) *name;

extern struct rk_sqlite {
	RK_SQLITE_CALLS(RK_SQLITE_POINTER)
} rk_sqlite;

/* Loads it once. -1 each time when it cannot be. */
int rk_sqlite_load(struct rk_err *err);

#endif
