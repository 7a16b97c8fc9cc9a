/* Preference data: what is kept, dropped, refused, and how it is split. */
#include "pref/load.h"

#include "tap.h"

static struct rk_pool *pool;
static struct rk_loader *loader;
static const struct rk_prefs *prefs;
static struct rk_err failure;

/* Loads the lines of TEXT; the first wrong record's message, or "". */
static const char *
load(const struct rk_load_how *how, const char *text)
{
	static char msg[512];
	struct rk_rec rec[64];
	size_t n = 0, i;

	rk_load_free(loader);
	loader = NULL;
	prefs = NULL;
	failure.msg[0] = msg[0] = '\0';
	memset(rec, 0, sizeof rec);
	loader = rk_load_new(how, &failure);
	if (loader == NULL)
		return failure.msg;
	while (*text != '\0' && n < 64) {
		const char *nl = strchr(text, '\n');
		rec[n].p = text;
		rec[n].n = (size_t)(nl - text);
		rec[n].file = "t";
		rec[n].line = n + 1;
		rk_rec_parse(&rec[n++]);
		text = nl + 1;
	}
	rk_load_add(loader, rec, n, pool);
	for (i = 0; i < n; i++) {
		if (rk_err_is(&rec[i].err) && msg[0] == '\0')
			snprintf(
			    msg, sizeof msg, "%zu: %s", i + 1, rec[i].err.msg);
		rk_rec_free(&rec[i]);
	}
	if (rk_load_finish(loader, &prefs, &failure) != 0)
		prefs = NULL;
	return msg;
}

/* The comparisons as "prompt:a>b=y ...". */
static const char *
comparisons(void)
{
	static char out[1024];
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; prefs != NULL && i < prefs->m; i++) {
		const struct rk_cmp *c = &prefs->cmp[i];
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%u:%s>%s=%g",
		    i ? " " : "", c->prompt, prefs->model[c->a],
		    prefs->model[c->b], (double)c->y);
	}
	return out;
}

#define BATTLE(p, a, b, w)                                             \
	"{\"prompt\":\"" p "\",\"model_a\":\"" a "\",\"model_b\":\"" b \
	"\",\"winner\":\"" w "\"}\n"
#define OUTCOME(p, q) "{\"prompt\":\"" p "\",\"quality\":{" q "}}\n"

static struct rk_load_how
plain(void)
{
	struct rk_load_how how = {
		.prompt = { NULL, RK_TURNS_LAST }, .seed = 1, .text = 1
	};

	return how;
}

static void
test_battles(void)
{
	struct rk_load_how how = plain();
	const char *alias[] = { "old=x" };

	same(load(&how,
		 BATTLE("p", "x", "y", "model_a") BATTLE("q", "y", "x", "tie")
		     BATTLE("p", "y", "x", "tie (bothbad)") BATTLE("p", "z",
			 "z", "tie") BATTLE("q", "x", "y", "model_b")),
	    "", "battles load");
	same(comparisons(), "0:x>y=1 0:y>x=0.5 1:y>x=0.5 1:x>y=0",
	    "comparisons stand by prompt; a model against itself is dropped");
	ok(prefs->n == 2 && prefs->first[1] == 2 && prefs->first[2] == 4,
	    "a prompt is kept once and knows its comparisons");
	same(load(&how, BATTLE("p", "x", "y", "modelA")),
	    "1: winner: expected model_a, model_b, tie or tie (bothbad), "
	    "found 'modelA'",
	    "an unknown winner is refused");
	same(load(&how, "{\"prompt\":\"p\",\"winner\":\"tie\"}\n"),
	    "1: model_a: missing", "a battle without models is refused");
	same(load(&how, "{\"prompt\":\"p\"}\n"),
	    "1: neither winner nor quality", "a record that says nothing");
	same(load(&how, BATTLE("p", "x\\u0000", "y", "tie")),
	    "1: model_a: \\u0000 in a model's name",
	    "a name with a NUL is not cut at it");
	same(load(&how,
		 OUTCOME("p", "\"a\":1,\"b\":true")
		     OUTCOME("q", "\"b\":1,\"a\":0")),
	    "1: quality.b: expected a number, found true",
	    "a wrong outcome is refused");
	same(comparisons(), "0:b>a=1", "... and its models are forgotten");
	same(load(&how, "{\"winner\":\"tie\"}\n"), "1: prompt: missing",
	    "a record without a prompt");
	how.verdicts.alias = alias;
	how.verdicts.aliases = 1;
	load(&how,
	    BATTLE("p", "old", "y", "model_a") BATTLE("q", "y", "x", "tie"));
	same(comparisons(), "0:x>y=1 1:y>x=0.5", "an alias renames");
	alias[0] = "old";
	same(load(&how, ""), "alias 'old': expected OLD=NEW",
	    "an alias without a new name is refused");
}

