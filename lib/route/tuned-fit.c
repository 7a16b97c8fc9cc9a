/* tuned-fit.c - the loop: a step, a look, a checkpoint. */
#include "route/tuned-fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "eval/curve.h"
#include "io/meter.h"
#include "nn/ops.h"
#include "route/checkpoint.h"
#include "route/tuned-file.h"
#include "route/tuned-order.h"

enum { COUNTERS = 6 };

struct run {
	struct rk_tuned_fit *f;
	struct rk_tune *t;
	struct rk_pool *pool;
	struct rk_tune_text *text; /* [batch], of the step */
	struct rk_tune_text *held; /* [data->held] */
	struct rk_tuned_order order;
	double loss, seen; /* summed over the steps since the last look */
	/* the best look so far */
	float *best; /* [t->n] */
	double best_value;
	long best_at, looks, best_look;
	double tokens, began; /* of this run, for its rate */
};

/* --- a step ------------------------------------------------------------------ */

static struct rk_tune_text
text_of(const struct run *r, size_t i)
{
	const struct rk_tuned_data *data = r->f->data;
	const struct rk_tuned_example *e = &data->e[i];

	return (struct rk_tune_text){ .text = rk_tuned_data_text(data, e),
		.want = r->t->o.labels > 1 ? e->share : &e->gain,
		.state = r->f->states ? r->f->states + i * r->t->d : NULL };
}

/* The examples of the step: batches run on over the ends of epochs. */
static void
pick(struct run *r)
{
	size_t at = (size_t)r->t->w.step * r->f->batch, i;

	for (i = 0; i < r->f->batch; i++) {
		r->text[i] = text_of(r, rk_tuned_order_at(&r->order, at + i));
		r->tokens += (double)r->text[i].text.t;
	}
}

static int
step(struct run *r, struct rk_err *err)
{
	double loss;

	pick(r);
	loss = rk_tune_step(r->t, r->text, r->f->batch, r->pool);
	if (!isfinite(loss) && r->t->w.step <= 1)
		return rk_err_set(err,
		    "the loss is not finite before the first step: the "
		    "weights of init are too large");
	if (!isfinite(loss))
		return rk_err_set(err,
		    "the loss is not finite in step %ld: a smaller lr is "
		    "needed",
		    r->t->w.step);
	r->loss += loss;
	r->seen++;
	r->f->loss = r->loss / r->seen;
	return 0;
}

/* --- a look at those held ------------------------------------------------------- */

/* The logits of those held, and their mean loss. */
static void
look(struct run *r)
{
	const struct rk_tune_options *o = &r->t->o;
	struct rk_tuned_fit *f = r->f;
	double loss = 0;
	size_t i, k;

	rk_tune_predict(r->t, f->z, r->held, f->data->held, r->pool);
	for (i = 0; i < f->data->held; i++) {
		const float *want = r->held[i].want;
		float *z = f->z + i * o->labels;
		for (k = 0; k < o->labels; k++)
			z[k] += f->shift[k];
		loss += o->loss == RK_TUNE_ENTROPY
		    ? rk_ops_cross_entropy(NULL, z, want, 0, o->labels)
		    : rk_ops_squared(NULL, z, want, 0, o->labels);
	}
	f->held_loss = loss / (double)f->data->held;
}

/* The gain that logits say. */
static double
gain_of(const float *z, size_t n, const struct rk_tuned_labels *labels)
{
	double p[RK_TUNED_LABELS], gain = 0;
	size_t k;

	if (n == 1)
		return (double)z[0];
	rk_ops_softmax(p, z, n);
	for (k = 0; k < n; k++)
		gain += p[k] * labels->gain[k];
	return gain;
}

/* NaN where the strong model is not better on those held. */
static double
apgr(const struct run *r)
{
	const struct rk_tuned_data *data = r->f->data;
	size_t n = data->held, labels = r->t->o.labels, i;
	double *weak = rk_calloc(3 * n, sizeof *weak), *strong = weak + n;
	double *score = strong + n, fig[RK_FIGS];
	struct rk_outcomes o = { n, weak, strong };
	struct rk_err none = { { 0 } };
	struct rk_curve *c;

	fig[RK_FIG_APGR] = NAN;
	for (i = 0; i < n; i++) {
		strong[i] = (double)data->e[data->n + i].gain;
		score[i] = gain_of(r->f->z + i * labels, labels, r->f->labels);
	}
	c = rk_curve_new(&o, score, RK_CURVE_EXACT, &none);
	if (c != NULL)
		rk_curve_figures(c, NULL, fig);
	rk_curve_free(c);
	free(weak);
	return fig[RK_FIG_APGR];
}

/* What is to fall; where there is no APGR, it is the loss. */
static double
value_of(const struct run *r)
{
	double value = r->f->by_apgr ? -apgr(r) : NAN;

	return isnan(value) ? r->f->held_loss : value;
}

