/* embedder.c - the table of embedders, made from embedders.def. */
#include "embed/embedder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "io/json.h"

#define EMBEDDER(name) extern const struct rk_embedder rk_embedder_##name;
#include "embed/embedders.def"
#undef EMBEDDER

const struct rk_embedder *const rk_embedders[] = {
#define EMBEDDER(name) &rk_embedder_##name,
#include "embed/embedders.def"
#undef EMBEDDER
	NULL
};

const struct rk_embedder *
rk_embedder_find(const char *name, struct rk_err *err)
{
	struct rk_buf names = { 0 };
	char quoted[64];
	size_t i;

	for (i = 0; rk_embedders[i] != NULL; i++) {
		if (strcmp(rk_embedders[i]->name, name) == 0) {
			rk_buf_free(&names);
			return rk_embedders[i];
		}
		if (strcmp(rk_embedders[i]->name, "several") != 0) /* a list */
			rk_buf_addf(&names, "%s, ", rk_embedders[i]->name);
	}
	rk_err_set(err,
	    "unknown embedder '%s': expected one of %sor the folder of an "
	    "encoder",
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)), names.p);
	rk_buf_free(&names);
	return NULL;
}

/* The embedder whose model lies in a folder: the row with such a parameter. */
static const struct rk_embedder *
with_folder(void)
{
	const struct rk_param *p;
	size_t i;

	for (i = 0; rk_embedders[i] != NULL; i++)
		for (p = rk_embedders[i]->params; p->name != NULL; p++)
			if (strcmp(p->name, "dir") == 0)
				return rk_embedders[i];
	return NULL;
}

/* KEY=VALUE. */
static int
set_text(struct rk_params *set, const char *key, const char *value,
    struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int rc;

	rk_buf_addf(&b, "%s=%s", key, value);
	rc = rk_params_set(set, b.p, err);
	rk_buf_free(&b);
	return rc;
}

const char *
rk_embedder_folders(void)
{
	const char *set = getenv("RK_MODELS");

	return set != NULL && *set != '\0' ? set : "data/models";
}

/* Is there a model called NAME in the folders? PATH becomes where. */
static int
find_folder(const char *name, struct rk_buf *path)
{
	const char *at = rk_embedder_folders();
	size_t n, end;

	for (; *at != '\0'; at += n + (at[n] == ':')) {
		n = strcspn(at, ":");
		if (n == 0)
			continue;
		path->n = 0;
		rk_buf_add(path, at, n);
		rk_buf_addf(path, "/%s", name);
		end = path->n;
		rk_buf_adds(path, "/config.json");
		if (access(path->p, F_OK) == 0) {
			path->p[end] = '\0';
			return 1;
		}
	}
	return 0;
}

static int
in_table(const char *name)
{
	struct rk_err none = { { 0 } };

	return rk_embedder_find(name, &none) != NULL;
}

/* Is each word of LIST something that rk_embedder_choose takes? */
static int
check_list(const char *list, struct rk_err *err)
{
	struct rk_params *set;
	size_t n;
	int rc = 0;

	for (; rc == 0; list += n + 1) {
		char *word;
		n = strcspn(list, ",");
		word = rk_strndup(list, n);
		rc = rk_embedder_choose(word, &set, err) != NULL ? 0 : -1;
		rk_params_free(set);
		free(word);
		if (list[n] == '\0')
			break;
	}
	return rc;
}

int
rk_embedder_set_dir(struct rk_params *set, const struct rk_embedder *kind,
    const char *dir, struct rk_err *err)
{
	if (!rk_params_has(set, "dir"))
		return rk_err_set(
		    err, "the embedder '%s' has no folder", kind->name);
	return set_text(set, "dir", dir, err);
}

/* NAME:MODEL, where the embedder NAME has a parameter "model"; or NULL. */
static const struct rk_embedder *
with_model(const char *what, struct rk_params **set, struct rk_err *err)
{
	size_t n = strcspn(what, ":"), i;

	for (i = 0; what[n] == ':' && rk_embedders[i] != NULL; i++) {
		const struct rk_embedder *kind = rk_embedders[i];
		if (strncmp(kind->name, what, n) != 0 || kind->name[n] != '\0')
			continue;
		*set = rk_params_new(kind->params);
		if (rk_params_has(*set, "model") &&
		    set_text(*set, "model", what + n + 1, err) == 0)
			return kind;
		rk_params_free(*set);
		*set = NULL;
	}
	return NULL;
}

const struct rk_embedder *
rk_embedder_choose(const char *what, struct rk_params **set, struct rk_err *err)
{
	const struct rk_embedder *kind;
	struct rk_buf b = { 0 };
	int list = strchr(what, ',') != NULL, folder, rc = 0;

	*set = NULL;
	kind = list ? NULL : with_model(what, set, err);
	if (kind != NULL)
		return kind;
	folder = !list &&
	    (strchr(what, '/') != NULL ||
		(*what != '\0' && !in_table(what) && find_folder(what, &b)));
	kind = folder ? with_folder()
		      : rk_embedder_find(list ? "several" : what, err);
	*set = kind != NULL ? rk_params_new(kind->params) : NULL;
	if (folder && kind != NULL)
		rc = rk_embedder_set_dir(*set, kind, b.n > 0 ? b.p : what, err);
	if (list && kind != NULL && (rc = check_list(what, err)) == 0) {
		rk_buf_addf(&b, "of=%s", what);
		rc = rk_params_set(*set, b.p, err);
	}
	rk_buf_free(&b);
	if (rc == 0)
		return kind;
	rk_params_free(*set);
	*set = NULL;
	return NULL;
}

