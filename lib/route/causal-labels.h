/*
 * causal-labels.h - the five scores, 1 to 5, that the router causal has a
 * language model predict for the weak model's answer, each a token, and what
 * they say of the pair: the gain of the strong model that each stands for.
 */
#ifndef RK_ROUTE_CAUSAL_LABELS_H
#define RK_ROUTE_CAUSAL_LABELS_H

#include "base/err.h"
#include "route/router.h"
#include "route/tuned-data.h"

enum { RK_CAUSAL_LABELS = RK_TUNED_LABELS };

extern const char *const rk_causal_label[RK_CAUSAL_LABELS]; /* "[[1]]" ... */

/*
 * What the parameter labels says. "S,T,W", rising: the scores of a win of the
 * strong model, a tie, a win of the weak one; the gain is linear between, and
 * even beyond. "score": the records' qualities of the weak model are scores.
 */
int rk_causal_labels_read(
    struct rk_tuned_labels *l, const char *text, struct rk_err *err);

/* The tensor causal.gain of a model file, each in [-1,1]. */
int rk_causal_labels_open(double *gain, const struct rk_st *st,
    const char *prefix, struct rk_err *err);

/*
 * The router's score of the logits z[5]: (1 + expected gain) / 2, or with
 * ROUTELLM the p1 + p2 + p3 of RouteLLM's code; .5 where the logits are no
 * numbers.
 */
double rk_causal_labels_score(const float *z, const double *gain, int routellm);

#endif
