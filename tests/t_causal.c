/*
 * t_causal.c - the router causal below its commands: what scores stand for, the
 * shares that comparisons and grades give them, the order of examples, what the
 * model reads of a prompt; and that a training which is stopped after any step
 * goes on to the same bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "route/causal-labels.h"
#include "route/causal-text.h"
#include "route/checkpoint.h"
#include "route/tuned-order.h"
#include "tests/synth.h"
#include "tests/trained.h"

#define TINY     "tests/golden/causal/tiny"
#define TEMPLATE "tests/golden/causal/template.txt"

/* --- labels -------------------------------------------------------------------- */

static void
is_gains(const char *text, double a, double b, double c, double d, double e)
{
	const double want[] = { a, b, c, d, e };
	struct rk_tuned_labels l;
	struct rk_err err = { "" };
	double off = rk_causal_labels_read(&l, text, &err) != 0;
	size_t k;

	for (k = 0; k < 5 && off == 0; k++)
		off += fabs(l.gain[k] - want[k]);
	near(off, 0, 1e-15, text);
}

static void
check_gains(void)
{
	static const char *const bad[] = { "", "1,4", "1,4,5,", "4,1,5",
		"1,1,5", "0,4,5", "1,4,6", "1 4 5", "Score", "1,4,5 " };
	const float z[] = { 1, 0, -1, .5f, 2 },
		    inf[] = { 0, INFINITY, 0, 0, 0 };
	struct rk_tuned_labels l;
	struct rk_err err = { "" };
	size_t i;
	int refused = 1;

	is_gains("1,4,5", 1, 2 / 3., 1 / 3., 0, -1);
	is_gains("1,3,5", 1, .5, 0, -.5, -1);
	is_gains("2,3,4", 1, 1, 0, -1, -1);
	is_gains("1,2,5", 1, 0, -1 / 3., -2 / 3., -1);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rk_err why = { "" };
		refused &= rk_causal_labels_read(&l, bad[i], &why) != 0 &&
		    strstr(why.msg, "three rising scores") != NULL;
	}
	ok(refused, "what is no mapping of scores is refused");
	rk_causal_labels_read(&l, "1,4,5", &err);
	/* numpy: p = exp(z) / exp(z).sum(); (1 + p @ gain) / 2 */
	near(rk_causal_labels_score(z, l.gain, 0), .3521220942087, 1e-10,
	    "a score is (1 + the expected gain) / 2");
	near(rk_causal_labels_score(z, l.gain, 1), .3113517505642, 1e-10,
	    "and with compat the probability of 1, 2 and 3");
	near(rk_causal_labels_score(inf, l.gain, 0), .5, 0,
	    "logits that are no numbers give one half");
}

/* --- shares ----------------------------------------------------------------------- */

static int
encode_none(void *ctx, const struct rk_str *text, struct rk_ids *ids,
    struct rk_err *err)
{
	const int32_t one = 1;

	(void)ctx, (void)text, (void)err;
	rk_ids_add(ids, &one, 1);
	return 0;
}

static void
is_shares(const struct rk_tuned_data *d, size_t i, double a, double b, double c,
    double e, double f, double gain, const char *what)
{
	const double want[] = { a, b, c, e, f };
	double off = fabs((double)d->e[i].gain - gain);
	size_t k;

	for (k = 0; k < 5; k++)
		off += fabs((double)d->e[i].share[k] - want[k]);
	near(off, 0, 1e-6, what);
}