/* Keeps the weights where they are the best so far; 1 to go on. */
static int
judge(struct run *r)
{
	const struct rk_tuned_fit *f = r->f;
	double value;

	if (f->data->held == 0)
		return 1;
	look(r);
	value = value_of(r);
	r->looks++;
	if (r->looks == 1 || value < r->best_value) {
		r->best_value = value;
		r->best_at = r->t->w.step;
		r->best_look = r->looks;
		memcpy(r->best, r->t->w.p, r->t->w.n * sizeof *r->best);
	}
	return f->patience == 0 || r->looks - r->best_look < f->patience;
}

/* --- checkpoints ------------------------------------------------------------------ */

static void
put_state(void *ctx, struct rk_st_writer *w)
{
	const struct run *r = ctx;
	const double now_at[COUNTERS] = { r->loss, r->seen, r->best_value,
		(double)r->best_at, (double)r->looks, (double)r->best_look };
	const size_t counters = COUNTERS;
	double *c = rk_malloc(sizeof now_at);

	memcpy(c, now_at, sizeof now_at);
	rk_tune_put(r->t, w);
	rk_st_give(w, "fit.counters", RK_F64, 1, &counters, c);
	if (r->f->states != NULL)
		rk_st_put(w, "fit.states", RK_F32, 2,
		    (const size_t[]){
			r->f->data->n + r->f->data->held, r->t->d },
		    r->f->states);
	if (r->looks > 0)
		rk_st_put(w, "fit.best", RK_F32, 1, &r->t->w.n, r->best);
}

/* Those that count are whole, and no more than an int holds. */
static const double *
counters_of(const struct rk_st *st, struct rk_err *err)
{
	const size_t counters = COUNTERS;
	const struct rk_tensor *t = rk_st_need(
	    st, "fit.counters", RK_F64, 1, &counters, err);
	const double *c = t != NULL ? t->data : NULL;
	size_t i;

	for (i = 3; i < counters && c != NULL; i++)
		if (!(c[i] >= 0 && c[i] <= INT32_MAX) || c[i] != floor(c[i])) {
			rk_err_set(
			    err, "fit.counters: found %g at %zu", c[i], i);
			return NULL;
		}
	return c;
}

static int
get_state(struct run *r, const struct rk_st *st, struct rk_err *err)
{
	const struct rk_tensor *t;
	const double *c = counters_of(st, err);

	if (c == NULL || rk_tune_get(r->t, st, err) != 0)
		return -1;
	r->loss = c[0];
	r->seen = c[1];
	r->best_value = c[2];
	r->best_at = (long)c[3];
	r->looks = (long)c[4];
	r->best_look = (long)c[5];
	if (r->looks == 0)
		return 0;
	t = rk_st_need(st, "fit.best", RK_F32, 1, &r->t->w.n, err);
	if (t == NULL)
		return -1;
	memcpy(r->best, t->data, r->t->w.n * sizeof *r->best);
	return 0;
}

static int
resume(struct run *r, struct rk_checkpoint *c, struct rk_err *err)
{
	struct rk_st *st;
	int rc;

	if (rk_checkpoint_open(c, &st, err) != 0)
		return -1;
	if (st == NULL)
		return 0;
	/* one from before the first step has states alone */
	rc = r->f->states != NULL && rk_st_find(st, "fit.counters") == NULL
	    ? 0
	    : get_state(r, st, err);
	if (rc != 0)
		rk_err_in(err, "%s", c->path);
	rk_st_close(st);
	return rc;
}

/* --- the run ------------------------------------------------------------------------ */

static int
loop(struct run *r, struct rk_report *report, struct rk_err *err)
{
	long steps = r->t->o.steps;
	int on = 1;

	r->began = rk_meter_now();
	while (on && r->t->w.step < steps) {
		if (step(r, err) != 0)
			return -1;
		rk_watch_say(report->watch,
		    (double)r->t->w.step / (double)steps,
		    "step %ld of %ld, loss %.4f, %.0f tokens/s", r->t->w.step,
		    steps, r->f->loss, r->tokens / (rk_meter_now() - r->began));
		if (r->t->w.step % r->f->check == 0 || r->t->w.step == steps) {
			on = judge(r);
			r->loss = r->seen = 0;
		}
		if (on && r->t->w.step < steps &&
		    rk_checkpoint_step(report->checkpoint, report->watch,
			put_state, r, err) != 0)
			return -1;
	}
	return 0;
}

static void
round_head(struct rk_tune *t, enum rk_dtype type)
{
	size_t n = t->o.labels * t->d;
	void *x = rk_tuned_narrow(t->w.p + t->head, n, type);
	const struct rk_tensor rows = { .dtype = type, .count = n, .data = x };

	rk_weights_get(t->w.p + t->head, &rows, 0, n);
	free(x);
}

/* The weights that did best, as they will be in the file. */
static void
settle(struct run *r)
{
	struct rk_tuned_fit *f = r->f;

	f->steps = f->kept = r->t->w.step;
	if (r->looks > 0) {
		memcpy(r->t->w.p, r->best, r->t->w.n * sizeof *r->best);
		f->kept = r->best_at;
	}
	if (f->half)
		rk_tune_round(r->t);
	round_head(r->t, f->head_as);
	f->held_loss = NAN;
	if (f->data->held > 0)
		look(r);
}

