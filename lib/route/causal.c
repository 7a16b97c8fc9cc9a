/*
 * causal.c - a language model that is asked which score, 1 to 5, an expert would
 * give the weak model's answer, and whose probabilities of the five are the
 * router's score (RouteLLM, arXiv 2406.18665, section 4.2; its training code was
 * never published). What it reads is causal-text.h's, what it learns from
 * tuned-data.h's, how tuned-fit.h's, and nn/tune-decoder.h's; here are the
 * parameters, and the training from end to end.
 *
 * All weights are tuned, or adapters of low rank, or the rows of the five scores
 * alone: then each text's state is computed once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "nn/tune-decoder.h"
#include "route/causal-file.h"
#include "route/causal-remote.h"
#include "route/causal-score.h"
#include "route/causal-states.h"
#include "route/checkpoint.h"
#include "route/tuned-fit.h"

#define OWN "causal.txt" /* the template */

/* Step sizes, by what is tuned. */
#define LR_ALL  "5e-5"
#define LR_LORA "1e-3"
#define LR_HEAD "1e-3"

static const struct rk_param params[] = {
	{ "init", RK_PARAM_PATH, "", 0, 0, NULL,
	    "the folder of the language model to begin with: config.json, "
	    "model.safetensors, tokenizer.json; needed" },
	{ "url", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "in place of init: a server, such as http://localhost:8080/v1" },
	{ "remote", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "its language model, which is asked as it is and not tuned" },
	{ "top", RK_PARAM_INT, "20", 5, 1000, NULL,
	    "how many likeliest tokens it is asked for" },
	{ "template", RK_PARAM_PATH, "", 0, 0, NULL,
	    "a file with what is asked of it, {prompt} in its place (ours)" },
	{ "labels", RK_PARAM_TEXT, "1,4,5", 0, 0, NULL,
	    "the scores of the strong model's win, a tie, the weak one's win; "
	    "score: the weak model's qualities are scores" },
	{ "balance", RK_PARAM_WORD, "no", 0, 0, "yes|no",
	    "learn from each score equally often" },
	{ "tune", RK_PARAM_WORD, "all", 0, 0, "all|head|lora",
	    "all weights, the five scores' alone, or adapters" },
	{ "rank", RK_PARAM_INT, "8", 1, 4096, NULL, "of lora's adapters" },
	{ "alpha", RK_PARAM_NUM, "16", 0, 1e6, NULL,
	    "an adapter counts alpha / rank" },
	{ "max-tokens", RK_PARAM_INT, "0", 0, 1 << 20, NULL,
	    "tokens of template and prompt at most; 0: what the model reads, "
	    "at most 2048" },
	{ "lr", RK_PARAM_NUM, "0", 0, 1, NULL,
	    "AdamW's step size; 0: " LR_ALL " for all, " LR_LORA
	    " for lora, " LR_HEAD " for head" },
	RK_TUNED_PARAMS_STEPS("8", 0,
	    "passes over the training part, where steps is 0; 0 too: none, "
	    "the weights stay as they are"),
	{ "dropout", RK_PARAM_NUM, "0", 0, .9, NULL,
	    "share of the numbers that is dropped in training" },
	{ "freeze", RK_PARAM_INT, "0", 0, 1024, NULL,
	    "leave the words and so many layers as they are; 0: tune all" },
	RK_TUNED_PARAMS_HELD,
	{ "tiers", RK_PARAM_INT, "10", 0, 1024, NULL,
	    "of the models, whose battles count too; 0: the pair's alone" },
	{ "store", RK_PARAM_WORD, "f16", 0, 0, "f16|f32",
	    "the weights in the file, where they were tuned" },
	{ "compat", RK_PARAM_WORD, "none", 0, 0, "none|routellm",
	    "routellm: the score is the probability of 1, 2 or 3" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL },
};

/* --- what a training has ---------------------------------------------------------- */

struct work {
	const struct rk_params *set;
	uint64_t seed;
	struct rk_pool *pool;
	struct rk_causal_init init;
	struct rk_causal_text text;
	struct rk_tok_scratch *scratch;
	struct rk_tuned_labels labels;
	struct rk_tuned_data data;
	float *states; /* [data.n + data.held, d], where only the head learns */
	struct rk_tune *tune;
};

static void
work_free(struct work *k)
{
	rk_tune_free(k->tune);
	free(k->states);
	rk_tuned_data_free(&k->data);
	rk_tok_scratch_free(k->scratch);
	rk_causal_text_free(&k->text);
	rk_causal_init_free(&k->init);
}

/* Is there nothing to learn, since the weights stay as they are? */
static int
is_done(const struct rk_params *set)
{
	return rk_params_int(set, "steps") == 0 &&
	    rk_params_int(set, "epochs") == 0;
}

static int
is_head(const struct rk_params *set)
{
	return rk_params_is(set, "tune", "head") || is_done(set);
}

/* --- what is learnt from ------------------------------------------------------------ */

static int
encode(void *ctx, const struct rk_str *prompt, struct rk_ids *ids,
    struct rk_err *err)
{
	const struct work *k = ctx;

