/*
 * track.c - the state is replaced by a rename, so the lock that counts is the
 * one on the file that has the name: who gets the lock of a file that has lost
 * its name in the meantime tries again.
 */
#define _DEFAULT_SOURCE /* flock */

#include "policy/track.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "io/file.h"
#include "io/json.h"
#include "io/rows.h"
#include "policy/threshold.h"

/* --- the lock ---------------------------------------------------------------- */

/* Is FD still the file that PATH names? */
static int
is_named(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 &&
	    mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int
lock_fd(int fd, int wait)
{
	int rc;

	do
		rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (rc != 0 && errno == EINTR);
	return rc;
}

int
rk_track_lock(
    struct rk_track *t, const char *path, int wait, struct rk_err *err)
{
	int e;

	for (;;) {
		t->fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (t->fd < 0)
			return errno == ENOENT
			    ? 0
			    : rk_err_set(err, "%s: %s", path, strerror(errno));
		if (lock_fd(t->fd, wait) != 0) {
			e = errno;
			rk_track_unlock(t);
			if (e == EWOULDBLOCK)
				return 1;
			return rk_err_set(err, "%s: %s", path, strerror(e));
		}
		if (is_named(t->fd, path))
			return 0;
		rk_track_unlock(t);
	}
}

void
rk_track_unlock(struct rk_track *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* --- the state ------------------------------------------------------------------ */

enum { VERSION = 1 };

/* The number KEY of the state, in [lo, hi]. */
static int
read_number(double *to, const char *json, const char *key, double lo, double hi,
    struct rk_err *err)
{
	int found = rk_json_number(json, key, to, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return rk_err_set(err, "%s: expected a number", key);
	if (!(*to >= lo && *to <= hi))
		return rk_err_set(
		    err, "%s: expected %g to %g, found %g", key, lo, hi, *to);
	return 0;
}

static int
read_state(
    struct rk_track *t, const char *json, const char *field, struct rk_err *err)
{
	struct rk_buf of = { 0 };
	double version;
	int rc = 0;

	if (read_number(&version, json, "version", VERSION, VERSION, err) !=
		0 ||
	    read_number(&t->share, json, "share", 0, 1, err) != 0 ||
	    read_number(&t->threshold, json, "threshold", -1e300, 1e300, err) !=
		0 ||
	    read_number(&t->step, json, "step", 0, 1e300, err) != 0 ||
	    read_number(&t->recent, json, "recent", 0, 1, err) != 0 ||
	    read_number(&t->decisions, json, "decisions", 0, 1e300, err) != 0)
		return -1;
	if (rk_json_text(json, "score", &of, err) != 1)
		rc = rk_err_set(err, "score: expected a field's name");
	else if (strcmp(of.p, field) != 0)
		rc = rk_err_set(
		    err, "kept for the field %s, not for %s", of.p, field);
	rk_buf_free(&of);
	return rc;
}

int
rk_track_read(struct rk_track *t, const char *path, const char *field,
    double share, struct rk_err *err)
{
	char *json;
	int rc;

	if (t->fd < 0)
		return 0;
	json = rk_rows_text(path, err);
	if (json == NULL)
		return -1;
	rc = read_state(t, json, field, err);
	free(json);
	if (rc != 0)
		return rk_err_in(err, "%s", path);
	if (share != t->share)
		t->recent = share;
	t->share = share;
	return 1;
}

void
rk_track_start(struct rk_track *t, double *scores, size_t n, double share)
{
	double mean = 0, var = 0;
	size_t i;

	for (i = 0; i < n; i++)
		mean += scores[i] / (double)n;
	for (i = 0; i < n; i++)
		var += (scores[i] - mean) * (scores[i] - mean) / (double)n;
	t->threshold = rk_threshold_for_share(scores, n, share).t;
	t->step = scores[0] > scores[n - 1] ? RK_TRACK_STEP * sqrt(var)
					    : RK_TRACK_STEP_TIED;
	t->share = t->recent = share;
	t->decisions = 0;
}

int
rk_track_decide(struct rk_track *t, double score)
{
	int d = score >= t->threshold;

	t->threshold += t->step * (d - t->share);
	t->recent += (d - t->recent) / RK_TRACK_RECENT;
	t->decisions++;
	return d;
}

static void
add_number(struct rk_buf *b, const char *key, double x)
{
	char digits[32];

	rk_num_print_f64(digits, x);
	rk_buf_addf(b, ",\"%s\":%s", key, digits);
}

int
rk_track_save(const struct rk_track *t, const char *path, const char *field,
    struct rk_err *err)
{
	struct rk_file *f = rk_file_create(path, err);
	struct rk_buf b = { 0 };
	int rc = -1;

	if (f == NULL)
		return -1;
	rk_buf_addf(&b, "{\"version\":%d,\"score\":", VERSION);
	rk_buf_json(&b, field, strlen(field));
	add_number(&b, "share", t->share);
	add_number(&b, "threshold", t->threshold);
	add_number(&b, "step", t->step);
	add_number(&b, "recent", t->recent);
	add_number(&b, "decisions", t->decisions);
	rk_buf_adds(&b, "}\n");
	if (rk_file_write(f, b.p, b.n, err) == 0)
		rc = rk_file_commit(f, err);
	else
		rk_file_abandon(f, 0);
	rk_buf_free(&b);
	return rc;
}
