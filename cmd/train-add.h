/* train-add.h - rl-train --add: one model more in a model file that exists. */
#ifndef RK_CMD_TRAIN_ADD_H
#define RK_CMD_TRAIN_ADD_H

#include "cmd.h"

struct train_add {
	struct cmd *cmd;
	const char *name;  /* the new model */
	const char *from;  /* the model file as it is */
	const char *path;  /* ... and as it will be */
	const char *range; /* "LO,HI", or NULL: the file's */
};

/* Reads the records, writes the file and prints the record of it. */
void train_add(const struct train_add *t);
/* Reads "LO,HI" of --quality-range; wrong usage ends the program. */
void train_range(struct cmd *cmd, const char *text, double *lo, double *hi);

#endif
