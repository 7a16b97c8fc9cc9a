/*
 * label-judge.c - asks a model for its verdict on the responses of others, by a
 * template: each against a reference, or two against each other in both orders.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "cmd.h"
#include "io/keys.h"
#include "io/member.h"
#include "io/scan.h"
#include "label.h"
#include "label-tally.h"
#include "net.h"
#include "text/answer.h"
#include "text/template.h"
#include "text/verdict.h"

static const char *model, *mode = "score", *reference, *file;
static const char *field;
static struct rk_list of, params;

const struct rk_opt label_judge_opts[] = {
	{ 'm', "model", "NAME", RK_OPT_TEXT, &model, 0, 0, NULL, "the judge" },
	{ 0, "mode", "MODE", RK_OPT_WORD, &mode, 0, 0, "score|pair",
	    "score each response, or compare a pair (score)" },
	{ 0, "of", "NAME", RK_OPT_LIST, &of, 0, 0, NULL,
	    "judge this model's response; may be given again (all)" },
	{ 0, "reference", "NAME", RK_OPT_TEXT, &reference, 0, 0, NULL,
	    "this model's response is the reference: its quality is 5" },
	{ 0, "answer", "FIELD", RK_OPT_TEXT, &field, 0, 0, NULL,
	    "where the reference is else: a field or a JSON pointer (answer)" },
	{ 0, "template", "FILE", RK_OPT_TEXT, &file, 0, 0, NULL,
	    "what the judge is asked; the default is judge-MODE.txt" },
	{ 0, "param", "KEY=JSON", RK_OPT_LIST, &params, 0, 0, NULL,
	    "set a parameter of the request, such as temperature=0" },
	NET_BATCH_OPTS,
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-label",
	.usage = "judge -m MODEL [--mode score|pair] [--reference MODEL] "
		 "[option ...] [file ...]",
	.about = "Asks a model to judge a record's responses, and writes "
		 "quality, or the winner of two, and the judge's name.",
	.opts = label_judge_opts,
	.shared = net_opts,
	.kind = CMD_FILTER | CMD_PROMPT | CMD_NO_READ | CMD_NETWORK,
};

enum { P_PROMPT, P_REFERENCE, P_MARK, P_ANSWER, P_ANSWER_B, PLACES };

static const struct rk_template_place score_places[] = {
	[P_PROMPT] = { "prompt", 1 },
	[P_REFERENCE] = { "reference", 0 },
	[P_MARK] = { "mark", 0 },
	[P_ANSWER] = { "answer", 1 },
	{ NULL, 0 },
};

static const struct rk_template_place pair_places[] = {
	[P_PROMPT] = { "prompt", 1 },
	[P_REFERENCE] = { "reference", 0 },
	[P_MARK] = { "mark", 0 },
	[P_ANSWER] = { "answer_a", 1 },
	[P_ANSWER_B] = { "answer_b", 1 },
	{ NULL, 0 },
};

#define SCORES  "12345"
#define WINNERS "ABC"

struct response {
	const char *name; /* borrowed of the record */
	struct rk_str text;
};

struct judge {
	int pair;
	const struct net_target *target;
	struct rk_template template;
	int refers; /* the template has a reference */
	struct rk_chat_params params;
	/* the record at hand */
	struct response *response; /* [n], to be judged */
	size_t n, cap;
	struct response ref; /* name NULL: of the field */
	struct rk_buf keys;  /* the field, where it is that */
	/* the verdicts of the record whose answers are there */
	char *verdict; /* [n]; a pair's two */
	size_t verdicts, verdict_cap;
	size_t all, lost;
	/* what was written */
	struct label_tally tally;
	size_t records, ties, torn; /* ... because the two orders disagree */
	struct rk_buf text, body;   /* scratch */
};

/* --- what is judged --------------------------------------------------------------- */

static int
is_asked_for(const char *name)
{
	size_t i;

	for (i = 0; i < of.n; i++)
		if (strcmp(of.p[i], name) == 0)
			return 1;
	return of.n == 0;
}

static int
take_response(void *ctx, const char *name, struct rk_str text)
{
	struct judge *j = ctx;

	text = rk_answer_said(text);
	if (reference != NULL && strcmp(name, reference) == 0) {
		j->ref = (struct response){ name, text };
	} else if (is_asked_for(name)) {
		RK_GROW(j->response, j->n, j->cap);
		j->response[j->n++] = (struct response){ name, text };
	}
	return 0;
}

