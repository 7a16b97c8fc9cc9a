/* sentence.c - which texts are computed together, and by whom. */
#include "nn/sentence.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Tokens in a group at most, unless one text has more: enough for the weights
 * to be read seldom, and few enough for what is in between to stay in a cache
 * of 2 MB.
 */
enum { GROUP = 384 };

struct job {
	struct rk_sentence *s;
	double *out;
	size_t *from;                 /* which text, by place in the order */
	struct rk_encoder_text *text; /* in the order */
	size_t *group;                /* [groups + 1] places */
};

struct place {
	size_t t, i;
};

static int
longest_first(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->t != b->t)
		return a->t > b->t ? -1 : 1;
	return a->i < b->i ? -1 : 1;
}

static void
sort(struct job *j, const struct rk_encoder_text *text, size_t n)
{
	struct place *p = rk_array(NULL, n, sizeof *p);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (struct place){ text[i].t, i };
	qsort(p, n, sizeof *p, longest_first);
	for (i = 0; i < n; i++) {
		j->from[i] = p[i].i;
		j->text[i] = text[p[i].i];
	}
	free(p);
}

/* Returns how many groups there are. */
static size_t
gather(struct job *j, size_t n)
{
	size_t i, groups = 0, tokens = 0;

	for (i = 0; i < n; i++) {
		if (i == 0 || tokens + j->text[i].t > GROUP) {
			j->group[groups++] = i;
			tokens = 0;
		}
		tokens += j->text[i].t;
	}
	j->group[groups] = n;
	return groups;
}

static void
embed_group(void *ctx, size_t g, int thread)
{
	struct job *j = ctx;
	const struct rk_encoder *e = j->s->encoder;
	size_t first = j->group[g], end = j->group[g + 1], d = e->config.d, i;
	const float *x = rk_encoder_forward(
	    e, &j->s->scratch[thread], j->text + first, end - first);

	for (i = first; i < end; x += j->text[i++].t * d)
		rk_pooling_of(
		    j->out + j->from[i] * d, x, j->text[i].t, d, j->s->how);
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
    const struct rk_encoder_text *text, size_t n, struct rk_pool *pool)
{
	struct job j = { s, out, rk_array(NULL, n, sizeof *j.from),
		rk_array(NULL, n, sizeof *j.text),
		rk_array(NULL, n + 1, sizeof *j.group) };

	need_scratch(s, rk_pool_size(pool));
	sort(&j, text, n);
	rk_pool_run(pool, gather(&j, n), embed_group, &j);
	free(j.from);
	free(j.text);
	free(j.group);
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
