/*
 * t_sources.c - gains of several sources against numpy (tests/golden/sources);
 * what becomes of validation, of near-duplicates, and of sources that say
 * nothing; which sources are kept.
 */
#include "base/rng.h"
#include "pref/load.h"
#include "pref/sources.h"
#include "route/select.h"
#include "tests/numbers.h"

static struct rk_pool *pool;
static struct rk_err failure;

static const char *const far_pairs[] = { "far=A,C", "far=B,C" };

static struct rk_load_how
plain(void)
{
	struct rk_load_how how = { .prompt = { NULL, RK_TURNS_LAST },
		.seed = 1,
		.text = 1,
		.source = "src" };

	how.verdicts.strong = "S";
	how.verdicts.weak = "W";
	return how;
}

/* Loads TEXT; NULL, with the first message, where it is wrong. */
static struct rk_loader *
load(const struct rk_load_how *how, const char *text, const struct rk_prefs **p)
{
	struct rk_loader *l;
	struct rk_rec r = { .file = "t" };

	failure.msg[0] = '\0';
	l = rk_load_new(how, &failure);
	while (l != NULL && *text != '\0' && failure.msg[0] == '\0') {
		const char *nl = strchr(text, '\n');
		r.p = text;
		r.n = (size_t)(nl - text);
		rk_rec_parse(&r);
		rk_load_add(l, &r, 1, pool);
		failure = r.err;
		text = nl + 1;
	}
	rk_rec_free(&r);
	if (l != NULL && failure.msg[0] == '\0' &&
	    rk_load_finish(l, p, &failure) == 0)
		return l;
	rk_load_free(l);
	return NULL;
}

static char *
slurp(const char *path)
{
	FILE *f = numbers_open(path);
	char *text = rk_calloc(1 << 20, 1);

	if (fread(text, 1, (1 << 20) - 1, f) == 0)
		printf("Bail out! %s is empty\n", path);
	fclose(f);
	return text;
}

/* --- golden ------------------------------------------------------------------ */

static double
off(double got, double want)
{
	if (isnan(got) && isnan(want))
		return 0;
	return isnan(got) || isnan(want) ? INFINITY : fabs(got - want);
}

/* Which of ALL's models is the one of NAME? The names are the same bytes. */
static size_t
number(const struct rk_prefs *all, const char *name)
{
	size_t m;

	for (m = 0; m < all->k && all->model[m] != name; m++)
		;
	return m;
}

/* What is left of ALL, whose models the golden numbers are of. */
static void
check_pooled(const struct rk_pooled *x, const struct rk_prefs *all, FILE *f,
    const char *name)
{
	const struct rk_prefs *p = &x->prefs;
	double *want = numbers_named(f, "cmp", 4 * p->m), apart = 0;
	char word[64];
	size_t i;

	for (i = 0; i < p->m; i++) {
		const struct rk_cmp *c = &p->cmp[i];
		const double *w = want + 4 * i;
		if ((double)c->prompt != w[0] ||
		    (double)number(all, p->model[c->a]) != w[1] ||
		    (double)number(all, p->model[c->b]) != w[2])
			apart = INFINITY;
		apart = fmax(apart, off((double)c->y, w[3]));
	}
	near(apart, 0, 1e-6, name);
	free(want);
	want = numbers_named(f, "quality", p->n * all->k);
	for (apart = 0, i = 0; i < p->n * p->k; i++)
		apart = fmax(apart,
		    off((double)p->quality[i],
			want[i / p->k * all->k +
			    number(all, p->model[i % p->k])]));
	near(apart, 0, 1e-6, "... and qualities with that difference");
	free(want);
	numbers_word(f, word);
	ok((double)x->clipped == numbers_one(f), "... as many beyond 1");
}

