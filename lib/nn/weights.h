/*
 * weights.h - an encoder's weights: which tensors a configuration asks for,
 * where each lies in one run of floats, and how they come from safetensors.
 *
 * There are two layouts. The plain one has each tensor as files have it, a
 * matrix as [out, in], the three of the query, the key and the value one after
 * another as [3 d, d]; it serves weights, gradients and an optimiser's moments
 * alike. The other has each matrix in panels (math/panel.h), for forward passes
 * alone.
 */
#ifndef RK_NN_WEIGHTS_H
#define RK_NN_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"
#include "nn/config.h"

/* One tensor as a file has it, and its place in the run of floats. */
struct rk_weights_part {
	char name[96]; /* less the file's prefix ("bert.") */
	int ndim;      /* 1, or 2 */
	size_t shape[2];
	size_t at;     /* where it begins */
	int in_panels; /* else as in the file */
};

struct rk_weights_layout {
	size_t parts, floats, d, ffn;
	struct rk_weights_part
	    *part;    /* [parts]; the words' table is the last */
	size_t layer; /* the part that the layers begin with */
};

void rk_weights_lay(
    struct rk_weights_layout *l, const struct rk_config *c, int panels);
void rk_weights_layout_free(struct rk_weights_layout *l);

/* Where things are in a run of floats P that is laid out so. */
struct rk_weights_tables {
	float *position;    /* [positions, d] */
	float *type;        /* [types, d]; NULL: no types */
	float *norm, *bias; /* [d], of the embeddings */
	float *word;        /* [vocab, d] */
};

/* A matrix is [out, in], plain or in panels. */
struct rk_weights_layer {
	float *query, *key, *value;                /* [d, d] */
	float *query_bias, *key_bias, *value_bias; /* [d] */
	float *out, *out_bias;                     /* [d, d], [d] */
	float *norm1, *bias1;                      /* [d], after attention */
	float *up, *up_bias;                       /* [ffn, d], [ffn] */
	float *down, *down_bias;                   /* [d, ffn], [d] */
	float *norm2, *bias2; /* [d], after the feed-forward part */
};

struct rk_weights_tables
rk_weights_tables(const struct rk_weights_layout *l, float *p);
struct rk_weights_layer
rk_weights_layer(const struct rk_weights_layout *l, float *p, size_t layer);

/* --- files ------------------------------------------------------------------ */

/* One safetensors file, or the shards of one. */
struct rk_weights_files {
	size_t n;
	struct rk_st **st; /* [n] */
};

/*
 * DIR/model.safetensors, or the shards that DIR/model.safetensors.index.json
 * names.
 */
int rk_weights_open(
    struct rk_weights_files *f, const char *dir, struct rk_err *err);
void rk_weights_close(struct rk_weights_files *f);

/*
 * The tensor of each part, [parts] (borrowed from the files): F32, F16 or BF16
 * and of the right shape. PREFIX NULL: whichever of "", "bert.", "roberta.",
 * "distilbert." there is. Old names of layer norms, gamma and beta, are known.
 */
int
rk_weights_find(const struct rk_tensor **of, const struct rk_weights_layout *l,
    const struct rk_weights_files *f, const char *prefix, struct rk_err *err);
/* -1 where one of the N tensors has a number that is not finite. */
int rk_weights_check(
    const struct rk_tensor *const *of, size_t n, struct rk_err *err);
/* Widens parts 0..n-1 of OF to their places in P. */
void rk_weights_widen(float *p, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, size_t n, struct rk_pool *pool);
/* out[n] = the floats from element AT of T on. */
void rk_weights_get(float *out, const struct rk_tensor *t, size_t at, size_t n);
/* A digest of all parts, their types and their names, and of H. */
uint64_t rk_weights_digest(uint64_t h, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool);

#endif
