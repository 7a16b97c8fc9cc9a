/* train-sources.h - rl-train --source: which sources are kept, and what is said
 * of them. */
#ifndef RK_CMD_TRAIN_SOURCES_H
#define RK_CMD_TRAIN_SOURCES_H

#include "cmd.h"
#include "pref/load.h"
#include "route/select.h"

struct train_sources {
	struct rk_sources sources;
	struct rk_selected selected;
	struct rk_pooled pooled;
};

/*
 * What P is when its sources are brought to one scale, and where it has a target
 * chosen for the router HOW; borrowed from T. ASKED is the target's name where
 * the user gave one, for messages. Says what it did, and ends the program where
 * it cannot be done.
 */
const struct rk_prefs *train_pool(struct train_sources *t, struct cmd *cmd,
    const struct rk_loader *l, const struct rk_prefs *p,
    const struct rk_learner_how *how, const char *asked);
/* ",..." members of a JSON object, where there are sources. */
void train_report_sources(const struct train_sources *t,
    const struct rk_loader *l, struct rk_buf *out);
void train_sources_free(struct train_sources *t);

#endif
