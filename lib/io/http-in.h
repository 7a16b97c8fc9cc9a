/*
 * http-in.h - what the parts of http.c share: http.c keeps the ring of
 * requests, http-url.c says where one may go, http-fly.c is the thread that
 * sends and receives, http-fate.c judges what came of it.
 */
#ifndef RK_IO_HTTP_IN_H
#define RK_IO_HTTP_IN_H

#include <pthread.h>

#include "base/buf.h"
#include "base/rng.h"
#include "io/curl.h"
#include "io/http.h"
#include "io/meter.h"

/* A URL, and what all requests to it share. */
struct rk_http_place {
	struct rk_http_place *next;
	char *url;
	int loopback;
	int reached;  /* it has answered before */
	double until; /* nothing starts before: a Retry-After */
};

struct rk_http_job {
	struct rk_http_place *place;
	struct rk_buf body;
	char *key;
	uint64_t digest; /* of the body, to find an equal one */
	struct rk_http_ask ask;
	int slots; /* of the ring that point here */
	enum { RK_HTTP_WAITS, RK_HTTP_FLIES, RK_HTTP_DONE } state;
	double when; /* does not start before */
	int counted; /* its tries have been handed out */
	struct rk_rng rng;
	struct rk_buf reply;
	struct rk_http_reply out;
};

struct rk_http_lane {
	CURL *easy;
	struct rk_http_job *job; /* NULL: free */
	struct curl_slist *headers;
	struct rk_buf body;
	size_t sent; /* bytes of the job's body */
	size_t header_bytes, max;
	int too_long;
	double heard; /* when the last byte came, or it was sent */
	char why[CURL_ERROR_SIZE];
};

struct rk_http {
	struct rk_http_options o;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t done;
	CURLM *multi;
	struct rk_http_lane *lane; /* [o.flights] */
	struct rk_http_place *places;
	struct rk_http_job **slot; /* ring of cap, n from head on */
	size_t head, n, cap;
	struct rk_http_job *handed; /* what rk_http_next gave last */
	struct rk_http_reply out;   /* as it was given */
	size_t held;                /* bytes of replies not handed out */
	uint64_t jobs;              /* made so far: streams of the jitter */
	int flying;
	double next_request, next_token; /* when limits let one start */
	int finish, quit;
};

/* rk_http_check, which also tells whether the host is this machine. */
int
rk_http_url_check(const char *url, int key, int *loopback, struct rk_err *err);
/* The thread's main; ARG is the struct rk_http. */
void *rk_http_fly(void *arg);
/*
 * A lane's transfer has ended with CODE: its job is done, or waits for its next
 * try. Called without the lock: the caller's look at the reply may take long.
 */
void
rk_http_fate_settle(struct rk_http *h, struct rk_http_lane *l, CURLcode code);

#endif
