/*
 * bert.c - a transformer of BERT's kind, all of its weights tuned on battles
 * and outcomes to tell three labels: the strong model wins, tie, the weak one
 * wins (RouteLLM, arXiv 2406.18665, section 4.1; its training code was never
 * published). What it learns from is tuned-data.h's, how tuned-fit.h's; here are
 * the parameters, the file, and scores.
 *
 * The file holds all: the weights under Hugging Face's names, config.json and
 * tokenizer.json as they were. A score is p0 + p1 / 2, and with compat=routellm
 * the p0 of RouteLLM's code.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/sentence.h"
#include "route/tuned-fit.h"
#include "route/bert-init.h"
#include "route/checkpoint.h"
#include "route/router.h"
#include "route/tuned-file.h"

static const struct rk_param params[] = {
	{ "init", RK_PARAM_PATH, "", 0, 0, NULL,
	    "the folder of the encoder to begin with: config.json, "
	    "model.safetensors, tokenizer.json; needed" },
	{ "head", RK_PARAM_WORD, "3way", 0, 0, "3way|gain",
	    "what is learnt: the three labels' shares, or the gain" },
	{ "pooling", RK_PARAM_WORD, "mean", 0, 0, "mean|cls",
	    "what the head sees: the mean of all tokens, or the first" },
	{ "max-tokens", RK_PARAM_INT, "512", 8, 1 << 20, NULL,
	    "tokens of a text at most; what is behind is not read" },
	{ "lr", RK_PARAM_NUM, "5e-5", 1e-9, 1, NULL, "AdamW's step size" },
	RK_TUNED_PARAMS_STEPS(
	    "16", 1, "passes over the training part, where steps is 0"),
	{ "dropout", RK_PARAM_NUM, "0.1", 0, .9, NULL,
	    "share of the numbers that is dropped in training" },
	{ "freeze", RK_PARAM_INT, "0", 0, 1024, NULL,
	    "leave the embeddings and so many layers as they are; 0: tune all" },
	RK_TUNED_PARAMS_HELD,
	{ "tiers", RK_PARAM_INT, "10", 0, 1024, NULL,
	    "of the models, whose battles count too; 0: the pair's alone" },
	{ "store", RK_PARAM_WORD, "f16", 0, 0, "f16|f32",
	    "the encoder's weights in the file" },
	{ "compat", RK_PARAM_WORD, "none", 0, 0, "none|routellm",
	    "routellm: the score is p0, ties not counted" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

static const char weights_prefix[] = "bert.";

/* Strong wins, tie, weak wins. */
static const struct rk_tuned_labels labels3 = { 3, { 1, 0, -1 }, 0 };

static enum rk_pooling_how
pooling_of(const struct rk_params *set)
{
	return rk_params_is(set, "pooling", "cls") ? RK_POOLING_CLS
						   : RK_POOLING_MEAN;
}

static size_t
labels_of(const struct rk_params *set)
{
	return rk_params_is(set, "head", "gain") ? 1 : labels3.n;
}

/* The score of logits z[labels]. */
static double
score_of(const float *z, size_t labels, int routellm)
{
	double p[RK_TUNED_LABELS], s;

	if (labels == 1) {
		s = (1 + (double)z[0]) / 2;
		s = s < 0 ? 0 : s > 1 ? 1 : s;
	} else {
		rk_ops_softmax(p, z, labels3.n);
		s = routellm ? p[0] : p[0] + p[1] / 2;
	}
	/* a file's weights may be finite and what comes of them not */
	return isfinite(s) ? s : .5;
}

/* --- training ------------------------------------------------------------------ */

/* How a text becomes tokens, for tuned-data.h. */
struct reading {
	const struct rk_tok *tok;
	struct rk_tok_scratch *scratch;
	size_t tokens; /* at most */
};

static int
encode(void *ctx, const struct rk_str *text, struct rk_ids *ids,
    struct rk_err *err)
{
	const struct reading *r = ctx;

	return rk_tok_encode_max(
	    r->tok, r->scratch, text->p, text->n, r->tokens, ids, err);
}

static struct rk_tune_options
options(const struct rk_params *set, uint64_t seed)
{
	struct rk_tune_options o = rk_tune_default();

	o.labels = labels_of(set);
	o.loss = o.labels > 1 ? RK_TUNE_ENTROPY : RK_TUNE_SQUARED;
	o.pooling = pooling_of(set) == RK_POOLING_CLS ? RK_TUNE_FIRST
						      : RK_TUNE_MEAN;
	o.freeze = (size_t)rk_params_int(set, "freeze");
	o.lr = rk_params_num(set, "lr");
	o.decay = rk_params_num(set, "decay");
	o.clip = rk_params_num(set, "clip");
	o.drop = rk_params_num(set, "dropout");
	o.seed = seed;
	return o;
}

