/* rl-ask - add a model's answer to each record's query. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "io/cache.h"
#include "io/chat.h"
#include "io/member.h"
#include "io/meter.h"
#include "io/paid.h"

static int by_route, dry_run, cache_stats;
static const char *model, *prompt;
static struct ask_places places = { .key_env = NULL };
static struct rk_paid_options paid_options;
static struct rk_list params;
static double max_cost = -1;
static long retries;

static const struct rk_opt opts[] = {
	{ 'm', "model", "NAME", RK_OPT_TEXT, &model, 0, 0, NULL,
	    "the model to ask" },
	{ 0, "route", NULL, RK_OPT_FLAG, &by_route, 0, 0, NULL,
	    "ask the model that the field route names" },
	{ 0, "url", "URL", RK_OPT_TEXT, &places.url, 0, 0, NULL,
	    "the server, such as http://localhost:8080/v1 "
	    "(OPENAI_BASE_URL)" },
	{ 0, "key-env", "NAME", RK_OPT_TEXT, &places.key_env, 0, 0, NULL,
	    "the variable that holds the key (OPENAI_API_KEY)" },
	{ 0, "models", "FILE", RK_OPT_TEXT, &places.file, 0, 0, NULL,
	    "prices of models, their servers and key variables: adds cost" },
	{ 0, "param", "KEY=JSON", RK_OPT_LIST, &params, 0, 0, NULL,
	    "set a parameter of the request, such as temperature=0" },
	{ 0, "prompt", "FIELD", RK_OPT_TEXT, &prompt, 0, 0, NULL,
	    "where the query is: a field or a JSON pointer" },
	{ 0, "cache", "FILE", RK_OPT_TEXT, &paid_options.cache, 0, 0, NULL,
	    "keep answers in FILE, and take them from there" },
	{ 0, "cache-only", NULL, RK_OPT_FLAG, &paid_options.cache_only, 0, 0,
	    NULL, "no network: an answer that is not there is an error" },
	{ 0, "cache-stats", NULL, RK_OPT_FLAG, &cache_stats, 0, 0, NULL,
	    "print what the cache holds and exit" },
	{ 0, "dry-run", NULL, RK_OPT_FLAG, &dry_run, 0, 0, NULL,
	    "ask nothing: print the calls, tokens and dollars it would take" },
	{ 0, "max-cost", "USD", RK_OPT_NUM, &max_cost, 0, 1e9, NULL,
	    "stop before this many dollars could be exceeded" },
	{ 0, "rpm", "N", RK_OPT_NUM, &paid_options.http.rpm, 0, 1e9, NULL,
	    "at most N requests a minute; 0, the default: no limit" },
	{ 0, "tpm", "N", RK_OPT_NUM, &paid_options.http.tpm, 0, 1e12, NULL,
	    "at most N tokens a minute; 0, the default: no limit" },
	{ 0, "retries", "N", RK_OPT_INT, &retries, 0, 100, NULL,
	    "further tries of a request that fails in passing (6)" },
	{ 0, "connect-timeout", "SEC", RK_OPT_NUM, &paid_options.http.connect,
	    .001, 1e5, NULL, "seconds to a connection (10)" },
	{ 0, "silence", "SEC", RK_OPT_NUM, &paid_options.http.first_byte, .001,
	    1e5, NULL, "seconds without a byte of the reply (300)" },
	{ 0, "timeout", "SEC", RK_OPT_NUM, &paid_options.http.total, .001, 1e5,
	    NULL, "seconds for one try in all (600)" },
	{ 0, "ca-file", "FILE", RK_OPT_TEXT, &paid_options.http.ca_file, 0, 0,
	    NULL, "trust the certificates in FILE, not the system's" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-ask",
	.usage = "-m MODEL | --route [--url URL] [--models FILE] [option ...] "
		 "[file ...]",
	.about = "Adds a model's answer to each record's query, with its "
		 "tokens, latency and cost.",
	.opts = opts,
	.kind = CMD_FILTER | CMD_NO_READ | CMD_NETWORK,
};

/* A record that waits for its answer, with its own copy of its line. */
struct query {
	struct rk_rec rec;
	struct rk_buf line;
	const struct ask_target *target;
	int sent;
	double reserve; /* dollars at worst */
};

