/*
 * mf-fit.h - matrix factorisation's loss and its gradient (RouteLLM, arXiv
 * 2406.18665, section 4.1, and its training script). With v_m the unit vector
 * of row m of P, and e the unit vector of a prompt's embedding,
 *
 *   theta_m(e) = c . (v_m * (W e)) = u_m . e,  u_m = W' (c * v_m)
 *   P(a beats b) = sigmoid(s),  s = theta_a(e) - theta_b(e)
 *   loss = mean of E log(1 + exp(s')) - y s,  s' ~ N(s, noise^2 |u_a - u_b|^2)
 *
 * over comparisons with result y for a. RouteLLM adds noise * N(0, 1) to each
 * number of e at each step; that changes s by noise * |u_a - u_b| * N(0, 1),
 * so its expectation is taken here instead of a sample: Gauss and Hermite's
 * rule of 8 points, which the gradient below is exact for.
 *
 * Everything passes through U = (v * c) W [k, d], so that a prompt costs k
 * products of length d and not dim.
 */
#ifndef RK_ROUTE_MF_FIT_H
#define RK_ROUTE_MF_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"
#include "math/optim.h"
#include "pref/prefs.h"

enum { RK_MF_MAX = 1024 }; /* models */

struct rk_mf {
	size_t k, dim, d;
	float *p; /* [k, dim] */
	float *w; /* [dim, d] */
	float *c; /* [dim] */
};

/* What is fitted. */
struct rk_mf_task {
	const struct rk_prefs *prefs;
	double noise;
	int drop_ties; /* leave out comparisons whose result is .5 */
};

/* Does comparison V count for T? */
static inline int
rk_mf_counts(const struct rk_mf_task *t, const struct rk_cmp *v)
{
	return v->a != v->b && !(t->drop_ties && v->y == 0.5f);
}

struct rk_mf_fit;

/* M, which the steps change, T and POOL are borrowed. New. */
struct rk_mf_fit *rk_mf_fit_new(
    struct rk_mf *m, const struct rk_mf_task *t, struct rk_pool *pool);
void rk_mf_fit_free(struct rk_mf_fit *f);

/* The gradient, shaped as the parameters; borrowed from F. */
const struct rk_mf *rk_mf_fit_gradient(const struct rk_mf_fit *f);

/*
 * Computes the gradient of the mean loss over the comparisons of prompts[n],
 * of which one at least must count, and where ADAM is not NULL takes its step
 * T (from 1).
 */
void rk_mf_fit_step(struct rk_mf_fit *f, const uint32_t *prompts, size_t n,
    const struct rk_optim_adam *adam, long t);

/*
 * The mean loss over the comparisons of prompts[n], in nats, with noise or (0)
 * without; 0 where none counts.
 */
double rk_mf_fit_loss(
    struct rk_mf_fit *f, const uint32_t *prompts, size_t n, int with_noise);

/* u[k, d] = (v * c) W, of which theta = U e. */
void rk_mf_fold(float *u, const struct rk_mf *m);

#endif
