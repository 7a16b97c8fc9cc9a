/*
 * t_file.c - a file that is written is the old one or the new one, at every
 * moment and however the writer ends; both ways of writing are tested, with
 * O_TMPFILE and, where openat below refuses that, with a temporary name.
 */
#define _GNU_SOURCE /* O_TMPFILE */

#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

enum { BLOCK = 16 << 10, BLOCKS = 8, KILLS = 40, NOBODY = 65534 };

static int refuse_unnamed; /* as a file system without O_TMPFILE does */
static int unnamed_opened;

/* In the place of libc's. */
int
openat(int fd, const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		if (refuse_unnamed) {
			errno = EOPNOTSUPP;
			return -1;
		}
		unnamed_opened++;
	}
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

/* --- looking ---------------------------------------------------------------- */

static char *
slurp(const char *path)
{
	char *s = rk_calloc(1, 1 << 20);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, s, (1 << 20) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(s);
		return NULL;
	}
	return s;
}

static int
holds(const char *path, const char *want)
{
	char *s = slurp(path);
	int yes = s != NULL && strcmp(s, want) == 0;

	free(s);
	return yes;
}

/* Names in the folder; all of them, or the temporary ones. */
static int
names(const char *dir, int temp_only)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL)
		n += temp_only ? strncmp(e->d_name, ".rk-", 4) == 0
			       : strcmp(e->d_name, ".") != 0 &&
			strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void
empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (unlinkat(dirfd(d), e->d_name, 0) != 0 && errno == EISDIR)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	closedir(d);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

/* Writes TEXT to PATH, whole. */
static int
put(const char *path, const char *text, struct rk_err *err)
{
	struct rk_file *f = rk_file_create(path, err);

	if (f == NULL)
		return -1;
	if (rk_file_write(f, text, strlen(text), err) != 0) {
		rk_file_abandon(f, 0);
		return -1;
	}
	return rk_file_commit(f, err);
}

static void
fails(const char *path, const char *want, const char *name)
{
	struct rk_err err = { { 0 } };

	put(path, "x", &err);
	same(err.msg, want, name);
}

/* --- the cases, in an empty current folder --------------------------------------- */

static void
whole_or_not(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f;
	int before = unnamed_opened;

	umask(027);
	f = rk_file_create("a", &err);
	rk_file_write(f, "one", 3, &err);
	ok(access("a", F_OK) != 0, "a file has no name before it is whole");
	ok(names(".", 0) == refuse_unnamed,
	    "and nothing has, where the file system can do that");
	ok((unnamed_opened > before) == !refuse_unnamed,
	    "which is how it is done here");
	ok(rk_file_commit(f, &err) == 0 && holds("a", "one"),
	    "then it is there with all its content");
	ok(mode_of("a") == 0640, "a new file has the mode that umask leaves");
	chmod("a", 0604);
	f = rk_file_create("a", &err);
	rk_file_write(f, "two", 3, &err);
	ok(holds("a", "one"), "the old file is there until then");
	ok(rk_file_commit(f, &err) == 0 && holds("a", "two"),
	    "the new file replaces it");
	ok(mode_of("a") == 0604, "and keeps its mode");
	ok(names(".", 0) == 1, "nothing else is left");
	umask(022);
}

static void
links(void)
{
	struct rk_err err = { { 0 } };
	struct stat st;

	mkdir("d", 0755);
	put("d/real", "old", &err);
	ok(symlink("d/real", "one") == 0 && symlink("one", "two") == 0 &&
		put("two", "new", &err) == 0 && holds("d/real", "new") &&
		lstat("one", &st) == 0 && S_ISLNK(st.st_mode) &&
		lstat("two", &st) == 0 && S_ISLNK(st.st_mode),
	    "links are followed, relative to where they are, and stay");
	ok(symlink("real2", "d/dangling") == 0 &&
		put("d/dangling", "x", &err) == 0 && holds("d/real2", "x"),
	    "a link to nothing gets its target");
	ok(symlink("loop", "loop") == 0, "a link to itself");
	fails("loop", "loop: Too many levels of symbolic links",
	    "is an error that names it");
	empty("d");
}

