/*
 * column.h - one model's qualities and costs, prompt by prompt: what is needed
 * to add the model to a router that exists. Other models in the records are not
 * looked at.
 */
#ifndef RK_PREF_COLUMN_H
#define RK_PREF_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "embed/vectors.h"
#include "io/pool.h"
#include "io/record.h"
#include "pref/prefs.h"
#include "pref/prompts.h"

/* Start it as { .model = ..., .lo = ..., ... }. */
struct rk_column {
	const char *model; /* borrowed, as all that is given */
	double lo, hi;     /* qualities are scaled from this range to [0,1] */
	int text;          /* must every record have a text? */
	struct rk_prompt prompt;
	struct rk_vectors *vectors; /* NULL: no embeddings are wanted */
	size_t records;
	size_t without; /* records that lack the model's quality */
	/* private */
	struct rk_prompts prompts;
	struct rk_column_cell *cell; /* [prompts.n] */
	size_t cells, cap;
	size_t textless, costs;
	uint64_t sum;
	float *quality, *cost; /* [n] */
	uint8_t *valid;
	size_t *first;
	char *name[1];
	struct rk_prefs prefs;
};

/*
 * Takes rec[0..n), parsed; those whose err is set are passed over. A record
 * that is wrong gets its err set, and adds nothing.
 */
void rk_column_add(
    struct rk_column *c, struct rk_rec *rec, size_t n, struct rk_pool *pool);
/*
 * All is in: *P, of one model, all of the training part, without comparisons;
 * a prompt's numbers are means over its records. Borrowed from C. -1 where no
 * record had the model's quality.
 */
int rk_column_finish(
    struct rk_column *c, const struct rk_prefs **p, struct rk_err *err);
/* "records":...,"prompts":...: members of a JSON object, and a digest of it. */
void rk_column_report(const struct rk_column *c, struct rk_buf *out);
void rk_column_free(struct rk_column *c);

#endif
