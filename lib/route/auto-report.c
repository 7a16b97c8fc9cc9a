/* auto-report.c - what auto chose: for programs, for those who look on, and what
 * one must know anyhow. */
#include "route/auto-report.h"

#include <math.h>

static int
is_chosen(const struct rk_auto_verdict *v, size_t trial)
{
	size_t i;

	for (i = 0; i < v->members; i++)
		if (v->member[i] == trial)
			return 1;
	return 0;
}

static void
add_num(struct rk_buf *b, const char *before, double x)
{
	rk_buf_adds(b, before);
	if (isfinite(x))
		rk_buf_addf(b, "%.6g", x);
	else
		rk_buf_adds(b, "null");
}

static void
add_diff(struct rk_buf *b, const char *name, const struct rk_evidence_diff *d)
{
	rk_buf_addf(b, ",\"%s\":{\"error_less\":", name);
	add_num(b, "", d->diff);
	add_num(b, ",\"lo\":", d->lo);
	add_num(b, ",\"hi\":", d->hi);
	rk_buf_adds(b, "}");
}

static void
put_record(const struct rk_auto_search *s, const struct rk_auto_verdict *v,
    struct rk_report *report)
{
	struct rk_buf *b = &report->json;
	size_t i;

	rk_report_num(report, "prompts_compared", (double)s->prompts);
	rk_buf_addf(b, ",\"compared_by\":\"%s\"",
	    s->by_all ? "all comparisons" : "the pair");
	add_num(b, ",\"error\":", v->error);
	add_num(b, ",\"error_of_constant\":", s->constant_error);
	rk_buf_adds(b, ",\"candidates\":[");
	for (i = 0; i < s->count; i++) {
		const struct rk_auto_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(b,
		    "%s{\"router\":\"%s\",\"set\":\"%s\",\"features\":\"%s\"",
		    i ? "," : "", t->router, t->params, t->blocks);
		add_num(b, ",\"error\":", t->error);
		rk_buf_addf(b, ",\"chosen\":%s}",
		    is_chosen(v, s->order[i]) ? "true" : "false");
	}
	rk_buf_addf(b, "],\"beats_constant\":%s",
	    v->constant.lo > 0 ? "true" : "false");
	add_diff(b, "against_constant", &v->constant);
	rk_buf_addf(
	    b, ",\"length_alone\":%s", v->length_alone ? "true" : "false");
	rk_buf_addf(b, ",\"gain_falls_with_length\":%s,\"guard\":%g",
	    v->falls ? "true" : "false", v->guard);
	if (v->has_length) {
		rk_buf_addf(b, ",\"beats_length\":%s",
		    v->length.lo > 0 ? "true" : "false");
		add_diff(b, "against_length", &v->length);
	}
}

/* "0.0140 [0.0041, 0.0252]", in parts of the constant's error. */
static void
say_diff(struct rk_buf *b, const char *before, const struct rk_evidence_diff *d,
    double of)
{
	rk_buf_addf(b, "%s%.4f [%.4f, %.4f]", before, d->diff / of, d->lo / of,
	    d->hi / of);
}

static void
put_table(const struct rk_auto_search *s, const struct rk_auto_verdict *v,
    struct rk_buf *b)
{
	double of = s->constant_error;
	size_t i;

	rk_buf_addf(b, "%-8s %-24s %-18s %-7s\n", "router", "parameters",
	    "features", "error, of a constant's");
	for (i = 0; i < s->count; i++) {
		const struct rk_auto_trial *t = &s->trial[s->order[i]];
		rk_buf_addf(
		    b, "%-8s %-24s %-18s ", t->router, t->params, t->blocks);
		if (isfinite(t->error))
			rk_buf_addf(b, "%.4f%s\n", t->error / of,
			    is_chosen(v, s->order[i]) ? " chosen" : "");
		else
			rk_buf_adds(b, "could not be trained\n");
	}
	rk_buf_addf(b,
	    "compared on %zu prompts by the squared error of the gain of %s, "
	    "in %d folds\n",
	    s->prompts, s->by_all ? "all comparisons" : "the pair", s->folds);
	rk_buf_addf(b, "%s: %.4f",
	    s->by_all ? "the best" : "the best ones' mean rank", v->error / of);
	say_diff(b, ", below a constant's by ", &v->constant, of);
	if (v->has_length)
		say_diff(b, ", below length's by ", &v->length, of);
	rk_buf_addc(b, '\n');
	if (v->guard > 0)
		rk_buf_addf(b,
		    "outside of what was trained on, beyond all but %g %% of "
		    "these prompts, queries are scored by their length: the "
		    "longer, the more for the strong model\n",
		    100 * v->guard);
}

static void
put_note(const struct rk_auto_search *s, const struct rk_auto_verdict *v,
    struct rk_buf *b)
{
	double of = s->constant_error;

	if (s->by_all)
		rk_buf_addf(b,
		    "%zu prompts have a comparison of the pair: candidates "
		    "were compared by all comparisons of %zu prompts\n",
		    s->with_pair, s->prompts);
	if (!(v->constant.lo > 0)) {
		say_diff(b,
		    "nothing is surely better than a constant: of its "
		    "error is saved ",
		    &v->constant, of);
		rk_buf_addc(b, '\n');
	}
	if (v->has_length && !(v->length.lo > 0)) {
		say_diff(b,
		    "nothing is surely better than the length of the "
		    "prompt: of a constant's error is saved beyond it ",
		    &v->length, of);
		rk_buf_addc(b, '\n');
	}
	if (v->falls)
		rk_buf_adds(b,
		    "longer prompts have the smaller gain here; by answer keys "
		    "they mostly have the larger: what such labels teach may "
		    "not hold for queries that are judged otherwise\n");
	if (v->length_alone)
		rk_buf_adds(b, "the model is the length of the prompt alone\n");
}

void
rk_auto_report(const struct rk_auto_search *s, const struct rk_auto_verdict *v,
    struct rk_report *report)
{
	put_record(s, v, report);
	put_table(s, v, &report->table);
	put_note(s, v, &report->note);
}