static void
given_up(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f;
	int i;

	put("a", "old", &err);
	f = rk_file_create("a", &err);
	rk_file_write(f, "half", 4, &err);
	ok(rk_file_abandon(f, 0) == 0 && holds("a", "old") &&
		names(".", 0) == 1,
	    "what is given up leaves the old file and nothing else");
	f = rk_file_create("a", &err);
	ok(rk_file_abandon(f, 1) == 0 && names(".", 0) == 1,
	    "nothing is kept where nothing was written");
	for (i = 1; i <= 2; i++) {
		f = rk_file_create("./a", &err);
		same(rk_file_part(f), "./a.part", "the partial file's name");
		rk_file_write(f, "half and more", i == 1 ? 13 : 4, &err);
		ok(rk_file_abandon(f, 1) == 1 && holds("a", "old") &&
			holds("a.part", i == 1 ? "half and more" : "half") &&
			names(".", 0) == 2,
		    "what was written is kept there, in place of an older");
	}
	ok(!rk_err_is(&err), "all without an error");
}

static void
errors(void)
{
	char longest[256], too_long[257];
	struct rk_err err = { { 0 } };

	mkdir("d", 0755);
	fails("d", "d: Is a directory", "a folder is an error");
	fails("d/", "d/: Is a directory", "so is one with a slash");
	fails("e/f", "e/f: No such file or directory", "a folder not there");
	fails("", ": No such file or directory", "no name");
	memset(longest, 'x', 255);
	longest[255] = '\0';
	memset(too_long, 'x', 256);
	too_long[256] = '\0';
	ok(put(longest, "x", &err) == 0 && put(longest, "y", &err) == 0 &&
		holds(longest, "y"),
	    "the longest name there can be is no trouble");
	ok(put(too_long, "x", &err) == -1 &&
		strstr(err.msg, ": File name too long") != NULL,
	    "a longer one is an error");
	ok(names(".", 1) == 0, "errors leave nothing");
}

static void
many_files(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f[17];
	char name[8];
	int i, good = 1;

	for (i = 0; i < 17; i++) {
		snprintf(name, sizeof name, "m%d", i);
		f[i] = rk_file_create(name, &err);
		good &= (f[i] != NULL) == (i < 16);
	}
	ok(good, "16 files can be written at a time");
	same(err.msg, "m16: Too many open files", "and not 17");
	for (i = 0; i < 16; i++)
		rk_file_abandon(f[i], 0);
	memset(&err, 0, sizeof err);
	ok(put("m16", "x", &err) == 0 && names(".", 0) == 1,
	    "until some are done");
}

static pid_t
fork_or_die(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) { /* it would be given to kill() */
		perror("fork");
		exit(1);
	}
	return pid;
}

