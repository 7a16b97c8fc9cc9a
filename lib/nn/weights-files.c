/* weights-files.c - a transformer's tensors in one safetensors file, or many. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/json.h"
#include "nn/weights.h"

enum { MAX_SHARDS = 1000 };

/* --- opening ------------------------------------------------------------------------ */

struct shards {
	struct rk_weights_files *f;
	const char *dir;
	char **name; /* [f->n] */
	struct rk_err *err;
};

static int
open_shard(struct shards *s, const char *name)
{
	struct rk_weights_files *f = s->f;
	struct rk_buf path = { 0 };
	struct rk_st *st;

	rk_buf_addf(&path, "%s/%s", s->dir, name);
	st = rk_st_open(path.p, s->err);
	rk_buf_free(&path);
	if (st == NULL)
		return -1;
	f->st = rk_array(f->st, f->n + 1, sizeof *f->st);
	s->name = rk_array(s->name, f->n + 1, sizeof *s->name);
	s->name[f->n] = rk_strdup(name);
	f->st[f->n++] = st;
	return 0;
}

/* A member of weight_map: the file that a tensor is in. */
static int
take_shard(void *ctx, const char *key, const struct rk_json *value)
{
	struct shards *s = ctx;
	const char *name = rk_json_str(value);
	char quoted[64];
	size_t i;

	if (name == NULL || *name == '\0' || strchr(name, '/') != NULL)
		return rk_err_set(s->err,
		    "%s/model.safetensors.index.json: %s: expected a file's "
		    "name in the same folder",
		    s->dir,
		    rk_err_quote(quoted, sizeof quoted, key, strlen(key)));
	for (i = 0; i < s->f->n; i++)
		if (strcmp(s->name[i], name) == 0)
			return 0;
	if (s->f->n == MAX_SHARDS)
		return rk_err_set(s->err,
		    "%s/model.safetensors.index.json: more than %d files",
		    s->dir, MAX_SHARDS);
	return open_shard(s, name);
}

static int
open_index(struct shards *s, const char *path)
{
	struct rk_json *doc = rk_json_open(path, s->err);
	const struct rk_json *map = rk_json_get(doc, "weight_map");
	int rc = -1;

	if (doc == NULL)
		return -1;
	if (rk_json_kind(map) != RK_JSON_OBJECT || rk_json_count(map) == 0)
		rk_err_set(s->err,
		    "%s: weight_map: found %s, expected an object of tensors "
		    "and files",
		    path, rk_json_kind_name(rk_json_kind(map)));
	else
		rc = rk_json_each(map, take_shard, s);
	rk_json_free(doc);
	return rc;
}

int
rk_weights_open(struct rk_weights_files *f, const char *dir, struct rk_err *err)
{
	struct shards s = { f, dir, NULL, err };
	struct rk_buf path = { 0 };
	size_t i;
	int rc;

	memset(f, 0, sizeof *f);
	rk_buf_addf(&path, "%s/model.safetensors.index.json", dir);
	if (access(path.p, F_OK) == 0)
		rc = open_index(&s, path.p);
	else
		rc = open_shard(&s, "model.safetensors");
	rk_buf_free(&path);
	for (i = 0; i < f->n; i++)
		free(s.name[i]);
	free(s.name);
	if (rc != 0)
		rk_weights_close(f);
	return rc;
}

void
rk_weights_close(struct rk_weights_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		rk_st_close(f->st[i]);
	free(f->st);
	memset(f, 0, sizeof *f);
}

/* --- finding -------------------------------------------------------------------------- */

static const struct rk_tensor *
find(const struct rk_weights_files *f, const char *prefix, const char *name)
{
	char full[160];
	size_t i;

	snprintf(full, sizeof full, "%s%s", prefix, name);
	for (i = 0; i < f->n; i++) {
		const struct rk_tensor *t = rk_st_find(f->st[i], full);
		if (t != NULL)
			return t;
	}
	return NULL;
}

/* LayerNorm.weight and .bias were once called gamma and beta. */
static const struct rk_tensor *
find_old(const struct rk_weights_files *f, const char *prefix, const char *name)
{
	const char *norm = strstr(name, "LayerNorm.");
	char old[96];

	if (norm == NULL)
		return NULL;
	norm += strlen("LayerNorm.");
	snprintf(old, sizeof old, "%.*s%s", (int)(norm - name), name,
	    *norm == 'w' ? "gamma" : "beta");
	return find(f, prefix, old);
}

static void
print_shape(struct rk_buf *b, int ndim, const size_t *shape)
{
	int i;

	for (i = 0; i < ndim; i++)
		rk_buf_addf(b, "%s%zu", i ? ", " : "[", shape[i]);
	rk_buf_adds(b, ndim ? "]" : "[]");
}

static int
check(const struct rk_tensor *t, const struct rk_weights_part *p,
    struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int same = t->ndim == p->ndim && t->shape[0] == p->shape[0] &&
	    (p->ndim == 1 || t->shape[1] == p->shape[1]);

	if (!same) {
		print_shape(&b, t->ndim, t->shape);
		rk_buf_adds(&b, ", the configuration asks for ");
		print_shape(&b, p->ndim, p->shape);
		rk_err_set(err, "tensor %s: shape %s", t->name, b.p);
		rk_buf_free(&b);
		return -1;
	}
	if (t->dtype != RK_F32 && t->dtype != RK_F16 && t->dtype != RK_BF16)
		return rk_err_set(err,
		    "tensor %s: type %s, expected F32, F16 or BF16", t->name,
		    rk_dtype_name(t->dtype));
	return 0;
}

/* The prefix with which the words' table is there. */
static const char *
find_prefix(const struct rk_weights_files *f, const struct rk_weights_layout *l)
{
	size_t i;

	for (i = 0; l->prefixes[i] != NULL; i++)
		if (find(f, l->prefixes[i], l->part[l->parts - 1].name))
			return l->prefixes[i];
	return "";
}

int
rk_weights_find(const struct rk_tensor **of, const struct rk_weights_layout *l,
    const struct rk_weights_files *f, const char *prefix, struct rk_err *err)
{
	size_t i;

	if (prefix == NULL)
		prefix = find_prefix(f, l);
	for (i = 0; i < l->parts; i++) {
		const char *name = l->part[i].name;
		of[i] = find(f, prefix, name);
		if (of[i] == NULL)
			of[i] = find_old(f, prefix, name);
		if (of[i] == NULL)
			return rk_err_set(
			    err, "tensor %s%s is missing", prefix, name);
		if (check(of[i], &l->part[i], err) != 0)
			return -1;
	}
	return 0;
}
