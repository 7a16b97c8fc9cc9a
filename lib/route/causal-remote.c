/* causal-remote.c - prompts to scores by way of a server. */
#include "route/causal-remote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/logprobs.h"
#include "route/causal-labels.h"
#include "route/causal-text.h"
#include "route/tuned-file.h"

#define OWN "causal-chat.txt" /* the template */

struct model {
	char *name;
	struct rk_causal_text text;
	double gain[RK_CAUSAL_LABELS];
	int routellm, top;
	struct rk_paid *paid; /* from the first batch on */
	struct rk_err why;    /* nothing is asked, or no more */
};

static struct rk_causal_net allowed;
static int is_allowed;
static struct rk_causal_count count;

void
rk_causal_allow(const struct rk_causal_net *net)
{
	allowed = *net;
	is_allowed = 1;
}

const struct rk_causal_count *
rk_causal_counted(void)
{
	return &count;
}

int
rk_causal_is_remote(const struct rk_params *set)
{
	return *rk_params_text(set, "remote") != '\0' ||
	    *rk_params_text(set, "url") != '\0';
}

/* --- the file --------------------------------------------------------------------- */

/* No network is there to read a text: one token stands for each. */
static int
encode_none(void *ctx, const struct rk_str *prompt, struct rk_ids *ids,
    struct rk_err *err)
{
	const int32_t one = 0;

	(void)ctx, (void)prompt, (void)err;
	rk_ids_add(ids, &one, 1);
	return 0;
}

static int
check_params(const struct rk_params *set, struct rk_err *err)
{
	const char *url = rk_params_text(set, "url");

	if (*url == '\0' || *rk_params_text(set, "remote") == '\0')
		return rk_err_set(err,
		    "url and remote go together: a server, and the name that "
		    "it has for the language model");
	if (*rk_params_text(set, "init") != '\0')
		return rk_err_set(err,
		    "either init, a language model to tune, or remote, one of "
		    "a server");
	return rk_http_check(url, 0, err);
}

int
rk_causal_remote_train(const struct rk_prefs *p, const struct rk_params *set,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err)
{
	const size_t five = RK_CAUSAL_LABELS;
	struct rk_tuned_data_how how = { .encode = encode_none };
	struct rk_causal_text text = { .tokens = 0 };
	struct rk_tuned_data data = { .n = 0 };
	struct rk_tuned_labels labels;
	double *gain;
	int rc = -1;

	if (check_params(set, err) == 0 &&
	    rk_causal_labels_read(
		&labels, rk_params_text(set, "labels"), err) == 0 &&
	    rk_causal_text_open(
		&text, rk_params_text(set, "template"), OWN, err) == 0 &&
	    rk_tuned_data_make(&data, &labels, p, &how, err) == 0) {
		gain = rk_array(NULL, five, sizeof *gain);
		memcpy(gain, labels.gain, five * sizeof *gain);
		rk_st_give(w, "causal.gain", RK_F64, 1, &five, gain);
		rk_tuned_put_bytes(w, "causal.template", text.template.source,
		    text.template.bytes);
		report->apart = 1;
		rc = 0;
	}
	rk_tuned_data_free(&data);
	rk_causal_text_free(&text);
	return rc;
}

void *
rk_causal_remote_open(const struct rk_st *st, const char *prefix,
    const struct rk_params *set, struct rk_err *err)
{
	struct model *m = rk_calloc(1, sizeof *m);
	const struct rk_tensor *t = NULL;

	m->name = rk_strdup(rk_params_text(set, "remote"));
	m->routellm = rk_params_is(set, "compat", "routellm");
	m->top = (int)rk_params_int(set, "top");
	if (rk_causal_labels_open(m->gain, st, prefix, err) == 0)
		t = rk_tuned_bytes(st, prefix, "causal.template", err);
	if (t != NULL &&
	    rk_causal_text_read(&m->text, t->data, t->count, err) == 0)
		return m;
	rk_causal_remote_close(m);
	return NULL;
}

void
rk_causal_remote_close(void *model)
{
	struct model *m = model;

	if (m == NULL)
		return;
	rk_paid_free(m->paid);
	rk_causal_text_free(&m->text);
	free(m->name);
	free(m);
}

/* --- a reply ------------------------------------------------------------------------ */

/* Probabilities of the scores, as far as the likeliest tokens say. */
struct shares {
	double p[RK_CAUSAL_LABELS], all;
};

