/*
 * options.h - the models that a query could go to: how good each is predicted
 * to be, what it costs, and whether it can take the query at all.
 */
#ifndef RK_POLICY_OPTIONS_H
#define RK_POLICY_OPTIONS_H

#include <stddef.h>

#include "base/err.h"
#include "io/prices.h"
#include "io/record.h"
#include "io/request.h"

struct rk_option {
	const char *name;  /* borrowed */
	double quality;    /* predicted */
	double cost;       /* predicted, dollars */
	const char *guard; /* NULL; or what the model lacks for this query:
	                      "tools", "images" or "context" */
};

struct rk_options {
	struct rk_option *o; /* [n] */
	size_t n, cap;
	size_t foretold; /* options so far with a cost of the record's, and a
	                    price too */
};

struct rk_terms {
	const char *field;              /* that holds the qualities */
	const struct rk_prices *prices; /* NULL: none */
	const char *prices_name;        /* for messages */
	int by_prices; /* the record's own predicted costs do not count */
	double output_tokens; /* that an answer is taken to have */
	const char *prompt;   /* where a query is (request.h); or NULL */
};

/* Bytes of a query's text for each of its tokens, as they are estimated. */
#define RK_BYTES_PER_TOKEN 4.0

/*
 * The options of the record: the models of the object FIELD. A model's cost is
 * its member in the object `predicted_costs` where it has one and BY_PRICES is
 * not set, else
 *
 *	call + (input b / 4 + output T) / 1e6,
 *
 * b the bytes of the query (request.h), T = output_tokens. With prices each
 * model must have one, and those that cannot take the query have GUARD set: it
 * has tools or images and the model takes none, or b / 4 + T is more than its
 * context. Names are borrowed until the record is parsed anew; the array in OUT
 * is used again. 0, or -1: a quality beyond +-1e6 too.
 */
int rk_options_read(struct rk_options *out, const struct rk_rec *rec,
    const struct rk_terms *terms, struct rk_err *err);
void rk_options_free(struct rk_options *out);

/* The guard alone: what P lacks for Q, or NULL. */
const char *rk_options_guard(
    const struct rk_price *p, const struct rk_request *q, double output_tokens);

/* The query, for models with prices: -1 too where it has no text and one of
 * them has a context. */
int rk_options_request(struct rk_request *q, const struct rk_rec *rec,
    const struct rk_terms *terms, struct rk_err *err);

/* So dear that the best is chosen whatever it costs. */
#define RK_LAMBDA_MAX 1e300

/*
 * The one of o[n] that has no guard and the highest lambda q - c, LAMBDA in
 * dollars for a point of quality, from 0 to RK_LAMBDA_MAX. Of equals the
 * cheapest, then the best, then the first by name. n where all are guarded.
 */
size_t rk_options_best(const struct rk_option *o, size_t n, double lambda);

/* Sets the message "no model can take it (big: context, small: tools)". -1. */
int rk_options_none(const struct rk_option *o, size_t n, struct rk_err *err);

#endif
