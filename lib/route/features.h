/*
 * features.h - what a router is given instead of the bare embedding: blocks,
 * each of unit length, weighted, put side by side and brought to unit length
 * again, so that cosines mix the blocks' cosines by the squares of the weights.
 *
 * Blocks: "embedding", the record's; or parts of it by the names of the
 * embedders that made them, where they are several (embed/several.c); and
 * "surface" (text/surface.h), each number standardised on the training part and
 * clipped at 3 standard deviations. A number that is constant there is dropped.
 */
#ifndef RK_ROUTE_FEATURES_H
#define RK_ROUTE_FEATURES_H

#include <stddef.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"
#include "pref/prefs.h"
#include "text/surface.h"

struct rk_features {
	int on;      /* 0: the bare embedding, all else unused */
	size_t d_in; /* the embedding's dimension */
	/* As asked: names of parts, none for the whole embedding. */
	size_t names;
	char name[RK_EMBED_PARTS][64];
	float asked[RK_EMBED_PARTS]; /* weights of the names, or of the whole */
	/* The embedding's parts; one where it is taken whole. */
	size_t parts;
	size_t d[RK_EMBED_PARTS];
	float weight[RK_EMBED_PARTS]; /* 0: without this one */
	float surface;                /* weight; 0: without */
	float mean[RK_SURFACE_FEATURES];
	float scale[RK_SURFACE_FEATURES]; /* 1 / sd; 0: dropped */
};

/*
 * Reads a list of blocks, "embedding,surface" or "hash,minilm,surface=0.3"
 * (block=weight; 1, and 0.2 for surface, by default). NULL or "embedding": off.
 */
int
rk_features_parse(struct rk_features *f, const char *list, struct rk_err *err);
/*
 * Finds the parts that were asked for among those of P, and takes mean and
 * scale of the surface from its training part. -1 where there is no such part.
 */
int rk_features_fit(
    struct rk_features *f, const struct rk_prefs *p, struct rk_err *err);
/* How many numbers come out. */
size_t rk_features_dim(const struct rk_features *f);
/* out[n, dim] of emb[n, d_in] and TEXT [n] (NULL where surface is off). */
void rk_features_apply(const struct rk_features *f, const float *emb,
    const struct rk_str *text, size_t n, struct rk_pool *pool, float *out);

/*
 * Tensors, where on: features.weight [parts + 1], surface's the last;
 * features.parts [parts], their dimensions, where there are several; and
 * features.surface [2, 8] where that is among the blocks.
 */
void rk_features_put(const struct rk_features *f, struct rk_st_writer *w);
/* Reads them, where they are there under PREFIX; checked. */
int rk_features_open(struct rk_features *f, const struct rk_st *st,
    const char *prefix, struct rk_err *err);

#endif
