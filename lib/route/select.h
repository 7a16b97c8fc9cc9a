/*
 * select.h - which sources help the target (pref/sources.h). Each other source
 * is tried together with the target; then those that helped it alone, the one
 * with the least error first, are added for good, each if it helps once more
 * beside those that were added before it.
 *
 * The error is that of rk_crossval_error on the target's prompts, and a source
 * helps if it lowers it by more than the standard error of the difference over
 * the prompts: of a dozen sources that do nothing half lower it by chance, and
 * what is added without use does harm. Folds are cut through the prompts of all
 * sources together, so that a near-duplicate of a question is left out with it,
 * whatever source it is of.
 */
#ifndef RK_ROUTE_SELECT_H
#define RK_ROUTE_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "pref/origins.h"
#include "pref/sources.h"
#include "route/learner.h"

enum { RK_SELECT_FOLDS = 5 };

struct rk_selected {
	uint8_t *keep; /* [n]: is the source kept? */
	/*
	 * [n], NaN: not tried. The error without the source and with it, beside
	 * those that were kept when it was last tried, and the standard error
	 * of the difference.
	 */
	double *without, *with, *se;
	size_t n;
};

/*
 * Without a target all that says anything is kept, and nothing is tried. -1:
 * too few prompts of the target, or none that HOW can be trained on; without a
 * target, no source that says anything. WATCH may be NULL.
 */
int rk_select_sources(struct rk_selected *out, const struct rk_sources *s,
    const struct rk_learner_how *how, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_err *err);
/* "sources":[{"source":...,...},...], ...: members of a JSON object. */
void rk_select_report(const struct rk_selected *sel, const struct rk_sources *s,
    const struct rk_origins *names, const struct rk_pooled *pooled,
    struct rk_buf *out);
void rk_selected_free(struct rk_selected *s);

#endif
