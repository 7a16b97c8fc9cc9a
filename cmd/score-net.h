/*
 * score-net.h - rl-score's leave to use the network, for a model file whose
 * embeddings or scores are a server's.
 */
#ifndef RK_CMD_SCORE_NET_H
#define RK_CMD_SCORE_NET_H

#include "net.h"
#include "route/model.h"

/*
 * Before the first batch: lets M ask, as the options say. PASS: a query that
 * gets no score is let through. Ends the program where the options are at odds.
 */
void score_net_open(struct cmd *c, const struct rk_model *m, int pass);
/* Says what was left unsaid by the server. */
void score_net_end(struct cmd *c, const struct rk_embed *e);

#endif