static void
put(const struct rk_bert_init *in, const struct rk_params *set,
    struct rk_st_writer *w)
{
	const struct rk_tune *t = in->tune;
	const size_t shape[2] = { t->o.labels, in->of.encoder.d };
	const float *tuned = t->w.p + t->head;
	const struct rk_weights_layout *l = rk_tune_layout(t);
	size_t n = shape[0] * shape[1], i;
	float *head = rk_floats(n), *bias = rk_floats(shape[0]);
	const char *json;

	for (i = 0; i < l->parts; i++)
		rk_tuned_put_part(w, weights_prefix, &l->part[i],
		    t->w.p + l->part[i].at,
		    rk_params_is(set, "store", "f16") ? RK_F16 : RK_F32);
	memcpy(head, tuned, n * sizeof *head);
	memcpy(bias, tuned + n, shape[0] * sizeof *bias);
	rk_st_give(w, "classifier.weight", RK_F32, 2, shape, head);
	rk_st_give(w, "classifier.bias", RK_F32, 1, shape, bias);
	rk_tuned_put_bytes(
	    w, "config.json", in->of.config_json.p, in->of.config_json.n);
	json = rk_tok_json(in->of.tok, &n);
	rk_tuned_put_bytes(w, "tokenizer.json", json, n);
}

static double
score_held(const void *ctx, const float *z)
{
	const struct rk_params *set = ctx;

	return score_of(
	    z, labels_of(set), rk_params_is(set, "compat", "routellm"));
}

static int
tune(const struct rk_bert_init *in, const struct rk_prefs *p,
    const struct rk_params *set, const struct rk_tuned_data *data,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct rk_tuned_fit f = {
		.tune = in->tune,
		.data = data,
		.labels = &labels3,
		.head_as = RK_F32,
	};
	int rc;

	rk_tuned_fit_plan(&f, set, in->tune->o.seed);
	if (report->checkpoint != NULL)
		report->checkpoint->key ^= in->digest;
	rc = rk_tuned_fit_run(&f, pool, report, err);
	if (rc == 0) {
		put(in, set, w);
		rk_tuned_fit_unseen(&f, p->n, score_held, set, report);
		rk_tuned_fit_report(&f, report);
	}
	free(f.z);
	return rc;
}

/* How texts are read, in R; -1: none can be. */
static int
read_how(struct reading *r, const struct rk_bert_init *in,
    const struct rk_params *set, struct rk_err *err)
{
	r->tok = in->of.tok;
	r->tokens = (size_t)rk_params_int(set, "max-tokens");
	if (r->tokens > in->of.encoder.tokens)
		r->tokens = in->of.encoder.tokens;
	if (r->tokens <= rk_tok_specials(in->of.tok))
		return rk_err_set(err,
		    "%s: texts of at most %zu tokens, %zu stand around each",
		    in->of.dir, r->tokens, rk_tok_specials(in->of.tok));
	r->scratch = rk_tok_scratch_new();
	return 0;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct reading read = { .scratch = NULL };
	struct rk_tuned_data_how how = { (size_t)rk_params_int(set, "tiers"),
		rk_params_num(set, "hold"), seed, encode, &read };
	struct rk_tuned_labels labels = labels3;
	struct rk_tuned_data data = { 0 };
	const struct rk_tune_options o = options(set, seed);
	struct rk_bert_init in = { .tune = NULL };
	int rc = -1;

	if (p->strong >= p->k || p->weak >= p->k)
		return rk_err_set(err,
		    "it scores one pair: name it with --strong and --weak");
	if (p->text == NULL)
		return rk_err_set(err, "it needs texts");
	if (rk_bert_init_read(
		&in, rk_params_text(set, "init"), &o, pool, err) == 0 &&
	    read_how(&read, &in, set, err) == 0 &&
	    rk_tuned_data_make(&data, &labels, p, &how, err) == 0)
		rc = tune(&in, p, set, &data, pool, w, report, err);
	rk_tuned_data_free(&data);
	rk_tok_scratch_free(read.scratch);
	rk_bert_init_free(&in);
	return rc;
}

/* --- opening ---------------------------------------------------------------------- */

struct model {
	struct rk_encoder *nn;
	struct rk_tok *tok;
	struct rk_tuned_reader reader;
	struct rk_sentence sentence;
	const float *w, *b; /* [labels, d], [labels] */
	size_t labels, tokens;
	int routellm;
};

static void
model_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_sentence_free(&m->sentence);
	rk_encoder_free(m->nn);
	rk_tok_free(m->tok);
	rk_tuned_reader_free(&m->reader);
	free(m);
}

