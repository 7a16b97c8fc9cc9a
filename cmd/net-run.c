/*
 * net-run.c - a ring of records that wait for their answers, beside the ring of
 * requests of io/paid.h: both are in the order of the input, so that the next
 * reply is always one of the first record that waits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/set.h"
#include "io/answers.h"
#include "io/purse.h"
#include "net.h"

/* A request of the record at hand, not sent yet, or of one that waits. */
struct call {
	const struct net_target *target;
	size_t at, n; /* its body, while it is not sent */
	double max_tokens;
	int opaque;     /* its tokens cannot be told from its bytes */
	double reserve; /* dollars at worst */
};

/* A record that waits, with its own copy of its line. */
struct wait {
	struct rk_rec rec;
	struct rk_buf line;
	struct call *call; /* [calls], sent */
	size_t calls, cap;
};

struct net_run {
	struct cmd *cmd;
	const struct net_job *job;
	void *ctx;
	struct rk_paid *paid;
	struct wait *wait; /* ring of cap, n from head on */
	size_t head, n, cap;
	/* the requests of the record at hand */
	struct call *call; /* [calls] */
	size_t calls, call_cap;
	struct rk_buf body; /* all of them */
	struct rk_chat_reply reply;
	struct rk_meter meter;
	struct rk_purse purse;
	size_t answers, cached, cut;
	double written;       /* bytes of the records that are */
	int full;             /* no more is asked */
	int stop;             /* a bad line: no more is written either */
	struct net_plan plan; /* --dry-run */
	struct rk_set seen;   /* --batch: the requests that were printed */
	struct rk_buf lines;  /* ... and those that will be */
};

static struct rk_paid *in_flight; /* of the one run of the program */

static int
check_reply(struct rk_str body, struct rk_err *err)
{
	struct rk_chat_reply r = { .cut = 0 };
	int rc = rk_chat_read(&r, body, err);

	rk_buf_free(&r.text);
	return rc;
}

/* --- answers -------------------------------------------------------------------- */

/* What the reply that was read cost: 0 and *COST, or -1. */
static int
find_cost(struct net_run *n, const struct call *c,
    const struct rk_paid_reply *r, double *cost, struct rk_err *err)
{
	const struct rk_price *p = c->target->price;
	int paid = r->tries > 0;

	*cost = 0;
	if (p == NULL)
		return 0;
	if (p->call == 0 && p->input + p->output > 0 &&
	    (n->reply.input < 0 || n->reply.output < 0)) {
		rk_purse_pay(&n->purse, 0, paid ? c->reserve : 0);
		return rk_err_set(err,
		    "the reply has no usage, so that its cost is not "
		    "known: see call in the file of models");
	}
	*cost = rk_prices_cost(p, n->reply.input, n->reply.output);
	rk_purse_pay(&n->purse, 0, paid ? *cost : 0);
	return 0;
}

/* The answer is paid for and there; what is asked next would be lost too. */
static void
no_cache(struct net_run *n, const struct rk_err *why)
{
	if (!n->full)
		cmd_warn(n->cmd,
		    "%s: no more is read, and what was is asked and written",
		    why->msg);
	n->full = 1;
	cmd_fail(n->cmd);
}

/* The reply to W's request I: what it cost counts, whatever else is wrong. */
static void
take_reply(struct net_run *n, struct wait *w, size_t i)
{
	const struct rk_paid_reply *r = rk_paid_next(n->paid);
	const struct call *c = &w->call[i];
	struct net_answer a = { c->target, &n->reply, r->seconds, 0 };
	struct rk_err *err = &w->rec.err;

	rk_purse_pay(&n->purse, c->reserve, c->reserve * r->unsure);
	if (rk_err_is(&r->unkept))
		no_cache(n, &r->unkept);
	if (rk_err_is(&r->err)) {
		rk_err_set(err, "%s: %s", c->target->name, r->err.msg);
		return;
	}
	if (rk_chat_read(&n->reply, r->body, err) != 0 ||
	    find_cost(n, c, r, &a.cost, err) != 0 || rk_err_is(err))
		return;
	n->answers++;
	n->cached += (size_t)r->cached;
	n->cut += (size_t)n->reply.cut;
	n->job->answer(n->ctx, &w->rec, i, &a, err);
}