/* White space at the ends, and "[[" and "]]", are passed over. */
static void
add_token(void *ctx, struct rk_str token, double logprob)
{
	struct shares *s = ctx;
	const char *p = token.p, *end = p + token.n;

	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	while (p < end && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	if (end - p == 5 && memcmp(p, "[[", 2) == 0 &&
	    memcmp(end - 2, "]]", 2) == 0) {
		p += 2;
		end -= 2;
	}
	if (end - p != 1 || *p < '1' || *p > '5')
		return;
	s->p[*p - '1'] += exp(logprob);
	s->all += exp(logprob);
}

static int
check_reply(struct rk_str body, struct rk_err *err)
{
	struct shares s = { .all = 0 };

	return rk_logprobs_read(body, add_token, &s, err);
}

static float
score_reply(const struct model *m, struct rk_str body)
{
	struct shares s = { .all = 0 };
	struct rk_err none = { { 0 } };
	float z[RK_CAUSAL_LABELS];
	size_t k;

	rk_logprobs_read(body, add_token, &s, &none);
	count.asked++;
	if (!(s.all > 0)) {
		count.silent++;
		return 1;
	}
	for (k = 0; k < RK_CAUSAL_LABELS; k++)
		z[k] = (float)log(s.p[k] / s.all); /* -inf: never */
	return (float)rk_causal_labels_score(z, m->gain, m->routellm);
}

/* --- a batch ------------------------------------------------------------------------ */

/* Is query I one to be asked? */
static int
is_query(const struct rk_queries *q, size_t i)
{
	return q->more != NULL && q->more->errs != NULL &&
	    q->text[i].p != NULL && !rk_err_is(q->more->errs[i]);
}

static void
ask(struct model *m, const struct rk_str *prompt)
{
	struct rk_buf text = { 0 }, body = { 0 };
	struct rk_paid_ask a = { .url = allowed.url,
		.key = allowed.key,
		.model = m->name,
		.check = check_reply };

	rk_template_fill(&m->text.template, prompt, &text);
	rk_logprobs_request(
	    &body, m->name, (struct rk_str){ text.p, text.n }, m->top);
	a.body = (struct rk_str){ body.p, body.n };
	a.tokens = (double)text.n / 4 + 1;
	rk_paid_add(m->paid, &a);
	rk_buf_free(&text);
	rk_buf_free(&body);
}

/* The reply to query I; what is wrong with it is the query's error. */
static void
take(struct model *m, const struct rk_queries *q, size_t i, float *score)
{
	const struct rk_paid_reply *r = rk_paid_next(m->paid);

	if (rk_err_is(&r->err))
		rk_err_set(q->more->errs[i], "%s: %s", m->name, r->err.msg);
	else
		*score = score_reply(m, r->body);
	if (rk_err_is(&r->unkept) && !rk_err_is(&m->why)) {
		count.unkept = r->unkept;
		rk_err_set(&m->why, "not asked: %s", r->unkept.msg);
	}
}

/* Where that cannot be, M says why. */
static void
open_paid(struct model *m)
{
	if (m->paid != NULL || rk_err_is(&m->why))
		return;
	if (is_allowed)
		m->paid = rk_paid_new(&allowed.paid, &m->why);
	else
		rk_err_set(&m->why,
		    "%s is a server's model: it scores in rl-score alone",
		    m->name);
}

/*
 * Asks ahead as many as are in flight and as many again: after an error what is
 * behind is not sent.
 */
void
rk_causal_remote_score(void *model, const struct rk_queries *q, float *scores)
{
	struct model *m = model;
	size_t ahead = 2 * (size_t)allowed.paid.http.flights;
	size_t *sent = rk_array(NULL, q->n, sizeof *sent);
	size_t n = 0, taken = 0, i;
	int stop = 0;

	open_paid(m);
	for (i = 0; i < q->n; i++) {
		scores[i] = .5f;
		if (!is_query(q, i))
			continue;
		if (rk_err_is(&m->why))
			*q->more->errs[i] = m->why;
		if (stop || rk_err_is(&m->why))
			continue;
		ask(m, &q->text[i]);
		sent[n++] = i;
		if (n - taken < ahead)
			continue;
		take(m, q, sent[taken], &scores[sent[taken]]);
		stop = allowed.stop && rk_err_is(q->more->errs[sent[taken]]);
		taken++;
	}
	for (; taken < n; taken++)
		take(m, q, sent[taken], &scores[sent[taken]]);
	free(sent);
}
