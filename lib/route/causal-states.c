/* causal-states.c - states of all texts, some at a time. */
#include "route/causal-states.h"

#include <stdlib.h>
#include <string.h>

#include "nn/decoder.h"
#include "route/checkpoint.h"

enum { BLOCK = 64 }; /* texts between two checkpoints, at least */

static const char tensor[] = "fit.states";

struct run {
	const struct rk_causal_states *of;
	struct rk_decoder *nn;
	struct rk_decoder_last last;
	struct rk_decoder_prefix *prefix;
	struct rk_text *text; /* [n], what follows the prefix */
	float *x;             /* [n, d] */
	size_t n, d, done;
};

static void
put(void *ctx, struct rk_st_writer *w)
{
	const struct run *r = ctx;

	rk_st_put(
	    w, tensor, RK_F32, 2, (const size_t[]){ r->done, r->d }, r->x);
}

/* What a checkpoint has of them. */
static int
resume(struct run *r, struct rk_checkpoint *c, struct rk_err *err)
{
	const struct rk_tensor *t;
	struct rk_st *st;

	if (rk_checkpoint_open(c, &st, err) != 0)
		return -1;
	t = st != NULL ? rk_st_find(st, tensor) : NULL;
	if (t != NULL && t->dtype == RK_F32 && t->ndim == 2 &&
	    t->shape[0] <= r->n && t->shape[1] == r->d) {
		memcpy(r->x, t->data, t->count * sizeof *r->x);
		r->done = t->shape[0];
	}
	rk_st_close(st);
	return 0;
}

static int
compute(struct run *r, struct rk_pool *pool, struct rk_checkpoint *c,
    const struct rk_watch *watch, struct rk_err *err)
{
	size_t from = r->of->from, m;

	if (r->done < from)
		r->done = from;
	for (; r->done < r->n; r->done += m) {
		m = r->n - r->done < BLOCK ? r->n - r->done : BLOCK;
		if (r->done > from &&
		    rk_checkpoint_step(c, watch, put, r, err) != 0)
			return -1;
		rk_watch_say(watch,
		    (double)(r->done - from) / (double)(r->n - from),
		    "text %zu of %zu", r->done - from, r->n - from);
		rk_decoder_last(&r->last, r->x + r->done * r->d, r->prefix,
		    r->text + r->done, m, pool);
	}
	return 0;
}

static int
open_decoder(struct run *r, struct rk_pool *pool, struct rk_err *err)
{
	const struct rk_ids *prefix = &r->of->text->prefix;
	const struct rk_tuned_data *data = r->of->data;
	const struct rk_causal_init *in = r->of->init;
	size_t i;

	r->nn = rk_decoder_of(&in->of.decoder, &in->files, NULL, err);
	if (r->nn == NULL ||
	    rk_decoder_widen(r->nn, RK_DECODER_BUDGET, pool, err) != 0)
		return -1;
	r->last.decoder = r->nn;
	if (prefix->n > 0)
		r->prefix = rk_decoder_prefix_new(
		    r->nn, (const uint32_t *)prefix->p, prefix->n);
	r->text = rk_array(NULL, r->n, sizeof *r->text);
	for (i = 0; i < r->n; i++) {
		r->text[i] = rk_tuned_data_text(data, &data->e[i]);
		r->text[i].ids += prefix->n;
		r->text[i].t -= prefix->n;
	}
	return 0;
}

float *
rk_causal_states_find(const struct rk_causal_states *s, struct rk_pool *pool,
    struct rk_checkpoint *checkpoint, const struct rk_watch *watch,
    struct rk_err *err)
{
	struct run r = { .of = s, .n = s->data->n + s->data->held };
	int rc = -1;

	r.d = s->init->of.decoder.d;
	r.x = rk_calloc(r.n * r.d, sizeof *r.x);
	if (resume(&r, checkpoint, err) == 0 &&
	    (r.done == r.n || open_decoder(&r, pool, err) == 0))
		rc = compute(&r, pool, checkpoint, watch, err);
	rk_decoder_last_free(&r.last);
	rk_decoder_prefix_free(r.prefix);
	rk_decoder_free(r.nn);
	free(r.text);
	if (rc == 0)
		return r.x;
	free(r.x);
	return NULL;
}
