/*
 * remote-batch.c - embeddings of a server, by /embeddings of the OpenAI API.
 * Each text is looked up in the cache alone, under the digest of URL, model,
 * dimension and text; those that are not there go in requests of some texts
 * each, and every vector is in the cache as soon as its reply has come. So how
 * texts are put together decides about nothing that was paid for.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "embed/remote-in.h"
#include "io/embeddings.h"

struct job {
	struct rk_remote *s;
	const struct rk_str *texts;
	size_t n;
	float *out;                              /* [n, dim] */
	struct rk_err *const *errs;              /* [n] */
	unsigned char (*digest)[RK_SHA256_SIZE]; /* [n] */
	size_t *twin;                            /* [n]: the first equal text */
	/* requests: those before `taken` have their replies */
	struct request **sent;
	size_t sends, send_cap, taken;
	/* texts to be asked for once more, each alone or all in plain form */
	struct request **again;
	size_t agains, again_cap;
};

struct request {
	struct rk_remote *s;
	struct job *job;
	size_t *text; /* [n]: of the job's */
	size_t n, bytes;
	int plain;      /* no base64 is asked for */
	double reserve; /* dollars at worst */
	/* set in the thread that receives */
	struct rk_embeddings_reply reply;
	struct rk_err err; /* it could not be kept */
};

static struct request *
new_request(struct job *j)
{
	struct request *r = rk_calloc(1, sizeof *r);

	r->s = j->s;
	r->job = j;
	r->text = rk_array(NULL, j->s->inputs, sizeof *r->text);
	return r;
}

static void
free_request(struct request *r)
{
	free(r->text);
	free(r->reply.x);
	free(r);
}

static void
put_text(struct request *r, size_t i)
{
	r->text[r->n++] = i;
	r->bytes += r->job->texts[i].n;
}

/* All texts of R that are not put right get this error. */
static void
fail(const struct request *r, const struct rk_err *why)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		rk_err_set(
		    r->job->errs[r->text[i]], "%s: %s", r->s->model, why->msg);
}

/* out: x[dim] as a vector of length 1; zero stays zero. */
static void
put_vector(struct job *j, size_t i, const float *x)
{
	size_t d = j->s->dim, k;
	double sq = 0;

	for (k = 0; k < d; k++)
		sq += (double)x[k] * (double)x[k];
	for (k = 0; k < d; k++)
		j->out[i * d + k] = sq > 0 ? (float)((double)x[k] / sqrt(sq))
					   : 0;
}

/* --- the cache ---------------------------------------------------------------- */

static void
digest_of(const struct rk_remote *s, const struct rk_str *text,
    unsigned char digest[RK_SHA256_SIZE])
{
	struct rk_sha256 h;
	struct rk_buf b = { 0 };

	/* (a chat's has a '{' after the URL's end: no digest is of both) */
	rk_buf_addf(&b, "embedding %zu ", s->native ? (size_t)0 : s->dim);
	rk_buf_adds(&b, s->model);
	rk_sha256_start(&h);
	rk_sha256_add(&h, s->net.url, strlen(s->net.url) + 1);
	rk_sha256_add(&h, b.p, b.n + 1);
	rk_sha256_add(&h, text->p, text->n);
	rk_sha256_end(&h, digest);
	rk_buf_free(&b);
}

/* The D numbers at P, if all are finite; D becomes the dimension if it is 0. */
static const float *
check_stored(struct rk_remote *s, struct rk_buf *b)
{
	const float *x = (const float *)(void *)b->p;
	size_t d = b->n / sizeof *x, i;

	if (d == 0 || b->n % sizeof *x != 0 || (s->dim != 0 && s->dim != d))
		return NULL;
	for (i = 0; i < d; i++)
		if (!isfinite(x[i]))
			return NULL;
	return x;
}

/* Is text I in the cache? Then its vector is put. */
static int
look_up(struct job *j, size_t i, struct rk_buf *b)
{
	struct rk_remote *s = j->s;
	const float *x = NULL;

	if (s->cache == NULL ||
	    rk_cache_get(s->cache, j->digest[i], b, NULL, j->errs[i]) != 1)
		return 0;
	x = check_stored(s, b);
	if (x == NULL)
		return 0;
	if (s->dim == 0)
		s->dim = b->n / sizeof *x;
	if (j->out != NULL)
		put_vector(j, i, x);
	return 1;
}

/* --- asking --------------------------------------------------------------------- */

