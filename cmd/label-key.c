/* label-key.c - holds the responses of models against an answer key. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "io/keys.h"
#include "io/member.h"
#include "label.h"
#include "label-tally.h"
#include "text/answer.h"

static const char *match = "exact", *pattern, *field = "answer";
static const char *unreadable = "zero";
static int ignore_case;

const struct rk_opt label_key_opts[] = {
	{ 0, "match", "RULE", RK_OPT_WORD, &match, 0, 0,
	    "exact|choice|number|regex",
	    "how answers are compared: exact, choice, number or regex "
	    "(exact)" },
	{ 0, "pattern", "REGEX", RK_OPT_TEXT, &pattern, 0, 0, NULL,
	    "which part of a response is its answer: group 1" },
	{ 0, "ignore-case", NULL, RK_OPT_FLAG, &ignore_case, 0, 0, NULL,
	    "exact and regex: letters match in either case" },
	{ 0, "answer", "FIELD", RK_OPT_TEXT, &field, 0, 0, NULL,
	    "where the key is: a field or a JSON pointer (answer)" },
	{ 0, "unreadable", "WHAT", RK_OPT_WORD, &unreadable, 0, 0,
	    "zero|reject",
	    "a response without an answer: quality zero, or reject the line "
	    "(zero)" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-label",
	.usage = "key [--match exact|choice|number|regex] [option ...] "
		 "[file ...]",
	.about = "Holds each of a record's responses against its answer, and "
		 "writes quality: 1 where it is right, else 0.",
	.opts = label_key_opts,
	.kind = CMD_FILTER,
};

/* What one thread has: its reader, and the record at hand. */
struct worker {
	struct rk_answer_reader *reader;
	/* the answers, as lib/text/answer.h has them */
	struct rk_buf *key; /* [keys], any of which is right */
	size_t keys, key_cap;
	struct rk_buf got;
	char shown[48];                /* the first key without an answer */
	struct rk_member_value *value; /* [n], quality */
	size_t n, cap;
	struct rk_err *err;
	struct label_tally tally; /* of the records that were labelled */
	/* without an answer: of the record, and of all */
	size_t lost_here, lost;
};

struct label {
	enum rk_answer_rule rule;
	struct rk_answer *answer;
	struct worker *worker; /* [threads] */
	size_t records;        /* before the batch */
};

/* What the rule looks for, in messages. */
static const char *
sought(enum rk_answer_rule rule)
{
	return rule == RK_ANSWER_CHOICE ? "letter of a choice"
	    : rule == RK_ANSWER_NUMBER  ? "number"
					: "answer";
}

