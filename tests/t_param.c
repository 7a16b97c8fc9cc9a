/* t_param.c - parameters are checked when they are set. */
#include "base/param.h"

#include <math.h>

#include "tap.h"

static const struct rk_param table[] = { { "dim", RK_PARAM_INT, "1024", 8,
					     65536, NULL, "buckets" },
	{ "power", RK_PARAM_NUM, "0.5", 0, INFINITY, NULL, "of the weight" },
	{ "ties", RK_PARAM_WORD, "half", 0, 0, "half|drop|full", "what to do" },
	{ "file", RK_PARAM_TEXT, "", 0, 0, NULL, "a file's name" },
	{ "dir", RK_PARAM_PATH, "", 0, 0, NULL, "a folder" },
	{ NULL, 0, NULL, 0, 0, NULL, NULL } };

static void
refuses(const char *key_value, const char *msg)
{
	struct rk_params *p = rk_params_new(table);
	struct rk_err err = { "" };
	struct rk_buf json = { 0 };
	char name[128];

	snprintf(name, sizeof name, "%s is refused", key_value);
	ok(rk_params_set(p, key_value, &err) == -1, "%s", name);
	same(err.msg, msg, "and the message says why");
	rk_params_json(p, &json);
	same(json.p,
	    "{\"dim\":1024,\"power\":0.5,\"ties\":\"half\",\"file\":\"\","
	    "\"dir\":\"\"}",
	    "and the values stay at their defaults");
	rk_buf_free(&json);
	rk_params_free(p);
}

static void
defaults(void)
{
	struct rk_params *p = rk_params_new(table);

	ok(rk_params_int(p, "dim") == 1024, "a whole number has its default");
	ok(rk_params_num(p, "power") == .5, "a number has its default");
	ok(rk_params_is(p, "ties", "half"), "a word has its default");
	same(rk_params_text(p, "file"), "", "a text has its default");
	ok(!rk_params_is_set(p, "dim"), "a default is not set");
	rk_params_free(p);
}

static void
sets(void)
{
	struct rk_params *p = rk_params_new(table);
	struct rk_err err = { "" };
	struct rk_buf json = { 0 };

	ok(rk_params_set(p, "dim=1e2", &err) == 0 &&
		rk_params_int(p, "dim") == 100 && rk_params_is_set(p, "dim"),
	    "dim=1e2 is 100");
	ok(rk_params_set(p, "dim=65536", &err) == 0, "the bounds are inside");
	ok(rk_params_set(p, "power=1e300", &err) == 0,
	    "an infinite bound bounds nothing");
	ok(rk_params_set(p, "ties=drop", &err) == 0 &&
		rk_params_is(p, "ties", "drop") &&
		!rk_params_is(p, "ties", "half"),
	    "a word is set");
	ok(rk_params_set(p, "file=a=\"b\"", &err) == 0,
	    "a text may hold '=' and quotes");
	ok(rk_params_set(p, "dir=/a/b c//", &err) == 0, "a path is set");
	same(rk_params_text(p, "dir"), "/a/b c//", "... and kept whole");
	rk_params_json(p, &json);
	same(json.p,
	    "{\"dim\":65536,\"power\":1e+300,\"ties\":\"drop\","
	    "\"file\":\"a=\\\"b\\\"\",\"dir\":\"b c\"}",
	    "all of them are one JSON object in the table's order");
	rk_buf_free(&json);
	rk_params_set(p, "dir=/", &err);
	rk_params_json(p, &json);
	ok(strstr(json.p, "\"dir\":\"\"") != NULL, "/ has no last part");
	rk_buf_free(&json);
	rk_params_free(p);
}

static void
nothing(void)
{
	struct rk_params *p = rk_params_new(NULL);
	struct rk_err err = { "" };
	struct rk_buf json = { 0 };

	rk_params_json(p, &json);
	same(json.p, "{}", "no table is no parameters");
	rk_params_set(p, "a=1", &err);
	same(err.msg, "unknown parameter 'a': there are none",
	    "and none can be set");
	rk_buf_free(&json);
	rk_params_free(p);
}

static void
help(void)
{
	struct rk_buf out = { 0 };

	rk_params_help(table, &out);
	same(out.p,
	    "  dim=1024  (a whole number from 8 to 65536)\n"
	    "      buckets\n"
	    "  power=0.5  (a number from 0)\n      of the weight\n"
	    "  ties=half  (half, drop or full)\n      what to do\n"
	    "  file=  (a text)\n      a file's name\n"
	    "  dir=  (a path)\n      a folder\n",
	    "the help has each parameter, its default and its range");
	rk_buf_free(&out);
}

int
main(void)
{
	defaults();
	sets();
	refuses("dim", "'dim': expected KEY=VALUE");
	refuses("di\tm=3",
	    "unknown parameter 'di?m': "
	    "expected one of dim, power, ties, file, dir");
	refuses("dim=7",
	    "parameter dim: found '7', "
	    "expected a whole number from 8 to 65536");
	refuses("dim=8.5",
	    "parameter dim: found '8.5', "
	    "expected a whole number from 8 to 65536");
	refuses("dim=",
	    "parameter dim: found '', "
	    "expected a whole number from 8 to 65536");
	refuses("power=-1",
	    "parameter power: found '-1', expected a number from 0");
	refuses("power=nan",
	    "parameter power: found 'nan', expected a number from 0");
	refuses("ties=hal",
	    "parameter ties: found 'hal', expected half, drop or full");
	refuses("ties=half|drop",
	    "parameter ties: found 'half|drop', expected half, drop or full");
	nothing();
	help();
	return done();
}