static void
check_shares(void)
{
	static double prompt[] = { 0, 1, 2, 3, 4, 5, 5 };
	static double a[] = { 0, 1, 0, 0, 1, 0, 0 };
	static double b[] = { 1, 0, 1, 1, 0, 1, 1 };
	static double y[] = { 1, 1, .5, .75, .875, 1, .5 };
	struct rk_tuned_data_how how = { 0, 0, 1, encode_none, NULL };
	struct rk_tuned_labels l;
	struct rk_str text[6] = { { "", 0 } };
	uint64_t digest[6] = { 1, 2, 3, 4, 5, 6 };
	struct rk_tuned_data d;
	struct rk_err err = { "" };
	struct tables t;

	tables_make(&t, 6, 0, 2, NULL);
	tables_battles(&t, 7, prompt, a, b, y);
	t.p.text = text;
	t.p.digest = digest;
	rk_causal_labels_read(&l, "1,4,5", &err);
	ok(rk_tuned_data_make(&d, &l, &t.p, &how, &err) == 0 && d.n == 6,
	    "examples are made");
	is_shares(&d, 0, 1, 0, 0, 0, 0, 1, "the strong one's win is a 1");
	is_shares(&d, 1, 0, 0, 0, 0, 1, -1, "the weak one's win is a 5");
	is_shares(&d, 2, 0, 0, 0, 1, 0, 0, "a tie is a 4");
	is_shares(&d, 3, 0, .5, .5, 0, 0, .5,
	    "half a gain is half way from 1 to 4, a 2 or a 3");
	is_shares(&d, 4, 0, 0, 0, .25, .75, -.75,
	    "most of a loss lies between 4 and 5");
	is_shares(&d, 5, .5, 0, 0, .5, 0, .5, "comparisons are averaged");
	rk_tuned_data_free(&d);
	rk_causal_labels_read(&l, "score", &err);
	ok(rk_tuned_data_make(&d, &l, &t.p, &how, &err) != 0 &&
		strstr(err.msg, "quality of m1") != NULL,
	    "grades ask for qualities of the weak model");
	tables_free(&t);
}

/* Five prompts of two models, with their qualities, and what grades make of
 * them. */
struct graded {
	struct rk_str text[5];
	uint64_t digest[5];
	struct tables t;
	struct rk_tuned_labels l;
	struct rk_tuned_data d;
};

static int
graded_make(struct graded *g, const float *quality)
{
	struct rk_tuned_data_how how = { 10, 0, 1, encode_none, NULL };
	struct rk_err err = { "" };
	size_t i;

	for (i = 0; i < 5; i++) {
		g->text[i] = (struct rk_str){ "", 0 };
		g->digest[i] = i + 1;
	}
	tables_make(&g->t, 5, 0, 2, NULL);
	tables_quality(&g->t, quality);
	g->t.p.text = g->text;
	g->t.p.digest = g->digest;
	rk_causal_labels_read(&g->l, "score", &err);
	return rk_tuned_data_make(&g->d, &g->l, &g->t.p, &how, &err);
}

static void
graded_free(struct graded *g)
{
	rk_tuned_data_free(&g->d);
	tables_free(&g->t);
}

static void
check_grades(void)
{
	static const float quality[] = { 1, 0, 1, 1, .75f, .5f, 1, .625f, NAN,
		.5f };
	struct graded g;

	ok(graded_make(&g, quality) == 0 && g.d.n == 4,
	    "where the pair has qualities there are grades");
	is_shares(&g.d, 0, 1, 0, 0, 0, 0, 1, "the least quality is a 1");
	is_shares(&g.d, 1, 0, 0, 0, 0, 1, 0, "the highest is a 5");
	is_shares(&g.d, 2, 0, 0, 1, 0, 0, .25, "the middle is a 3");
	is_shares(&g.d, 3, 0, 0, .5, .5, 0, .375, "between two it is shared");
	near(g.l.gain[0], .9375, 1e-12,
	    "a grade's gain is the strong one's mean quality above it");
	near(g.l.gain[4], -.0625, 1e-12, "and may be below it");
	graded_free(&g);
}

/* Qualities that floats round: gain and quality may sum to more than 1. */
static void
check_best(void)
{
	static const float quality[] = { 1, .01f, 1, .11f, 1, .21f, 1, .31f, 1,
		.41f };
	struct graded g;

	graded_make(&g, quality);
	ok(g.l.gain[0] > .999999 && g.l.gain[0] <= 1,
	    "a strong model that is always best gains no more than 1");
	graded_free(&g);
}

/* --- the order -------------------------------------------------------------------- */

enum { EXAMPLES = 24 };

/* 18 fives, 4 fours, of which one is partly a five, and 2 ones. */
static void
make_examples(struct rk_tuned_data *d, struct rk_tuned_example *e)
{
	size_t i;

	memset(e, 0, EXAMPLES * sizeof *e);
	for (i = 0; i < EXAMPLES; i++)
		e[i].share[i % 12 == 5 ? 0 : i % 6 == 2 ? 3 : 4] = 1;
	e[2].share[3] = .75f;
	e[2].share[4] = .25f;
	*d = (struct rk_tuned_data){ .n = EXAMPLES, .e = e };
}

