/* train-sources.c - sources are pooled, and the user is told of each. */
#include "train-sources.h"

#include <math.h>
#include <string.h>

#include "route/crossval.h"

static void
note(struct cmd *cmd, const struct train_sources *t, size_t i, const char *name)
{
	const struct rk_source *x = &t->sources.source[i];
	const struct rk_selected *s = &t->selected;

	if (!isnan(s->with[i]))
		cmd_note(cmd,
		    "source '%s' is %s: the target's error is %.5f with it, "
		    "%.5f without, the difference's standard error %.5f",
		    name, s->keep[i] ? "kept" : "left out", s->with[i],
		    s->without[i], s->se[i]);
	else if (x->comparisons == 0)
		cmd_note(cmd,
		    "source '%s' has nothing to train on; where other models "
		    "stand for the pair, see --source-pair",
		    name);
	else if (x->empty)
		cmd_note(cmd,
		    "source '%s' is left out: it has the same gain, %g, on "
		    "every prompt",
		    name, x->mean);
}

/*
 * Choosing for auto and many goes by linear: another search for every source
 * would take too long.
 */
const struct rk_prefs *
train_pool(struct train_sources *t, struct cmd *cmd, const struct rk_loader *l,
    const struct rk_prefs *p, const struct rk_learner_how *how,
    const char *asked)
{
	const struct rk_origins *o = rk_load_origins(l);
	const char *target = p->target == RK_NO_TARGET ? NULL
						       : o->at[p->target].name;
	struct rk_learner_how judge = *how;
	struct rk_params *plain = NULL;
	struct rk_watch all = cmd_watch(cmd), watch;
	struct rk_err err = { { 0 } };
	size_t i;
	int rc;

	if (strcmp(how->router->name, "auto") == 0 ||
	    strcmp(how->router->name, "many") == 0) {
		judge.router = rk_router_find("linear", &err);
		judge.set = plain = rk_params_new(judge.router->params);
	}
	watch = rk_watch_part(&all, 0, 1, "choosing sources");
	rc = rk_sources_init(
	    &t->sources, p, o->n, RK_CROSSVAL_NEAR, cmd->pool, &err);
	if (rc == 0)
		rc = rk_select_sources(
		    &t->selected, &t->sources, &judge, &watch, cmd->pool, &err);
	cmd_watch_end(cmd);
	if (rc != 0)
		cmd_die(cmd, "%s%s: %s",
		    asked        ? "--target "
			: target ? "the source "
				 : "--source",
		    target ? target : "", err.msg);
	for (i = 0; i < o->n; i++)
		note(cmd, t, i, o->at[i].name);
	rk_sources_pool(&t->pooled, &t->sources, t->selected.keep);
	rk_params_free(plain);
	return &t->pooled.prefs;
}

void
train_report_sources(const struct train_sources *t, const struct rk_loader *l,
    struct rk_buf *out)
{
	if (t->sources.n == 0)
		return;
	rk_buf_addc(out, ',');
	rk_select_report(
	    &t->selected, &t->sources, rk_load_origins(l), &t->pooled, out);
}

void
train_sources_free(struct train_sources *t)
{
	rk_pooled_free(&t->pooled);
	rk_selected_free(&t->selected);
	rk_sources_free(&t->sources);
}
