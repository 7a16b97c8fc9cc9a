/* cache.c - one table, in SQLite. */
#include "io/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/sqlite.h"

/* "rkac": the file is ours. Its layout is version 1. */
#define APPLICATION "1919639907"
enum { APPLICATION_ID = 1919639907, LAYOUT = 1, BUSY_MS = 30000, PAUSE_MS = 5 };

struct rk_cache {
	sqlite3 *db;
	char *path;
	pthread_mutex_t lock;
	sqlite3_stmt *get, *put;
};

static int
fail(struct rk_cache *c, struct rk_err *err)
{
	return rk_err_set(err, "%s: %s", c->path,
	    c->db != NULL ? rk_sqlite.errmsg(c->db) : "cannot be opened");
}

static int
run(struct rk_cache *c, const char *sql, struct rk_err *err)
{
	return rk_sqlite.exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK
	    ? 0
	    : fail(c, err);
}

/* The whole number that a statement yields. */
static int
number(struct rk_cache *c, const char *sql, int *out, struct rk_err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = -1;

	if (rk_sqlite.prepare_v2(c->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    rk_sqlite.step(s) == SQLITE_ROW) {
		*out = rk_sqlite.column_int(s, 0);
		rc = 0;
	} else {
		fail(c, err);
	}
	rk_sqlite.finalize(s);
	return rc;
}

/* A new file is ours; one that is there must be. */
static int
check_file(struct rk_cache *c, int read_only, struct rk_err *err)
{
	int id, layout, tables;

	if (number(c, "PRAGMA application_id", &id, err) != 0 ||
	    number(c, "PRAGMA user_version", &layout, err) != 0 ||
	    number(c, "SELECT count(*) FROM sqlite_master", &tables, err) != 0)
		return -1;
	if (id == APPLICATION_ID && layout == LAYOUT)
		return 0;
	if (id == APPLICATION_ID)
		return rk_err_set(err, "%s: a cache of version %d, expected %d",
		    c->path, layout, LAYOUT);
	if (id != 0 || tables > 0 || read_only)
		return rk_err_set(err, "%s: not a cache of answers", c->path);
	return run(c,
	    "PRAGMA application_id=" APPLICATION "; PRAGMA user_version=1;"
	    "CREATE TABLE answer(digest BLOB PRIMARY KEY, model TEXT NOT NULL,"
	    " seconds REAL NOT NULL, answer BLOB NOT NULL)",
	    err);
}

/*
 * The log is made by one of those that open a new file at once; SQLite tells the
 * others at once that it is locked, whatever its timeout is.
 */
static int
start_log(struct rk_cache *c, struct rk_err *err)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	int rc = SQLITE_BUSY, waited;

	for (waited = 0; rc == SQLITE_BUSY && waited < BUSY_MS;
	     waited += PAUSE_MS) {
		if (waited > 0)
			nanosleep(&pause, NULL);
		rc = rk_sqlite.exec(
		    c->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	}
	return rc == SQLITE_OK ? 0 : fail(c, err);
}

/* Two that start at once: the second sees what the first has made. */
static int
set_up(struct rk_cache *c, int read_only, struct rk_err *err)
{
	rk_sqlite.busy_timeout(c->db, BUSY_MS);
	if (run(c, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON",
		err) != 0)
		return -1;
	if (!read_only &&
	    (start_log(c, err) != 0 ||
		run(c, "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE", err) != 0))
		return -1;
	if (check_file(c, read_only, err) != 0 ||
	    (!read_only && run(c, "COMMIT", err) != 0))
		return -1;
	if (rk_sqlite.prepare_v2(c->db,
		"SELECT answer, seconds FROM answer WHERE digest=?1", -1,
		&c->get, NULL) != SQLITE_OK ||
	    rk_sqlite.prepare_v2(c->db,
		"INSERT OR REPLACE INTO answer(digest, model, seconds, answer)"
		" VALUES(?1, ?2, ?3, ?4)",
		-1, &c->put, NULL) != SQLITE_OK)
		return fail(c, err);
	return 0;
}

/* SQLite gives its log the mode of the file, which is made here. */
static int
make_file(const char *path, struct rk_err *err)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return rk_err_set(err, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return rk_err_set(err, "%s: not a regular file", path);
	}
	close(fd);
	return 0;
}