/* Runs FN in a child; its exit status, or 128 + signal. */
static int
in_child(void (*fn)(void))
{
	int status;
	pid_t pid;

	pid = fork_or_die();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As someone who is not root, to whom no mode is an obstacle. */
static int
be_nobody(void)
{
	return getuid() != 0 || setuid(NOBODY) == 0;
}

static void
write_protected(void)
{
	struct rk_err err = { { 0 } };

	if (!be_nobody())
		_exit(2);
	if (put("locked/a", "x", &err) != -1 ||
	    strcmp(err.msg, "locked/a: Permission denied") != 0)
		_exit(3);
	memset(&err, 0, sizeof err);
	if (put("open/a", "x", &err) != -1 ||
	    strcmp(err.msg, "open/a: Permission denied") != 0)
		_exit(4);
	if (names("open", 0) != 1 || !holds("open/a", "old"))
		_exit(5);
}

static void
no_permission(void)
{
	struct rk_err err = { { 0 } };

	chmod(".", 0755);
	mkdir("locked", 0555);
	mkdir("open", 0777);
	chmod("open", 0777);
	put("open/a", "old", &err);
	chmod("open/a", 0444);
	ok(in_child(write_protected) == 0,
	    "a read-only folder and a read-only file are errors, and stay");
	empty("open");
}

static void
write_too_much(void)
{
	const struct rlimit limit = { BLOCK, BLOCK };
	static char text[2 * BLOCK];
	struct rk_err err = { { 0 } };

	memset(text, 'x', sizeof text - 1);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	if (put("a", text, &err) != -1 ||
	    strcmp(err.msg, "a: File too large") != 0)
		_exit(1);
}

static void
no_room(void)
{
	struct rk_err err = { { 0 } };

	fails("/dev/full", "/dev/full: No space left on device",
	    "a full device is an error");
	put("a", "old", &err);
	ok(in_child(write_too_much) == 0 && holds("a", "old") &&
		names(".", 0) == 1,
	    "no room half way is an error that leaves the old file");
}

static void
write_fifo(void)
{
	struct rk_err err = { { 0 } };

	_exit(put("fifo", "through", &err) != 0);
}

static void
devices(void)
{
	struct rk_err err = { { 0 } };
	struct stat st;
	char got[16] = "", name[32];
	int fd, pid;

	ok(put("/dev/null", "x", &err) == 0 && stat("/dev/null", &st) == 0 &&
		S_ISCHR(st.st_mode),
	    "a device is written, and stays one");
	mkfifo("fifo", 0600);
	pid = fork_or_die();
	if (pid == 0)
		write_fifo();
	fd = open("fifo", O_RDONLY);
	ok(read(fd, got, sizeof got - 1) == 7 && strcmp(got, "through") == 0 &&
		stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode),
	    "so is a named pipe");
	close(fd);
	waitpid(pid, NULL, 0);
	put("log", "before ", &err);
	fd = open("log", O_WRONLY | O_APPEND);
	snprintf(name, sizeof name, "/dev/fd/%d", fd);
	ok(put(name, "after", &err) == 0 && holds("log", "before after"),
	    "a file that /dev/fd names is written where it is");
	close(fd);
}

/* --- ends that come at any moment -------------------------------------------------- */

static int version;

/* Block after block of one letter, so that a mixture shows. */
static void
write_version(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f = rk_file_create("a", &err);
	char block[BLOCK];
	int i;

	memset(block, 'A' + version, sizeof block);
	if (f == NULL)
		_exit(1);
	rk_file_keep_on_signal(f);
	for (i = 0; i < BLOCKS; i++)
		if (rk_file_write(f, block, sizeof block, &err) != 0)
			_exit(2);
	if (rk_file_commit(f, &err) == 0)
		_exit(0);
	printf("# %s\n", err.msg);
	fflush(stdout);
	_exit(3);
}

static void
write_and_die(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f = rk_file_create("a", &err);

	if (f != NULL && rk_file_write(f, "half", 4, &err) == 0)
		kill(getpid(), SIGKILL);
}

/* The letter of the version that PATH holds in whole blocks; 0: none. */
static int
version_in(const char *path, int blocks)
{
	char *s = slurp(path);
	int c = s ? s[0] : 0;
	size_t n = s ? strlen(s) : 0;

	if (n != strspn(s ? s : "", (char[]){ (char)c, 0 }) ||
	    (blocks > 0 && n != (size_t)blocks * BLOCK))
		c = 0;
	free(s);
	return c;
}

/* Runs FN for version V and ends it by SIG, some time within US. */
static void
end_it(void (*fn)(void), int v, int sig, unsigned us, struct rk_rng *rng)
{
	pid_t pid;

	version = v;
	pid = fork_or_die();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	usleep((unsigned)rk_rng_below(rng, us));
	kill(pid, sig);
	waitpid(pid, NULL, 0);
}

/* How long a whole write takes here, in microseconds. */
static unsigned
time_write(void)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	version = 0;
	ok(in_child(write_version) == 0, "a version can be written");
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (unsigned)((b.tv_sec - a.tv_sec) * 1000000 +
	    (b.tv_nsec - a.tv_nsec) / 1000 + 1);
}

