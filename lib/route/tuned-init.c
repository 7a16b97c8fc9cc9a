/* tuned-init.c - a transformer's folder. */
#include "route/tuned-init.h"

#include <string.h>

#include "io/file.h"

enum { MOST_JSON = 64 << 20 }; /* bytes of config.json */

static const char *const names[] = { "an encoder", "a decoder" };
static const char *const takes[] = { "bert", "causal" };

void
rk_tuned_init_free(struct rk_tuned_init *in)
{
	rk_buf_free(&in->config_json);
	rk_tok_free(in->tok);
	in->tok = NULL;
}

static int
parse(struct rk_tuned_init *in, enum rk_tuned_kind kind, struct rk_err *err)
{
	const struct rk_buf *b = &in->config_json;

	return kind == RK_TUNED_ENCODER
	    ? rk_config_read(&in->encoder, b->p, b->n, err)
	    : rk_decoder_config_read(&in->decoder, b->p, b->n, err);
}

static int
read_config(
    struct rk_tuned_init *in, enum rk_tuned_kind kind, struct rk_err *err)
{
	enum rk_tuned_kind other = kind == RK_TUNED_ENCODER ? RK_TUNED_DECODER
							    : RK_TUNED_ENCODER;
	struct rk_buf path = { 0 };
	struct rk_err why = { { 0 } }, none = { { 0 } };
	int rc;

	rk_buf_addf(&path, "%s/config.json", in->dir);
	rc = rk_file_read(path.p, MOST_JSON, &in->config_json, err);
	if (rc == 0 && parse(in, kind, &why) != 0) {
		if (parse(in, other, &none) == 0)
			rk_err_set(err,
			    "it is the one of %s, which -r %s takes; %s takes "
			    "%s",
			    names[other], takes[other], takes[kind],
			    names[kind]);
		else
			rk_err_set(err, "%s", why.msg);
		rc = rk_err_in(err, "%s", path.p);
	}
	rk_buf_free(&path);
	return rc;
}

static int
read_tokenizer(struct rk_tuned_init *in, size_t vocab, struct rk_err *err)
{
	struct rk_buf path = { 0 };

	rk_buf_addf(&path, "%s/tokenizer.json", in->dir);
	in->tok = rk_tok_open(path.p, err);
	rk_buf_free(&path);
	if (in->tok == NULL)
		return -1;
	if (rk_tok_count(in->tok) > vocab)
		return rk_err_set(err,
		    "%s: the tokenizer has %zu ids, the model %zu", in->dir,
		    rk_tok_count(in->tok), vocab);
	return 0;
}

int
rk_tuned_init_read(struct rk_tuned_init *in, const char *dir,
    enum rk_tuned_kind kind, struct rk_err *err)
{
	memset(in, 0, sizeof *in);
	in->dir = dir;
	if (*dir == '\0')
		return rk_err_set(err,
		    "init=DIR is needed: the folder of %s to begin with",
		    names[kind]);
	if (read_config(in, kind, err) != 0)
		return -1;
	return read_tokenizer(in,
	    kind == RK_TUNED_ENCODER ? in->encoder.vocab : in->decoder.vocab,
	    err);
}
