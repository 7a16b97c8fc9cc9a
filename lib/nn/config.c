/*
 * config.c - config.json. Each kind of model is a row of a table, which says
 * what its members are called and what they are where they are missing.
 */
#include "nn/config.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "io/json.h"

/* A whole number: its name, what it is where it is missing (-1: must be). */
struct size {
	const char *name;
	long def;
	size_t lo, hi;
};

enum { LAYERS, WIDTH, HEADS, FFN, VOCAB, POSITIONS, TYPES, PAD, SIZES };

struct type {
	const char *name;
	enum rk_config_form form;
	int from_padding; /* positions begin after padding_idx */
	const char *act, *eps;
	struct size size[SIZES];
};

#define MOST_LAYERS    1024
#define MOST_WIDTH     (1 << 16)
#define MOST_FFN       (1 << 18)
#define MOST_VOCAB     (1 << 24)
#define MOST_POSITIONS (1 << 20)

/* TYPE_ROWS: the default of type_vocab_size. */
#define BERT_SIZES(type_rows, pad)                                         \
	{                                                                  \
		[LAYERS] = { "num_hidden_layers", -1, 1, MOST_LAYERS },    \
		[WIDTH] = { "hidden_size", -1, 1, MOST_WIDTH },            \
		[HEADS] = { "num_attention_heads", -1, 1, MOST_WIDTH },    \
		[FFN] = { "intermediate_size", -1, 1, MOST_FFN },          \
		[VOCAB] = { "vocab_size", -1, 1, MOST_VOCAB },             \
		[POSITIONS] = { "max_position_embeddings", -1, 1,          \
			MOST_POSITIONS },                                  \
		[TYPES] = { "type_vocab_size", type_rows, 0, MOST_VOCAB }, \
		[PAD] = { "pad_token_id", pad, 0, MOST_POSITIONS },        \
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
		[LAYERS] = { "n_layers", -1, 1, MOST_LAYERS },
		[WIDTH] = { "dim", -1, 1, MOST_WIDTH },
		[HEADS] = { "n_heads", -1, 1, MOST_WIDTH },
		[FFN] = { "hidden_dim", -1, 1, MOST_FFN },
		[VOCAB] = { "vocab_size", -1, 1, MOST_VOCAB },
		[POSITIONS] = { "max_position_embeddings", -1, 1,
		    MOST_POSITIONS },
		[TYPES] = { NULL, 0, 0, 0 },
		[PAD] = { NULL, 0, 0, 0 },
	    } },
};

static const struct {
	const char *name;
	enum rk_act act;
} acts[] = {
	{ "gelu", RK_ACT_GELU },
	{ "gelu_new", RK_ACT_GELU_NEW },
	{ "gelu_pytorch_tanh", RK_ACT_GELU_NEW },
	{ "relu", RK_ACT_RELU },
};

/* The text member KEY, DEF where it is missing; NULL where it is no text. */
static const char *
text(const struct rk_json *o, const char *key, const char *def,
    struct rk_err *err)
{
	const struct rk_json *v = rk_json_get(o, key);
	enum rk_json_kind kind = rk_json_kind(v);

	if (kind == RK_JSON_TEXT)
		return rk_json_str(v);
	if ((kind == RK_JSON_NONE || kind == RK_JSON_NULL) && def != NULL)
		return def;
	rk_err_set(err, "%s: found %s, expected a string", key,
	    rk_json_kind_name(kind));
	return NULL;
}

static int
size(const struct rk_json *o, const struct size *s, size_t *out,
    struct rk_err *err)
{
	const struct rk_json *v = s->name ? rk_json_get(o, s->name) : NULL;
	enum rk_json_kind kind = rk_json_kind(v);
	double x = rk_json_num(v);

	*out = (size_t)s->def;
	if ((kind == RK_JSON_NONE || kind == RK_JSON_NULL) && s->def >= 0)
		return 0;
	if (kind != RK_JSON_NUMBER)
		return rk_err_set(err,
		    "%s: found %s, expected a whole number from %zu to %zu",
		    s->name, rk_json_kind_name(kind), s->lo, s->hi);
	if (!(x >= (double)s->lo && x <= (double)s->hi) || x != floor(x))
		return rk_err_set(err,
		    "%s: found %.17g, expected a whole number from %zu to %zu",
		    s->name, x, s->lo, s->hi);
	*out = (size_t)x;
	return 0;
}

