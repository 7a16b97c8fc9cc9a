/*
 * embeddings.h - texts as the body of a request to OpenAI-compatible
 * /embeddings, and the vectors that such a server answers, which are read as
 * hostile input.
 */
#ifndef RK_IO_EMBEDDINGS_H
#define RK_IO_EMBEDDINGS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* Numbers in a vector at most. */
enum { RK_EMBEDDINGS_MAX_DIM = 1 << 20 };

struct rk_embeddings_ask {
	const char *model;
	size_t dim; /* the API's dimensions; 0: not said */
	int base64; /* ask for base64, which is a fifth of the bytes */
};

/* Appends the body that asks for the vectors of text[0..n). */
void rk_embeddings_request(struct rk_buf *out,
    const struct rk_embeddings_ask *a, const struct rk_str *text, size_t n);

struct rk_embeddings_reply {
	float *x;      /* [n, d], new */
	size_t d;      /* numbers in a vector */
	double tokens; /* of all texts; -1: the server does not say */
};

/*
 * Reads the reply to N texts: exactly N vectors, each in the place that its
 * `index` says (a single one may lack it), base64 of little-endian float32 or
 * an array of numbers, all finite and of one length: D, or with D 0 any. 0; -1
 * with what is wrong, and then r->x is NULL.
 */
int rk_embeddings_read(struct rk_embeddings_reply *r, struct rk_str body,
    size_t n, size_t d, struct rk_err *err);

#endif
