/*
 * track.h - a threshold that keeps its share while the scores drift. After each
 * decision it moves by
 *
 *	t += step (d - P),  d = 1 if score >= t, else 0,
 *
 * the recursive quantile (Robbins and Monro, 1951) with a constant step, as in
 * adaptive conformal inference (Gibbs and Candes, arXiv 2106.00170). Whatever
 * the scores are, ties too, the sum of d - P over any run is the way that t has
 * gone, divided by the step: the share of n decisions is off by no more than
 * (range of the scores + step) / (step n).
 *
 * What it has come to is kept in a small JSON file.
 */
#ifndef RK_POLICY_TRACK_H
#define RK_POLICY_TRACK_H

#include <stddef.h>

#include "base/err.h"

/* The step, in standard deviations of the sample's scores. */
#define RK_TRACK_STEP 0.02
/* ... in itself, where all scores of the sample are one. */
#define RK_TRACK_STEP_TIED 0.002
/* How many decisions the recent share remembers: 1 / (1 - its decay). */
#define RK_TRACK_RECENT 1000.0

struct rk_track {
	double share; /* P */
	double threshold, step;
	double recent;    /* the share of late, exponentially weighted; begins
	                     as P: r += (d - r) / RK_TRACK_RECENT */
	double decisions; /* so far, over all runs */
	int fd;           /* of the file that is locked, -1: none */
};

/*
 * Takes the lock of the state file PATH, if there is one: while T is open other
 * runs wait. With WAIT 0 it does not wait itself: 1 where another run holds it.
 * 0: locked, or not there. -1: failed.
 */
int rk_track_lock(
    struct rk_track *t, const char *path, int wait, struct rk_err *err);
/*
 * Reads the state, of the field FIELD. Where its share was another one than
 * SHARE the threshold goes on from where it is. 1; 0: there is no file; -1: it
 * is no state, or that of another field.
 */
int rk_track_read(struct rk_track *t, const char *path, const char *field,
    double share, struct rk_err *err);
/* Starts anew, from the threshold of SHARE in scores[n], n > 0: sorts them. */
void rk_track_start(struct rk_track *t, double *scores, size_t n, double share);

/* Is SCORE at least the threshold? Then the threshold moves. */
int rk_track_decide(struct rk_track *t, double score);

/* Writes the state to PATH, whole or not at all. */
int rk_track_save(const struct rk_track *t, const char *path, const char *field,
    struct rk_err *err);
void rk_track_unlock(struct rk_track *t);

#endif