	(void)err;
	rk_ids_add(ids, k->text.prefix.p, k->text.prefix.n);
	rk_causal_text_rest(&k->text, k->scratch, prompt, ids);
	return 0;
}

/* Something to learn: not the same of all. */
static int
check_labels(const struct work *k, struct rk_err *err)
{
	const struct rk_tuned_example *e = k->data.e;
	size_t i, l;

	for (i = 1; i < k->data.n; i++)
		if (memcmp(e[i].share, e[0].share, sizeof e[0].share) != 0)
			return 0;
	for (l = 0; l < k->labels.n; l++)
		if (e[0].share[l] == 1)
			return rk_err_set(err,
			    "all %zu prompts to learn from have the score %zu: "
			    "there is nothing to tell apart",
			    k->data.n, l + 1);
	return rk_err_set(err,
	    "all %zu prompts to learn from have the same scores: there is "
	    "nothing to tell apart",
	    k->data.n);
}

/* All that is read: the template first, since the model takes longer. */
static int
prepare(struct work *k, const struct rk_prefs *p, struct rk_err *err)
{
	const struct rk_params *set = k->set;
	struct rk_tuned_data_how how = { (size_t)rk_params_int(set, "tiers"),
		rk_params_num(set, "hold"), k->seed, encode, k };
	const char *dir = rk_params_text(set, "init");

	if (rk_causal_labels_read(
		&k->labels, rk_params_text(set, "labels"), err) != 0 ||
	    rk_causal_text_open(
		&k->text, rk_params_text(set, "template"), OWN, err) != 0 ||
	    rk_causal_init_read(&k->init, dir, k->pool, err) != 0)
		return -1;
	if (rk_causal_text_fit(&k->text, k->init.tok, k->init.of.decoder.tokens,
		(size_t)rk_params_int(set, "max-tokens"), err) != 0)
		return rk_err_in(err, "%s", dir);
	if ((size_t)rk_params_int(set, "freeze") > k->init.of.decoder.layers)
		return rk_err_set(err,
		    "freeze: %ld, the decoder has %zu layers",
		    rk_params_int(set, "freeze"), k->init.of.decoder.layers);
	k->scratch = rk_tok_scratch_new();
	if (rk_tuned_data_make(&k->data, &k->labels, p, &how, err) != 0)
		return -1;
	if (!is_done(set))
		return check_labels(k, err);
	if (!k->init.had)
		return rk_err_set(err,
		    "%s: no training is asked for, and the tokenizer has no "
		    "tokens %s to %s that would have been trained",
		    dir, rk_causal_label[0],
		    rk_causal_label[RK_CAUSAL_LABELS - 1]);
	return 0;
}

/* --- the network ---------------------------------------------------------------------- */

static double
rate(const struct rk_params *set)
{
	double lr = rk_params_num(set, "lr");

	if (lr > 0)
		return lr;
	return strtod(is_head(set)                  ? LR_HEAD
		: rk_params_is(set, "tune", "lora") ? LR_LORA
						    : LR_ALL,
	    NULL);
}

static struct rk_tune_options
options(const struct work *k)
{
	struct rk_tune_options o = rk_tune_default();

	o.labels = RK_CAUSAL_LABELS;
	o.bias = 0;
	o.pooling = RK_TUNE_LAST;
	o.loss = RK_TUNE_ENTROPY;
	o.lr = rate(k->set);
	o.decay = rk_params_num(k->set, "decay");
	o.clip = rk_params_num(k->set, "clip");
	o.drop = rk_params_num(k->set, "dropout");
	o.freeze = (size_t)rk_params_int(k->set, "freeze");
	o.seed = k->seed;
	return o;
}

/* How much of the work the states are, where they are all that is read. */
#define STATES_SHARE .9

/* The states of the examples; where nothing is learnt, of those held. */
static int
find_states(struct work *k, const struct rk_report *report, struct rk_err *err)
{
	const struct rk_causal_states s = { &k->init, &k->text, &k->data,
		is_done(k->set) ? k->data.n : 0 };
	struct rk_watch part = rk_watch_part(
	    report->watch, 0, STATES_SHARE, "%s", "");

	k->states = rk_causal_states_find(
	    &s, k->pool, report->checkpoint, &part, err);
	return k->states != NULL ? 0 : -1;
}

static int
make_tune(struct work *k, const struct rk_report *report, struct rk_err *err)
{
	struct rk_tune_options o = options(k);
	const struct rk_tune_lora lora = { (size_t)rk_params_int(
					       k->set, "rank"),
		rk_params_num(k->set, "alpha"), RK_TUNE_ON_ALL };

	if (is_head(k->set)) {
		if (find_states(k, report, err) != 0)
			return -1;
		k->tune = rk_tune_states(k->init.of.decoder.d, &o);
	} else {
		k->tune = rk_tune_decoder(&k->init.of.decoder, &k->init.files,
		    NULL, rk_params_is(k->set, "tune", "lora") ? &lora : NULL,
		    &o, k->pool, err);
	}
	if (k->tune == NULL)
		return rk_err_in(err, "%s", k->init.of.dir);
	rk_tune_set_head(k->tune, k->init.rows);
	return 0;
}

