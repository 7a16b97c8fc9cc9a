/*
 * net.h - what the programs share that ask servers for what costs money: their
 * options, whom they ask at which URL with which key, what a run would cost,
 * and the run over chat completions itself.
 */
#ifndef RK_CMD_NET_H
#define RK_CMD_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/set.h"
#include "cmd.h"
#include "embed/embedder.h"
#include "io/cache.h"
#include "io/chat.h"
#include "io/meter.h"
#include "io/paid.h"
#include "io/prices.h"

/* --- whom to ask (net-places.c) ------------------------------------------ */

struct net_target {
	char *name;
	const char *model;            /* what the server calls it */
	char *url;                    /* of the base URL and the path */
	const char *key;              /* of the environment; NULL: none */
	const struct rk_price *price; /* NULL: without --models */
};

struct net_places {
	/* options; NULL: not given */
	const char *url, *key_env, *file;
	const char *path; /* after a base URL; NULL: "/chat/completions" */
	int no_key;       /* nothing is sent: keys are not looked for */
	int need_max;     /* a model with prices of tokens needs max_tokens */
	/* found */
	struct rk_prices prices;
	struct net_target **target; /* [n], as they were asked for */
	size_t n, cap;
};

/* Reads the file of models, where there is one. */
int net_places_open(struct net_places *p, struct rk_err *err);
void net_places_close(struct net_places *p);
/*
 * The model NAME: its URL is that of the file of models, else --url, else
 * OPENAI_BASE_URL; a URL of the file has the key that the file names beside it
 * and no other. NULL: it has no price, no URL or no key. Borrowed.
 */
const struct net_target *
net_find(struct net_places *p, const char *name, struct rk_err *err);

/* --- options (net-options.c) ------------------------------------------------ */

/* What net_opts sets; for struct cmd's `shared`. */
extern struct net_options {
	struct net_places places;
	struct rk_paid_options paid;
	int dry_run;
	double max_cost; /* dollars; < 0: not given */
	long retries;
	/* of programs that offer them: NET_BATCH_OPTS */
	int batch;
	struct rk_list batch_answers;
} net_options;
extern const struct rk_opt net_opts[];

/* Two rows for a program's own table: its net_run can go by a batch queue. */
#define NET_BATCH_OPTS                                                   \
	{ 0, "batch", NULL, RK_OPT_FLAG, &net_options.batch, 0, 0, NULL, \
		"ask nothing: print the requests, for a batch queue" },  \
	{                                                                \
		0, "batch-answers", "FILE", RK_OPT_LIST,                 \
		    &net_options.batch_answers, 0, 0, NULL,              \
		    "take answers from FILE, which a batch queue made"   \
	}

/*
 * net_find for the one model that a run asks; ends the program where it is not
 * to be had, and notes that --url is not used where the file has another.
 */
const struct net_target *net_need(struct cmd *c, const char *name);

/*
 * WHY, if it is set, is why an answer could not be kept: says that no more was
 * asked, and the run has failed.
 */
void net_unkept(struct cmd *c, const struct rk_err *why);

/* Before cmd_start: the defaults. */
void net_defaults(void);
/* After it: was any of these options given? */
int net_given(void);
/* Ends the program where the options are at odds. */
void net_check(struct cmd *c);
/*
 * The options of C, and how long an answer is at most (0: not known), go into
 * places and paid; the file of models is read.
 */
void net_open(struct cmd *c, double max_tokens);

/* --- what it would take (net-plan.c) --------------------------------------- */

struct net_plan {
	size_t records, calls, cached;
	double input, output; /* tokens of the calls: about, and at most */
	double dollars;
	int no_input, no_output, no_price; /* some call's is not known */
	struct rk_set seen;                /* digests of the calls */
};

/* A request, and how many tokens its answer takes at most (0: not known). */
struct net_request {
	const struct net_target *target;
	struct rk_str body;
	double max_tokens;
	int opaque; /* its tokens cannot be told from its bytes */
};

/* One more request; is it in the cache? */
void net_plan_add(struct net_plan *p, const struct net_request *r, int cached);
void net_plan_print(const struct net_plan *p, struct rk_buf *out);
void net_plan_free(struct net_plan *p);

/* What a cache holds, as a JSON object. */
int net_stats(struct rk_cache *c, struct rk_buf *out, struct rk_err *err);
/* "120 answers, 8/s, $0.31, 31 %, 1:20 left"; DONE of the input, in [0,1]. */
void net_progress(char *out, size_t size, const struct rk_meter *m,
    size_t answers, double spent, double done);

/* --- embeddings (net-embed.c) ------------------------------------------------ */

/*
 * Lets the embedder `remote` ask MODEL, as the options say; before it is
 * opened. Ends the program where there is no URL, no key or no price.
 */
void net_embed_open(struct cmd *c, const char *model);
/* Prints what --dry-run found, or says what was spent. */
void net_embed_end(struct cmd *c, const struct rk_embed *e);

/* --- a run of chats (net-run.c) ---------------------------------------------- */

struct net_run;

struct net_answer {
	const struct net_target *target;
	const struct rk_chat_reply *chat;
	double seconds; /* that it took, now or when it was paid for */
	double cost;    /* dollars; without a price 0 */
};

/* What a program asks, and what it makes of the answers. */
struct net_job {
	/* Calls net_ask for each request of R. -1: R is wrong. */
	int (*ask)(
	    void *ctx, struct net_run *n, struct rk_rec *r, struct rk_err *err);
	/* The answer to the I-th request of R; called for each, in order. */
	int (*answer)(void *ctx, struct rk_rec *r, size_t i,
	    const struct net_answer *a, struct rk_err *err);
	/* R has all of its answers. May be NULL. */
	int (*end)(void *ctx, struct rk_rec *r, struct rk_err *err);
	const char *what; /* one of them is called, "verdict"; NULL: "answer" */
};

/*
 * For `ask`: sends BODY, copied, whose answer is MAX_TOKENS at most. OPAQUE: its
 * tokens cannot be told from its bytes. -1: so --max-cost cannot be kept.
 */
int net_ask(struct net_run *n, const struct net_target *t, struct rk_str body,
    double max_tokens, int opaque, struct rk_err *err);

/*
 * The whole of a run, after net_open: reads records, asks, and writes each as
 * soon as it and those before it are answered, within the limits of the
 * options; with --dry-run counts and prints instead. Says at the end what it
 * took. A record of which one request fails is bad.
 */
void net_run(struct cmd *c, const struct net_job *job, void *ctx);

#endif
