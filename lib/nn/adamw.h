/*
 * adamw.h - parameters that are trained together by AdamW (math/optim.h): their
 * values, the gradient and its moments, each one run of floats. They are cut
 * into tiles that threads take, whose borders and order are the caller's, so
 * that a step's bytes do not depend on the number of threads.
 *
 * One table of rows (the words of a model) may be said to be reached by few:
 * rows that no text has had yet have neither gradient nor moments and are only
 * shrunk, to the same bytes as by AdamW, which spares most of the largest
 * table.
 */
#ifndef RK_NN_ADAMW_H
#define RK_NN_ADAMW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/pool.h"
#include "io/safetensors.h"

struct rk_adamw {
	size_t n;                   /* floats in all */
	float *p, *g, *m, *v;       /* [n]: values, gradient, moments */
	long step;                  /* steps done */
	struct rk_adamw_tile *tile; /* [tiles]: what is trained, in pieces */
	size_t tiles;
	double *squares;    /* [tiles] */
	size_t table;       /* where the rows [rows, d] begin */
	size_t rows, d;     /* rows 0: there is no such table */
	unsigned char *met; /* [rows]: those that had a gradient */
};

/* Room for N floats, of which nothing is trained yet; p is not set. */
void rk_adamw_init(struct rk_adamw *w, size_t n);
void rk_adamw_free(struct rk_adamw *w);
/* N floats from AT on are trained; decay spares them unless DECAYS. */
void rk_adamw_add(struct rk_adamw *w, size_t at, size_t n, int decays);
/* The table rows[ROWS, D] from AT on is; it decays. At most once. */
void rk_adamw_add_rows(struct rk_adamw *w, size_t at, size_t rows, size_t d);

/* Makes the gradient zero, where rk_adamw_step will look. */
void rk_adamw_clear(struct rk_adamw *w, struct rk_pool *pool);
/* Rows IDS[n] of the table are about to have a gradient. */
void rk_adamw_meet(struct rk_adamw *w, const uint32_t *ids, size_t n);
/* A step at the rate LR, the gradient clipped to the length CLIP (0: any). */
void rk_adamw_step(struct rk_adamw *w, double lr, double decay, double clip,
    struct rk_pool *pool);

/*
 * All that a run needs to go on with the same bytes: "tune.weights",
 * "tune.moment1", "tune.moment2" and "tune.step". Borrowed until ST is written.
 */
void rk_adamw_put(const struct rk_adamw *w, struct rk_st_writer *st);
/* The same, back into W, which was made alike. */
int
rk_adamw_get(struct rk_adamw *w, const struct rk_st *st, struct rk_err *err);

#endif
