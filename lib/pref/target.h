/*
 * target.h - what routers that regress learn: a number for each prompt and
 * model, on the scale of qualities in [0,1], so that the difference of two
 * models' numbers is the gain of one over the other.
 *
 * Where a prompt has outcomes its numbers are the models' qualities. Where it
 * has battles alone, each gives numbers to its two models: with mu the models'
 * ratings, by which mu_a - mu_b fits all the gains 2 y - 1 best in the least
 * squares, and r = 2 y - 1 - (mu_a - mu_b) what the battle says beyond them,
 *
 *   t_a = mu_a + c_a r,   t_b = mu_b - c_b r,   c = e / (1 + e),
 *
 * where e is the effective number of a model's opponents, 1 over the sum of
 * the squares of their shares. A strong opponent so costs nothing, as mu knows
 * it, and a model's numbers have the mean mu. Of two models each takes half of
 * r, and the difference is the gain. Of many, whose opponents' own surprises
 * cancel out in the mean, each takes nearly all of it: with k models that meet
 * at random c is (k - 1) / k, which undoes that a mean over opponents holds
 * the model's lead over the others but for itself.
 *
 * Several battles of a model on a prompt are averaged. mu is shifted as a
 * whole, so that its mean is that of the qualities over the models that have
 * some, and 1/2 where there are none.
 */
#ifndef RK_PREF_TARGET_H
#define RK_PREF_TARGET_H

#include "pref/prefs.h"

struct rk_target {
	size_t n, k;
	float *t;     /* [n, k], NaN: not known, or not of the training part */
	float *mean;  /* [k], of what is known; the mean of those for others */
	size_t known; /* numbers that are known */
};

/*
 * From the training part of P. Release with rk_target_free. Fails where nothing
 * is known, or where there are more than RK_BT_MAX models.
 */
int rk_target_make(
    struct rk_target *t, const struct rk_prefs *p, struct rk_err *err);
void rk_target_free(struct rk_target *t);

#endif
