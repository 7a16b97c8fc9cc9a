/*
 * http.h - requests of JSON to servers, many in flight over connections that
 * are kept alive, with their replies handed back in the order asked. A thread
 * of its own (libcurl's multi interface) sends and receives, whatever the
 * caller waits for meanwhile.
 *
 * What fails in passing is tried again after a wait that doubles, with jitter:
 * the statuses 408, 409, 429 and 5xx, connections that break or time out, and
 * replies that the caller does not accept. What the server says by Retry-After
 * is waited for, by all requests to that URL. Equal requests of which one was
 * not handed back yet are sent once.
 *
 * http and https only, certificates verified, no redirect followed. A key goes
 * over plain http only to loopback, and then past any proxy; it is in no
 * message. The variables http_proxy, https_proxy, all_proxy and no_proxy are
 * libcurl's.
 */
#ifndef RK_IO_HTTP_H
#define RK_IO_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "io/purse.h"

struct rk_http_options {
	int flights;         /* requests in flight, >= 1 */
	double connect;      /* seconds to a connection */
	double first_byte;   /* seconds of silence, before a reply and in it */
	double total;        /* seconds for one try */
	int retries;         /* further tries after the first */
	double wait;         /* seconds before the first of them: wait, then
	                        2 wait, 4 wait ..., each times [1/2, 1) */
	double wait_most;    /* the longest wait; a longer Retry-After fails */
	double rpm, tpm;     /* requests, tokens that start in a minute, evenly
	                        spread; 0: no limit */
	size_t max_reply;    /* bytes of a reply; more is an error */
	uint64_t seed;       /* of the jitter */
	const char *ca_file; /* certificates to trust in place of the system's;
	                        NULL: the system's */
};

/* Sensible values: 8 flights, 10/300/600 s, 6 retries from 0.5 to 60 s ... */
struct rk_http_options rk_http_defaults(void);

struct rk_http_ask {
	const char *url;    /* copied */
	struct rk_str body; /* JSON; copied */
	const char *key;    /* sent as the Bearer; NULL: none; copied */
	double tokens;      /* what it counts for tpm */
	/*
	 * Looks at a reply of status 2xx as soon as it has come, in the
	 * thread that receives, before rk_http_next hands it out: 0; -1 with
	 * what is wrong, which another try may mend; 1 with what is wrong
	 * where none would. May be NULL.
	 */
	int (*accept)(
	    void *ctx, struct rk_str body, double seconds, struct rk_err *err);
	void *ctx; /* lives until the reply is handed out */
	/*
	 * What a further try is paid from where one has failed that may have
	 * cost money, WORST dollars each. NULL: no limit.
	 */
	struct rk_purse *purse;
	double worst;
};

struct rk_http_reply {
	struct rk_err err;  /* set: there is none, and why */
	struct rk_str body; /* accepted */
	long status;        /* HTTP's, of the last try; 0: none came */
	double seconds;     /* from sending to the reply's end, the last try */
	int tries;          /* 0: merged with an equal one, which counts them */
	int unsure; /* of those, failed ones that may have cost money, broken
	               off after they were sent or not accepted; without
	               those that the purse has counted */
};

struct rk_http;

/* New; NULL where no thread can be started. */
struct rk_http *
rk_http_new(const struct rk_http_options *o, struct rk_err *err);
/* Is URL one that a key may be sent to (KEY: or none at all)? 0, or -1. */
int rk_http_check(const char *url, int key, struct rk_err *err);
/* Is URL one of this machine: localhost, 127.x.x.x, [::1]? */
int rk_http_is_here(const char *url);
/* The same of a key: visible ASCII. NAME is the variable that it is from. */
int rk_http_check_key(const char *key, const char *name, struct rk_err *err);
/* Sends as soon as there is room. -1: rk_http_check refuses it. */
int rk_http_add(
    struct rk_http *h, const struct rk_http_ask *ask, struct rk_err *err);
/* Is the next one there already, so that rk_http_next would not wait? */
int rk_http_ready(struct rk_http *h);
/*
 * Waits for the reply to the request that was added first among those not
 * handed out. Borrowed until the next call; NULL: nothing is pending.
 */
const struct rk_http_reply *rk_http_next(struct rk_http *h);
/*
 * Starts nothing more and waits until what is in flight has been accepted or
 * has failed: what is paid for is not thrown away.
 */
void rk_http_finish(struct rk_http *h);
void rk_http_free(struct rk_http *h); /* breaks off what is in flight */

#endif
