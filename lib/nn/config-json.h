/*
 * config-json.h - what reading the config.json of an encoder and of a decoder
 * has in common. A message begins with the member's name; null counts as
 * missing.
 */
#ifndef RK_NN_CONFIG_JSON_H
#define RK_NN_CONFIG_JSON_H

#include <stddef.h>

#include "base/err.h"
#include "io/json.h"

/* No size of a model is above these; their products fit a size_t. */
#define RK_CONFIG_LAYERS    1024
#define RK_CONFIG_WIDTH     (1 << 16)
#define RK_CONFIG_FFN       (1 << 18)
#define RK_CONFIG_VOCAB     (1 << 24)
#define RK_CONFIG_POSITIONS (1 << 20)

/* A whole number; NAME NULL: there is no such member, and it is DEF. */
struct rk_config_size {
	const char *name;
	long def; /* where it is missing; -1: it must be there */
	size_t lo, hi;
};

int rk_config_size(const struct rk_json *o, const struct rk_config_size *s,
    size_t *out, struct rk_err *err);
/* A number between LO and HI, neither included. KEY NULL: it is DEF. */
int rk_config_number(double *out, const struct rk_json *o, const char *key,
    double def, double lo, double hi, struct rk_err *err);
/* true or false, DEF where it is missing. */
int rk_config_flag(int *out, const struct rk_json *o, const char *key, int def,
    struct rk_err *err);
/* A text, DEF where it is missing; NULL where it is another thing. */
const char *rk_config_text(const struct rk_json *o, const char *key,
    const char *def, struct rk_err *err);
/*
 * Which row of a table the text member KEY names: the N rows of TABLE are SIZE
 * bytes each and begin with the pointer to a name. -1 on failure.
 */
int rk_config_choose(const struct rk_json *o, const char *key, const char *def,
    const void *table, size_t size, size_t n, struct rk_err *err);
/* "KEY: 'VALUE' is not supported: expected EXPECTED"; -1. */
int rk_config_refuse(const char *key, const char *value, const char *expected,
    struct rk_err *err);

/* READ(out, object) of N bytes at P, and of a file, which messages name. */
int rk_config_of_text(void *out,
    int (*read)(void *out, const struct rk_json *o, struct rk_err *err),
    const char *p, size_t n, struct rk_err *err);
int rk_config_of_file(void *out,
    int (*read)(void *out, const struct rk_json *o, struct rk_err *err),
    const char *path, struct rk_err *err);

#endif
