/* t_config.c - config.json of encoders: what is read, what is refused. */
#include "nn/config.h"

#include "tap.h"

#define BERT_BUT(more)                                                    \
	"{\"model_type\":\"bert\",\"vocab_size\":100,\"hidden_size\":48," \
	"\"num_hidden_layers\":2,\"num_attention_heads\":4,"              \
	"\"intermediate_size\":96,\"max_position_embeddings\":64" more "}"

static int
read_text(struct rk_config *c, const char *text, struct rk_err *err)
{
	return rk_config_read(c, text, strlen(text), err);
}

static const struct {
	const char *text, *msg;
} bad[] = {
	{ "", "line 1: '[' or '{' expected near end of file" },
	{ "[]", "found an array, expected an object" },
	{ "{}", "model_type: found nothing, expected a string" },
	{ "{\"model_type\":7}",
	    "model_type: found a number, expected a string" },
	{ "{\"model_type\":\"bert\",\"model_type\":\"bert\"}",
	    "line 1: duplicate object key near '\"model_type\"'" },
	{ "{\"model_type\":\"mpnet\"}",
	    "model_type: 'mpnet' is not supported: expected one of bert, "
	    "roberta, xlm-roberta, camembert, distilbert" },
	{ "{\"model_type\":\"bert\"}",
	    "num_hidden_layers: found nothing, expected a whole number from 1 "
	    "to 1024" },
	{ "{\"model_type\":\"bert\",\"num_hidden_layers\":1e9}",
	    "num_hidden_layers: found 1000000000, expected a whole number "
	    "from 1 to 1024" },
	{ "{\"model_type\":\"bert\",\"num_hidden_layers\":-1}",
	    "num_hidden_layers: found -1, expected a whole number from 1 to "
	    "1024" },
	{ "{\"model_type\":\"bert\",\"num_hidden_layers\":1.5}",
	    "num_hidden_layers: found 1.5, expected a whole number from 1 to "
	    "1024" },
	{ "{\"model_type\":\"bert\",\"num_hidden_layers\":\"6\"}",
	    "num_hidden_layers: found a string, expected a whole number from "
	    "1 to 1024" },
	{ "{\"model_type\":\"bert\",\"vocab_size\":100,\"hidden_size\":50,"
	  "\"num_hidden_layers\":2,\"num_attention_heads\":4,"
	  "\"intermediate_size\":96,\"max_position_embeddings\":64}",
	    "hidden_size: 50 is no multiple of the 4 of num_attention_heads" },
	{ "{\"model_type\":\"roberta\",\"vocab_size\":100,\"hidden_size\":48,"
	  "\"num_hidden_layers\":2,\"num_attention_heads\":4,"
	  "\"intermediate_size\":96,\"max_position_embeddings\":2}",
	    "max_position_embeddings: found 2, expected more than the 2 that "
	    "padding takes" },
	{ BERT_BUT(",\"hidden_act\":\"mish\""),
	    "hidden_act: 'mish' is not supported: expected gelu, gelu_new, "
	    "relu, silu or tanh" },
	{ BERT_BUT(",\"hidden_act\":{}"),
	    "hidden_act: found an object, expected a string" },
	{ BERT_BUT(",\"position_embedding_type\":\"relative_key\""),
	    "position_embedding_type: 'relative_key' is not supported: "
	    "expected absolute" },
	{ BERT_BUT(",\"is_decoder\":true"),
	    "is_decoder: true is not supported" },
	{ BERT_BUT(",\"layer_norm_eps\":0"),
	    "layer_norm_eps: expected a number above 0 and below 1" },
	{ BERT_BUT(",\"layer_norm_eps\":\"1e-5\""),
	    "layer_norm_eps: expected a number above 0 and below 1" },
	{ BERT_BUT(",\"type_vocab_size\":-2"),
	    "type_vocab_size: found -2, expected a whole number from 0 to "
	    "16777216" },
};

static void
refuses(void)
{
	struct rk_config c;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rk_err err = { "" };
		ok(read_text(&c, bad[i].text, &err) == -1, "%s is refused",
		    bad[i].text);
		same(err.msg, bad[i].msg, "and the message says why");
	}
}

static void
takes_bert(void)
{
	struct rk_err err = { "" };
	struct rk_config c, other;

	ok(read_text(&c, BERT_BUT(""), &err) == 0, "a BERT is read");
	ok(c.form == RK_CONFIG_BERT && c.layers == 2 && c.d == 48 &&
		c.heads == 4 && c.ffn == 96 && c.vocab == 100 &&
		c.positions == 64,
	    "its sizes are those of the file");
	ok(c.first == 0 && c.tokens == 64 && c.types == 2 &&
		c.act == RK_ACT_GELU,
	    "what is missing is as in BERT");
	near(c.eps, 1e-12, 0, "and so is the layer norms' eps");
	ok(read_text(&other, BERT_BUT(",\"hidden_act\":\"relu\""), &err) == 0 &&
		other.act == RK_ACT_RELU,
	    "relu is known");
	ok(rk_config_digest(&c) != rk_config_digest(&other),
	    "another activation is another digest");
	ok(read_text(&other, BERT_BUT(",\"position_embedding_type\":null"),
	       &err) == 0 &&
		rk_config_digest(&c) == rk_config_digest(&other),
	    "null is the default");
}

int
main(void)
{
	struct rk_err err = { "" };
	struct rk_config c;

	takes_bert();
	ok(rk_config_open(
	       &c, "tests/golden/encoder/roberta/config.json", &err) == 0 &&
		c.first == 2 && c.tokens == 28 && c.act == RK_ACT_GELU_NEW,
	    "RoBERTa's positions begin after padding_idx");
	ok(rk_config_open(
	       &c, "tests/golden/encoder/distilbert/config.json", &err) == 0 &&
		c.form == RK_CONFIG_DISTILBERT && c.types == 0 && c.d == 32,
	    "a DistilBERT has no token types");
	ok(rk_config_open(&c, "tests/golden/none.json", &err) == -1, "no file");
	same(err.msg, "tests/golden/none.json: No such file or directory",
	    "is an error that names it");
	refuses();
	return done();
}