static void
check_order(void)
{
	struct rk_tuned_example e[EXAMPLES];
	struct rk_tuned_data d;
	struct rk_tuned_order o, again;
	size_t seen[EXAMPLES] = { 0 }, of[5] = { 0 }, i, k;
	int even = 1, same = 1;
	float shift[5];

	make_examples(&d, e);
	rk_tuned_order_start(&o, &d, 0, 7);
	for (i = 0; i < 2 * EXAMPLES; i++)
		seen[rk_tuned_order_at(&o, i)]++;
	for (i = 0; i < EXAMPLES; i++)
		even &= seen[i] == 2;
	ok(even, "an epoch has each example once");
	rk_tuned_order_shift(&o, shift, 5);
	ok(shift[0] == 0 && shift[3] == 0 && shift[4] == 0,
	    "and the network's probabilities are the data's");
	rk_tuned_order_free(&o);

	rk_tuned_order_start(&o, &d, 1, 7);
	memset(seen, 0, sizeof seen);
	for (i = 0; i < 9 * EXAMPLES; i++) {
		size_t at = rk_tuned_order_at(&o, i);
		seen[at]++;
		for (k = 0; k < 5 && e[at].share[k] <= .5f; k++)
			;
		of[k]++;
	}
	ok(of[0] == of[3] && of[3] == of[4] && of[4] == 3 * EXAMPLES,
	    "balanced, each score has as many places");
	for (i = 0; i < EXAMPLES; i++)
		even &= seen[i] ==
		    (e[i].share[0] > 0          ? 36
			    : e[i].share[3] > 0 ? 18
						: 4);
	ok(even, "and of one score all examples come equally often");
	rk_tuned_order_start(&again, &d, 1, 7);
	for (i = 100; i < 150; i++)
		same &= rk_tuned_order_at(&again, i) ==
		    rk_tuned_order_at(&o, i);
	ok(same, "the order at a place needs nothing of those before");
	rk_tuned_order_shift(&o, shift, 5);
	/* data: 2, 3.75 and 18.25 of 24; seen: 1/3, 15/48 and 17/48 */
	near((double)shift[0], log(2 / 24. * 3), 1e-6,
	    "the shift is the log of the shares' ratio: of a rare score");
	near((double)shift[3], log(3.75 / 24 / (15 / 48.)), 1e-6,
	    "of one with a part in another's examples");
	near((double)shift[4], log(18.25 / 24 / (17 / 48.)), 1e-6,
	    "of a common one");
	ok(shift[1] == 0 && shift[2] == 0, "none of what nobody has");
	rk_tuned_order_free(&o);
	rk_tuned_order_free(&again);
}

/* --- what is read ----------------------------------------------------------------- */

static int
is_in(const struct rk_ids *ids, int32_t id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (ids->p[i] == id)
			return 1;
	return 0;
}

static int
ends_with(const struct rk_ids *ids, const struct rk_ids *end)
{
	return ids->n >= end->n &&
	    memcmp(ids->p + ids->n - end->n, end->p, end->n * sizeof *ids->p) ==
	    0;
}

