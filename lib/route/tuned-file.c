/* tuned-file.c - pieces of a model file, in and out. */
#include "route/tuned-file.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* --- out --------------------------------------------------------------------- */

void
rk_tuned_put_bytes(
    struct rk_st_writer *w, const char *name, const char *p, size_t n)
{
	rk_st_give(w, name, RK_U8, 1, &n, memcpy(rk_malloc(n), p, n));
}

/* To the nearest, of two the even one. */
static uint16_t
to_bf16(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	if (x != x)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void *
rk_tuned_narrow(const float *x, size_t n, enum rk_dtype type)
{
	uint16_t *h;
	size_t i;

	if (type == RK_F32)
		return memcpy(rk_floats(n), x, n * sizeof *x);
	h = rk_array(NULL, n, sizeof *h);
	for (i = 0; i < n; i++)
		h[i] = type == RK_F16 ? rk_num_to_f16(x[i]) : to_bf16(x[i]);
	return h;
}

void
rk_tuned_put_part(struct rk_st_writer *w, const char *prefix,
    const struct rk_weights_part *part, const float *x, enum rk_dtype type)
{
	size_t n = part->shape[0] * part->shape[1];
	struct rk_buf name = { 0 };

	rk_buf_addf(&name, "%s%s", prefix, part->name);
	rk_st_give(w, name.p, type, part->ndim, part->shape,
	    rk_tuned_narrow(x, n, type));
	rk_buf_free(&name);
}

/* --- in ------------------------------------------------------------------------ */

const struct rk_tensor *
rk_tuned_bytes(const struct rk_st *st, const char *prefix, const char *name,
    struct rk_err *err)
{
	const size_t any = SIZE_MAX;

	return rk_router_tensor(st, prefix, name, RK_U8, 1, &any, err);
}

struct rk_tok *
rk_tuned_tokenizer(const struct rk_st *st, const char *prefix, size_t vocab,
    struct rk_err *err)
{
	const struct rk_tensor *t = rk_tuned_bytes(
	    st, prefix, "tokenizer.json", err);
	struct rk_tok *tok;

	if (t == NULL)
		return NULL;
	tok = rk_tok_open_mem(t->data, t->count, err);
	if (tok == NULL) {
		rk_err_in(err, "%s", t->name);
	} else if (rk_tok_count(tok) > vocab) {
		rk_err_set(err, "%s: %zu ids, the model has %zu", t->name,
		    rk_tok_count(tok), vocab);
		rk_tok_free(tok);
		tok = NULL;
	}
	return tok;
}

/* --- texts ------------------------------------------------------------------------- */

enum { TILE = 8 }; /* texts that a thread takes at a time */

struct job {
	struct rk_tuned_reader *r;
	struct rk_ids *ids;
	const struct rk_str *text;
	size_t n;
	void (*encode)(const void *ctx, struct rk_tok_scratch *s,
	    const struct rk_str *text, struct rk_ids *ids);
	const void *ctx;
};

static void
read_tile(void *ctx, size_t tile, int thread)
{
	const struct job *j = ctx;
	size_t i = tile * TILE, end = i + TILE < j->n ? i + TILE : j->n;

	for (; i < end; i++)
		j->encode(
		    j->ctx, j->r->scratch[thread], &j->text[i], &j->ids[i]);
}

void
rk_tuned_read(struct rk_tuned_reader *r, struct rk_ids *ids,
    const struct rk_str *text, size_t n,
    void (*encode)(const void *ctx, struct rk_tok_scratch *s,
	const struct rk_str *text, struct rk_ids *ids),
    const void *ctx, struct rk_pool *pool)
{
	struct job j = { r, ids, text, n, encode, ctx };
	int threads = rk_pool_size(pool);

	if (threads > r->threads)
		r->scratch = rk_array(
		    r->scratch, (size_t)threads, sizeof *r->scratch);
	for (; r->threads < threads; r->threads++)
		r->scratch[r->threads] = rk_tok_scratch_new();
	rk_pool_run(pool, (n + TILE - 1) / TILE, read_tile, &j);
}

void
rk_tuned_reader_free(struct rk_tuned_reader *r)
{
	int i;

	for (i = 0; i < r->threads; i++)
		rk_tok_scratch_free(r->scratch[i]);
	free(r->scratch);
	memset(r, 0, sizeof *r);
}
