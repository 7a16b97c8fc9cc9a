/*
 * http.c - a ring of slots in the order asked, each pointing to a job; equal
 * requests share one. The thread looks through the ring for jobs whose time has
 * come, gives each to a free lane (an easy handle of libcurl's), and puts the
 * reply into the job. Under the lock: the ring and the states of jobs. The
 * lanes are the thread's own.
 */
#include "io/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/rng.h"
#include "io/json.h"

/* Replies that wait for an earlier one stop new requests beyond this. */
enum { HELD = 64 << 20 };

/* A URL, and what all requests to it share. */
struct place {
	struct place *next;
	char *url;
	int loopback;
	int reached;  /* it has answered before */
	double until; /* nothing starts before: a Retry-After */
};

struct job {
	struct place *place;
	struct rk_buf body;
	char *key;
	uint64_t digest; /* of body and key, to find an equal one */
	struct rk_http_ask ask;
	int slots; /* of the ring that point here */
	enum { WAITS, FLIES, DONE } state;
	double when; /* does not start before */
	int counted; /* its tries have been handed out */
	struct rk_rng rng;
	struct rk_buf reply;
	struct rk_http_reply out;
};

struct lane {
	CURL *easy;
	struct job *job; /* NULL: free */
	struct curl_slist *headers;
	struct rk_buf body;
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
	struct lane *lane; /* [o.flights] */
	struct place *places;
	struct job **slot; /* ring of cap, n from head on */
	size_t head, n, cap;
	struct job *handed;       /* what rk_http_next gave last */
	struct rk_http_reply out; /* as it was given */
	size_t held;              /* bytes of replies not handed out */
	uint64_t jobs;            /* made so far: streams of the jitter */
	int flying;
	double next_request, next_token; /* when limits let one start */
	int finish, quit;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

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

/* --- where a request may go ------------------------------------------------- */

static int
is_loopback(const char *host)
{
	unsigned a, b, c, d;
	char end;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	    (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 &&
		a == 127 && b < 256 && c < 256 && d < 256);
}

static int
check_parts(
    CURLU *u, const char *url, int key, int *loopback, struct rk_err *err)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
	char shown[200];
	int rc = 0;

	rk_err_quote(shown, sizeof shown, url, strlen(url));
	curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(u, CURLUPART_HOST, &host, 0);
	curl_url_get(u, CURLUPART_USER, &user, 0);
	curl_url_get(u, CURLUPART_PASSWORD, &password, 0);
	*loopback = host != NULL && is_loopback(host);
	if (user != NULL || password != NULL)
		rc = rk_err_set(err,
		    "a URL with a user or a password: keys come from the "
		    "environment alone");
	else if (scheme == NULL || host == NULL ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		rc = rk_err_set(
		    err, "'%s': expected http:// or https://", shown);
	else if (key && !*loopback && strcmp(scheme, "https") != 0)
		rc = rk_err_set(err,
		    "'%s': a key is sent over https, or to this machine",
		    shown);
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_free(password);
	return rc;
}

static int
check_url(const char *url, int key, int *loopback, struct rk_err *err)
{
	CURLU *u = curl_url();
	char shown[200];
	int rc;

	if (u == NULL)
		return rk_err_set(err, "libcurl has no memory left");
	/* libcurl takes http:/host too, and what is cut must not become that */
	if ((strncmp(url, "http://", 7) != 0 &&
		strncmp(url, "https://", 8) != 0) ||
	    curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
		CURLUE_OK)
		rc = rk_err_set(err, "'%s': expected http:// or https://",
		    strchr(url, '@') != NULL
			? "?"
			: rk_err_quote(shown, sizeof shown, url, strlen(url)));
	else
		rc = check_parts(u, url, key, loopback, err);
	curl_url_cleanup(u);
	return rc;
}

int
rk_http_check(const char *url, int key, struct rk_err *err)
{
	int loopback;

	return check_url(url, key, &loopback, err);
}

int
rk_http_check_key(const char *key, const char *name, struct rk_err *err)
{
	for (; *key != '\0'; key++)
		if (*key <= ' ' || *key > '~')
			return rk_err_set(err,
			    "the key in %s: expected visible ASCII characters",
			    name);
	return 0;
}

/* --- jobs ------------------------------------------------------------------- */

static void
job_unref(struct job *j)
{
	if (j == NULL || --j->slots > 0)
		return;
	rk_buf_free(&j->body);
	rk_buf_free(&j->reply);
	free(j->key);
	free(j);
}

static struct place *
find_place(struct rk_http *h, const char *url, int loopback)
{
	struct place *p;

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

static struct job *
find_equal(struct rk_http *h, const struct place *place, uint64_t digest,
    const struct rk_http_ask *a)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		struct job *j = h->slot[(h->head + i) % h->cap];
		if (j->digest == digest && j->place == place &&
		    j->body.n == a->body.n &&
		    memcmp(j->body.p, a->body.p, a->body.n) == 0 &&
		    same_key(j->key, a->key))
			return j;
	}
	return NULL;
}

