/*
 * kinds.h - battles and outcomes as two sources, "battles" and "outcomes": what a
 * judge prefers, and what mostly a key says.
 */
#ifndef RK_PREF_KINDS_H
#define RK_PREF_KINDS_H

#include <stddef.h>

#include "pref/origins.h"
#include "pref/prefs.h"

enum rk_kinds {
	RK_KINDS_NONE,
	RK_KINDS_TOLD, /* they are two sources */
	RK_KINDS_FOUND /* where outcomes can be the target, else there is one */
};

/* Training prompts with an outcome of the pair that make a target unasked. */
enum { RK_KINDS_ENOUGH = 100 };

/* The source of a record; static. */
struct rk_str rk_kinds_name(int outcome);

/*
 * The source of outcomes, where there are battles too and P has a pair; else
 * RK_NO_TARGET.
 */
size_t rk_kinds_target(const struct rk_origins *o, const struct rk_prefs *p);
/*
 * Can SOURCE be the target of P, which has from, on those of its PROMPTS that
 * are RK_PART_TRAIN in valid[prompts]? They are enough and not of one gain.
 */
int rk_kinds_enough(const struct rk_prefs *p, size_t prompts,
    const uint8_t *valid, size_t source);

#endif
