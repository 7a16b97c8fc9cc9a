/*
 * safetensors.c - model files, read by mapping and written whole.
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
#include "io/file.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors data is little-endian, and so must be the machine"
#endif

enum {
	LENGTH_BYTES = 8,       /* the header's length, before the header */
	MAX_HEADER = 100000000, /* as in the format's own library */
	DATA_ALIGN = 64         /* where the data of our files start */
};

static const char META[] = "__metadata__";

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

/* "tensor 'NAME'" for messages. */
static const char *
titled(char out[96], const char *name)
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
		    titled(title, t->name));
	for (i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(s, types[i].name) == 0) {
			t->dtype = (enum rk_dtype)i;
			return 0;
		}
	}
	return rk_err_set(err, "%s: dtype '%s' is not known",
	    titled(title, t->name),
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
		    titled(title, t->name));
	if (n > RK_ST_MAXDIM)
		return rk_err_set(err,
		    "%s: shape has %zu dimensions, expected at most %d",
		    titled(title, t->name), n, RK_ST_MAXDIM);
	t->ndim = (int)n;
	t->count = 1;
	for (i = 0; i < n; i++) {
		if (read_size(&t->shape[i], json_array_get(v, i)) != 0)
			return rk_err_set(err,
			    "%s: shape[%zu] is no whole number from 0",
			    titled(title, t->name), i);
		if (__builtin_mul_overflow(t->count, t->shape[i], &t->count))
			return rk_err_set(err, "%s: shape is too large",
			    titled(title, t->name));
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
		    titled(title, t->name));
	if (s->begin > s->end || s->end > size)
		return rk_err_set(err,
		    "%s: bytes %zu to %zu are not within the %zu bytes of data",
		    titled(title, t->name), s->begin, s->end, size);
	if (__builtin_mul_overflow(t->count, types[t->dtype].size, &want) ||
	    want != s->end - s->begin)
		return rk_err_set(err,
		    "%s: has %zu bytes, but %zu elements of %s",
		    titled(title, t->name), s->end - s->begin, t->count,
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
		return rk_err_set(err, "%s: is no object", titled(title, name));
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
			    titled(a, s[i - 1].t->name),
			    titled(b, s[i].t->name));
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
		if (strcmp(name, META) == 0)
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
	json_t *all = json_object_get(st->root, META), *v;
	char quoted[72];
	const char *key;

	if (all == NULL)
		return 0;
	if (!json_is_object(all))
		return rk_err_set(err, "%s is no object", META);
	st->meta = rk_calloc(json_object_size(all), sizeof *st->meta);
	json_object_foreach(all, key, v)
	{
		if (!json_is_string(v))
			return rk_err_set(err, "%s: '%s' is no string", META,
			    rk_err_quote(
				quoted, sizeof quoted, key, strlen(key)));
		st->meta[st->metas].key = key;
		st->meta[st->metas++].value = json_string_value(v);
	}
	if (st->metas > 0)
		qsort(st->meta, st->metas, sizeof *st->meta, by_key);
	return 0;
}

/* The length that the file's first 8 bytes say, checked against the file. */
static int
header_length(const struct rk_st *st, size_t *len, struct rk_err *err)
{
	uint64_t x = 0;
	int i;

	if (st->n < LENGTH_BYTES)
		return rk_err_set(err,
		    "not a safetensors file: %zu bytes, expected at least %d",
		    st->n, LENGTH_BYTES);
	for (i = LENGTH_BYTES - 1; i >= 0; i--)
		x = x << 8 | st->p[i];
	if (x > MAX_HEADER || x > st->n - LENGTH_BYTES)
		return rk_err_set(err,
		    "not a safetensors file: a header of %llu bytes, expected at "
		    "most %zu",
		    (unsigned long long)x,
		    st->n - LENGTH_BYTES < MAX_HEADER ? st->n - LENGTH_BYTES
						      : (size_t)MAX_HEADER);
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
	text = (const char *)st->p + LENGTH_BYTES;
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
	return read_tensors(st, LENGTH_BYTES + len, err);
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
		    titled(title, name), want.p);
	} else {
		describe(&found, t->dtype, t->ndim, t->shape);
		rk_err_set(err, "%s is %s, expected %s", titled(title, name),
		    found.p, want.p);
	}
	rk_buf_free(&found);
	rk_buf_free(&want);
	return NULL;
}

/* --- write ------------------------------------------------------------------------ */

