/*
 * file.h - files that appear whole or not at all. A file is written without a
 * name where the file system can (O_TMPFILE), else under a temporary name in
 * the same folder; rk_file_commit puts it on the disk, gives it its name in
 * one step, and puts the folder on the disk.
 */
#ifndef RK_IO_FILE_H
#define RK_IO_FILE_H

#include <stddef.h>

#include "base/err.h"

struct rk_file;

/*
 * Starts to write PATH; symbolic links are followed, the mode is that of a
 * file that is there, else 0666 less the umask. A PATH that is there and no
 * regular file (/dev/null, a named pipe) is opened and written as it stands.
 * New; NULL on failure.
 */
struct rk_file *rk_file_create(const char *path, struct rk_err *err);
int rk_file_fd(const struct rk_file *f);
int
rk_file_write(struct rk_file *f, const void *p, size_t n, struct rk_err *err);
/* fsync, rename, fsync of the folder. Takes F, whatever it returns. */
int rk_file_commit(struct rk_file *f, struct rk_err *err);
/*
 * Gives up: the old file stays. With KEEP, what was written stays as PATH.part
 * and 1 is returned; else (and where nothing was written) nothing stays, and 0
 * is returned. Takes F.
 */
int rk_file_abandon(struct rk_file *f, int keep);

/* write(2) until all is written: 0, or -1 with errno. */
int rk_file_write_all(int fd, const void *p, size_t n);

/*
 * For a signal handler: abandons every file that is being written, as
 * rk_file_abandon would with its KEEP, by async-signal-safe calls alone.
 */
void rk_file_on_signal(void);
/* What rk_file_on_signal does with F: keep its content as PATH.part. */
void rk_file_keep_on_signal(struct rk_file *f);

#endif
