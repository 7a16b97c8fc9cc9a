/*
 * tune-decoder.h - a decoder of the Llama family (nn/decoder.h) as the body of
 * nn/tune.h. Its state of a text is the one of the last token, after the last
 * norm; in the last layer nothing else than what that token asks for is
 * computed. Either all of the weights are tuned, or adapters of low rank beside
 * matrices that stay in the file (LoRA, Hu et al., arXiv 2106.09685). The
 * output's matrix takes no part: the head stands for the rows of it that are
 * asked for.
 *
 * Dropout is of attention's shares, and of the state that the head sees. Without
 * it, what all texts of a pass begin with is computed once.
 *
 * Memory: for each token of a pass and layer that is tuned, some 2 d + 2 ffn +
 * 2 heads' and 2 groups' worth of floats. With adapters, of the network itself
 * the norms and biases.
 */
#ifndef RK_NN_TUNE_DECODER_H
#define RK_NN_TUNE_DECODER_H

#include "nn/decoder-weights.h"
#include "nn/tune.h"

struct rk_tune_lora {
	size_t rank;  /* >= 1 */
	double alpha; /* an adapter's product counts alpha / rank */
	unsigned on;  /* which matrices: bits RK_TUNE_ON */
};

/* The bit of a matrix, by enum rk_decoder_row; and those of all seven. */
#define RK_TUNE_ON(row) (1u << (row))
#define RK_TUNE_ON_ALL                                                  \
	(RK_TUNE_ON(RK_DECODER_QUERY) | RK_TUNE_ON(RK_DECODER_KEY) |    \
	    RK_TUNE_ON(RK_DECODER_VALUE) | RK_TUNE_ON(RK_DECODER_OUT) | \
	    RK_TUNE_ON(RK_DECODER_GATE) | RK_TUNE_ON(RK_DECODER_UP) |   \
	    RK_TUNE_ON(RK_DECODER_DOWN))

/*
 * The decoder of FILES (rk_weights_open; PREFIX as in rk_weights_find), and a
 * head; LORA NULL: all is tuned. An adapter begins as nothing: A as loralib has
 * it, uniform in +-1 / sqrt(its inputs), and B zero. New; NULL on failure.
 *
 * FILES must outlive the result: rk_tune_tensor reads there what is not tuned,
 * such as the output's matrix, and gives matrices with their adapters merged.
 * The options' pooling is not read.
 */
struct rk_tune *rk_tune_decoder(const struct rk_decoder_config *c,
    const struct rk_weights_files *files, const char *prefix,
    const struct rk_tune_lora *lora, const struct rk_tune_options *o,
    struct rk_pool *pool, struct rk_err *err);

#endif
