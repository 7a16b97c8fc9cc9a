/*
 * encoder.c - a sentence encoder that is run here: the folder of a transformer
 * of BERT's kind as it is published (config.json, model.safetensors,
 * tokenizer.json). A text that is longer than the model takes is cut, or is the
 * mean of its windows.
 */
#include "nn/encoder.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "embed/embedder.h"
#include "nn/pooling.h"
#include "nn/sentence.h"
#include "text/tokenizer.h"

enum { TILE = 8 }; /* texts that a thread takes at a time, as tokens */

struct encoder {
	struct rk_encoder *nn;
	struct rk_tok *tok;
	struct rk_tok_scratch **scratch; /* [threads], NULL until first used */
	int threads;
	struct rk_sentence sentence;
	struct rk_pooling pooling;
	struct rk_buf prefix;
	size_t tokens; /* in a window at most, with those at its ends */
	int windows;   /* of a long text: all, else the first */
	uint64_t digest;
};

static const struct rk_param params[] = {
	{ "dir", RK_PARAM_PATH, "", 0, 0, NULL,
	    "the model's folder; else the one with the digest is looked for" },
	{ "digest", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "what the model's digest must be" },
	{ "pooling", RK_PARAM_WORD, "model", 0, 0, "model|mean|cls|last",
	    "which tokens the vector is of; as the model's files say, or mean" },
	{ "normalize", RK_PARAM_WORD, "model", 0, 0, "model|yes|no",
	    "vectors of length 1; as the model's files say, or yes" },
	{ "prefix", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "stands before every text, as \"query: \" for E5" },
	{ "max-tokens", RK_PARAM_INT, "0", 0, 1 << 20, NULL,
	    "tokens of a text at most; 0: what the model takes" },
	{ "long", RK_PARAM_WORD, "truncate", 0, 0, "truncate|mean",
	    "of a longer text: its beginning, or the mean of all windows" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

/* --- the folder --------------------------------------------------------------------- */

/* The tokenizer, and H with a digest of its file. */
static int
open_tokenizer(
    struct encoder *s, const char *dir, uint64_t *h, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	const char *json;
	size_t n;

	rk_buf_addf(&path, "%s/tokenizer.json", dir);
	s->tok = rk_tok_open(path.p, err);
	if (s->tok != NULL && rk_tok_count(s->tok) > s->nn->config.vocab)
		rk_err_set(err, "%s: %zu ids, the model has %zu", path.p,
		    rk_tok_count(s->tok), s->nn->config.vocab);
	rk_buf_free(&path);
	if (rk_err_is(err))
		return -1;
	json = rk_tok_json(s->tok, &n);
	*h = rk_digest(*h, json, n);
	return 0;
}

/* What of the model's own the options leave as it is. */
static int
choose(struct encoder *s, const struct rk_params *set, const char *dir,
    struct rk_err *err)
{
	size_t most = s->nn->config.tokens, asked;

	if (rk_pooling_open(&s->pooling, dir, err) != 0)
		return -1;
	if (rk_params_is(set, "pooling", "mean"))
		s->pooling.how = RK_POOLING_MEAN;
	else if (rk_params_is(set, "pooling", "cls"))
		s->pooling.how = RK_POOLING_CLS;
	else if (rk_params_is(set, "pooling", "last"))
		s->pooling.how = RK_POOLING_LAST;
	if (!rk_params_is(set, "normalize", "model"))
		s->pooling.unit = rk_params_is(set, "normalize", "yes");
	rk_buf_adds(&s->prefix, rk_params_text(set, "prefix"));
	s->windows = rk_params_is(set, "long", "mean");
	asked = (size_t)rk_params_int(set, "max-tokens");
	if (asked > most)
		return rk_err_set(err,
		    "max-tokens: %zu, the model takes at most %zu", asked,
		    most);
	if (asked == 0)
		asked = s->pooling.tokens;
	s->tokens = asked > 0 && asked < most ? asked : most;
	if (s->tokens <= rk_tok_specials(s->tok))
		return rk_err_set(err,
		    "max-tokens: %zu, expected more than the %zu that stand "
		    "around each text",
		    s->tokens, rk_tok_specials(s->tok));
	return 0;
}

static void
print_id(const struct encoder *s, struct rk_buf *b)
{
	static const char *const how[] = { "mean", "cls", "last" };

	rk_buf_addf(b,
	    "{\"kind\":\"encoder\",\"dim\":%zu,\"digest\":\"%016llx\","
	    "\"pooling\":\"%s\",\"normalize\":\"%s\",\"prefix\":",
	    s->nn->config.d, (unsigned long long)s->digest, how[s->pooling.how],
	    s->pooling.unit ? "yes" : "no");
	rk_buf_json(b, s->prefix.p, s->prefix.n);
	rk_buf_addf(b, ",\"max-tokens\":%zu,\"long\":\"%s\"}", s->tokens,
	    s->windows ? "mean" : "truncate");
}

static void
encoder_close(void *state)
{
	struct encoder *s = state;
	int i;

	if (s == NULL)
		return;
	rk_sentence_free(&s->sentence);
	rk_encoder_free(s->nn);
	rk_tok_free(s->tok);
	for (i = 0; i < s->threads; i++)
		rk_tok_scratch_free(s->scratch[i]);
	free(s->scratch);
	rk_buf_free(&s->prefix);
	free(s);
}

/* All but the options. */
static struct encoder *
open_dir(const char *dir, struct rk_pool *pool, struct rk_err *err)
{
	struct encoder *s = rk_calloc(1, sizeof *s);
	uint64_t h;

	s->nn = rk_encoder_open(dir, err);
	if (s->nn != NULL) {
		h = rk_encoder_digest(s->nn, pool);
		if (open_tokenizer(s, dir, &h, err) == 0) {
			s->digest = h;
			return s;
		}
	}
	encoder_close(s);
	return NULL;
}

/* --- the folder with a digest ---------------------------------------------------------- */

static int
has_digest(const struct encoder *s, const char *digest)
{
	char text[17];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)s->digest);
	return strcmp(text, digest) == 0;
}

