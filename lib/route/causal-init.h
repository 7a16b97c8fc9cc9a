/*
 * causal-init.h - what the router causal begins with: the folder of a decoder as
 * it is published, and the five scores as tokens of it. A published router has
 * them already; to any other model they are added, with the ids after its own,
 * and with the mean of the output's rows for their rows.
 */
#ifndef RK_ROUTE_CAUSAL_INIT_H
#define RK_ROUTE_CAUSAL_INIT_H

#include <stdint.h>

#include "io/pool.h"
#include "nn/decoder-weights.h"
#include "route/causal-labels.h"
#include "route/tuned-init.h"

struct rk_causal_init {
	struct rk_tuned_init of;
	struct rk_tok *tok;            /* its tokenizer, with the scores */
	int had;                       /* it had them before */
	uint32_t id[RK_CAUSAL_LABELS]; /* theirs */
	size_t vocab; /* rows that tables with the scores have, >= of's */
	float *rows;  /* [5, d], of the output's matrix */
	struct rk_weights_files files;   /* mapped while this lives */
	struct rk_weights_layout layout; /* plain */
	const struct rk_tensor **tensor; /* [layout.parts], of the files */
	uint64_t digest;                 /* of all of it */
};

/*
 * Reads the folder. Everything is checked: sizes, ids within the table of
 * words, shards that are all there, finite weights. Release with _free,
 * whatever it returns.
 */
int rk_causal_init_read(struct rk_causal_init *in, const char *dir,
    struct rk_pool *pool, struct rk_err *err);
void rk_causal_init_free(struct rk_causal_init *in);

/* The type of the output's matrix. */
enum rk_dtype rk_causal_init_type(const struct rk_causal_init *in);

/*
 * mean[d]: of the rows of the table TENSOR that are tokens of the tokenizer as
 * it was.
 */
void rk_causal_init_mean(const struct rk_causal_init *in,
    const struct rk_tensor *tensor, float *mean);

#endif
