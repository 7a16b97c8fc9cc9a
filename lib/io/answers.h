/*
 * answers.h - what a batch queue has answered: the output and error files of
 * the OpenAI Batch API, a line for each request. A request's custom_id is the
 * hexadecimal form of the digest that the cache would have it under.
 */
#ifndef RK_IO_ANSWERS_H
#define RK_IO_ANSWERS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sha256.h"

enum { RK_ANSWERS_ID = 2 * RK_SHA256_SIZE }; /* characters of a custom_id */

struct rk_answers;

/*
 * Reads the files PATHS[0..n). A request that is answered more than once has
 * the last answer that is no failure. New; NULL with a message that names the
 * file and the line that is none of the API's.
 */
struct rk_answers *
rk_answers_open(const char *const *paths, size_t n, struct rk_err *err);
void rk_answers_close(struct rk_answers *a);
/*
 * The body of the answer to the request DIGEST, which replaces what is in OUT:
 * 1; 0 where there is none; -1 where the request failed, and why.
 */
int rk_answers_get(const struct rk_answers *a,
    const unsigned char digest[RK_SHA256_SIZE], struct rk_buf *out,
    struct rk_err *err);

/*
 * Appends a line of a batch's input: the request BODY to the path of URL, after
 * its host, under DIGEST.
 */
void rk_answers_request(struct rk_buf *out,
    const unsigned char digest[RK_SHA256_SIZE], const char *url,
    struct rk_str body);

#endif
