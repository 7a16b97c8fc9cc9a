/*
 * http.c - a ring of slots in the order asked, each pointing to a job; equal
 * requests share one. The thread (http-fly.c) gives jobs whose time has come to
 * free lanes (easy handles of libcurl's), and puts the replies into the jobs.
 * Under the lock: the ring and the states of jobs. The lanes are the thread's
 * own.
 */
#include "io/http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "io/http-in.h"

struct rk_http_options
rk_http_defaults(void)
{
	return (struct rk_http_options){ .flights = 8,
		.connect = 10,
		.first_byte = 300,
		.total = 600,
		.retries = 6,
		.wait = .5,
		.wait_most = 60,
		.max_reply = 16 << 20,
		.seed = 1 };
}

/* --- jobs ------------------------------------------------------------------- */

static void
job_unref(struct rk_http_job *j)
{
	if (j == NULL || --j->slots > 0)
		return;
	rk_buf_free(&j->body);
	rk_buf_free(&j->reply);
	free(j->key);
	free(j);
}

static struct rk_http_place *
find_place(struct rk_http *h, const char *url, int loopback)
{
	struct rk_http_place *p;

	for (p = h->places; p != NULL; p = p->next)
		if (strcmp(p->url, url) == 0)
			return p;
	p = rk_calloc(1, sizeof *p);
	p->url = rk_strdup(url);
	p->loopback = loopback;
	p->next = h->places;
	h->places = p;
	return p;
}

static int
same_key(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct rk_http_job *
find_equal(struct rk_http *h, const struct rk_http_place *place,
    uint64_t digest, const struct rk_http_ask *a)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		struct rk_http_job *j = h->slot[(h->head + i) % h->cap];
		if (j->digest == digest && j->place == place &&
		    j->body.n == a->body.n &&
		    memcmp(j->body.p, a->body.p, a->body.n) == 0 &&
		    same_key(j->key, a->key))
			return j;
	}
	return NULL;
}

static struct rk_http_job *
new_job(struct rk_http *h, struct rk_http_place *place, uint64_t digest,
    const struct rk_http_ask *a)
{
	struct rk_http_job *j = rk_calloc(1, sizeof *j);

	j->place = place;
	rk_buf_add(&j->body, a->body.p, a->body.n);
	j->key = a->key != NULL ? rk_strdup(a->key) : NULL;
	j->digest = digest;
	j->ask = *a;
	rk_rng_init(&j->rng, h->o.seed, h->jobs++);
	return j;
}

static void
push(struct rk_http *h, struct rk_http_job *j)
{
	struct rk_http_job **slot;
	size_t i, cap;

	if (h->n == h->cap) {
		cap = h->cap ? h->cap * 2 : 64;
		slot = rk_array(NULL, cap, sizeof *slot);
		for (i = 0; i < h->n; i++)
			slot[i] = h->slot[(h->head + i) % h->cap];
		free(h->slot);
		h->slot = slot;
		h->cap = cap;
		h->head = 0;
	}
	h->slot[(h->head + h->n++) % h->cap] = j;
	j->slots++;
}

int
rk_http_add(
    struct rk_http *h, const struct rk_http_ask *ask, struct rk_err *err)
{
	uint64_t digest = rk_digest(0, ask->body.p, ask->body.n);
	struct rk_http_place *place;
	struct rk_http_job *j;
	int loopback;

	if (rk_http_url_check(ask->url, ask->key != NULL, &loopback, err) !=
		0 ||
	    (ask->key != NULL &&
		rk_http_check_key(ask->key, "this request", err) != 0))
		return -1;
	pthread_mutex_lock(&h->lock);
	place = find_place(h, ask->url, loopback);
	j = find_equal(h, place, digest, ask);
	push(h, j != NULL ? j : new_job(h, place, digest, ask));
	pthread_mutex_unlock(&h->lock);
	rk_curl.multi_wakeup(h->multi);
	return 0;
}

int
rk_http_ready(struct rk_http *h)
{
	int ready;

	pthread_mutex_lock(&h->lock);
	ready = h->n > 0 && h->slot[h->head]->state == RK_HTTP_DONE;
	pthread_mutex_unlock(&h->lock);
	return ready;
}

const struct rk_http_reply *
rk_http_next(struct rk_http *h)
{
	struct rk_http_job *j;

	pthread_mutex_lock(&h->lock);
	job_unref(h->handed);
	h->handed = NULL;
	if (h->n > 0) {
		j = h->slot[h->head];
		while (j->state != RK_HTTP_DONE)
			pthread_cond_wait(&h->done, &h->lock);
		h->head = (h->head + 1) % h->cap;
		h->n--;
		h->out = j->out;
		if (j->counted)
			h->out.tries = h->out.unsure = 0;
		else
			h->held -= j->reply.n;
		j->counted = 1;
		h->handed = j;
	}
	pthread_mutex_unlock(&h->lock);
	rk_curl.multi_wakeup(h->multi); /* there may be room again */
	return h->handed != NULL ? &h->out : NULL;
}

/* --- from start to end --------------------------------------------------------- */

/* The program's signals are for its own thread, and a broken pipe is none. */
static int
start_thread(struct rk_http *h)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, rk_http_fly, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static void
release(struct rk_http *h)
{
	struct rk_http_place *p;
	int i;

	for (i = 0; i < h->o.flights; i++) {
		if (h->lane[i].job != NULL)
			rk_curl.multi_remove_handle(h->multi, h->lane[i].easy);
		rk_curl.slist_free_all(h->lane[i].headers);
		rk_curl.easy_cleanup(h->lane[i].easy);
		rk_buf_free(&h->lane[i].body);
	}
	rk_curl.multi_cleanup(h->multi);
	job_unref(h->handed);
	for (; h->n > 0; h->n--, h->head++)
		job_unref(h->slot[h->head % h->cap]);
	while ((p = h->places) != NULL) {
		h->places = p->next;
		free(p->url);
		free(p);
	}
	free(h->lane);
	free(h->slot);
	free(h);
}

struct rk_http *
rk_http_new(const struct rk_http_options *o, struct rk_err *err)
{
	struct rk_http *h;
	int i, good;

	if (rk_curl_load(err) != 0)
		return NULL;
	h = rk_calloc(1, sizeof *h);
	h->o = *o;
	h->lane = rk_calloc((size_t)o->flights, sizeof *h->lane);
	h->multi = rk_curl.multi_init();
	good = h->multi != NULL;
	for (i = 0; i < o->flights; i++)
		good &= (h->lane[i].easy = rk_curl.easy_init()) != NULL;
	rk_curl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)o->flights);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->done, NULL);
	if (good && start_thread(h) == 0)
		return h;
	rk_err_set(err, "the network cannot be used: no thread or memory");
	release(h);
	return NULL;
}

void
rk_http_finish(struct rk_http *h)
{
	pthread_mutex_lock(&h->lock);
	h->finish = 1;
	while (h->flying > 0)
		pthread_cond_wait(&h->done, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

void
rk_http_free(struct rk_http *h)
{
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	h->quit = 1;
	pthread_mutex_unlock(&h->lock);
	rk_curl.multi_wakeup(h->multi);
	pthread_join(h->thread, NULL);
	release(h);
}
