/* pair.c - a score against a threshold, and the guards. */
#include "policy/pair.h"

#include "policy/sample.h"

int
rk_pair_read(struct rk_pair_query *q, const struct rk_rec *rec,
    const struct rk_pair *pair, struct rk_err *err)
{
	const struct rk_terms *terms = &pair->terms;
	struct rk_request request;
	int i;

	for (i = 0; i < 2; i++)
		q->option[i] = (struct rk_option){ pair->name[i], 0, 0, NULL };
	if (rk_sample_score(&q->score, rec, terms->field, err) != 0)
		return -1;
	if (terms->prices == NULL)
		return 0;
	if (rk_options_request(&request, rec, terms, err) != 0)
		return -1;
	for (i = 0; i < 2; i++)
		q->option[i].guard = rk_options_guard(
		    pair->price[i], &request, terms->output_tokens);
	if (q->option[0].guard == NULL || q->option[1].guard == NULL)
		return 0;
	rk_options_none(q->option, 2, err);
	return 1;
}

void
rk_pair_decide(struct rk_pair_query *q, const struct rk_pair *pair)
{
	q->threshold = pair->track ? pair->track->threshold : pair->threshold;
	if (q->option[RK_WEAK].guard != NULL)
		q->to = RK_STRONG;
	else if (q->option[RK_STRONG].guard != NULL)
		q->to = RK_WEAK;
	else if (pair->track != NULL)
		q->to = rk_track_decide(pair->track, q->score);
	else
		q->to = q->score >= q->threshold;
}