static void
write_after_signal(void)
{
	struct rk_err err = { { 0 } };
	struct rk_file *f = rk_file_create("b", &err);

	if (f == NULL || rk_file_write(f, "half", 4, &err) != 0)
		_exit(1);
	rk_file_on_signal();
	if (rk_file_create("c", &err) != NULL || rk_file_commit(f, &err) == 0)
		_exit(2);
}

static void
killed(void)
{
	unsigned us = time_write();
	struct rk_rng rng;
	int i, was = 'A', now = 0, third = 0, fresh = 0;

	rk_rng_init(&rng, (uint64_t)refuse_unnamed, 1);
	for (i = 1; i <= KILLS; i++) {
		end_it(write_version, i % 26, SIGKILL, us, &rng);
		now = version_in("a", BLOCKS);
		third += now != was && now != 'A' + i % 26;
		fresh += now != was;
		was = now;
	}
	ok(third == 0, "kill -9 leaves the old file or the new one");
	printf("# %d of %d were new, %d temporary names are left\n", fresh,
	    KILLS, names(".", 1));
	empty(".");
	in_child(write_and_die);
	ok(names(".", 0) == refuse_unnamed,
	    "and, where the file system can do that, nothing of a half one");
}

static void
on_signal(int sig)
{
	rk_file_on_signal();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
write_signalled(void)
{
	signal(SIGTERM, on_signal);
	write_version();
}

static void *
wait_for_signal(void *arg)
{
	sigset_t *none = arg;

	pthread_sigmask(SIG_SETMASK, none, NULL);
	for (;;)
		pause();
	return NULL;
}

/* As above, with the handler in another thread than the writer. */
static void
write_beside(void)
{
	static sigset_t none;
	sigset_t all;
	pthread_t t;

	signal(SIGTERM, on_signal);
	sigemptyset(&none);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (pthread_create(&t, NULL, wait_for_signal, &none) != 0)
		_exit(1);
	write_version();
}

static void
signalled(void (*fn)(void), const char *where)
{
	unsigned us = time_write();
	struct rk_rng rng;
	int i, was = 'A', now, third = 0, fresh = 0, kept = 0, torn = 0;

	rk_rng_init(&rng, (uint64_t)refuse_unnamed, 2);
	for (i = 1; i <= KILLS; i++) {
		end_it(fn, i % 26, SIGTERM, us, &rng);
		now = version_in("a", BLOCKS);
		third += now != was && now != 'A' + i % 26;
		fresh += now != was;
		if (access("a.part", F_OK) == 0) {
			kept++;
			torn += version_in("a.part", 0) != 'A' + i % 26;
			/* what is kept in part has not been written too */
			torn += now != was;
			unlink("a.part");
		}
		was = now;
	}
	printf("# %d of %d were new, %d kept in part\n", fresh, KILLS, kept);
	ok(third == 0 && torn == 0,
	    "SIGTERM in %s leaves the old file or the new one", where);
	ok(names(".", 0) == 1, "and nothing else but what it keeps");
}

static void
ending(void)
{
	ok(in_child(write_after_signal) == 0 && names(".", 0) == 0,
	    "once a handler has run no file is begun and none gets its name");
}

static void
all_cases(void)
{
	whole_or_not();
	empty(".");
	links();
	empty(".");
	given_up();
	empty(".");
	errors();
	empty(".");
	many_files();
	empty(".");
	no_permission();
	empty(".");
	no_room();
	empty(".");
	devices();
	empty(".");
	ending();
	empty(".");
	killed();
	empty(".");
	signalled(write_signalled, "the writer's thread");
	empty(".");
	signalled(write_beside, "another thread");
	empty(".");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char dir[4096];
	int fd;

	snprintf(dir, sizeof dir, "%s/t_file.XXXXXX", tmp ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
		perror(dir);
		return 1;
	}
	fd = open(".", O_TMPFILE | O_WRONLY, 0600);
	if (fd >= 0) {
		close(fd);
		all_cases();
	} else {
		skip("files without a name", "no O_TMPFILE here");
	}
	refuse_unnamed = 1;
	all_cases();
	if (chdir("/") != 0 || rmdir(dir) != 0)
		perror(dir);
	return done();
}