/* In the thread that receives, as soon as a reply has come. */
static int
accept_reply(void *ctx, struct rk_str body, double seconds, struct rk_err *err)
{
	struct request *r = ctx;
	struct rk_remote *s = r->s;
	size_t i;

	free(r->reply.x);
	if (rk_embeddings_read(&r->reply, body, r->n, s->dim, err) != 0)
		return -1;
	for (i = 0; i < r->n && s->cache != NULL; i++) {
		const float *x = r->reply.x + i * r->reply.d;
		struct rk_cache_entry e = { s->model,
			{ (const char *)x, r->reply.d * sizeof *x }, seconds };
		/* it is good and paid for: to ask again would not help */
		rk_cache_put(s->cache, r->job->digest[r->text[i]], &e, &r->err);
	}
	return 0;
}

static void
write_body(const struct request *r, struct rk_buf *out)
{
	const struct rk_remote *s = r->s;
	struct rk_embeddings_ask a = { s->model, s->native ? 0 : s->dim,
		!r->plain };
	struct rk_str *text = rk_array(NULL, r->n, sizeof *text);
	size_t i;

	for (i = 0; i < r->n; i++)
		text[i] = r->job->texts[r->text[i]];
	rk_embeddings_request(out, &a, text, r->n);
	free(text);
}

/* The server said that what it was asked is wrong: some text, or base64. */
static int
is_refusal(long status)
{
	return status == 400 || status == 413 || status == 422;
}

/* Shall what was refused be asked for in another form? Then it is set aside. */
static int
ask_again(struct job *j, struct request *r)
{
	struct rk_remote *s = j->s;
	struct request *one;
	size_t i, k, parts;

	if (!r->plain && !s->encodes)
		s->plain = 1;
	else if (r->n == 1)
		return 0;
	parts = !r->plain && s->plain ? 1 : r->n;
	for (k = 0; k < parts; k++) {
		one = new_request(j);
		for (i = parts == 1 ? 0 : k; i < (parts == 1 ? r->n : k + 1);
		     i++)
			put_text(one, r->text[i]);
		RK_GROW(j->again, j->agains, j->again_cap);
		j->again[j->agains++] = one;
	}
	return 1;
}

static void
pay(struct rk_remote *s, double reserve, double cost)
{
	rk_purse_pay(&s->purse, reserve, cost);
	s->count.dollars = rk_purse_spent(&s->purse);
}

/* The reply to the first request that has none. */
static void
take_reply(struct job *j)
{
	struct rk_remote *s = j->s;
	struct request *r = j->sent[j->taken++];
	const struct rk_http_reply *reply = rk_http_next(s->http);
	double tokens;
	size_t i;

	pay(s, r->reserve, r->reserve * reply->unsure);
	if (rk_err_is(&reply->err)) {
		if (!is_refusal(reply->status) || !ask_again(j, r))
			fail(r, &reply->err);
		return;
	}
	s->encodes |= !r->plain;
	tokens = r->reply.tokens >= 0 ? r->reply.tokens : (double)r->bytes;
	s->count.tokens += tokens;
	pay(s, 0, rk_prices_cost(s->net.price, tokens, 0));
	if (s->dim == 0)
		s->dim = r->reply.d;
	if (!rk_err_is(&s->count.unkept))
		s->count.unkept = r->err;
	for (i = 0; i < r->n && j->out != NULL; i++)
		put_vector(j, r->text[i], r->reply.x + i * s->dim);
	free(r->reply.x);
	r->reply.x = NULL;
}

/*
 * Is there money for RESERVE more, when what is in flight has given back, and
 * can its answer be kept?
 */
static int
can_pay(struct job *j, double reserve)
{
	int paid;

	while (!(paid = rk_purse_take(&j->s->purse, reserve)) &&
	    j->taken < j->sends)
		take_reply(j);
	if (paid && rk_err_is(&j->s->count.unkept))
		rk_purse_pay(&j->s->purse, reserve, 0);
	return paid && !rk_err_is(&j->s->count.unkept);
}

static void
stop(struct job *j, const struct request *r)
{
	struct rk_remote_count *c = &j->s->count;
	struct rk_err why = { "not asked for: --max-cost" };

	if (rk_err_is(&c->unkept))
		rk_err_set(&why, "not asked for: %s", c->unkept.msg);
	if (!c->stopped || r->text[0] < c->first)
		c->first = r->text[0];
	if (!c->stopped)
		c->reserve = r->reserve;
	c->stopped = 1;
	fail(r, &why);
}

/* Adds the request to those in flight. */
static void
send_body(struct job *j, struct request *r, struct rk_str body)
{
	struct rk_remote *s = j->s;
	struct rk_http_ask ask = { s->net.url, body, s->net.key,
		ceil((double)r->bytes / 4), accept_reply, r, &s->purse,
		r->reserve };
	struct rk_err err = { { 0 } };

	if (s->http == NULL)
		s->http = rk_http_new(&s->net.paid.http, &err);
	if (s->http == NULL || rk_http_add(s->http, &ask, &err) != 0) {
		rk_purse_pay(&s->purse, r->reserve, 0);
		fail(r, &err);
		free_request(r);
		return;
	}
	s->count.calls++;
	RK_GROW(j->sent, j->sends, j->send_cap);
	j->sent[j->sends++] = r;
}

