/* load-state.h - the loader, as its two files share it. */
#ifndef RK_PREF_LOAD_STATE_H
#define RK_PREF_LOAD_STATE_H

#include "pref/load.h"
#include "pref/prompts.h"
#include "pref/verdicts.h"

struct rk_loader {
	struct rk_load_how how;
	struct rk_embed embed; /* open when kind is set */
	int given;             /* the embeddings are not the embedder's */
	char *given_id;
	size_t checked; /* records that were held against the embedder */
	size_t records, textless;
	struct rk_prompts prompts;
	struct rk_verdicts verdicts;
	/* the result */
	struct rk_prefs prefs;
	uint8_t *valid;
};

/* Are the records' embeddings believed to be the embedder's? */
int rk_load_believes(const struct rk_loader *l);

#endif
