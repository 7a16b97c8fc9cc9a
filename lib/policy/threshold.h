/*
 * threshold.h - from a share of calls to a threshold. A query goes to the
 * strong model iff its score >= the threshold, so scores that are tied go
 * together.
 */
#ifndef RK_POLICY_THRESHOLD_H
#define RK_POLICY_THRESHOLD_H

#include <stddef.h>

struct rk_threshold {
	double t;     /* the threshold */
	double share; /* of the sample that reaches it, in [0,1] */
	double next;  /* the next share up that a threshold can reach; the same
	                 as share where there is none */
};

/*
 * The smallest threshold, among the scores of the sample, whose share of the
 * sample is at most SHARE in [0,1]; just above the largest score where even
 * that one's ties are more. Sorts scores[n], n > 0.
 */
struct rk_threshold
rk_threshold_for_share(double *scores, size_t n, double share);

#endif
