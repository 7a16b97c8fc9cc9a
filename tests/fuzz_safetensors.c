/*
 * fuzz_safetensors.c - any bytes open as a model file or are an error. What
 * opens hands out tensors that lie in the file, or are copies no larger, can
 * be read to their last byte, and is the same when it is saved and opened
 * again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static size_t
bytes(const struct rk_tensor *t)
{
	return t->count * rk_dtype_size(t->dtype);
}

static void
check_tensor(const struct rk_tensor *t, const uint8_t *data, size_t size)
{
	uintptr_t at = (uintptr_t)t->data, file = (uintptr_t)data;
	size_t n = bytes(t);
	volatile uint8_t sink = 0;

	must(at % rk_dtype_size(t->dtype) == 0);
	must(n <= size);
	if (n > 0 && at >= file && at <= file + size)
		must(at + n <= file + size);
	if (n > 0) /* the ends; a sanitizer watches */
		sink ^= ((const uint8_t *)t->data)[0] ^
		    ((const uint8_t *)t->data)[n - 1];
	(void)sink;
}

static void
same_file(const struct rk_st *a, const struct rk_st *b)
{
	size_t i;

	must(rk_st_count(a) == rk_st_count(b));
	must(rk_st_meta_count(a) == rk_st_meta_count(b));
	for (i = 0; i < rk_st_meta_count(a); i++) {
		const char *key = rk_st_meta_key(a, i);
		must(strcmp(key, rk_st_meta_key(b, i)) == 0);
		must(strcmp(rk_st_meta(a, key), rk_st_meta(b, key)) == 0);
	}
	for (i = 0; i < rk_st_count(a); i++) {
		const struct rk_tensor *x = rk_st_at(a, i), *y;
		y = rk_st_find(b, x->name);
		must(y != NULL && y == rk_st_at(b, i));
		must(x->dtype == y->dtype && x->ndim == y->ndim);
		must(x->count == y->count);
		must(memcmp(x->shape, y->shape,
			 (size_t)x->ndim * sizeof *x->shape) == 0);
		must(memcmp(x->data, y->data, bytes(x)) == 0);
	}
}

static void
save(const struct rk_st *st, struct rk_buf *out)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_err err = { { 0 } };
	size_t i;

	for (i = 0; i < rk_st_meta_count(st); i++) {
		const char *key = rk_st_meta_key(st, i);
		rk_st_put_meta(w, key, rk_st_meta(st, key));
	}
	for (i = 0; i < rk_st_count(st); i++) {
		const struct rk_tensor *t = rk_st_at(st, i);
		rk_st_put(w, t->name, t->dtype, t->ndim, t->shape, t->data);
	}
	must(rk_st_write_mem(w, out, &err) == 0);
	rk_st_writer_free(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_err err = { { 0 } };
	struct rk_st *st = rk_st_open_mem(data, size, &err), *again;
	struct rk_buf out = { 0 };
	size_t i;

	must((st == NULL) == rk_err_is(&err));
	if (st == NULL)
		return 0;
	for (i = 0; i < rk_st_count(st); i++)
		check_tensor(rk_st_at(st, i), data, size);
	save(st, &out);
	again = rk_st_open_mem(out.p, out.n, &err);
	must(again != NULL);
	same_file(st, again);
	rk_st_close(again);
	rk_st_close(st);
	rk_buf_free(&out);
	return 0;
}