/* Takes R. */
static void
send(struct job *j, struct request *r)
{
	struct rk_remote *s = j->s;
	struct rk_buf body = { 0 };
	struct rk_err why = { { 0 } };

	r->plain = s->plain;
	write_body(r, &body);
	if (s->net.max_cost >= 0)
		r->reserve = rk_prices_cost(s->net.price, (double)body.n, 0);
	if (s->net.paid.cache_only) {
		rk_err_set(&why, "not in the cache %s", s->net.paid.cache);
		fail(r, &why);
		free_request(r);
	} else if (s->net.dry_run) {
		double tokens = ceil((double)r->bytes / 4);
		s->count.calls++;
		s->count.tokens += tokens;
		s->count.dollars += rk_prices_cost(s->net.price, tokens, 0);
		free_request(r);
	} else if (s->count.stopped || !can_pay(j, r->reserve)) {
		stop(j, r);
		free_request(r);
	} else {
		send_body(j, r, (struct rk_str){ body.p, body.n });
	}
	rk_buf_free(&body);
}

/* Waits for all replies, and asks once more for what was refused. */
static void
take_all(struct job *j)
{
	struct request **again;
	size_t i, n;

	for (;;) {
		while (j->taken < j->sends)
			take_reply(j);
		n = j->agains;
		if (n == 0)
			return;
		again = j->again;
		j->again = NULL;
		j->agains = j->again_cap = 0;
		for (i = 0; i < n; i++)
			send(j, again[i]);
		free(again);
	}
}

/* --- a batch --------------------------------------------------------------------- */

/* Is text I to be asked for? It is not empty, not there, and not a twin. */
static int
is_wanted(struct job *j, size_t i, struct rk_buf *b)
{
	struct rk_remote *s = j->s;
	uint64_t h;
	size_t k;

	j->twin[i] = i;
	s->count.texts++;
	if (j->texts[i].n == 0) {
		memset(j->out + i * s->dim, 0, s->dim * sizeof *j->out);
		return 0;
	}
	digest_of(s, &j->texts[i], j->digest[i]);
	for (k = 0; k < i; k++)
		if (j->texts[k].n > 0 &&
		    memcmp(j->digest[k], j->digest[i], RK_SHA256_SIZE) == 0) {
			j->twin[i] = k;
			return 0;
		}
	if (look_up(j, i, b)) {
		s->count.cached++;
		return 0;
	}
	memcpy(&h, j->digest[i], sizeof h);
	return !rk_err_is(j->errs[i]) &&
	    (!s->net.dry_run || !rk_set_add(&s->seen, h));
}

/* Texts in a request at most: their vectors must fit into a reply. */
static size_t
most_texts(const struct rk_remote *s)
{
	/* a number takes some 22 characters and a comma at most */
	size_t fit = s->net.paid.http.max_reply / (s->dim * 24 + 256);

	return fit >= s->inputs ? s->inputs : fit > 0 ? fit : 1;
}

/* Sends what is wanted, in requests of as many texts as they may have. */
static void
ask_for_all(struct job *j)
{
	struct rk_remote *s = j->s;
	struct request *r = NULL;
	struct rk_buf b = { 0 };
	size_t i, most = most_texts(s);

	for (i = 0; i < j->n; i++) {
		if (!is_wanted(j, i, &b))
			continue;
		if (r != NULL &&
		    (r->n == most ||
			(r->bytes + j->texts[i].n + 3) / 4 > s->tokens)) {
			send(j, r);
			r = NULL;
		}
		if (r == NULL)
			r = new_request(j);
		put_text(r, i);
	}
	if (r != NULL)
		send(j, r);
	rk_buf_free(&b);
}

void
rk_remote_batch(struct rk_remote *s, const struct rk_str *texts, size_t n,
    float *out, struct rk_err *const *errs)
{
	struct job j = {
		.s = s, .texts = texts, .n = n, .out = out, .errs = errs
	};
	size_t i, k;

	j.digest = rk_array(NULL, n, sizeof *j.digest);
	j.twin = rk_array(NULL, n, sizeof *j.twin);
	ask_for_all(&j);
	take_all(&j);
	for (i = 0; i < n; i++) {
		k = j.twin[i];
		if (k == i)
			continue;
		if (rk_err_is(errs[k]))
			rk_err_set(errs[i], "%s", errs[k]->msg);
		else if (out != NULL)
			memcpy(out + i * s->dim, out + k * s->dim,
			    s->dim * sizeof *out);
	}
	for (i = 0; i < j.sends; i++)
		free_request(j.sent[i]);
	free(j.sent);
	free(j.digest);
	free(j.twin);
}
