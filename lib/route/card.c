/* card.c - the metadata of a model file. */
#include "route/card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/rows.h"

/* A file of a newer major version may mean its tensors otherwise. */
static int
check_version(const char *version, struct rk_err *err)
{
	char *end;
	long major = strtol(version, &end, 10);

	if (*version < '0' || *version > '9' || *end != '.')
		return rk_err_set(err, "rk.version '%s': expected '%s'",
		    version, RK_CARD_VERSION);
	if (major > strtol(RK_CARD_VERSION, NULL, 10))
		return rk_err_set(err,
		    "model file of version %s; this program reads %s: it "
		    "needs a newer routekit",
		    version, RK_CARD_VERSION);
	return 0;
}

static int
find_row(const struct rk_card *c, const char *name, size_t *row)
{
	for (*row = 0; *row < c->k; ++*row)
		if (strcmp(c->model[*row], name) == 0)
			return 0;
	return -1;
}

int
rk_card_find(
    const struct rk_card *c, const char *name, size_t *row, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t i;

	if (find_row(c, name, row) == 0)
		return 0;
	for (i = 0; i < c->k; i++)
		rk_buf_addf(&b, "%s%s", i ? ", " : "", c->model[i]);
	rk_err_set(err, "no model '%s' in the model file; it knows: %s", name,
	    b.p ? b.p : "none");
	rk_buf_free(&b);
	return -1;
}

/* One of the default pair, where the file names it. */
static int
read_default(const struct rk_card *c, const struct rk_st *st, const char *key,
    size_t *row, struct rk_err *err)
{
	const char *name = rk_st_meta(st, key);

	*row = c->k;
	if (name == NULL || find_row(c, name, row) == 0)
		return 0;
	return rk_err_set(err, "%s '%s' is not among rk.models", key, name);
}

static int
read_seed(struct rk_card *c, const struct rk_st *st, struct rk_err *err)
{
	const char *s = rk_st_meta(st, "rk.seed");
	char *end;

	if (s == NULL)
		return 0;
	errno = 0;
	c->seed = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0)
		return rk_err_set(err,
		    "rk.seed '%s': expected a whole number from 0, below 2^64",
		    s);
	return 0;
}

static int
read_card(struct rk_card *c, const struct rk_st *st, const char *rows,
    struct rk_err *err)
{
	const char *version = rk_st_meta(st, "rk.version");
	const char *models = rk_st_meta(st, "rk.models");

	c->router = rk_st_meta(st, "rk.router");
	if (version != NULL && check_version(version, err) != 0)
		return -1;
	if (c->router == NULL && rk_st_find(st, "P.weight") != NULL)
		c->router = "mf";
	if (c->router == NULL)
		return rk_err_set(err,
		    "not a router's model file (no "
		    "rk.router in its metadata)");
	if (models != NULL)
		rows = models;
	if (rows == NULL)
		return rk_err_set(err,
		    "the file does not name its models: "
		    "give their names with --models");
	if (rk_rows_read(rows, &c->model, &c->k, err) != 0)
		return rk_err_in(
		    err, "%s", models ? "rk.models" : "the models' names");
	c->embedder = rk_st_meta(st, "rk.embedder");
	c->params = rk_st_meta(st, "rk.params");
	if (read_default(c, st, "rk.strong", &c->strong, err) != 0 ||
	    read_default(c, st, "rk.weak", &c->weak, err) != 0)
		return -1;
	return read_seed(c, st, err);
}

int
rk_card_read(struct rk_card *c, const struct rk_st *st, const char *rows,
    struct rk_err *err)
{
	memset(c, 0, sizeof *c);
	if (read_card(c, st, rows, err) == 0)
		return 0;
	rk_card_free(c);
	return rk_err_in(err, "%s", rk_st_path(st));
}

void
rk_card_free(struct rk_card *c)
{
	rk_rows_free(c->model, c->k);
	memset(c, 0, sizeof *c);
}

void
rk_card_put(const struct rk_card *c, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char seed[32];

	rk_st_put_meta(w, "rk.version", RK_CARD_VERSION);
	rk_st_put_meta(w, "rk.router", c->router);
	rk_rows_print(c->model, c->k, &b);
	rk_st_put_meta(w, "rk.models", b.p);
	rk_buf_free(&b);
	if (c->strong < c->k)
		rk_st_put_meta(w, "rk.strong", c->model[c->strong]);
	if (c->weak < c->k)
		rk_st_put_meta(w, "rk.weak", c->model[c->weak]);
	if (c->embedder != NULL)
		rk_st_put_meta(w, "rk.embedder", c->embedder);
	if (c->params != NULL)
		rk_st_put_meta(w, "rk.params", c->params);
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)c->seed);
	rk_st_put_meta(w, "rk.seed", seed);
}

static void
print_tensors(const struct rk_st *st, struct rk_buf *out)
{
	size_t i;
	int k;

	for (i = 0; i < rk_st_count(st); i++) {
		const struct rk_tensor *t = rk_st_at(st, i);
		rk_buf_adds(out, i ? "," : "");
		rk_buf_json(out, t->name, strlen(t->name));
		rk_buf_addf(out, ":{\"dtype\":\"%s\",\"shape\":[",
		    rk_dtype_name(t->dtype));
		for (k = 0; k < t->ndim; k++)
			rk_buf_addf(out, "%s%zu", k ? "," : "", t->shape[k]);
		rk_buf_adds(out, "]}");
	}
}

void
rk_card_print(const struct rk_st *st, struct rk_buf *out)
{
	size_t i;

	rk_buf_addc(out, '{');
	for (i = 0; i < rk_st_meta_count(st); i++) {
		const char *key = rk_st_meta_key(st, i);
		const char *value = rk_st_meta(st, key);
		/* what our own programs wrote as JSON is shown as JSON */
		int raw = strncmp(key, "rk.", 3) == 0 &&
		    (*value == '{' || *value == '[') &&
		    strchr(value, '\n') == NULL && rk_rows_is_json(value);
		rk_buf_json(out, key, strlen(key));
		rk_buf_addc(out, ':');
		if (raw)
			rk_buf_adds(out, value);
		else
			rk_buf_json(out, value, strlen(value));
		rk_buf_addc(out, ',');
	}
	rk_buf_adds(out, "\"tensors\":{");
	print_tensors(st, out);
	rk_buf_adds(out, "}}\n");
}
