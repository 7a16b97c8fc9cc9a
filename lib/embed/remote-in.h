/*
 * remote-in.h - what remote.c, which opens the embedder, and remote-batch.c,
 * which asks for the vectors of a batch, share.
 */
#ifndef RK_EMBED_REMOTE_IN_H
#define RK_EMBED_REMOTE_IN_H

#include "base/set.h"
#include "embed/remote.h"
#include "io/cache.h"
#include "io/purse.h"

struct rk_remote {
	struct rk_remote_net net;
	char *model;
	size_t dim;
	int native;            /* dim is the model's own: it is not asked for */
	size_t inputs, tokens; /* of a request at most */
	struct rk_cache *cache;
	struct rk_http *http; /* from the first request on */
	int plain;            /* the server refuses base64 ... */
	int encodes;          /* ... it has given it, or not minded */
	struct rk_purse purse;
	struct rk_remote_count count;
	struct rk_set seen; /* digests of the texts of a dry run */
};

/*
 * The vectors of texts, as embedder.h says of embed. With OUT NULL they are not
 * written, and a dimension that is not known becomes theirs.
 */
void rk_remote_batch(struct rk_remote *s, const struct rk_str *texts, size_t n,
    float *out, struct rk_err *const *errs);

#endif
