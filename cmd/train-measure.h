/* train-measure.h - rl-train: what a model is worth on the prompts kept out. */
#ifndef RK_CMD_TRAIN_MEASURE_H
#define RK_CMD_TRAIN_MEASURE_H

#include <stdint.h>

#include "cmd.h"
#include "io/safetensors.h"
#include "pref/prefs.h"

struct train_measure {
	struct cmd *cmd;
	const char *path; /* the file that is to be written */
	const char
	    *if_better; /* ... only if surely better than this, or NULL */
	double margin;  /* less this */
	uint64_t seed;
	int verbose;
};

/*
 * Opens what W holds from memory and measures it on P's validation part, if
 * there is any: METRICS becomes a JSON object, which W gets too, and AGAINST a
 * member of one, where there is a file to compare with. Returns whether W is to
 * be written; ends the program where it cannot be opened.
 */
int train_measure(const struct train_measure *t, struct rk_st_writer *w,
    const struct rk_prefs *p, struct rk_buf *metrics, struct rk_buf *against);

#endif
