/*
 * tune-encoder.h - an encoder (nn/encoder.h) as the body of nn/tune.h: all of
 * its weights are tuned, or all but the embeddings and the first layers.
 *
 * Memory: for each token of a pass some (16 d + 2 heads' worth) floats a layer
 * that is trained.
 */
#ifndef RK_NN_TUNE_ENCODER_H
#define RK_NN_TUNE_ENCODER_H

#include "nn/config.h"
#include "nn/tune.h"

/*
 * The encoder of FILES (rk_weights_open; PREFIX as in rk_weights_find), and a
 * head. New; NULL on failure. FILES may be closed then.
 */
struct rk_tune *rk_tune_encoder(const struct rk_config *c,
    const struct rk_weights_files *files, const char *prefix,
    const struct rk_tune_options *o, struct rk_pool *pool, struct rk_err *err);

#endif
