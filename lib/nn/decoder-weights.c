/*
 * decoder-weights.c - the names of a decoder's tensors. First come the last
 * norm and, where it is not tied, the output's matrix; then the layers; then
 * the words' table.
 */
#include "nn/decoder-weights.h"

#include <stdio.h>
#include <string.h>

#include "math/panel.h"

enum side { NONE, D, Q, KV, FFN };
enum when { ALWAYS, QKV_BIAS, OUT_BIAS };

static const struct row {
	const char *name;
	enum side out, in;
	enum when when;
} rows[RK_DECODER_ROWS] = {
	{ "input_layernorm.weight", D, NONE, ALWAYS },
	{ "self_attn.q_proj.weight", Q, D, ALWAYS },
	{ "self_attn.k_proj.weight", KV, D, ALWAYS },
	{ "self_attn.v_proj.weight", KV, D, ALWAYS },
	{ "self_attn.q_proj.bias", Q, NONE, QKV_BIAS },
	{ "self_attn.k_proj.bias", KV, NONE, QKV_BIAS },
	{ "self_attn.v_proj.bias", KV, NONE, QKV_BIAS },
	{ "self_attn.o_proj.weight", D, Q, ALWAYS },
	{ "self_attn.o_proj.bias", D, NONE, OUT_BIAS },
	{ "post_attention_layernorm.weight", D, NONE, ALWAYS },
	{ "mlp.gate_proj.weight", FFN, D, ALWAYS },
	{ "mlp.up_proj.weight", FFN, D, ALWAYS },
	{ "mlp.down_proj.weight", D, FFN, ALWAYS },
};

static void
add_layer(struct rk_weights_layout *l, const struct rk_decoder_config *c,
    size_t layer, enum rk_weights_place place, size_t budget)
{
	const size_t side[] = { [NONE] = 0,
		[D] = c->d,
		[Q] = c->heads * c->head,
		[KV] = c->groups * c->head,
		[FFN] = c->ffn };
	const int is[] = { 1, c->qkv_bias, c->out_bias };
	char name[96];
	size_t i;

	for (i = 0; i < RK_DECODER_ROWS; i++) {
		size_t n = side[rows[i].out], k = side[rows[i].in];
		enum rk_weights_place to = k > 0 ? place : RK_WEIGHTS_PLAIN;
		if (!is[rows[i].when])
			continue;
		if (to == RK_WEIGHTS_PANELS &&
		    l->floats + rk_panel_floats(n, k) > budget)
			to = RK_WEIGHTS_MAPPED;
		snprintf(name, sizeof name, "model.layers.%zu.%s", layer,
		    rows[i].name);
		rk_weights_add(l, name, n, k, to);
	}
}

void
rk_decoder_lay(struct rk_weights_layout *l, const struct rk_decoder_config *c,
    enum rk_weights_place place, size_t budget)
{
	static const char *const prefixes[] = { "", NULL };
	const enum rk_weights_place table = place == RK_WEIGHTS_PANELS
	    ? RK_WEIGHTS_MAPPED
	    : place;
	size_t i;

	memset(l, 0, sizeof *l);
	l->prefixes = prefixes;
	rk_weights_add(l, "model.norm.weight", c->d, 0, RK_WEIGHTS_PLAIN);
	if (!c->tied)
		rk_weights_add(
		    l, "lm_head.weight", c->vocab, c->d, RK_WEIGHTS_MAPPED);
	l->layer = l->parts;
	for (i = 0; i < c->layers; i++) {
		add_layer(l, c, i, place, budget);
		l->step = (l->parts - l->layer) / (i + 1);
	}
	rk_weights_add(l, "model.embed_tokens.weight", c->vocab, c->d, table);
}

size_t
rk_decoder_out(const struct rk_weights_layout *l)
{
	return l->layer == 2 ? 1 : l->parts - 1;
}

struct rk_decoder_tables
rk_decoder_tables(const struct rk_weights_layout *l, float *p)
{
	return (struct rk_decoder_tables){ p + l->part[0].at,
		p + l->part[l->parts - 1].at,
		p + l->part[rk_decoder_out(l)].at };
}

long
rk_decoder_part(
    const struct rk_weights_layout *l, size_t layer, enum rk_decoder_row row)
{
	/* which biases there are, a layer's number of parts tells */
	const size_t without = RK_DECODER_ROWS - 4;
	const int is[] = { 1, l->step >= without + 3,
		(l->step - without) % 3 == 1 };
	size_t at = l->layer + layer * l->step, i;

	for (i = 0; i < (size_t)row; i++)
		at += is[rows[i].when] != 0;
	return is[rows[row].when] ? (long)at : -1;
}

struct rk_decoder_layer
rk_decoder_layer(const struct rk_weights_layout *l, float *p, size_t layer)
{
	float *at[RK_DECODER_ROWS];
	int i;

	for (i = 0; i < RK_DECODER_ROWS; i++) {
		long part = rk_decoder_part(l, layer, (enum rk_decoder_row)i);
		at[i] = part < 0 || l->part[part].place == RK_WEIGHTS_MAPPED
		    ? NULL
		    : p + l->part[part].at;
	}
	return (struct rk_decoder_layer){ at[0], at[1], at[2], at[3], at[4],
		at[5], at[6], at[7], at[8], at[9], at[10], at[11], at[12] };
}
