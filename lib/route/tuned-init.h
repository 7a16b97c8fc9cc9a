/*
 * tuned-init.h - what a transformer that is to be tuned begins with: a folder as
 * it is published, of which config.json and tokenizer.json are read here, and
 * kept for the model file, so that the folder is not needed again.
 */
#ifndef RK_ROUTE_TUNED_INIT_H
#define RK_ROUTE_TUNED_INIT_H

#include "base/buf.h"
#include "base/err.h"
#include "nn/config.h"
#include "nn/decoder-config.h"
#include "text/tokenizer.h"

enum rk_tuned_kind { RK_TUNED_ENCODER, RK_TUNED_DECODER };

struct rk_tuned_init {
	const char *dir; /* borrowed */
	struct rk_buf config_json;
	struct rk_config encoder; /* the one of these that was asked for */
	struct rk_decoder_config decoder;
	struct rk_tok *tok;
};

/*
 * Reads DIR/config.json, of that kind, and tokenizer.json, and checks that the
 * model has all of the tokenizer's ids. A folder of the other kind is refused
 * with the name of the router that takes it. Release with _free, whatever it
 * returns.
 */
int rk_tuned_init_read(struct rk_tuned_init *in, const char *dir,
    enum rk_tuned_kind kind, struct rk_err *err);
void rk_tuned_init_free(struct rk_tuned_init *in);

#endif
