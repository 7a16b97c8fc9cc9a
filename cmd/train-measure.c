/* train-measure.c - what was trained is opened, and measured on what was kept
 * out. */
#include "train-measure.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "route/measure.h"

/* Why nothing is written. */
static void
warn_kept(const struct train_measure *t, const struct rk_measure_diff *d)
{
	char interval[64] = "with no interval: too few are decided";

	if (d->lo == d->lo)
		snprintf(
		    interval, sizeof interval, "[%+.3f, %+.3f]", d->lo, d->hi);
	cmd_note(t->cmd,
	    "%s %s: the APGR of the new one less that of %s on %zu comparisons "
	    "kept out is %+.3f %s",
	    t->path, access(t->path, F_OK) == 0 ? "stays" : "is not written",
	    t->if_better, d->n, d->diff, interval);
}

/*
 * Is M better than the file of --if-better, as far as what was kept out can
 * tell? Where there is no such file yet, it is. Says so in OUT, as a member.
 */
static int
is_better(const struct train_measure *t, struct rk_model *m,
    const struct rk_prefs *p, struct rk_buf *out)
{
	struct rk_measure_diff d;
	struct rk_err err = { { 0 } };
	struct rk_model *old;
	int better;

	if (access(t->if_better, F_OK) != 0)
		return 1;
	old = rk_model_open(t->if_better, NULL, &err);
	if (old == NULL)
		cmd_die(t->cmd, "--if-better: %s", err.msg);
	if (old->needs & RK_NEEDS_SERVER)
		cmd_die(t->cmd,
		    "--if-better: %s: a server would have to be asked",
		    t->if_better);
	if (rk_measure_better(&d, m, old, p, t->seed, t->cmd->pool, &err) != 0)
		cmd_die(t->cmd, "--if-better: %s: %s", t->if_better, err.msg);
	rk_model_close(old);
	better = d.lo > -t->margin;
	rk_buf_adds(out, ",\"against\":{\"model\":");
	rk_buf_json(out, t->if_better, strlen(t->if_better));
	rk_buf_addf(
	    out, ",\"comparisons\":%zu,\"apgr_diff\":%.6g,", d.n, d.diff);
	if (d.lo == d.lo)
		rk_buf_addf(out, "\"lo\":%.6g,\"hi\":%.6g,", d.lo, d.hi);
	rk_buf_addf(out, "\"replaced\":%s}", better ? "true" : "false");
	if (!better)
		warn_kept(t, &d);
	return better;
}

/* The same for people. */
static void
show_valid(const struct train_measure *t, const struct rk_measure_diff *d)
{
	struct rk_buf b = { 0 };

	rk_buf_addf(&b,
	    "on %zu comparisons kept out: APGR %.3f, length's %.3f, "
	    "difference %+.3f",
	    d->n, d->old + d->diff, d->old, d->diff);
	if (d->lo == d->lo)
		rk_buf_addf(&b, " [%+.3f, %+.3f]", d->lo, d->hi);
	rk_buf_addc(&b, '\n');
	cmd_show(t->cmd, t->verbose, &b);
	rk_buf_free(&b);
}

/*
 * Adds to the object METRICS what the model is worth beyond the length of the
 * prompt, where that can be told.
 */
static void
add_length(const struct train_measure *t, struct rk_model *m,
    const struct rk_prefs *p, struct rk_buf *metrics)
{
	struct rk_measure_diff d;
	struct rk_err err = { { 0 } };

	if (strcmp(m->card.router, "length") == 0 ||
	    rk_measure_length(&d, m, p, t->seed, t->cmd->pool, &err) != 0)
		return;
	metrics->n--; /* the brace */
	rk_buf_addf(metrics,
	    ",\"against_length\":{\"apgr\":%.6g,"
	    "\"apgr_diff\":%.6g",
	    d.old, d.diff);
	if (d.lo == d.lo)
		rk_buf_addf(metrics, ",\"lo\":%.6g,\"hi\":%.6g", d.lo, d.hi);
	rk_buf_adds(metrics, "}}");
	show_valid(t, &d);
}

static int
has_valid(const struct rk_prefs *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->valid[i] == RK_PART_VALID)
			return 1;
	return 0;
}

int
train_measure(const struct train_measure *t, struct rk_st_writer *w,
    const struct rk_prefs *p, struct rk_buf *metrics, struct rk_buf *against)
{
	int better;
	struct rk_err err = { { 0 } };
	struct rk_buf image = { 0 };
	struct rk_model *m = NULL;
	struct rk_st *st;

	if (!has_valid(p))
		return 1;
	if (rk_st_write_mem(w, &image, &err) != 0)
		cmd_die(t->cmd, "%s: %s", t->path, err.msg);
	st = rk_st_open_mem(image.p, image.n, &err);
	if (st != NULL)
		m = rk_model_from(st, NULL, &err);
	if (m == NULL)
		cmd_die(t->cmd, "%s: %s", t->path, err.msg);
	rk_measure(m, p, t->cmd->pool, metrics);
	add_length(t, m, p, metrics);
	rk_st_put_meta(w, "rk.metrics", metrics->p);
	better = t->if_better == NULL || is_better(t, m, p, against);
	rk_model_close(m);
	rk_buf_free(&image);
	return better;
}