static const struct type *
find_type(const struct rk_json *o, struct rk_err *err)
{
	const char *name = text(o, "model_type", NULL, err);
	struct rk_buf known = { 0 };
	char quoted[64];
	size_t i, n = sizeof types / sizeof *types;

	for (i = 0; name != NULL && i < n; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	for (i = 0; i < n; i++)
		rk_buf_addf(&known, "%s%s", i ? ", " : "", types[i].name);
	if (name != NULL)
		rk_err_set(err,
		    "model_type: '%s' is not supported: expected one of %s",
		    rk_err_quote(quoted, sizeof quoted, name, strlen(name)),
		    known.p);
	rk_buf_free(&known);
	return NULL;
}

static int
find_act(struct rk_config *c, const struct rk_json *o, const char *key,
    struct rk_err *err)
{
	const char *name = text(o, key, "gelu", err);
	char quoted[64];
	size_t i;

	if (name == NULL)
		return -1;
	for (i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(acts[i].name, name) == 0) {
			c->act = acts[i].act;
			return 0;
		}
	return rk_err_set(err,
	    "%s: '%s' is not supported: expected gelu, gelu_new or relu", key,
	    rk_err_quote(quoted, sizeof quoted, name, strlen(name)));
}

/* Settings under which the forward pass would be another one. */
static int
check_rest(const struct rk_json *o, struct rk_err *err)
{
	static const char *const off[] = { "is_decoder", "is_encoder_decoder",
		"add_cross_attention" };
	const char *how = text(o, "position_embedding_type", "absolute", err);
	char quoted[64];
	size_t i;

	if (how == NULL)
		return -1;
	if (strcmp(how, "absolute") != 0)
		return rk_err_set(err,
		    "position_embedding_type: '%s' is not supported: expected "
		    "absolute",
		    rk_err_quote(quoted, sizeof quoted, how, strlen(how)));
	for (i = 0; i < sizeof off / sizeof *off; i++)
		if (rk_json_true(rk_json_get(o, off[i])))
			return rk_err_set(
			    err, "%s: true is not supported", off[i]);
	return 0;
}

static int
find_eps(struct rk_config *c, const struct rk_json *o, const char *key,
    struct rk_err *err)
{
	const struct rk_json *v = key ? rk_json_get(o, key) : NULL;
	enum rk_json_kind kind = rk_json_kind(v);

	c->eps = 1e-12;
	if (kind == RK_JSON_NONE || kind == RK_JSON_NULL)
		return 0;
	c->eps = rk_json_num(v);
	if (kind != RK_JSON_NUMBER || !(c->eps > 0 && c->eps < 1))
		return rk_err_set(
		    err, "%s: expected a number above 0 and below 1", key);
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
read_object(struct rk_config *c, const struct rk_json *o, struct rk_err *err)
{
	const struct type *t;
	size_t x[SIZES], i;

	memset(c, 0, sizeof *c);
	if (rk_json_kind(o) != RK_JSON_OBJECT)
		return rk_err_set(err, "found %s, expected an object",
		    rk_json_kind_name(rk_json_kind(o)));
	t = find_type(o, err);
	if (t == NULL)
		return -1;
	c->form = t->form;
	for (i = 0; i < SIZES; i++)
		if (size(o, &t->size[i], &x[i], err) != 0)
			return -1;
	if (find_act(c, o, t->act, err) != 0 ||
	    find_eps(c, o, t->eps, err) != 0 || check_rest(o, err) != 0)
		return -1;
	return check_sizes(c, x, t, err);
}

int
rk_config_read(struct rk_config *c, const char *p, size_t n, struct rk_err *err)
{
	struct rk_json *doc = rk_json_new(p, n, err);
	int rc = doc != NULL ? read_object(c, doc, err) : -1;

	rk_json_free(doc);
	return rc;
}

int
rk_config_open(struct rk_config *c, const char *path, struct rk_err *err)
{
	struct rk_json *doc = rk_json_open(path, err);
	int rc;

	if (doc == NULL)
		return -1;
	rc = read_object(c, doc, err);
	rk_json_free(doc);
	return rc == 0 ? 0 : rk_err_in(err, "%s", path);
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