/* --- training ------------------------------------------------------------------------- */

/* What scores depend on beside the logits. */
struct scoring {
	const double *gain;
	int routellm;
};

static double
score_held(const void *ctx, const float *z)
{
	const struct scoring *s = ctx;

	return rk_causal_labels_score(z, s->gain, s->routellm);
}

static int
put(struct work *k, const struct rk_tuned_fit *f, struct rk_st_writer *w,
    struct rk_err *err)
{
	struct rk_causal_file file = {
		.init = &k->init,
		.text = &k->text,
		.body = is_head(k->set) ? NULL : k->tune,
		.rows = k->tune->w.p + k->tune->head,
		.gain = k->labels.gain,
		.shift = f->shift,
		.type = f->half ? RK_F16 : RK_F32,
	};

	return rk_causal_file_put(&file, w, err);
}

static int
fit(struct work *k, const struct rk_prefs *p, struct rk_st_writer *w,
    struct rk_report *report, struct rk_err *err)
{
	const struct scoring how = { k->labels.gain,
		rk_params_is(k->set, "compat", "routellm") };
	const struct rk_watch *all = report->watch;
	struct rk_watch part = rk_watch_part(
	    all, k->states != NULL ? STATES_SHARE : 0, 1, "%s", "");
	struct rk_tuned_fit f = {
		.tune = k->tune,
		.data = &k->data,
		.labels = &k->labels,
		.states = k->states,
		.balanced = rk_params_is(k->set, "balance", "yes"),
	};
	int rc;

	rk_tuned_fit_plan(&f, k->set, k->seed);
	f.head_as = is_head(k->set) ? rk_causal_init_type(&k->init)
	    : f.half                ? RK_F16
				    : RK_F32;
	report->watch = all != NULL ? &part : NULL;
	rc = rk_tuned_fit_run(&f, k->pool, report, err);
	report->watch = all;
	if (rc == 0)
		rc = put(k, &f, w, err);
	if (rc == 0) {
		rk_tuned_fit_unseen(&f, p->n, score_held, &how, report);
		rk_tuned_fit_report(&f, report);
		rk_report_num(report, "lr", k->tune->o.lr);
	}
	free(f.z);
	return rc;
}

static int
train(const struct rk_prefs *p, const struct rk_params *set, uint64_t seed,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_report *report,
    struct rk_err *err)
{
	struct work k = { .set = set, .seed = seed, .pool = pool };
	int rc = -1;

	if (p->strong >= p->k || p->weak >= p->k)
		return rk_err_set(err,
		    "it scores one pair: name it with --strong and --weak");
	if (p->text == NULL)
		return rk_err_set(err, "it needs texts");
	if (rk_causal_is_remote(set))
		return rk_causal_remote_train(p, set, w, report, err);
	if (prepare(&k, p, err) == 0) {
		if (report->checkpoint != NULL)
			report->checkpoint->key ^= rk_digest(k.init.digest,
			    k.text.template.source, k.text.template.bytes);
		if (make_tune(&k, report, err) == 0)
			rc = fit(&k, p, w, report, err);
	}
	work_free(&k);
	return rc;
}

/* --- scoring: here, or by a server ---------------------------------------------------- */

struct model {
	void *own, *remote; /* one of them */
};

static void
close_model(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_causal_close(m->own);
	rk_causal_remote_close(m->remote);
	free(m);
}

static void *
open_model(const struct rk_st *st, const char *prefix, size_t k,
    const struct rk_params *set, uint64_t seed, size_t *d, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);

	*d = 0;
	if (rk_causal_is_remote(set))
		m->remote = rk_causal_remote_open(st, prefix, set, err);
	else
		m->own = rk_causal_open(st, prefix, k, set, seed, d, err);
	if (m->own != NULL || m->remote != NULL)
		return m;
	free(m);
	return NULL;
}

static unsigned
needs_of(const void *model)
{
	const struct model *m = model;

	return RK_NEEDS_TEXT | RK_OWN_PAIR |
	    (m->remote != NULL ? RK_NEEDS_SERVER : 0);
}

static void
score(void *model, const struct rk_queries *q, const size_t *rows, size_t cols,
    struct rk_pool *pool, float *scores)
{
	struct model *m = model;

	if (m->remote != NULL)
		rk_causal_remote_score(m->remote, q, scores);
	else
		rk_causal_score(m->own, q, rows, cols, pool, scores);
}

const struct rk_router rk_router_causal = {
	.name = "causal",
	.about = "a language model that predicts the weak model's score",
	.needs = RK_NEEDS_TEXT | RK_GIVES_UNSEEN | RK_HAS_CHECKPOINTS |
	    RK_OWN_PAIR,
	.link = RK_LINK_PAIR,
	.params = params,
	.train = train,
	.open = open_model,
	.needs_of = needs_of,
	.score = score,
	.close = close_model,
};