static void
show_progress(struct net_run *n)
{
	char text[160];
	double read, total;

	if (!rk_meter_due(&n->meter))
		return;
	cmd_input_progress(n->cmd, &read, &total);
	net_progress(text, sizeof text, &n->meter, n->answers,
	    rk_purse_spent(&n->purse), total > 0 ? n->written / total : 0);
	cmd_progress(n->cmd, text);
}

/* The first of those that wait, written as soon as its answers are there. */
static void
write_first(struct net_run *n)
{
	struct wait *w = &n->wait[n->head];
	struct rk_batch one = { .rec = &w->rec, .n = 1 };
	size_t i;

	for (i = 0; i < w->calls; i++)
		take_reply(n, w, i);
	if (!rk_err_is(&w->rec.err) && n->job->end != NULL)
		n->job->end(n->ctx, &w->rec, &w->rec.err);
	cmd_put(n->cmd, &one);
	n->stop |= rk_err_is(&w->rec.err) && !n->cmd->keep_going;
	n->written += (double)w->line.n + 1;
	n->head = (n->head + 1) % n->cap;
	n->n--;
	show_progress(n);
}

/* Writes what is answered, and more until at most MOST wait. */
static void
write_down_to(struct net_run *n, size_t most)
{
	while (n->n > 0 && !n->stop &&
	    (n->n > most || n->wait[n->head].calls == 0 ||
		rk_paid_ready(n->paid)))
		write_first(n);
}

/* --- requests ------------------------------------------------------------------- */

/*
 * Dollars of a request at worst: a token is a byte at least. 0 where that is
 * not known, which --max-cost does not let happen.
 */
static double
worst_cost(const struct call *c)
{
	const struct rk_price *p = c->target->price;

	return p == NULL || (p->output > 0 && c->max_tokens == 0) ||
		(p->input > 0 && c->opaque)
	    ? 0
	    : rk_prices_cost(p, (double)c->n, c->max_tokens);
}

int
net_ask(struct net_run *n, const struct net_target *t, struct rk_str body,
    double max_tokens, int opaque, struct rk_err *err)
{
	struct call c = { t, n->body.n, body.n, max_tokens, opaque, 0 };

	if (opaque && net_options.max_cost >= 0 && t->price->input > 0)
		return rk_err_set(err,
		    "--max-cost: what images and files cost at worst is not "
		    "known");
	c.reserve = worst_cost(&c);
	rk_buf_add(&n->body, body.p, body.n);
	RK_GROW(n->call, n->calls, n->call_cap);
	n->call[n->calls++] = c;
	return 0;
}

/* The requests of R, into n->call. */
static int
collect(struct net_run *n, struct rk_rec *r, struct rk_err *err)
{
	n->calls = n->body.n = 0;
	return n->job->ask(n->ctx, n, r, err);
}

static struct rk_paid_ask
request(struct net_run *n, const struct call *c)
{
	return (struct rk_paid_ask){
		.url = c->target->url,
		.key = c->target->key,
		.model = c->target->name,
		.body = { n->body.p + c->at, c->n },
		.tokens = ceil((double)c->n / 4) + c->max_tokens,
		.check = check_reply,
		.purse = &n->purse,
		.worst = c->reserve,
	};
}

static struct wait *
take_place(struct net_run *n, const struct rk_rec *r)
{
	struct wait *w;

	write_down_to(n, n->cap - 1);
	w = &n->wait[(n->head + n->n) % n->cap];
	w->line.n = 0;
	rk_buf_add(&w->line, r->p, r->n);
	w->rec.p = w->line.p;
	w->rec.n = r->n;
	w->rec.file = r->file;
	w->rec.line = r->line;
	w->rec.cut = r->cut;
	w->rec.err = r->err;
	w->rec.col = r->col;
	w->calls = 0;
	return w;
}

