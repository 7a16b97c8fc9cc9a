/* net-options.c - the options of programs that ask servers. */
#include <string.h>
#include <unistd.h>

#include "io/http.h"
#include "net.h"

struct net_options net_options;
static struct net_options defaults; /* to tell what was given */

#define PLACES net_options.places
#define PAID   net_options.paid

const struct rk_opt net_opts[] = {
	{ 0, "url", "URL", RK_OPT_TEXT, &PLACES.url, 0, 0, NULL,
	    "the server, such as http://localhost:8080/v1 "
	    "(OPENAI_BASE_URL)" },
	{ 0, "key-env", "NAME", RK_OPT_TEXT, &PLACES.key_env, 0, 0, NULL,
	    "the variable that holds the key (OPENAI_API_KEY)" },
	{ 0, "models", "FILE", RK_OPT_TEXT, &PLACES.file, 0, 0, NULL,
	    "prices of models, their servers and key variables" },
	{ 0, "cache", "FILE", RK_OPT_TEXT, &PAID.cache, 0, 0, NULL,
	    "keep answers in FILE, and take them from there" },
	{ 0, "cache-only", NULL, RK_OPT_FLAG, &PAID.cache_only, 0, 0, NULL,
	    "no network: an answer that is not there is an error" },
	{ 0, "dry-run", NULL, RK_OPT_FLAG, &net_options.dry_run, 0, 0, NULL,
	    "ask nothing: print the calls, tokens and dollars it would take" },
	{ 0, "max-cost", "USD", RK_OPT_NUM, &net_options.max_cost, 0, 1e9, NULL,
	    "stop before this many dollars could be exceeded" },
	{ 0, "rpm", "N", RK_OPT_NUM, &PAID.http.rpm, 0, 1e9, NULL,
	    "at most N requests a minute; 0, the default: no limit" },
	{ 0, "tpm", "N", RK_OPT_NUM, &PAID.http.tpm, 0, 1e12, NULL,
	    "at most N tokens a minute; 0, the default: no limit" },
	{ 0, "retries", "N", RK_OPT_INT, &net_options.retries, 0, 100, NULL,
	    "further tries of a request that fails in passing (6)" },
	{ 0, "connect-timeout", "SEC", RK_OPT_NUM, &PAID.http.connect, .001,
	    1e5, NULL, "seconds to a connection (10)" },
	{ 0, "silence", "SEC", RK_OPT_NUM, &PAID.http.first_byte, .001, 1e5,
	    NULL, "seconds without a byte of the reply (300)" },
	{ 0, "timeout", "SEC", RK_OPT_NUM, &PAID.http.total, .001, 1e5, NULL,
	    "seconds for one try in all (600)" },
	{ 0, "ca-file", "FILE", RK_OPT_TEXT, &PAID.http.ca_file, 0, 0, NULL,
	    "trust the certificates in FILE, not the system's" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

void
net_defaults(void)
{
	net_options.max_cost = -1;
	PAID.http = rk_http_defaults();
	net_options.retries = PAID.http.retries;
	memcpy(&defaults, &net_options, sizeof defaults); /* as it stands */
}

int
net_given(void)
{
	return memcmp(&net_options, &defaults, sizeof defaults) != 0;
}

void
net_check(struct cmd *c)
{
	if (PAID.cache_only && PAID.cache == NULL)
		cmd_usage(c, "--cache-only: of which --cache?");
	if (net_options.max_cost >= 0 && PLACES.file == NULL)
		cmd_usage(c, "--max-cost needs prices: --models FILE");
	if (net_options.batch + net_options.dry_run +
		(net_options.batch_answers.n > 0) >
	    1)
		cmd_usage(c,
		    "expected one of --batch, --batch-answers and --dry-run");
	if (net_options.batch && net_options.max_cost >= 0)
		cmd_usage(c,
		    "--batch spends nothing: what its requests cost is said "
		    "by --dry-run");
}

void
net_open(struct cmd *c, double max_tokens)
{
	struct rk_err err = { { 0 } };

	PLACES.no_key = net_options.dry_run || PAID.cache_only ||
	    net_options.batch || net_options.batch_answers.n > 0;
	PLACES.need_max = net_options.max_cost >= 0 && max_tokens == 0;
	if (net_places_open(&PLACES, &err) != 0)
		cmd_die(c, "%s", err.msg);
	PAID.http.flights = c->jobs > 0 ? (int)c->jobs : 8;
	PAID.http.retries = (int)net_options.retries;
	PAID.http.seed = (uint64_t)getpid(); /* for waits alone */
	if ((net_options.dry_run || net_options.batch) && PAID.cache != NULL &&
	    access(PAID.cache, F_OK) != 0)
		PAID.cache = NULL; /* nothing is made */
}

const struct net_target *
net_need(struct cmd *c, const char *name)
{
	struct rk_err err = { { 0 } };
	const struct net_target *t = net_find(&PLACES, name, &err);

	if (t == NULL)
		cmd_usage(c, "%s", err.msg);
	if (PLACES.url != NULL && t->price != NULL && t->price->url != NULL)
		cmd_note(c, "--url is not used: %s has the URL of %s",
		    PLACES.file, name);
	return t;
}

void
net_unkept(struct cmd *c, const struct rk_err *why)
{
	if (!rk_err_is(why))
		return;
	cmd_warn(c, "%s: no more was asked", why->msg);
	cmd_fail(c);
}
