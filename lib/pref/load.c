/*
 * load.c - prompts are told apart by a 64-bit digest of their text, or of
 * their embedding where they have no text. A batch is looked through in
 * parallel, new prompts are embedded together, and then the records are taken
 * in one by one, in their order.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "pref/load-state.h"

enum { CHECKED = 16 }; /* records held against the embedder */

/* What one record of a batch says, before it is taken in. */
struct seen {
	struct rk_str text;
	int has_text;
	uint64_t digest;
	size_t d;        /* numbers in its embedding, 0: none */
	long prompt;     /* -1: new */
	size_t row;      /* of the batch's new embeddings */
	int needs_embed; /* by the embedder */
};

struct work {
	struct rk_loader *l;
	struct rk_rec *rec;
	struct seen *seen;
	size_t n;
	float *rows; /* where the new embeddings go */
};

/* --- a batch: what its records hold, in parallel -------------------------- */

static void
look(struct work *w, size_t i)
{
	const struct rk_load_how *how = &w->l->how;
	struct rk_rec *r = &w->rec[i];
	struct seen *s = &w->seen[i];
	struct rk_err *err = &r->err;
	int text, emb;

	memset(s, 0, sizeof *s);
	text = rk_rec_prompt(r, &how->prompt, &s->text, err);
	emb = text < 0 ? -1 : rk_rec_embedding_dim(r, &s->d, err);
	if (text < 0 || emb < 0)
		return;
	s->has_text = text;
	if (!text && (how->text == 1 || !emb)) {
		rk_err_set(err, "%s: missing",
		    how->prompt.field ? how->prompt.field : "prompt");
		return;
	}
	if (text) {
		s->digest = rk_num_hash(s->text.p, s->text.n);
	} else {
		float *x = rk_floats(s->d + 1);
		if (rk_rec_embedding(r, x, s->d, err) == 1)
			s->digest = rk_num_hash(x, s->d * sizeof *x);
		free(x);
	}
	s->needs_embed = how->embed && !emb;
}

static void
look_tile(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	size_t i = tile * 16, end = i + 16;

	(void)thread;
	for (; i < end && i < w->n; i++)
		if (!rk_err_is(&w->rec[i].err))
			look(w, i);
}

/* --- embeddings ----------------------------------------------------------- */

int
rk_load_believes(const struct rk_loader *l)
{
	return l->how.embedder != NULL && l->how.embedder->believed != NULL;
}

/*
 * Opens the embedder of the options, at dimension D unless the user set it.
 * That the dimension is the parameter "dim" is part of the contract with
 * embedders whose dimension can be chosen.
 */
static int
open_embedder(
    struct rk_loader *l, size_t d, struct rk_pool *pool, struct rk_err *err)
{
	struct rk_params *set = rk_params_copy(l->how.embedder_set);
	struct rk_err why = { { 0 } };
	char dim[32];
	int rc;

	snprintf(dim, sizeof dim, "dim=%zu", d);
	if (d != 0 && rk_params_has(set, "dim") &&
	    !rk_params_is_set(set, "dim") &&
	    rk_params_set(set, dim, &why) != 0) {
		rk_params_free(set);
		return rk_err_set(err,
		    "embedding: missing, and '%s' makes none of %zu numbers, "
		    "as the records before it have",
		    l->how.embedder->name, d);
	}
	rc = rk_embed_open(&l->embed, l->how.embedder->name, set, pool, err);
	rk_params_free(set);
	return rc;
}

/*
 * Are the embeddings that came with texts those that the embedder makes of
 * them? The first few records decide.
 */
static void
check_embedder(struct work *w, struct rk_pool *pool)
{
	struct rk_loader *l = w->l;
	struct rk_err err = { { 0 } };
	float *want, *got;
	size_t i, j;

	if (rk_load_believes(l))
		return;
	for (i = 0; i < w->n && l->checked < CHECKED && !l->given; i++) {
		struct seen *s = &w->seen[i];
		if (rk_err_is(&w->rec[i].err) || s->d == 0 || !s->has_text)
			continue;
		if (l->embed.kind == NULL &&
		    open_embedder(l, s->d, pool, &err) != 0) {
			l->given = 1;
			return;
		}
		l->checked++;
		if (l->embed.dim != s->d) {
			l->given = 1;
			return;
		}
		want = rk_floats(s->d + 1);
		got = rk_floats(s->d + 1);
		if (rk_rec_embedding(&w->rec[i], got, s->d, &err) != 1 ||
		    rk_embed_texts(&l->embed, &s->text, 1, pool, want, &err) !=
			0)
			l->given = 1;
		for (j = 0; j < s->d && !l->given; j++)
			l->given = fabsf(want[j] - got[j]) > 1e-6f;
		free(want);
		free(got);
	}
}

