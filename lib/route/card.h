/*
 * card.h - what a model file says of itself: the strings rk.* of its metadata
 * (rl-model.5).
 */
#ifndef RK_ROUTE_CARD_H
#define RK_ROUTE_CARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/safetensors.h"

#define RK_CARD_VERSION "1.0"

struct rk_card {
	const char *router; /* borrowed from the file, as all that follows */
	char **model;       /* [k] names, in row order; the card's own */
	size_t k;
	size_t strong, weak;  /* the default pair, as rows; k: there is none */
	const char *embedder; /* JSON object, or NULL: none is known */
	const char *params;   /* JSON object, or NULL: the defaults */
	uint64_t seed;
};

/*
 * Reads and checks the metadata of ST. ROWS is NULL, or JSON (io/rows.h) with
 * the names of the rows for a file that does not say: a checkpoint of
 * RouteLLM's, which is known by its tensor P.weight.
 */
int rk_card_read(struct rk_card *c, const struct rk_st *st, const char *rows,
    struct rk_err *err);
void rk_card_free(struct rk_card *c);

/* The row named NAME; -1 with a message that lists the known names. */
int rk_card_find(
    const struct rk_card *c, const char *name, size_t *row, struct rk_err *err);

/* Puts the card's strings into a file that is being written. */
void rk_card_put(const struct rk_card *c, struct rk_st_writer *w);

/* The file's metadata and its tensors, as one JSON object, for --info. */
void rk_card_print(const struct rk_st *st, struct rk_buf *out);

#endif