struct rk_cache *
rk_cache_open(const char *path, int read_only, struct rk_err *err)
{
	struct rk_buf name = { 0 };
	struct rk_cache *c;

	if (rk_sqlite_load(err) != 0)
		return NULL;
	if (!read_only && make_file(path, err) != 0)
		return NULL;
	if (read_only && access(path, R_OK) != 0) {
		rk_err_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	c = rk_calloc(1, sizeof *c);
	/* SQLite would take ":memory:" for no file */
	rk_buf_addf(&name, "%s%s", *path == ':' ? "./" : "", path);
	c->path = name.p;
	pthread_mutex_init(&c->lock, NULL);
	/* one that reads alone may still have to mend the log */
	if (rk_sqlite.open_v2(c->path, &c->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX,
		NULL) != SQLITE_OK)
		fail(c, err);
	else if (set_up(c, read_only, err) == 0)
		return c;
	rk_cache_close(c);
	return NULL;
}

void
rk_cache_close(struct rk_cache *c)
{
	if (c == NULL)
		return;
	rk_sqlite.finalize(c->get);
	rk_sqlite.finalize(c->put);
	rk_sqlite.close(c->db);
	free(c->path);
	free(c);
}

int
rk_cache_get(struct rk_cache *c, const unsigned char digest[RK_SHA256_SIZE],
    struct rk_buf *out, double *seconds, struct rk_err *err)
{
	int rc, n;

	pthread_mutex_lock(&c->lock);
	rk_sqlite.bind_blob(c->get, 1, digest, RK_SHA256_SIZE, SQLITE_STATIC);
	rc = rk_sqlite.step(c->get);
	if (rc == SQLITE_ROW) {
		out->n = 0;
		n = rk_sqlite.column_bytes(c->get, 0);
		if (n > 0)
			rk_buf_add(
			    out, rk_sqlite.column_blob(c->get, 0), (size_t)n);
		if (seconds != NULL)
			*seconds = rk_sqlite.column_double(c->get, 1);
	} else if (rc != SQLITE_DONE) {
		fail(c, err);
	}
	rk_sqlite.reset(c->get);
	pthread_mutex_unlock(&c->lock);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

int
rk_cache_put(struct rk_cache *c, const unsigned char digest[RK_SHA256_SIZE],
    const struct rk_cache_entry *e, struct rk_err *err)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rk_sqlite.bind_blob(c->put, 1, digest, RK_SHA256_SIZE, SQLITE_STATIC);
	rk_sqlite.bind_text(c->put, 2, e->model, -1, SQLITE_STATIC);
	rk_sqlite.bind_double(c->put, 3, e->seconds);
	rk_sqlite.bind_blob64(
	    c->put, 4, e->answer.p, e->answer.n, SQLITE_STATIC);
	rc = rk_sqlite.step(c->put);
	if (rc != SQLITE_DONE)
		fail(c, err);
	rk_sqlite.reset(c->put);
	pthread_mutex_unlock(&c->lock);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
rk_cache_each(struct rk_cache *c,
    void (*fn)(void *ctx, const char *model, double answers, double bytes),
    void *ctx, struct rk_err *err)
{
	sqlite3_stmt *s = NULL;
	const char *model;
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = rk_sqlite.prepare_v2(c->db,
	    "SELECT model, count(*), sum(length(answer)) FROM answer"
	    " GROUP BY model ORDER BY model",
	    -1, &s, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = rk_sqlite.step(s);
		if (rc != SQLITE_ROW)
			break;
		model = (const char *)rk_sqlite.column_text(s, 0);
		fn(ctx, model != NULL ? model : "",
		    rk_sqlite.column_double(s, 1),
		    rk_sqlite.column_double(s, 2));
	}
	if (rc != SQLITE_DONE)
		fail(c, err);
	rk_sqlite.finalize(s);
	pthread_mutex_unlock(&c->lock);
	return rc == SQLITE_DONE ? 0 : -1;
}