void
rk_tuned_fit_plan(
    struct rk_tuned_fit *f, const struct rk_params *set, uint64_t seed)
{
	struct rk_tune_options *o = &f->tune->o;
	double epoch;

	f->batch = (size_t)rk_params_int(set, "batch");
	f->patience = rk_params_int(set, "patience");
	f->by_apgr = rk_params_is(set, "stop", "apgr");
	f->half = rk_params_is(set, "store", "f16");
	f->seed = seed;
	epoch = (double)f->data->n / (double)f->batch;
	o->steps = rk_params_int(set, "steps");
	if (o->steps == 0)
		o->steps = (long)ceil(
		    (double)rk_params_int(set, "epochs") * epoch);
	o->warm = (long)(rk_params_num(set, "warmup") * (double)o->steps);
	f->check = rk_params_int(set, "check");
	if (f->check == 0)
		f->check = epoch < 2 ? 1 : (long)(epoch / 2);
}

int
rk_tuned_fit_run(struct rk_tuned_fit *f, struct rk_pool *pool,
    struct rk_report *report, struct rk_err *err)
{
	const struct rk_tuned_data *data = f->data;
	struct run r = { .f = f, .t = f->tune, .pool = pool };
	size_t i;
	int rc;

	r.text = rk_array(NULL, f->batch, sizeof *r.text);
	r.held = rk_array(NULL, data->held, sizeof *r.held);
	for (i = 0; i < data->held; i++)
		r.held[i] = text_of(&r, data->n + i);
	rk_tuned_order_start(&r.order, data, f->balanced, f->seed);
	rk_tuned_order_shift(&r.order, f->shift, r.t->o.labels);
	r.best = data->held > 0 ? rk_floats(r.t->w.n) : NULL;
	f->z = rk_floats(data->held * r.t->o.labels);
	rc = resume(&r, report->checkpoint, err);
	if (rc == 0)
		rc = loop(&r, report, err);
	if (rc == 0)
		settle(&r);
	free(r.text);
	free(r.held);
	rk_tuned_order_free(&r.order);
	free(r.best);
	return rc;
}

/* --- what came of it ------------------------------------------------------------------ */

/* What Z [labels] that are the same for all would lose on those held. */
static double
loss_of(const struct rk_tuned_fit *f, const float *z)
{
	const struct rk_tune_options *o = &f->tune->o;
	const struct rk_tuned_data *data = f->data;
	double sum = 0;
	size_t i;

	for (i = data->n; i < data->n + data->held; i++)
		sum += o->loss == RK_TUNE_ENTROPY
		    ? rk_ops_cross_entropy(
			  NULL, z, data->e[i].share, 0, o->labels)
		    : rk_ops_squared(NULL, z, &data->e[i].gain, 0, 1);
	return sum / (double)data->held;
}

/*
 * The loss of who knows the examples' mean alone; a label that none of them has
 * counts as half a one.
 */
static double
constant_loss(const struct rk_tuned_fit *f)
{
	const struct rk_tune_options *o = &f->tune->o;
	const struct rk_tuned_data *data = f->data;
	float z[RK_TUNED_LABELS];
	double sum, n = (double)data->n;
	size_t i, k;

	for (k = 0; k < o->labels; k++) {
		sum = 0;
		for (i = 0; i < data->n; i++)
			sum += (double)(o->labels > 1 ? data->e[i].share[k]
						      : data->e[i].gain);
		z[k] = (float)(o->labels == 1 ? sum / n
			: sum > 0             ? log(sum / n)
					      : log(.5 / n));
	}
	return loss_of(f, z);
}

void
rk_tuned_fit_report(const struct rk_tuned_fit *f, struct rk_report *report)
{
	const struct rk_tuned_data *data = f->data;

	rk_report_num(report, "prompts", (double)data->n);
	if (data->own < data->n + data->held)
		rk_report_num(report, "of_other_pairs",
		    (double)(data->n + data->held - data->own));
	rk_report_num(report, "tokens_longest", (double)data->longest);
	rk_report_num(report, "steps", (double)f->steps);
	rk_report_num(report, "loss", f->loss);
	if (data->held > 0) {
		rk_report_num(report, "held", (double)data->held);
		rk_report_num(report, "kept_step", (double)f->kept);
		rk_report_num(report, "held_loss", f->held_loss);
		rk_report_num(report, "held_loss_constant", constant_loss(f));
	}
}

void
rk_tuned_fit_unseen(const struct rk_tuned_fit *f, size_t n,
    double (*score)(const void *ctx, const float *z), const void *ctx,
    struct rk_report *report)
{
	const struct rk_tuned_data *data = f->data;
	size_t i;

	report->unseen = rk_array(NULL, n, sizeof *report->unseen);
	for (i = 0; i < n; i++)
		report->unseen[i] = NAN;
	for (i = 0; i < data->held; i++)
		report->unseen[data->e[data->n + i].prompt] = score(
		    ctx, f->z + i * f->tune->o.labels);
}
