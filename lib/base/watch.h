/*
 * watch.h - someone who waits for a long run: it says how far it is, and asks
 * whether it is to stop. A run is often a part of another, a fold of a
 * comparison of many: each part counts from 0 to 1 by itself.
 *
 *	struct rk_watch part = rk_watch_part(watch, .2, .4, "fold 2 of 5");
 *	rk_watch_say(&part, step / steps, "step %d, loss %.3f", step, loss);
 *	if (rk_watch_stop(&part))
 *		return save(...);
 *
 * All of it is called from the thread that started the run, never by a tile of
 * the pool.
 */
#ifndef RK_BASE_WATCH_H
#define RK_BASE_WATCH_H

struct rk_watch {
	void *ctx;
	/* DONE of the whole run, in [0,1], never falling; one line of text. */
	void (*say)(void *ctx, double done, const char *text);
	/*
	 * Is the run to stop? From the first call on, who waits counts on being
	 * asked again soon: only a run that keeps what it has done asks.
	 */
	int (*stop)(void *ctx);
	double from, to; /* what this part is of the whole; 0 and 1: all */
	char what[64];   /* "fold 2 of 5": before each text; "": nothing */
};

/*
 * The part of OUTER from FROM to TO, both in [0,1] of it, named as fmt says (at
 * most 63 bytes with the name that OUTER has; the rest is cut off). OUTER may
 * be NULL: nobody waits.
 */
struct rk_watch rk_watch_part(const struct rk_watch *outer, double from,
    double to, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * DONE of this part, in [0,1], is done. Cheap enough for every step: who waits
 * decides how often it is shown. W may be NULL.
 */
void rk_watch_say(const struct rk_watch *w, double done, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Is the run to stop? W may be NULL: no. */
int rk_watch_stop(const struct rk_watch *w);

#endif
