/*
 * synth.h - preferences made up for the tests of routers: prompts in two kinds
 * that lie apart in embedding space and in length; on one kind the strong
 * models win, on the other all models are alike.
 */
#ifndef RK_TESTS_SYNTH_H
#define RK_TESTS_SYNTH_H

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "pref/prefs.h"

struct synth {
	struct rk_prefs p;
	float *emb;
	struct rk_str *text;
	uint64_t *digest;
	uint8_t *valid, *hard; /* [n] */
	struct rk_cmp *cmp;
	size_t *first;
};

/* Models 0..k-1 (k <= 8), the lower the stronger; SOFT: results between 0 and 1 too. */
static void __attribute__((unused))
synth_make(struct synth *s, size_t n, size_t d, size_t k, int soft)
{
	static char name[8][3], *names[8];
	static const char letters[] = "a long prompt which is hard, a hard one";
	struct rk_rng r;
	size_t i, j, m = 0;

	for (i = 0; i < k; i++) {
		name[i][0] = 'm';
		name[i][1] = (char)('0' + i);
		names[i] = name[i];
	}
	rk_rng_init(&r, 7, 0);
	s->emb = rk_floats(n * d);
	s->text = rk_array(NULL, n, sizeof *s->text);
	s->digest = rk_array(NULL, n, sizeof *s->digest);
	s->valid = rk_array(NULL, n, 1);
	s->hard = rk_array(NULL, n, 1);
	s->cmp = rk_array(NULL, 4 * n, sizeof *s->cmp);
	s->first = rk_array(NULL, n + 1, sizeof *s->first);
	for (i = 0; i < n; i++) {
		s->hard[i] = rk_rng_unit(&r) < 0.5;
		s->valid[i] = i % 5 == 4;
		s->digest[i] = rk_num_mix(i + 1);
		for (j = 0; j < d; j++)
			s->emb[i * d + j] = (float)(rk_rng_normal(&r) +
			    (j % 2 == s->hard[i] ? 1.5 : 0));
		s->text[i].p = letters;
		s->text[i].n = (size_t)rk_rng_below(&r, 16) + 1 +
		    (s->hard[i] ? 16 : 0);
		s->first[i] = m;
		for (j = 0; j < i % 4; j++) { /* some prompts have none */
			struct rk_cmp *c = &s->cmp[m];
			double lift, u = rk_rng_unit(&r);
			c->prompt = (uint32_t)i;
			c->a = (uint16_t)rk_rng_below(&r, k);
			c->b = (uint16_t)rk_rng_below(&r, k);
			if (c->a == c->b)
				continue;
			lift = s->hard[i] ? 1.5 * (c->b - (double)c->a) : 0;
			if (u < 0.15)
				c->y = 0.5f;
			else if (soft && u < 0.3)
				c->y = 0.75f;
			else
				c->y = rk_rng_unit(&r) < 1 / (1 + exp(-lift));
			m++;
		}
	}
	s->first[n] = m;
	s->p = (struct rk_prefs){ k, names, n, d, s->emb, s->text, s->digest,
		s->valid, m, s->cmp, s->first, 0, k - 1, 0, NULL, NULL, NULL,
		NULL, RK_NO_TARGET, 0, NULL };
}

static void __attribute__((unused)) synth_free(struct synth *s)
{
	free(s->emb);
	free(s->text);
	free(s->digest);
	free(s->valid);
	free(s->hard);
	free(s->cmp);
	free(s->first);
}

#endif
