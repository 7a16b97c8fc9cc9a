/* options.c - from a record to the models it can go to, and the best. */
#include "policy/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Times RK_LAMBDA_MAX it is a number yet. */
#define MAX_QUALITY 1e6

/* --- reading ---------------------------------------------------------------- */

static int
add_option(void *ctx, const char *name, double quality)
{
	struct rk_options *out = ctx;

	RK_GROW(out->o, out->n, out->cap);
	out->o[out->n++] = (struct rk_option){ name, quality, NAN, NULL };
	return 0;
}

struct costs {
	struct rk_options *out;
	size_t next; /* both objects mostly have one order */
	struct rk_err *err;
};

static int
set_cost(void *ctx, const char *name, double cost)
{
	struct costs *c = ctx;
	struct rk_option *o = c->out->o;
	size_t i, at = c->next, n = c->out->n;

	if (!(cost >= 0 && cost <= RK_DOLLARS_MAX))
		return rk_err_set(c->err,
		    "predicted_costs.%s: expected dollars, from 0 to %g, found "
		    "%g",
		    name, RK_DOLLARS_MAX, cost);
	for (i = 0; i < n && strcmp(o[at].name, name) != 0; i++)
		at = at + 1 < n ? at + 1 : 0;
	if (i == n) /* a model that has no quality */
		return 0;
	o[at].cost = cost;
	c->next = at + 1 < n ? at + 1 : 0;
	return 0;
}

const char *
rk_options_guard(
    const struct rk_price *p, const struct rk_request *q, double output_tokens)
{
	double tokens = (double)q->bytes / RK_BYTES_PER_TOKEN + output_tokens;

	if (q->tools && !p->tools)
		return "tools";
	if (q->images && !p->images)
		return "images";
	return tokens > p->context ? "context" : NULL;
}

/* What is said of a record where no query was found. */
static const char *
no_text(const struct rk_terms *terms)
{
	return terms->prompt != NULL ? "the prompt is missing"
				     : "neither prompt nor messages";
}

int
rk_options_request(struct rk_request *q, const struct rk_rec *rec,
    const struct rk_terms *terms, struct rk_err *err)
{
	const struct rk_prices *prices = terms->prices;
	size_t i;

	if (rk_request_read(q, rec, terms->prompt, err) != 0)
		return -1;
	for (i = 0; i < prices->k && !q->has_text; i++)
		if (isfinite(prices->price[i].context))
			return rk_err_set(err,
			    "%s: is it longer than %s's context?",
			    no_text(terms), prices->price[i].name);
	return 0;
}

/* The cost where none was predicted, and the guard. */
static int
price_option(struct rk_options *out, struct rk_option *o,
    const struct rk_request *q, const struct rk_terms *terms,
    struct rk_err *err)
{
	const struct rk_price *p;

	if (terms->prices == NULL && isnan(o->cost))
		return rk_err_set(err,
		    "%s.%s: no price: neither predicted_costs nor a file of "
		    "models has one",
		    terms->field, o->name);
	if (terms->prices == NULL)
		return 0;
	p = rk_prices_find(terms->prices, o->name);
	if (p == NULL)
		return rk_err_set(err, "%s.%s: no such model in %s",
		    terms->field, o->name, terms->prices_name);
	o->guard = rk_options_guard(p, q, terms->output_tokens);
	if (!isnan(o->cost)) {
		out->foretold++;
		return 0;
	}
	if (p->input > 0 && !q->has_text)
		return rk_err_set(
		    err, "%s: what would %s cost?", no_text(terms), o->name);
	o->cost = p->call +
	    (p->input * ((double)q->bytes / RK_BYTES_PER_TOKEN) +
		p->output * terms->output_tokens) /
		1e6;
	return 0;
}

int
rk_options_read(struct rk_options *out, const struct rk_rec *rec,
    const struct rk_terms *terms, struct rk_err *err)
{
	struct costs costs = { out, 0, err };
	struct rk_request q = { 0 };
	size_t i;
	int found;

	out->n = 0;
	found = rk_rec_each_number(rec, terms->field, add_option, out, err);
	if (found < 0)
		return -1;
	if (out->n == 0)
		return rk_err_set(
		    err, "%s: %s", terms->field, found ? "empty" : "missing");
	if (!terms->by_prices &&
	    (rk_rec_each_number(rec, "predicted_costs", set_cost, &costs, err) <
		    0 ||
		rk_err_is(err)))
		return -1;
	if (terms->prices != NULL &&
	    rk_options_request(&q, rec, terms, err) != 0)
		return -1;
	for (i = 0; i < out->n; i++)
		if (fabs(out->o[i].quality) > MAX_QUALITY)
			return rk_err_set(err,
			    "%s.%s: expected a quality, from 0 to 1, found %g",
			    terms->field, out->o[i].name, out->o[i].quality);
	for (i = 0; i < out->n; i++)
		if (price_option(out, &out->o[i], &q, terms, err) != 0)
			return -1;
	return 0;
}

void
rk_options_free(struct rk_options *out)
{
	free(out->o);
	*out = (struct rk_options){ .o = NULL };
}

/* --- choosing ---------------------------------------------------------------- */

static double
worth(const struct rk_option *o, double lambda)
{
	return lambda * o->quality - o->cost;
}

static int
is_better(const struct rk_option *a, const struct rk_option *b, double lambda)
{
	double x = worth(a, lambda), y = worth(b, lambda);

	if (x != y)
		return x > y;
	if (a->cost != b->cost)
		return a->cost < b->cost;
	if (a->quality != b->quality)
		return a->quality > b->quality;
	return strcmp(a->name, b->name) < 0;
}

size_t
rk_options_best(const struct rk_option *o, size_t n, double lambda)
{
	size_t i, best = n;

	for (i = 0; i < n; i++)
		if (o[i].guard == NULL &&
		    (best == n || is_better(&o[i], &o[best], lambda)))
			best = i;
	return best;
}

int
rk_options_none(const struct rk_option *o, size_t n, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		rk_buf_addf(
		    &b, "%s%s: %s", i > 0 ? ", " : "", o[i].name, o[i].guard);
	rk_err_set(err, "no model can take it (%s)", b.p);
	rk_buf_free(&b);
	return -1;
}