/* One part, by the name of the embedder or of its folder. */
static void
name_part(struct rk_embed *e, const struct rk_params *set)
{
	struct rk_embed_part *part = &e->part[0];
	struct rk_str dir = { "", 0 };
	char *p;

	e->parts = 1;
	part->d = e->dim;
	if (rk_params_has(set, "dir"))
		dir = rk_params_last(set, "dir");
	if (dir.n == 0)
		dir = (struct rk_str){ e->kind->name, strlen(e->kind->name) };
	rk_err_quote(part->name, sizeof part->name, dir.p, dir.n);
	for (p = part->name; *p != '\0'; p++)
		if (*p == ',' || *p == '=') /* they mean something in lists */
			*p = '-';
}

int
rk_embed_open(struct rk_embed *e, const char *name,
    const struct rk_params *params, struct rk_pool *pool, struct rk_err *err)
{
	memset(e, 0, sizeof *e);
	e->kind = rk_embedder_find(name, err);
	if (e->kind == NULL)
		return -1;
	e->state = e->kind->open(params, pool, &e->dim, &e->id, err);
	if (e->state == NULL) {
		e->kind = NULL; /* by which it is known that it is open */
		return -1;
	}
	if (e->kind->parts != NULL)
		e->parts = e->kind->parts(e->state, e->part);
	else
		name_part(e, params);
	return 0;
}

/* Sets each parameter that the id has a member for: 0, or -1. */
static int
params_of_id(struct rk_params *p, const struct rk_param *table, const char *id,
    struct rk_err *err)
{
	struct rk_buf set = { 0 }, text = { 0 };
	char digits[32];
	double x;
	int found, rc = 0;

	for (; rc == 0 && table != NULL && table->name != NULL; table++) {
		set.n = 0;
		rk_buf_addf(&set, "%s=", table->name);
		if (table->type == RK_PARAM_NUM ||
		    table->type == RK_PARAM_INT) {
			found = rk_json_number(id, table->name, &x, err);
			if (found == 1)
				rk_buf_add(
				    &set, digits, rk_num_print_f64(digits, x));
		} else {
			found = rk_json_text(id, table->name, &text, err);
			if (found == 0)
				found = rk_json_array(
				    id, table->name, &text, err);
			if (found == 1)
				rk_buf_add(&set, text.p, text.n);
		}
		if (found == 1)
			rc = rk_params_set(p, set.p, err);
		else
			rc = found;
	}
	rk_buf_free(&set);
	rk_buf_free(&text);
	return rc;
}

const struct rk_embedder *
rk_embedder_of_id(struct rk_params **set, const char *id, struct rk_err *err)
{
	const struct rk_embedder *kind = NULL;
	struct rk_buf name = { 0 };
	int found = id != NULL ? rk_json_text(id, "kind", &name, err) : 0;
	int given = found == 1 && strcmp(name.p, "given") == 0;

	*set = NULL;
	if (found == 0)
		rk_err_set(
		    err, "the embedder %s has no kind", id ? id : "(none)");
	else if (found == 1)
		kind = given ? rk_embedders[0] : rk_embedder_find(name.p, err);
	rk_buf_free(&name);
	if (kind == NULL)
		return NULL;
	*set = rk_params_new(kind->params);
	if (given || params_of_id(*set, kind->params, id, err) == 0)
		return kind;
	rk_params_free(*set);
	*set = NULL;
	return NULL;
}

static int
open_id(struct rk_embed *e, const char *id, const char *dir,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_params *set;
	const struct rk_embedder *kind = rk_embedder_of_id(&set, id, err);
	int rc = 0;

	if (kind == NULL)
		return -1;
	if (dir != NULL)
		rc = rk_embedder_set_dir(set, kind, dir, err);
	if (rc == 0)
		rc = rk_embed_open(e, kind->name, set, pool, err);
	rk_params_free(set);
	if (rc == 0 && strcmp(e->id, id) != 0)
		rc = rk_err_set(
		    err, "expected the embedder %s, this is %s", id, e->id);
	return rc;
}

int
rk_embed_open_id(struct rk_embed *e, const char *id, const char *dir,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_buf name = { 0 };
	int rc = rk_json_text(id, "kind", &name, err);

	memset(e, 0, sizeof *e);
	if (rc == 1 && strcmp(name.p, "given") == 0)
		rc = rk_err_set(err,
		    "the model's vectors were made elsewhere; make "
		    "the records' in the same way (rl-embed) first");
	rc = rc >= 0 ? open_id(e, id, dir, pool, err) : -1;
	if (rc != 0)
		rk_embed_close(e);
	rk_buf_free(&name);
	return rc;
}

void
rk_embed_each(struct rk_embed *e, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs)
{
	e->kind->embed(e->state, texts, n, pool, out, errs);
}

int
rk_embed_texts(struct rk_embed *e, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *err)
{
	struct rk_err *errs = rk_calloc(n, sizeof *errs);
	struct rk_err **to = rk_array(NULL, n, sizeof *to);
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++)
		to[i] = &errs[i];
	rk_embed_each(e, texts, n, pool, out, to);
	for (i = 0; i < n && rc == 0; i++)
		if (rk_err_is(&errs[i]))
			rc = rk_err_set(err, "%s", errs[i].msg);
	free(errs);
	free(to);
	return rc;
}

void
rk_embed_close(struct rk_embed *e)
{
	if (e->kind != NULL)
		e->kind->close(e->state);
	free(e->id);
	memset(e, 0, sizeof *e);
}
