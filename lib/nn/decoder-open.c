/* decoder-open.c - a decoder from its files, and many texts over the pool. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "nn/decoder.h"
#include "nn/pack.h"

static int
find(struct rk_decoder *e, const struct rk_weights_files *files,
    const char *prefix, struct rk_err *err)
{
	rk_decoder_lay(&e->layout, &e->config, RK_WEIGHTS_PANELS, 0);
	e->of = rk_calloc(e->layout.parts, sizeof *e->of);
	return rk_weights_find(e->of, &e->layout, files, prefix, err);
}

static int
load(struct rk_decoder *e, const char *dir, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	int rc;

	rk_buf_addf(&path, "%s/config.json", dir);
	rc = rk_decoder_config_open(&e->config, path.p, err);
	rk_buf_free(&path);
	if (rc != 0)
		return -1;
	if (rk_weights_open(&e->files, dir, err) != 0)
		return -1;
	if (find(e, &e->files, NULL, err) != 0)
		return rk_err_in(err, "%s", dir);
	return 0;
}

struct rk_decoder *
rk_decoder_open(const char *dir, struct rk_err *err)
{
	struct rk_decoder *e = rk_calloc(1, sizeof *e);

	if (load(e, dir, err) == 0)
		return e;
	rk_decoder_free(e);
	return NULL;
}

struct rk_decoder *
rk_decoder_of(const struct rk_decoder_config *c,
    const struct rk_weights_files *files, const char *prefix,
    struct rk_err *err)
{
	struct rk_decoder *e = rk_calloc(1, sizeof *e);

	e->config = *c;
	if (find(e, files, prefix, err) == 0)
		return e;
	rk_decoder_free(e);
	return NULL;
}

/* --- ready ----------------------------------------------------------------------------- */

struct check {
	const struct rk_decoder *e;
	struct rk_err *err; /* [parts] */
};

static void
check_part(void *ctx, size_t i, int thread)
{
	const struct check *c = ctx;

	(void)thread;
	rk_weights_check(c->e->of + i, 1, &c->err[i]);
}

static int
check_all(const struct rk_decoder *e, struct rk_pool *pool, struct rk_err *err)
{
	struct check c = { e, rk_calloc(e->layout.parts, sizeof *c.err) };
	size_t i;
	int rc = 0;

	rk_pool_run(pool, e->layout.parts, check_part, &c);
	for (i = 0; i < e->layout.parts && rc == 0; i++)
		if (rk_err_is(&c.err[i]))
			rc = rk_err_set(err, "%s", c.err[i].msg);
	free(c.err);
	return rc;
}

int
rk_decoder_widen(struct rk_decoder *e, size_t budget, struct rk_pool *pool,
    struct rk_err *err)
{
	if (check_all(e, pool, err) != 0)
		return -1;
	rk_weights_layout_free(&e->layout);
	rk_decoder_lay(&e->layout, &e->config, RK_WEIGHTS_PANELS, budget);
	free(e->flat);
	e->flat = rk_floats(e->layout.floats);
	rk_weights_widen(e->flat, &e->layout, e->of, pool);
	free(e->freq);
	e->freq = rk_calloc(e->config.head / 2, sizeof *e->freq);
	rk_decoder_config_freqs(e->freq, &e->config);
	return 0;
}

void
rk_decoder_free(struct rk_decoder *e)
{
	if (e == NULL)
		return;
	rk_weights_layout_free(&e->layout);
	rk_weights_close(&e->files);
	free(e->of);
	free(e->flat);
	free(e->freq);
	free(e);
}

/* --- many texts ---------------------------------------------------------------------- */

struct job {
	struct rk_decoder_last *s;
	float *out;
	const struct rk_decoder_prefix *prefix;
	struct rk_pack pack;
};

static void
last_of_group(void *ctx, size_t g, int thread)
{
	struct job *j = ctx;
	size_t first = j->pack.group[g], n = j->pack.group[g + 1] - first, i;
	size_t d = j->s->decoder->config.d;
	const float *x = rk_decoder_forward(j->s->decoder,
	    &j->s->scratch[thread], j->prefix, j->pack.text + first, n,
	    RK_DECODER_LAST);

	for (i = 0; i < n; i++)
		memcpy(j->out + j->pack.from[first + i] * d, x + i * d,
		    d * sizeof *x);
}

/* Scratch for every thread of the pool, which may be another than before. */
static void
need_scratch(struct rk_decoder_last *s, int threads)
{
	const struct rk_decoder_scratch none = { 0 };

	if (threads > s->threads)
		s->scratch = rk_array(
		    s->scratch, (size_t)threads, sizeof *s->scratch);
	for (; s->threads < threads; s->threads++)
		s->scratch[s->threads] = none;
}

void
rk_decoder_last(struct rk_decoder_last *s, float *out,
    const struct rk_decoder_prefix *prefix, const struct rk_text *text,
    size_t n, struct rk_pool *pool)
{
	struct job j = { .s = s, .out = out, .prefix = prefix };

	need_scratch(s, rk_pool_size(pool));
	rk_pack_make(&j.pack, text, n, RK_PACK_TOKENS);
	rk_pool_run(pool, j.pack.n, last_of_group, &j);
	rk_pack_free(&j.pack);
}

void
rk_decoder_last_free(struct rk_decoder_last *s)
{
	int i;

	for (i = 0; i < s->threads; i++)
		rk_decoder_scratch_free(&s->scratch[i]);
	free(s->scratch);
	s->scratch = NULL;
	s->threads = 0;
}