/* So many models that a search through all of them would take minutes. */
static void
test_many_models(void)
{
	struct rk_load_how how = plain();
	struct rk_rec rec = { .file = "t" };
	struct rk_buf line = { 0 };
	size_t i, bad = 0;

	rk_load_free(loader);
	loader = rk_load_new(&how, &failure);
	for (i = 0; i < 200000; i++) {
		line.n = 0;
		rk_buf_addf(&line,
		    "{\"prompt\":\"p\",\"model_a\":\"%zu\",\"model_b\":\"%zu\","
		    "\"winner\":\"model_a\"}",
		    i % 60000, (i * 7 + 1) % 60000);
		rec.p = line.p;
		rec.n = line.n;
		rec.line = i + 1;
		rk_rec_parse(&rec);
		rk_load_add(loader, &rec, 1, pool);
		bad += rk_err_is(&rec.err);
	}
	ok(bad == 0 && rk_load_finish(loader, &prefs, &failure) == 0 &&
		prefs->k == 60000 && strcmp(prefs->model[1], "1") == 0,
	    "60000 models in 200000 battles");
	rk_rec_free(&rec);
	rk_buf_free(&line);
}

static void
test_outcomes(void)
{
	struct rk_load_how how = plain();

	load(&how,
	    OUTCOME("p", "\"x\":10,\"y\":2,\"z\":6")
		OUTCOME("q", "\"y\":2,\"x\":2") OUTCOME("r", "\"x\":1"));
	same(comparisons(), "0:x>y=1 0:x>z=0.75 0:y>z=0.25 1:y>x=0.5",
	    "an outcome compares every two models, scaled by what is seen");
	load(&how,
	    "{\"prompt\":\"p\",\"quality\":{\"x\":1,\"y\":0},\"cost\":{"
	    "\"x\":0.5,\"u\":9}}\n"
	    "{\"prompt\":\"p\",\"quality\":{\"x\":0,\"z\":3},\"cost\":{"
	    "\"x\":1.5}}\n");
	ok(prefs->k == 3 && prefs->quality[0] == (float)(1.0 / 6) &&
		prefs->quality[1] == 0 && prefs->quality[2] == 1,
	    "a table holds each model's mean quality, scaled");
	ok(prefs->cost[0] == 1 && isnan(prefs->cost[1]),
	    "... and its mean cost, NaN where none was said");
	same(load(&how,
		 "{\"prompt\":\"p\",\"quality\":{\"x\":1,\"y\":0},"
		 "\"cost\":{\"x\":-1}}\n"),
	    "1: cost.x: expected dollars, from 0 to 1e+09, found -1",
	    "a cost below zero is refused");
	how.verdicts.strong = "x";
	how.verdicts.weak = "z";
	load(&how,
	    OUTCOME("p", "\"x\":10,\"y\":2,\"z\":6")
		OUTCOME("q", "\"y\":2,\"x\":2"));
	same(comparisons(), "0:x>z=0.75", "of a named pair it compares that");
	ok(prefs->strong == 0 && prefs->weak == 1 && prefs->pair_only &&
		prefs->k == 2,
	    "the pair is as named, and the third model is not learned");
	how = plain();
	load(&how,
	    OUTCOME("p", "\"x\":9e307,\"y\":-9e307")
		OUTCOME("q", "\"x\":0,\"y\":-9e307"));
	same(comparisons(), "0:x>y=1 1:x>y=0.75",
	    "qualities that no float holds are scaled too");
	how.verdicts.has_range = 1;
	how.verdicts.q_lo = 1e9;
	how.verdicts.q_hi = 1e9 + 4;
	load(&how, OUTCOME("p", "\"x\":1000000003,\"y\":1000000001"));
	same(comparisons(), "0:x>y=0.75", "... and those that it rounds");
	how = plain();
	how.verdicts.has_range = 1;
	how.verdicts.q_hi = 20;
	load(&how, OUTCOME("p", "\"x\":10,\"y\":0"));
	same(comparisons(), "0:x>y=0.75", "a given range scales");
	same(load(&how, OUTCOME("p", "\"x\":10,\"y\":-1")),
	    "1: quality.y: -1 is outside the range 0 to 20",
	    "a quality outside of the given range is refused");
	same(load(&how,
		 OUTCOME("p", "\"x\":10,\"y\":\"1\"")
		     OUTCOME("q", "\"a\":1,\"b\":2")),
	    "1: quality.y: expected a number, found a string",
	    "a quality that is a string is refused");
	ok(prefs->k == 2 && prefs->n == 1,
	    "a refused record leaves no model and no prompt behind");
	same(load(&how, "{\"prompt\":\"p\",\"quality\":[1]}\n"),
	    "1: quality: expected an object, found an array",
	    "qualities in an array are refused");
}

