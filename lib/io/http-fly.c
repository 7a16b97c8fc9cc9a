/*
 * http-fly.c - the thread that sends and receives: it looks through the ring
 * for jobs whose time has come, and gives each to a free lane.
 */
#include <math.h>
#include <string.h>

#include "io/http-in.h"

/* Replies that wait for an earlier one stop new requests beyond this. */
enum { HELD = 64 << 20 };

/* --- a request on its way ----------------------------------------------------- */

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct rk_http_lane *l = ctx;

	n *= size;
	l->heard = rk_meter_now();
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
	struct rk_http_lane *l = ctx;

	(void)p;
	n *= size;
	l->heard = rk_meter_now();
	l->header_bytes += n;
	if (l->header_bytes > 1 << 20) {
		l->too_long = 1;
		return 0;
	}
	return n;
}

static size_t
on_send(char *p, size_t size, size_t n, void *ctx)
{
	struct rk_http_lane *l = ctx;
	const struct rk_buf *body = &l->job->body;

	n *= size;
	if (n > body->n - l->sent)
		n = body->n - l->sent;
	memcpy(p, body->p + l->sent, n);
	l->sent += n;
	return n;
}

/*
 * Where a connection that was kept alive breaks, libcurl would send a request
 * once more by itself: it may have been charged, and is a try like others.
 */
static int
on_rewind(void *ctx, curl_off_t offset, int origin)
{
	(void)ctx, (void)offset, (void)origin;
	return CURL_SEEKFUNC_FAIL;
}

static void
set_headers(struct rk_http_lane *l, const struct rk_http_job *j)
{
	struct rk_buf b = { 0 };

	l->headers = rk_curl.slist_append(
	    NULL, "Content-Type: application/json");
	l->headers = rk_curl.slist_append(l->headers, "Expect:");
	if (j->key != NULL) {
		rk_buf_addf(&b, "Authorization: Bearer %s", j->key);
		l->headers = rk_curl.slist_append(l->headers, b.p);
		memset(b.p, 0, b.n);
	}
	rk_buf_free(&b);
}

static void
set_up(struct rk_http *h, struct rk_http_lane *l)
{
	const struct rk_http_job *j = l->job;
	CURL *c = l->easy;

	rk_curl.easy_reset(c);
	rk_curl.easy_setopt(c, CURLOPT_URL, j->place->url);
	rk_curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	rk_curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	rk_curl.easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	rk_curl.easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (h->o.ca_file != NULL) {
		rk_curl.easy_setopt(c, CURLOPT_CAINFO, h->o.ca_file);
		rk_curl.easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (j->place->loopback) /* a proxy would see the key */
		rk_curl.easy_setopt(c, CURLOPT_PROXY, "");
	rk_curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	rk_curl.easy_setopt(c, CURLOPT_USERAGENT, "routekit/" RK_VERSION);
	rk_curl.easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT_MS, (long)ceil(h->o.connect * 1000));
	rk_curl.easy_setopt(
	    c, CURLOPT_TIMEOUT_MS, (long)ceil(h->o.total * 1000));
	rk_curl.easy_setopt(c, CURLOPT_POST, 1L);
	rk_curl.easy_setopt(
	    c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body.n);
	rk_curl.easy_setopt(c, CURLOPT_READFUNCTION, on_send);
	rk_curl.easy_setopt(c, CURLOPT_READDATA, l);
	rk_curl.easy_setopt(c, CURLOPT_SEEKFUNCTION, on_rewind);
	rk_curl.easy_setopt(c, CURLOPT_HTTPHEADER, l->headers);
	rk_curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	rk_curl.easy_setopt(c, CURLOPT_WRITEDATA, l);
	rk_curl.easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	rk_curl.easy_setopt(c, CURLOPT_HEADERDATA, l);
	rk_curl.easy_setopt(c, CURLOPT_ERRORBUFFER, l->why);
	rk_curl.easy_setopt(c, CURLOPT_PRIVATE, l);
}

static void
start(struct rk_http *h, struct rk_http_lane *l, struct rk_http_job *j)
{
	l->job = j;
	l->body.n = l->sent = l->header_bytes = 0;
	l->max = h->o.max_reply;
	l->too_long = 0;
	l->why[0] = '\0';
	l->heard = rk_meter_now();
	set_headers(l, j);
	set_up(h, l);
	j->state = RK_HTTP_FLIES;
	j->out.tries++;
	h->flying++;
	rk_curl.multi_add_handle(h->multi, l->easy);
}

static struct rk_http_lane *
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
start_time(const struct rk_http *h, const struct rk_http_job *j)
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
	double t = rk_meter_now(), when, soonest = 1;
	struct rk_http_lane *l;
	size_t i;

	for (i = 0; i < h->n && !h->finish; i++) {
		struct rk_http_job *j = h->slot[(h->head + i) % h->cap];
		if (j->state != RK_HTTP_WAITS)
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

/* --- the loop ----------------------------------------------------------------- */

/* Returns how many came to an end. */
static int
end_flights(struct rk_http *h)
{
	CURLMsg *m;
	int left, i, ended = 0;
	double t = rk_meter_now();

	while ((m = rk_curl.multi_info_read(h->multi, &left)) != NULL) {
		struct rk_http_lane *l = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		rk_curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &l);
		rk_http_fate_settle(h, l, m->data.result);
		ended++;
	}
	for (i = 0; i < h->o.flights; i++) {
		struct rk_http_lane *l = &h->lane[i];
		if (l->job == NULL || t - l->heard < h->o.first_byte)
			continue;
		rk_err_quote(l->why, sizeof l->why, "the server is silent", 20);
		rk_http_fate_settle(h, l, CURLE_OPERATION_TIMEDOUT);
		ended++;
	}
	return ended;
}

/* Seconds until the first silence is too long. */
static double
soonest_silence(const struct rk_http *h, double most)
{
	double t = rk_meter_now();
	int i;

	for (i = 0; i < h->o.flights; i++)
		if (h->lane[i].job != NULL)
			most = fmin(
			    most, h->lane[i].heard + h->o.first_byte - t);
	return fmax(most, 0);
}

void *
rk_http_fly(void *arg)
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
		rk_curl.multi_perform(h->multi, &running);
		if (end_flights(h) > 0)
			continue;
		rk_curl.multi_poll(h->multi, NULL, 0,
		    (int)ceil(soonest_silence(h, wait) * 1000), NULL);
	}
	return NULL;
}
