/*
 * ask.h - the parts of rl-ask: whom it asks at which URL with which key, and
 * what a run would cost.
 */
#ifndef RK_CMD_ASK_H
#define RK_CMD_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/cache.h"
#include "io/meter.h"
#include "io/prices.h"

/* --- whom to ask (ask-places.c) ------------------------------------------ */

struct ask_target {
	char *name;
	char *url;                    /* of chat completions */
	const char *key;              /* of the environment; NULL: none */
	const struct rk_price *price; /* NULL: without --models */
};

struct ask_places {
	/* options; NULL: not given */
	const char *url, *key_env, *file;
	int no_key;   /* nothing is sent: keys are not looked for */
	int need_max; /* a model with prices of tokens needs max_tokens */
	/* found */
	struct rk_prices prices;
	struct ask_target **target; /* [n], as they were asked for */
	size_t n, cap;
};

/* Reads the file of models, where there is one. */
int ask_open(struct ask_places *p, struct rk_err *err);
void ask_close(struct ask_places *p);
/*
 * The model NAME: its URL is that of the file of models, else --url, else
 * OPENAI_BASE_URL; a URL of the file has the key that the file names beside it
 * and no other. NULL: it has no price, no URL or no key. Borrowed.
 */
const struct ask_target *
ask_find(struct ask_places *p, const char *name, struct rk_err *err);

/* Dollars for so many tokens. P NULL: 0. */
double ask_cost(const struct rk_price *p, double input, double output);

/* --- what it would take (ask-plan.c) --------------------------------------- */

struct ask_plan {
	size_t records, calls, cached;
	double input, output; /* tokens of the calls: about, and at most */
	double dollars;
	int no_output, no_price; /* some call's is not known */
	uint64_t *seen;          /* [cap] digests; 0: free */
	size_t n, cap;
};

/* One more request, whose answer takes MAX_TOKENS at most (0: not known). */
void ask_plan_add(struct ask_plan *p, const struct ask_target *t,
    struct rk_str body, double max_tokens, int cached);
void ask_plan_print(const struct ask_plan *p, struct rk_buf *out);
void ask_plan_free(struct ask_plan *p);

/* What a cache holds, as a JSON object. */
int ask_stats(struct rk_cache *c, struct rk_buf *out, struct rk_err *err);
/* "120 answers, 8/s, $0.31, 31 %, 1:20 left"; DONE of the input, in [0,1]. */
void ask_progress(char *out, size_t size, const struct rk_meter *m,
    size_t answers, double spent, double done);

#endif
