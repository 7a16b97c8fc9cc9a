/*
 * tune-body.h - what a network does to be tuned (nn/tune.h), and what such
 * networks have in common. Rows of all texts of a pass are cut into tiles of a
 * fixed height; attention goes by text, gradients of weights by rows of the
 * weight. Threads take tiles, and each number is summed by one of them in one
 * order.
 */
#ifndef RK_NN_TUNE_BODY_H
#define RK_NN_TUNE_BODY_H

#include "nn/ops.h"
#include "nn/tune.h"

/* Some texts of a batch, which are computed together. */
struct rk_tune_pass {
	const struct rk_tune_text *text; /* [n] */
	size_t n, tokens, longest;       /* in all, and in one */
	/*
	 * Rows are the texts' tokens, one text after another. Tokens that all
	 * texts begin with are rows but once, the first SHARED, where the body
	 * can do with that; each text has others.
	 */
	size_t rows, shared;
	size_t *start;     /* [n + 1]: the first row of each text's own */
	uint32_t *text_of; /* [rows]; of those shared, 0 */
	size_t *each;      /* [n + 1]: 0, 1, 2, ... */
	size_t base;       /* the first text's place in the batch */
	float drop;
	int back; /* a backward will follow */

	/* What the body's forward sets: rows of[i] .. of[i + 1] are text i's */
	const float *x; /* the states */
	float *dx;      /* room for their gradient, which backward reads */
	const size_t *of;

	size_t most_rows, most_texts; /* there is room for */
};

struct rk_tune_body {
	/* The states of the pass at hand, t->pass. */
	void (*forward)(struct rk_tune *t, struct rk_pool *pool);
	/* Adds to w.g from the gradient dx; after a forward with back set. */
	void (*backward)(struct rk_tune *t, struct rk_pool *pool);
	const struct rk_weights_layout *(*layout)(const struct rk_tune *t);
	/* A tensor as it is to be stored; NULL: as it lies in w.p. */
	void (*tensor)(const struct rk_tune *t, size_t part, float *out);
	int adapted; /* w.p is not the tensors but what is beside them */
	int shares;  /* tokens that all texts begin with may be rows but once */
	void (*free)(void *of);
};

/*
 * A trained thing with N floats of BODY, which are the caller's to set, and a
 * head; OF is the body's own and taken. Nothing is trained yet:
 * rk_adamw_add says what is, and last rk_tune_add_head. New.
 */
struct rk_tune *rk_tune_new(const struct rk_tune_body *body, void *of, size_t d,
    size_t n, const struct rk_tune_options *o);
void rk_tune_add_head(struct rk_tune *t);

/* The place of a row's token in its text. */
size_t rk_tune_place(const struct rk_tune_pass *p, size_t row);

/* A key of the dropout of a text of the pass, in the step at hand. */
uint64_t
rk_tune_key(const struct rk_tune *t, size_t text, size_t layer, uint64_t place);

/* What a body needs for a pass; start it as { 0 }. */
struct rk_tune_room {
	size_t rows, texts, longest, kept; /* what it is enough for */
	float *arena;
	float **scratch; /* [threads] */
	int threads;
};

/*
 * Makes ROOM enough for the pass at hand and KEPT layers. 0: it was so already;
 * 1: all that was in it is gone, and rk_tune_room_set is due.
 */
int rk_tune_room_grow(
    struct rk_tune_room *r, const struct rk_tune *t, size_t kept, int threads);
/* Gives it an arena of N floats, and SCRATCH floats for each thread. */
void rk_tune_room_set(struct rk_tune_room *r, size_t n, size_t scratch);
void rk_tune_room_free(struct rk_tune_room *r);

/* Takes n floats off ARENA at *used; with ARENA NULL, only counts them. */
float *rk_tune_take(float *arena, size_t *used, size_t n);

/* Tiles of ROWS rows: alike in height, and even in number. */
size_t rk_tune_tiles(size_t rows);
/* The most tiles that up to ROWS rows have. */
size_t rk_tune_tiles_most(size_t rows);
/* The rows of a tile: from the one returned on, *m. */
size_t rk_tune_tile(size_t rows, size_t tile, size_t *m);

/*
 * The gradient of a linear layer's parameters: dw[o, d] += dy' x and db[o] +=
 * the sum of dy's rows, over all rows; db may be NULL.
 */
struct rk_tune_product {
	float *dw, *db;
	struct rk_mat dy, x;
	size_t rows, o, d;
};

/* How many tiles a product has, and one of them: some rows of dw. */
size_t rk_tune_slices(const struct rk_tune_product *w);
void rk_tune_slice(const struct rk_tune_product *w, size_t slice);
/* The slice that TILE is of all slices of N products, if any: 1, and done. */
int rk_tune_slice_of(const struct rk_tune_product *w, size_t n, size_t *tile);

#endif