static void
check_case(
    FILE *f, struct rk_load_how how, const char *text, double *mean, double *sd)
{
	char target[64], kept[64], name[200], *word;
	const struct rk_prefs *p;
	struct rk_loader *l;
	struct rk_sources s;
	struct rk_pooled x;
	uint8_t keep[4] = { 0 };
	double apart = 0;
	size_t i;

	numbers_word(f, target);
	numbers_word(f, kept);
	snprintf(name, sizeof name, "target %s, with %s: gains as by numpy",
	    target, kept);
	how.target = strcmp(target, "-") == 0 ? NULL : target;
	l = load(&how, text, &p);
	ok(l != NULL, "target %s loads%s", target, failure.msg);
	if (l == NULL)
		return;
	ok(rk_sources_init(&s, p, 4, .95, pool, &failure) == 0,
	    "... is looked at");
	for (i = 0; i < 4; i++) {
		apart = fmax(apart, off(s.source[i].mean, mean[i]));
		apart = fmax(apart, off(s.source[i].sd, sd[i]));
	}
	near(apart, 0, 1e-7, "... means and deviations by numpy");
	for (word = strtok(kept, ","); word; word = strtok(NULL, ","))
		keep[rk_origins_find(rk_load_origins(l), word, &failure)] = 1;
	rk_sources_pool(&x, &s, keep);
	check_pooled(&x, p, f, name);
	rk_pooled_free(&x);
	rk_sources_free(&s);
	rk_load_free(l);
}

static void
test_golden(void)
{
	char *text = slurp("tests/golden/sources/records.jsonl"), word[64];
	FILE *f = numbers_open("tests/golden/sources/pooled.txt");
	struct rk_load_how how = plain();
	double *mean, *sd;

	how.verdicts.source_pair = far_pairs;
	how.verdicts.source_pairs = 2;
	numbers_word(f, word);
	numbers_one(f);
	mean = numbers_named(f, "mean", 4);
	sd = numbers_named(f, "sd", 4);
	while (numbers_word(f, word))
		check_case(f, how, text, mean, sd);
	fclose(f);
	free(mean);
	free(sd);
	free(text);
}

/* --- what is kept out ----------------------------------------------------------- */

/* Prompts on a circle: sources "a" and "b" turn by turn, two of each angle. */
static void
write_circle(struct rk_buf *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double at = 6.2 * (double)(i / 2) / (double)n;
		rk_buf_addf(b,
		    "{\"embedding\":[%.6f,%.6f],\"src\":\"%c\",\"quality\":{"
		    "\"S\":%d,\"W\":%d}}\n",
		    cos(at), sin(at) + (i % 2 ? 1e-4 : 0), i % 2 ? 'b' : 'a',
		    i % 3 != 0, i % 5 == 0);
	}
}

static void
test_validation(void)
{
	struct rk_load_how how = plain();
	const uint8_t both[2] = { 1, 1 };
	const struct rk_prefs *p;
	struct rk_buf b = { 0 };
	struct rk_loader *l;
	struct rk_sources s;
	struct rk_pooled x;
	size_t i, c, kept = 0, twins = 0, strangers = 0, of_none = 0;

	how.text = 0;
	how.embed = 1;
	how.valid = .25;
	how.target = "a";
	write_circle(&b, 40);
	/* what b says of a prompt of a, too */
	rk_buf_adds(&b,
	    "{\"embedding\":[1,0],\"src\":\"b\",\"quality\":{"
	    "\"S\":0,\"W\":1}}\n");
	l = load(&how, b.p, &p);
	ok(l != NULL, "a circle loads%s", failure.msg);
	if (l == NULL)
		return;
	for (i = 0; i < p->n; i++) {
		kept += p->valid[i] == RK_PART_VALID;
		strangers += p->valid[i] == RK_PART_VALID && i % 2 == 1;
	}
	ok(kept == 5 && strangers == 0,
	    "a share of the target's prompts is kept for validation, no other's");
	rk_sources_init(&s, p, 2, .999999, pool, &failure);
	for (i = 0; i < p->n; i += 2)
		if (p->valid[i] == RK_PART_VALID)
			twins += s.part[i + 1] == RK_PART_OUT;
	ok(twins == 5 && s.near == 5,
	    "twins of validation in another source leave the training part");
	rk_sources_pool(&x, &s, both);
	for (i = strangers = 0; i < p->n; i++) {
		size_t n = x.first[i + 1] - x.first[i];
		for (c = x.first[i]; c < x.first[i + 1]; c++)
			strangers += x.part[i] == RK_PART_VALID &&
			    x.from[c].source != p->target;
		of_none += n == 0 && x.part[i] != RK_PART_OUT;
	}
	ok(strangers == 0, "validation is what the target says");
	ok(of_none == 0, "a prompt without a comparison is of no part");
	rk_pooled_free(&x);
	rk_sources_free(&s);
	rk_load_free(l);
	rk_buf_free(&b);
}

