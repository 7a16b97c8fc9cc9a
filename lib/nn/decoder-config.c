/*
 * decoder-config.c - config.json of the Llama family. The three kinds differ in
 * which members they have and what these are where they are missing, which is
 * as in the classes LlamaConfig, MistralConfig and Qwen2Config.
 */
#include "nn/decoder-config.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "nn/config-json.h"

#define MOST_HEAD 1024 /* the width of one */

enum biases {
	BIAS_NONE,
	BIAS_ASKED, /* attention_bias says */
	BIAS_QKV    /* of queries, keys and values, always */
};

enum windows {
	WINDOW_NONE,
	WINDOW_ALL,  /* sliding_window, in all layers */
	WINDOW_ASKED /* use_sliding_window says; from max_window_layers on */
};

static const struct type {
	const char *name;
	enum biases biases;
	enum windows windows;
	long groups; /* where num_key_value_heads is missing: 0 as many as
	                heads, -1 it must be there */
} types[] = {
	{ "llama", BIAS_ASKED, WINDOW_NONE, 0 },
	{ "mistral", BIAS_NONE, WINDOW_ALL, -1 },
	{ "qwen2", BIAS_QKV, WINDOW_ASKED, -1 },
};

/* --- sizes ------------------------------------------------------------------------ */

enum { LAYERS, WIDTH, HEADS, GROUPS, HEAD, FFN, VOCAB, POSITIONS, SIZES };

static int
read_sizes(struct rk_decoder_config *c, const struct type *t,
    const struct rk_json *o, struct rk_err *err)
{
	const struct rk_config_size size[SIZES] = {
		[LAYERS] = { "num_hidden_layers", -1, 1, RK_CONFIG_LAYERS },
		[WIDTH] = { "hidden_size", -1, 1, RK_CONFIG_WIDTH },
		[HEADS] = { "num_attention_heads", -1, 1, RK_CONFIG_WIDTH },
		[GROUPS] = { "num_key_value_heads", t->groups, 1,
		    RK_CONFIG_WIDTH },
		[HEAD] = { "head_dim", 0, 2, MOST_HEAD },
		[FFN] = { "intermediate_size", -1, 1, RK_CONFIG_FFN },
		[VOCAB] = { "vocab_size", -1, 1, RK_CONFIG_VOCAB },
		[POSITIONS] = { "max_position_embeddings", -1, 1,
		    RK_CONFIG_POSITIONS },
	};
	size_t *const to[SIZES] = { &c->layers, &c->d, &c->heads, &c->groups,
		&c->head, &c->ffn, &c->vocab, &c->tokens };
	size_t i;

	for (i = 0; i < SIZES; i++)
		if (rk_config_size(o, &size[i], to[i], err) != 0)
			return -1;
	if (c->groups == 0)
		c->groups = c->heads;
	if (c->heads % c->groups != 0)
		return rk_err_set(err,
		    "num_attention_heads: %zu is no multiple of the %zu of "
		    "num_key_value_heads",
		    c->heads, c->groups);
	if (c->head == 0 && c->d % c->heads != 0)
		return rk_err_set(err,
		    "hidden_size: %zu is no multiple of the %zu of "
		    "num_attention_heads",
		    c->d, c->heads);
	if (c->head == 0)
		c->head = c->d / c->heads;
	if (c->head % 2 != 0 || c->head > MOST_HEAD)
		return rk_err_set(err,
		    "head_dim: found %zu, expected an even number up to %d",
		    c->head, MOST_HEAD);
	return 0;
}

/* --- the window ------------------------------------------------------------------- */

/* Says layer_types, where it is there, the same as the other members? */
static int
check_layers(const struct rk_decoder_config *c, const struct rk_json *o,
    struct rk_err *err)
{
	const struct rk_json *v = rk_json_get(o, "layer_types");
	enum rk_json_kind kind = rk_json_kind(v);
	size_t i;

	if (kind == RK_JSON_NONE || kind == RK_JSON_NULL)
		return 0;
	if (kind != RK_JSON_ARRAY || rk_json_count(v) != c->layers)
		return rk_err_set(err,
		    "layer_types: expected an array of %zu strings", c->layers);
	for (i = 0; i < c->layers; i++) {
		const char *got = rk_json_str(rk_json_at(v, i));
		const char *want = rk_decoder_config_window(c, i) > 0
		    ? "sliding_attention"
		    : "full_attention";
		if (got == NULL || strcmp(got, want) != 0)
			return rk_config_refuse(
			    "layer_types", got ? got : "", want, err);
	}
	return 0;
}

