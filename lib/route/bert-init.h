/*
 * bert-init.h - what the router bert begins with: the folder of an encoder as
 * it is published, read whole, so that the folder is not needed again.
 */
#ifndef RK_ROUTE_BERT_INIT_H
#define RK_ROUTE_BERT_INIT_H

#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "nn/tune-encoder.h"
#include "route/tuned-init.h"

struct rk_bert_init {
	struct rk_tuned_init of;
	struct rk_tune *tune; /* the weights, and a head */
	uint64_t digest;      /* of all of it */
};

/*
 * Reads the folder (tuned-init.h) and the weights, for a training with these
 * options. Everything is checked: sizes, ids within the table of words,
 * finite weights. Release with _free, whatever it returns.
 */
int rk_bert_init_read(struct rk_bert_init *in, const char *dir,
    const struct rk_tune_options *o, struct rk_pool *pool, struct rk_err *err);
void rk_bert_init_free(struct rk_bert_init *in);

#endif
