/*
 * http-fate.c - what came of a request: a reply that is accepted, a failure
 * that passes and is tried again, or one that does not.
 */
#include <math.h>
#include <string.h>

#include "io/http-in.h"
#include "io/json.h"

enum fate { GOOD, AGAIN, FAILED };

/* The character at *P of a JSON text, moving on: \u0041 and \/ are one. */
static int
next_char(const char **p, const char *end)
{
	static const char hex[] = "0123456789abcdef";
	const char *q = *p, *digit;
	int i, c = 0;

	*p += 1;
	if (*q != '\\' || end - q < 2)
		return (unsigned char)*q;
	*p += 1;
	if (q[1] != 'u' || end - q < 6)
		return (unsigned char)q[1];
	for (i = 2; i < 6; i++) {
		digit = q[i] == 0 ? NULL : strchr(hex, q[i] | 0x20);
		if (digit == NULL)
			return 'u';
		c = c << 4 | (int)(digit - hex);
	}
	*p += 4;
	return c;
}

static int
begins(const char *p, const char *end, const char *key)
{
	while (*key != '\0' && p < end)
		if (next_char(&p, end) != (unsigned char)*key++)
			return 0;
	return *key == '\0';
}

enum { SECRET = 16 };

/*
 * Is the job's key in p[0..n), as it is or as JSON may spell it? A shorter one
 * than SECRET is a word that a server does not look at ("none", "EMPTY"), and
 * which an answer may hold.
 */
static int
has_key(const struct rk_http_job *j, const char *p, size_t n)
{
	const char *end = p + n;

	if (j->key == NULL || strlen(j->key) < SECRET)
		return 0;
	for (; p < end; p++)
		if ((*p == *j->key || *p == '\\') && begins(p, end, j->key))
			return 1;
	return 0;
}

/* ": MESSAGE", as {"error":{"message":...}} or {"error":...} says; or "". */
static void
server_says(char *out, size_t size, const struct rk_http_lane *l)
{
	struct rk_json *doc = rk_json_new(
	    l->body.n > 0 ? l->body.p : "", l->body.n, NULL);
	const struct rk_json *e = rk_json_get(doc, "error");
	const char *text;

	if (rk_json_kind(e) == RK_JSON_OBJECT)
		e = rk_json_get(e, "message");
	text = rk_json_kind(e) == RK_JSON_TEXT ? rk_json_str(e) : NULL;
	out[0] = '\0';
	if (text != NULL && has_key(l->job, text, strlen(text)))
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
judge_status(struct rk_http_lane *l, long status, struct rk_err *err)
{
	const char *to = NULL;
	char says[240];

	server_says(says, sizeof says, l);
	if (status >= 300 && status < 400) {
		rk_curl.easy_getinfo(l->easy, CURLINFO_REDIRECT_URL, &to);
		if (to != NULL && has_key(l->job, to, strlen(to)))
			to = "(a URL that holds the key)";
		if (to != NULL)
			rk_err_quote(says, sizeof says, to, strlen(to));
		rk_err_set(err, "HTTP %ld: redirects are not followed%s%s",
		    status, to != NULL ? ": " : "", to != NULL ? says : "");
		return FAILED;
	}
	if (status == 404 || status == 405)
		rk_err_set(err, "HTTP %ld from %s%s", status,
		    l->job->place->url, says);
	else
		rk_err_set(err, "HTTP %ld%s", status, says);
	return is_retried(status) ? AGAIN : FAILED;
}

/* What a server sends where the path is not that of its API. */
static int
is_page(struct rk_str body)
{
	size_t i = 0;

	while (i < body.n && memchr(" \t\r\n", body.p[i], 4) != NULL)
		i++;
	return i < body.n && body.p[i] == '<';
}

enum { DENSE = 1 << 18 };

/*
 * Has it so many arrays and objects that the tree of them would take some
 * hundred bytes for each two of the reply's?
 */
static int
is_dense(struct rk_str body)
{
	size_t i, n = 0;
	int text = 0;

	for (i = 0; i < body.n; i++)
		switch (body.p[i]) {
		case '"': text = !text; break;
		case '\\': i += (size_t)text; break;
		case '[':
		case '{': n += !text;
		}
	return n > DENSE;
}

static enum fate
judge_reply(struct rk_http_lane *l, struct rk_err *err)
{
	struct rk_http_job *j = l->job;
	struct rk_str body = { l->body.n > 0 ? l->body.p : "", l->body.n };
	int rc = 0;

	if (has_key(j, body.p, body.n)) {
		rk_err_set(err, "the reply holds the key");
		j->out.unsure++;
		return FAILED;
	}
	if (is_page(body)) {
		rk_err_set(err,
		    "the reply is a page of HTML, not JSON: is the URL %s "
		    "right?",
		    j->place->url);
		return FAILED;
	}
	rk_curl.easy_getinfo(l->easy, CURLINFO_TOTAL_TIME, &j->out.seconds);
	if (is_dense(body)) {
		rk_err_set(err, "the reply has more than %d arrays and objects",
		    DENSE);
		j->out.unsure++;
		return FAILED;
	}
	if (j->ask.accept != NULL)
		rc = j->ask.accept(j->ask.ctx, body, j->out.seconds, err);
	if (rc == 0)
		return GOOD;
	j->out.unsure++;
	if (rc > 0)
		return FAILED;
	rk_err_in(err, "reply");
	return AGAIN;
}

/* Has a request to the place been answered, or is one connected? */
static int
is_reached(const struct rk_http *h, const struct rk_http_place *place)
{
	double sent;
	int i;

	if (place->reached)
		return 1;
	for (i = 0; i < h->o.flights; i++) {
		const struct rk_http_lane *l = &h->lane[i];
		sent = 0;
		if (l->job != NULL && l->job->place == place)
			rk_curl.easy_getinfo(
			    l->easy, CURLINFO_PRETRANSFER_TIME, &sent);
		if (sent > 0)
			return 1;
	}
	return 0;
}

/* A transfer that libcurl gave up. */
static enum fate
judge_failure(const struct rk_http *h, struct rk_http_lane *l, CURLcode code,
    struct rk_err *err)
{
	double sent = 0;
	const char *why = l->why[0] ? l->why : rk_curl.easy_strerror(code);

	if (l->too_long) {
		rk_err_set(err, "the reply is longer than %zu bytes", l->max);
		l->job->out.unsure++;
		return FAILED;
	}
	rk_err_set(err, "%s",
	    code == CURLE_SEND_FAIL_REWIND ? "the connection broke" : why);
	rk_curl.easy_getinfo(l->easy, CURLINFO_PRETRANSFER_TIME, &sent);
	if (code == CURLE_OPERATION_TIMEDOUT && sent == 0)
		code = CURLE_COULDNT_CONNECT; /* nothing was sent */
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
		/* a URL that never answered is more likely wrong */
		return is_reached(h, l->job->place) ? AGAIN : FAILED;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line */
		l->job->out.unsure++;
		return AGAIN;
	default: l->job->out.unsure += sent > 0; return FAILED;
	}
}

