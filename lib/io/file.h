/*
 * file.h - files that appear whole or not at all. A file is written without a
 * name where the file system can (O_TMPFILE), else under a temporary name in
 * the same folder; rk_file_commit puts it on the disk, gives it its name in
 * one step, and puts the folder on the disk.
 */
#ifndef RK_IO_FILE_H
#define RK_IO_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct rk_file;

/*
 * Starts to write PATH. Symbolic links are followed, one that points to
 * nothing too: its target is created. A new file has the mode 0666 less the
 * umask; one that is replaced keeps its mode, and its owner where that is
 * allowed, and must be writable. A PATH that is there and no regular file
 * (/dev/null, a named pipe, /dev/stdout) is opened and written as it stands.
 * At most 16 files at a time. New; NULL on failure.
 */
struct rk_file *rk_file_create(const char *path, struct rk_err *err);
/*
 * Where rk_file_abandon keeps what was written: PATH.part, or, where PATH is a
 * symbolic link, its target's path with ".part". Borrowed: as long as F.
 */
const char *rk_file_part(const struct rk_file *f);
int
rk_file_write(struct rk_file *f, const void *p, size_t n, struct rk_err *err);
/*
 * fsync, rename, fsync of the folder. Takes F, whatever it returns; where it
 * fails before the rename the old file stays, and nothing else does.
 */
int rk_file_commit(struct rk_file *f, struct rk_err *err);
/*
 * Gives up: the old file stays. With KEEP, what was written stays under the
 * name that rk_file_part said, in the place of an older one, and 1 is returned;
 * else (and where nothing was written, or to no regular file) nothing stays,
 * and 0 is returned. Takes F.
 */
int rk_file_abandon(struct rk_file *f, int keep);

/*
 * Appends all of the file PATH, at most MAX bytes, to OUT; 0, or -1 with a
 * message that names it.
 */
int rk_file_read(
    const char *path, size_t max, struct rk_buf *out, struct rk_err *err);

/*
 * write(2) until all is written, whatever interrupts it; waits where FD is
 * non-blocking and full. 0, or -1 with errno.
 */
int rk_file_write_all(int fd, const void *p, size_t n);

/*
 * For the handler of a signal that ends the program: abandons every file that
 * is being written, by async-signal-safe calls alone. It may run in any
 * thread. Until the program ends no file can be created; those that there are
 * are still to be given to commit, which will fail, or abandon.
 */
void rk_file_on_signal(void);
/*
 * What rk_file_on_signal does with F: keep its content, as KEEP says above. When
 * F is committed a partial file that an earlier run has kept is removed.
 */
void rk_file_keep_on_signal(struct rk_file *f);

#endif
