/*
 * label.h - the two ways of rl-label to judge a model's answers, each a program
 * with options of its own: by a key, and by another model.
 */
#ifndef RK_CMD_LABEL_H
#define RK_CMD_LABEL_H

#include "base/opt.h"

int label_key(int argc, char **argv); /* label-key.c */
extern const struct rk_opt label_key_opts[];
int label_judge(int argc, char **argv); /* label-judge.c */
extern const struct rk_opt label_judge_opts[];

#endif
