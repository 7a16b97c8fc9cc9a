/*
 * decoder-config.h - the shape of a decoder of the Llama family, from its
 * config.json as Hugging Face writes it: model types llama (Llama 1 to 3,
 * SmolLM, TinyLlama, Yi), mistral and qwen2. What would make the forward pass
 * another one is refused by name, never ignored.
 */
#ifndef RK_NN_DECODER_CONFIG_H
#define RK_NN_DECODER_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* How the frequencies of rotary positions are stretched. */
enum rk_decoder_stretch {
	RK_DECODER_AS_IS,
	RK_DECODER_LINEAR, /* all by the factor */
	RK_DECODER_LLAMA3  /* those of long waves */
};

struct rk_decoder_config {
	size_t layers, d, ffn, vocab;
	size_t heads, groups; /* of queries; of keys: heads is a multiple */
	size_t head;          /* the width of one, even */
	size_t tokens;        /* in a text at most */
	size_t window;        /* keys that a query sees, itself among them;
	                         0: all up to itself */
	size_t window_from;   /* the first layer that has a window */
	int tied;             /* is the output's matrix the words' table? */
	int qkv_bias, out_bias;
	double eps;   /* of the norms */
	double theta; /* the base of the frequencies */
	enum rk_decoder_stretch stretch;
	double factor, low, high, original; /* of the stretch */
};

/*
 * Reads N bytes of JSON at P. 0, or -1 with a message that names the member,
 * and what was found and expected.
 */
int rk_decoder_config_read(
    struct rk_decoder_config *c, const char *p, size_t n, struct rk_err *err);
/* The same for the file PATH, which the message names. */
int rk_decoder_config_open(
    struct rk_decoder_config *c, const char *path, struct rk_err *err);
/* A digest of all that the forward pass depends on. */
uint64_t rk_decoder_config_digest(const struct rk_decoder_config *c);

/*
 * freq[head / 2]: by how much a token's place turns each pair of a head's
 * numbers, theta^(-2 i / head), stretched (Su et al., arXiv 2104.09864; Llama
 * 3.1's stretch as in Hugging Face's modeling_rope_utils.py).
 */
void rk_decoder_config_freqs(double *freq, const struct rk_decoder_config *c);
/* The window of a layer; 0: none. */
size_t
rk_decoder_config_window(const struct rk_decoder_config *c, size_t layer);

#endif
