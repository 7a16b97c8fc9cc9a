/* net-plan.c - what a run would take, what a cache holds, how far a run is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "base/digest.h"
#include "base/num.h"

void
net_plan_add(struct net_plan *p, const struct net_request *r, int cached)
{
	const struct net_target *t = r->target;
	uint64_t d = rk_digest(
	    rk_digest(0, t->url, strlen(t->url)), r->body.p, r->body.n);
	double input = ceil((double)r->body.n / 4);

	p->cached += (size_t)cached;
	if (cached || rk_set_add(&p->seen, d))
		return;
	p->calls++;
	p->input += input;
	p->output += r->max_tokens;
	p->dollars += rk_prices_cost(t->price, input, r->max_tokens);
	p->no_input |= r->opaque;
	p->no_output |= r->max_tokens == 0;
	p->no_price |= t->price == NULL ||
	    (r->max_tokens == 0 && t->price->output > 0) ||
	    (r->opaque && t->price->input > 0);
}

static void
add_number(struct rk_buf *out, const char *name, double x, int known)
{
	char text[32] = "null";
	size_t n = known ? rk_num_print_f64(text, x) : 4;

	rk_buf_addf(out, ",\"%s\":", name);
	rk_buf_add(out, text, n);
}

void
net_plan_print(const struct net_plan *p, struct rk_buf *out)
{
	rk_buf_addf(out, "{\"records\":%zu,\"cached\":%zu,\"calls\":%zu",
	    p->records, p->cached, p->calls);
	add_number(out, "input_tokens", p->input, !p->no_input);
	add_number(out, "output_tokens", p->output, !p->no_output);
	/* in parts of a billionth: sums of prices end in noise */
	add_number(out, "dollars", round(p->dollars * 1e9) / 1e9, !p->no_price);
	rk_buf_adds(out, "}\n");
}

void
net_plan_free(struct net_plan *p)
{
	rk_set_free(&p->seen);
}

struct stats {
	struct rk_buf models;
	double answers, bytes;
};

static void
add_model(void *ctx, const char *model, double answers, double bytes)
{
	struct stats *s = ctx;

	s->answers += answers;
	s->bytes += bytes;
	rk_buf_addc(&s->models, s->models.n > 0 ? ',' : '{');
	rk_buf_json(&s->models, model, strlen(model));
	rk_buf_addf(
	    &s->models, ":{\"answers\":%.0f,\"bytes\":%.0f}", answers, bytes);
}

int
net_stats(struct rk_cache *c, struct rk_buf *out, struct rk_err *err)
{
	struct stats s = { .answers = 0 };
	int rc = rk_cache_each(c, add_model, &s, err);

	if (s.models.n > 0)
		rk_buf_addc(&s.models, '}');
	rk_buf_addf(out, "{\"answers\":%.0f,\"bytes\":%.0f,\"models\":%s}\n",
	    s.answers, s.bytes, s.models.n > 0 ? s.models.p : "{}");
	rk_buf_free(&s.models);
	return rc;
}

void
net_progress(char *out, size_t size, const struct rk_meter *m, size_t answers,
    double spent, double done)
{
	char text[96];
	double seconds = rk_meter_now() - m->start;

	snprintf(text, sizeof text, "%zu answers, %.3g/s, $%.4g spent", answers,
	    seconds > 0 ? (double)answers / seconds : 0, spent);
	if (done > 0)
		rk_meter_share(m, done, text, out, size);
	else
		snprintf(out, size, "%s", text);
}
