/*
 * vectors.h - the vectors of records: the embedding that a record came with,
 * else the one that an embedder makes of its text. Vectors of two embedders
 * cannot be compared, so records must have either those of the embedder, or all
 * of them one of their own; the first few that came with a text tell.
 */
#ifndef RK_EMBED_VECTORS_H
#define RK_EMBED_VECTORS_H

#include <stddef.h>

#include "base/err.h"
#include "base/param.h"
#include "embed/embedder.h"
#include "io/pool.h"
#include "io/record.h"

/* Start it as { .kind = ..., .set = ..., .prompt = ... }. */
struct rk_vectors {
	const struct rk_embedder *kind; /* for records without an embedding */
	const struct rk_params *set;    /* its parameters; where "dim" is not
	                                   set, the records' is taken. Borrowed */
	struct rk_prompt prompt;
	size_t d;    /* numbers in a vector; 0: no record has told yet */
	float *unit; /* [n, d], of the last batch */
	/* private */
	struct rk_embed embed; /* open when kind is set */
	size_t checked;        /* records that were held against it */
	int foreign;           /* the embeddings are not its */
	int made;              /* it has made some */
	struct rk_vector_of *of;
	size_t cap, floats;
};

/*
 * v->unit: each record's vector as a unit vector, or zero; a record whose err
 * is set, or is set here, has zero. The first record that is good decides about
 * the dimension; which record is at fault does not depend on the batches.
 */
void rk_vectors_read(
    struct rk_vectors *v, struct rk_rec *rec, size_t n, struct rk_pool *pool);
/*
 * Are the vectors so far such as a model file wants that was trained on D
 * numbers of the embedder ID (embedder.h)? -1 with a message that says what
 * they are.
 */
int rk_vectors_match(
    const struct rk_vectors *v, const char *id, size_t d, struct rk_err *err);
void rk_vectors_free(struct rk_vectors *v);

#endif