static int
read_window(struct rk_decoder_config *c, const struct type *t,
    const struct rk_json *o, struct rk_err *err)
{
	const struct rk_json *v = rk_json_get(o, "sliding_window");
	/* missing is the class's default, and null is none */
	const struct rk_config_size window = { "sliding_window",
		rk_json_kind(v) == RK_JSON_NULL ? 0 : 4096, 1,
		RK_CONFIG_POSITIONS };
	const struct rk_config_size from = { "max_window_layers", 28, 0,
		RK_CONFIG_LAYERS };
	int asked = t->windows == WINDOW_ALL;

	if (t->windows == WINDOW_NONE && rk_json_kind(v) == RK_JSON_NUMBER)
		return rk_err_set(err,
		    "sliding_window: not supported in model_type %s", t->name);
	if (t->windows == WINDOW_ASKED &&
	    rk_config_flag(&asked, o, "use_sliding_window", 0, err) != 0)
		return -1;
	if (asked && rk_config_size(o, &window, &c->window, err) != 0)
		return -1;
	if (asked && t->windows == WINDOW_ASKED &&
	    rk_config_size(o, &from, &c->window_from, err) != 0)
		return -1;
	return check_layers(c, o, err);
}

size_t
rk_decoder_config_window(const struct rk_decoder_config *c, size_t layer)
{
	return layer >= c->window_from ? c->window : 0;
}

/* --- rotary positions ------------------------------------------------------------- */

/* Members of rope_scaling or rope_parameters; any other is refused. */
static int
check_rope(void *ctx, const char *key, const struct rk_json *value)
{
	static const char *const known[] = { "type", "rope_type", "rope_theta",
		"factor", "low_freq_factor", "high_freq_factor",
		"original_max_position_embeddings", "partial_rotary_factor" };
	enum rk_json_kind kind = rk_json_kind(value);
	struct rk_err *err = ctx;
	char quoted[64];
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(key, known[i]) == 0)
			return 0;
	if (kind == RK_JSON_NULL)
		return 0;
	return rk_err_set(err, "%s: not supported",
	    rk_err_quote(quoted, sizeof quoted, key, strlen(key)));
}

static int
read_llama3(
    struct rk_decoder_config *c, const struct rk_json *rope, struct rk_err *err)
{
	if (rk_config_number(
		&c->low, rope, "low_freq_factor", 0, 0, 1e6, err) != 0 ||
	    rk_config_number(
		&c->high, rope, "high_freq_factor", 0, 0, 1e6, err) != 0 ||
	    rk_config_number(&c->original, rope,
		"original_max_position_embeddings", 0, 0,
		RK_CONFIG_POSITIONS + 1, err) != 0)
		return -1;
	if (c->low >= c->high)
		return rk_err_set(err,
		    "high_freq_factor: found %g, expected more than the %g of "
		    "low_freq_factor",
		    c->high, c->low);
	return 0;
}

static int
read_stretch(
    struct rk_decoder_config *c, const struct rk_json *rope, struct rk_err *err)
{
	static const struct {
		const char *name;
		enum rk_decoder_stretch stretch;
	} kinds[] = {
		{ "default", RK_DECODER_AS_IS },
		{ "linear", RK_DECODER_LINEAR },
		{ "llama3", RK_DECODER_LLAMA3 },
	};
	const char *old = rk_config_text(rope, "type", "default", err);
	int kind = -1;

	if (old != NULL && rk_json_each(rope, check_rope, err) == 0)
		kind = rk_config_choose(rope, "rope_type", old, kinds,
		    sizeof *kinds, sizeof kinds / sizeof *kinds, err);
	if (kind < 0)
		return -1;
	if (rk_json_kind(rk_json_get(rope, "type")) == RK_JSON_TEXT &&
	    strcmp(old, kinds[kind].name) != 0)
		return rk_config_refuse("type", old, kinds[kind].name, err);
	c->stretch = kinds[kind].stretch;
	if (c->stretch != RK_DECODER_AS_IS &&
	    rk_config_number(&c->factor, rope, "factor", 0, 1e-3, 1e6, err) !=
		0)
		return -1;
	return c->stretch == RK_DECODER_LLAMA3 ? read_llama3(c, rope, err) : 0;
}

static int
read_rope(
    struct rk_decoder_config *c, const struct rk_json *o, struct rk_err *err)
{
	static const char *const names[] = { "rope_scaling",
		"rope_parameters" };
	double part;
	int i, rc;

	rc = rk_config_number(&c->theta, o, "rope_theta", 1e4, 1, 1e12, err);
	rc |= rk_config_number(
	    &part, o, "partial_rotary_factor", 1, 0, 1e6, err);
	for (i = 0; i < 2 && rc == 0; i++) {
		const struct rk_json *rope = rk_json_get(o, names[i]);
		enum rk_json_kind kind = rk_json_kind(rope);
		if (kind == RK_JSON_NONE || kind == RK_JSON_NULL)
			continue;
		if (kind != RK_JSON_OBJECT)
			return rk_err_set(err,
			    "%s: found %s, expected an object", names[i],
			    rk_json_kind_name(kind));
		if (c->stretch != RK_DECODER_AS_IS)
			return rk_err_set(err,
			    "rope_parameters: there is rope_scaling already");
		rc = rk_config_number(
		    &c->theta, rope, "rope_theta", c->theta, 1, 1e12, err);
		if (rc == 0 && part == 1)
			rc = rk_config_number(&part, rope,
			    "partial_rotary_factor", 1, 0, 1e6, err);
		if (rc != 0 || read_stretch(c, rope, err) != 0)
			return rk_err_in(err, "%s", names[i]);
	}
	if (rc == 0 && part != 1)
		rc = rk_err_set(
		    err, "partial_rotary_factor: found %g, expected 1", part);
	return rc != 0 ? -1 : 0;
}

