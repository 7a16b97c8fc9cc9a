/*
 * batch.h - input in batches of lines. A reader thread fills the next batch
 * while the program works on this one: a pipe holds only a dozen embeddings.
 * Batches end at fixed counts of lines (or of bytes, for long lines) and at the
 * end of the input, so that a run's bytes depend on the input alone.
 */
#ifndef RK_IO_BATCH_H
#define RK_IO_BATCH_H

#include <stddef.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/record.h"

enum {
	RK_BATCH_LINES = 256,
	RK_BATCH_BYTES = 8 << 20, /* a batch ends with the line that fills it */
	RK_BATCH_TILE = 16        /* records that a thread takes at a time */
};

struct rk_batch {
	struct rk_rec *rec; /* [n] */
	size_t n;
	size_t cap;         /* records that have room */
	struct rk_buf text; /* the lines */
};

struct rk_input {
	const char *const *files; /* names; "-" is standard input */
	size_t count;
	size_t max_line; /* bytes; a longer line is an error of that line */
	int unbuffered;  /* send a partial batch as soon as input stalls */
};

struct rk_reader;

/* Starts to read IN (its names are borrowed). New. */
struct rk_reader *rk_reader_new(const struct rk_input *in, struct rk_err *err);
/*
 * The next batch, each line a record that rk_rec_parse can take; borrowed
 * until the next call. *BATCH is NULL at the end. -1: a file could not be
 * opened or read; the batches before hold all that came before it.
 */
int rk_reader_next(
    struct rk_reader *r, struct rk_batch **batch, struct rk_err *err);
/*
 * Frees it, and does not wait for its thread, which may be blocked in a read
 * that never ends: then the thread frees it when the read does end.
 */
void rk_reader_free(struct rk_reader *r);

/* Bytes read so far, and the size of all files (0 where it is not known). */
void rk_reader_progress(struct rk_reader *r, double *done, double *total);

/* Parses every record of B over the pool; bad ones have rec->err set. */
void rk_batch_parse(struct rk_batch *b, struct rk_pool *pool);

#endif