static struct job *
new_job(struct rk_http *h, struct place *place, uint64_t digest,
    const struct rk_http_ask *a)
{
	struct job *j = rk_calloc(1, sizeof *j);

	j->place = place;
	rk_buf_add(&j->body, a->body.p, a->body.n);
	j->key = a->key != NULL ? rk_strdup(a->key) : NULL;
	j->digest = digest;
	j->ask = *a;
	rk_rng_init(&j->rng, h->o.seed, h->jobs++);
	return j;
}

static void
push(struct rk_http *h, struct job *j)
{
	struct job **slot;
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
	struct place *place;
	struct job *j;
	int loopback;

	if (check_url(ask->url, ask->key != NULL, &loopback, err) != 0 ||
	    (ask->key != NULL &&
		rk_http_check_key(ask->key, "this request", err) != 0))
		return -1;
	pthread_mutex_lock(&h->lock);
	place = find_place(h, ask->url, loopback);
	j = find_equal(h, place, digest, ask);
	push(h, j != NULL ? j : new_job(h, place, digest, ask));
	pthread_mutex_unlock(&h->lock);
	curl_multi_wakeup(h->multi);
	return 0;
}

size_t
rk_http_pending(struct rk_http *h)
{
	return h->n; /* the caller alone changes it */
}

int
rk_http_ready(struct rk_http *h)
{
	int ready;

	pthread_mutex_lock(&h->lock);
	ready = h->n > 0 && h->slot[h->head]->state == DONE;
	pthread_mutex_unlock(&h->lock);
	return ready;
}

const struct rk_http_reply *
rk_http_next(struct rk_http *h)
{
	struct job *j;

	pthread_mutex_lock(&h->lock);
	job_unref(h->handed);
	h->handed = NULL;
	if (h->n > 0) {
		j = h->slot[h->head];
		while (j->state != DONE)
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
	curl_multi_wakeup(h->multi); /* there may be room again */
	return h->handed != NULL ? &h->out : NULL;
}

/* --- sending: the thread ----------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct lane *l = ctx;

	n *= size;
	l->heard = now();
	if (n > l->max - l->body.n) {
		l->too_long = 1;
		return 0;
	}
	rk_buf_add(&l->body, p, n);
	return n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct lane *l = ctx;

	(void)p;
	n *= size;
	l->heard = now();
	l->header_bytes += n;
	if (l->header_bytes > 1 << 20) {
		l->too_long = 1;
		return 0;
	}
	return n;
}

static void
set_headers(struct lane *l, const struct job *j)
{
	struct rk_buf b = { 0 };

	l->headers = curl_slist_append(NULL, "Content-Type: application/json");
	l->headers = curl_slist_append(l->headers, "Expect:");
	if (j->key != NULL) {
		rk_buf_addf(&b, "Authorization: Bearer %s", j->key);
		l->headers = curl_slist_append(l->headers, b.p);
		memset(b.p, 0, b.n);
	}
	rk_buf_free(&b);
}

static void
set_up(struct rk_http *h, struct lane *l)
{
	const struct job *j = l->job;
	CURL *c = l->easy;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, j->place->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (h->o.ca_file != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, h->o.ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (j->place->loopback) /* a proxy would see the key */
		curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "routekit/" RK_VERSION);
	curl_easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT_MS, (long)ceil(h->o.connect * 1000));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)ceil(h->o.total * 1000));
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body.n);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, j->body.p);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, l->headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, l);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, l);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, l->why);
	curl_easy_setopt(c, CURLOPT_PRIVATE, l);
}

