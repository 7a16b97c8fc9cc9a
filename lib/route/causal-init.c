/* causal-init.c - a decoder's folder, and tokens for the scores. */
#include "route/causal-init.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

void
rk_causal_init_free(struct rk_causal_init *in)
{
	rk_tuned_init_free(&in->of);
	rk_tok_free(in->tok);
	free(in->rows);
	rk_weights_close(&in->files);
	rk_weights_layout_free(&in->layout);
	free(in->tensor);
}

/* --- tokens ------------------------------------------------------------------- */

/* How many of the scores the tokenizer as it was has; their ids. */
static size_t
find_scores(struct rk_causal_init *in)
{
	size_t k, n = 0;

	for (k = 0; k < RK_CAUSAL_LABELS; k++) {
		const char *s = rk_causal_label[k];
		int32_t id = rk_tok_id(in->of.tok, s, strlen(s));
		in->id[k] = (uint32_t)id;
		n += id >= 0;
	}
	return n;
}

static int
set_scores(struct rk_causal_init *in, struct rk_err *err)
{
	size_t count = rk_tok_count(in->of.tok), found = find_scores(in), k, n;
	const char *json = rk_tok_json(in->of.tok, &n);
	struct rk_buf more = { 0 };

	in->vocab = in->of.decoder.vocab;
	in->had = found == RK_CAUSAL_LABELS;
	if (found > 0 && !in->had)
		return rk_err_set(err,
		    "%s: the tokenizer has %zu of the scores %s to %s, "
		    "expected all or none",
		    in->of.dir, found, rk_causal_label[0],
		    rk_causal_label[RK_CAUSAL_LABELS - 1]);
	if (!in->had) {
		rk_tok_json_add(
		    in->of.tok, rk_causal_label, RK_CAUSAL_LABELS, &more);
		json = more.p;
		n = more.n;
		for (k = 0; k < RK_CAUSAL_LABELS; k++)
			in->id[k] = (uint32_t)(count + k);
		if (in->vocab < count + RK_CAUSAL_LABELS)
			in->vocab = count + RK_CAUSAL_LABELS;
	}
	in->tok = rk_tok_open_mem(json, n, err);
	rk_buf_free(&more);
	if (in->tok == NULL)
		return rk_err_in(err, "%s", in->of.dir);
	for (k = 0; k < RK_CAUSAL_LABELS; k++)
		if (rk_tok_make_special(in->tok, (int32_t)in->id[k]) != 0)
			return rk_err_set(err,
			    "%s: %s is a piece of the vocabulary, expected an "
			    "added token",
			    in->of.dir, rk_causal_label[k]);
	return 0;
}

/* --- weights -------------------------------------------------------------------- */

enum rk_dtype
rk_causal_init_type(const struct rk_causal_init *in)
{
	return in->tensor[rk_decoder_out(&in->layout)]->dtype;
}

void
rk_causal_init_mean(const struct rk_causal_init *in,
    const struct rk_tensor *tensor, float *mean)
{
	size_t d = in->of.decoder.d, n = rk_tok_count(in->of.tok), i, j;
	double *sum = rk_calloc(d, sizeof *sum);
	float *row = rk_floats(d);

	for (i = 0; i < n; i++) {
		rk_weights_get(row, tensor, i * d, d);
		for (j = 0; j < d; j++)
			sum[j] += (double)row[j];
	}
	for (j = 0; j < d; j++)
		mean[j] = (float)(sum[j] / (double)n);
	free(sum);
	free(row);
}

static void
set_rows(struct rk_causal_init *in)
{
	const struct rk_tensor *out = in->tensor[rk_decoder_out(&in->layout)];
	size_t d = in->of.decoder.d, k;

	in->rows = rk_floats(RK_CAUSAL_LABELS * d);
	for (k = 0; k < RK_CAUSAL_LABELS; k++)
		if (in->had)
			rk_weights_get(in->rows + k * d, out, in->id[k] * d, d);
		else if (k == 0)
			rk_causal_init_mean(in, out, in->rows);
		else
			memcpy(in->rows + k * d, in->rows, d * sizeof(float));
}

int
rk_causal_init_read(struct rk_causal_init *in, const char *dir,
    struct rk_pool *pool, struct rk_err *err)
{
	const char *json;
	size_t n;

	memset(in, 0, sizeof *in);
	if (rk_tuned_init_read(&in->of, dir, RK_TUNED_DECODER, err) != 0 ||
	    set_scores(in, err) != 0 ||
	    rk_weights_open(&in->files, dir, err) != 0)
		return -1;
	rk_decoder_lay(&in->layout, &in->of.decoder, RK_WEIGHTS_PLAIN, 0);
	in->tensor = rk_calloc(in->layout.parts, sizeof *in->tensor);
	if (rk_weights_find(in->tensor, &in->layout, &in->files, NULL, err) !=
		0 ||
	    rk_weights_check(in->tensor, in->layout.parts, err) != 0)
		return rk_err_in(err, "%s", dir);
	set_rows(in);
	in->digest = rk_weights_digest(
	    rk_decoder_config_digest(&in->of.decoder), &in->layout, in->tensor,
	    pool);
	json = rk_tok_json(in->tok, &n);
	in->digest = rk_digest(in->digest, json, n);
	return 0;
}
