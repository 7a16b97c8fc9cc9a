/*
 * causal-file.h - the model file of the router causal: a decoder whose tables
 * have the five scores' rows, under Hugging Face's names, with config.json and
 * tokenizer.json to match, so that other programs take it for what it is; the
 * template; and what the scores stand for.
 */
#ifndef RK_ROUTE_CAUSAL_FILE_H
#define RK_ROUTE_CAUSAL_FILE_H

#include "nn/tune.h"
#include "route/causal-init.h"
#include "route/causal-text.h"
#include "route/router.h"

struct rk_causal_file {
	struct rk_causal_init *init;
	const struct rk_causal_text *text;
	const struct rk_tune *body; /* NULL: init's weights, as they are */
	const float *rows;          /* [5, d]: the scores' */
	const double *gain;         /* [5] */
	const float *shift;         /* [5], added to their logits */
	enum rk_dtype
	    type; /* of the weights, where there is a body: F16, F32 */
};

/*
 * Puts all of it into W, which takes init's files where they are needed. -1: a
 * weight is too large for the type.
 */
int rk_causal_file_put(
    const struct rk_causal_file *f, struct rk_st_writer *w, struct rk_err *err);

#endif