struct item {
	struct rk_tensor t;
	char *name; /* t.name */
	void *own;  /* t.data, where it is the writer's */
};

struct pair {
	char *key, *value;
};

struct rk_st_writer {
	char *prefix;
	struct item *item;
	size_t items, item_cap;
	struct pair *meta;
	size_t metas, meta_cap;
};

struct rk_st_writer *
rk_st_writer_new(void)
{
	struct rk_st_writer *w = rk_calloc(1, sizeof *w);

	w->prefix = rk_strdup("");
	return w;
}

void
rk_st_writer_free(struct rk_st_writer *w)
{
	if (w == NULL)
		return;
	while (w->items > 0) {
		free(w->item[--w->items].name);
		free(w->item[w->items].own);
	}
	while (w->metas > 0) {
		free(w->meta[--w->metas].key);
		free(w->meta[w->metas].value);
	}
	free(w->item);
	free(w->meta);
	free(w->prefix);
	free(w);
}

void
rk_st_put_meta(struct rk_st_writer *w, const char *key, const char *value)
{
	RK_GROW(w->meta, w->metas, w->meta_cap);
	w->meta[w->metas].key = rk_strdup(key);
	w->meta[w->metas++].value = rk_strdup(value);
}

const char *
rk_st_prefix_now(const struct rk_st_writer *w)
{
	return w->prefix ? w->prefix : "";
}

void
rk_st_prefix(struct rk_st_writer *w, const char *prefix)
{
	free(w->prefix);
	w->prefix = rk_strdup(prefix);
}

static void
put(struct rk_st_writer *w, const char *name, enum rk_dtype dtype, int ndim,
    const size_t *shape, const void *data, void *own)
{
	struct rk_buf full = { 0 };
	struct item *m;
	int i;

	rk_buf_adds(&full, w->prefix);
	rk_buf_adds(&full, name);
	RK_GROW(w->item, w->items, w->item_cap);
	m = &w->item[w->items++];
	memset(m, 0, sizeof *m);
	m->t.name = m->name = full.p;
	m->t.dtype = dtype;
	m->t.ndim = ndim;
	m->t.count = 1;
	for (i = 0; i < ndim && i < RK_ST_MAXDIM; i++) {
		m->t.shape[i] = shape[i];
		m->t.count *= shape[i];
	}
	m->t.data = data;
	m->own = own;
}

void
rk_st_put(struct rk_st_writer *w, const char *name, enum rk_dtype dtype,
    int ndim, const size_t *shape, const void *data)
{
	put(w, name, dtype, ndim, shape, data, NULL);
}

void
rk_st_give(struct rk_st_writer *w, const char *name, enum rk_dtype dtype,
    int ndim, const size_t *shape, void *data)
{
	put(w, name, dtype, ndim, shape, data, data);
}

int
rk_st_is_put(const struct rk_st_writer *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->items; i++)
		if (strcmp(w->item[i].name, name) == 0)
			return 1;
	return 0;
}

static int
by_size_and_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	size_t m = types[x->t.dtype].size, n = types[y->t.dtype].size;

	if (m != n)
		return m > n ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
by_item_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_pair_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static size_t
bytes(const struct rk_tensor *t)
{
	return t->count * types[t->dtype].size;
}

/* S as a JSON string; an error where it is not UTF-8. */
static int
add_text(struct rk_buf *out, const char *s, struct rk_err *err)
{
	json_t *v = json_string(s); /* NULL when it is not UTF-8 */
	char quoted[72];

	if (v == NULL)
		return rk_err_set(err, "'%s' is not valid UTF-8",
		    rk_err_quote(quoted, sizeof quoted, s, strlen(s)));
	json_decref(v);
	rk_buf_json(out, s, strlen(s));
	return 0;
}

static int
add_meta(struct rk_buf *out, struct rk_st_writer *w, struct rk_err *err)
{
	size_t i;

	if (w->metas == 0)
		return 0;
	qsort(w->meta, w->metas, sizeof *w->meta, by_pair_key);
	rk_buf_addf(out, "\"%s\":", META);
	for (i = 0; i < w->metas; i++) {
		const struct pair *m = &w->meta[i];
		if (i > 0 && strcmp(m[-1].key, m->key) == 0)
			return rk_err_set(
			    err, "metadata '%s' is there twice", m->key);
		rk_buf_addc(out, i > 0 ? ',' : '{');
		if (add_text(out, m->key, err) != 0)
			return -1;
		rk_buf_addc(out, ':');
		if (add_text(out, m->value, err) != 0)
			return -1;
	}
	rk_buf_adds(out, w->items > 0 ? "}," : "}");
	return 0;
}

