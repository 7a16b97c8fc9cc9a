/*
 * bert-data.h - what the router bert learns from: texts as token ids, and for
 * each how the strong model did against the weak one.
 *
 * A comparison with the result y for the strong model has the gain g = 2 y - 1,
 * in [-1,1], and shares of the three labels, strong wins, tie, weak wins:
 *
 *	(g, 1 - g, 0) where g >= 0, else (0, 1 + g, -g).
 *
 * A battle so is its label, an outcome of graded quality lies between two
 * labels next to each other, and p0 + p1 / 2 = y. A prompt's comparisons are
 * averaged; each prompt counts once.
 *
 * Prompts on which the pair itself was compared have these comparisons alone.
 * On the others any model of the strong one's side stands for it, and any of
 * the weak one's tier for that: with the strong one in tier s and the weak one
 * in tier w > s (tiers.h) the strong side are the tiers up to (s + w) / 2. In
 * RouteLLM's arena these are the first and second tier against the third
 * (arXiv 2406.18665, section 4.2).
 */
#ifndef RK_ROUTE_BERT_DATA_H
#define RK_ROUTE_BERT_DATA_H

#include "base/err.h"
#include "nn/encoder.h"
#include "pref/prefs.h"
#include "text/tokenizer.h"

enum { RK_BERT_LABELS = 3 };

struct rk_bert_example {
	uint32_t prompt;
	float share[RK_BERT_LABELS], gain; /* p0 - p2 */
	size_t at, t;                      /* its tokens: ids[at .. at + t] */
};

struct rk_bert_data {
	size_t n, held; /* to learn from; kept out of them, to judge by */
	struct rk_bert_example *e; /* [n + held], those held the last */
	struct rk_ids ids;
	size_t own;     /* of n + held: with comparisons of the pair itself */
	size_t longest; /* tokens */
};

struct rk_bert_data_how {
	size_t tiers;  /* 0: the pair's own comparisons alone */
	size_t tokens; /* of a text at most */
	double hold;   /* share of the prompts, drawn by SEED and content */
	uint64_t seed;
};

/* From the training part of P, which has texts. Release with _free. */
int rk_bert_data_make(struct rk_bert_data *d, const struct rk_prefs *p,
    const struct rk_bert_data_how *how, const struct rk_tok *tok,
    struct rk_err *err);
void rk_bert_data_free(struct rk_bert_data *d);

static inline struct rk_encoder_text
rk_bert_data_text(const struct rk_bert_data *d, const struct rk_bert_example *e)
{
	return (
	    struct rk_encoder_text){ (const uint32_t *)d->ids.p + e->at, e->t };
}

#endif