void
rk_decoder_config_freqs(double *freq, const struct rk_decoder_config *c)
{
	double m = (double)c->head, share, waves;
	size_t i;

	for (i = 0; i < c->head / 2; i++) {
		freq[i] = pow(c->theta, -2 * (double)i / m);
		if (c->stretch == RK_DECODER_LINEAR)
			freq[i] /= c->factor;
		if (c->stretch != RK_DECODER_LLAMA3)
			continue;
		/* waves in the original context: few are stretched, many not */
		waves = c->original * freq[i] / (2 * 3.14159265358979323846);
		share = (waves - c->low) / (c->high - c->low);
		share = share < 0 ? 0 : share > 1 ? 1 : share;
		freq[i] *= share + (1 - share) / c->factor;
	}
}

/* --- the rest --------------------------------------------------------------------- */

/* Members under which the forward pass would be another one. */
static int
check_rest(const struct rk_json *o, struct rk_err *err)
{
	static const char *const off[] = { "is_encoder_decoder",
		"add_cross_attention", "mlp_bias", "rope_interleaved",
		"quantization_config", "attn_logit_softcapping",
		"final_logit_softcapping", "use_qk_norm", "num_local_experts",
		"num_experts" };
	const char *act = rk_config_text(o, "hidden_act", "silu", err);
	int causal;
	size_t i;

	if (act == NULL || rk_config_flag(&causal, o, "is_causal", 1, err) != 0)
		return -1;
	if (strcmp(act, "silu") != 0 && strcmp(act, "swish") != 0)
		return rk_config_refuse("hidden_act", act, "silu", err);
	if (!causal)
		return rk_err_set(err, "is_causal: false is not supported");
	for (i = 0; i < sizeof off / sizeof *off; i++) {
		const struct rk_json *v = rk_json_get(o, off[i]);
		enum rk_json_kind kind = rk_json_kind(v);
		if (kind == RK_JSON_BOOL && rk_json_true(v))
			return rk_err_set(
			    err, "%s: true is not supported", off[i]);
		if (kind != RK_JSON_NONE && kind != RK_JSON_NULL &&
		    kind != RK_JSON_BOOL)
			return rk_err_set(err, "%s: not supported", off[i]);
	}
	return 0;
}

static int
read_object(void *out, const struct rk_json *o, struct rk_err *err)
{
	struct rk_decoder_config *c = out;
	int kind = rk_config_choose(o, "model_type", NULL, types, sizeof *types,
	    sizeof types / sizeof *types, err);
	const struct type *t = &types[kind < 0 ? 0 : kind];
	int bias;

	memset(c, 0, sizeof *c);
	if (kind < 0 || read_sizes(c, t, o, err) != 0 ||
	    read_window(c, t, o, err) != 0 || read_rope(c, o, err) != 0 ||
	    rk_config_number(&c->eps, o, "rms_norm_eps", 1e-6, 0, 1, err) !=
		0 ||
	    rk_config_flag(&c->tied, o, "tie_word_embeddings", 0, err) != 0 ||
	    rk_config_flag(&bias, o, "attention_bias", 0, err) != 0 ||
	    check_rest(o, err) != 0)
		return -1;
	if (bias && t->biases == BIAS_NONE)
		return rk_err_set(err,
		    "attention_bias: true is not supported in model_type %s",
		    t->name);
	c->qkv_bias = t->biases == BIAS_QKV || bias;
	c->out_bias = t->biases == BIAS_ASKED && bias;
	return 0;
}

int
rk_decoder_config_read(
    struct rk_decoder_config *c, const char *p, size_t n, struct rk_err *err)
{
	return rk_config_of_text(c, read_object, p, n, err);
}

int
rk_decoder_config_open(
    struct rk_decoder_config *c, const char *path, struct rk_err *err)
{
	return rk_config_of_file(c, read_object, path, err);
}

uint64_t
rk_decoder_config_digest(const struct rk_decoder_config *c)
{
	const double all[] = { (double)c->layers, (double)c->d, (double)c->ffn,
		(double)c->vocab, (double)c->heads, (double)c->groups,
		(double)c->head, (double)c->tokens, (double)c->window,
		(double)c->window_from, c->tied, c->qkv_bias, c->out_bias,
		c->eps, c->theta, c->stretch, c->factor, c->low, c->high,
		c->original };

	return rk_num_hash(all, sizeof all);
}
