/* rl-route - send each scored query to a model. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "io/prices.h"
#include "io/safetensors.h"
#include "policy/mix.h"
#include "policy/pair.h"
#include "policy/sample.h"
#include "policy/threshold.h"
#include "policy/track.h"
#include "policy/why.h"
#include "route-track.h"
#include "route/card.h"

static const char *model, *strong, *weak, *fallback, *sample, *field;
static const char *models, *state, *prompt;
static double threshold = NAN, share = NAN;
static double lambda = NAN, budget = NAN, quality = NAN;
static double output_tokens = NAN, alarm_at = NAN;
static int explain, by_prices;

enum { OUTPUT_TOKENS = 256 };

static const struct rk_opt opts[] = {
	{ 't', "threshold", "T", RK_OPT_NUM, &threshold, -1e300, 1e300, NULL,
	    "strong iff the score is at least T" },
	{ 0, "share", "P", RK_OPT_NUM, &share, 0, 1, NULL,
	    "the threshold that sends at most this share of --sample" },
	{ 0, "lambda", "X", RK_OPT_NUM, &lambda, 0, RK_LAMBDA_MAX, NULL,
	    "of many: highest quality less cost, a point at X dollars" },
	{ 0, "budget", "USD", RK_OPT_NUM, &budget, 0, 1e300, NULL,
	    "of many: for this mean cost of a query of --sample" },
	{ 0, "quality", "Q", RK_OPT_NUM, &quality, 0, 1e6, NULL,
	    "of many: for this share of the best single model's quality" },
	{ 0, "sample", "FILE", RK_OPT_TEXT, &sample, 0, 0, NULL,
	    "scored records for --share, --budget and --quality" },
	{ 0, "models", "FILE", RK_OPT_TEXT, &models, 0, 0, NULL,
	    "JSON of what models cost, and what they can take" },
	{ 0, "by-prices", NULL, RK_OPT_FLAG, &by_prices, 0, 0, NULL,
	    "costs are those of --models, not predicted_costs" },
	{ 0, "output-tokens", "N", RK_OPT_NUM, &output_tokens, 0, 1e9, NULL,
	    "the length that an answer is taken to have (256)" },
	{ 0, "prompt", "FIELD", RK_OPT_TEXT, &prompt, 0, 0, NULL,
	    "where the prompt is: a field or a JSON pointer" },
	{ 0, "track", "FILE", RK_OPT_TEXT, &state, 0, 0, NULL,
	    "keep to --share while scores drift; FILE is its memory" },
	{ 0, "alarm", "D", RK_OPT_NUM, &alarm_at, 0, 1, NULL,
	    "exit 1 where --track's recent share is off by more" },
	{ 'm', "model", "MODEL", RK_OPT_TEXT, &model, 0, 0, NULL,
	    "take the names of the pair from this model file" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &strong, 0, 0, NULL,
	    "the strong model's name (strong)" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &weak, 0, 0, NULL,
	    "the weak model's name (weak)" },
	{ 's', "score", "FIELD", RK_OPT_TEXT, &field, 0, 0, NULL,
	    "the field that holds the score (score), or scores (scores)" },
	{ 0, "default", "NAME", RK_OPT_TEXT, &fallback, 0, 0, NULL,
	    "route a line that cannot be decided to NAME" },
	{ 0, "explain", NULL, RK_OPT_FLAG, &explain, 0, 0, NULL,
	    "add \"why\": what decided" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-route",
	.usage = "[-m MODEL | --strong NAME --weak NAME] "
		 "(-t T | --share P --sample FILE) [option ...] [file ...]\n"
		 "       rl-route (--lambda X | (--budget USD | --quality Q) "
		 "--sample FILE)\n                [--models FILE] "
		 "[option ...] [file ...]",
	.about =
	    "Adds \"route\", the model that each scored query goes to: the "
	    "strong one iff\nits score reaches the threshold; or, of many, the "
	    "one whose quality is most\nworth its price.",
	.opts = opts,
	.kind = CMD_FILTER | CMD_NO_READ,
};

/* What the routes are called, ready to be put into a record. */
static struct rk_buf pair_route[2], to_fallback;
static char *pair_name[2];
static atomic_size_t unscored, untaken;

static struct rk_prices prices;
static struct rk_terms terms;
static struct rk_pair pair; /* what is decided by; or, of many: */
static struct rk_mix mix;
static struct rk_track track = { .fd = -1 };

static int
given(double x)
{
	return !isnan(x);
}

/* --- names and prices -------------------------------------------------------- */

