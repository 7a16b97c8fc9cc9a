/*
 * sample.h - a file of scored records, from which a policy is solved.
 */
#ifndef RK_POLICY_SAMPLE_H
#define RK_POLICY_SAMPLE_H

#include <stddef.h>

#include "base/err.h"
#include "io/pool.h"
#include "policy/options.h"

struct rk_sample_file {
	const char *path; /* "-" is standard input */
	size_t max_line;  /* bytes */
	struct rk_pool *pool;
};

/* The number FIELD of a record, which must have it: 0, or -1. */
int rk_sample_score(
    double *x, const struct rk_rec *rec, const char *field, struct rk_err *err);

/*
 * scores[n] (new) of the file's records, all of which must have the number
 * FIELD; n > 0. NULL on failure: the message names the line.
 */
double *rk_sample_scores(size_t *n, const struct rk_sample_file *file,
    const char *field, struct rk_err *err);

/* The options of many queries, those with a guard left out. */
struct rk_sample {
	struct rk_option *o; /* all queries', one after the other */
	size_t count, cap;
	size_t *end; /* [n] the end of each query's */
	size_t n, end_cap;
	struct rk_single {
		char *name;
		double sum; /* of its qualities */
		size_t n;   /* queries that have it */
	} * single;         /* each model, whatever the guards say */
	size_t k, single_cap;
};

/*
 * Reads the file's records into S, { 0 } at first. Each must have its options,
 * and a model that can take it; there must be one. 0, or -1, and S is to be
 * freed all the same.
 */
int rk_sample_read(struct rk_sample *s, const struct rk_sample_file *file,
    const struct rk_terms *terms, struct rk_err *err);
/* Adds a query; it must have an option without a guard. */
void rk_sample_add(struct rk_sample *s, const struct rk_options *options);
void rk_sample_free(struct rk_sample *s);

/*
 * The single model of the highest mean quality, among those that all queries
 * have; of equals the first by name. NULL where no model is in all. Borrowed.
 */
const struct rk_single *rk_sample_best(const struct rk_sample *s);

#endif
