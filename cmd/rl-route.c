/* rl-route - send each scored query to a model. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "io/safetensors.h"
#include "policy/threshold.h"
#include "route/card.h"

static const char *model, *strong, *weak, *fallback, *sample;
static const char *field = "score";
static double threshold = NAN, share = NAN;

static const struct rk_opt opts[] = {
	{ 't', "threshold", "T", RK_OPT_NUM, &threshold, -1e300, 1e300, NULL,
	    "strong iff the score is at least T" },
	{ 0, "share", "P", RK_OPT_NUM, &share, 0, 1, NULL,
	    "the threshold that sends at most this share of --sample" },
	{ 0, "sample", "FILE", RK_OPT_TEXT, &sample, 0, 0, NULL,
	    "scored records that --share is taken of" },
	{ 'm', "model", "MODEL", RK_OPT_TEXT, &model, 0, 0, NULL,
	    "take the names of the pair from this model file" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &strong, 0, 0, NULL,
	    "the strong model's name (strong)" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &weak, 0, 0, NULL,
	    "the weak model's name (weak)" },
	{ 's', "score", "FIELD", RK_OPT_TEXT, &field, 0, 0, NULL,
	    "the field that holds the score (score)" },
	{ 0, "default", "NAME", RK_OPT_TEXT, &fallback, 0, 0, NULL,
	    "route a line without a usable score to NAME" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-route",
	.usage = "[-m MODEL | --strong NAME --weak NAME] "
		 "(-t T | --share P --sample FILE) [option ...] [file ...]",
	.about =
	    "Adds \"route\", the model that each scored query goes to: the "
	    "strong one iff\nits score reaches the threshold.",
	.opts = opts,
	.kind = CMD_FILTER | CMD_NO_READ,
};

/* What the routes are called, ready to be put into a record. */
static struct rk_buf to_strong, to_weak, to_fallback;
static atomic_size_t without_score;

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
	if (strong == NULL)
		strong = "strong";
	if (weak == NULL)
		weak = "weak";
	rk_buf_json(&to_strong, strong, strlen(strong));
	rk_buf_json(&to_weak, weak, strlen(weak));
	if (fallback != NULL)
		rk_buf_json(&to_fallback, fallback, strlen(fallback));
	rk_card_free(&card);
	rk_st_close(st);
}

/* --- the sample ------------------------------------------------------------- */

static double *
read_sample(size_t *n)
{
	const struct rk_input in = { &sample, 1, (size_t)cmd.max_line, 0 };
	struct rk_err err = { { 0 } };
	struct rk_reader *r = rk_reader_new(&in, &err);
	struct rk_batch *b = NULL;
	double *scores = NULL;
	size_t cap = 0, i;

	*n = 0;
	while (r != NULL && rk_reader_next(r, &b, &err) == 0 && b != NULL) {
		rk_batch_parse(b, cmd.pool);
		for (i = 0; i < b->n; i++) {
			struct rk_rec *rec = &b->rec[i];
			RK_GROW(scores, *n, cap);
			if (!rk_err_is(&rec->err) &&
			    rk_rec_number(rec, field, &scores[*n], &rec->err) ==
				0)
				rk_err_set(&rec->err, "%s: missing", field);
			if (rk_err_is(&rec->err))
				cmd_die(&cmd, "%s:%zu: %s", rec->file,
				    rec->line, rec->err.msg);
			++*n;
		}
	}
	if (rk_err_is(&err))
		cmd_die(&cmd, "%s", err.msg);
	rk_reader_free(r);
	return scores;
}

static void
solve_share(void)
{
	struct rk_threshold t;
	char digits[32]; /* such that -t takes them for the same number */
	double *scores;
	size_t n;

	scores = read_sample(&n);
	if (n == 0)
		cmd_die(&cmd, "%s: no records", sample);
	t = rk_threshold_for_share(scores, n, share);
	threshold = t.t;
	rk_num_print_f64(digits, t.t);
	cmd_note(&cmd,
	    "share asked %g, reached %.6g at threshold %s, next share up "
	    "%.6g (%zu records)",
	    share, t.share, digits, t.next, n);
	free(scores);
}

/* --- the loop ---------------------------------------------------------------- */

static void
route(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	const struct rk_buf *to;
	struct rk_err err = { { 0 } };
	double x;
	int found = rk_rec_number(rec, field, &x, &err);

	(void)i, (void)thread, (void)ctx;
	if (found == 1) {
		to = x >= threshold ? &to_strong : &to_weak;
	} else if (fallback != NULL) {
		atomic_fetch_add(&without_score, 1);
		to = &to_fallback;
	} else {
		if (found == 0)
			rk_err_set(&err, "%s: missing", field);
		rec->err = err;
		return;
	}
	rk_rec_put(rec, "route", to->p, to->n);
}

static void
check_usage(void)
{
	if (isnan(threshold) && isnan(share))
		cmd_usage(&cmd, "one of -t and --share is needed");
	if (!isnan(threshold) && !isnan(share))
		cmd_usage(&cmd, "-t and --share exclude each other");
	if (threshold < 0 || threshold > 1)
		cmd_note(&cmd,
		    "threshold %g: rl-score's scores lie from 0 to 1",
		    threshold);
	if (isnan(share) != (sample == NULL))
		cmd_usage(&cmd, "--share and --sample go together");
	if (sample != NULL && strcmp(sample, "-") == 0 && cmd_reads_stdin(&cmd))
		cmd_usage(&cmd,
		    "--sample - and the records are both standard "
		    "input");
	if ((strong == NULL) != (weak == NULL) && model == NULL)
		cmd_usage(&cmd, "--strong and --weak go together");
}

int
main(int argc, char **argv)
{
	struct rk_batch *b;
	size_t n;
	int rc;

	cmd_start(&cmd, argc, argv);
	check_usage();
	name_routes();
	if (sample != NULL)
		solve_share();
	cmd_open(&cmd);
	while ((b = cmd_next(&cmd)) != NULL) {
		cmd_each(&cmd, b, route, NULL);
		cmd_put(&cmd, b);
	}
	n = atomic_load(&without_score);
	if (n > 0)
		cmd_warn(&cmd, "%zu lines had no usable %s: routed to %s", n,
		    field, fallback);
	rc = cmd_end(&cmd);
	rk_buf_free(&to_strong);
	rk_buf_free(&to_weak);
	rk_buf_free(&to_fallback);
	return rc;
}
