/*
 * safetensors.c - model files, read by mapping.
 *
 * Opening looks at the header alone: the pages of the tensors are read from
 * the disk when somebody uses them. Only a tensor that is not aligned for its
 * type is copied (the format lets a header have any length, and published
 * files do). The parsed header is kept, since names are borrowed from it.
 */
#include "io/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/safetensors-form.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors data is little-endian, and so must be the machine"
#endif

/* Where tensor T lies in the data: bytes begin..end. */
struct span {
	const struct rk_tensor *t;
	size_t begin, end;
};

struct meta {
	const char *key, *value; /* borrowed from root */
};

struct rk_st {
	char *path;
	const unsigned char *p; /* the file, [n] */
	size_t n;
	void *map; /* NULL: P is the caller's */
	json_t *root;
	struct rk_tensor *tensor; /* [count], sorted by name */
	size_t count;
	struct meta *meta; /* [metas], sorted by key */
	size_t metas;
	void **copy; /* [copies], of tensors that were not aligned */
	size_t copies, copy_cap;
};

/* --- types ------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t size;
} types[] = {
	[RK_BOOL] = { "BOOL", 1 },
	[RK_U8] = { "U8", 1 },
	[RK_I8] = { "I8", 1 },
	[RK_I16] = { "I16", 2 },
	[RK_U16] = { "U16", 2 },
	[RK_F16] = { "F16", 2 },
	[RK_BF16] = { "BF16", 2 },
	[RK_I32] = { "I32", 4 },
	[RK_U32] = { "U32", 4 },
	[RK_F32] = { "F32", 4 },
	[RK_I64] = { "I64", 8 },
	[RK_U64] = { "U64", 8 },
	[RK_F64] = { "F64", 8 },
};

size_t
rk_dtype_size(enum rk_dtype t)
{
	return types[t].size;
}

const char *
rk_dtype_name(enum rk_dtype t)
{
	return types[t].name;
}

/* --- the header ---------------------------------------------------------------- */

const char *
rk_st_titled(char out[96], const char *name)
{
	char quoted[72];

	snprintf(out, 96, "tensor '%s'",
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)));
	return out;
}

static int
read_dtype(struct rk_tensor *t, const json_t *v, struct rk_err *err)
{
	const char *s = json_string_value(v);
	char title[96], quoted[40];
	size_t i;

	if (s == NULL)
		return rk_err_set(err, "%s: dtype is missing or no string",
		    rk_st_titled(title, t->name));
	for (i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(s, types[i].name) == 0) {
			t->dtype = (enum rk_dtype)i;
			return 0;
		}
	}
	return rk_err_set(err, "%s: dtype '%s' is not known",
	    rk_st_titled(title, t->name),
	    rk_err_quote(quoted, sizeof quoted, s, strlen(s)));
}

/* A whole number from 0 that a size_t holds. */
static int
read_size(size_t *out, const json_t *v)
{
	json_int_t x = json_integer_value(v);

	if (!json_is_integer(v) || x < 0 || (uintmax_t)x > SIZE_MAX)
		return -1;
	*out = (size_t)x;
	return 0;
}

static int
read_shape(struct rk_tensor *t, const json_t *v, struct rk_err *err)
{
	char title[96];
	size_t i, n = json_array_size(v);

	if (!json_is_array(v))
		return rk_err_set(err, "%s: shape is missing or no array",
		    rk_st_titled(title, t->name));
	if (n > RK_ST_MAXDIM)
		return rk_err_set(err,
		    "%s: shape has %zu dimensions, expected at most %d",
		    rk_st_titled(title, t->name), n, RK_ST_MAXDIM);
	t->ndim = (int)n;
	t->count = 1;
	for (i = 0; i < n; i++) {
		if (read_size(&t->shape[i], json_array_get(v, i)) != 0)
			return rk_err_set(err,
			    "%s: shape[%zu] is no whole number from 0",
			    rk_st_titled(title, t->name), i);
		if (__builtin_mul_overflow(t->count, t->shape[i], &t->count))
			return rk_err_set(err, "%s: shape is too large",
			    rk_st_titled(title, t->name));
	}
	return 0;
}

