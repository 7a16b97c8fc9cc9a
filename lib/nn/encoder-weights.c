/* encoder-weights.c - the names of an encoder's tensors, by form. */
#include "nn/encoder-weights.h"

#include <stdio.h>
#include <string.h>

enum side { NONE, D, FFN };

/* A layer's tensors, in the order of struct rk_encoder_layer. */
static const struct row {
	const char *name[2]; /* by form */
	enum side out, in;
} rows[] = {
	{ { "attention.self.query.weight", "attention.q_lin.weight" }, D, D },
	{ { "attention.self.key.weight", "attention.k_lin.weight" }, D, D },
	{ { "attention.self.value.weight", "attention.v_lin.weight" }, D, D },
	{ { "attention.self.query.bias", "attention.q_lin.bias" }, D, NONE },
	{ { "attention.self.key.bias", "attention.k_lin.bias" }, D, NONE },
	{ { "attention.self.value.bias", "attention.v_lin.bias" }, D, NONE },
	{ { "attention.output.dense.weight", "attention.out_lin.weight" }, D,
	    D },
	{ { "attention.output.dense.bias", "attention.out_lin.bias" }, D,
	    NONE },
	{ { "attention.output.LayerNorm.weight", "sa_layer_norm.weight" }, D,
	    NONE },
	{ { "attention.output.LayerNorm.bias", "sa_layer_norm.bias" }, D,
	    NONE },
	{ { "intermediate.dense.weight", "ffn.lin1.weight" }, FFN, D },
	{ { "intermediate.dense.bias", "ffn.lin1.bias" }, FFN, NONE },
	{ { "output.dense.weight", "ffn.lin2.weight" }, D, FFN },
	{ { "output.dense.bias", "ffn.lin2.bias" }, D, NONE },
	{ { "output.LayerNorm.weight", "output_layer_norm.weight" }, D, NONE },
	{ { "output.LayerNorm.bias", "output_layer_norm.bias" }, D, NONE },
};

enum { ROWS = sizeof rows / sizeof *rows };

static void
add_layer(struct rk_weights_layout *l, const struct rk_config *c, size_t layer,
    enum rk_weights_place place)
{
	const size_t side[] = { [NONE] = 0, [D] = c->d, [FFN] = c->ffn };
	char name[96];
	size_t i;

	for (i = 0; i < ROWS; i++) {
		size_t n = side[rows[i].out], k = side[rows[i].in];
		snprintf(name, sizeof name, "%s.layer.%zu.%s",
		    c->form == RK_CONFIG_BERT ? "encoder" : "transformer",
		    layer, rows[i].name[c->form]);
		rk_weights_add(l, name, n, k, k > 0 ? place : RK_WEIGHTS_PLAIN);
	}
}

void
rk_encoder_lay(struct rk_weights_layout *l, const struct rk_config *c,
    enum rk_weights_place place)
{
	static const char *const prefixes[] = { "", "bert.", "roberta.",
		"distilbert.", NULL };
	const enum rk_weights_place plain = RK_WEIGHTS_PLAIN;
	size_t i, d = c->d;

	memset(l, 0, sizeof *l);
	l->prefixes = prefixes;
	rk_weights_add(
	    l, "embeddings.position_embeddings.weight", c->positions, d, plain);
	if (c->types > 0)
		rk_weights_add(l, "embeddings.token_type_embeddings.weight",
		    c->types, d, plain);
	rk_weights_add(l, "embeddings.LayerNorm.weight", d, 0, plain);
	rk_weights_add(l, "embeddings.LayerNorm.bias", d, 0, plain);
	l->layer = l->parts;
	l->step = ROWS;
	for (i = 0; i < c->layers; i++)
		add_layer(l, c, i, place);
	rk_weights_add(l, "embeddings.word_embeddings.weight", c->vocab, d,
	    place == RK_WEIGHTS_PANELS ? RK_WEIGHTS_MAPPED : plain);
}

struct rk_encoder_tables
rk_encoder_tables(const struct rk_weights_layout *l, float *p)
{
	struct rk_encoder_tables t;

	t.position = p + l->part[0].at;
	t.type = l->layer == 4 ? p + l->part[1].at : NULL;
	t.norm = p + l->part[l->layer - 2].at;
	t.bias = p + l->part[l->layer - 1].at;
	t.word = p + l->part[l->parts - 1].at;
	return t;
}

struct rk_encoder_layer
rk_encoder_layer(const struct rk_weights_layout *l, float *p, size_t layer)
{
	const struct rk_weights_part *part = l->part + l->layer +
	    layer * l->step;
	float *at[ROWS];
	size_t i;

	for (i = 0; i < ROWS; i++)
		at[i] = p + part[i].at;
	return (struct rk_encoder_layer){ at[0], at[1], at[2], at[3], at[4],
		at[5], at[6], at[7], at[8], at[9], at[10], at[11], at[12],
		at[13], at[14], at[15] };
}
