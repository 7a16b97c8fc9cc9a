#!/usr/bin/python3
"""Writes knots.txt: calibration maps by scikit-learn's IsotonicRegression and
Platt's logistic by scikit-learn (targets 0 and 1) or by scipy's minimiser (any
targets), put together by the formulas of lib/eval/calibrate.h, for
tests/t_calibrate.c.

    /usr/bin/python3 tests/golden/calibrate/make.py \\
        >tests/golden/calibrate/knots.txt

Each case: a name and the tolerance; then "score N", "target N", "x M", "y M",
each with its numbers. x and y are the knots.
"""
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

RISE, PRIOR = 2.0 ** -9, 4


def knots(lo, hi, x, v):
    """Blocks (x, v), level to lo and hi, raised."""
    x, v = np.r_[lo, x, hi], np.r_[v[0], v, v[-1]]
    x, at = np.unique(x, return_index=True)
    u = (x - lo) / (hi - lo)
    return x, (1 - 2 * RISE) * v[at] + RISE * (u + 0.5)


def isotonic(s, t):
    lo, hi = s.min(), s.max()
    s2, t2 = np.r_[s, lo, hi], np.r_[t, t.mean(), t.mean()]
    w = np.r_[np.ones(len(s)), PRIOR, PRIOR]
    fit = IsotonicRegression().fit(s2, t2, sample_weight=w).predict(s2)
    v = np.unique(fit.round(12))
    rows = [np.abs(fit - one) < 1e-11 for one in v]
    assert sum(r.sum() for r in rows) == len(s2)
    x = np.array([np.average(s2[r], weights=w[r]) for r in rows])
    y = np.array([np.average(t2[r], weights=w[r]) for r in rows])
    return knots(lo, hi, x, y)


def ends(s):
    lo, hi = s.min(), s.max()
    room = max(1, abs(lo)) if lo == hi else 0
    return lo - room, hi + room


def platt(s, t, sklearn):
    """The logistic at each score; level where its slope is not positive."""
    x, (lo, hi) = np.unique(s), ends(s)
    up, down = t.sum(), (1 - t).sum()
    smooth = t * (up + 1) / (up + 2) + (1 - t) / (down + 2)
    z = (s - lo) / (hi - lo)
    if sklearn:
        a, b = _sigmoid_calibration(z, t)
        start, slope = -b, -a
    else:
        def nll(p):
            eta = p[0] + p[1] * z
            r = expit(eta) - smooth
            return np.sum(np.logaddexp(0, eta) - smooth * eta), \
                np.array([r.sum(), (r * z).sum()])
        # the boundary slope = 0 is the best where the free one is negative
        start, slope = minimize(nll, [0.0, 1.0], jac=True, method="L-BFGS-B",
                                bounds=[(None, None), (0, None)],
                                options=dict(ftol=0, gtol=1e-12)).x
    return knots(lo, hi, x, expit(start + slope * (x - lo) / (hi - lo)))


def say(name, s, t, knots, tol):
    print(name, tol)
    for word, one in zip(("score", "target", "x", "y"), (s, t) + knots):
        print(word, len(one))
        print(" ".join("%g" % x if float("%g" % x) == x else repr(float(x))
                       for x in one))


rng = np.random.default_rng(5)


def draw(n, digits, kind, sign=1):
    s = rng.normal(0, 0.8, n).round(digits)
    u, p = rng.random(n), expit(sign * 1.5 * s + 0.3)
    if kind == "binary":
        return s, (u < p).astype(float)
    return s, np.where(u < 0.2, 0.5, u > 1 - 0.8 * p)


s, t = draw(1000, 1, "ties")
say("isotonic-tied", s, t, isotonic(s, t), 1e-12)
s, t = draw(1200, 4, "ties")
say("isotonic", s, t, isotonic(s, t), 1e-12)
s, t = draw(1000, 1, "ties", -1)
say("isotonic-falling", s, t, isotonic(s, t), 1e-12)
s, t = draw(80, 2, "binary")
say("platt-binary", s, t, platt(s, t, True), 1e-6)
s, t = draw(150, 1, "ties")
say("platt-soft", s, t, platt(s, t, False), 1e-6)
s, t = draw(60, 2, "ties", -1)
say("platt-falling", s, t, platt(s, t, False), 1e-6)
s = np.r_[np.arange(10), np.arange(30, 40)] / 8.0
t = (s > 2).astype(float)
say("platt-separable", s, t, platt(s, t, True), 1e-6)
s, t = np.array([0.25]), np.array([1.0])
say("platt-one", s, t, platt(s, t, False), 1e-6)
