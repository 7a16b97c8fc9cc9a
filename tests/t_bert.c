/*
 * t_bert.c - what the router bert makes of comparisons: labels, whose battles
 * count, who is held; and that a training which is stopped after any step goes
 * on to the same bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "route/tuned-data.h"
#include "route/checkpoint.h"
#include "tests/synth.h"
#include "tests/trained.h"

#define ENCODER "tests/golden/encoder/bert"

static struct rk_tok *tok;
static size_t most = 20; /* tokens of a text */
static struct rk_tuned_labels labels = { 3, { 1, 0, -1 }, 0 };

static int
encode(void *ctx, const struct rk_str *text, struct rk_ids *ids,
    struct rk_err *err)
{
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	int rc = rk_tok_encode_max(
	    tok, s, text->p, text->n, *(size_t *)ctx, ids, err);

	rk_tok_scratch_free(s);
	return rc;
}

static const struct rk_tuned_example *
example(const struct rk_tuned_data *d, uint32_t prompt)
{
	size_t i;

	for (i = 0; i < d->n + d->held; i++)
		if (d->e[i].prompt == prompt)
			return &d->e[i];
	return NULL;
}

static void
is_label(const struct rk_tuned_data *d, uint32_t prompt, double strong,
    double tie, double weak, const char *what)
{
	const struct rk_tuned_example *e = example(d, prompt);
	double off = 1;

	if (e != NULL)
		off = fabs(e->share[0] - strong) + fabs(e->share[1] - tie) +
		    fabs(e->share[2] - weak) + fabs(e->gain - strong + weak);
	near(off, 0, 1e-6, what);
}

/* Ratings: 1 is nearly as strong as 0, 3 nearly as weak as 4. */
static const double rating[] = { 2, 1.9, 1, .1, 0 };

/* What is looked at, and then enough that the ratings show. */
enum { SHOWN = 20, PAIRS = 10, TIMES = 40 };
enum { M = SHOWN + PAIRS * TIMES, N = SHOWN - 1 + PAIRS * TIMES };

static void
battles(struct tables *t)
{
	static double prompt[M] = { 0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11,
		12, 13, 14, 15, 16, 17 };
	static double a[M] = { 0, 4, 0, 0, 4, 0, 0, 1, 3, 0, 1, 1, 0, 0, 2, 0,
		1, 1, 3, 0 };
	static double b[M] = { 4, 0, 4, 4, 0, 4, 4, 4, 4, 3, 3, 4, 4, 1, 4, 2,
		2, 4, 4, 3 };
	static double y[M] = { 1, 1, .5, .75, .75, 1, 0, 1, 1, 1, .5, 0, 1, .5,
		1, 1, 1, 1, .5, 1 };
	size_t i, k, m = SHOWN;

	for (i = 0; i < PAIRS * TIMES; i++, m++) {
		size_t pair = i % PAIRS;
		prompt[m] = (double)(m - 1);
		for (k = 0; pair >= 4 - k; k++)
			pair -= 4 - k;
		a[m] = (double)k;
		b[m] = (double)(k + 1 + pair);
		y[m] = 1 / (1 + exp(rating[k + 1 + pair] - rating[k]));
	}
	tables_battles(t, M, prompt, a, b, y);
}

static void
check_labels(void)
{
	struct rk_tuned_data_how how = { 3, 0, 1, encode, &most };
	struct rk_str text[N];
	uint64_t digest[N];
	struct rk_tuned_data d;
	struct rk_err err = { "" };
	struct tables t;
	size_t i;

	tables_make(&t, N, 0, 5, NULL);
	battles(&t);
	for (i = 0; i < N; i++) {
		text[i] = (struct rk_str){ "sum of text", 11 };
		digest[i] = rk_num_mix(i);
	}
	text[0].n = 3;
	t.p.text = text;
	t.p.digest = digest;
	t.valid[2] = RK_PART_VALID;
	t.valid[17] = RK_PART_OUT;
	if (!ok(rk_tuned_data_make(&d, &labels, &t.p, &how, &err) == 0,
		"examples are made"))
		printf("# %s\n", err.msg);
	is_label(&d, 0, 1, 0, 0, "the strong model's win is its label");
	is_label(&d, 1, 0, 0, 1, "the weak one's win, named first, its own");
	is_label(&d, 3, .5, .5, 0, "half a gain is half a win, half a tie");
	is_label(&d, 4, 0, .5, .5, "half a loss is half a tie");
	is_label(&d, 5, .5, 0, .5, "comparisons of a prompt are averaged");
	is_label(&d, 6, 1, 0, 0, "a model of the strong side stands for it");
	is_label(&d, 9, 0, 1, 0, "one of the weak one's tier for that");
	is_label(&d, 10, 1, 0, 0, "where the pair itself met it counts alone");
	ok(example(&d, 7) == NULL && example(&d, 11) == NULL,
	    "battles within a side teach nothing");
	ok(example(&d, 2) == NULL && example(&d, 17) == NULL,
	    "the validation part and other folds are not looked at");
	ok(d.own == 6 + TIMES, "%zu prompts are the pair's own", d.own);
	ok(example(&d, 0)->t == 3 && example(&d, 1)->t == 5,
	    "texts are their tokens and the two around them");
	rk_tuned_data_free(&d);
	how.tiers = 0;
	most = 4;
	rk_tuned_data_make(&d, &labels, &t.p, &how, &err);
	ok(d.n == 6 + TIMES && d.own == d.n, "tiers=0: the pair's own alone");
	ok(d.longest == 4, "texts are cut");
	rk_tuned_data_free(&d);
	how.hold = .34;
	rk_tuned_data_make(&d, &labels, &t.p, &how, &err);
	ok(d.n == 30 && d.held == 16, "a share of them is held");
	rk_tuned_data_free(&d);
	t.p.strong = 1;
	t.p.weak = 0;
	how.hold = 0;
	how.tiers = 3;
	ok(rk_tuned_data_make(&d, &labels, &t.p, &how, &err) == 0 &&
		d.n == 1 + TIMES && d.own == d.n,
	    "of a pair the other way round its own alone count");
	rk_tuned_data_free(&d);
	tables_free(&t);
}

