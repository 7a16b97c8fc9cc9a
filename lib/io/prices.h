/*
 * prices.h - what models cost and what they can take, from a JSON file:
 *
 *	{ "big": { "input": 10, "output": 30, "context": 128000,
 *	           "tools": true, "images": true,
 *	           "url": "https://api.example.com/v1", "key_env": "BIG_KEY",
 *	           "model": "vendor/big-1" },
 *	  "small": { "call": 0.0001 } }
 *
 * A price that is not there is an error and never zero.
 */
#ifndef RK_IO_PRICES_H
#define RK_IO_PRICES_H

#include <stddef.h>

#include "base/err.h"

/* The most that a price can be, so that no sum of costs overflows. */
#define RK_DOLLARS_MAX 1e9

struct rk_price {
	char *name;
	double input, output; /* dollars for a million tokens; with CALL: 0 */
	double call;          /* dollars for a query; else 0 */
	double context;       /* tokens, in and out; INFINITY where not said */
	int tools, images;    /* can it? no where not said */
	char *url;            /* base URL of its server; NULL where not said */
	char *key_env;        /* the variable that holds its key; NULL */
	char *model;          /* its name on the server; NULL: as here */
};

struct rk_prices {
	struct rk_price *price; /* [k], by name in the order of strcmp */
	size_t k;
};

/*
 * Reads the file PATH: an object of at least one model -> object with either
 * `input` and `output` (or `input_price` and `output_price`, as public price
 * files call them) or `call`, all from 0 to RK_DOLLARS_MAX; and, as may be, `context` (a
 * whole number from 1), `tools` and `images` (true or false), `url` (http:// or
 * https://), `key_env` (the name of an environment variable, and never the key
 * itself, which no message repeats), `model` (a text), and `size`, which is
 * passed over. Any other member is an error. The message names the file, the
 * model and the member. On failure P holds nothing.
 */
int rk_prices_read(struct rk_prices *p, const char *path, struct rk_err *err);
void rk_prices_free(struct rk_prices *p);

/* "PATH: no model 'NAME'; it has: ..."; always -1. */
int rk_prices_lacks(const struct rk_prices *p, const char *path,
    const char *name, struct rk_err *err);
/* The model NAME, borrowed; NULL where there is none. */
const struct rk_price *
rk_prices_find(const struct rk_prices *p, const char *name);
/*
 * Dollars for one call with so many tokens in and out. P NULL, of which no
 * price is wanted: 0.
 */
double rk_prices_cost(const struct rk_price *p, double input, double output);

#endif
