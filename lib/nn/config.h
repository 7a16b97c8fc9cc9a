/*
 * config.h - the shape of an encoder, from its config.json as Hugging Face
 * writes it: BERT (all-MiniLM, BGE, E5, GTE), RoBERTa and XLM-RoBERTa,
 * DistilBERT. What would make the forward pass another one is refused by name,
 * never ignored: another model type, positions that are not absolute, another
 * activation, a decoder.
 */
#ifndef RK_NN_CONFIG_H
#define RK_NN_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/ops.h"

/* Whose names its tensors have. */
enum rk_config_form { RK_CONFIG_BERT, RK_CONFIG_DISTILBERT };

struct rk_config {
	enum rk_config_form form;
	enum rk_act act;              /* GELU, GELU_NEW or RELU */
	size_t layers, d, heads, ffn; /* d is a multiple of heads */
	size_t vocab;
	size_t positions; /* rows of the table of positions */
	size_t first;     /* the row of a text's first token: 0, and in RoBERTa
	                     padding_idx + 1 */
	size_t types;     /* token types; 0: there is no table of them */
	size_t tokens;    /* in a text at most: positions - first */
	double eps;       /* of the layer norms */
};

/*
 * Reads N bytes of JSON at P. 0, or -1 with a message that names the member,
 * and what was found and expected.
 */
int rk_config_read(
    struct rk_config *c, const char *p, size_t n, struct rk_err *err);
/* The same for the file PATH, which the message names. */
int rk_config_open(struct rk_config *c, const char *path, struct rk_err *err);
/* A digest of all that the forward pass depends on. */
uint64_t rk_config_digest(const struct rk_config *c);

#endif
