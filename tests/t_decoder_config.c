/* t_decoder_config.c - config.json of decoders: what is read, what is refused. */
#include "nn/decoder-config.h"

#include "tap.h"

#define SIZES                                                \
	"\"vocab_size\":100,\"hidden_size\":48,"             \
	"\"num_hidden_layers\":2,\"num_attention_heads\":4," \
	"\"intermediate_size\":96,\"max_position_embeddings\":64"
#define LLAMA(more) "{\"model_type\":\"llama\"," SIZES more "}"
#define MISTRAL(more) \
	"{\"model_type\":\"mistral\",\"num_key_value_heads\":2," SIZES more "}"
#define QWEN2(more) \
	"{\"model_type\":\"qwen2\",\"num_key_value_heads\":2," SIZES more "}"
#define ROPE(more) LLAMA(",\"rope_scaling\":{" more "}")

static int
read_text(struct rk_decoder_config *c, const char *text, struct rk_err *err)
{
	return rk_decoder_config_read(c, text, strlen(text), err);
}

static const struct {
	const char *text, *msg;
} bad[] = {
	{ "", "line 1: '[' or '{' expected near end of file" },
	{ "[]", "found an array, expected an object" },
	{ "{}", "model_type: found nothing, expected a string" },
	{ "{\"model_type\":\"gemma\"}",
	    "model_type: 'gemma' is not supported: expected one of llama, "
	    "mistral, qwen2" },
	{ "{\"model_type\":\"llama\",\"num_hidden_layers\":1e30}",
	    "num_hidden_layers: found 1e+30, expected a whole number from 1 "
	    "to 1024" },
	{ "{\"model_type\":\"llama\",\"num_hidden_layers\":2,"
	  "\"hidden_size\":0}",
	    "hidden_size: found 0, expected a whole number from 1 to 65536" },
	{ "{\"model_type\":\"mistral\"," SIZES "}",
	    "num_key_value_heads: found nothing, expected a whole number from "
	    "1 to 65536" },
	{ LLAMA(",\"num_key_value_heads\":3"),
	    "num_attention_heads: 4 is no multiple of the 3 of "
	    "num_key_value_heads" },
	{ LLAMA(",\"num_key_value_heads\":0"),
	    "num_key_value_heads: found 0, expected a whole number from 1 to "
	    "65536" },
	{ "{\"model_type\":\"llama\",\"vocab_size\":100,\"hidden_size\":50,"
	  "\"num_hidden_layers\":2,\"num_attention_heads\":4,"
	  "\"intermediate_size\":96,\"max_position_embeddings\":64}",
	    "hidden_size: 50 is no multiple of the 4 of num_attention_heads" },
	{ LLAMA(",\"head_dim\":7"),
	    "head_dim: found 7, expected an even number up to 1024" },
	{ LLAMA(",\"hidden_act\":\"gelu\""),
	    "hidden_act: 'gelu' is not supported: expected silu" },
	{ LLAMA(",\"mlp_bias\":true"), "mlp_bias: true is not supported" },
	{ LLAMA(",\"rope_interleaved\":true"),
	    "rope_interleaved: true is not supported" },
	{ LLAMA(",\"is_causal\":false"), "is_causal: false is not supported" },
	{ LLAMA(",\"quantization_config\":{\"bits\":4}"),
	    "quantization_config: not supported" },
	{ LLAMA(",\"sliding_window\":16"),
	    "sliding_window: not supported in model_type llama" },
	{ LLAMA(",\"attention_bias\":1"),
	    "attention_bias: found a number, expected true or false" },
	{ MISTRAL(",\"attention_bias\":true"),
	    "attention_bias: true is not supported in model_type mistral" },
	{ MISTRAL(",\"sliding_window\":0"),
	    "sliding_window: found 0, expected a whole number from 1 to "
	    "1048576" },
	{ QWEN2(",\"use_sliding_window\":true,\"sliding_window\":8,"
		"\"max_window_layers\":1,\"layer_types\":"
		"[\"full_attention\",\"full_attention\"]"),
	    "layer_types: 'full_attention' is not supported: expected "
	    "sliding_attention" },
	{ QWEN2(",\"layer_types\":[\"full_attention\"]"),
	    "layer_types: expected an array of 2 strings" },
	{ LLAMA(",\"rms_norm_eps\":0"),
	    "rms_norm_eps: expected a number above 0 and below 1" },
	{ LLAMA(",\"rope_theta\":-1"),
	    "rope_theta: expected a number above 1 and below 1e+12" },
	{ LLAMA(",\"partial_rotary_factor\":0.5"),
	    "partial_rotary_factor: found 0.5, expected 1" },
	{ LLAMA(",\"rope_scaling\":2"),
	    "rope_scaling: found a number, expected an object" },
	{ ROPE("\"type\":\"yarn\",\"factor\":4"),
	    "rope_scaling: rope_type: 'yarn' is not supported: expected one of "
	    "default, linear, llama3" },
	{ ROPE("\"rope_type\":\"dynamic\",\"factor\":4"),
	    "rope_scaling: rope_type: 'dynamic' is not supported: expected one "
	    "of default, linear, llama3" },
	{ ROPE("\"type\":\"linear\",\"rope_type\":\"default\",\"factor\":4"),
	    "rope_scaling: type: 'linear' is not supported: expected "
	    "default" },
	{ ROPE("\"type\":\"linear\""),
	    "rope_scaling: factor: expected a number above 0.001 and below "
	    "1e+06" },
	{ ROPE("\"type\":\"linear\",\"factor\":0"),
	    "rope_scaling: factor: expected a number above 0.001 and below "
	    "1e+06" },
	{ ROPE("\"type\":\"linear\",\"factor\":2,\"mscale\":2"),
	    "rope_scaling: mscale: not supported" },
	{ ROPE("\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,"
	       "\"high_freq_factor\":1,"
	       "\"original_max_position_embeddings\":8192"),
	    "rope_scaling: high_freq_factor: found 1, expected more than the 4 "
	    "of low_freq_factor" },
	{ LLAMA(",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2},"
		"\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":2}"),
	    "rope_parameters: there is rope_scaling already" },
};

