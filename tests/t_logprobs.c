/* t_logprobs.c - replies with log-probabilities, the good and the bad. */
#include "io/logprobs.h"

#include "tests/tap.h"

static void
list(void *ctx, struct rk_str token, double logprob)
{
	rk_buf_addf(ctx, "%.*s=%g;", (int)token.n, token.p, logprob);
}

/* What is read of BODY, or what is wrong. Borrowed until the next. */
static const char *
read_body(const char *body)
{
	static struct rk_buf b;
	struct rk_err err = { { 0 } };

	b.n = 0;
	rk_buf_adds(&b, "");
	if (rk_logprobs_read(
		(struct rk_str){ body, strlen(body) }, list, &b, &err) != 0) {
		b.n = 0;
		rk_buf_adds(&b, err.msg);
	}
	return b.p;
}

#define TOP(list)                                                           \
	"{\"choices\":[{\"logprobs\":{\"content\":[{\"top_logprobs\":" list \
	"}]}}]}"
#define NOT_TOP                                                                \
	"expected choices[0].logprobs.content[0].top_logprobs, an array with " \
	"tokens"
#define NONE \
	"the server gives no log-probabilities: expected choices[0].logprobs"
#define NO_TOKEN "top_logprobs[0]: expected a token and a logprob of at most 0"

static const struct {
	const char *body, *want;
} cases[] = {
	{ TOP("[{\"token\":\"1\",\"logprob\":-0.5,\"bytes\":[49]},"
	      "{\"token\":\" a\",\"logprob\":-9999}]"),
	    "1=-0.5; a=-9999;" },
	{ TOP("[{\"token\":\"\",\"logprob\":0}]"), "=0;" },
	{ TOP("[{\"token\":\"1\",\"logprob\":0.5}]"), NO_TOKEN },
	{ TOP("[{\"token\":\"1\",\"logprob\":\"-1\"}]"), NO_TOKEN },
	{ TOP("[{\"token\":\"1\"}]"), NO_TOKEN },
	{ TOP("[{\"token\":1,\"logprob\":-1}]"), NO_TOKEN },
	{ TOP("[7]"), NO_TOKEN },
	{ TOP("[]"), NOT_TOP },
	{ TOP("{}"), NOT_TOP },
	{ "{\"choices\":[{\"logprobs\":{\"content\":[]}}]}", NOT_TOP },
	{ "{\"choices\":[{\"logprobs\":{\"content\":null}}]}", NOT_TOP },
	{ "{\"choices\":[{\"logprobs\":null}]}", NONE },
	{ "{\"choices\":[{\"message\":{\"content\":\"1\"}}]}", NONE },
	{ "{\"choices\":[{},{}]}", "expected choices, an array of one" },
	{ "{\"choices\":[]}", "expected choices, an array of one" },
	{ "[1]", "expected choices, an array of one" },
	{ "{\"choices\":[],\"choices\":[]}",
	    "no JSON: duplicate object key near '\"choices\"'" },
	{ TOP("[{\"token\":\"1\",\"logprob\":NaN}]"),
	    "no JSON: invalid token near 'NaN'" },
	{ TOP("[{\"token\":\"1\",\"logprob\":-1e999}]"),
	    "no JSON: real number overflow near '-1e999'" },
	{ "", "no JSON: '[' or '{' expected near end of file" },
};

int
main(void)
{
	const struct rk_str text = { "say \"1\"\n", 8 };
	struct rk_buf b = { 0 };
	size_t i;

	rk_logprobs_request(&b, "m/1", text, 20);
	same(b.p,
	    "{\"model\":\"m/1\",\"messages\":[{\"role\":\"user\",\"content\":"
	    "\"say \\\"1\\\"\\n\"}],\"max_tokens\":1,\"temperature\":0,"
	    "\"logprobs\":true,\"top_logprobs\":20}",
	    "a request asks for one token and the likeliest");
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		same(read_body(cases[i].body), cases[i].want, cases[i].body);
	rk_buf_free(&b);
	return done();
}
