/* column.c - records are taken in one by one, means are made at the end. */
#include "pref/column.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/prices.h"

/* What was said of a prompt. */
struct rk_column_cell {
	double quality, cost; /* sums */
	size_t n, costs;
};

/* A number of the model in the object FIELD: 1, 0 where there is none, -1. */
static int
number(
    const struct rk_column *c, struct rk_rec *r, const char *field, double *out)
{
	return rk_rec_has(r, field)
	    ? rk_rec_number_in(r, field, c->model, out, &r->err)
	    : 0;
}

static int
read_quality(const struct rk_column *c, struct rk_rec *r, double *q)
{
	int found = number(c, r, "quality", q);

	if (found != 1)
		return found;
	if (!(*q >= c->lo && *q <= c->hi))
		return rk_err_set(&r->err,
		    "quality.%s: %g is outside the range %g to %g", c->model,
		    *q, c->lo, c->hi);
	/* halves: hi - lo may not be finite */
	*q = (*q / 2 - c->lo / 2) / (c->hi / 2 - c->lo / 2);
	return 1;
}

static int
read_cost(const struct rk_column *c, struct rk_rec *r, double *usd)
{
	int found = number(c, r, "cost", usd);

	if (found == 1 && !(*usd >= 0 && *usd <= RK_DOLLARS_MAX))
		return rk_err_set(&r->err,
		    "cost.%s: expected dollars, from 0 to %g, found %g",
		    c->model, RK_DOLLARS_MAX, *usd);
	return found;
}

/* The prompt's digest, as rl-train has it: of its text, or its embedding. */
static int
read_digest(const struct rk_column *c, struct rk_rec *r, struct rk_str *text,
    uint64_t *digest)
{
	int found = rk_rec_prompt(r, &c->prompt, text, &r->err);
	float *x;
	size_t d;

	if (found == 1)
		*digest = rk_num_hash(text->p, text->n);
	if (found != 0)
		return found;
	if (c->text || rk_rec_embedding_dim(r, &d, &r->err) != 1)
		return rk_err_set(&r->err, "%s: missing",
		    c->prompt.field ? c->prompt.field : "prompt");
	x = rk_floats(d);
	found = rk_rec_embedding(r, x, d, &r->err);
	*digest = rk_num_hash(x, d * sizeof *x);
	free(x);
	return found == 1 ? 0 : -1;
}

/* The cell of the record's prompt, which is added where it is new. */
static struct rk_column_cell *
cell_of(
    struct rk_column *c, uint64_t digest, struct rk_str text, const float *unit)
{
	long i = rk_prompts_find(&c->prompts, digest);

	if (i >= 0)
		return &c->cell[i];
	rk_prompts_add(&c->prompts, digest, text, unit);
	RK_GROW(c->cell, c->cells, c->cap);
	c->cell[c->cells] = (struct rk_column_cell){ 0 };
	return &c->cell[c->cells++];
}

static void
take(struct rk_column *c, struct rk_rec *r, const float *unit)
{
	struct rk_str text = { NULL, 0 };
	struct rk_column_cell *cell;
	double q = 0, usd = 0;
	uint64_t digest = 0;
	int found = read_quality(c, r, &q);
	int costs = found == 1 ? read_cost(c, r, &usd) : 0;
	int has_text = found == 1 ? read_digest(c, r, &text, &digest) : 0;

	if (rk_err_is(&r->err))
		return;
	c->records++;
	c->without += found == 0;
	if (found == 0)
		return;
	c->textless += has_text == 0;
	cell = cell_of(c, digest, text, unit);
	cell->quality += q;
	cell->n++;
	if (costs == 1) {
		cell->cost += usd;
		cell->costs++;
		c->costs++;
	}
	c->sum = rk_num_mix(c->sum ^ digest);
	c->sum = rk_num_mix(c->sum ^ rk_num_hash(&q, sizeof q));
	c->sum = rk_num_mix(c->sum ^ rk_num_hash(&usd, sizeof usd));
}

void
rk_column_add(
    struct rk_column *c, struct rk_rec *rec, size_t n, struct rk_pool *pool)
{
	struct rk_vectors *v = c->vectors;
	size_t i;

	c->prompts.keep_text = 1;
	if (v != NULL) {
		rk_vectors_read(v, rec, n, pool);
		c->prompts.d = v->d;
	}
	for (i = 0; i < n; i++)
		if (!rk_err_is(&rec[i].err))
			take(c, &rec[i], v ? v->unit + i * v->d : NULL);
}

/* The means; a cost of the records makes a table of costs. */
static void
make_tables(struct rk_column *c)
{
	size_t i;

	c->quality = rk_floats(c->cells);
	c->cost = c->costs > 0 ? rk_floats(c->cells) : NULL;
	for (i = 0; i < c->cells; i++) {
		const struct rk_column_cell *x = &c->cell[i];
		c->quality[i] = (float)(x->quality / (double)x->n);
		if (c->cost != NULL)
			c->cost[i] = x->costs > 0
			    ? (float)(x->cost / (double)x->costs)
			    : NAN;
	}
}

int
rk_column_finish(
    struct rk_column *c, const struct rk_prefs **p, struct rk_err *err)
{
	if (c->cells == 0)
		return rk_err_set(err,
		    "none of %zu records has the quality of '%s'", c->records,
		    c->model);
	make_tables(c);
	c->valid = rk_calloc(c->cells, 1);
	c->first = rk_calloc(c->cells + 1, sizeof *c->first);
	c->name[0] = (char *)c->model;
	c->prefs = (struct rk_prefs){ .k = 1,
		.model = c->name,
		.n = c->cells,
		.d = c->prompts.d,
		.emb = c->prompts.emb,
		.text = c->textless == 0 ? c->prompts.text : NULL,
		.digest = c->prompts.digest,
		.valid = c->valid,
		.first = c->first,
		.strong = 1,
		.weak = 1,
		.quality = c->quality,
		.cost = c->cost };
	*p = &c->prefs;
	return 0;
}

void
rk_column_report(const struct rk_column *c, struct rk_buf *out)
{
	rk_buf_addf(out, "\"records\":%zu,", c->records);
	if (c->without > 0)
		rk_buf_addf(
		    out, "\"dropped\":{\"no_quality\":%zu},", c->without);
	rk_buf_addf(out, "\"prompts\":%zu,\"digest\":\"%016" PRIx64 "\"",
	    c->cells, c->sum);
}

void
rk_column_free(struct rk_column *c)
{
	rk_prompts_free(&c->prompts);
	free(c->cell);
	free(c->quality);
	free(c->cost);
	free(c->valid);
	free(c->first);
}
