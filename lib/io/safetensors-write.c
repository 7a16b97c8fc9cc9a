/*
 * safetensors-write.c - model files, written whole: the tensors by falling size
 * of their elements and then by name, so that each is aligned.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/safetensors-form.h"

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
	struct rk_st **kept; /* [keeps]: tensors are borrowed from them */
	size_t keeps, kept_cap;
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
	while (w->keeps > 0)
		rk_st_close(w->kept[--w->keeps]);
	free(w->kept);
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

void
rk_st_keep(struct rk_st_writer *w, struct rk_st *st)
{
	RK_GROW(w->kept, w->keeps, w->kept_cap);
	w->kept[w->keeps++] = st;
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
	size_t m = rk_dtype_size(x->t.dtype), n = rk_dtype_size(y->t.dtype);

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
	return t->count * rk_dtype_size(t->dtype);
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
	rk_buf_addf(out, "\"%s\":", RK_ST_META);
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
		    rk_st_titled(title, t->name), t->ndim, RK_ST_MAXDIM);
	if (strcmp(t->name, RK_ST_META) == 0)
		return rk_err_set(err, "no tensor can be named %s", RK_ST_META);
	if (add_text(out, t->name, err) != 0)
		return -1;
	rk_buf_addf(
	    out, ":{\"dtype\":\"%s\",\"shape\":[", rk_dtype_name(t->dtype));
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
			    rk_st_titled(title, w->item[i].name));
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
	static const char no_length[RK_ST_LENGTH];
	size_t len, i;

	rk_buf_add(out, no_length, RK_ST_LENGTH);
	rk_buf_addc(out, '{');
	if (add_meta(out, w, err) != 0 || add_tensors(out, w, err) != 0)
		return -1;
	rk_buf_addc(out, '}');
	while (out->n % RK_ST_ALIGN != 0)
		rk_buf_addc(out, ' ');
	len = out->n - RK_ST_LENGTH;
	if (len > RK_ST_MAX_HEADER)
		return rk_err_set(err,
		    "the header has %zu bytes, expected at most %d", len,
		    RK_ST_MAX_HEADER);
	for (i = 0; i < RK_ST_LENGTH; i++)
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