/* --- refusals -------------------------------------------------------------------- */

#define FROM(src, prompt, q) \
	"{\"prompt\":\"" prompt "\",\"src\":" src ",\"quality\":{" q "}}\n"
#define HOME FROM("\"home\"", "h", "\"S\":1,\"W\":0")

/* The message of loading TEXT and looking at its sources. */
static const char *
said(const struct rk_load_how *how, const char *text)
{
	const struct rk_prefs *p;
	struct rk_loader *l = load(how, text, &p);
	struct rk_sources s = { 0 };

	if (l != NULL)
		rk_sources_init(
		    &s, p, rk_load_origins(l)->n, .95, pool, &failure);
	rk_sources_free(&s);
	rk_load_free(l);
	return failure.msg;
}

static void
test_refusals(void)
{
	struct rk_load_how how = plain();
	const char *pair[] = { "far=A,C" };

	same(said(&how,
		 HOME "{\"prompt\":\"q\",\"quality\":{\"S\":1,\"W\":0}}\n"),
	    "src: missing", "a record without the field");
	same(said(&how, FROM("[1]", "q", "\"S\":1,\"W\":0")),
	    "src: expected a number or a string, found an array",
	    "a source is a string or a number");
	same(said(&how, FROM("\"a\\u0000\"", "q", "\"S\":1,\"W\":0")),
	    "src: \\u0000 in a source's name", "a name with a NUL");
	how.target = "1.5";
	same(said(&how,
		 HOME FROM("1.5", "q", "\"S\":1,\"W\":0")
		     FROM("1.50", "r", "\"S\":0,\"W\":1")),
	    "", "a source that is a number is known by its shortest name");
	how.target = "else";
	same(said(&how, HOME FROM("\"\"", "q", "\"S\":1,\"W\":0")),
	    "no record is of the source 'else'; the sources are: 'home', ''",
	    "a target that is not there");
	how.target = "home";
	same(said(&how, HOME FROM("\"home\"", "q", "\"S\":1,\"W\":0")),
	    "all 2 comparisons of the pair have the same gain, 1",
	    "a target whose gain is constant");
	how.target = "far";
	same(said(&how, HOME FROM("\"far\"", "q", "\"A\":1,\"C\":0")),
	    "no comparison of 'S' and 'W': if other models stand for them "
	    "there, name those with --source-pair",
	    "a target without the pair");
	how.target = NULL;
	how.verdicts.source_pair = pair;
	how.verdicts.source_pairs = 1;
	same(said(&how, HOME),
	    "no record is of the source 'far'; the sources are: 'home'",
	    "a pair of a source that is not there");
	same(said(&how, HOME FROM("\"far\"", "q", "\"A\":1,\"C\":0,\"W\":1")),
	    "'W' in the source 'far', where other models stand for it",
	    "a part that is played and there");
	pair[0] = "far=A,A";
	same(said(&how, HOME),
	    "'A' is to be both the strong and the weak model in the source "
	    "'far'",
	    "a model in both parts");
	pair[0] = "far=A";
	same(said(&how, HOME), "'far=A': expected SOURCE=STRONG,WEAK",
	    "a pair that is none");
	pair[0] = "a=b=A,C";
	same(said(&how, HOME FROM("\"a=b\"", "q", "\"A\":0,\"C\":1")), "",
	    "a source's name may hold an equals sign");
}

/* --- the choice ------------------------------------------------------------------ */

/*
 * N prompts in eight dimensions, whose gain is SLOPE times the first, half of
 * that and noise: with a slope of 0 it is .5.
 */
