/* fault-embeddings.h - what fault-server.c answers to /embeddings. */
#ifndef FAULT_EMBEDDINGS_H
#define FAULT_EMBEDDINGS_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends to OUT the reply to the BODY of a request, right but for FAULT; and
 * to WHAT, for the log, how many texts there were, how they are encoded and
 * the dimensions that were asked for. Returns the HTTP status: 200 or 400.
 *
 * A vector has 8 numbers, or as many as are asked for; that of the text "axis
 * K" has a 2 at K and 0 elsewhere, those of others follow from the text. Faults:
 * shuffle (rows from the last on), missing, more, twice, index, noindex, short
 * (a vector), words, nan, nanbits, huge, bits (no base64), arrays (where base64
 * is asked for), no64 (an error where it is), refuse, nousage.
 */
int fault_embeddings(struct rk_buf *out, struct rk_buf *what, const char *body,
    const char *fault);

#endif