/* The model in the folder DIR, if it is one and the one; *PATH: which it is. */
static struct encoder *
try_dir(const char *dir, const char *digest, struct rk_pool *pool,
    struct rk_buf *path)
{
	struct rk_buf config = { 0 };
	struct encoder *s = NULL;
	struct rk_err none = { { 0 } };

	rk_buf_addf(&config, "%s/config.json", dir);
	if (access(config.p, F_OK) == 0)
		s = open_dir(dir, pool, &none);
	rk_buf_free(&config);
	if (s != NULL && !has_digest(s, digest)) {
		encoder_close(s);
		s = NULL;
	}
	if (s != NULL) {
		path->n = 0;
		rk_buf_adds(path, dir);
	}
	return s;
}

/* FOLDER itself, or one of the folders in it. */
static struct encoder *
try_folder(const char *folder, const char *digest, struct rk_pool *pool,
    struct rk_buf *path)
{
	struct encoder *s = try_dir(folder, digest, pool, path);
	DIR *d = s == NULL ? opendir(folder) : NULL;
	struct rk_buf sub = { 0 };
	struct dirent *entry;

	while (d != NULL && s == NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		sub.n = 0;
		rk_buf_addf(&sub, "%s/%s", folder, entry->d_name);
		s = try_dir(sub.p, digest, pool, path);
	}
	if (d != NULL)
		closedir(d);
	rk_buf_free(&sub);
	return s;
}

static struct encoder *
find_dir(const char *digest, struct rk_pool *pool, struct rk_buf *path,
    struct rk_err *err)
{
	const char *list = rk_embedder_folders(), *at;
	struct encoder *s = NULL;
	size_t n;

	for (at = list; s == NULL && *at != '\0'; at += n + (at[n] == ':')) {
		char *folder;
		n = strcspn(at, ":");
		folder = rk_strndup(at, n);
		if (n > 0)
			s = try_folder(folder, digest, pool, path);
		free(folder);
	}
	if (s == NULL)
		rk_err_set(err,
		    "no encoder with the digest %s in the folders of RK_MODELS "
		    "(%s): say where its folder is",
		    digest, list);
	return s;
}

static void *
encoder_open(const struct rk_params *set, struct rk_pool *pool, size_t *dim,
    char **id, struct rk_err *err)
{
	const char *dir = rk_params_text(set, "dir");
	const char *digest = rk_params_text(set, "digest");
	struct rk_buf path = { 0 }, b = { 0 };
	struct encoder *s = NULL;

	rk_buf_adds(&path, dir);
	if (*dir != '\0')
		s = open_dir(dir, pool, err);
	else if (*digest != '\0')
		s = find_dir(digest, pool, &path, err);
	else
		rk_err_set(err, "the encoder's folder is not given");
	if (s != NULL && *digest != '\0' && !has_digest(s, digest))
		rk_err_set(err,
		    "%s: the encoder there has the digest %016llx, expected %s",
		    path.p, (unsigned long long)s->digest, digest);
	else if (s != NULL && choose(s, set, path.p, err) == 0) {
		rk_encoder_widen(s->nn, pool);
		s->sentence.encoder = s->nn;
		s->sentence.how = s->pooling.how;
		*dim = s->nn->config.d;
		print_id(s, &b);
		*id = b.p;
	}
	rk_buf_free(&path);
	if (b.p != NULL)
		return s;
	encoder_close(s);
	return NULL;
}

/* --- texts ------------------------------------------------------------------------------- */

/* A text as ids: its windows lie one after another. */
struct doc {
	struct rk_ids ids;
	size_t windows, first; /* its first window among all; bad: of none */
};

struct job {
	struct encoder *s;
	const struct rk_str *texts;
	size_t n, windows;
	struct doc *doc;            /* [n] */
	struct rk_text *text;       /* [windows] */
	double *vec;                /* [windows, d] */
	float *out;                 /* [n, d] */
	struct rk_err *const *errs; /* [n] */
};