static void
decode_tile(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	struct rk_rec *r = &w->rec[tile];
	struct seen *s = &w->seen[tile];

	(void)thread;
	if (rk_err_is(&r->err) || s->prompt >= 0 || s->needs_embed)
		return;
	rk_rec_embedding(r, w->rows + s->row * w->l->prompts.d, s->d, &r->err);
}

/* The embeddings of the batch's texts that have none. */
static void
embed_new(struct work *w, struct rk_pool *pool)
{
	struct rk_loader *l = w->l;
	struct rk_str *text = rk_calloc(w->n, sizeof *text);
	struct rk_err **errs = rk_calloc(w->n, sizeof *errs);
	size_t *to = rk_calloc(w->n, sizeof *to), i, m = 0;
	float *out;

	for (i = 0; i < w->n; i++) {
		if (rk_err_is(&w->rec[i].err) || w->seen[i].prompt >= 0 ||
		    !w->seen[i].needs_embed)
			continue;
		text[m] = w->seen[i].text;
		errs[m] = &w->rec[i].err;
		to[m++] = w->seen[i].row;
	}
	if (m > 0) {
		out = rk_floats(m * l->prompts.d);
		rk_embed_each(&l->embed, text, m, pool, out, errs);
		for (i = 0; i < m; i++)
			memcpy(w->rows + to[i] * l->prompts.d,
			    out + i * l->prompts.d, l->prompts.d * sizeof *out);
		free(out);
	}
	free(text);
	free(errs);
	free(to);
}

/* The name of the record's source; NUM is room for one that is a number. */
static int
read_source(const struct rk_load_how *how, const struct rk_rec *r,
    struct rk_str *out, char num[32], struct rk_err *err)
{
	double x;
	int is_text, found;

	*out = (struct rk_str){ "", 0 };
	if (how->source_file)
		*out = (struct rk_str){ r->file, strlen(r->file) };
	if (how->kinds != RK_KINDS_NONE)
		*out = rk_kinds_name(rk_rec_has(r, "quality"));
	if (how->source_file || how->kinds || how->source == NULL)
		return 0;
	found = rk_rec_key(r, how->source, &x, out, &is_text, err);
	if (found == 0)
		return rk_err_set(err, "%s: missing", how->source);
	if (found < 0)
		return -1;
	if (!is_text) {
		rk_num_print_f64(num, x);
		*out = (struct rk_str){ num, strlen(num) };
	}
	if (memchr(out->p, '\0', out->n) != NULL)
		return rk_err_set(
		    err, "%s: \\u0000 in a source's name", how->source);
	return 0;
}

/* Is what the record says of its prompt right? Takes nothing in. */
static int
says_right(const struct rk_loader *l, struct rk_rec *r)
{
	struct rk_verdicts v;
	struct rk_str source;
	char num[32];
	int rc;

	if (read_source(&l->how, r, &source, num, &r->err) != 0 ||
	    rk_verdicts_init(&v, &l->how.verdicts, &r->err) != 0)
		return 0;
	rc = rk_verdicts_add(&v, r, 0, source, &r->err);
	rk_verdicts_free(&v);
	return rc >= 0;
}

/* Embeddings that are believed to be an embedder's have the D it was told. */
static int
check_believed(const struct rk_loader *l, size_t d, struct rk_err *err)
{
	long dim = rk_params_int(l->how.embedder_set, "dim");

	return dim == 0 || (size_t)dim == d
	    ? 0
	    : rk_err_set(err, "embedding: %zu numbers, expected %ld", d, dim);
}

/*
 * The record's embedding must have the dimension of those before it; the first
 * record that is right decides.
 */
static void
check_dim(struct work *w, size_t i, struct rk_pool *pool)
{
	struct rk_loader *l = w->l;
	struct seen *s = &w->seen[i];
	struct rk_err *err = &w->rec[i].err;

	if (s->needs_embed) {
		if (l->given) {
			rk_err_set(err,
			    "embedding: missing, and those before it are not "
			    "of the embedder '%s'",
			    l->how.embedder->name);
			return;
		}
		if (l->embed.kind == NULL &&
		    open_embedder(l, l->prompts.d, pool, err) != 0)
			return;
		s->d = l->embed.dim;
	}
	if (l->prompts.d == 0 && rk_load_believes(l) &&
	    check_believed(l, s->d, err) != 0)
		return;
	if (l->prompts.d == 0 && says_right(l, &w->rec[i]))
		l->prompts.d = s->d;
	if (rk_err_is(err))
		return;
	if (s->d != l->prompts.d)
		rk_err_set(err,
		    "embedding: %zu numbers, expected %zu as in the records "
		    "before it",
		    s->d, l->prompts.d);
}