static void
start(struct rk_http *h, struct lane *l, struct job *j)
{
	l->job = j;
	l->body.n = l->header_bytes = 0;
	l->max = h->o.max_reply;
	l->too_long = 0;
	l->why[0] = '\0';
	l->heard = now();
	set_headers(l, j);
	set_up(h, l);
	j->state = FLIES;
	j->out.tries++;
	h->flying++;
	curl_multi_add_handle(h->multi, l->easy);
}

static struct lane *
free_lane(struct rk_http *h)
{
	int i;

	for (i = 0; i < h->o.flights; i++)
		if (h->lane[i].job == NULL)
			return &h->lane[i];
	return NULL;
}

/* When the job may start, as its waits and the limits say. */
static double
start_time(const struct rk_http *h, const struct job *j)
{
	double t = fmax(j->when, j->place->until);

	if (h->o.rpm > 0)
		t = fmax(t, h->next_request);
	if (h->o.tpm > 0)
		t = fmax(t, h->next_token);
	return t;
}

/* Starts what can be; returns the seconds until more can. */
static double
start_all(struct rk_http *h)
{
	double t = now(), when, soonest = 1;
	struct lane *l;
	size_t i;

	for (i = 0; i < h->n && !h->finish; i++) {
		struct job *j = h->slot[(h->head + i) % h->cap];
		if (j->state != WAITS)
			continue;
		if ((i > 0 && h->held > HELD) || (l = free_lane(h)) == NULL)
			break;
		when = start_time(h, j);
		if (when > t) {
			soonest = fmin(soonest, when - t);
			continue;
		}
		if (h->o.rpm > 0)
			h->next_request = fmax(t, h->next_request) +
			    60 / h->o.rpm;
		if (h->o.tpm > 0)
			h->next_token = fmax(t, h->next_token) +
			    60 * j->ask.tokens / h->o.tpm;
		start(h, l, j);
	}
	return soonest;
}

/* --- what came of a request --------------------------------------------------- */

enum fate { GOOD, AGAIN, FAILED };

/* Is the text NEEDLE somewhere in p[0..n)? */
static int
holds(const char *p, size_t n, const char *needle)
{
	size_t len = strlen(needle);
	const char *end = p + n;

	while (len > 0 && (size_t)(end - p) >= len &&
	    (p = memchr(p, *needle, (size_t)(end - p) - len + 1)) != NULL) {
		if (memcmp(p, needle, len) == 0)
			return 1;
		p++;
	}
	return 0;
}

/* ": MESSAGE", as {"error":{"message":...}} or {"error":...} says; or "". */
static void
server_says(char *out, size_t size, const struct lane *l)
{
	struct rk_json *doc = rk_json_new(
	    l->body.n > 0 ? l->body.p : "", l->body.n, NULL);
	const struct rk_json *e = rk_json_get(doc, "error");
	const char *text;

	if (rk_json_kind(e) == RK_JSON_OBJECT)
		e = rk_json_get(e, "message");
	text = rk_json_kind(e) == RK_JSON_TEXT ? rk_json_str(e) : NULL;
	out[0] = '\0';
	if (text != NULL && l->job->key != NULL &&
	    holds(text, strlen(text), l->job->key))
		text = "(a message that holds the key)";
	if (text != NULL) {
		memcpy(out, ": ", 3);
		rk_err_quote(out + 2, size - 2, text, strlen(text));
	}
	rk_json_free(doc);
}

