/*
 * file.c - files that appear whole or not at all.
 *
 * What is written has no name (O_TMPFILE) or, where the file system cannot do
 * that, a temporary one in the folder of its target. A file without a name
 * gets its target's name by linkat; where that name is taken linkat refuses,
 * and the file is linked to a temporary name first, which is then renamed.
 *
 * A signal handler must find every file that is being written, in whatever
 * thread it runs. Each has a slot in a table, with a lock in it: who holds the
 * slot may change the file's name. The program's threads hold it for a few
 * system calls and with signals blocked, so that a handler can wait for it.
 */
#define _GNU_SOURCE /* O_TMPFILE */

#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	MAX_FILES = 16, /* that are written at a time */
	MAX_LINKS = 40, /* followed before it must be a loop, as the kernel */
	MAX_TRIES = 100,
	CHUNK = 65536
};

enum kind {
	DIRECT,  /* written as it stands: a device, a pipe */
	UNNAMED, /* O_TMPFILE */
	NAMED    /* under a temporary name */
};

enum { FREE, OPEN, HELD, GONE };

struct slot {
	atomic_int state;
	struct rk_file *f; /* while OPEN; else its holder's */
};

struct rk_file {
	char *path; /* as the caller named it, for messages */
	char *part; /* the path of the partial file */
	char *dir;  /* the folder of the target, links followed */
	char *base; /* the target's name in it */
	char *kept; /* the partial file's name in it */
	char temp[64];
	char self[32]; /* the descriptor's name under /proc */
	int fd, dirfd;
	enum kind kind;
	atomic_int keep; /* on a signal */
	struct slot *slot;
};

static struct slot slots[MAX_FILES];
static atomic_int ending; /* a handler has run: nothing new is begun */

/* --- slots ------------------------------------------------------------------ */

static void
block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
}

