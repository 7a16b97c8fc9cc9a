/* bert-init.c - an encoder's folder, whole. */
#include "route/bert-init.h"

#include <string.h>

#include "base/digest.h"
#include "math/mat.h"

void
rk_bert_init_free(struct rk_bert_init *in)
{
	rk_tuned_init_free(&in->of);
	rk_tune_free(in->tune);
}

static int
read_weights(struct rk_bert_init *in, const struct rk_tune_options *o,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_weights_files files;
	struct rk_tune *t;

	if (rk_weights_open(&files, in->of.dir, err) != 0)
		return -1;
	t = in->tune = rk_tune_encoder(
	    &in->of.encoder, &files, NULL, o, pool, err);
	rk_weights_close(&files);
	if (t == NULL)
		return rk_err_in(err, "%s", in->of.dir);
	if (!rk_mat_finite(t->w.p, t->w.n))
		return rk_err_set(
		    err, "%s: found a weight that is not finite", in->of.dir);
	in->digest = rk_digest(
	    rk_config_digest(&in->of.encoder), t->w.p, t->w.n * sizeof *t->w.p);
	return 0;
}

int
rk_bert_init_read(struct rk_bert_init *in, const char *dir,
    const struct rk_tune_options *o, struct rk_pool *pool, struct rk_err *err)
{
	const char *json;
	size_t n;

	in->tune = NULL;
	if (rk_tuned_init_read(&in->of, dir, RK_TUNED_ENCODER, err) != 0)
		return -1;
	if (o->freeze > in->of.encoder.layers)
		return rk_err_set(err,
		    "freeze: %zu, the encoder has %zu layers", o->freeze,
		    in->of.encoder.layers);
	if (read_weights(in, o, pool, err) != 0)
		return -1;
	json = rk_tok_json(in->of.tok, &n);
	in->digest = rk_digest(in->digest, json, n);
	return 0;
}
