/*
 * safetensors.h - model files. The format is Hugging Face's safetensors: an
 * 8-byte little-endian header length, a JSON header, and the tensors' bytes.
 * A file is opened by mapping it; everything about it is checked before any
 * pointer is handed out (header length, JSON, duplicate keys, dtypes, shape
 * times size with overflow, ranges, holes, overlap, trailing bytes). The
 * tensors' bytes are not looked at: they are read as they are used. A tensor
 * that does not lie on a multiple of its element's size is copied. A file that
 * may be mapped is replaced (rk_st_write) and never written in place.
 * Format: https://github.com/huggingface/safetensors#format
 */
#ifndef RK_IO_SAFETENSORS_H
#define RK_IO_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { RK_ST_MAXDIM = 8 };

enum rk_dtype {
	RK_BOOL,
	RK_U8,
	RK_I8,
	RK_I16,
	RK_U16,
	RK_F16,
	RK_BF16,
	RK_I32,
	RK_U32,
	RK_F32,
	RK_I64,
	RK_U64,
	RK_F64
};

size_t rk_dtype_size(enum rk_dtype t);      /* bytes of one element */
const char *rk_dtype_name(enum rk_dtype t); /* "F32" */

struct rk_tensor {
	const char *name; /* borrowed: lives as long as the file */
	enum rk_dtype dtype;
	int ndim; /* 0..RK_ST_MAXDIM */
	size_t shape[RK_ST_MAXDIM];
	size_t count;     /* elements: the product of the shape */
	const void *data; /* aligned to the element's size; little-endian */
};

struct rk_st;

/*
 * Maps the file PATH and checks all of it. New; NULL with a message that names
 * the file on failure.
 */
struct rk_st *rk_st_open(const char *path, struct rk_err *err);
/* The same for N bytes at P, which must outlive the result. */
struct rk_st *rk_st_open_mem(const void *p, size_t n, struct rk_err *err);
void rk_st_close(struct rk_st *st);

const char *rk_st_path(const struct rk_st *st);
/* The tensors, in the order of their names; the keys of __metadata__ too. */
size_t rk_st_count(const struct rk_st *st);
const struct rk_tensor *rk_st_at(const struct rk_st *st, size_t i);
/* The tensor named NAME, or NULL. Borrowed. */
const struct rk_tensor *rk_st_find(const struct rk_st *st, const char *name);
/* The string KEY of __metadata__, or NULL. Borrowed. */
const char *rk_st_meta(const struct rk_st *st, const char *key);
size_t rk_st_meta_count(const struct rk_st *st);
const char *rk_st_meta_key(const struct rk_st *st, size_t i);

/*
 * The tensor NAME with exactly this type and shape, or NULL with a message
 * that names the tensor, and what was found and wanted; whoever opened the file
 * names it. A wanted dimension of SIZE_MAX matches any size.
 */
const struct rk_tensor *rk_st_need(const struct rk_st *st, const char *name,
    enum rk_dtype dtype, int ndim, const size_t *shape, struct rk_err *err);

/*
 * Writing: collect metadata and tensors, then write them as one file, in the
 * order of falling element size and then of name, so that the same content is
 * the same bytes. Tensor data is borrowed until rk_st_write returns.
 */
struct rk_st_writer;

struct rk_st_writer *rk_st_writer_new(void);
void rk_st_writer_free(struct rk_st_writer *w);
void rk_st_put_meta(struct rk_st_writer *w, const char *key, const char *value);
void rk_st_put(struct rk_st_writer *w, const char *name, enum rk_dtype dtype,
    int ndim, const size_t *shape, const void *data);
/* The same, and the writer frees DATA (from malloc) when it is freed. */
void rk_st_give(struct rk_st_writer *w, const char *name, enum rk_dtype dtype,
    int ndim, const size_t *shape, void *data);
/*
 * Takes ST, which is open as long as W: so that its tensors can be put as they
 * are, and never lie in memory.
 */
void rk_st_keep(struct rk_st_writer *w, struct rk_st *st);
/* Is there a tensor NAME, its prefix included, in what was put so far? */
int rk_st_is_put(const struct rk_st_writer *w, const char *name);
/*
 * Every name that is put from now on gets this prefix ("" at first), so that
 * one file can hold several models.
 */
void rk_st_prefix(struct rk_st_writer *w, const char *prefix);
/* The prefix at present. Borrowed until it is set anew. */
const char *rk_st_prefix_now(const struct rk_st_writer *w);
/*
 * Writes to PATH whole or not at all (io/file.h): an interrupted or failed
 * write leaves the old file as it was. Duplicate names are an error, and so
 * are names and metadata that are not UTF-8. The data begin at a multiple of
 * 64 bytes.
 */
int rk_st_write(struct rk_st_writer *w, const char *path, struct rk_err *err);
/* The same, appended to OUT, to be opened by rk_st_open_mem. */
int
rk_st_write_mem(struct rk_st_writer *w, struct rk_buf *out, struct rk_err *err);

#endif