struct ask {
	struct rk_paid *paid;
	struct rk_chat_params params;
	struct query *query; /* ring of cap, n from head on */
	size_t head, n, cap;
	struct rk_buf body;
	struct rk_chat_reply reply;
	struct rk_meter meter;
	double spent, reserved;
	size_t answers, cached, cut, tries;
	int stop;
	struct ask_plan plan; /* --dry-run */
};

/* --- costs -------------------------------------------------------------------- */

/* Dollars of a request at worst: a token is a byte at least. */
static double
worst_cost(const struct ask *a, const struct ask_target *t)
{
	return ask_cost(t->price, (double)a->body.n, a->params.max_tokens);
}

/* Tokens of a request, about: for the limit of them. */
static double
about_tokens(const struct ask *a)
{
	return ceil((double)a->body.n / 4) + a->params.max_tokens;
}

/* --- an answer ------------------------------------------------------------------ */

static int
check_reply(struct rk_str body, struct rk_err *err)
{
	struct rk_chat_reply r = { .cut = 0 };
	int rc = rk_chat_read(&r, body, err);

	rk_buf_free(&r.text);
	return rc;
}

static int
put_number(struct rk_rec *r, const char *field, const char *name, double x,
    struct rk_err *err)
{
	char text[32];

	return rk_member_put(
	    r, field, name, text, rk_num_print_f64(text, x), err);
}

static int
put_cost(struct ask *a, struct query *q, int paid, struct rk_err *err)
{
	const struct rk_price *p = q->target->price;
	double cost;

	if (p == NULL)
		return 0;
	if (p->call == 0 && p->input + p->output > 0 &&
	    (a->reply.input < 0 || a->reply.output < 0))
		return rk_err_set(
		    err, "the reply has no usage: its cost is not known");
	cost = ask_cost(p, a->reply.input, a->reply.output);
	if (paid)
		a->spent += cost;
	return put_number(&q->rec, "cost", p->name, cost, err);
}

static int
put_usage(struct ask *a, struct query *q, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int rc;

	if (a->reply.input < 0 || a->reply.output < 0)
		return 0;
	rk_buf_addf(&b, "{\"input\":%.0f,\"output\":%.0f}", a->reply.input,
	    a->reply.output);
	rc = rk_member_put(&q->rec, "usage", q->target->name, b.p, b.n, err);
	rk_buf_free(&b);
	return rc;
}

static int
put_answer(struct ask *a, struct query *q, const struct rk_paid_reply *r,
    struct rk_err *err)
{
	const char *name = q->target->name;

	a->spent += q->reserve * r->unsure;
	a->tries += (size_t)r->tries;
	if (rk_err_is(&r->err))
		return rk_err_set(err, "%s: %s", name, r->err.msg);
	if (rk_chat_read(&a->reply, r->body, err) != 0)
		return -1;
	a->answers++;
	a->cached += (size_t)r->cached;
	a->cut += (size_t)a->reply.cut;
	return rk_member_put(&q->rec, "responses", name, a->reply.text.p,
		   a->reply.text.n, err) != 0 ||
		put_usage(a, q, err) != 0 ||
		put_number(&q->rec, "latency", name, r->seconds, err) != 0 ||
		put_cost(a, q, r->tries > 0, err) != 0
	    ? -1
	    : 0;
}

static void
show_progress(struct ask *a)
{
	char text[160];
	double done, total;

	if (!rk_meter_due(&a->meter))
		return;
	cmd_input_progress(&cmd, &done, &total);
	ask_progress(text, sizeof text, &a->meter, a->answers, a->spent,
	    total > 0 ? done / total : 0);
	cmd_progress(&cmd, text);
}

/* The first of those that wait, written as soon as its answer is there. */
static void
write_first(struct ask *a)
{
	struct query *q = &a->query[a->head];
	struct rk_batch one = { .rec = &q->rec, .n = 1 };

	if (q->sent) {
		const struct rk_paid_reply *r = rk_paid_next(a->paid);
		a->reserved -= q->reserve;
		put_answer(a, q, r, &q->rec.err);
	}
	cmd_put(&cmd, &one);
	a->stop |= cmd_failed(&cmd) && !cmd.keep_going;
	a->head = (a->head + 1) % a->cap;
	a->n--;
	show_progress(a);
}

