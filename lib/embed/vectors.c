/*
 * vectors.c - records are looked at in parallel, judged one by one in their
 * order, and then embedded together.
 */
#include "embed/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/json.h"
#include "math/mat.h"

enum { CHECKED = 16 }; /* records held against the embedder */
enum { TILE = 16 };    /* records that a thread takes at a time */
enum { MAX_DIM = 1 << 20 };

/* What one record of a batch says. */
struct rk_vector_of {
	struct rk_str text;
	int has_text;
	size_t d; /* numbers in its embedding; 0: none */
};

struct work {
	struct rk_vectors *v;
	struct rk_rec *rec;
	size_t n;
};

/* --- in parallel ----------------------------------------------------------- */

/* The text is read where it is needed: jansson reads strings slowly. */
static void
look(struct rk_vectors *v, struct rk_rec *rec, struct rk_vector_of *of)
{
	const char *field = v->prompt.field;
	struct rk_err none = { { 0 } };
	int emb, text;

	memset(of, 0, sizeof *of);
	emb = rk_rec_embedding_dim(rec, &of->d, &rec->err);
	if (emb < 0 || (emb && (v->foreign || v->checked >= CHECKED)))
		return;
	/* a record with an embedding may have any text, or none */
	text = rk_rec_prompt(
	    rec, &v->prompt, &of->text, emb ? &none : &rec->err);
	of->has_text = text == 1;
	if (!emb && text == 0)
		rk_err_set(&rec->err, "neither an embedding nor %s",
		    field ? field : "a prompt or messages");
}

static void
look_tile(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	size_t i = tile * TILE, end = i + TILE;

	(void)thread;
	for (; i < end && i < w->n; i++)
		if (!rk_err_is(&w->rec[i].err))
			look(w->v, &w->rec[i], &w->v->of[i]);
}

static void
unit_tile(void *ctx, size_t tile, int thread)
{
	struct work *w = ctx;
	size_t i = tile * TILE, end = i + TILE, d = w->v->d;

	(void)thread;
	for (; i < end && i < w->n; i++) {
		float *x = w->v->unit + i * d;
		struct rk_rec *rec = &w->rec[i];

		if (!rk_err_is(&rec->err) && w->v->of[i].d > 0)
			rk_rec_embedding(rec, x, d, &rec->err);
		if (rk_err_is(&rec->err))
			memset(x, 0, d * sizeof *x);
		rk_mat_unit_rows(x, x, 1, d);
	}
}

/* --- one by one ------------------------------------------------------------- */

/* Opens the embedder, at the dimension of the records before, if any. */
static int
open_embedder(struct rk_vectors *v, struct rk_pool *pool, struct rk_err *err)
{
	struct rk_params *set;
	struct rk_err why = { { 0 } };
	char dim[32];
	int rc = 0;

	if (v->embed.kind != NULL)
		return 0;
	set = rk_params_copy(v->set);
	snprintf(dim, sizeof dim, "dim=%zu", v->d);
	if (v->d != 0 && rk_params_has(set, "dim") &&
	    !rk_params_is_set(set, "dim") && rk_params_set(set, dim, &why) != 0)
		rc = rk_err_set(err,
		    "embedding: missing, and '%s' makes none of %zu numbers, "
		    "as the records before it have",
		    v->kind->name, v->d);
	else
		rc = rk_embed_open(&v->embed, v->kind->name, set, pool, err);
	rk_params_free(set);
	return rc;
}

/* Is the record's embedding the one that the embedder makes of its text? */
static int
is_its_own(struct rk_vectors *v, const struct rk_rec *rec,
    const struct rk_vector_of *of, struct rk_pool *pool)
{
	struct rk_err why = { { 0 } };
	float *want, *got;
	size_t j;
	int is;

	if (open_embedder(v, pool, &why) != 0 || v->embed.dim != of->d)
		return 0;
	want = rk_floats(of->d);
	got = rk_floats(of->d);
	is = rk_rec_embedding(rec, got, of->d, &why) == 1 &&
	    rk_embed_texts(&v->embed, &of->text, 1, pool, want, &why) == 0;
	for (j = 0; j < of->d && is; j++)
		is = fabsf(want[j] - got[j]) <= 1e-6f;
	free(want);
	free(got);
	return is;
}

/* The first embedding decides about the dimension, if it can be read. */
static int
decide_dim(struct rk_vectors *v, struct rk_rec *rec, size_t d)
{
	float *x;
	int rc;

	if (d > MAX_DIM)
		return rk_err_set(&rec->err,
		    "embedding: %zu numbers, expected at most %d", d, MAX_DIM);
	x = rk_floats(d);
	rc = rk_rec_embedding(rec, x, d, &rec->err) == 1 ? 0 : -1;
	free(x);
	if (rc == 0)
		v->d = d;
	return rc;
}