/* --- going on ------------------------------------------------------------------ */

struct stopper {
	int after, asked;
};

static int
stop_after(void *ctx)
{
	struct stopper *s = ctx;

	return s->asked++ >= s->after;
}

/* Trains on P; stops after STOP steps, -1: never. */
static int
train_once(const struct rk_prefs *p, int stop, struct rk_checkpoint *c,
    struct rk_buf *out, struct rk_err *err)
{
	static const char *const with[] = { "init=tests/golden/encoder/bert",
		"lr=0.01", "batch=8", "steps=12", "check=3", "hold=0.2" };
	struct stopper s = { stop, 0 };
	struct rk_watch watch = { .ctx = &s, .stop = stop_after, .to = 1 };
	struct rk_pool *pool = rk_pool_new(2);
	const struct rk_router *r = rk_router_find("bert", err);
	struct rk_params *set = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .checkpoint = c };
	size_t i;
	int rc;

	for (i = 0; i < sizeof with / sizeof *with; i++)
		rk_params_set(set, with[i], err);
	if (stop >= 0)
		report.watch = &watch;
	if (c != NULL)
		c->key = rk_checkpoint_key(r, p, set, 1);
	rc = r->train(p, set, 1, pool, w, &report, err);
	if (rc == 0)
		rc = rk_st_write_mem(w, out, err);
	rk_report_free(&report);
	rk_st_writer_free(w);
	rk_params_free(set);
	rk_pool_free(pool);
	return rc;
}

static void
check_resume(void)
{
	char path[] = "/tmp/rk-bert-XXXXXX";
	struct rk_checkpoint c = { .path = path, .every = 1e9, .resume = 1 };
	struct rk_buf whole = { 0 }, parts = { 0 };
	struct rk_err err = { "" };
	int fd = mkstemp(path), at, same = 1, stopped = 1;
	struct synth s;

	synth_make(&s, 120, 4, 2, 1);
	ok(train_once(&s.p, -1, NULL, &whole, &err) == 0, "it trains");
	for (at = 0; at < 11; at++) {
		struct rk_err told = { "" };
		unlink(path);
		stopped &= train_once(&s.p, at, &c, &parts, &told) != 0 &&
		    strstr(told.msg, "stopped") != NULL;
		parts.n = 0;
		if (train_once(&s.p, -1, &c, &parts, &err) != 0)
			printf("# %s\n", err.msg);
		same &= parts.n == whole.n &&
		    memcmp(parts.p, whole.p, whole.n) == 0;
	}
	ok(stopped, "it stops after any step, and says so");
	ok(same, "and goes on to the same bytes");
	ok(c.resumed && c.saved, "by way of a checkpoint");
	s.cmp[0].y = 1 - s.cmp[0].y + .125f;
	ok(train_once(&s.p, -1, &c, &parts, &err) != 0 &&
		strstr(err.msg, "another training") != NULL,
	    "other data refuse it");
	close(fd);
	unlink(path);
	rk_buf_free(&whole);
	rk_buf_free(&parts);
	synth_free(&s);
}

int
main(void)
{
	struct rk_err err = { "" };

	tok = rk_tok_open(ENCODER "/tokenizer.json", &err);
	if (!ok(tok != NULL, "the tiny tokenizer opens"))
		printf("# %s\n", err.msg);
	check_labels();
	check_resume();
	rk_tok_free(tok);
	return done();
}
