/* bert-init.c - an encoder's folder. */
#include "route/bert-init.h"

#include <string.h>

#include "base/digest.h"
#include "io/file.h"
#include "math/mat.h"

enum { MOST_JSON = 64 << 20 }; /* bytes of config.json */

void
rk_bert_init_free(struct rk_bert_init *in)
{
	rk_buf_free(&in->config_json);
	rk_tok_free(in->tok);
	rk_tune_free(in->tune);
}

static int
read_config(struct rk_bert_init *in, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	int rc;

	rk_buf_addf(&path, "%s/config.json", in->dir);
	rc = rk_file_read(path.p, MOST_JSON, &in->config_json, err);
	if (rc == 0 &&
	    rk_config_read(
		&in->config, in->config_json.p, in->config_json.n, err) != 0)
		rc = rk_err_in(err, "%s", path.p);
	rk_buf_free(&path);
	return rc;
}

static int
read_tokenizer(struct rk_bert_init *in, struct rk_err *err)
{
	struct rk_buf path = { 0 };

	rk_buf_addf(&path, "%s/tokenizer.json", in->dir);
	in->tok = rk_tok_open(path.p, err);
	rk_buf_free(&path);
	return in->tok != NULL ? 0 : -1;
}

static int
read_weights(struct rk_bert_init *in, const struct rk_tune_options *o,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_weights_files files;
	struct rk_tune *t;

	if (rk_weights_open(&files, in->dir, err) != 0)
		return -1;
	t = in->tune = rk_tune_encoder(&in->config, &files, NULL, o, pool, err);
	rk_weights_close(&files);
	if (t == NULL)
		return rk_err_in(err, "%s", in->dir);
	if (!rk_mat_finite(t->w.p, t->w.n))
		return rk_err_set(
		    err, "%s: found a weight that is not finite", in->dir);
	in->digest = rk_digest(
	    rk_config_digest(&in->config), t->w.p, t->w.n * sizeof *t->w.p);
	return 0;
}

int
rk_bert_init_read(struct rk_bert_init *in, const char *dir,
    const struct rk_tune_options *o, struct rk_pool *pool, struct rk_err *err)
{
	const char *json;
	size_t n;

	memset(in, 0, sizeof *in);
	in->dir = dir;
	if (*dir == '\0')
		return rk_err_set(err,
		    "init=DIR is needed: the folder of the encoder to begin "
		    "with");
	if (read_config(in, err) != 0 || read_tokenizer(in, err) != 0)
		return -1;
	if (rk_tok_count(in->tok) > in->config.vocab)
		return rk_err_set(err,
		    "%s: the tokenizer has %zu ids, the model %zu", in->dir,
		    rk_tok_count(in->tok), in->config.vocab);
	if (o->freeze > in->config.layers)
		return rk_err_set(err,
		    "freeze: %zu, the encoder has %zu layers", o->freeze,
		    in->config.layers);
	if (read_weights(in, o, pool, err) != 0)
		return -1;
	json = rk_tok_json(in->tok, &n);
	in->digest = rk_digest(in->digest, json, n);
	return 0;
}