static void
test_refusals(void)
{
	struct rk_load_how how = plain();

	load(&how, "");
	same(failure.msg, "no comparison to learn from", "nothing at all");
	load(&how, BATTLE("p", "x", "x", "tie"));
	same(failure.msg, "only one model, 'x': nothing to compare",
	    "one model only");
	load(&how, BATTLE("p", "x", "y", "tie"));
	same(failure.msg, "all 1 comparisons are ties", "ties only");
	how.verdicts.strong = "x";
	how.verdicts.weak = "y";
	load(&how,
	    BATTLE("p", "x", "y", "tie") BATTLE("p", "x", "y", "model_b"));
	same(failure.msg,
	    "'x' never wins against 'y' in 2 comparisons: there is nothing to "
	    "route to it",
	    "no strong win at all");
	how.verdicts.weak = "w";
	load(&how, BATTLE("p", "x", "y", "model_a"));
	same(failure.msg,
	    "no record names the weak model 'w'; the models are: x, y",
	    "an unknown name lists the known");
	how.verdicts.weak = "x";
	load(&how, BATTLE("p", "x", "y", "model_a"));
	same(failure.msg, "the strong and the weak model are the same, 'x'",
	    "a pair of one");
	how.verdicts.weak = "z";
	load(&how,
	    BATTLE("p", "x", "y", "model_a") BATTLE("p", "z", "z", "tie"));
	same(failure.msg, "no comparison is of the model 'z'",
	    "a model that met nobody");
}

static void
test_pair_by_data(void)
{
	struct rk_load_how how = plain();

	load(&how,
	    BATTLE("p", "x", "y", "model_b") BATTLE("q", "x", "y", "model_b")
		BATTLE("q", "x", "y", "model_a"));
	ok(prefs->strong == 1 && prefs->weak == 0,
	    "of two models the better one is strong");
	load(&how,
	    BATTLE("p", "x", "y", "model_b") BATTLE("z", "z", "z", "tie"));
	ok(prefs->k == 2 && prefs->strong == 1 && prefs->n == 1,
	    "a model against itself adds neither a model nor a prompt");
	load(&how,
	    BATTLE("p", "x", "y", "model_b") BATTLE("q", "x", "z", "model_b"));
	ok(prefs->strong == 3 && prefs->weak == 3,
	    "of three models no pair is chosen");
}

