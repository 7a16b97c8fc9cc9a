/*
 * param.h - named parameters of routers and embedders, set by --set KEY=VALUE.
 * A table of rk_param says what there is; rk_params holds the values.
 */
#ifndef RK_BASE_PARAM_H
#define RK_BASE_PARAM_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

enum rk_param_type {
	RK_PARAM_NUM,  /* a number in [lo, hi] */
	RK_PARAM_INT,  /* a whole number in [lo, hi] */
	RK_PARAM_WORD, /* one of the words of `words`, separated by '|' */
	RK_PARAM_TEXT, /* any text */
	RK_PARAM_PATH  /* a place on this machine: as JSON its last part */
};

struct rk_param {
	const char *name;
	enum rk_param_type type;
	const char *def; /* the default, as it would be typed */
	double lo, hi;
	const char *words;
	const char *about; /* what it does, with its unit */
};

/* A table ends with a row whose name is NULL. */

struct rk_params;

/* All values of TABLE (NULL: an empty one) at their defaults. New. */
struct rk_params *rk_params_new(const struct rk_param *table);
struct rk_params *rk_params_copy(const struct rk_params *p); /* new */
void rk_params_free(struct rk_params *p);
/* Is there a parameter KEY in the table? */
int rk_params_has(const struct rk_params *p, const char *key);
/* "KEY=VALUE", checked against the table; an unknown key lists the known. */
int
rk_params_set(struct rk_params *p, const char *key_value, struct rk_err *err);
/* Was KEY set by the user, rather than left at its default? */
int rk_params_is_set(const struct rk_params *p, const char *key);
/* The value of KEY, which must be in the table and of that type. */
double rk_params_num(const struct rk_params *p, const char *key);
long rk_params_int(const struct rk_params *p, const char *key);
const char *rk_params_text(const struct rk_params *p, const char *key);
/* The last part of the path KEY: "minilm" of "models/minilm/". Borrowed. */
struct rk_str rk_params_last(const struct rk_params *p, const char *key);
/* Is the value of the RK_PARAM_WORD parameter KEY equal to WORD? */
int rk_params_is(const struct rk_params *p, const char *key, const char *word);
/*
 * Every value, as one JSON object in the table's order. It goes into files that
 * are carried elsewhere, and so names no folders: of a path it has the last
 * part.
 */
void rk_params_json(const struct rk_params *p, struct rk_buf *out);
/* A line or two for each parameter of TABLE, for --help. */
void rk_params_help(const struct rk_param *table, struct rk_buf *out);

#endif
