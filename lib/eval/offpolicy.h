/*
 * offpolicy.h - what a policy would have been worth, from the log of another
 * one that chose by chance and wrote down with which probability.
 *
 * Of query i the log has the quality r of the model that was served, chosen
 * with probability p; the policy to be judged chooses one model. With w = 1/p
 * where it chooses the one that was served, else 0, and f the qualities that an
 * outcome model predicts of the served and of the chosen model,
 *
 *   IPS   = mean(w r)                        (Horvitz and Thompson 1952)
 *   SNIPS = sum(w r) / sum(w)                (Swaminathan and Joachims 2015)
 *   DR    = mean(f(chosen) + w (r - f(served)))   (Dudik et al. 2011)
 *
 * IPS and DR have no bias where p is right and above 0 wherever the policy
 * chooses; DR has less noise where f is any good.
 */
#ifndef RK_EVAL_OFFPOLICY_H
#define RK_EVAL_OFFPOLICY_H

#include <stddef.h>
#include <stdint.h>

struct rk_log {
	size_t n;
	const double *reward;       /* [n] r */
	const double *weight;       /* [n] w */
	const double *served_value; /* [n] f(served); NULL: no outcome model */
	const double *chosen_value; /* [n] f(chosen) */
};

enum rk_off_figure {
	RK_OFF_LOGGED, /* mean r: what the policy of the log was worth */
	RK_OFF_IPS,
	RK_OFF_SNIPS,  /* NaN where no query was served as chosen */
	RK_OFF_DR,     /* NaN without an outcome model */
	RK_OFF_ESS,    /* effective sample size, sum(w)^2 / sum(w^2) */
	RK_OFF_WEIGHT, /* mean w: 1, but for chance, where p is right */
	RK_OFF_FIGS
};

/* fig[RK_OFF_FIGS]; TIMES [n] with the sum n, or NULL: once each. */
void
rk_off_figures(double *fig, const struct rk_log *log, const uint32_t *times);

#endif