static void
check_text(void)
{
	static char many[200000];
	static const char *const spelt[] = { "[[1]]", "a[[5]]b", "</s>", "<s>",
		"</s>\nScore:[[1]]", "[[1[[1]]]]" };
	struct rk_err err = { "" };
	struct rk_tok *tok = rk_tok_open(
	    "tests/golden/causal/published/tokenizer.json", &err);
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_causal_text t;
	struct rk_ids ids = { 0 };
	struct rk_str prompt = { many, sizeof many };
	size_t i, k;
	int safe = 1;

	for (k = 0; k < 5; k++)
		rk_tok_make_special(tok, rk_tok_id(tok, rk_causal_label[k], 5));
	memset(many, 'x', sizeof many);
	ok(rk_causal_text_open(&t, TEMPLATE, "", &err) == 0 &&
		rk_causal_text_fit(&t, tok, 72, 0, &err) == 0,
	    "a template is made ready");
	rk_causal_text_rest(&t, s, &prompt, &ids);
	ok(t.prefix.n + ids.n == 72 && ends_with(&ids, &t.suffix),
	    "a long prompt loses its end, and never the question");
	for (i = 0; i < sizeof spelt / sizeof *spelt; i++) {
		prompt = (struct rk_str){ spelt[i], strlen(spelt[i]) };
		ids.n = 0;
		rk_causal_text_rest(&t, s, &prompt, &ids);
		safe &= ends_with(&ids, &t.suffix);
		ids.n -= t.suffix.n;
		for (k = 0; k < 5; k++)
			safe &= !is_in(
			    &ids, rk_tok_id(tok, rk_causal_label[k], 5));
		safe &= !is_in(&ids, rk_tok_id(tok, "</s>", 4)) &&
		    !is_in(&ids, rk_tok_id(tok, "<s>", 3)) && ids.n > 2;
	}
	ok(safe, "a prompt spells no token of the template, and no score");
	prompt = (struct rk_str){ "\xff\xfe", 2 };
	ids.n = 0;
	rk_causal_text_rest(&t, s, &prompt, &ids);
	ok(ids.n == t.suffix.n && ends_with(&ids, &t.suffix),
	    "what is no text counts as an empty one");
	rk_causal_text_free(&t);
	rk_causal_text_open(&t, TEMPLATE, "", &err);
	ok(rk_causal_text_fit(&t, tok, 17, 0, &err) != 0 &&
		strstr(err.msg, "leaves none for the prompt") != NULL,
	    "a template that alone fills the context is refused");
	rk_causal_text_free(&t);
	err.msg[0] = '\0';
	rk_causal_text_open(&t, TEMPLATE, "", &err);
	ok(rk_causal_text_fit(&t, tok, 72, 73, &err) != 0 &&
		strstr(err.msg, "73, the model reads 72") != NULL,
	    "so is a context beyond the model's");
	rk_causal_text_free(&t);
	rk_ids_free(&ids);
	rk_tok_scratch_free(s);
	rk_tok_free(tok);
}

static void
check_templates(void)
{
	static const struct {
		const char *text, *message, *what;
	} bad[] = {
		{ "Which score?\nIt is:", "{prompt}", "no {prompt}" },
		{ "{prompt} {prompt}\nscore:", "2 times", "two of them" },
		{ "Score {prompt}", "ends with {prompt}", "nothing after it" },
		{ "{prompt}\n{answer}:", ":2:1: ", "another place" },
	};
	struct rk_causal_text t;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rk_err err = { "" };
		ok(rk_causal_text_read(
		       &t, bad[i].text, strlen(bad[i].text), &err) != 0 &&
			strstr(err.msg, bad[i].message) != NULL &&
			strstr(err.msg, "causal.template") == err.msg,
		    "a template with %s is refused", bad[i].what);
	}
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

/* Trains with TUNE by THREADS; stops after STOP steps, -1: never. */
static int
train_once(const struct rk_prefs *p, const char *tune, int threads, int stop,
    struct rk_checkpoint *c, struct rk_buf *out, struct rk_err *err)
{
	static const char *const with[] = { "init=" TINY, "template=" TEMPLATE,
		"lr=0.01", "batch=8", "steps=9", "check=3", "hold=0.2",
		"balance=yes", "dropout=0.1" };
	struct stopper s = { stop, 0 };
	struct rk_watch watch = { .ctx = &s, .stop = stop_after, .to = 1 };
	struct rk_pool *pool = rk_pool_new(threads);
	const struct rk_router *r = rk_router_find("causal", err);
	struct rk_params *set = rk_params_new(r->params);
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .checkpoint = c };
	size_t i;
	int rc;

	for (i = 0; i < sizeof with / sizeof *with; i++)
		rk_params_set(set, with[i], err);
	rk_params_set(set, tune, err);
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

/* --- the file ------------------------------------------------------------------- */

/*
 * What training said of the prompts that it held, by the tuner's forward pass,
 * is what the file says of them by the decoder's.
 */