static void
read_prices(void)
{
	struct rk_err err = { { 0 } };

	if (models != NULL && rk_prices_read(&prices, models, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	terms = (struct rk_terms){ field, models ? &prices : NULL, models,
		by_prices, given(output_tokens) ? output_tokens : OUTPUT_TOKENS,
		prompt };
}

/* One of the pair. */
static void
name_route(int which, const char *name)
{
	struct rk_err err = { { 0 } };

	pair.name[which] = pair_name[which] = rk_strdup(name);
	rk_buf_json(&pair_route[which], name, strlen(name));
	if (models == NULL)
		return;
	pair.price[which] = rk_prices_find(&prices, name);
	if (pair.price[which] == NULL) {
		rk_prices_lacks(&prices, models, name, &err);
		cmd_die(&cmd, "%s", err.msg);
	}
}

static void
name_routes(void)
{
	struct rk_err err = { { 0 } };
	struct rk_st *st = NULL;
	struct rk_card card = { 0 };

	if (model != NULL) {
		st = rk_st_open(model, &err);
		if (st == NULL || rk_card_read(&card, st, NULL, &err) != 0)
			cmd_die(&cmd, "%s", err.msg);
		if (strong == NULL && card.strong < card.k)
			strong = card.model[card.strong];
		if (weak == NULL && card.weak < card.k)
			weak = card.model[card.weak];
		if (strong == NULL || weak == NULL)
			cmd_usage(&cmd,
			    "%s: the model file has no default pair: name the "
			    "models with --strong and --weak",
			    model);
	}
	name_route(RK_STRONG, strong != NULL ? strong : "strong");
	name_route(RK_WEAK, weak != NULL ? weak : "weak");
	rk_card_free(&card);
	rk_st_close(st);
}

/* --- the sample ------------------------------------------------------------- */

static struct rk_sample_file
sample_file(void)
{
	return (
	    struct rk_sample_file){ sample, (size_t)cmd.max_line, cmd.pool };
}

static void
solve_share(void)
{
	const struct rk_sample_file file = sample_file();
	struct rk_err err = { { 0 } };
	struct rk_threshold t;
	char digits[32]; /* such that -t takes them for the same number */
	double *scores;
	size_t n;

	scores = rk_sample_scores(&n, &file, field, &err);
	if (scores == NULL)
		cmd_die(&cmd, "%s", err.msg);
	t = rk_threshold_for_share(scores, n, share);
	pair.threshold = t.t;
	rk_num_print_f64(digits, t.t);
	cmd_note(&cmd,
	    "share asked %g, reached %.6g at threshold %s, next share up "
	    "%.6g (%zu records)",
	    share, t.share, digits, t.next, n);
	if (state != NULL)
		rk_track_start(&track, scores, n, share);
	free(scores);
}

/* The quality that is asked, of the sample's best single model. */
static double
ask_quality(const struct rk_sample *s)
{
	const struct rk_single *best = rk_sample_best(s);
	double mean;

	if (best == NULL)
		cmd_die(&cmd,
		    "%s: no model has a quality in every record, so that none "
		    "is the best single one",
		    sample);
	mean = best->sum / (double)s->n;
	cmd_note(&cmd,
	    "quality asked %g of %.6g, which is %s's, the best single model's",
	    quality, mean, best->name);
	return quality * mean;
}

static void
say_mix(size_t n)
{
	char a[32], b[32];

	rk_num_print_f64(a, mix.lambda[0]);
	rk_num_print_f64(b, mix.lambda[1]);
	if (mix.p > 0 && mix.p < 1)
		cmd_note(&cmd,
		    "reached %.6g dollars a query and quality %.6g at lambda "
		    "%s or, with the chance %.6g, %s (%zu records)",
		    mix.cost, mix.quality, a, mix.p, b, n);
	else
		cmd_note(&cmd,
		    "reached %.6g dollars a query and quality %.6g at lambda "
		    "%s (%zu records)",
		    mix.cost, mix.quality, mix.p > 0 ? b : a, n);
}

static void
solve_many(void)
{
	const struct rk_sample_file file = sample_file();
	struct rk_sample s = { 0 };
	struct rk_err err = { { 0 } };

	if (rk_sample_read(&s, &file, &terms, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	if (given(budget)) {
		cmd_note(&cmd, "budget asked %g dollars a query", budget);
		rk_mix_for_budget(&mix, &s, budget, &err);
	} else {
		rk_mix_for_quality(&mix, &s, ask_quality(&s), &err);
	}
	if (rk_err_is(&err))
		cmd_die(&cmd, "%s: %s", sample, err.msg);
	say_mix(s.n);
	rk_sample_free(&s);
}

/* --- one record --------------------------------------------------------------- */

/* Sends a record that cannot be decided to --default; else it is bad. */
static void
give_up(struct rk_rec *rec, const struct rk_err *why, atomic_size_t *count)
{
	struct rk_buf b = { 0 };

	if (fallback == NULL) {
		rec->err = *why;
		return;
	}
	atomic_fetch_add(count, 1);
	rk_rec_put(rec, "route", to_fallback.p, to_fallback.n);
	if (!explain)
		return;
	rk_why_default(&b, why->msg);
	rk_rec_put(rec, "why", b.p, b.n);
	rk_buf_free(&b);
}

/* What there is to decide: 1; else the record is dealt with. */
static int
read_pair(struct rk_rec *rec, struct rk_pair_query *q)
{
	struct rk_err err = { { 0 } };
	int rc = rk_pair_read(q, rec, &pair, &err);

	if (rc != 0)
		give_up(rec, &err, rc > 0 ? &untaken : &unscored);
	return rc == 0;
}

/* What rl-score --near and --unlike said of the query, as it stands. */
static struct rk_why_said
said(const struct rk_rec *rec)
{
	struct rk_why_said s = { { NULL, 0 }, { NULL, 0 } };

	rk_rec_raw(rec, "unlike", &s.unlike);
	rk_rec_raw(rec, "nearest", &s.nearest);
	return s;
}

static void
write_pair(struct rk_rec *rec, const struct rk_pair_query *q)
{
	struct rk_why_said what;
	struct rk_buf b = { 0 };

	rk_rec_put(rec, "route", pair_route[q->to].p, pair_route[q->to].n);
	if (!explain)
		return;
	what = said(rec);
	rk_why_pair(&b, q->score, q->threshold, q->option, &what);
	rk_rec_put(rec, "why", b.p, b.n);
	rk_buf_free(&b);
}

static void
route_pair(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct rk_pair_query q;

	(void)i, (void)thread, (void)ctx;
	if (!read_pair(rec, &q))
		return;
	rk_pair_decide(&q, &pair);
	write_pair(rec, &q);
}

/* A batch whose decisions move the threshold. */
struct tracked {
	struct rk_pair_query q[RK_BATCH_LINES];
	int open[RK_BATCH_LINES]; /* there is something to decide */
};

static void
read_tracked(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct tracked *t = ctx;

	(void)thread;
	t->open[i] = read_pair(rec, &t->q[i]);
}

static void
write_tracked(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	const struct tracked *t = ctx;

	(void)thread;
	if (t->open[i])
		write_pair(rec, &t->q[i]);
}

/* In the order of the input, whatever the threads do. */
static void
route_tracked(struct rk_batch *b)
{
	static struct tracked t;
	size_t i;

	memset(t.open, 0, sizeof t.open);
	cmd_each(&cmd, b, read_tracked, &t);
	for (i = 0; i < b->n; i++)
		if (t.open[i])
			rk_pair_decide(&t.q[i], &pair);
	cmd_each(&cmd, b, write_tracked, &t);
}

/* Of the query's text; else of its embedding; else of the line. */
static uint64_t
digest(struct rk_rec *rec)
{
	const struct rk_prompt all = { prompt, RK_TURNS_ALL };
	struct rk_str s = { rec->p, rec->n };

	if (rk_rec_prompt(rec, &all, &s, NULL) != 1)
		rk_rec_raw(rec, "embedding", &s);
	return rk_num_hash(s.p, s.n);
}

static void
route_many(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct rk_options *out = (struct rk_options *)ctx + thread;
	struct rk_err err = { { 0 } };
	struct rk_buf b = { 0 };
	struct rk_why_said what;
	size_t best[2];
	int mixed, which;

	(void)i;
	if (rk_options_read(out, rec, &terms, &err) != 0) {
		give_up(rec, &err, &unscored);
		return;
	}
	best[0] = rk_options_best(out->o, out->n, mix.lambda[0]);
	best[1] = rk_options_best(out->o, out->n, mix.lambda[1]);
	if (best[0] == out->n) {
		rk_options_none(out->o, out->n, &err);
		give_up(rec, &err, &untaken);
		return;
	}
	mixed = best[0] != best[1] && mix.p > 0 && mix.p < 1;
	which = mixed ? rk_mix_pick(&mix, digest(rec)) : mix.p > 0;
	rk_rec_put_text(rec, "route", out->o[best[which]].name,
	    strlen(out->o[best[which]].name));
	if (!explain)
		return;
	what = said(rec);
	rk_why_many(&b, out->o, out->n, mix.lambda[which], mixed, &what);
	rk_rec_put(rec, "why", b.p, b.n);
	rk_buf_free(&b);
}

/* --- the program ---------------------------------------------------------------- */

static void
check_pair(void)
{
	if (by_prices)
		cmd_usage(&cmd, "--by-prices is of many models, not of a pair");
	if (threshold < 0 || threshold > 1)
		cmd_note(&cmd,
		    "threshold %g: rl-score's scores lie from 0 to 1",
		    threshold);
	if (!given(share) && sample != NULL)
		cmd_usage(&cmd, "--sample goes with --share, not with -t");
	if (given(share) && sample == NULL && state == NULL)
		cmd_usage(&cmd, "--share needs a --sample");
	if ((strong == NULL) != (weak == NULL) && model == NULL)
		cmd_usage(&cmd, "--strong and --weak go together");
}

static void
check_many(void)
{
	if (by_prices && models == NULL)
		cmd_usage(&cmd, "--by-prices needs --models");
	if (given(lambda) != (sample == NULL))
		cmd_usage(&cmd,
		    "--sample goes with --budget and --quality, and they with "
		    "it");
	if (model != NULL || strong != NULL || weak != NULL)
		cmd_usage(&cmd,
		    "-m, --strong and --weak are of a pair; the record's "
		    "scores name the models");
}

/* Is one of many to be chosen? */
static int
check_usage(void)
{
	int many = given(lambda) + given(budget) + given(quality);
	int ways = many + given(threshold) + given(share);

	if (ways == 0)
		cmd_usage(&cmd,
		    "one of -t, --share, --lambda, --budget and --quality is "
		    "needed");
	if (ways > 1)
		cmd_usage(&cmd,
		    "-t, --share, --lambda, --budget and --quality exclude "
		    "each other");
	if (prompt != NULL && models == NULL && !given(budget) &&
	    !given(quality))
		cmd_usage(&cmd,
		    "--prompt is for --models, and for --budget and --quality");
	if (state != NULL && !given(share))
		cmd_usage(&cmd, "--track keeps to a --share");
	if (given(alarm_at) && state == NULL)
		cmd_usage(&cmd, "--alarm is for --track");
	if (given(output_tokens) && models == NULL)
		cmd_usage(&cmd, "--output-tokens is for --models");
	if (sample != NULL && strcmp(sample, "-") == 0 && cmd_reads_stdin(&cmd))
		cmd_usage(&cmd,
		    "--sample - and the records are both standard "
		    "input");
	if (many)
		check_many();
	else
		check_pair();
	if (field == NULL)
		field = many ? "scores" : "score";
	return many;
}

static struct route_track
track_file(void)
{
	return (struct route_track){ &cmd, &track, state, field, share };
}

static void
prepare(int many)
{
	const struct route_track file = track_file();

	read_prices();
	if (fallback != NULL)
		rk_buf_json(&to_fallback, fallback, strlen(fallback));
	if (!many)
		name_routes();
	pair.terms = terms;
	pair.threshold = threshold;
	pair.track = state != NULL ? &track : NULL;
	if (given(share) &&
	    (state == NULL || !route_track_open(&file, sample != NULL)))
		solve_share();
	else if (given(lambda))
		mix = (struct rk_mix){ { lambda, lambda }, 0, 0, 0 };
	else if (many)
		solve_many();
}

static void
say_defaults(void)
{
	size_t n = atomic_load(&unscored), m = atomic_load(&untaken);

	if (n > 0)
		cmd_warn(&cmd, "%zu lines had no usable %s: routed to %s", n,
		    field, fallback);
	if (m > 0)
		cmd_warn(&cmd,
		    "%zu lines were such as no model can take: routed to %s", m,
		    fallback);
}

/* Prices are given to be used. */
static void
say_foretold(const struct rk_options *options, size_t n)
{
	size_t i, foretold = 0;

	for (i = 0; i < n; i++)
		foretold += options[i].foretold;
	if (foretold > 0)
		cmd_note(&cmd,
		    "the records' predicted_costs were used, not the prices of "
		    "%s: see --by-prices",
		    models);
}

static void
release(struct rk_options *options, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		rk_options_free(&options[i]);
	free(options);
	for (i = 0; i < 2; i++) {
		free(pair_name[i]);
		rk_buf_free(&pair_route[i]);
	}
	rk_prices_free(&prices);
	rk_buf_free(&to_fallback);
	rk_track_unlock(&track);
}

int
main(int argc, char **argv)
{
	struct rk_options *options;
	struct rk_batch *b;
	struct route_track file;
	size_t threads;
	int many, save, rc;

	cmd_start(&cmd, argc, argv);
	many = check_usage();
	prepare(many);
	threads = (size_t)rk_pool_size(cmd.pool);
	options = rk_calloc(threads, sizeof *options);
	cmd_open(&cmd);
	while ((b = cmd_next(&cmd)) != NULL) {
		if (state != NULL)
			route_tracked(b);
		else
			cmd_each(
			    &cmd, b, many ? route_many : route_pair, options);
		cmd_put(&cmd, b);
	}
	say_defaults();
	say_foretold(options, threads);
	save = state != NULL && (cmd.keep_going || !cmd_failed(&cmd));
	rc = cmd_end(&cmd);
	if (save) {
		file = track_file();
		rc |= route_track_close(&file, alarm_at);
	}
	release(options, threads);
	return rc;
}
