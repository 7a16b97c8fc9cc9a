/* auto-report.c - what auto chose: for programs, for those who look on, and what
 * one must know anyhow. */
#include "route/auto-report.h"

static void
put_record(const struct rk_search *s, const struct rk_auto_verdict *v,
    struct rk_report *report)
{
	struct rk_buf *b = &report->json;

	rk_report_num(report, "prompts_compared", (double)s->prompts);
	rk_buf_addf(b, ",\"compared_by\":\"%s\"",
	    s->by_all ? "all comparisons" : "the pair");
	rk_search_put_num(b, ",\"error\":", v->error);
	rk_search_put(s, v->member, v->members, b);
	rk_search_put_diff(b, "constant", &v->constant);
	rk_buf_addf(
	    b, ",\"length_alone\":%s", v->length_alone ? "true" : "false");
	rk_buf_addf(b, ",\"against_labels\":%s", v->against ? "true" : "false");
	rk_buf_addf(b, ",\"gain_falls_with_length\":%s,\"guard\":%g",
	    v->falls ? "true" : "false", v->guard);
	if (v->has_length)
		rk_search_put_diff(b, "length", &v->length);
}

/* "0.0140 [0.0041, 0.0252]", in parts of the constant's error. */
static void
say_diff(const struct rk_search *s, struct rk_buf *b, const char *before,
    const struct rk_evidence_diff *d)
{
	rk_buf_addf(b, "%s%.4f [%.4f, %.4f]", before,
	    rk_search_part(s, d->diff), rk_search_part(s, d->lo),
	    rk_search_part(s, d->hi));
}

static void
put_table(const struct rk_search *s, const struct rk_auto_verdict *v,
    struct rk_buf *b)
{
	rk_search_table(s, v->member, v->members, b);
	rk_buf_addf(b, "%s: %.4f",
	    s->by_all ? "the best" : "the best ones' mean rank",
	    rk_search_part(s, v->error));
	say_diff(s, b, ", below a constant's by ", &v->constant);
	if (v->has_length)
		say_diff(s, b, ", below length's by ", &v->length);
	rk_buf_addc(b, '\n');
	if (v->guard > 0)
		rk_buf_addf(b,
		    "outside of what was trained on, beyond all but %g %% of "
		    "these prompts, queries are scored by their length: the "
		    "longer, the more for the strong model\n",
		    100 * v->guard);
}

static void
put_note(const struct rk_search *s, const struct rk_auto_verdict *v,
    struct rk_buf *b)
{
	if (s->by_all)
		rk_buf_addf(b,
		    "%zu prompts have a comparison of the pair: candidates "
		    "were compared by all comparisons of %zu prompts\n",
		    s->with_pair, s->prompts);
	if (rk_search_flat(s)) {
		rk_buf_adds(b,
		    "every prompt has the same gain: there is nothing to "
		    "learn\n");
		return;
	}
	if (!(v->constant.lo > 0)) {
		say_diff(s, b,
		    "nothing is surely better than a constant: of the "
		    "constant's error, the best saves ",
		    &v->constant);
		rk_buf_addc(b, '\n');
	}
	if (v->has_length && !(v->length.lo > 0)) {
		say_diff(s, b,
		    "nothing is surely better than the length of the "
		    "prompt: of a constant's error, the best saves more than "
		    "length does by ",
		    &v->length);
		rk_buf_addc(b, '\n');
	}
	if (v->falls)
		rk_buf_adds(b,
		    "longer prompts have the smaller gain here; by answer keys "
		    "they mostly have the larger: what such labels teach may "
		    "not hold for queries that are judged otherwise\n");
	if (v->against)
		rk_buf_adds(b,
		    "the model is the length of the prompt alone, the longer "
		    "the more for the strong model: of these battles the one "
		    "sure lesson is the opposite, little and perhaps the "
		    "judge's taste; --set falling=learnt follows them\n");
	else if (v->length_alone)
		rk_buf_adds(b, "the model is the length of the prompt alone\n");
}

void
rk_auto_report(const struct rk_search *s, const struct rk_auto_verdict *v,
    struct rk_report *report)
{
	put_record(s, v, report);
	put_table(s, v, &report->table);
	put_note(s, v, &report->note);
}