static void
write_slope(struct rk_buf *b, const char *source, size_t n, double slope)
{
	struct rk_rng r;
	size_t i, j;

	rk_rng_init(&r, n, 0);
	for (i = 0; i < n; i++) {
		double x, at = rk_rng_unit(&r) - .5, g;
		rk_buf_addf(b, "{\"embedding\":[%.6f", at);
		for (j = 1; j < 8; j++) {
			x = rk_rng_unit(&r) - .5;
			rk_buf_addf(b, ",%.6f", x);
		}
		g = slope == 0 ? .5 : slope * (at + rk_rng_unit(&r) - .5);
		rk_buf_addf(b,
		    "],\"src\":\"%s\",\"quality\":{\"S\":%.6f,\"W\":%.6f}}\n",
		    source, .5 + g / 2, .5 - g / 2);
	}
}

struct heard {
	double done;
	int trials, folds, falls;
	char trial[32];
};

static void
hear(void *ctx, double done, const char *text)
{
	struct heard *h = ctx;

	h->falls += done < h->done;
	h->done = done;
	h->folds++;
	h->trials += strncmp(text, h->trial, strlen("trial 1 ")) != 0;
	snprintf(h->trial, sizeof h->trial, "%s", text);
}

static void
test_choice(void)
{
	struct heard heard = { 0 };
	struct rk_watch watch = { .ctx = &heard, .say = hear, .to = 1 };
	struct rk_load_how how = plain();
	const struct rk_router *r = rk_router_find("linear", &failure);
	struct rk_params *set = rk_params_new(r->params);
	struct rk_features features = { 0 };
	struct rk_learner_how judge = { r, set, &features, 1 };
	const struct rk_prefs *p;
	struct rk_selected sel;
	struct rk_buf b = { 0 };
	struct rk_sources s;
	struct rk_loader *l;

	how.embed = 1;
	how.text = 0;
	how.target = "home";
	how.verdicts.has_range = 1;
	how.verdicts.q_lo = 0;
	how.verdicts.q_hi = 1;
	write_slope(&b, "home", 40, .5);
	write_slope(&b, "against", 150, -.9);
	write_slope(&b, "like", 151, .9);
	write_slope(&b, "flat", 41, 0);
	l = load(&how, b.p, &p);
	ok(l != NULL, "slopes load%s", failure.msg);
	if (l == NULL)
		return;
	rk_sources_init(&s, p, 4, .95, pool, &failure);
	ok(s.source[3].empty && !s.source[1].empty,
	    "a source of one gain says nothing");
	ok(rk_select_sources(&sel, &s, &judge, &watch, pool, &failure) == 0,
	    "sources are chosen");
	/* alone, with each of two, and the one that helped once more */
	ok(heard.trials == 4 && heard.folds == 20 && heard.falls == 0 &&
		heard.done < 1 && heard.done > .9,
	    "who waits hears of every trial and its folds, up to the end");
	ok(sel.keep[0] && sel.keep[2] && sel.with[2] < sel.without[2],
	    "one that is like the target is kept, for it lowers the error");
	ok(!sel.keep[1] && sel.with[1] >= sel.without[1],
	    "one that says the contrary is left out");
	ok(!sel.keep[3] && isnan(sel.with[3]), "one of one gain is not tried");
	rk_selected_free(&sel);
	s.prefs.target = RK_NO_TARGET;
	rk_select_sources(&sel, &s, &judge, NULL, pool, &failure);
	ok(sel.keep[0] && sel.keep[1] && sel.keep[2] && !sel.keep[3],
	    "without a target all that say anything are kept");
	rk_selected_free(&sel);
	rk_sources_free(&s);
	rk_load_free(l);
	b.n = 0;
	write_slope(&b, "home", 19, .5);
	write_slope(&b, "like", 40, .5);
	l = load(&how, b.p, &p);
	rk_sources_init(&s, p, 2, .95, pool, &failure);
	ok(rk_select_sources(&sel, &s, &judge, NULL, pool, &failure) != 0,
	    "a target of 19 prompts is refused");
	same(failure.msg,
	    "19 prompts with a comparison of the pair to train on, expected at "
	    "least 20",
	    "... and the message says so");
	rk_sources_free(&s);
	rk_load_free(l);
	rk_params_free(set);
	rk_buf_free(&b);
}

int
main(void)
{
	pool = rk_pool_new(2);
	test_golden();
	test_validation();
	test_refusals();
	test_choice();
	rk_pool_free(pool);
	return done();
}