/* Cuts the ids of a whole text, in place, into windows with ends. */
static void
cut(const struct encoder *s, struct doc *d)
{
	size_t step = s->tokens - rk_tok_specials(s->tok), at = 0, n;
	struct rk_ids all = d->ids;

	d->ids = (struct rk_ids){ 0 };
	d->windows = 0;
	do {
		n = all.n - at < step ? all.n - at : step;
		rk_tok_wrap(s->tok, all.p + at, n, &d->ids);
		at += n;
		d->windows++;
	} while (at < all.n);
	rk_ids_free(&all);
}

static void
encode(struct encoder *s, struct doc *d, const struct rk_str *text, int thread,
    struct rk_err *err)
{
	struct rk_tok_scratch **scratch = &s->scratch[thread];
	struct rk_buf b = { 0 };
	const char *p = text->p;
	size_t n = text->n;

	if (*scratch == NULL)
		*scratch = rk_tok_scratch_new();
	if (s->prefix.n > 0) {
		rk_buf_add(&b, s->prefix.p, s->prefix.n);
		rk_buf_add(&b, p, n);
		p = b.p;
		n = b.n;
	}
	if (s->windows) {
		if (rk_tok_encode(s->tok, *scratch, p, n, 0, &d->ids, err) == 0)
			cut(s, d);
	} else if (rk_tok_encode_max(
		       s->tok, *scratch, p, n, s->tokens, &d->ids, err) == 0) {
		d->windows = 1;
	}
	rk_buf_free(&b);
}

static void
encode_tile(void *ctx, size_t tile, int thread)
{
	struct job *j = ctx;
	size_t i = tile * TILE, end = i + TILE < j->n ? i + TILE : j->n;

	for (; i < end; i++)
		encode(j->s, &j->doc[i], &j->texts[i], thread, j->errs[i]);
}

/* The windows of all texts, one after another. */
static void
list_windows(struct job *j)
{
	size_t most = j->s->tokens, i, k, w = 0;

	for (i = 0; i < j->n; i++) {
		j->doc[i].first = w;
		w += j->doc[i].windows;
	}
	j->windows = w;
	j->text = rk_array(NULL, w, sizeof *j->text);
	for (i = 0; i < j->n; i++)
		for (k = 0; k < j->doc[i].windows; k++) {
			const struct rk_ids *ids = &j->doc[i].ids;
			size_t at = k * most;
			j->text[j->doc[i].first + k] =
			    (struct rk_text){ (const uint32_t *)ids->p + at,
				    ids->n - at < most ? ids->n - at : most };
		}
}

/* The windows' mean, by their tokens, brought to length 1 if that is asked. */
static void
combine(const struct job *j, size_t i)
{
	const struct doc *doc = &j->doc[i];
	size_t d = j->s->nn->config.d, w, k;
	double *x = j->vec + doc->first * d, sq = 0, scale = 1;
	double weight = (double)j->text[doc->first].t, all = weight;

	for (k = 0; k < d && doc->windows > 1; k++)
		x[k] *= weight;
	for (w = 1; w < doc->windows; w++) {
		weight = (double)j->text[doc->first + w].t;
		all += weight;
		for (k = 0; k < d; k++)
			x[k] += weight * x[w * d + k];
	}
	for (k = 0; k < d; k++)
		sq += x[k] * x[k];
	if (!isfinite(sq)) {
		rk_err_set(j->errs[i],
		    "the encoder's vector of the text is not finite");
		return;
	}
	if (j->s->pooling.unit)
		scale = sq > 0 ? 1 / sqrt(sq) : 0;
	else if (doc->windows > 1)
		scale = 1 / all;
	for (k = 0; k < d; k++)
		j->out[i * d + k] = (float)(x[k] * scale);
}

/* Scratch for every thread of the pool, which may be another than before. */
static void
need_scratch(struct encoder *s, int threads)
{
	if (threads > s->threads)
		s->scratch = rk_array(
		    s->scratch, (size_t)threads, sizeof *s->scratch);
	for (; s->threads < threads; s->threads++)
		s->scratch[s->threads] = NULL;
}

static void
encoder_embed(void *state, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs)
{
	struct encoder *s = state;
	struct job j = { s, texts, n, .out = out, .errs = errs };
	size_t i;

	j.doc = rk_calloc(n, sizeof *j.doc);
	need_scratch(s, rk_pool_size(pool));
	rk_pool_run(pool, (n + TILE - 1) / TILE, encode_tile, &j);
	list_windows(&j);
	j.vec = rk_array(NULL, j.windows * s->nn->config.d, sizeof *j.vec);
	rk_sentence_embed(&s->sentence, j.vec, j.text, j.windows, pool);
	for (i = 0; i < n; i++)
		if (j.doc[i].windows > 0)
			combine(&j, i);
	for (i = 0; i < n; i++)
		rk_ids_free(&j.doc[i].ids);
	free(j.doc);
	free(j.text);
	free(j.vec);
}

const struct rk_embedder rk_embedder_encoder = {
	.name = "encoder",
	.about = "a sentence encoder of BERT's kind, from its folder",
	.params = params,
	.open = encoder_open,
	.embed = encoder_embed,
	.close = encoder_close,
};
