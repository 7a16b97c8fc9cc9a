/*
 * sources.h - preferences of several sources as those of one. A source may be
 * of other models, another judge, another scale: what it says of the pair's
 * gain is centred and scaled. With m and s the mean and the standard deviation
 * of a source's gains g = 2 y - 1 (over n, of the training part),
 *
 *   g' = M + S (g - m) / s, no less than -1 and no more than 1,
 *
 * where M and S are those of the target; where there is none, the mean of the m
 * and the root of the mean of the s^2, each source counting as often as it has
 * comparisons of the pair. The target's own gains stay as they are, and so do
 * comparisons that are not of the pair, and those kept for validation.
 */
#ifndef RK_PREF_SOURCES_H
#define RK_PREF_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "pref/prefs.h"

/* Of the training part. */
struct rk_source {
	size_t comparisons; /* all of the source */
	size_t of_pair;
	double mean, sd; /* of the gains of the pair; 0 where there is none */
	/* Says nothing: no comparison, or every one of the pair with the same
	   gain and none of other models. */
	int empty;
};

struct rk_sources {
	struct rk_prefs prefs;    /* with a training part of its own */
	struct rk_source *source; /* [n] */
	size_t n;
	double mean, sd; /* M and S */
	size_t near;     /* prompts put out: too near to validation's */
	uint8_t *part;   /* prefs.valid */
};

/* Preferences of some of the sources; NULL as they are in other places. */
struct rk_pooled {
	struct rk_prefs prefs;
	size_t clipped; /* gains that were beyond -1 or 1 */
	struct rk_cmp *cmp;
	struct rk_from *from;
	size_t *first;
	char **model; /* [k], borrowed names */
	float *quality, *cost;
	uint8_t *part;
};

/*
 * Looks at the N sources of P, which has from, and is borrowed. With a target,
 * prompts of other sources whose cosine to a prompt that is kept for validation
 * is at least NEAR leave the training part. -1: no pair, or a target that has
 * no comparison of it, or the same gain in all.
 */
int rk_sources_init(struct rk_sources *s, const struct rk_prefs *p, size_t n,
    double near, struct rk_pool *pool, struct rk_err *err);
/*
 * The preferences of the sources whose keep[n] is set, pooled. A prompt that is
 * left with no comparison is of no part, and a model of which nothing is left is
 * none, but for the pair. With a target what other sources say of prompts kept
 * for validation is left out.
 */
void rk_sources_pool(
    struct rk_pooled *out, const struct rk_sources *s, const uint8_t *keep);
void rk_pooled_free(struct rk_pooled *p);
void rk_sources_free(struct rk_sources *s);

#endif