/* The span, which must be within SIZE bytes and have the shape's size. */
static int
read_offsets(struct span *s, const json_t *v, size_t size, struct rk_err *err)
{
	const struct rk_tensor *t = s->t;
	char title[96];
	size_t want;

	if (json_array_size(v) != 2 ||
	    read_size(&s->begin, json_array_get(v, 0)) != 0 ||
	    read_size(&s->end, json_array_get(v, 1)) != 0)
		return rk_err_set(err,
		    "%s: data_offsets is not two whole numbers from 0",
		    rk_st_titled(title, t->name));
	if (s->begin > s->end || s->end > size)
		return rk_err_set(err,
		    "%s: bytes %zu to %zu are not within the %zu bytes of data",
		    rk_st_titled(title, t->name), s->begin, s->end, size);
	if (__builtin_mul_overflow(t->count, types[t->dtype].size, &want) ||
	    want != s->end - s->begin)
		return rk_err_set(err,
		    "%s: has %zu bytes, but %zu elements of %s",
		    rk_st_titled(title, t->name), s->end - s->begin, t->count,
		    types[t->dtype].name);
	return 0;
}

static int
read_tensor(struct rk_tensor *t, struct span *s, const char *name,
    const json_t *v, size_t size, struct rk_err *err)
{
	char title[96];

	t->name = name;
	s->t = t;
	if (!json_is_object(v))
		return rk_err_set(
		    err, "%s: is no object", rk_st_titled(title, name));
	if (read_dtype(t, json_object_get(v, "dtype"), err) != 0 ||
	    read_shape(t, json_object_get(v, "shape"), err) != 0)
		return -1;
	return read_offsets(s, json_object_get(v, "data_offsets"), size, err);
}

