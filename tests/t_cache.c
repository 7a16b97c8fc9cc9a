/* t_cache.c - answers stay under what was asked, in a file that is shared. */
#include "io/cache.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap.h"

enum { EACH = 200 };

static char path[64];

static void
digest_of(unsigned char *d, int who, int i)
{
	struct rk_sha256 s;

	rk_sha256_start(&s);
	rk_sha256_add(&s, &who, sizeof who);
	rk_sha256_add(&s, &i, sizeof i);
	rk_sha256_end(&s, d);
}

/* EACH answers of one of several that share the file; 0 when all went well. */
static int
write_all(int who)
{
	unsigned char d[RK_SHA256_SIZE];
	struct rk_err err = { { 0 } };
	struct rk_cache *c = rk_cache_open(path, 0, &err);
	int i, bad = c == NULL;

	for (i = 0; i < EACH && !bad; i++) {
		char text[32];
		size_t n = (size_t)snprintf(text, sizeof text, "%d %d", who, i);
		struct rk_cache_entry e = { who % 2 ? "odd" : "even",
			{ text, n }, i };
		digest_of(d, who, i);
		bad |= rk_cache_put(c, d, &e, &err) != 0;
	}
	rk_cache_close(c);
	return bad;
}

static void
count(void *ctx, const char *model, double answers, double bytes)
{
	double *got = ctx;

	got[*model == 'o'] = answers;
	got[2] += bytes;
}

static void
test_shared(void)
{
	pid_t pid[3];
	int who, status, bad = 0;

	fflush(stdout);
	for (who = 0; who < 3; who++)
		if ((pid[who] = fork()) == 0)
			_exit(write_all(who));
	for (who = 0; who < 3; who++) {
		waitpid(pid[who], &status, 0);
		bad |= status;
	}
	ok(bad == 0, "three processes write to one file that was not there");
}

/* Eight that make the file at once, again and again: locks are waited for. */
static void
test_made(void)
{
	struct rk_err err = { { 0 } };
	struct rk_cache *c;
	int round, who, status, bad = 0;
	pid_t pid[8];

	for (round = 0; round < 20; round++) {
		for (who = 0; who < 8; who++)
			if ((pid[who] = fork()) == 0) {
				c = rk_cache_open(path, 0, &err);
				status = c == NULL;
				rk_cache_close(c);
				_exit(status);
			}
		for (who = 0; who < 8; who++) {
			waitpid(pid[who], &status, 0);
			bad += status != 0;
		}
		unlink(path);
	}
	if (!ok(bad == 0, "eight processes make one file at once, 20 times"))
		printf("# %d of 160 failed\n", bad);
}

static void
test_read(void)
{
	unsigned char d[RK_SHA256_SIZE];
	struct rk_err err = { { 0 } };
	struct rk_cache *c = rk_cache_open(path, 1, &err);
	struct rk_buf got = { 0 };
	double sums[3] = { 0 }, seconds = 0;
	int who, i, found = 0, right = 0;
	char want[32];

	for (who = 0; who < 3 && c != NULL; who++)
		for (i = 0; i < EACH; i++) {
			digest_of(d, who, i);
			found += rk_cache_get(c, d, &got, &seconds, &err) == 1;
			snprintf(want, sizeof want, "%d %d", who, i);
			right += got.n == strlen(want) &&
			    memcmp(got.p, want, got.n) == 0 && seconds == i;
		}
	ok(found == 3 * EACH, "all answers are found");
	ok(right == 3 * EACH, "each under what was asked for it");
	digest_of(d, 9, 9);
	ok(rk_cache_get(c, d, &got, NULL, &err) == 0,
	    "what was not asked is not there");
	ok(rk_cache_each(c, count, sums, &err) == 0 && sums[0] == 2 * EACH &&
		sums[1] == EACH,
	    "models are counted");
	rk_buf_free(&got);
	rk_cache_close(c);
}

static void
test_replace(void)
{
	unsigned char d[RK_SHA256_SIZE];
	struct rk_err err = { { 0 } };
	struct rk_cache *c = rk_cache_open(path, 0, &err);
	struct rk_cache_entry e = { "even", { "new", 3 }, 7 };
	struct rk_buf got = { 0 };

	digest_of(d, 0, 0);
	ok(rk_cache_put(c, d, &e, &err) == 0 &&
		rk_cache_get(c, d, &got, NULL, &err) == 1 && got.n == 3,
	    "a later answer takes the place of an earlier one");
	rk_buf_free(&got);
	rk_cache_close(c);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void
test_refused(void)
{
	struct rk_err err = { { 0 } };
	struct rk_cache *c;

	unlink(path);
	ok(rk_cache_open(path, 1, &err) == NULL && strstr(err.msg, path),
	    "a file that is not there cannot be read, and is named");
	err.msg[0] = '\0';
	write_file("this is no database, and it is longer than its header is: "
		   "it has a hundred bytes and a few more than that.\n");
	c = rk_cache_open(path, 0, &err);
	ok(c == NULL && strstr(err.msg, "not a database"),
	    "a file of another kind is refused");
	err.msg[0] = '\0';
	ok(rk_cache_open("/dev/null", 0, &err) == NULL &&
		strstr(err.msg, "not a regular file"),
	    "a device is refused");
	err.msg[0] = '\0';
	ok(rk_cache_open("/nowhere/x", 0, &err) == NULL &&
		strstr(err.msg, "No such file"),
	    "a folder that is not there is an error");
}

int
main(void)
{
	char folder[] = "/tmp/rk-cache.XXXXXX";
	struct stat st;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/cache", folder);
	test_made();
	test_shared();
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "the file is its owner's alone");
	test_read();
	test_replace();
	test_refused();
	unlink(path);
	rmdir(folder);
	return done();
}