/* Writes what is answered, and more until at most MOST wait. */
static void
write_down_to(struct ask *a, size_t most)
{
	while (a->n > 0 && !a->stop &&
	    (a->n > most || !a->query[a->head].sent || rk_paid_ready(a->paid)))
		write_first(a);
}

/* --- a query ---------------------------------------------------------------------- */

static struct query *
take_place(struct ask *a, const struct rk_rec *r)
{
	struct query *q;

	write_down_to(a, a->cap - 1);
	q = &a->query[(a->head + a->n) % a->cap];
	q->line.n = 0;
	rk_buf_add(&q->line, r->p, r->n);
	q->rec.p = q->line.p;
	q->rec.n = r->n;
	q->rec.file = r->file;
	q->rec.line = r->line;
	q->rec.cut = r->cut;
	q->rec.err = r->err;
	q->rec.col = r->col;
	q->sent = 0;
	q->reserve = 0;
	return q;
}

/* Whom to ask what: the target, and the body in a->body. */
static int
prepare(struct ask *a, const struct rk_rec *r, const struct ask_target **target,
    struct rk_err *err)
{
	const char *name = model;
	struct rk_str route;
	char *named = NULL;
	int rc = 1;

	if (by_route) {
		rc = rk_rec_text(r, "route", &route, err);
		if (rc == 0)
			rk_err_set(err, "route is missing");
		if (rc == 1)
			name = named = rk_strndup(route.p, route.n);
	}
	if (rc == 1) {
		*target = ask_find(&places, name, err);
		a->body.n = 0;
		rc = *target == NULL ? -1
				     : rk_chat_request(&a->body, r, prompt,
					   (*target)->name, &a->params, err);
	}
	free(named);
	return rc == 0 ? 0 : -1;
}

/*
 * Is there money for Q? What is in flight gives back what it did not need, so
 * it is waited for before the answer is no.
 */
static int
can_pay(struct ask *a, double reserve)
{
	while (max_cost >= 0 && a->n > 0 && !a->stop &&
	    a->spent + a->reserved + reserve > max_cost)
		write_first(a);
	return max_cost < 0 || a->spent + a->reserved + reserve <= max_cost;
}

static void
add(struct ask *a, const struct rk_rec *r)
{
	struct query *q = take_place(a, r);
	struct rk_paid_ask ask = { .check = check_reply };
	double reserve = 0;

	if (a->stop)
		return;
	if (!rk_err_is(&q->rec.err) && rk_rec_parse(&q->rec) == 0 &&
	    prepare(a, &q->rec, &q->target, &q->rec.err) == 0) {
		ask.url = q->target->url;
		ask.key = q->target->key;
		ask.model = q->target->name;
		ask.body = (struct rk_str){ a->body.p, a->body.n };
		ask.tokens = about_tokens(a);
		if (max_cost >= 0)
			reserve = worst_cost(a, q->target);
		if (!can_pay(a, reserve)) {
			a->stop = 1;
			cmd_fail(&cmd);
			cmd_warn(&cmd,
			    "--max-cost: stopped before %s:%zu, which may "
			    "cost %g dollars; %g are spent",
			    r->file, r->line, reserve, a->spent);
			return;
		}
		rk_paid_add(a->paid, &ask);
		q->sent = 1;
		q->reserve = reserve;
		a->reserved += reserve;
	}
	a->n++;
}

/* --- the other modes ------------------------------------------------------------- */

static void
plan(struct ask *a, struct rk_batch *b)
{
	const struct ask_target *t = NULL;
	struct rk_paid_ask ask = { .check = check_reply };
	struct rk_err err = { { 0 } };
	size_t i, n;
	int rc;

	for (i = 0; i < b->n; i++)
		if (!rk_err_is(&b->rec[i].err))
			prepare(a, &b->rec[i], &t, &b->rec[i].err);
	n = cmd_take(&cmd, b);
	for (i = 0; i < n; i++) {
		if (rk_err_is(&b->rec[i].err) ||
		    prepare(a, &b->rec[i], &t, &b->rec[i].err) != 0)
			continue;
		ask.url = t->url;
		ask.model = t->name;
		ask.body = (struct rk_str){ a->body.p, a->body.n };
		rc = rk_paid_has(a->paid, &ask, &err);
		if (rc < 0)
			cmd_die(&cmd, "%s", err.msg);
		ask_plan_add(
		    &a->plan, t, ask.body, a->params.max_tokens, rc == 1);
	}
}

