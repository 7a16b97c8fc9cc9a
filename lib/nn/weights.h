/*
 * weights.h - a transformer's weights: which tensors a configuration asks for,
 * where each lies in one run of floats, and how they come from safetensors.
 * Who asks for which is in encoder-weights.h and decoder-weights.h.
 */
#ifndef RK_NN_WEIGHTS_H
#define RK_NN_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"

enum rk_weights_place {
	RK_WEIGHTS_PLAIN,  /* as files have it, a matrix as [out, in]: for
	                      weights, gradients and an optimiser's moments */
	RK_WEIGHTS_PANELS, /* a matrix for forward passes alone: math/panel.h */
	RK_WEIGHTS_MAPPED  /* it has no place here and stays in its file */
};

/* One tensor as a file has it, and its place in the run of floats. */
struct rk_weights_part {
	char name[96]; /* less the file's prefix ("bert.") */
	int ndim;      /* 1, or 2 */
	size_t shape[2];
	size_t at; /* where it begins */
	enum rk_weights_place place;
};

/* Start it as { 0 }. */
struct rk_weights_layout {
	size_t parts, cap, floats;
	struct rk_weights_part
	    *part;                   /* [parts]; the words' table is the last */
	size_t layer;                /* the part that the layers begin with */
	size_t step;                 /* parts of a layer */
	const char *const *prefixes; /* that files may have; NULL ends them */
};

/* A tensor more, [n, k], or [n] where K is 0. */
void rk_weights_add(struct rk_weights_layout *l, const char *name, size_t n,
    size_t k, enum rk_weights_place place);
void rk_weights_layout_free(struct rk_weights_layout *l);

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
 * and of the right shape. PREFIX NULL: whichever of the layout's there is. Old names
 * of layer norms, gamma and beta, are known.
 */
int
rk_weights_find(const struct rk_tensor **of, const struct rk_weights_layout *l,
    const struct rk_weights_files *f, const char *prefix, struct rk_err *err);
/* -1 where one of the N tensors has a number that is not finite. */
int rk_weights_check(
    const struct rk_tensor *const *of, size_t n, struct rk_err *err);
/* Widens the tensors OF to their places in P. */
void rk_weights_widen(float *p, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool);
/*
 * A panel of the matrix T: its rows ROW to ROW + ROWS, at most RK_PANEL, by its
 * columns FROM to FROM + K.
 */
void rk_weights_panel(float *panel, const struct rk_tensor *t, size_t row,
    size_t rows, size_t from, size_t k);
/* out[n] = the floats from element AT of T on. */
void rk_weights_get(float *out, const struct rk_tensor *t, size_t at, size_t n);
/* A digest of all parts, their types and their names, and of H. */
uint64_t rk_weights_digest(uint64_t h, const struct rk_weights_layout *l,
    const struct rk_tensor *const *of, struct rk_pool *pool);

#endif