/* Is there money for another try, where the last may have been charged? */
static int
can_pay(struct rk_http_job *j, struct rk_err *err)
{
	if (j->ask.purse == NULL || j->out.unsure == 0)
		return 1;
	if (!rk_purse_again(j->ask.purse, j->ask.worst)) {
		rk_err_in(err, "no money to try again");
		return 0;
	}
	j->out.unsure--;
	return 1;
}

/* Seconds until the next try of a job; -1: none. */
static double
pause_before(struct rk_http *h, struct rk_http_lane *l, struct rk_err *err)
{
	struct rk_http_job *j = l->job;
	curl_off_t after = 0;
	double wait;

	if (j->out.tries > h->o.retries) {
		if (h->o.retries > 0)
			rk_err_in(err, "after %d tries", j->out.tries);
		return -1;
	}
	rk_curl.easy_getinfo(l->easy, CURLINFO_RETRY_AFTER, &after);
	if ((double)after > h->o.wait_most) {
		rk_err_in(err, "the server asks for a pause of %.0f s",
		    (double)after);
		return -1;
	}
	if (!can_pay(j, err))
		return -1;
	wait = fmin(h->o.wait * ldexp(1, j->out.tries - 1), h->o.wait_most);
	wait *= .5 + .5 * rk_rng_unit(&j->rng);
	if (after > 0)
		j->place->until = fmax(
		    j->place->until, rk_meter_now() + (double)after);
	return fmax(wait, (double)after);
}

static void
settle(struct rk_http *h, struct rk_http_lane *l, enum fate fate,
    struct rk_err *err)
{
	struct rk_http_job *j = l->job;
	double wait = -1;

	l->job = NULL;
	h->flying--;
	if (fate == AGAIN && !h->finish) {
		l->job = j;
		wait = pause_before(h, l, err);
		l->job = NULL;
	}
	if (wait >= 0) {
		j->when = rk_meter_now() + wait;
		j->state = RK_HTTP_WAITS;
		return;
	}
	if (fate == GOOD) {
		rk_buf_add(&j->reply, l->body.p, l->body.n);
		h->held += l->body.n;
		j->out.body = (struct rk_str){ j->reply.p, j->reply.n };
	} else {
		j->out.err = *err;
	}
	j->state = RK_HTTP_DONE;
	if (l->body.cap > 1 << 20)
		rk_buf_free(&l->body);
	pthread_cond_broadcast(&h->done);
}

void
rk_http_fate_settle(struct rk_http *h, struct rk_http_lane *l, CURLcode code)
{
	struct rk_err err = { { 0 } };
	enum fate fate;
	long status = 0;

	rk_curl.easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		fate = judge_failure(h, l, code, &err);
	else if (status >= 200 && status < 300)
		fate = judge_reply(l, &err);
	else
		fate = judge_status(l, status, &err);
	rk_curl.multi_remove_handle(h->multi, l->easy);
	rk_curl.slist_free_all(l->headers);
	l->headers = NULL;
	pthread_mutex_lock(&h->lock);
	l->job->out.status = status;
	if (status > 0)
		l->job->place->reached = 1;
	settle(h, l, fate, &err);
	pthread_mutex_unlock(&h->lock);
}
