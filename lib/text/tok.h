/*
 * tok.h - what a tokenizer is made of. For tokenizer.c, which reads it, and
 * encode.c, which runs it.
 */
#ifndef RK_TEXT_TOK_H
#define RK_TEXT_TOK_H

#include <stdint.h>

#include "text/bpe.h"
#include "text/normalize.h"
#include "text/pretokenize.h"
#include "text/tokenizer.h"
#include "text/trie.h"
#include "text/unigram.h"
#include "text/untokenize.h"
#include "text/vocab.h"
#include "text/wordpiece.h"

enum { RK_TOK_STEPS = RK_PRE_STEPS };

enum rk_tok_model { RK_TOK_WORDPIECE, RK_TOK_UNIGRAM, RK_TOK_BPE };

/* A text that is one token wherever it stands. */
struct rk_tok_added {
	int32_t id;
	int left, right; /* white space on that side goes with it */
	int word;        /* not within a word */
	int special;
	int cooked; /* it is looked for in the normalized text */
};

/* Where to look for added tokens: ids of the trie are places in a list. */
struct rk_tok_finder {
	struct rk_trie trie;
	uint8_t begins[256];
	int any;
};

struct rk_tok {
	uint64_t serial; /* no other has it */
	char *json;
	size_t json_n;
	struct rk_norm norm[RK_TOK_STEPS];
	size_t norms;
	struct rk_pre pre[RK_TOK_STEPS];
	size_t pres;
	struct rk_dec dec[RK_TOK_STEPS];
	size_t decs;
	struct rk_vocab vocab; /* the model's */
	enum rk_tok_model model;
	struct rk_wordpiece wordpiece;
	struct rk_unigram unigram;
	struct rk_bpe bpe;
	struct rk_tok_added *added;
	size_t n_added, added_cap;
	struct rk_vocab added_text; /* the added tokens by id */
	struct rk_tok_finder raw, cooked;
	struct rk_ids before, after;
};

#endif
