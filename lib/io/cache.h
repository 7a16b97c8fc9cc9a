/*
 * cache.h - answers that cost money, kept in a file under the digest of what
 * was asked, by SQLite: two processes may share the file, and what was put is
 * there after a kill -9 (a write-ahead log, synchronous=NORMAL). A power
 * failure may lose the last answers, never the file. The file's lock does not
 * work over network file systems.
 *
 * A digest must cover all that decides the answer: URL, model, parameters and
 * input; and no key. All functions may be called from any thread.
 */
#ifndef RK_IO_CACHE_H
#define RK_IO_CACHE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sha256.h"

struct rk_cache;

struct rk_cache_entry {
	const char *model;
	struct rk_str answer;
	double seconds; /* how long it took to get */
};

/*
 * Opens the file PATH; one that is not there is made with the mode 0600, or
 * with READ_ONLY is an error. New; NULL with a message that names the file.
 */
struct rk_cache *
rk_cache_open(const char *path, int read_only, struct rk_err *err);
void rk_cache_close(struct rk_cache *c);
/*
 * The answer under DIGEST, which replaces what is in OUT: 1; 0 where there is
 * none; -1 on failure. SECONDS may be NULL.
 */
int rk_cache_get(struct rk_cache *c, const unsigned char digest[RK_SHA256_SIZE],
    struct rk_buf *out, double *seconds, struct rk_err *err);
/* It is in the file when this returns 0; an older answer is replaced. */
int rk_cache_put(struct rk_cache *c, const unsigned char digest[RK_SHA256_SIZE],
    const struct rk_cache_entry *entry, struct rk_err *err);
/* FN for each model, in the order of names: its answers, and their bytes. */
int rk_cache_each(struct rk_cache *c,
    void (*fn)(void *ctx, const char *model, double answers, double bytes),
    void *ctx, struct rk_err *err);

#endif
