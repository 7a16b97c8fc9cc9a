/* sqlite.c - the table of SQLite's functions. */
#include "io/sqlite.h"

#include <pthread.h>

#include "base/dl.h"

struct rk_sqlite rk_sqlite;

static struct rk_err why;

static void
load(void)
{
	static const char *const files[] = { "libsqlite3.so.0",
		"libsqlite3.dylib", NULL };
	static const struct rk_dl table[] = {
#define ROW(name) { "sqlite3_" #name, &rk_sqlite.name },
		RK_SQLITE_CALLS(ROW)
#undef ROW
		    { NULL, NULL }
	};

	rk_dl_load(files, table, &why);
}

int
rk_sqlite_load(struct rk_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return rk_err_is(&why) ? rk_err_set(err, "%s", why.msg) : 0;
}
