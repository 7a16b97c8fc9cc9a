/* logprobs.c - requests for one token and its probabilities, by jansson. */
#include "io/logprobs.h"

#include <jansson.h>
#include <string.h>

#define SLACK 1e-3 /* a rounded 0 may be as far above it */

void
rk_logprobs_request(
    struct rk_buf *out, const char *model, struct rk_str text, int top)
{
	rk_buf_adds(out, "{\"model\":");
	rk_buf_json(out, model, strlen(model));
	rk_buf_adds(out, ",\"messages\":[{\"role\":\"user\",\"content\":");
	rk_buf_json(out, text.p, text.n);
	rk_buf_addf(out,
	    "}],\"max_tokens\":1,\"temperature\":0,\"logprobs\":true,"
	    "\"top_logprobs\":%d}",
	    top);
}

/* TOP: the likeliest tokens at the first place of the only choice. */
static int
find_top(const json_t **top, const json_t *root, struct rk_err *err)
{
	const json_t *choices = json_object_get(root, "choices"), *probs;

	if (json_array_size(choices) != 1)
		return rk_err_set(err, "expected choices, an array of one");
	probs = json_object_get(json_array_get(choices, 0), "logprobs");
	if (probs == NULL || json_is_null(probs)) {
		rk_err_set(err,
		    "the server gives no log-probabilities: expected "
		    "choices[0].logprobs");
		return 1;
	}
	*top = json_object_get(
	    json_array_get(json_object_get(probs, "content"), 0),
	    "top_logprobs");
	if (json_array_size(*top) == 0)
		return rk_err_set(err,
		    "expected choices[0].logprobs.content[0].top_logprobs, an "
		    "array with tokens");
	return 0;
}

int
rk_logprobs_read(struct rk_str body,
    void (*fn)(void *ctx, struct rk_str token, double logprob), void *ctx,
    struct rk_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(
	    body.p, body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	const json_t *top = NULL, *token, *value;
	size_t i;
	int rc;

	if (root == NULL)
		return rk_err_set(err, "no JSON: %s", e.text);
	rc = find_top(&top, root, err);
	for (i = 0; rc == 0 && i < json_array_size(top); i++) {
		token = json_object_get(json_array_get(top, i), "token");
		value = json_object_get(json_array_get(top, i), "logprob");
		if (!json_is_string(token) || !json_is_number(value) ||
		    !(json_number_value(value) <= SLACK)) {
			rc = rk_err_set(err,
			    "top_logprobs[%zu]: expected a token and a "
			    "logprob of at most 0",
			    i);
			break;
		}
		fn(ctx,
		    (struct rk_str){
			json_string_value(token), json_string_length(token) },
		    json_number_value(value));
	}
	json_decref(root);
	return rc;
}
