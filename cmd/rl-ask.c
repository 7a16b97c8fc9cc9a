/* rl-ask - add a model's answer to each record's query. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "io/cache.h"
#include "io/chat.h"
#include "io/member.h"
#include "io/request.h"
#include "net.h"

static int by_route, cache_stats;
static const char *model, *prompt;
static struct rk_list params;

static const struct rk_opt opts[] = {
	{ 'm', "model", "NAME", RK_OPT_TEXT, &model, 0, 0, NULL,
	    "the model to ask" },
	{ 0, "route", NULL, RK_OPT_FLAG, &by_route, 0, 0, NULL,
	    "ask the model that the field route names" },
	{ 0, "param", "KEY=JSON", RK_OPT_LIST, &params, 0, 0, NULL,
	    "set a parameter of the request, such as temperature=0" },
	{ 0, "prompt", "FIELD", RK_OPT_TEXT, &prompt, 0, 0, NULL,
	    "where the query is: a field or a JSON pointer" },
	NET_BATCH_OPTS,
	{ 0, "cache-stats", NULL, RK_OPT_FLAG, &cache_stats, 0, 0, NULL,
	    "print what the cache holds and exit" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-ask",
	.usage = "-m MODEL | --route [--url URL] [--models FILE] [option ...] "
		 "[file ...]",
	.about = "Adds a model's answer to each record's query, with its "
		 "tokens, latency and, with --models, cost.",
	.opts = opts,
	.shared = net_opts,
	.kind = CMD_FILTER | CMD_NO_READ | CMD_NETWORK,
};

struct ask {
	struct rk_chat_params params;
	struct rk_buf body; /* of a request; scratch */
};

/* --- an answer ------------------------------------------------------------------ */

static int
put_number(struct rk_rec *r, const char *field, const char *name, double x,
    struct rk_err *err)
{
	char text[32];

	return rk_member_put(
	    r, field, name, text, rk_num_print_f64(text, x), err);
}

static int
put_usage(struct rk_rec *r, const struct net_answer *a, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int rc;

	if (a->chat->input < 0 || a->chat->output < 0)
		return 0;
	rk_buf_addf(&b, "{\"input\":%.0f,\"output\":%.0f%s}", a->chat->input,
	    a->chat->output, a->chat->cut ? ",\"cut\":true" : "");
	rc = rk_member_put(r, "usage", a->target->name, b.p, b.n, err);
	rk_buf_free(&b);
	return rc;
}

static int
put_answer(void *ctx, struct rk_rec *r, size_t i, const struct net_answer *a,
    struct rk_err *err)
{
	const char *name = a->target->name;

	(void)ctx;
	(void)i;
	return rk_member_put(r, "responses", name, a->chat->text.p,
		   a->chat->text.n, err) != 0 ||
		put_usage(r, a, err) != 0 ||
		(a->seconds >= 0 &&
		    put_number(r, "latency", name, a->seconds, err) != 0) ||
		(a->target->price != NULL &&
		    put_number(r, "cost", name, a->cost, err) != 0)
	    ? -1
	    : 0;
}

/* --- a query ---------------------------------------------------------------------- */

/* Whom to ask: the model of -m, or that in the record's route. NULL: nobody. */
static const struct net_target *
whom(const struct rk_rec *r, struct rk_err *err)
{
	const struct net_target *t;
	struct rk_str route;
	char *name;
	int rc;

	if (!by_route)
		return net_find(&net_options.places, model, err);
	rc = rk_rec_text(r, "route", &route, err);
	if (rc == 0)
		rk_err_set(err, "route is missing");
	if (rc != 1)
		return NULL;
	if (memchr(route.p, '\0', route.n) != NULL) {
		rk_err_set(err, "route: \\u0000 in a model's name");
		return NULL;
	}
	name = rk_strndup(route.p, route.n);
	t = net_find(&net_options.places, name, err);
	free(name);
	return t;
}

/* What could not be written is not asked for, and not paid for. */
static int
check_fields(
    const struct rk_rec *r, const struct net_target *t, struct rk_err *err)
{
	return rk_member_check(r, "responses", err) != 0 ||
		rk_member_check(r, "usage", err) != 0 ||
		rk_member_check(r, "latency", err) != 0 ||
		(t->price != NULL && rk_member_check(r, "cost", err) != 0)
	    ? -1
	    : 0;
}

static int
ask(void *ctx, struct net_run *n, struct rk_rec *r, struct rk_err *err)
{
	struct ask *a = ctx;
	const struct net_target *t = whom(r, err);
	struct rk_request q;

	a->body.n = 0;
	if (t == NULL || check_fields(r, t, err) != 0 ||
	    rk_request_read(&q, r, rk_chat_field(r, prompt), err) != 0 ||
	    rk_chat_request(&a->body, r, prompt, t->model, &a->params, err) !=
		0)
		return -1;
	return net_ask(n, t, (struct rk_str){ a->body.p, a->body.n },
	    a->params.max_tokens, q.opaque, err);
}

static const struct net_job job = { .ask = ask, .answer = put_answer };

/* --- from start to end ------------------------------------------------------------ */

static void
print_stats(void)
{
	struct rk_err err = { { 0 } };
	struct rk_cache *c = rk_cache_open(net_options.paid.cache, 1, &err);
	struct rk_buf b = { 0 };

	if (c == NULL || net_stats(c, &b, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
	rk_cache_close(c);
}

static void
check_usage(void)
{
	if (cache_stats && net_options.paid.cache == NULL)
		cmd_usage(&cmd, "--cache-stats: of which --cache?");
	if (cache_stats && (model != NULL || by_route || cmd.operand_count > 0))
		cmd_usage(&cmd, "--cache-stats asks nothing: it stands alone");
	if (cache_stats)
		return;
	if (model != NULL && by_route)
		cmd_usage(&cmd, "-m and --route exclude each other");
	if (model == NULL && !by_route)
		cmd_usage(&cmd, "expected -m MODEL or --route");
	net_check(&cmd);
}

/* Whom --model names must be known; whom a record names, when it comes. */
static void
open_all(struct ask *a)
{
	struct rk_err err = { { 0 } };
	size_t i;

	for (i = 0; i < params.n; i++)
		if (rk_chat_param(&a->params, params.p[i], &err) != 0)
			cmd_usage(&cmd, "--param: %s", err.msg);
	net_open(&cmd, a->params.max_tokens);
	if (model != NULL)
		net_need(&cmd, model);
}

int
main(int argc, char **argv)
{
	struct ask a = { .body = { 0 } };

	net_defaults();
	cmd_start(&cmd, argc, argv);
	check_usage();
	if (cache_stats) {
		print_stats();
		return cmd_end(&cmd);
	}
	open_all(&a);
	net_run(&cmd, &job, &a);
	rk_buf_free(&a.body);
	rk_chat_params_free(&a.params);
	net_places_close(&net_options.places);
	return cmd_end(&cmd);
}