static void
restore_signals(const sigset_t *old)
{
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* A slot that was free, now held; NULL when there is none. */
static struct slot *
slot_new(void)
{
	size_t i;

	for (i = 0; i < MAX_FILES; i++) {
		int was = FREE;
		if (atomic_compare_exchange_strong(&slots[i].state, &was, HELD))
			return &slots[i];
	}
	return NULL;
}

/* Waits until the slot is held by the caller: 0; -1 when it is no longer
 * OPEN to be held. */
static int
slot_hold(struct slot *s)
{
	int was;

	for (;;) {
		was = OPEN;
		if (atomic_compare_exchange_strong(&s->state, &was, HELD))
			return 0;
		if (was != HELD)
			return -1;
		poll(NULL, 0, 1);
	}
}

/* --- names ------------------------------------------------------------------ */

/* The folder part of a path, new: "." where it has none. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return rk_strdup(".");
	if (slash == path)
		return rk_strdup("/");
	return rk_strndup(path, (size_t)(slash - path));
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *
join(const char *dir, const char *sep, const char *name)
{
	size_t n = strlen(dir) + strlen(sep) + strlen(name) + 1;
	char *s = rk_malloc(n);

	snprintf(s, n, "%s%s%s", dir, sep, name);
	return s;
}

/* Is this one of the names that /proc has for files which are open? */
static int
in_proc(const char *path)
{
	struct stat proc, st;
	char *dir = folder_of(path);
	int yes = stat("/proc/self/fd", &proc) == 0 && stat(dir, &st) == 0 &&
	    st.st_dev == proc.st_dev;

	free(dir);
	return yes;
}

/* Where the link at AT points to, new; takes AT. NULL with errno. */
static char *
follow_one(char *at, const char *text)
{
	char *dir, *to;

	if (text[0] == '/') {
		to = rk_strdup(text);
	} else {
		dir = folder_of(at);
		to = join(dir, "/", text);
		free(dir);
	}
	free(at);
	return to;
}

/* PATH with the links that its last name is followed, new; NULL with errno. */
static char *
follow(const char *path)
{
	char text[PATH_MAX], *at = rk_strdup(path);
	int i;

	for (i = 0; i < MAX_LINKS; i++) {
		ssize_t n = readlink(at, text, sizeof text);
		/* no link, or not there: opening it will tell */
		if (n < 0 || in_proc(at))
			return at;
		if ((size_t)n == sizeof text)
			break;
		text[n] = '\0';
		at = follow_one(at, text);
	}
	free(at);
	errno = i < MAX_LINKS ? ENAMETOOLONG : ELOOP;
	return NULL;
}

/* A name that no other file in the folder has, short enough for any. */
static void
make_temp(struct rk_file *f)
{
	static atomic_uint count;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(f->temp, sizeof f->temp, ".rk-%ld-%lx%09lx-%x.tmp",
	    (long)getpid(), (unsigned long)t.tv_sec, (unsigned long)t.tv_nsec,
	    atomic_fetch_add(&count, 1));
}

/*
 * Gives what was written the name NAME in its folder, in the place of what may
 * be there. 0, or -1 with errno, and then it has no name. Safe in a signal
 * handler.
 */
static int
give_name(struct rk_file *f, const char *name)
{
	int e;

	if (f->kind == UNNAMED) {
		if (linkat(AT_FDCWD, f->self, f->dirfd, name,
			AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST ||
		    linkat(AT_FDCWD, f->self, f->dirfd, f->temp,
			AT_SYMLINK_FOLLOW) != 0)
			return -1;
	}
	if (renameat(f->dirfd, f->temp, f->dirfd, name) == 0)
		return 0;
	e = errno;
	unlinkat(f->dirfd, f->temp, 0);
	errno = e;
	return -1;
}

/* What abandoning does to the names; the slot is held. Handler-safe. */
static int
leave(struct rk_file *f, int keep)
{
	struct stat st;

	if (keep && fstat(f->fd, &st) == 0 && st.st_size > 0)
		return give_name(f, f->kept) == 0;
	if (f->kind == NAMED)
		unlinkat(f->dirfd, f->temp, 0);
	return 0;
}

/* --- create ------------------------------------------------------------------ */

/* As it stands. What /proc names may be a log that grows: append to it. */
static int
open_direct(struct rk_file *f, const char *path)
{
	f->kind = DIRECT;
	f->fd = open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
	return f->fd < 0 ? -1 : 0;
}

static int
open_unnamed(struct rk_file *f)
{
#ifdef O_TMPFILE
	if (access("/proc/self/fd", X_OK) != 0) /* no name to link from */
		return -1;
	f->fd = openat(f->dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (f->fd < 0)
		return -1;
	f->kind = UNNAMED;
	snprintf(f->self, sizeof f->self, "/proc/self/fd/%d", f->fd);
	make_temp(f);
	return 0;
#else
	(void)f;
	return -1;
#endif
}

static int
open_named(struct rk_file *f)
{
	int i;

	f->kind = NAMED;
	for (i = 0; i < MAX_TRIES; i++) {
		make_temp(f);
		f->fd = openat(f->dirfd, f->temp,
		    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
		if (f->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return -1;
}

/* The owner is kept where that is allowed; if not, no set-id bits are. */
static int
like_old(int fd, const struct stat *old)
{
	mode_t mode = old->st_mode & 07777;

	if (fchown(fd, old->st_uid, old->st_gid) != 0)
		mode &= 0777;
	return fchmod(fd, mode);
}

static int
open_temp(struct rk_file *f, const struct stat *old)
{
	sigset_t mask;
	int e, rc;

	/* first of all: a handler in this thread would wait for the slot */
	block_signals(&mask);
	f->slot = slot_new();
	if (f->slot == NULL) {
		restore_signals(&mask);
		errno = EMFILE;
		return -1;
	}
	/* with the slot held: a handler in another thread now waits for it */
	if (atomic_load(&ending)) {
		errno = EINTR;
		rc = -1;
	} else {
		rc = open_unnamed(f) == 0 ? 0 : open_named(f);
	}
	if (rc == 0 && old != NULL && like_old(f->fd, old) != 0) {
		e = errno;
		leave(f, 0);
		errno = e;
		rc = -1;
	}
	f->slot->f = f;
	atomic_store(&f->slot->state, rc == 0 ? OPEN : FREE);
	restore_signals(&mask);
	return rc;
}

/* OLD: what is there, NULL for nothing. */
static int
open_atomic(struct rk_file *f, const char *path, const struct stat *old)
{
	f->dir = folder_of(path);
	f->base = rk_strdup(name_of(path));
	f->kept = join(f->base, "", ".part");
	f->dirfd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dirfd < 0)
		return -1;
	if (f->base[0] == '\0') {
		errno = path[0] == '\0' ? ENOENT : EISDIR;
		return -1;
	}
	/* a file that may not be written may not be replaced either */
	if (old != NULL && faccessat(f->dirfd, f->base, W_OK, AT_EACCESS) != 0)
		return -1;
	return open_temp(f, old);
}

static void
release(struct rk_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->dirfd >= 0)
		close(f->dirfd);
	free(f->path);
	free(f->part);
	free(f->dir);
	free(f->base);
	free(f->kept);
	free(f);
}

struct rk_file *
rk_file_create(const char *path, struct rk_err *err)
{
	struct rk_file *f = rk_calloc(1, sizeof *f);
	char *real = follow(path);
	struct stat st;
	int rc = -1, there;

	f->fd = f->dirfd = -1;
	f->path = rk_strdup(path);
	if (real != NULL) {
		f->part = join(real, "", ".part");
		there = stat(real, &st) == 0;
		if (there && (!S_ISREG(st.st_mode) || in_proc(real)))
			rc = open_direct(f, real);
		else
			rc = open_atomic(f, real, there ? &st : NULL);
	}
	if (rc != 0) {
		rk_err_set(err, "%s: %s", path, strerror(errno));
		release(f);
		f = NULL;
	}
	free(real);
	return f;
}

/* --- write, end ---------------------------------------------------------------- */

const char *
rk_file_part(const struct rk_file *f)
{
	return f->part;
}

int
rk_file_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, n);
		if (k >= 0) {
			s += k;
			n -= (size_t)k;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd wait = { fd, POLLOUT, 0 };
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

int
rk_file_write(struct rk_file *f, const void *p, size_t n, struct rk_err *err)
{
	if (rk_file_write_all(f->fd, p, n) != 0)
		return rk_err_set(err, "%s: %s", f->path, strerror(errno));
	return 0;
}

static int
commit_direct(struct rk_file *f)
{
	int rc = close(f->fd);

	f->fd = -1;
	return rc;
}

/* The slot is given back, and the file has its name or none. */
static int
commit_atomic(struct rk_file *f)
{
	int rc = fsync(f->fd), e = errno;
	sigset_t mask;

	block_signals(&mask);
	if (slot_hold(f->slot) != 0) {
		rc = -1;
		e = EINTR; /* a handler was here first: the program ends */
	} else if (rc == 0) {
		rc = give_name(f, f->base);
		e = errno;
		/* what an earlier run, which failed, has kept is stale now */
		if (rc == 0 && atomic_load(&f->keep))
			unlinkat(f->dirfd, f->kept, 0);
	} else {
		leave(f, 0);
	}
	atomic_store(&f->slot->state, FREE);
	restore_signals(&mask);
	if (rc == 0) {
		rc = fsync(f->dirfd);
		e = errno;
	}
	errno = e;
	return rc;
}

int
rk_file_commit(struct rk_file *f, struct rk_err *err)
{
	int rc = f->kind == DIRECT ? commit_direct(f) : commit_atomic(f);

	if (rc != 0)
		rk_err_set(err, "%s: %s", f->path, strerror(errno));
	release(f);
	return rc;
}

int
rk_file_abandon(struct rk_file *f, int keep)
{
	sigset_t mask;
	int kept = 0;

	if (f->kind != DIRECT) {
		block_signals(&mask);
		if (slot_hold(f->slot) == 0)
			kept = leave(f, keep);
		atomic_store(&f->slot->state, FREE);
		restore_signals(&mask);
	}
	release(f);
	return kept;
}

/* --- reading ------------------------------------------------------------------- */

int
rk_file_read(
    const char *path, size_t max, struct rk_buf *out, struct rk_err *err)
{
	size_t at = out->n, n;
	FILE *f = fopen(path, "r");
	int bad;

	if (f == NULL)
		return rk_err_set(err, "%s: %s", path, strerror(errno));
	do {
		rk_buf_need(out, CHUNK);
		n = fread(out->p + out->n, 1, CHUNK, f);
		out->n += n;
		out->p[out->n] = '\0';
	} while (n > 0 && out->n - at <= max);
	bad = ferror(f) ? errno : 0;
	fclose(f);
	if (bad)
		return rk_err_set(err, "%s: %s", path, strerror(bad));
	if (out->n - at > max)
		return rk_err_set(err, "%s: larger than %zu bytes", path, max);
	return 0;
}

/* --- signals ------------------------------------------------------------------- */

void
rk_file_keep_on_signal(struct rk_file *f)
{
	atomic_store(&f->keep, 1);
}

void
rk_file_on_signal(void)
{
	int e = errno;
	sigset_t mask;
	size_t i;

	/* else a second signal here would wait for the slots of the first */
	block_signals(&mask);
	atomic_store(&ending, 1);
	for (i = 0; i < MAX_FILES; i++) {
		if (slot_hold(&slots[i]) != 0)
			continue;
		leave(slots[i].f, atomic_load(&slots[i].f->keep));
		atomic_store(&slots[i].state, GONE);
	}
	restore_signals(&mask);
	errno = e;
}