static void
judge_given(struct rk_vectors *v, struct rk_rec *rec,
    const struct rk_vector_of *of, struct rk_pool *pool)
{
	if (v->d == 0 && decide_dim(v, rec, of->d) != 0)
		return;
	if (of->d != v->d) {
		rk_err_set(&rec->err,
		    "embedding: %zu numbers, expected %zu as in the records "
		    "before it",
		    of->d, v->d);
		return;
	}
	if (!of->has_text || v->foreign || v->checked >= CHECKED ||
	    v->kind->believed != NULL)
		return;
	v->checked++;
	if (is_its_own(v, rec, of, pool))
		return;
	if (v->made)
		rk_err_set(&rec->err,
		    "embedding: not the one that '%s' makes, as some before it "
		    "are",
		    v->kind->name);
	else
		v->foreign = 1;
}

static void
judge_text(struct rk_vectors *v, struct rk_rec *rec, struct rk_pool *pool)
{
	if (v->foreign) {
		rk_err_set(&rec->err,
		    "embedding: missing, and those before it are not of the "
		    "embedder '%s'",
		    v->kind->name);
		return;
	}
	if (open_embedder(v, pool, &rec->err) != 0)
		return;
	if (v->d == 0)
		v->d = v->embed.dim;
	if (v->embed.dim != v->d)
		rk_err_set(&rec->err,
		    "embedding: missing, and '%s' makes %zu numbers where "
		    "those before it have %zu",
		    v->kind->name, v->embed.dim, v->d);
	else
		v->made = 1;
}

/* --- a batch ---------------------------------------------------------------- */

/* The texts that came without a vector. */
static void
embed(struct work *w, struct rk_pool *pool)
{
	struct rk_vectors *v = w->v;
	struct rk_str *text = rk_array(NULL, w->n, sizeof *text);
	struct rk_err **errs = rk_array(NULL, w->n, sizeof *errs);
	size_t *to = rk_array(NULL, w->n, sizeof *to), m = 0, i;
	float *out;

	for (i = 0; i < w->n; i++) {
		if (rk_err_is(&w->rec[i].err) || v->of[i].d > 0)
			continue;
		text[m] = v->of[i].text;
		errs[m] = &w->rec[i].err;
		to[m++] = i;
	}
	out = rk_floats(m * v->d);
	if (m > 0)
		rk_embed_each(&v->embed, text, m, pool, out, errs);
	for (i = 0; i < m; i++)
		if (!rk_err_is(errs[i]))
			memcpy(v->unit + to[i] * v->d, out + i * v->d,
			    v->d * sizeof *out);
	free(out);
	free(text);
	free(errs);
	free(to);
}

void
rk_vectors_read(
    struct rk_vectors *v, struct rk_rec *rec, size_t n, struct rk_pool *pool)
{
	struct work w = { v, rec, n };
	size_t i, tiles = (n + TILE - 1) / TILE;

	if (n > v->cap) {
		v->cap = n;
		v->of = rk_array(v->of, n, sizeof *v->of);
	}
	rk_pool_run(pool, tiles, look_tile, &w);
	for (i = 0; i < n; i++) {
		if (rk_err_is(&rec[i].err))
			continue;
		if (v->of[i].d > 0)
			judge_given(v, &rec[i], &v->of[i], pool);
		else
			judge_text(v, &rec[i], pool);
	}
	if (v->d == 0)
		return; /* all are bad */
	if (v->floats < n * v->d) {
		free(v->unit);
		v->unit = rk_floats(n * v->d);
		v->floats = n * v->d;
	}
	embed(&w, pool);
	rk_pool_run(pool, tiles, unit_tile, &w);
}

int
rk_vectors_match(
    const struct rk_vectors *v, const char *id, size_t d, struct rk_err *err)
{
	struct rk_buf kind = { 0 };
	int given = rk_json_text(id, "kind", &kind, err) == 1 &&
	    strcmp(kind.p, "given") == 0;

	rk_buf_free(&kind);
	if (given && v->made)
		return rk_err_set(err,
		    "its embeddings were made elsewhere, and there are records "
		    "without one");
	if (v->d != 0 && v->d != d)
		return rk_err_set(err,
		    "its embeddings have %zu numbers, those of the records %zu",
		    d, v->d);
	if (!given && v->foreign)
		return rk_err_set(err,
		    "its embeddings are those of %s, and those of the records "
		    "are not",
		    id);
	if (!given && v->embed.kind != NULL && strcmp(v->embed.id, id) != 0)
		return rk_err_set(err,
		    "its embeddings are those of %s, and this program has %s",
		    id, v->embed.id);
	return 0;
}

void
rk_vectors_free(struct rk_vectors *v)
{
	if (v->embed.kind != NULL)
		rk_embed_close(&v->embed);
	free(v->of);
	free(v->unit);
	memset(v, 0, sizeof *v);
}