/*
 * Is there money for RESERVE more? What is in flight gives back what it did not
 * need, so it is waited for before the answer is no.
 */
static int
can_pay(struct net_run *n, double reserve)
{
	int paid;

	while (
	    !(paid = rk_purse_take(&n->purse, reserve)) && n->n > 0 && !n->stop)
		write_first(n);
	if (paid && (n->stop || n->full))
		rk_purse_pay(&n->purse, reserve, 0);
	return paid && !n->stop && !n->full;
}

/* Is the answer there already? */
static int
is_free(struct net_run *n, const struct call *c)
{
	struct rk_paid_ask ask = request(n, c);
	struct rk_err err = { { 0 } };

	return net_options.paid.cache_only || net_options.paid.answers ||
	    (net_options.max_cost >= 0 &&
		rk_paid_has(n->paid, &ask, &err) == 1);
}

/* What the requests at hand must set aside. */
static double
to_reserve(struct net_run *n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n->calls; i++) {
		if (n->call[i].reserve > 0 && is_free(n, &n->call[i]))
			n->call[i].reserve = 0;
		sum += n->call[i].reserve;
	}
	return sum;
}

/* All requests of a record, or none. 0: there is no money for them. */
static int
send_all(struct net_run *n, struct wait *w)
{
	struct rk_paid_ask ask;
	double reserve, less;
	size_t i;

	reserve = to_reserve(n);
	while (!can_pay(n, reserve)) {
		if (n->stop || n->full)
			return 0;
		/* an equal one's answer may have come meanwhile */
		less = to_reserve(n);
		if (less < reserve) {
			reserve = less;
			continue;
		}
		n->full = 1;
		cmd_fail(n->cmd);
		cmd_warn(n->cmd,
		    "--max-cost: stopped before %s:%zu, which may cost %g "
		    "dollars; %g are spent",
		    w->rec.file, w->rec.line, reserve,
		    rk_purse_spent(&n->purse));
		return 0;
	}
	for (i = 0; i < n->calls; i++) {
		ask = request(n, &n->call[i]);
		rk_paid_add(n->paid, &ask);
		RK_GROW(w->call, w->calls, w->cap);
		w->call[w->calls++] = n->call[i];
	}
	return 1;
}

static void
add(struct net_run *n, const struct rk_rec *r)
{
	struct wait *w = take_place(n, r);

	if (n->stop || n->full)
		return;
	if (!rk_err_is(&w->rec.err) && rk_rec_parse(&w->rec) == 0 &&
	    collect(n, &w->rec, &w->rec.err) == 0 && !send_all(n, w))
		return;
	n->n++;
}

/* --- --dry-run, --batch ----------------------------------------------------------- */

/* For a batch queue, unless it was printed before. */
static void
print_request(struct net_run *n, const struct rk_paid_ask *ask)
{
	unsigned char digest[RK_SHA256_SIZE];
	uint64_t d;

	rk_paid_digest(ask, digest);
	memcpy(&d, digest, sizeof d);
	if (!rk_set_add(&n->seen, d))
		rk_answers_request(&n->lines, digest, ask->url, ask->body);
}

static void
plan_record(struct net_run *n)
{
	struct rk_err err = { { 0 } };
	struct rk_paid_ask ask;
	size_t i;
	int rc;

	n->plan.records++;
	for (i = 0; i < n->calls; i++) {
		ask = request(n, &n->call[i]);
		rc = rk_paid_has(n->paid, &ask, &err);
		if (rc < 0)
			cmd_die(n->cmd, "%s", err.msg);
		if (!net_options.batch)
			net_plan_add(&n->plan,
			    &(struct net_request){ n->call[i].target, ask.body,
				n->call[i].max_tokens, n->call[i].opaque },
			    rc == 1);
		else if (rc == 0)
			print_request(n, &ask);
	}
}