static int
open_encoder(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const struct rk_tensor *t = rk_tuned_bytes(
	    st, prefix, "config.json", err);
	struct rk_buf full = { 0 };
	struct rk_config config;

	if (t == NULL)
		return -1;
	if (rk_config_read(&config, t->data, t->count, err) != 0)
		return rk_err_in(err, "%s", t->name);
	rk_buf_addf(&full, "%s%s", prefix, weights_prefix);
	m->nn = rk_encoder_of(&config, st, full.p, err);
	rk_buf_free(&full);
	return m->nn != NULL
	    ? rk_weights_check(m->nn->of, m->nn->layout.parts, err)
	    : -1;
}

static int
open_tokenizer(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const struct rk_config *c = &m->nn->config;

	m->tok = rk_tuned_tokenizer(st, prefix, c->vocab, err);
	if (m->tok == NULL)
		return -1;
	if (m->tokens > c->tokens)
		m->tokens = c->tokens;
	if (m->tokens <= rk_tok_specials(m->tok))
		return rk_err_set(err,
		    "tokenizer.json: texts of at most %zu tokens, %zu stand "
		    "around each",
		    m->tokens, rk_tok_specials(m->tok));
	return 0;
}

static int
open_head(struct model *m, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t shape[2] = { m->labels, m->nn->config.d };
	const struct rk_tensor *w, *b;

	w = rk_router_tensor(
	    st, prefix, "classifier.weight", RK_F32, 2, shape, err);
	b = rk_router_tensor(
	    st, prefix, "classifier.bias", RK_F32, 1, shape, err);
	if (w == NULL || b == NULL)
		return -1;
	m->w = w->data;
	m->b = b->data;
	return rk_weights_check(
	    (const struct rk_tensor *const[]){ w, b }, 2, err);
}

static void *
model_open(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);
	struct rk_pool *one;

	(void)k, (void)seed;
	*d = 0;
	m->labels = labels_of(set);
	m->tokens = (size_t)rk_params_int(set, "max-tokens");
	m->routellm = rk_params_is(set, "compat", "routellm");
	if (open_encoder(m, st, prefix, err) != 0 ||
	    open_tokenizer(m, st, prefix, err) != 0 ||
	    open_head(m, st, prefix, err) != 0) {
		model_close(m);
		return NULL;
	}
	one = rk_pool_new(1);
	rk_encoder_widen(m->nn, one);
	rk_pool_free(one);
	m->sentence.encoder = m->nn;
	m->sentence.how = pooling_of(set);
	return m;
}

/* --- scoring ------------------------------------------------------------------------ */

/*
 * A text that the tokenizer gives up on, as a split pattern may, is one
 * without tokens of its own.
 */
static void
encode_query(const void *ctx, struct rk_tok_scratch *s,
    const struct rk_str *text, struct rk_ids *ids)
{
	const struct model *m = ctx;
	struct rk_err err = { { 0 } };
	const int32_t none = 0;

	if (rk_tok_encode_max(
		m->tok, s, text->p, text->n, m->tokens, ids, &err) != 0)
		rk_tok_wrap(m->tok, NULL, 0, ids);
	if (ids->n == 0)
		rk_ids_add(ids, &none, 1);
}

static double
score_pooled(const struct model *m, const double *x)
{
	size_t d = m->nn->config.d, k, j;
	float z[RK_TUNED_LABELS];

	for (k = 0; k < m->labels; k++) {
		double sum = m->b[k];
		for (j = 0; j < d; j++)
			sum += (double)m->w[k * d + j] * x[j];
		z[k] = (float)sum;
	}
	return score_of(z, m->labels, m->routellm);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct model *m = model;
	size_t d = m->nn->config.d, i;
	struct rk_ids *ids = rk_calloc(q->n, sizeof *ids);
	struct rk_text *text = rk_array(NULL, q->n, sizeof *text);
	double *x = rk_array(NULL, q->n * d, sizeof *x);

	(void)rows, (void)cols;
	rk_tuned_read(&m->reader, ids, q->text, q->n, encode_query, m, pool);
	for (i = 0; i < q->n; i++)
		text[i] = (struct rk_text){ (const uint32_t *)ids[i].p,
			ids[i].n };
	rk_sentence_embed(&m->sentence, x, text, q->n, pool);
	for (i = 0; i < q->n; i++) {
		scores[i] = (float)score_pooled(m, x + i * d);
		rk_ids_free(&ids[i]);
	}
	free(ids);
	free(text);
	free(x);
}

const struct rk_router rk_router_bert = {
	.name = "bert",
	.about = "a transformer, all of its weights tuned on the texts",
	.needs = RK_NEEDS_TEXT | RK_GIVES_UNSEEN | RK_HAS_CHECKPOINTS |
	    RK_OWN_PAIR,
	.link = RK_LINK_PAIR,
	.params = params,
	.train = train,
	.open = model_open,
	.score = score,
	.close = model_close,
};
