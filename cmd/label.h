/*
 * label.h - the two ways of rl-label to judge a model's answers, each a program
 * with options of its own: by a key, and by another model.
 */
#ifndef RK_CMD_LABEL_H
#define RK_CMD_LABEL_H

#include "base/mem.h"
#include "base/opt.h"
#include "io/record.h"

int label_key(int argc, char **argv); /* label-key.c */
extern const struct rk_opt label_key_opts[];
int label_judge(int argc, char **argv); /* label-judge.c */
extern const struct rk_opt label_judge_opts[];

/*
 * The key in the record's FIELD, a string, or a number, as it stands in the
 * line where FIELD is no pointer, else in NUMBER. 0; -1: there is none.
 * Borrowed of the record.
 */
int label_field(const struct rk_rec *r, const char *field, struct rk_str *text,
    char number[32], struct rk_err *err);

#endif
