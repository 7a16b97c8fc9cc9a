/*
 * features.h - what a router is given instead of the bare embedding: blocks,
 * each of unit length, weighted, put side by side and brought to unit length
 * again, so that cosines mix the blocks' cosines by the squares of the weights.
 *
 * Blocks: "embedding", the record's; and "surface" (text/surface.h), each
 * number standardised on the training part and clipped at 3 standard
 * deviations. A number that is constant there is dropped.
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
	int on;                   /* 0: the bare embedding, all else unused */
	size_t d_in;              /* the embedding's dimension */
	float embedding, surface; /* weights; 0: without this block */
	float mean[RK_SURFACE_FEATURES];
	float scale[RK_SURFACE_FEATURES]; /* 1 / sd; 0: dropped */
};

/*
 * Reads a list of blocks, "embedding,surface" or "embedding,surface=0.3"
 * (block=weight; 1, and 0.2 for surface, by default). NULL or "embedding": off.
 */
int
rk_features_parse(struct rk_features *f, const char *list, struct rk_err *err);
/* Takes mean and scale of the surface from the training part of P. */
void rk_features_fit(struct rk_features *f, const struct rk_prefs *p);
/* How many numbers come out. */
size_t rk_features_dim(const struct rk_features *f);
/* out[n, dim] of emb[n, d_in] and TEXT [n] (NULL where surface is off). */
void rk_features_apply(const struct rk_features *f, const float *emb,
    const struct rk_str *text, size_t n, struct rk_pool *pool, float *out);

/* Tensors features.weight [2] and features.surface [2, 8], where on. */
void rk_features_put(const struct rk_features *f, struct rk_st_writer *w);
/* Reads them, where they are there under PREFIX; checked. */
int rk_features_open(struct rk_features *f, const struct rk_st *st,
    const char *prefix, struct rk_err *err);

#endif