static int
by_place(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

/* The tensors lie one after the other, from 0 to SIZE. Sorts S. */
static int
check_cover(struct span *s, size_t n, size_t size, struct rk_err *err)
{
	char a[96], b[96];
	size_t i, at = 0;

	if (n > 0)
		qsort(s, n, sizeof *s, by_place);
	for (i = 0; i < n; i++) {
		if (s[i].begin < at)
			return rk_err_set(err, "%s and %s overlap",
			    rk_st_titled(a, s[i - 1].t->name),
			    rk_st_titled(b, s[i].t->name));
		if (s[i].begin > at)
			return rk_err_set(err,
			    "bytes %zu to %zu of the data are no tensor's", at,
			    s[i].begin);
		at = s[i].end;
	}
	if (at != size)
		return rk_err_set(err,
		    "bytes %zu to %zu of the data are no tensor's", at, size);
	return 0;
}

/*
 * Hands out the pointer: into the file; or to a copy, where the type could not
 * be read there. An empty tensor points to something too.
 */
static void
place(struct rk_st *st, struct rk_tensor *t, const unsigned char *at)
{
	static const double nothing;
	size_t size = types[t->dtype].size;
	void *copy;

	if (t->count == 0) {
		t->data = &nothing;
	} else if ((uintptr_t)at % size == 0) {
		t->data = at;
	} else {
		copy = rk_floats(t->count * size / sizeof(float) + 1);
		memcpy(copy, at, t->count * size);
		RK_GROW(st->copy, st->copies, st->copy_cap);
		st->copy[st->copies++] = copy;
		t->data = copy;
	}
}

static int
by_name(const void *a, const void *b)
{
	const struct rk_tensor *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
read_tensors(struct rk_st *st, size_t data, struct rk_err *err)
{
	size_t n = json_object_size(st->root), size = st->n - data, i = 0;
	struct span *span = rk_calloc(n, sizeof *span);
	const char *name;
	json_t *v;
	int rc = 0;

	st->tensor = rk_calloc(n, sizeof *st->tensor);
	json_object_foreach(st->root, name, v)
	{
		if (strcmp(name, RK_ST_META) == 0)
			continue;
		rc = read_tensor(&st->tensor[i], &span[i], name, v, size, err);
		if (rc != 0)
			break;
		i++;
	}
	st->count = i;
	if (rc == 0)
		rc = check_cover(span, i, size, err);
	for (i = 0; i < st->count && rc == 0; i++)
		place(st, &st->tensor[span[i].t - st->tensor],
		    st->p + data + span[i].begin);
	free(span);
	if (rc == 0 && st->count > 0)
		qsort(st->tensor, st->count, sizeof *st->tensor, by_name);
	return rc;
}

static int
by_key(const void *a, const void *b)
{
	const struct meta *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int
read_meta(struct rk_st *st, struct rk_err *err)
{
	json_t *all = json_object_get(st->root, RK_ST_META), *v;
	char quoted[72];
	const char *key;

	if (all == NULL)
		return 0;
	if (!json_is_object(all))
		return rk_err_set(err, "%s is no object", RK_ST_META);
	st->meta = rk_calloc(json_object_size(all), sizeof *st->meta);
	json_object_foreach(all, key, v)
	{
		if (!json_is_string(v))
			return rk_err_set(err, "%s: '%s' is no string",
			    RK_ST_META,
			    rk_err_quote(
				quoted, sizeof quoted, key, strlen(key)));
		st->meta[st->metas].key = key;
		st->meta[st->metas++].value = json_string_value(v);
	}
	if (st->metas > 0)
		qsort(st->meta, st->metas, sizeof *st->meta, by_key);
	return 0;
}

/* Is that text, such as a record's, rather than a length? */
static int
is_text(const unsigned char *p)
{
	int i;

	for (i = 0; i < RK_ST_LENGTH; i++)
		if ((p[i] < ' ' || p[i] > '~') && p[i] != '\t' &&
		    p[i] != '\n' && p[i] != '\r')
			return 0;
	return 1;
}

/* The length that the file's first 8 bytes say, checked against the file. */
static int
header_length(const struct rk_st *st, size_t *len, struct rk_err *err)
{
	uint64_t x = 0;
	int i;

	if (st->n < RK_ST_LENGTH)
		return rk_err_set(err,
		    "not a safetensors file: %zu bytes, expected at least %d",
		    st->n, RK_ST_LENGTH);
	for (i = RK_ST_LENGTH - 1; i >= 0; i--)
		x = x << 8 | st->p[i];
	if ((x > RK_ST_MAX_HEADER || x > st->n - RK_ST_LENGTH) &&
	    is_text(st->p))
		return rk_err_set(
		    err, "not a safetensors file: it begins with text");
	if (x > RK_ST_MAX_HEADER || x > st->n - RK_ST_LENGTH)
		return rk_err_set(err,
		    "not a safetensors file: a header of %llu bytes, expected at "
		    "most %zu",
		    (unsigned long long)x,
		    st->n - RK_ST_LENGTH < RK_ST_MAX_HEADER
			? st->n - RK_ST_LENGTH
			: (size_t)RK_ST_MAX_HEADER);
	*len = (size_t)x;
	return 0;
}

static int
read_header(struct rk_st *st, struct rk_err *err)
{
	const char *text;
	char quoted[120];
	json_error_t e;
	size_t len = 0;

	if (header_length(st, &len, err) != 0)
		return -1;
	text = (const char *)st->p + RK_ST_LENGTH;
	if (len == 0 || text[0] != '{')
		return rk_err_set(err,
		    "not a safetensors file: the header does not begin with '{'");
	st->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (st->root == NULL)
		return rk_err_set(err, "header, byte %d: %s", e.position,
		    rk_err_quote(
			quoted, sizeof quoted, e.text, strlen(e.text)));
	if (read_meta(st, err) != 0)
		return -1;
	return read_tensors(st, RK_ST_LENGTH + len, err);
}

/* --- open ------------------------------------------------------------------------ */

static struct rk_st *
st_new(const char *path, const void *p, size_t n, void *map)
{
	struct rk_st *st = rk_calloc(1, sizeof *st);

	st->path = rk_strdup(path);
	st->p = p;
	st->n = n;
	st->map = map;
	return st;
}

static struct rk_st *
st_check(struct rk_st *st, struct rk_err *err)
{
	if (read_header(st, err) == 0)
		return st;
	rk_err_in(err, "%s", st->path);
	rk_st_close(st);
	return NULL;
}

/* The size of the file that FD is; -1 with errno or with a message. */
static int
regular_size(int fd, const char *path, size_t *n, struct rk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return rk_err_set(
		    err, "%s: is no regular file and cannot be mapped", path);
	if (st.st_size == 0)
		return rk_err_set(err, "%s: is empty", path);
	if ((uintmax_t)st.st_size > SIZE_MAX) {
		errno = EFBIG;
		return -1;
	}
	*n = (size_t)st.st_size;
	return 0;
}

struct rk_st *
rk_st_open(const char *path, struct rk_err *err)
{
	/* O_NONBLOCK: a named pipe is an error and not a wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *map = MAP_FAILED;
	size_t n = 0;

	if (fd >= 0 && regular_size(fd, path, &n, err) == 0)
		map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		rk_err_set(err, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return NULL;
	return st_check(st_new(path, map, n, map), err);
}

struct rk_st *
rk_st_open_mem(const void *p, size_t n, struct rk_err *err)
{
	return st_check(st_new("memory", p, n, NULL), err);
}

void
rk_st_close(struct rk_st *st)
{
	if (st == NULL)
		return;
	while (st->copies > 0)
		free(st->copy[--st->copies]);
	free(st->copy);
	free(st->tensor);
	free(st->meta);
	json_decref(st->root);
	if (st->map != NULL)
		munmap(st->map, st->n);
	free(st->path);
	free(st);
}

/* --- look ------------------------------------------------------------------------- */

const char *
rk_st_path(const struct rk_st *st)
{
	return st->path;
}

size_t
rk_st_count(const struct rk_st *st)
{
	return st->count;
}

const struct rk_tensor *
rk_st_at(const struct rk_st *st, size_t i)
{
	return &st->tensor[i];
}

const struct rk_tensor *
rk_st_find(const struct rk_st *st, const char *name)
{
	struct rk_tensor key = { .name = name };

	if (st->count == 0)
		return NULL;
	return bsearch(
	    &key, st->tensor, st->count, sizeof *st->tensor, by_name);
}

const char *
rk_st_meta(const struct rk_st *st, const char *key)
{
	struct meta want = { key, NULL }, *m = NULL;

	if (st->metas > 0)
		m = bsearch(
		    &want, st->meta, st->metas, sizeof *st->meta, by_key);
	return m ? m->value : NULL;
}

size_t
rk_st_meta_count(const struct rk_st *st)
{
	return st->metas;
}

const char *
rk_st_meta_key(const struct rk_st *st, size_t i)
{
	return st->meta[i].key;
}

/* "F32 [3, *]" */
static void
describe(struct rk_buf *out, enum rk_dtype dtype, int ndim, const size_t *shape)
{
	int i;

	rk_buf_addf(out, "%s [", types[dtype].name);
	for (i = 0; i < ndim; i++) {
		rk_buf_adds(out, i > 0 ? ", " : "");
		if (shape[i] == SIZE_MAX)
			rk_buf_addc(out, '*');
		else
			rk_buf_addf(out, "%zu", shape[i]);
	}
	rk_buf_addc(out, ']');
}

static int
matches(const struct rk_tensor *t, enum rk_dtype dtype, int ndim,
    const size_t *shape)
{
	int i;

	if (t->dtype != dtype || t->ndim != ndim)
		return 0;
	for (i = 0; i < ndim; i++)
		if (shape[i] != SIZE_MAX && shape[i] != t->shape[i])
			return 0;
	return 1;
}

const struct rk_tensor *
rk_st_need(const struct rk_st *st, const char *name, enum rk_dtype dtype,
    int ndim, const size_t *shape, struct rk_err *err)
{
	const struct rk_tensor *t = rk_st_find(st, name);
	struct rk_buf found = { 0 }, want = { 0 };
	char title[96];

	if (t != NULL && matches(t, dtype, ndim, shape))
		return t;
	describe(&want, dtype, ndim, shape);
	if (t == NULL) {
		rk_err_set(err, "%s is missing, expected %s",
		    rk_st_titled(title, name), want.p);
	} else {
		describe(&found, t->dtype, t->ndim, t->shape);
		rk_err_set(err, "%s is %s, expected %s",
		    rk_st_titled(title, name), found.p, want.p);
	}
	rk_buf_free(&found);
	rk_buf_free(&want);
	return NULL;
}