static void
print_plan(struct ask *a)
{
	struct rk_buf b = { 0 };

	ask_plan_print(&a->plan, &b);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
}

static void
print_stats(void)
{
	struct rk_err err = { { 0 } };
	struct rk_cache *c = rk_cache_open(paid_options.cache, 1, &err);
	struct rk_buf b = { 0 };

	if (c == NULL || ask_stats(c, &b, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
	rk_cache_close(c);
}

/* --- from start to end ------------------------------------------------------------ */

static void
check_usage(void)
{
	if (cache_stats && paid_options.cache == NULL)
		cmd_usage(&cmd, "--cache-stats: of which --cache?");
	if (cache_stats)
		return;
	if ((model != NULL) == by_route)
		cmd_usage(&cmd, "expected -m MODEL or --route");
	if (paid_options.cache_only && paid_options.cache == NULL)
		cmd_usage(&cmd, "--cache-only: of which --cache?");
	if (max_cost >= 0 && places.file == NULL)
		cmd_usage(&cmd, "--max-cost needs prices: --models FILE");
}

/* Whom --model names must be known; whom a record names, when it comes. */
static void
open_all(struct ask *a)
{
	const struct ask_target *t;
	struct rk_err err = { { 0 } };
	size_t i;

	for (i = 0; i < params.n; i++)
		if (rk_chat_param(&a->params, params.p[i], &err) != 0)
			cmd_usage(&cmd, "--param: %s", err.msg);
	places.no_key = dry_run || paid_options.cache_only;
	places.need_max = max_cost >= 0 && a->params.max_tokens == 0;
	if (ask_open(&places, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	if (model != NULL) {
		t = ask_find(&places, model, &err);
		if (t == NULL)
			cmd_usage(&cmd, "%s", err.msg);
	}
	paid_options.http.flights = (int)cmd.jobs;
	paid_options.http.retries = (int)retries;
	paid_options.http.seed = (uint64_t)getpid(); /* for waits alone */
	if (dry_run && paid_options.cache != NULL &&
	    access(paid_options.cache, F_OK) != 0)
		paid_options.cache = NULL; /* nothing is made */
	a->paid = rk_paid_new(&paid_options, &err);
	if (a->paid == NULL)
		cmd_die(&cmd, "%s", err.msg);
	a->cap = cmd.jobs * 4 < 64 ? 64 : (size_t)cmd.jobs * 4;
	a->query = rk_calloc(a->cap, sizeof *a->query);
	rk_meter_start(&a->meter);
	cmd_open(&cmd);
}

static void
close_all(struct ask *a)
{
	size_t i;

	rk_paid_free(a->paid);
	for (i = 0; i < a->cap; i++) {
		rk_rec_free(&a->query[i].rec);
		rk_buf_free(&a->query[i].line);
	}
	free(a->query);
	rk_buf_free(&a->body);
	rk_buf_free(&a->reply.text);
	rk_chat_params_free(&a->params);
	ask_plan_free(&a->plan);
	ask_close(&places);
}

static void
say_end(const struct ask *a)
{
	if (a->cut > 0)
		cmd_warn(&cmd,
		    "%zu of %zu answers were cut off at the limit of tokens",
		    a->cut, a->answers);
	if (places.file != NULL)
		cmd_note(&cmd,
		    "%zu answers, %zu of them from the cache; %g dollars spent",
		    a->answers, a->cached, a->spent);
}

int
main(int argc, char **argv)
{
	struct ask a = { .stop = 0 };
	struct rk_batch *b;
	size_t i;

	paid_options.http = rk_http_defaults();
	retries = paid_options.http.retries;
	cmd_start(&cmd, argc, argv);
	check_usage();
	if (cache_stats) {
		print_stats();
		return cmd_end(&cmd);
	}
	open_all(&a);
	while (!a.stop && (b = cmd_next(&cmd)) != NULL) {
		if (dry_run) {
			plan(&a, b);
			continue;
		}
		for (i = 0; i < b->n && !a.stop; i++)
			add(&a, &b->rec[i]);
		write_down_to(&a, cmd.unbuffered ? 0 : a.cap - 1);
	}
	write_down_to(&a, 0);
	if (dry_run)
		print_plan(&a);
	else
		say_end(&a);
	close_all(&a);
	return cmd_end(&cmd);
}