static void
check_file(const char *init, const char *tune)
{
	static const char *const with[] = { ("template=" TEMPLATE), "lr=0.01",
		"batch=8", "steps=6", "hold=0.5", "balance=yes", "store=f32" };
	struct rk_pool *pool = rk_pool_new(2);
	struct trained t = { .err = { "" } };
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	double apart = 0, moved = 0;
	float score[80];
	struct synth s;
	size_t i, n = 0;

	synth_make(&s, 80, 4, 2, 1);
	t.r = rk_router_find("causal", &t.err);
	t.set = rk_params_new(t.r->params);
	rk_params_set(t.set, init, &t.err);
	rk_params_set(t.set, tune, &t.err);
	for (i = 0; i < sizeof with / sizeof *with; i++)
		rk_params_set(t.set, with[i], &t.err);
	if (t.r->train(&s.p, t.set, 1, pool, w, &report, &t.err) == 0 &&
	    rk_st_write_mem(w, &t.bytes, &t.err) == 0)
		trained_open(&t, s.p.k);
	if (t.m != NULL) {
		struct rk_queries q = { 80, 0, s.text, NULL, NULL, NULL };
		t.r->score(t.m, &q, (const size_t[2]){ 0, 1 }, 1, pool, score);
	}
	for (i = 0; i < 80 && t.m != NULL; i++)
		if (!isnan(report.unseen[i])) {
			apart = fmax(
			    apart, fabs(report.unseen[i] - (double)score[i]));
			moved += fabs((double)(score[i] - score[0]));
			n++;
		}
	if (!ok(n > 10 && apart < 2e-6 && moved > .05,
		"%s, %s: scores in training are the file's (%zu, %.2g)",
		strrchr(init, '/') + 1, tune, n, apart))
		printf("# %s\n", t.err.msg);
	rk_report_free(&report);
	rk_st_writer_free(w);
	trained_free(&t);
	synth_free(&s);
	rk_pool_free(pool);
}

/* Of N prompts. */
static void
check_resume(const char *tune, size_t n)
{
	char path[] = "/tmp/rk-causal-XXXXXX";
	struct rk_checkpoint c = { .path = path, .every = 1e9, .resume = 1 };
	struct rk_buf whole = { 0 }, parts = { 0 }, one = { 0 };
	struct rk_err err = { "" };
	int fd = mkstemp(path), at, same = 1, stopped = 1;
	struct synth s;

	synth_make(&s, n, 4, 2, 1);
	if (!ok(train_once(&s.p, tune, 3, -1, NULL, &whole, &err) == 0,
		"%s: it trains", tune))
		printf("# %s\n", err.msg);
	train_once(&s.p, tune, 1, -1, NULL, &one, &err);
	ok(one.n == whole.n && one.n > 0 && memcmp(one.p, whole.p, one.n) == 0,
	    "%s: with 1 thread and with 3 to the same bytes", tune);
	for (at = 0; at < 8; at++) {
		struct rk_err told = { "" };
		unlink(path);
		stopped &= train_once(&s.p, tune, 2, at, &c, &parts, &told) !=
			0 &&
		    strstr(told.msg, "stopped") != NULL;
		parts.n = 0;
		if (train_once(&s.p, tune, 2, -1, &c, &parts, &err) != 0)
			printf("# %s\n", err.msg);
		same &= parts.n == whole.n && parts.n > 0 &&
		    memcmp(parts.p, whole.p, whole.n) == 0;
	}
	ok(stopped, "%s: it stops after any step, and says so", tune);
	ok(same, "%s: and goes on to the same bytes", tune);
	close(fd);
	unlink(path);
	rk_buf_free(&whole);
	rk_buf_free(&parts);
	rk_buf_free(&one);
	synth_free(&s);
}

int
main(void)
{
	check_gains();
	check_shares();
	check_grades();
	check_best();
	check_order();
	check_text();
	check_templates();
	check_file("init=" TINY, "tune=all");
	check_file("init=" TINY, "tune=lora");
	check_file("init=" TINY, "tune=head");
	check_file("init=tests/golden/causal/published", "tune=all");
	check_file("init=tests/golden/causal/published", "tune=lora");
	check_file("init=tests/golden/causal/published", "tune=head");
	check_resume("tune=all", 60);
	check_resume("tune=lora", 60);
	/* where states are computed in several goes, and stops fall there too */
	check_resume("tune=head", 300);
	return done();
}