/* --- a batch: what its records say, one by one ----------------------------- */

/* The key that --valid-by names. */
static int
read_key(struct rk_loader *l, const struct rk_rec *r, struct rk_fold_key *key,
    struct rk_err *err)
{
	struct rk_str s = { NULL, 0 };
	int is_text, found;

	if (l->how.valid_by == NULL)
		return 0;
	found = rk_rec_key(r, l->how.valid_by, &key->num, &s, &is_text, err);
	if (found == 0)
		return rk_err_set(err, "%s: missing", l->how.valid_by);
	if (found < 0)
		return -1;
	if (l->prompts.n > 0 && is_text != (l->prompts.key[0].text != NULL))
		return rk_err_set(
		    err, "%s: numbers and strings are mixed", l->how.valid_by);
	if (is_text)
		key->text = rk_strndup(s.p, s.n);
	return 0;
}

/* The record's id, if it is no object, array or null, names its prompt. */
static void
take_id(struct rk_prompts *p, size_t prompt, const struct rk_rec *r)
{
	struct rk_str id;

	if (rk_rec_raw(r, "id", &id) == 1 && strchr("{[n", id.p[0]) == NULL)
		rk_prompts_name(p, prompt, id);
}

/* Takes in one record, or nothing of it. */
static void
take(struct work *w, size_t i)
{
	struct rk_loader *l = w->l;
	struct rk_rec *r = &w->rec[i];
	struct seen *s = &w->seen[i];
	struct rk_fold_key key = { NAN, NULL };
	struct rk_str source;
	char num[32];
	uint32_t prompt;
	int took = -1;

	/* the same prompt may be twice in a batch */
	s->prompt = rk_prompts_find(&l->prompts, s->digest);
	prompt = (uint32_t)(s->prompt < 0 ? (long)l->prompts.n : s->prompt);
	if (read_key(l, r, &key, &r->err) == 0 &&
	    read_source(&l->how, r, &source, num, &r->err) == 0)
		took = rk_verdicts_add(
		    &l->verdicts, r, prompt, source, &r->err);
	l->records += took >= 0;
	if (took <= 0) {
		free(key.text);
		return;
	}
	l->textless += !s->has_text;
	if (s->prompt < 0)
		rk_prompts_add(&l->prompts, s->digest, s->text,
		    l->how.embed ? w->rows + s->row * l->prompts.d : NULL);
	take_id(&l->prompts, prompt, r);
	if (l->how.valid_by != NULL)
		rk_prompts_key(&l->prompts, prompt, key);
}

void
rk_load_add(
    struct rk_loader *l, struct rk_rec *rec, size_t n, struct rk_pool *pool)
{
	struct work w = { l, rec, rk_calloc(n, sizeof *w.seen), n, NULL };
	size_t i, rows = 0;

	rk_pool_run(pool, (n + 15) / 16, look_tile, &w);
	if (l->how.embed)
		check_embedder(&w, pool);
	for (i = 0; i < n; i++) {
		struct seen *s = &w.seen[i];
		if (rk_err_is(&rec[i].err))
			continue;
		if (l->how.embed)
			check_dim(&w, i, pool);
		s->prompt = rk_prompts_find(&l->prompts, s->digest);
		if (s->prompt < 0)
			s->row = rows++;
	}
	if (l->how.embed) {
		w.rows = rk_floats(rows * l->prompts.d + 1);
		rk_pool_run(pool, n, decode_tile, &w);
		embed_new(&w, pool);
	}
	for (i = 0; i < n; i++) {
		if (!rk_err_is(&rec[i].err))
			take(&w, i);
	}
	free(w.rows);
	free(w.seen);
}

/* --- the whole ---------------------------------------------------------------- */

struct rk_loader *
rk_load_new(const struct rk_load_how *how, struct rk_err *err)
{
	struct rk_loader *l = rk_calloc(1, sizeof *l);

	l->how = *how;
	l->prompts.keep_text = how->text != 0;
	l->prompts.keep_key = how->valid_by != NULL;
	if (rk_verdicts_init(&l->verdicts, &l->how.verdicts, err) == 0)
		return l;
	free(l);
	return NULL;
}

void
rk_load_free(struct rk_loader *l)
{
	if (l == NULL)
		return;
	rk_prompts_free(&l->prompts);
	rk_verdicts_free(&l->verdicts);
	if (l->embed.kind != NULL)
		rk_embed_close(&l->embed);
	free(l->given_id);
	free(l->valid);
	free(l);
}