static int
is_retried(long status)
{
	return status == 408 || status == 409 || status == 429 ||
	    (status >= 500 && status <= 599);
}

static enum fate
judge_status(struct lane *l, long status, struct rk_err *err)
{
	char says[240];
	char *to = NULL;

	server_says(says, sizeof says, l);
	if (status >= 300 && status < 400) {
		curl_easy_getinfo(l->easy, CURLINFO_REDIRECT_URL, &to);
		if (to != NULL)
			rk_err_quote(says, sizeof says, to, strlen(to));
		rk_err_set(err, "HTTP %ld: redirects are not followed%s%s",
		    status, to != NULL ? ": " : "", to != NULL ? says : "");
		return FAILED;
	}
	rk_err_set(err, "HTTP %ld%s", status, says);
	return is_retried(status) ? AGAIN : FAILED;
}

static enum fate
judge_reply(struct lane *l, struct rk_err *err)
{
	struct job *j = l->job;
	struct rk_str body = { l->body.n > 0 ? l->body.p : "", l->body.n };

	if (j->key != NULL && holds(body.p, body.n, j->key)) {
		rk_err_set(err, "the reply holds the key");
		return FAILED;
	}
	curl_easy_getinfo(l->easy, CURLINFO_TOTAL_TIME, &j->out.seconds);
	if (j->ask.accept == NULL ||
	    j->ask.accept(j->ask.ctx, body, j->out.seconds, err) == 0)
		return GOOD;
	rk_err_in(err, "reply");
	j->out.unsure++;
	return AGAIN;
}

/* A transfer that libcurl gave up. */
static enum fate
judge_failure(struct lane *l, CURLcode code, struct rk_err *err)
{
	const char *why = l->why[0] ? l->why : curl_easy_strerror(code);

	if (l->too_long) {
		rk_err_set(err, "the reply is longer than %zu bytes", l->max);
		l->job->out.unsure++;
		return FAILED;
	}
	rk_err_set(err, "%s", why);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
		/* a URL that never answered is more likely wrong */
		return l->job->place->reached ? AGAIN : FAILED;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line */
		l->job->out.unsure++;
		return AGAIN;
	default: return FAILED;
	}
}

/* Seconds until the next try of a job; -1: none. */
static double
pause_before(struct rk_http *h, struct lane *l, struct rk_err *err)
{
	struct job *j = l->job;
	curl_off_t after = 0;
	double wait;

	if (j->out.tries > h->o.retries) {
		if (h->o.retries > 0)
			rk_err_in(err, "after %d tries", j->out.tries);
		return -1;
	}
	curl_easy_getinfo(l->easy, CURLINFO_RETRY_AFTER, &after);
	if ((double)after > h->o.wait_most) {
		rk_err_in(err, "the server asks for a pause of %.0f s",
		    (double)after);
		return -1;
	}
	wait = fmin(h->o.wait * ldexp(1, j->out.tries - 1), h->o.wait_most);
	wait *= .5 + .5 * rk_rng_unit(&j->rng);
	if (after > 0)
		j->place->until = fmax(j->place->until, now() + (double)after);
	return fmax(wait, (double)after);
}

static void
settle(struct rk_http *h, struct lane *l, enum fate fate, struct rk_err *err)
{
	struct job *j = l->job;
	double wait = -1;

	l->job = NULL;
	h->flying--;
	if (fate == AGAIN && !h->finish) {
		l->job = j;
		wait = pause_before(h, l, err);
		l->job = NULL;
	}
	if (wait >= 0) {
		j->when = now() + wait;
		j->state = WAITS;
		return;
	}
	if (fate == GOOD) {
		rk_buf_add(&j->reply, l->body.p, l->body.n);
		h->held += l->body.n;
		j->out.body = (struct rk_str){ j->reply.p, j->reply.n };
	} else {
		j->out.err = *err;
	}
	j->state = DONE;
	if (l->body.cap > 1 << 20)
		rk_buf_free(&l->body);
	pthread_cond_broadcast(&h->done);
}