/* The one that --of names as the I-th comes I-th. */
static int
put_in_order(struct judge *j, struct rk_err *err)
{
	struct response r;
	size_t i, k;

	for (i = 0; i < of.n; i++) {
		for (k = i; k < j->n; k++)
			if (strcmp(j->response[k].name, of.p[i]) == 0)
				break;
		if (k >= j->n)
			return rk_err_set(
			    err, "responses.%s: missing", of.p[i]);
		r = j->response[i];
		j->response[i] = j->response[k];
		j->response[k] = r;
	}
	return 0;
}

static int
add_key(void *ctx, struct rk_str key)
{
	struct judge *j = ctx;

	if (j->keys.n > 0)
		rk_buf_adds(&j->keys, " or ");
	rk_buf_add(&j->keys, key.p, key.n);
	return 0;
}

/* The reference is what stands in the field. */
static int
refer_to_keys(struct judge *j, const struct rk_rec *r, struct rk_err *err)
{
	int rc;

	j->keys.n = 0;
	rk_buf_adds(&j->keys, "");
	rc = rk_keys_each(r, field, add_key, j, err);
	if (rc == 0)
		return rk_err_set(err,
		    "%s: missing: --answer names the reference's field, "
		    "--reference the model whose response it is",
		    field);
	j->ref.text = (struct rk_str){ j->keys.p, j->keys.n };
	return rc == 1 ? 0 : -1;
}

/* The responses of R that are to be judged, and the reference. */
static int
collect(struct judge *j, const struct rk_rec *r, struct rk_err *err)
{
	int rc;

	j->n = 0;
	j->ref = (struct response){ NULL, { "", 0 } };
	rc = rk_member_each_text(r, "responses", take_response, j, err);
	if (rc <= 0)
		return rc < 0 ? -1 : rk_err_set(err, "responses: missing");
	if (put_in_order(j, err) != 0)
		return -1;
	if (reference != NULL && j->ref.name == NULL)
		return rk_err_set(err, "responses.%s: missing", reference);
	if (j->n == 0)
		return rk_err_set(err, "responses: none to judge");
	if (j->pair && j->n != 2)
		return rk_err_set(
		    err, "responses: expected two to compare, found %zu", j->n);
	return reference == NULL && j->refers ? refer_to_keys(j, r, err) : 0;
}

/* --- requests ----------------------------------------------------------------------- */

/*
 * A mark that no text knows in advance which does not hold the SHA-256 of
 * itself: what ends a text in the template cannot be written by the text.
 */
static void
make_mark(char mark[17], const struct rk_str *value)
{
	unsigned char digest[RK_SHA256_SIZE];
	struct rk_sha256 s;
	size_t i;

	rk_sha256_start(&s);
	for (i = 0; i < PLACES; i++)
		if (i != P_MARK) {
			rk_sha256_add(&s, &value[i].n, sizeof value[i].n);
			rk_sha256_add(&s, value[i].p, value[i].n);
		}
	rk_sha256_end(&s, digest);
	for (i = 0; i < 8; i++)
		snprintf(mark + 2 * i, 3, "%02x", digest[i]);
}

/* Asks for the verdict on A, or on A and B. */
static void
ask_one(struct judge *j, struct net_run *n, struct rk_str prompt,
    struct rk_str a, struct rk_str b)
{
	char mark[17];
	struct rk_str value[PLACES] = {
		[P_PROMPT] = prompt,
		[P_REFERENCE] = j->ref.text,
		[P_MARK] = { mark, 16 },
		[P_ANSWER] = a,
		[P_ANSWER_B] = b,
	};

	make_mark(mark, value);
	j->text.n = j->body.n = 0;
	rk_template_fill(&j->template, value, &j->text);
	rk_chat_ask(&j->body, (struct rk_str){ j->text.p, j->text.n },
	    j->target->model, &j->params);
	/* (a text: what --max-cost needs is known) */
	net_ask(n, j->target, (struct rk_str){ j->body.p, j->body.n },
	    j->params.max_tokens, 0, NULL);
}

