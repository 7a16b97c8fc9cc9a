/*
 * attend.h - causal attention of grouped heads, for forward passes: that of
 * rk_ops_attention (ops.h), by products in panels. A query's result depends on
 * that query and the keys that it sees, and has the same bytes however many
 * queries there are, and whether the first keys were kept from another text
 * that begins in the same way, or computed with the rest.
 */
#ifndef RK_NN_ATTEND_H
#define RK_NN_ATTEND_H

#include <stddef.h>

#include "math/mat.h"

struct rk_attend {
	size_t heads, groups; /* heads is a multiple of groups */
	size_t head;          /* the width of one */
	size_t window;        /* keys that a query sees at most; 0: all */
	float scale;
};

/* Keys and values of the first T tokens of a layer, in panels, by group. */
struct rk_attend_kept {
	size_t t;
	float *key, *value; /* of one run of floats that begins at key */
};

/* Keeps k[t, groups head] and v[t, groups head]. New: free(kept.key). */
struct rk_attend_kept rk_attend_keep(
    const struct rk_attend *a, struct rk_mat k, struct rk_mat v, size_t t);

/* Floats of room for texts of at most T keys, those kept among them. */
size_t rk_attend_room(const struct rk_attend *a, size_t t);
/*
 * y[n, heads head] of q[n, heads head], k[t, groups head] and v[t, groups head].
 * The keys KEPT, which may be NULL, come before these; the queries belong to
 * the last N of all. Heads lie side by side in a row.
 */
void rk_attend(float *y, struct rk_mat q, struct rk_mat k, struct rk_mat v,
    size_t n, size_t t, const struct rk_attend_kept *kept,
    const struct rk_attend *a, float *room);

#endif
