/* paid.c - a ring of items beside that of io/http.c: some came of the cache. */
#include "io/paid.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "io/cache.h"

struct item {
	struct rk_paid *paid;
	unsigned char digest[RK_SHA256_SIZE];
	char *model;
	int (*check)(struct rk_str body, struct rk_err *err);
	enum { CACHED, SENT, BAD } from;
	struct rk_buf body; /* CACHED */
	double seconds;
	struct rk_err err;    /* BAD */
	struct rk_err unkept; /* SENT: it could not be put into the cache */
};

struct rk_paid {
	struct rk_paid_options o;
	struct rk_cache *cache;
	struct rk_http *http; /* from the first that is sent on */
	struct item **item;   /* ring of cap, n from head on */
	size_t head, n, cap;
	struct item *handed;
	struct rk_paid_reply out;
};

struct rk_paid *
rk_paid_new(const struct rk_paid_options *o, struct rk_err *err)
{
	struct rk_paid *p = rk_calloc(1, sizeof *p);

	p->o = *o;
	if (o->cache == NULL)
		return p;
	p->cache = rk_cache_open(o->cache, o->cache_only, err);
	if (p->cache != NULL)
		return p;
	free(p);
	return NULL;
}

/* URL, model, parameters and input: the last three are the body. */
void
rk_paid_digest(
    const struct rk_paid_ask *a, unsigned char digest[RK_SHA256_SIZE])
{
	struct rk_sha256 s;

	rk_sha256_start(&s);
	rk_sha256_add(&s, a->url, strlen(a->url) + 1);
	rk_sha256_add(&s, a->body.p, a->body.n);
	rk_sha256_end(&s, digest);
}

/* Into IT from the cache: 1; 0 where it is not there, or of no use. */
static int
look_up(struct rk_paid *p, struct item *it, struct rk_err *err)
{
	struct rk_err wrong = { { 0 } };
	int rc;

	if (p->cache == NULL)
		return 0;
	rc = rk_cache_get(p->cache, it->digest, &it->body, &it->seconds, err);
	if (rc == 1 &&
	    it->check((struct rk_str){ it->body.p, it->body.n }, &wrong) != 0)
		rc = 0;
	return rc;
}

/* Into IT from a batch's answers, and into the cache: 1; 0, or -1. */
static int
look_in_batch(struct rk_paid *p, struct item *it, struct rk_err *err)
{
	struct rk_cache_entry e = { .model = it->model, .seconds = -1 };
	int rc = p->o.answers == NULL
	    ? 0
	    : rk_answers_get(p->o.answers, it->digest, &it->body, err);

	if (rc != 1)
		return rc;
	e.answer = (struct rk_str){ it->body.p, it->body.n };
	it->seconds = e.seconds;
	if (it->check(e.answer, err) != 0)
		return rk_err_in(err, "batch");
	if (p->cache != NULL &&
	    rk_cache_put(p->cache, it->digest, &e, err) != 0)
		return -1;
	return 1;
}

static struct item *
new_item(struct rk_paid *p, const struct rk_paid_ask *a)
{
	struct item *it = rk_calloc(1, sizeof *it);

	it->paid = p;
	it->model = rk_strdup(a->model);
	it->check = a->check;
	rk_paid_digest(a, it->digest);
	return it;
}

static void
free_item(struct item *it)
{
	if (it == NULL)
		return;
	rk_buf_free(&it->body);
	free(it->model);
	free(it);
}

int
rk_paid_has(
    struct rk_paid *p, const struct rk_paid_ask *ask, struct rk_err *err)
{
	struct item *it = new_item(p, ask);
	int rc = look_up(p, it, err);

	free_item(it);
	return rc;
}

/* As soon as it has come, in the thread that receives. */
static int
keep(void *ctx, struct rk_str body, double seconds, struct rk_err *err)
{
	struct item *it = ctx;
	struct rk_cache_entry e = { it->model, body, seconds };
	int rc = it->check(body, err);

	/* where it is good and paid for, to ask again would not help */
	if (rc == 0 && it->paid->cache != NULL)
		rk_cache_put(it->paid->cache, it->digest, &e, &it->unkept);
	return rc;
}

static void
send_item(struct rk_paid *p, struct item *it, const struct rk_paid_ask *a)
{
	struct rk_http_ask h = { a->url, a->body, a->key, a->tokens, keep, it,
		a->purse, a->worst };

	it->from = BAD;
	if (p->o.answers != NULL)
		rk_err_set(&it->err,
		    "not among the batch's answers, as its URL and "
		    "parameters are now");
	else if (p->o.cache_only)
		rk_err_set(&it->err, "not in the cache %s", p->o.cache);
	else if (p->http == NULL &&
	    (p->http = rk_http_new(&p->o.http, &it->err)) == NULL)
		return;
	else if (rk_http_add(p->http, &h, &it->err) == 0)
		it->from = SENT;
}

static void
push(struct rk_paid *p, struct item *it)
{
	struct item **item;
	size_t i, cap;

	if (p->n == p->cap) {
		cap = p->cap ? p->cap * 2 : 64;
		item = rk_array(NULL, cap, sizeof *item);
		for (i = 0; i < p->n; i++)
			item[i] = p->item[(p->head + i) % p->cap];
		free(p->item);
		p->item = item;
		p->cap = cap;
		p->head = 0;
	}
	p->item[(p->head + p->n++) % p->cap] = it;
}

void
rk_paid_add(struct rk_paid *p, const struct rk_paid_ask *a)
{
	struct item *it = new_item(p, a);
	int rc = look_up(p, it, &it->err);

	if (rc == 0)
		rc = look_in_batch(p, it, &it->err);
	switch (rc) {
	case 1: it->from = CACHED; break;
	case 0: send_item(p, it, a); break;
	default: it->from = BAD;
	}
	push(p, it);
}

int
rk_paid_ready(struct rk_paid *p)
{
	return p->n > 0 &&
	    (p->item[p->head]->from != SENT || rk_http_ready(p->http));
}

const struct rk_paid_reply *
rk_paid_next(struct rk_paid *p)
{
	const struct rk_http_reply *r;
	struct item *it;

	free_item(p->handed);
	p->handed = NULL;
	if (p->n == 0)
		return NULL;
	p->handed = it = p->item[p->head];
	p->head = (p->head + 1) % p->cap;
	p->n--;
	p->out = (struct rk_paid_reply){ .cached = it->from == CACHED };
	if (it->from == SENT) {
		r = rk_http_next(p->http);
		p->out.body = r->body;
		p->out.seconds = r->seconds;
		p->out.tries = r->tries;
		p->out.unsure = r->unsure;
		p->out.err = r->err;
		p->out.unkept = it->unkept;
	} else {
		p->out.body = (struct rk_str){ it->body.p, it->body.n };
		p->out.seconds = it->seconds;
		p->out.err = it->err;
	}
	return &p->out;
}

void
rk_paid_free(struct rk_paid *p)
{
	if (p == NULL)
		return;
	if (p->http != NULL && p->cache != NULL)
		rk_http_finish(p->http);
	rk_http_free(p->http);
	free_item(p->handed);
	for (; p->n > 0; p->n--, p->head++)
		free_item(p->item[p->head % p->cap]);
	rk_cache_close(p->cache);
	free(p->item);
	free(p);
}