static int
ask(void *ctx, struct net_run *n, struct rk_rec *r, struct rk_err *err)
{
	struct judge *j = ctx;
	struct rk_str prompt, none = { "", 0 };
	int rc = rk_rec_prompt(r, &cmd.prompt, &prompt, err);
	size_t i;

	if (rc == 0)
		rk_err_set(err, "no query: expected prompt or messages");
	/* what could not be written is not paid for */
	if (rc != 1 || collect(j, r, err) != 0 ||
	    (!j->pair && rk_member_check(r, "quality", err) != 0))
		return -1;
	for (i = 0; i < j->n && !j->pair; i++)
		ask_one(j, n, prompt, j->response[i].text, none);
	if (j->pair) {
		ask_one(j, n, prompt, j->response[0].text, j->response[1].text);
		ask_one(j, n, prompt, j->response[1].text, j->response[0].text);
	}
	return 0;
}

/* --- verdicts ------------------------------------------------------------------------ */

/* What the reply says aloud, as text, in j->text. */
static struct rk_str
read_reply(struct judge *j, const struct rk_chat_reply *reply)
{
	j->text.n = 0;
	rk_buf_need(&j->text, reply->text.n);
	j->text.n = rk_scan_unescape(
	    j->text.p, reply->text.p + 1, reply->text.n - 2);
	return rk_answer_said((struct rk_str){ j->text.p, j->text.n });
}

static int
take_verdict(void *ctx, struct rk_rec *r, size_t i, const struct net_answer *a,
    struct rk_err *err)
{
	struct judge *j = ctx;
	const char *line;
	struct rk_str said;
	char shown[64];
	size_t n;

	(void)r;
	if (i == 0)
		j->verdicts = 0;
	said = read_reply(j, a->chat);
	RK_GROW(j->verdict, j->verdicts, j->verdict_cap);
	j->verdict[j->verdicts] = rk_verdict(
	    said.p, said.n, j->pair ? WINNERS : SCORES);
	j->all++;
	if (j->verdict[j->verdicts++] != 0)
		return 0;
	j->lost++;
	line = rk_verdict_line(said.p, said.n, &n);
	return rk_err_set(err,
	    "%s: no verdict: expected [[%s]] alone on the last line, found "
	    "'%s'%s",
	    a->target->name, j->pair ? "A]], [[B]] or [[C" : "1]] to [[5",
	    rk_err_quote(shown, sizeof shown, line, n),
	    a->chat->cut ? ", cut off at the limit of tokens" : "");
}

static int
put_scores(struct judge *j, struct rk_rec *r, struct rk_err *err)
{
	struct rk_member_value *v = rk_calloc(j->n + 1, sizeof *v);
	size_t i, n = j->n;
	int rc;

	for (i = 0; i < n; i++)
		v[i] = (struct rk_member_value){ j->response[i].name,
			{ &j->verdict[i], 1 } };
	if (reference != NULL)
		v[n++] = (struct rk_member_value){ j->ref.name, { "5", 1 } };
	rc = rk_member_put_all(r, "quality", v, n, err);
	free(v);
	return rc;
}

/* A wins where it is the better one in both orders. */
static const char *
winner(const char *verdict)
{
	return verdict[0] == 'A' && verdict[1] == 'B' ? "model_a"
	    : verdict[0] == 'B' && verdict[1] == 'A'  ? "model_b"
						      : "tie";
}

/* Counts what is written of a record, for the end. */
static void
count(struct judge *j)
{
	const char *v = j->verdict, *won = j->pair ? winner(v) : "";
	size_t i;

	for (i = 0; i < j->n; i++)
		label_tally_add(&j->tally, j->response[i].name, j->records, i,
		    !j->pair
			? v[i] - '0'
			: strcmp(won, i == 0 ? "model_a" : "model_b") == 0);
	if (j->pair && strcmp(won, "tie") == 0) {
		j->ties++;
		j->torn += v[0] != 'C' || v[1] != 'C';
	}
	j->records++;
}

static void
put_text(struct rk_rec *r, const char *name, const char *text)
{
	rk_rec_put_text(r, name, text, strlen(text));
}

static int
put_labels(void *ctx, struct rk_rec *r, struct rk_err *err)
{
	struct judge *j = ctx;

	if (collect(j, r, err) != 0)
		return -1;
	if (j->pair) {
		put_text(r, "model_a", j->response[0].name);
		put_text(r, "model_b", j->response[1].name);
		put_text(r, "winner", winner(j->verdict));
	} else if (put_scores(j, r, err) != 0) {
		return -1;
	}
	put_text(r, "judge", model);
	count(j);
	return 0;
}

