/*
 * causal-states.h - the last state of each text, which is all that the rows of
 * the scores see: computed once, and kept in checkpoints as "fit.states", since
 * with a large model it is nearly all there is to do.
 */
#ifndef RK_ROUTE_CAUSAL_STATES_H
#define RK_ROUTE_CAUSAL_STATES_H

#include "io/pool.h"
#include "route/causal-init.h"
#include "route/causal-text.h"
#include "route/router.h"

struct rk_causal_states {
	const struct rk_causal_init *init;
	const struct rk_causal_text *text;
	const struct rk_tuned_data *data; /* of texts that begin with the
	                                     template's prefix */
	size_t from; /* the first example that is wanted, of n + held */
};

/*
 * x[n + held, d], zero before from. New; NULL on failure, or where it was
 * stopped.
 */
float *rk_causal_states_find(const struct rk_causal_states *s,
    struct rk_pool *pool, struct rk_checkpoint *checkpoint,
    const struct rk_watch *watch, struct rk_err *err);

#endif
