/*
 * logprobs.h - a chat completion of one token, and how probable the likeliest
 * tokens were at its place, as OpenAI's API, vLLM and llama-server give them.
 */
#ifndef RK_IO_LOGPROBS_H
#define RK_IO_LOGPROBS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/*
 * Appends the body that asks MODEL for the token that follows TEXT, and the TOP
 * likeliest there.
 */
void rk_logprobs_request(
    struct rk_buf *out, const char *model, struct rk_str text, int top);

/*
 * Reads the reply, as hostile input: FN for each of the likeliest tokens (its
 * text is borrowed) with the logarithm of its probability. 0; -1 with what is
 * wrong; 1 where that is that the server gives no log-probabilities.
 */
int rk_logprobs_read(struct rk_str body,
    void (*fn)(void *ctx, struct rk_str token, double logprob), void *ctx,
    struct rk_err *err);

#endif
