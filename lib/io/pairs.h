/*
 * pairs.h - a JSON object of plain values, as a model file holds parameters.
 */
#ifndef RK_IO_PAIRS_H
#define RK_IO_PAIRS_H

#include "base/err.h"

/*
 * Calls FN(ctx, key, value, err) for each member of the JSON object in the
 * text JSON, in order: a string as it is, a number as it is written, true as
 * "1" and false as "0"; other values are an error. Stops where FN fails.
 */
int rk_pairs_each(const char *json,
    int (*fn)(
	void *ctx, const char *key, const char *value, struct rk_err *err),
    void *ctx, struct rk_err *err);

#endif
