/*
 * optim.h - minimisers: Newton's method for a few unknowns, L-BFGS and Adam
 * for many.
 */
#ifndef RK_MATH_OPTIM_H
#define RK_MATH_OPTIM_H

#include <stddef.h>

/*
 * Minimises a convex f from x[n], in place, by Newton's method with
 * backtracking, until the squared decrement g' H^-1 g is below 1e-14. F
 * returns f(x) and, where G is not NULL, sets the gradient g[n] and the lower
 * triangle of the Hessian h[n, n] (zeroed before the call). Directions in
 * which the Hessian is numerically zero are left alone. WORK has room for
 * rk_optim_newton_work(n) doubles. Returns the number of steps.
 */
int rk_optim_newton(double *x, size_t n,
    double (*f)(void *ctx, const double *x, double *g, double *h), void *ctx,
    double *work);

static inline size_t
rk_optim_newton_work(size_t n)
{
	return n * (n + 3);
}

/*
 * Minimises a smooth convex f from x[n], in place, by L-BFGS (Nocedal, Math.
 * Comp. 35, 1980) on the last 10 steps with backtracking, until the gradient's
 * length is below TOLERANCE times that at the start, or for MOST steps. F
 * returns f(x) and sets the gradient g[n]. Returns the number of steps.
 */
int rk_optim_lbfgs(double *x, size_t n,
    double (*f)(void *ctx, const double *x, double *g), void *ctx,
    double tolerance, int most);

/*
 * Adam (Kingma and Ba, arXiv 1412.6980), as torch.optim.Adam and AdamW:
 *
 *   g = scale * g + l2 * x;  x -= lr * decay * x          (either may be 0)
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   x -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 */
struct rk_optim_adam {
	double lr, b1, b2, eps;
	double l2;    /* added to the gradient: Adam's weight_decay */
	double decay; /* taken off the weights: AdamW's weight_decay */
	double scale; /* of the gradient: rk_optim_clip's */
};

/* b1 .9, b2 .999, eps 1e-8, no decay, scale 1. */
struct rk_optim_adam rk_optim_adam_default(double lr);

/*
 * Step t (from 1) for x[rows, n] with gradient g, each of the four arrays with
 * LD numbers from a row to the next; m and v start as zero.
 */
void rk_optim_adam_step(const struct rk_optim_adam *o, long t, float *x,
    float *m, float *v, const float *g, size_t ld, size_t rows, size_t n);

/* The sum of g[n]'s squares, in an order of its own. */
double rk_optim_squares(const float *g, size_t n);
/*
 * The scale that makes a gradient of this sum of squares MOST long, as
 * torch.nn.utils.clip_grad_norm_; 1 where it is not longer, or MOST is 0.
 */
double rk_optim_clip(double squares, double most);
/*
 * The share of the learning rate for the step after t: linear from 0 at t = 0
 * to 1 at WARM, and from there to 0 at STEPS.
 */
double rk_optim_ramp(long t, long warm, long steps);

#endif