static void
refuses(void)
{
	struct rk_decoder_config c;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rk_err err = { "" };
		ok(read_text(&c, bad[i].text, &err) == -1, "%s is refused",
		    bad[i].text);
		same(err.msg, bad[i].msg, "and the message says why");
	}
}

static void
takes(void)
{
	struct rk_err err = { "" };
	struct rk_decoder_config c, other;

	ok(read_text(&c, LLAMA(""), &err) == 0 && c.layers == 2 && c.d == 48 &&
		c.heads == 4 && c.groups == 4 && c.head == 12 && c.ffn == 96 &&
		c.vocab == 100 && c.tokens == 64,
	    "a Llama's sizes are those of the file");
	ok(c.window == 0 && !c.tied && !c.qkv_bias && !c.out_bias &&
		c.eps == 1e-6 && c.theta == 1e4 &&
		c.stretch == RK_DECODER_AS_IS,
	    "what is missing is as in LlamaConfig");
	ok(read_text(&other, LLAMA(",\"rope_theta\":5e5"), &err) == 0 &&
		rk_decoder_config_digest(&c) !=
		    rk_decoder_config_digest(&other),
	    "another theta is another digest");
	ok(read_text(&other,
	       LLAMA(",\"rope_parameters\":{\"rope_type\":\"default\","
		     "\"rope_theta\":500000}"),
	       &err) == 0 &&
		other.theta == 5e5,
	    "theta may be among the rope_parameters");
	ok(read_text(&c, LLAMA(",\"attention_bias\":true,\"head_dim\":10"),
	       &err) == 0 &&
		c.qkv_bias && c.out_bias && c.head == 10,
	    "a Llama may have biases, and heads of any even width");
	ok(read_text(&c, QWEN2(",\"tie_word_embeddings\":true"), &err) == 0 &&
		c.qkv_bias && !c.out_bias && c.tied && c.groups == 2 &&
		c.window == 0,
	    "Qwen 2 has biases of queries, keys and values");
	ok(read_text(&c,
	       QWEN2(",\"use_sliding_window\":true,\"sliding_window\":8,"
		     "\"max_window_layers\":1,\"layer_types\":"
		     "[\"full_attention\",\"sliding_attention\"]"),
	       &err) == 0 &&
		rk_decoder_config_window(&c, 0) == 0 &&
		rk_decoder_config_window(&c, 1) == 8,
	    "and a window in its last layers if it says so");
	ok(read_text(&c, MISTRAL(""), &err) == 0 && c.window == 4096 &&
		!c.qkv_bias,
	    "Mistral's window is 4096 where it is missing");
	ok(read_text(&c, MISTRAL(",\"sliding_window\":null"), &err) == 0 &&
		c.window == 0,
	    "and null is none");
}

static void
stretches(void)
{
	struct rk_err err = { "" };
	struct rk_decoder_config c;
	double f[6];
	size_t i;

	read_text(&c, ROPE("\"type\":\"linear\",\"factor\":4"), &err);
	rk_decoder_config_freqs(f, &c);
	for (i = 0; i < 6; i++)
		near(f[i], pow(1e4, -(double)i / 6) / 4, 1e-15,
		    "linear: a quarter of each frequency");
	ok(read_text(&c,
	       ROPE("\"rope_type\":\"llama3\",\"factor\":8,"
		    "\"low_freq_factor\":1,\"high_freq_factor\":4,"
		    "\"original_max_position_embeddings\":128"),
	       &err) == 0,
	    "llama3 is known");
	rk_decoder_config_freqs(f, &c);
	/* waves in 128 tokens: 20.4, 4.39, .945, .204, .. */
	near(f[0], 1, 0, "llama3: short waves stay");
	near(f[1], pow(1e4, -1 / 6.), 1e-15, "and those next to them");
	near(f[2], pow(1e4, -2 / 6.) / 8, 1e-15, "long ones are stretched");
	c.original = 256; /* 1.89 waves: by (1.89 - 1) / 3 between the two */
	rk_decoder_config_freqs(f, &c);
	near(f[2],
	    pow(1e4, -2 / 6.) *
		(.29705114169140806 +
		    (1 - .29705114169140806) / 8), /* by hand */
	    1e-9, "and between them some");
}

int
main(void)
{
	takes();
	stretches();
	refuses();
	return done();
}
