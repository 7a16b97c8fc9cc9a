/*
 * paid.h - answers that cost money, asked for once: from the cache where they
 * are there, else over the network, and then put into the cache as soon as they
 * have come. Handed back in the order asked.
 */
#ifndef RK_IO_PAID_H
#define RK_IO_PAID_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "io/answers.h"
#include "io/http.h"

struct rk_paid_options {
	struct rk_http_options http;
	const char *cache; /* a file, or NULL */
	int cache_only;    /* no network: what is not there is an error */
	/*
	 * NULL; or a batch's: no network, what is neither in the cache nor
	 * here is an error, and what is here is put into the cache. Borrowed.
	 */
	const struct rk_answers *answers;
};

struct rk_paid_ask {
	const char *url, *key, *model; /* key NULL: none; copied */
	struct rk_str body;            /* JSON; copied */
	double tokens;                 /* for the limit of tokens */
	/*
	 * Is the reply one that can be used? 0; -1 with what is wrong: it is
	 * asked for again; 1 with what is wrong: so it would be again. Any
	 * thread may call it.
	 */
	int (*check)(struct rk_str body, struct rk_err *err);
	struct rk_purse *purse; /* as io/http.h says */
	double worst;
};

struct rk_paid_reply {
	struct rk_err err;  /* set: there is none, and why */
	struct rk_str body; /* checked */
	/*
	 * Set: it is not in the cache, and why: what is asked from here on
	 * would be paid for again by another run.
	 */
	struct rk_err unkept;
	double seconds; /* that it took, now or when it was paid for; < 0:
	                       not known, of a batch */
	int cached;
	int tries, unsure; /* as io/http.h says */
};

struct rk_paid;

/* New; NULL: the cache cannot be opened. No connection is made yet. */
struct rk_paid *
rk_paid_new(const struct rk_paid_options *o, struct rk_err *err);
/* What the cache knows it by: of its URL and body. */
void rk_paid_digest(
    const struct rk_paid_ask *ask, unsigned char digest[RK_SHA256_SIZE]);
/* Is it in the cache? 1, 0, or -1. */
int rk_paid_has(
    struct rk_paid *p, const struct rk_paid_ask *ask, struct rk_err *err);
/* A request that cannot be sent is one whose reply has err set. */
void rk_paid_add(struct rk_paid *p, const struct rk_paid_ask *ask);
/* Would rk_paid_next not wait? */
int rk_paid_ready(struct rk_paid *p);
/* The reply to the first that was not handed out; borrowed until the next. */
const struct rk_paid_reply *rk_paid_next(struct rk_paid *p);
/*
 * Ends it. With a cache, what is in flight is waited for and put there; else it
 * is broken off. Nothing more is sent.
 */
void rk_paid_free(struct rk_paid *p);

#endif
