/*
 * config.c - config.json. Each kind of model is a row of a table, which says
 * what its members are called and what they are where they are missing.
 */
#include "nn/config.h"

#include <string.h>

#include "base/num.h"
#include "nn/config-json.h"

enum { LAYERS, WIDTH, HEADS, FFN, VOCAB, POSITIONS, TYPES, PAD, SIZES };

struct type {
	const char *name;
	enum rk_config_form form;
	int from_padding; /* positions begin after padding_idx */
	const char *act, *eps;
	struct rk_config_size size[SIZES];
};

/* TYPE_ROWS: the default of type_vocab_size. */
#define BERT_SIZES(type_rows, pad)                                           \
	{                                                                    \
		[LAYERS] = { "num_hidden_layers", -1, 1, RK_CONFIG_LAYERS }, \
		[WIDTH] = { "hidden_size", -1, 1, RK_CONFIG_WIDTH },         \
		[HEADS] = { "num_attention_heads", -1, 1, RK_CONFIG_WIDTH }, \
		[FFN] = { "intermediate_size", -1, 1, RK_CONFIG_FFN },       \
		[VOCAB] = { "vocab_size", -1, 1, RK_CONFIG_VOCAB },          \
		[POSITIONS] = { "max_position_embeddings", -1, 1,            \
			RK_CONFIG_POSITIONS },                               \
		[TYPES] = { "type_vocab_size", type_rows, 0,                 \
			RK_CONFIG_VOCAB },                                   \
		[PAD] = { "pad_token_id", pad, 0, RK_CONFIG_POSITIONS },     \
	}

static const struct type types[] = {
	{ "bert", RK_CONFIG_BERT, 0, "hidden_act", "layer_norm_eps",
	    BERT_SIZES(2, 0) },
	{ "roberta", RK_CONFIG_BERT, 1, "hidden_act", "layer_norm_eps",
	    BERT_SIZES(2, 1) },
	{ "xlm-roberta", RK_CONFIG_BERT, 1, "hidden_act", "layer_norm_eps",
	    BERT_SIZES(2, 1) },
	{ "camembert", RK_CONFIG_BERT, 1, "hidden_act", "layer_norm_eps",
	    BERT_SIZES(2, 1) },
	{ "distilbert", RK_CONFIG_DISTILBERT, 0, "activation", NULL,
	    {
		[LAYERS] = { "n_layers", -1, 1, RK_CONFIG_LAYERS },
		[WIDTH] = { "dim", -1, 1, RK_CONFIG_WIDTH },
		[HEADS] = { "n_heads", -1, 1, RK_CONFIG_WIDTH },
		[FFN] = { "hidden_dim", -1, 1, RK_CONFIG_FFN },
		[VOCAB] = { "vocab_size", -1, 1, RK_CONFIG_VOCAB },
		[POSITIONS] = { "max_position_embeddings", -1, 1,
		    RK_CONFIG_POSITIONS },
		[TYPES] = { NULL, 0, 0, 0 },
		[PAD] = { NULL, 0, 0, 0 },
	    } },
};

static int
find_act(struct rk_config *c, const struct rk_json *o, const char *key,
    struct rk_err *err)
{
	const char *name = rk_config_text(o, key, "gelu", err);
	int act = name == NULL ? -1 : rk_ops_act_find(name);

	if (name != NULL && act < 0)
		rk_config_refuse(
		    key, name, "gelu, gelu_new, relu, silu or tanh", err);
	if (act < 0)
		return -1;
	c->act = (enum rk_act)act;
	return 0;
}

/* Settings under which the forward pass would be another one. */
static int
check_rest(const struct rk_json *o, struct rk_err *err)
{
	static const char *const off[] = { "is_decoder", "is_encoder_decoder",
		"add_cross_attention" };
	static const char key[] = "position_embedding_type";
	const char *how = rk_config_text(o, key, "absolute", err);
	size_t i;

	if (how == NULL)
		return -1;
	if (strcmp(how, "absolute") != 0)
		return rk_config_refuse(key, how, "absolute", err);
	for (i = 0; i < sizeof off / sizeof *off; i++)
		if (rk_json_true(rk_json_get(o, off[i])))
			return rk_err_set(
			    err, "%s: true is not supported", off[i]);
	return 0;
}

static int
check_sizes(struct rk_config *c, const size_t *x, const struct type *t,
    struct rk_err *err)
{
	c->layers = x[LAYERS];
	c->d = x[WIDTH];
	c->heads = x[HEADS];
	c->ffn = x[FFN];
	c->vocab = x[VOCAB];
	c->positions = x[POSITIONS];
	c->types = x[TYPES];
	c->first = t->from_padding ? x[PAD] + 1 : 0;
	if (c->d % c->heads != 0)
		return rk_err_set(err,
		    "%s: %zu is no multiple of the %zu of %s",
		    t->size[WIDTH].name, c->d, c->heads, t->size[HEADS].name);
	if (c->positions <= c->first)
		return rk_err_set(err,
		    "%s: found %zu, expected more than the %zu that padding "
		    "takes",
		    t->size[POSITIONS].name, c->positions, c->first);
	c->tokens = c->positions - c->first;
	return 0;
}

static int
read_object(void *out, const struct rk_json *o, struct rk_err *err)
{
	struct rk_config *c = out;
	const struct type *t;
	size_t x[SIZES], i;
	int kind = rk_config_choose(o, "model_type", NULL, types, sizeof *types,
	    sizeof types / sizeof *types, err);

	if (kind < 0)
		return -1;
	memset(c, 0, sizeof *c);
	t = &types[kind];
	c->form = t->form;
	for (i = 0; i < SIZES; i++)
		if (rk_config_size(o, &t->size[i], &x[i], err) != 0)
			return -1;
	if (find_act(c, o, t->act, err) != 0 ||
	    rk_config_number(&c->eps, o, t->eps, 1e-12, 0, 1, err) != 0 ||
	    check_rest(o, err) != 0)
		return -1;
	return check_sizes(c, x, t, err);
}

int
rk_config_read(struct rk_config *c, const char *p, size_t n, struct rk_err *err)
{
	return rk_config_of_text(c, read_object, p, n, err);
}

int
rk_config_open(struct rk_config *c, const char *path, struct rk_err *err)
{
	return rk_config_of_file(c, read_object, path, err);
}

uint64_t
rk_config_digest(const struct rk_config *c)
{
	const double all[] = { c->form, c->act, (double)c->layers, (double)c->d,
		(double)c->heads, (double)c->ffn, (double)c->vocab,
		(double)c->positions, (double)c->first, (double)c->types,
		c->eps };

	return rk_num_hash(all, sizeof all);
}
