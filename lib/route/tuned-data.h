/*
 * tuned-data.h - what routers that tune a transformer learn from: texts as token
 * ids, and for each how the strong model did against the weak one, as shares of
 * a few labels.
 *
 * A label stands for a gain of the strong model over the weak one. A comparison
 * with the result y for the strong model has the gain g = 2 y - 1, in [-1,1], and
 * its shares are those of the two labels next to g by which their mean gain is
 * g: with the labels strong wins, tie, weak wins, of the gains 1, 0 and -1,
 *
 *	(g, 1 - g, 0) where g >= 0, else (0, 1 + g, -g).
 *
 * A battle so is its label, and an outcome of graded quality lies between two.
 * A prompt's comparisons are averaged; each prompt counts once.
 *
 * Prompts on which the pair itself was compared have these comparisons alone.
 * On the others any model of the strong one's side stands for it, and any of
 * the weak one's tier for that: with the strong one in tier s and the weak one
 * in tier w > s (tiers.h) the strong side are the tiers up to (s + w) / 2. In
 * RouteLLM's arena these are the first and second tier against the third
 * (arXiv 2406.18665, section 4.2).
 *
 * Where labels are a judge's grades of the weak model's answer, its quality in
 * [0,1] is what lies between two of them: the first is of 0, the last of 1.
 */
#ifndef RK_ROUTE_TUNED_DATA_H
#define RK_ROUTE_TUNED_DATA_H

#include "base/err.h"
#include "nn/encoder.h"
#include "pref/prefs.h"
#include "text/tokenizer.h"

enum { RK_TUNED_LABELS = 5 }; /* at most */

struct rk_tuned_labels {
	size_t n;
	double gain[RK_TUNED_LABELS]; /* each one's, never rising */
	int graded; /* are they grades? Then the gains are found by
	               rk_tuned_data_make */
};

struct rk_tuned_example {
	uint32_t prompt;
	float share[RK_TUNED_LABELS], gain;
	size_t at, t; /* its tokens: ids[at .. at + t] */
};

struct rk_tuned_data {
	size_t n, held; /* to learn from; kept out of them, to judge by */
	struct rk_tuned_example *e; /* [n + held], those held the last */
	struct rk_ids ids;
	size_t own;     /* of n + held: with comparisons of the pair itself */
	size_t longest; /* tokens */
};

struct rk_tuned_data_how {
	size_t tiers; /* 0: the pair's own comparisons alone */
	double hold;  /* share of the prompts, drawn by SEED and content */
	uint64_t seed;
	/* Appends what the network reads of a text, one token at least. */
	int (*encode)(void *ctx, const struct rk_str *text, struct rk_ids *ids,
	    struct rk_err *err);
	void *ctx;
};

/*
 * From the training part of P, which has texts. Graded labels get their gains:
 * what the strong model's mean quality is above each. Release with _free.
 */
int rk_tuned_data_make(struct rk_tuned_data *d, struct rk_tuned_labels *labels,
    const struct rk_prefs *p, const struct rk_tuned_data_how *how,
    struct rk_err *err);
void rk_tuned_data_free(struct rk_tuned_data *d);

static inline struct rk_text
rk_tuned_data_text(
    const struct rk_tuned_data *d, const struct rk_tuned_example *e)
{
	return (struct rk_text){ (const uint32_t *)d->ids.p + e->at, e->t };
}

#endif
