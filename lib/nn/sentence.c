/* sentence.c - groups of texts over the pool, and what comes of each. */
#include "nn/sentence.h"

#include <stdlib.h>

#include "base/mem.h"
#include "nn/pack.h"

struct job {
	struct rk_sentence *s;
	double *out;
	struct rk_pack g;
};

static void
embed_group(void *ctx, size_t g, int thread)
{
	struct job *j = ctx;
	const struct rk_encoder *e = j->s->encoder;
	size_t first = j->g.group[g], end = j->g.group[g + 1], i;
	const struct rk_text *text = j->g.text;
	size_t d = e->config.d;
	const float *x = rk_encoder_forward(
	    e, &j->s->scratch[thread], text + first, end - first);

	for (i = first; i < end; x += text[i++].t * d)
		rk_pooling_of(
		    j->out + j->g.from[i] * d, x, text[i].t, d, j->s->how);
}

/* Scratch for every thread of the pool, which may be another than before. */
static void
need_scratch(struct rk_sentence *s, int threads)
{
	const struct rk_encoder_scratch none = { 0 };

	if (threads > s->threads)
		s->scratch = rk_array(
		    s->scratch, (size_t)threads, sizeof *s->scratch);
	for (; s->threads < threads; s->threads++)
		s->scratch[s->threads] = none;
}

void
rk_sentence_embed(struct rk_sentence *s, double *out,
    const struct rk_text *text, size_t n, struct rk_pool *pool)
{
	struct job j = { .s = s, .out = out };

	need_scratch(s, rk_pool_size(pool));
	rk_pack_make(&j.g, text, n, RK_PACK_TOKENS);
	rk_pool_run(pool, j.g.n, embed_group, &j);
	rk_pack_free(&j.g);
}

void
rk_sentence_free(struct rk_sentence *s)
{
	int i;

	for (i = 0; i < s->threads; i++)
		rk_encoder_scratch_free(&s->scratch[i]);
	free(s->scratch);
	s->scratch = NULL;
	s->threads = 0;
}