/* The tensor's member of the header; its data begin at AT. */
static int
add_tensor(struct rk_buf *out, const struct rk_tensor *t, size_t at,
    struct rk_err *err)
{
	char title[96];
	int i;

	if (t->ndim > RK_ST_MAXDIM)
		return rk_err_set(err,
		    "%s: has %d dimensions, expected at most %d",
		    titled(title, t->name), t->ndim, RK_ST_MAXDIM);
	if (strcmp(t->name, META) == 0)
		return rk_err_set(err, "no tensor can be named %s", META);
	if (add_text(out, t->name, err) != 0)
		return -1;
	rk_buf_addf(
	    out, ":{\"dtype\":\"%s\",\"shape\":[", types[t->dtype].name);
	for (i = 0; i < t->ndim; i++)
		rk_buf_addf(out, "%s%zu", i > 0 ? "," : "", t->shape[i]);
	rk_buf_addf(out, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes(t));
	return 0;
}

/* Each name is there once. Sorts the items by name. */
static int
check_names(struct rk_st_writer *w, struct rk_err *err)
{
	char title[96];
	size_t i;

	if (w->items > 0)
		qsort(w->item, w->items, sizeof *w->item, by_item_name);
	for (i = 1; i < w->items; i++)
		if (strcmp(w->item[i].name, w->item[i - 1].name) == 0)
			return rk_err_set(err, "%s is there twice",
			    titled(title, w->item[i].name));
	return 0;
}

static int
add_tensors(struct rk_buf *out, struct rk_st_writer *w, struct rk_err *err)
{
	size_t i, at = 0;

	if (check_names(w, err) != 0)
		return -1;
	if (w->items > 0)
		qsort(w->item, w->items, sizeof *w->item, by_size_and_name);
	for (i = 0; i < w->items; i++) {
		rk_buf_adds(out, i > 0 ? "," : "");
		if (add_tensor(out, &w->item[i].t, at, err) != 0)
			return -1;
		at += bytes(&w->item[i].t);
	}
	return 0;
}

/* All that comes before the data. */
static int
format_header(struct rk_buf *out, struct rk_st_writer *w, struct rk_err *err)
{
	static const char no_length[LENGTH_BYTES];
	size_t len, i;

	rk_buf_add(out, no_length, LENGTH_BYTES);
	rk_buf_addc(out, '{');
	if (add_meta(out, w, err) != 0 || add_tensors(out, w, err) != 0)
		return -1;
	rk_buf_addc(out, '}');
	while (out->n % DATA_ALIGN != 0)
		rk_buf_addc(out, ' ');
	len = out->n - LENGTH_BYTES;
	if (len > MAX_HEADER)
		return rk_err_set(err,
		    "the header has %zu bytes, expected at most %d", len,
		    MAX_HEADER);
	for (i = 0; i < LENGTH_BYTES; i++)
		out->p[i] = (char)(unsigned char)((uint64_t)len >> 8 * i);
	return 0;
}

int
rk_st_write_mem(struct rk_st_writer *w, struct rk_buf *out, struct rk_err *err)
{
	size_t i;

	if (format_header(out, w, err) != 0)
		return -1;
	for (i = 0; i < w->items; i++)
		rk_buf_add(out, w->item[i].t.data, bytes(&w->item[i].t));
	return 0;
}

int
rk_st_write(struct rk_st_writer *w, const char *path, struct rk_err *err)
{
	struct rk_buf head = { 0 };
	struct rk_file *f = NULL;
	int rc = format_header(&head, w, err);
	size_t i;

	if (rc != 0)
		rk_err_in(err, "%s", path);
	else
		f = rk_file_create(path, err);
	if (f != NULL) {
		rc = rk_file_write(f, head.p, head.n, err);
		for (i = 0; i < w->items && rc == 0; i++)
			rc = rk_file_write(
			    f, w->item[i].t.data, bytes(&w->item[i].t), err);
		if (rc == 0)
			rc = rk_file_commit(f, err);
		else
			rk_file_abandon(f, 0);
	} else {
		rc = -1;
	}
	rk_buf_free(&head);
	return rc;
}
