/*
 * causal-score.c - prompts to scores: the last state of each text, the logits of
 * five tokens, and what they say of the gain.
 */
#include "route/causal-score.h"

#include <stdlib.h>
#include <string.h>

#include "nn/decoder.h"
#include "route/causal-labels.h"
#include "route/causal-text.h"
#include "route/tuned-file.h"

struct model {
	struct rk_decoder *nn;
	struct rk_tok *tok;
	struct rk_causal_text text;
	struct rk_decoder_prefix *prefix; /* NULL: there is none */
	struct rk_tuned_reader reader;
	struct rk_decoder_last last;
	uint32_t id[RK_CAUSAL_LABELS];
	double gain[RK_CAUSAL_LABELS];
	float shift[RK_CAUSAL_LABELS];
	int routellm;
};

void
rk_causal_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_decoder_last_free(&m->last);
	rk_tuned_reader_free(&m->reader);
	rk_decoder_prefix_free(m->prefix);
	rk_causal_text_free(&m->text);
	rk_tok_free(m->tok);
	rk_decoder_free(m->nn);
	free(m);
}

/* --- opening ------------------------------------------------------------------- */

static int
open_decoder(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const struct rk_tensor *t = rk_tuned_bytes(
	    st, prefix, "config.json", err);
	struct rk_st *file = (struct rk_st *)(uintptr_t)st;
	const struct rk_weights_files files = { 1, &file };
	struct rk_decoder_config config;
	struct rk_pool *one;
	int rc;

	if (t == NULL)
		return -1;
	if (rk_decoder_config_read(&config, t->data, t->count, err) != 0)
		return rk_err_in(err, "%s", t->name);
	m->nn = rk_decoder_of(&config, &files, prefix, err);
	if (m->nn == NULL)
		return -1;
	one = rk_pool_new(1);
	rc = rk_decoder_widen(m->nn, RK_DECODER_BUDGET, one, err);
	rk_pool_free(one);
	m->last.decoder = m->nn;
	return rc;
}

static int
open_tokenizer(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	size_t k;

	m->tok = rk_tuned_tokenizer(st, prefix, m->nn->config.vocab, err);
	if (m->tok == NULL)
		return -1;
	for (k = 0; k < RK_CAUSAL_LABELS; k++) {
		const char *s = rk_causal_label[k];
		int32_t id = rk_tok_id(m->tok, s, strlen(s));
		if (id < 0 || rk_tok_make_special(m->tok, id) != 0)
			return rk_err_set(err,
			    "tokenizer.json: there is no added token %s", s);
		m->id[k] = (uint32_t)id;
	}
	return 0;
}

static int
open_labels(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t five = RK_CAUSAL_LABELS;
	const struct rk_tensor *shift;

	if (rk_causal_labels_open(m->gain, st, prefix, err) != 0)
		return -1;
	shift = rk_router_tensor(
	    st, prefix, "causal.shift", RK_F32, 1, &five, err);
	if (shift == NULL || rk_weights_check(&shift, 1, err) != 0)
		return -1;
	memcpy(m->shift, shift->data, sizeof m->shift);
	return 0;
}

static int
open_text(struct model *m, const struct rk_st *st, const char *prefix,
    const struct rk_params *set, struct rk_err *err)
{
	const struct rk_tensor *t = rk_tuned_bytes(
	    st, prefix, "causal.template", err);
	const struct rk_ids *ids = &m->text.prefix;

	if (t == NULL ||
	    rk_causal_text_read(&m->text, t->data, t->count, err) != 0 ||
	    rk_causal_text_fit(&m->text, m->tok, m->nn->config.tokens,
		(size_t)rk_params_int(set, "max-tokens"), err) != 0)
		return -1;
	if (ids->n > 0)
		m->prefix = rk_decoder_prefix_new(
		    m->nn, (const uint32_t *)ids->p, ids->n);
	return 0;
}

void *
rk_causal_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);

	(void)k, (void)seed;
	*d = 0;
	m->routellm = rk_params_is(set, "compat", "routellm");
	if (open_decoder(m, st, prefix, err) == 0 &&
	    open_tokenizer(m, st, prefix, err) == 0 &&
	    open_labels(m, st, prefix, err) == 0 &&
	    open_text(m, st, prefix, set, err) == 0)
		return m;
	rk_causal_close(m);
	return NULL;
}

/* --- scoring --------------------------------------------------------------------- */

static void
encode_query(const void *ctx, struct rk_tok_scratch *s,
    const struct rk_str *text, struct rk_ids *ids)
{
	const struct model *m = ctx;

	rk_causal_text_rest(&m->text, s, text, ids);
}

static double
score_state(const struct model *m, const float *x)
{
	float z[RK_CAUSAL_LABELS];
	size_t k;

	rk_decoder_logits(m->nn, z, x, 1, m->id, RK_CAUSAL_LABELS);
	for (k = 0; k < RK_CAUSAL_LABELS; k++)
		z[k] += m->shift[k];
	return rk_causal_labels_score(z, m->gain, m->routellm);
}

void
rk_causal_score(void *model, const struct rk_queries *q, const size_t *rows,
    size_t cols, struct rk_pool *pool, float *scores)
{
	struct model *m = model;
	size_t d = m->nn->config.d, i;
	struct rk_ids *ids = rk_calloc(q->n, sizeof *ids);
	struct rk_text *text = rk_array(NULL, q->n, sizeof *text);
	float *x = rk_floats(q->n * d);

	(void)rows, (void)cols;
	rk_tuned_read(&m->reader, ids, q->text, q->n, encode_query, m, pool);
	for (i = 0; i < q->n; i++)
		text[i] = (struct rk_text){ (const uint32_t *)ids[i].p,
			ids[i].n };
	rk_decoder_last(&m->last, x, m->prefix, text, q->n, pool);
	for (i = 0; i < q->n; i++) {
		scores[i] = (float)score_state(m, x + i * d);
		rk_ids_free(&ids[i]);
	}
	free(ids);
	free(text);
	free(x);
}