static const struct net_job job = {
	.ask = ask,
	.answer = take_verdict,
	.end = put_labels,
	.what = "verdict",
};

/* --- from start to end ------------------------------------------------------------ */

static void
check_usage(void)
{
	size_t i, k;

	if (model == NULL)
		cmd_usage(&cmd, "expected the judge: -m MODEL");
	if (field != NULL && reference != NULL)
		cmd_usage(&cmd, "--answer and --reference exclude each other");
	if (*mode == 'p' && of.n != 0 && of.n != 2)
		cmd_usage(&cmd, "--mode pair: --of is given twice, or never");
	for (i = 0; i < of.n; i++) {
		if (reference != NULL && strcmp(of.p[i], reference) == 0)
			cmd_usage(&cmd, "%s: --of and --reference", of.p[i]);
		for (k = 0; k < i; k++)
			if (strcmp(of.p[i], of.p[k]) == 0)
				cmd_usage(&cmd, "--of %s: twice", of.p[i]);
	}
	net_check(&cmd);
}

static void
open_template(struct judge *j)
{
	const struct rk_template_place *places = j->pair ? pair_places
							 : score_places;
	const char *name = j->pair ? "judge-pair.txt" : "judge-score.txt";
	struct rk_err err = { { 0 } };
	int rc = file != NULL
	    ? rk_template_open(&j->template, file, places, &err)
	    : rk_template_find(&j->template, name, places, &err);

	if (rc != 0)
		cmd_die(&cmd, "%s", err.msg);
	j->refers = rk_template_has(&j->template, P_REFERENCE);
	if ((reference != NULL || field != NULL) && !j->refers)
		cmd_usage(&cmd,
		    "--%s: the template shows none to the judge: it has no "
		    "{reference}",
		    reference != NULL ? "reference" : "answer");
	if (field == NULL)
		field = "answer";
}

static void
open_all(struct judge *j)
{
	struct rk_err err = { { 0 } };
	size_t i;

	j->pair = *mode == 'p';
	open_template(j);
	for (i = 0; i < params.n; i++)
		if (rk_chat_param(&j->params, params.p[i], &err) != 0)
			cmd_usage(&cmd, "--param: %s", err.msg);
	net_open(&cmd, j->params.max_tokens);
	j->target = net_need(&cmd, model);
}

static void
print_mean(struct rk_buf *out, const struct label_tally_row *row)
{
	rk_buf_addf(out, "%zu score%s, mean %.3g", row->n,
	    row->n == 1 ? "" : "s", row->sum / (double)row->n);
}

static void
print_wins(struct rk_buf *out, const struct label_tally_row *row)
{
	rk_buf_addf(out, "%.0f of %zu won", row->sum, row->n);
}

/* What was found, with what is to be known of it. */
static void
say_end(struct judge *j)
{
	struct rk_buf b = { 0 };

	label_tally_print(&j->tally, &b, j->pair ? print_wins : print_mean);
	if (b.n > 0 && j->pair)
		rk_buf_addf(&b,
		    "; %zu of %zu tied, %zu where the two orders disagree",
		    j->ties, j->records, j->torn);
	if (b.n > 0)
		cmd_note(&cmd, "%s", b.p);
	rk_buf_free(&b);
}

static void
close_all(struct judge *j)
{
	say_end(j);
	label_tally_free(&j->tally);
	if (j->lost > 0)
		cmd_warn(&cmd, "%zu of %zu verdicts could not be read", j->lost,
		    j->all);
	rk_template_free(&j->template);
	rk_chat_params_free(&j->params);
	net_places_close(&net_options.places);
	free(j->response);
	free(j->verdict);
	rk_buf_free(&j->text);
	rk_buf_free(&j->body);
	rk_buf_free(&j->keys);
}

int
label_judge(int argc, char **argv)
{
	struct judge j = { 0 };

	net_defaults();
	cmd_start(&cmd, argc, argv);
	check_usage();
	open_all(&j);
	net_run(&cmd, &job, &j);
	close_all(&j);
	return cmd_end(&cmd);
}
