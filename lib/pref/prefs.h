/*
 * prefs.h - preference data as arrays. Battles and outcomes come in record by
 * record; what training needs is kept: each prompt once, with its text and its
 * embedding, and comparisons as (prompt, a, b, result).
 */
#ifndef RK_PREF_PREFS_H
#define RK_PREF_PREFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "embed/embedder.h"

/*
 * One comparison. A battle is one; an outcome record stands for one of every
 * two of its models (or of the named pair alone).
 */
struct rk_cmp {
	uint32_t prompt;
	uint16_t a, b; /* models */
	float y;       /* result for a: 1 won, 0 lost, .5 tie; for an outcome
	                  (1 + quality_a - quality_b) / 2, qualities in [0,1] */
};

/* Where a comparison comes from. */
struct rk_from {
	uint16_t source;
	uint8_t outcome; /* is it of an outcome, not of a battle? */
};

#define RK_NO_TARGET ((size_t)-1)

/* What a prompt is for. */
enum rk_part {
	RK_PART_TRAIN,
	RK_PART_VALID, /* kept out; training may stop early by it */
	RK_PART_OUT    /* not to be looked at: another fold's */
};

struct rk_prefs {
	size_t k;         /* models */
	char **model;     /* [k], names in the order of first sight */
	size_t n;         /* prompts, in the order of first sight */
	size_t d;         /* the embedding's dimension, 0: there are none */
	const float *emb; /* [n, d] as given, or NULL */
	const struct rk_str *text; /* [n], or NULL where some have none */
	const uint64_t *digest;    /* [n], of the prompt's content */
	const uint8_t *valid;      /* [n], enum rk_part */
	size_t m;                  /* comparisons, sorted by prompt, then as
	                              they came */
	const struct rk_cmp *cmp;
	/* A prompt's comparisons are cmp[first[i] .. first[i + 1]). */
	const size_t *first; /* [n + 1] */
	size_t strong, weak; /* the pair, as indices of model */
	int pair_only;       /* were --strong and --weak both given? */
	/*
	 * [n, k] each, NaN where nothing was said: a model's mean quality on a
	 * prompt over its outcomes, scaled to [0,1], and its mean cost in US
	 * dollars. NULL where there is no outcome, and no cost.
	 */
	const float *quality, *cost;
	/*
	 * [n], the first id that a prompt came with, as JSON; empty where it
	 * had none. NULL where none had one.
	 */
	const struct rk_str *id;
	/* Where sources are told apart: [m]. Else NULL, and all are alike. */
	const struct rk_from *from;
	/*
	 * With from: the source whose comparisons alone say how good a router
	 * is; RK_NO_TARGET: all do.
	 */
	size_t target;
	/*
	 * [parts], what the embeddings are made of, one after another, and what
	 * that is called; none where it is not known who made them.
	 */
	size_t parts;
	const struct rk_embed_part *part;
};

/* 1, and *GAIN, in [-1,1], of the strong model over the weak one, if C is of the
 * pair. */
static inline int
rk_cmp_gain(const struct rk_prefs *p, const struct rk_cmp *c, double *gain)
{
	double g = 2 * (double)c->y - 1;
	int same = c->a == p->strong && c->b == p->weak;

	*gain = same ? g : -g;
	return same || (c->a == p->weak && c->b == p->strong);
}

#endif