/* Called without the lock: the caller's look at the reply may take long. */
static void
end_flight(struct rk_http *h, struct lane *l, CURLcode code)
{
	struct rk_err err = { { 0 } };
	enum fate fate;
	long status = 0;

	curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		fate = judge_failure(l, code, &err);
	else if (status >= 200 && status < 300)
		fate = judge_reply(l, &err);
	else
		fate = judge_status(l, status, &err);
	curl_multi_remove_handle(h->multi, l->easy);
	curl_slist_free_all(l->headers);
	l->headers = NULL;
	pthread_mutex_lock(&h->lock);
	if (status > 0)
		l->job->place->reached = 1;
	settle(h, l, fate, &err);
	pthread_mutex_unlock(&h->lock);
}

/* Returns how many came to an end. */
static int
end_flights(struct rk_http *h)
{
	CURLMsg *m;
	int left, i, ended = 0;
	double t = now();

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct lane *l = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &l);
		end_flight(h, l, m->data.result);
		ended++;
	}
	for (i = 0; i < h->o.flights; i++) {
		struct lane *l = &h->lane[i];
		if (l->job == NULL || t - l->heard < h->o.first_byte)
			continue;
		rk_err_quote(l->why, sizeof l->why, "the server is silent", 20);
		end_flight(h, l, CURLE_OPERATION_TIMEDOUT);
		ended++;
	}
	return ended;
}

/* Seconds until the first silence is too long. */
static double
soonest_silence(const struct rk_http *h, double most)
{
	double t = now();
	int i;

	for (i = 0; i < h->o.flights; i++)
		if (h->lane[i].job != NULL)
			most = fmin(
			    most, h->lane[i].heard + h->o.first_byte - t);
	return fmax(most, 0);
}

static void *
http_main(void *arg)
{
	struct rk_http *h = arg;
	double wait;
	int running, over = 0;

	while (!over) {
		pthread_mutex_lock(&h->lock);
		wait = start_all(h);
		over = h->quit || (h->finish && h->flying == 0);
		pthread_mutex_unlock(&h->lock);
		if (over)
			break;
		curl_multi_perform(h->multi, &running);
		if (end_flights(h) > 0)
			continue;
		curl_multi_poll(h->multi, NULL, 0,
		    (int)ceil(soonest_silence(h, wait) * 1000), NULL);
	}
	return NULL;
}

/* --- from start to end --------------------------------------------------------- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* The program's signals are for its own thread, and a broken pipe is none. */
static int
start_thread(struct rk_http *h)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, http_main, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static void
release(struct rk_http *h)
{
	struct place *p;
	int i;

	for (i = 0; i < h->o.flights; i++) {
		if (h->lane[i].job != NULL)
			curl_multi_remove_handle(h->multi, h->lane[i].easy);
		curl_slist_free_all(h->lane[i].headers);
		curl_easy_cleanup(h->lane[i].easy);
		rk_buf_free(&h->lane[i].body);
	}
	curl_multi_cleanup(h->multi);
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

	pthread_once(&curl_once, init_curl);
	h = rk_calloc(1, sizeof *h);
	h->o = *o;
	h->lane = rk_calloc((size_t)o->flights, sizeof *h->lane);
	h->multi = curl_multi_init();
	good = h->multi != NULL;
	for (i = 0; i < o->flights; i++)
		good &= (h->lane[i].easy = curl_easy_init()) != NULL;
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)o->flights);
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
	curl_multi_wakeup(h->multi);
	pthread_join(h->thread, NULL);
	release(h);
}