static int
is_digits(const char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

/* Keeps the answer of a key; one that has none can be no response's. */
static int
take_key(void *ctx, struct rk_str text)
{
	struct worker *w = ctx;
	int rc;

	if (w->keys == w->key_cap) {
		RK_GROW(w->key, w->keys, w->key_cap);
		memset(w->key + w->keys, 0,
		    (w->key_cap - w->keys) * sizeof *w->key);
	}
	rc = rk_answer_key(w->reader, text, &w->key[w->keys], w->err);
	w->keys += rc == 1;
	if (rc == 0 && w->shown[0] == '\0')
		rk_err_quote(w->shown, sizeof w->shown, text.p, text.n);
	return rc < 0 ? -1 : 0;
}

static int
read_keys(struct worker *w, enum rk_answer_rule rule, const struct rk_rec *r)
{
	int rc;

	w->keys = 0;
	w->shown[0] = '\0';
	rc = rk_keys_each(r, field, take_key, w, w->err);
	if (rc == 0)
		return rk_err_set(w->err, "%s: missing", field);
	if (rc == 1 && w->keys == 0)
		return rk_err_set(w->err, "%s: no %s to be found in '%s'%s",
		    field, sought(rule), w->shown,
		    rule == RK_ANSWER_CHOICE && is_digits(w->shown)
			? ": EXAMPLES of rl-label(1) make letters of numbers"
			: "");
	return rc == 1 ? 0 : -1;
}

static int
is_right(const struct worker *w)
{
	size_t i;

	for (i = 0; i < w->keys; i++)
		if (w->got.n == w->key[i].n &&
		    memcmp(w->got.p, w->key[i].p, w->got.n) == 0)
			return 1;
	return 0;
}

static int
label_response(void *ctx, const char *name, struct rk_str text)
{
	struct worker *w = ctx;
	int rc = rk_answer_read(w->reader, text, &w->got, w->err);
	int right = rc == 1 && is_right(w);

	if (rc < 0)
		return rk_err_in(w->err, "responses.%s", name);
	if (rc == 0 && *unreadable == 'r')
		return rk_err_set(
		    w->err, "responses.%s: no answer to be found", name);
	w->lost_here += rc == 0;
	RK_GROW(w->value, w->n, w->cap);
	w->value[w->n++] = (struct rk_member_value){ name,
		{ right ? "1" : "0", 1 } };
	return 0;
}

static void
label_record(struct rk_rec *r, size_t i, int thread, void *ctx)
{
	struct label *l = ctx;
	struct worker *w = &l->worker[thread];
	size_t k;
	int rc;

	w->n = w->lost_here = 0;
	w->err = &r->err;
	if (read_keys(w, l->rule, r) != 0)
		return;
	rc = rk_member_each_text(r, "responses", label_response, w, &r->err);
	if (rc == 0 || (rc == 1 && w->n == 0))
		rk_err_set(
		    &r->err, "responses: %s", rc == 0 ? "missing" : "empty");
	if (rk_err_is(&r->err) ||
	    rk_member_put_all(r, "quality", w->value, w->n, &r->err) != 0)
		return;
	for (k = 0; k < w->n; k++)
		label_tally_add(&w->tally, w->value[k].name, l->records + i, k,
		    *w->value[k].json.p == '1');
	w->lost += w->lost_here;
}

static void
open_all(struct label *l)
{
	struct rk_err err = { { 0 } };
	int i, threads = rk_pool_size(cmd.pool);

	if (*match == 'r' && pattern == NULL)
		cmd_usage(&cmd, "--match regex: by which --pattern?");
	l->rule = *match == 'c' ? RK_ANSWER_CHOICE
	    : *match == 'n'     ? RK_ANSWER_NUMBER
				: RK_ANSWER_EXACT;
	if (ignore_case && l->rule != RK_ANSWER_EXACT)
		cmd_usage(&cmd, "--ignore-case: --match %s has no case", match);
	l->answer = rk_answer_new(l->rule, ignore_case, pattern, &err);
	if (l->answer == NULL)
		cmd_usage(&cmd, "--pattern: %s", err.msg);
	l->worker = rk_calloc((size_t)threads, sizeof *l->worker);
	for (i = 0; i < threads; i++)
		l->worker[i].reader = rk_answer_reader_new(l->answer);
}

static void
print_right(struct rk_buf *out, const struct label_tally_row *row)
{
	rk_buf_addf(out, "%.0f of %zu right", row->sum, row->n);
}

/* What the run has found, unless a bad line has ended it. */
static void
say_end(const struct label *l, struct label_tally *t, size_t lost)
{
	struct rk_buf b = { 0 };
	size_t i, all = 0;
	double right = 0;

	if (cmd_failed(&cmd) && !cmd.keep_going)
		return;
	for (i = 0; i < t->rows; i++) {
		all += t->row[i].n;
		right += t->row[i].sum;
	}
	label_tally_print(t, &b, print_right);
	if (b.n > 0)
		cmd_note(&cmd, "%s", b.p);
	rk_buf_free(&b);
	if (lost > 0)
		cmd_warn(&cmd,
		    "%zu of %zu responses had no %s to be found: quality 0",
		    lost, all, sought(l->rule));
	else if (all > 1 && right == 0)
		cmd_warn(&cmd,
		    "none of %zu responses is right: is --match %s the rule?",
		    all, match);
}

static void
close_all(struct label *l)
{
	struct label_tally all = { 0 };
	int i, threads = rk_pool_size(cmd.pool);
	size_t k, lost = 0;

	for (i = 0; i < threads; i++) {
		struct worker *w = &l->worker[i];
		label_tally_merge(&all, &w->tally);
		lost += w->lost;
		label_tally_free(&w->tally);
		rk_answer_reader_free(w->reader);
		for (k = 0; k < w->key_cap; k++)
			rk_buf_free(&w->key[k]);
		free(w->key);
		rk_buf_free(&w->got);
		free(w->value);
	}
	say_end(l, &all, lost);
	label_tally_free(&all);
	free(l->worker);
	rk_answer_free(l->answer);
}

int
label_key(int argc, char **argv)
{
	struct label l = { 0 };
	struct rk_batch *b;

	cmd_start(&cmd, argc, argv);
	open_all(&l);
	while ((b = cmd_next(&cmd)) != NULL) {
		cmd_each(&cmd, b, label_record, &l);
		l.records += b->n;
		cmd_put(&cmd, b);
	}
	close_all(&l);
	return cmd_end(&cmd);
}
