/*
 * bert-fit.h - how the router bert is tuned (nn/tune.h): passes over the
 * examples in an order that the seed gives, a look every so often at those that
 * are held, and the weights that did best there kept. All of it depends on the
 * data and the seed alone, and can be taken up from a checkpoint.
 */
#ifndef RK_ROUTE_BERT_FIT_H
#define RK_ROUTE_BERT_FIT_H

#include "io/pool.h"
#include "nn/tune.h"
#include "route/tuned-data.h"
#include "route/router.h"

struct rk_bert_fit {
	struct rk_tune *tune; /* as it begins; then what was kept */
	const struct rk_tuned_data *data;
	size_t batch;         /* examples in a step */
	long check, patience; /* steps from look to look, > 0; looks without a
	                         better one, 0: any number */
	int by_apgr;          /* what is better; else by the loss */
	int half; /* the encoder's weights are rounded to half floats at last */
	uint64_t seed;
	/* What came out. */
	long steps, kept; /* done; the one whose weights these are */
	double loss;      /* an example's in training, since the last look */
	double held_loss; /* of those held; NaN: there are none */
	float *z;         /* [data->held, labels], their logits; new */
};

/*
 * Runs F, whose members down to seed are set, for tune->o.steps. -1: stopped, a
 * checkpoint could not be read or written, or the loss is no number any more.
 */
int rk_bert_fit_run(struct rk_bert_fit *f, struct rk_pool *pool,
    struct rk_report *report, struct rk_err *err);

#endif