static void
test_embeddings(void)
{
	struct rk_load_how how = plain();
	struct rk_err err = { { 0 } };
	struct rk_params *set;

	how.text = 0;
	how.embed = 1;
	how.embedder = rk_embedder_find("hash", &err);
	how.embedder_set = set = rk_params_new(how.embedder->params);
	same(load(&how,
		 "{\"embedding\":[3,4],\"quality\":{\"x\":1,\"y\":0}}\n"
		 "{\"embedding\":[3,5],\"quality\":{\"x\":0,\"y\":1}}\n"
		 "{\"embedding\":[3,4],\"quality\":{\"x\":0,\"y\":1}}\n"),
	    "", "records with an embedding and no text train");
	ok(prefs->n == 2 && prefs->d == 2 && prefs->emb[3] == 5,
	    "equal embeddings are one prompt");
	same(rk_load_embedder(loader), "{\"kind\":\"given\",\"dim\":2}",
	    "embeddings from elsewhere are said to be given");
	same(load(&how,
		 "{\"embedding\":[3,4],\"quality\":{\"x\":1,\"y\":0}}\n"
		 "{\"embedding\":[3],\"quality\":{\"x\":1,\"y\":0}}\n"),
	    "2: embedding: 1 numbers, expected 2 as in the records before it",
	    "another dimension is refused");
	same(load(&how,
		 "{\"embedding\":[3],\"quality\":{\"x\":\"\"}}\n"
		 "{\"embedding\":[3,4],\"quality\":{\"x\":1,\"y\":0}}\n"),
	    "1: quality.x: expected a number, found a string",
	    "a record that is wrong");
	ok(prefs != NULL && prefs->d == 2, "... does not set the dimension");
	same(load(&how,
		 "{\"prompt\":\"a b\",\"embedding\":[3,4],\"quality\":{"
		 "\"x\":1,\"y\":0}}\n" OUTCOME("q", "\"x\":1,\"y\":0")),
	    "2: embedding: missing, and those before it are not of the "
	    "embedder 'hash'",
	    "given embeddings and texts alone do not mix");
	same(
	    load(&how,
		"{\"embedding\":[3,4],\"quality\":{\"x\":1,\"y\":0}}\n" OUTCOME(
		    "q", "\"x\":1,\"y\":0")),
	    "2: embedding: missing, and 'hash' makes none of 2 numbers, as the "
	    "records before it have",
	    "a text alone after vectors that no embedder makes");
	same(load(&how,
		 OUTCOME("a word", "\"x\":1,\"y\":0")
		     OUTCOME("another", "\"x\":1,\"y\":0")),
	    "", "records with a text alone are embedded");
	ok(prefs->d == 1024 && strstr(rk_load_embedder(loader), "hash"),
	    "... by the embedder, which is named");
	rk_params_free(set);
}

static size_t
valid_count(void)
{
	size_t i, n = 0;

	for (i = 0; i < prefs->n; i++)
		n += prefs->valid[i];
	return n;
}

static void
test_split(void)
{
	struct rk_load_how how = plain();
	const char *data = OUTCOME("a", "\"x\":1,\"y\":0")
	    OUTCOME("b", "\"x\":1,\"y\":0") OUTCOME("c", "\"x\":1,\"y\":0")
		OUTCOME("d", "\"x\":1,\"y\":0");
	const char *timed =
	    "{\"prompt\":\"a\",\"t\":\"2026-01-02\",\"quality\":{\"x\":1,"
	    "\"y\":0}}\n"
	    "{\"prompt\":\"b\",\"t\":\"2026-01-09\",\"quality\":{\"x\":1,"
	    "\"y\":0}}\n"
	    "{\"prompt\":\"a\",\"t\":\"2026-01-11\",\"quality\":{\"x\":1,"
	    "\"y\":0}}\n"
	    "{\"prompt\":\"c\",\"t\":\"2026-01-10\",\"quality\":{\"x\":1,"
	    "\"y\":0}}\n";

	how.valid = .5;
	load(&how, data);
	ok(valid_count() == 2, "half of four prompts are kept out");
	how.valid_by = "t";
	how.valid = .34;
	same(load(&how, timed), "", "times load");
	ok(valid_count() == 1 && prefs->valid[0],
	    "--valid-by keeps out the prompt that was seen last");
	same(load(&how,
		 "{\"prompt\":\"a\",\"t\":1,\"quality\":{\"x\":1,\"y\":0}}\n"
		 "{\"prompt\":\"b\",\"t\":\"1\",\"quality\":{\"x\":1,\"y\":"
		 "0}}\n"),
	    "2: t: numbers and strings are mixed",
	    "numbers and strings do not mix");
	same(load(&how, data), "1: t: missing", "a record without the field");
}

int
main(void)
{
	pool = rk_pool_new(2);
	test_battles();
	test_many_models();
	test_outcomes();
	test_refusals();
	test_pair_by_data();
	test_embeddings();
	test_split();
	rk_load_free(loader);
	rk_pool_free(pool);
	return done();
}
