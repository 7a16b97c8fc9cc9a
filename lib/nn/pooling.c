/* pooling.c - the modules after a sentence encoder. */
#include "nn/pooling.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/json.h"

enum { MOST_TOKENS = 1 << 20 };

/* --- files ------------------------------------------------------------------------- */

/*
 * DIR/NAME, or DIR/FOLDER/NAME; NULL where it is not right, or not there: then
 * it is no error, unless it MUST be.
 */
static struct rk_json *
open_there(const char *dir, const char *folder, const char *name, int must,
    struct rk_err *err)
{
	struct rk_buf path = { 0 };
	struct rk_json *doc = NULL;

	rk_buf_addf(&path, "%s/%s%s%s", dir, folder, *folder ? "/" : "", name);
	if (must || access(path.p, F_OK) == 0)
		doc = rk_json_open(path.p, err);
	rk_buf_free(&path);
	return doc;
}

static const struct {
	const char *key;
	int how; /* enum rk_pooling_how, or -1: not supported */
} ways[] = {
	{ "pooling_mode_mean_tokens", RK_POOLING_MEAN },
	{ "pooling_mode_cls_token", RK_POOLING_CLS },
	{ "pooling_mode_lasttoken", RK_POOLING_LAST },
	{ "pooling_mode_max_tokens", -1 },
	{ "pooling_mode_mean_sqrt_len_tokens", -1 },
	{ "pooling_mode_weightedmean_tokens", -1 },
};

static int
read_pooling(struct rk_pooling *p, const char *dir, const char *folder,
    int must, struct rk_err *err)
{
	struct rk_json *doc = open_there(dir, folder, "config.json", must, err);
	size_t i, found = 0;

	for (i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (!rk_json_true(rk_json_get(doc, ways[i].key)))
			continue;
		found++;
		p->how = (enum rk_pooling_how)ways[i].how;
		if (ways[i].how < 0)
			rk_err_set(err, "%s/%s: %s is not supported", dir,
			    folder, ways[i].key);
	}
	if (doc != NULL && found != 1)
		rk_err_set(err,
		    "%s/%s: %zu ways of pooling at once, expected one", dir,
		    folder, found);
	rk_json_free(doc);
	return rk_err_is(err) ? -1 : 0;
}

/* A module's path is a folder's name in the same folder, or "". */
static int
read_module(struct rk_pooling *p, const char *dir, const struct rk_json *module,
    struct rk_err *err)
{
	const char *type = rk_json_str(rk_json_get(module, "type"));
	const char *path = rk_json_str(rk_json_get(module, "path"));
	const char *name = type ? strrchr(type, '.') : NULL;
	char quoted[64];

	if (name == NULL || path == NULL)
		return rk_err_set(
		    err, "%s/modules.json: a module without type or path", dir);
	name++;
	if (strcmp(name, "Transformer") == 0 && *path == '\0')
		return 0;
	if (strcmp(name, "Normalize") == 0) {
		p->unit = 1;
		return 0;
	}
	if (strcmp(name, "Pooling") == 0 && strstr(path, "..") == NULL)
		return read_pooling(p, dir, path, 1, err);
	return rk_err_set(err,
	    "%s/modules.json: the module '%s' is not supported there", dir,
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)));
}

static int
read_modules(struct rk_pooling *p, const char *dir, struct rk_err *err)
{
	struct rk_json *doc = open_there(dir, "", "modules.json", 0, err);
	size_t i;

	if (rk_err_is(err))
		return -1;
	if (doc == NULL)
		return read_pooling(p, dir, "1_Pooling", 0, err);
	p->unit = 0;
	for (i = 0; i < rk_json_count(doc) && !rk_err_is(err); i++)
		read_module(p, dir, rk_json_at(doc, i), err);
	rk_json_free(doc);
	return rk_err_is(err) ? -1 : 0;
}

static int
read_tokens(struct rk_pooling *p, const char *dir, struct rk_err *err)
{
	struct rk_json *doc = open_there(
	    dir, "", "sentence_bert_config.json", 0, err);
	const struct rk_json *v = rk_json_get(doc, "max_seq_length");
	double x = rk_json_num(v);

	if (rk_json_kind(v) > RK_JSON_NULL &&
	    (!(x >= 1 && x <= MOST_TOKENS) || x != floor(x)))
		rk_err_set(err,
		    "%s/sentence_bert_config.json: max_seq_length: expected a "
		    "whole number from 1 to %d",
		    dir, MOST_TOKENS);
	else
		p->tokens = (size_t)x;
	rk_json_free(doc);
	return rk_err_is(err) ? -1 : 0;
}

int
rk_pooling_open(struct rk_pooling *p, const char *dir, struct rk_err *err)
{
	*p = (struct rk_pooling){ RK_POOLING_MEAN, 1, 0 };
	if (read_modules(p, dir, err) != 0)
		return -1;
	return read_tokens(p, dir, err);
}

/* --- vectors ------------------------------------------------------------------------ */

void
rk_pooling_of(
    double *out, const float *x, size_t t, size_t d, enum rk_pooling_how how)
{
	size_t first = how == RK_POOLING_LAST ? t - 1 : 0, i, j;
	size_t end = how == RK_POOLING_CLS ? 1 : t;

	for (j = 0; j < d; j++)
		out[j] = 0;
	if (t == 0)
		return;
	for (i = first; i < end; i++)
		for (j = 0; j < d; j++)
			out[j] += (double)x[i * d + j];
	for (j = 0; j < d; j++)
		out[j] /= (double)(end - first);
}
