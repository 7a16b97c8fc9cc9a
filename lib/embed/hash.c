/*
 * hash.c - the built-in embedder: text/hash-features.h over the pool. It needs
 * no download and no key.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "embed/embedder.h"
#include "text/hash-features.h"
#include "text/unicode.h"

enum { TILE = 8 }; /* texts that a thread takes at a time */

struct hash {
	size_t dim;
	struct rk_hash **scratch; /* [threads], NULL until first used */
	int threads;
};

static const struct rk_param params[] = {
	{ "dim", RK_PARAM_INT, "1024", RK_HASH_MIN_DIM, RK_HASH_MAX_DIM, NULL,
	    "how many buckets the features are hashed to" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

static void *
hash_open(const struct rk_params *set, struct rk_pool *pool, size_t *dim,
    char **id, struct rk_err *err)
{
	struct hash *s = rk_calloc(1, sizeof *s);
	struct rk_buf b = { 0 };

	(void)pool, (void)err;
	s->dim = *dim = (size_t)rk_params_int(set, "dim");
	rk_buf_addf(&b,
	    "{\"kind\":\"hash\",\"dim\":%zu,\"version\":%d,"
	    "\"unicode\":\"%s\"}",
	    s->dim, RK_HASH_VERSION, rk_unicode_version());
	*id = b.p;
	return s;
}

struct job {
	struct hash *s;
	const struct rk_str *texts;
	size_t n;
	float *out;
	struct rk_err *const *errs; /* [n] */
};

static void
embed_tile(void *ctx, size_t tile, int thread)
{
	struct job *j = ctx;
	struct rk_hash **f = &j->s->scratch[thread];
	size_t i = tile * TILE, end = i + TILE < j->n ? i + TILE : j->n;

	if (*f == NULL)
		*f = rk_hash_new(j->s->dim);
	for (; i < end; i++)
		rk_hash_text(*f, j->out + i * j->s->dim, j->texts[i].p,
		    j->texts[i].n, j->errs[i]);
}

/* Scratch for every thread of the pool, which may be another than before. */
static void
need_scratch(struct hash *s, int threads)
{
	if (threads > s->threads)
		s->scratch = rk_array(
		    s->scratch, (size_t)threads, sizeof *s->scratch);
	for (; s->threads < threads; s->threads++)
		s->scratch[s->threads] = NULL;
}

static void
hash_embed(void *state, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs)
{
	struct job j = { state, texts, n, out, errs };

	need_scratch(state, rk_pool_size(pool));
	rk_pool_run(pool, (n + TILE - 1) / TILE, embed_tile, &j);
}

static void
hash_close(void *state)
{
	struct hash *s = state;
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->threads; i++)
		rk_hash_free(s->scratch[i]);
	free(s->scratch);
	free(s);
}

const struct rk_embedder rk_embedder_hash = {
	.name = "hash",
	.about = "hashed words and pieces of words; any language, no download",
	.params = params,
	.open = hash_open,
	.embed = hash_embed,
	.close = hash_close,
};
