/*
 * checkpoint.h - what a long training has done so far, in a file, so that it
 * can go on from there and end as if nothing had come between. A router that
 * has checkpoints (RK_HAS_CHECKPOINTS) calls
 *
 *	if (rk_checkpoint_open(report->checkpoint, &st, err) != 0)
 *		return -1;
 *	if (st != NULL)
 *		take what put_state had put;
 *
 * before its first step, and after each step
 *
 *	if (rk_checkpoint_step(report->checkpoint, report->watch, put_state,
 *	        ctx, err) != 0)
 *		return -1;
 *
 * The file is a safetensors file, which is written whole or not at all.
 */
#ifndef RK_ROUTE_CHECKPOINT_H
#define RK_ROUTE_CHECKPOINT_H

#include "route/router.h"

struct rk_checkpoint {
	const char *path;
	double every; /* seconds from one to the next; 0: after each step */
	int resume;   /* go on from the file, where there is one */
	/*
	 * What is trained: a file that was made for something else is refused.
	 * A router adds to it what else its training depends on (the weights
	 * that it starts from), before the first call.
	 */
	uint64_t key;
	double last;        /* when it was last written, by the clock */
	int resumed, saved; /* has it been read, and written, in this run? */
};

/* Of what ROUTER learns from P with these parameters. */
uint64_t rk_checkpoint_key(const struct rk_router *router,
    const struct rk_prefs *p, const struct rk_params *set, uint64_t seed);

/*
 * *ST: the file to go on from (new), or NULL where the training is to begin at
 * its beginning: C is NULL, or does not resume, or there is no file.
 */
int rk_checkpoint_open(
    struct rk_checkpoint *c, struct rk_st **st, struct rk_err *err);

/*
 * Writes a checkpoint, of the tensors and metadata that PUT puts, where it is
 * time for one or WATCH says stop: then it returns -1 with "stopped, ...". C
 * may be NULL: 0.
 */
int rk_checkpoint_step(struct rk_checkpoint *c, const struct rk_watch *watch,
    void (*put)(void *ctx, struct rk_st_writer *w), void *ctx,
    struct rk_err *err);

#endif
