/* spill.c - bytes in memory, or in a temporary file when there are many. */
#include "io/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/file.h"

static const char *
folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

static int
failed(struct rk_err *err)
{
	return rk_err_set(
	    err, "temporary file in %s: %s", folder(), strerror(errno));
}

/* Makes the file and moves there what memory holds. */
static int
open_file(struct rk_spill *s, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	int fd;

	rk_buf_addf(&path, "%s/rk-spill.XXXXXX", folder());
	fd = mkstemp(path.p);
	if (fd >= 0) {
		unlink(path.p);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		s->file = fd + 1;
	}
	rk_buf_free(&path);
	if (fd < 0 || rk_file_write_all(fd, s->mem.p, s->mem.n) != 0)
		return failed(err);
	rk_buf_free(&s->mem);
	return 0;
}

int
rk_spill_add(struct rk_spill *s, const void *p, size_t n, struct rk_err *err)
{
	if (s->file == 0 && s->limit - s->n < n && open_file(s, err) != 0)
		return -1;
	if (s->file == 0)
		rk_buf_add(&s->mem, p, n);
	else if (rk_file_write_all(s->file - 1, p, n) != 0)
		return failed(err);
	s->n += n;
	return 0;
}

int
rk_spill_end(struct rk_spill *s, struct rk_err *err)
{
	void *map;

	s->p = s->mem.p;
	if (s->file == 0 || s->n == 0)
		return 0;
	map = mmap(NULL, s->n, PROT_READ, MAP_SHARED, s->file - 1, 0);
	if (map == MAP_FAILED)
		return failed(err);
	s->p = map;
	return 0;
}

void
rk_spill_free(struct rk_spill *s)
{
	if (s->file != 0 && s->p != NULL)
		munmap((void *)s->p, s->n);
	if (s->file != 0)
		close(s->file - 1);
	rk_buf_free(&s->mem);
	memset(s, 0, sizeof *s);
}