static void
plan(struct net_run *n, struct rk_batch *b)
{
	size_t i, good;

	for (i = 0; i < b->n; i++)
		if (!rk_err_is(&b->rec[i].err))
			collect(n, &b->rec[i], &b->rec[i].err);
	good = cmd_take(n->cmd, b);
	for (i = 0; i < good; i++)
		if (!rk_err_is(&b->rec[i].err) &&
		    collect(n, &b->rec[i], &b->rec[i].err) == 0)
			plan_record(n);
	cmd_print(n->cmd, n->lines.p, n->lines.n);
	n->lines.n = 0;
}

static void
print_plan(struct net_run *n)
{
	struct rk_buf b = { 0 };

	net_plan_print(&n->plan, &b);
	cmd_print(n->cmd, b.p, b.n);
	rk_buf_free(&b);
}

/* --- from start to end ------------------------------------------------------------ */

static void
say_end(struct net_run *n)
{
	const char *what = n->job->what != NULL ? n->job->what : "answer";
	const char *s = n->answers == 1 ? "" : "s";

	if (n->cut > 0)
		cmd_warn(n->cmd,
		    "%zu of %zu %ss were cut off at the limit of tokens",
		    n->cut, n->answers, what);
	if (net_options.batch_answers.n > 0)
		cmd_note(n->cmd, "%zu %s%s, all from the batch or the cache",
		    n->answers, what, s);
	else if (net_options.places.file != NULL)
		cmd_note(n->cmd,
		    "%zu %s%s, %zu of them from the cache; %g dollars spent",
		    n->answers, what, s, n->cached, rk_purse_spent(&n->purse));
}

/* Where the program dies: what is in flight goes into the cache. */
static void
save(void)
{
	rk_paid_free(in_flight);
	in_flight = NULL;
}

static void
close_all(struct net_run *n)
{
	size_t i;

	save();
	for (i = 0; i < n->cap; i++) {
		rk_rec_free(&n->wait[i].rec);
		rk_buf_free(&n->wait[i].line);
		free(n->wait[i].call);
	}
	free(n->wait);
	free(n->call);
	rk_buf_free(&n->body);
	rk_buf_free(&n->reply.text);
	net_plan_free(&n->plan);
	rk_set_free(&n->seen);
	rk_purse_free(&n->purse);
	rk_buf_free(&n->lines);
}

void
net_run(struct cmd *c, const struct net_job *job, void *ctx)
{
	struct net_run n = { .cmd = c, .job = job, .ctx = ctx };
	struct rk_err err = { { 0 } };
	struct rk_answers *answers = NULL;
	struct rk_batch *b;
	size_t i;

	if (net_options.batch_answers.n > 0 &&
	    (answers = rk_answers_open(net_options.batch_answers.p,
		 net_options.batch_answers.n, &err)) == NULL)
		cmd_die(c, "%s", err.msg);
	net_options.paid.answers = answers;
	n.paid = rk_paid_new(&net_options.paid, &err);
	if (n.paid == NULL)
		cmd_die(c, "%s", err.msg);
	in_flight = n.paid;
	c->at_death = save;
	rk_purse_init(&n.purse, net_options.max_cost);
	n.cap = c->jobs * 4 < 64 ? 64 : (size_t)c->jobs * 4;
	n.wait = rk_calloc(n.cap, sizeof *n.wait);
	rk_meter_start(&n.meter);
	c->own_progress = 1;
	cmd_open(c);
	while (!n.stop && !n.full && (b = cmd_next(c)) != NULL) {
		if (net_options.dry_run || net_options.batch) {
			plan(&n, b);
			continue;
		}
		for (i = 0; i < b->n && !n.stop && !n.full; i++)
			add(&n, &b->rec[i]);
		write_down_to(&n, c->unbuffered ? 0 : n.cap - 1);
	}
	write_down_to(&n, 0);
	if (net_options.dry_run)
		print_plan(&n);
	else if (!net_options.batch)
		say_end(&n);
	close_all(&n);
	rk_answers_close(answers);
}
