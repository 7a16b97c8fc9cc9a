#!/usr/bin/python3
"""Writes bt.txt: Bradley-Terry ratings by scikit-learn (the likelihood alone)
or scipy (with the ridge, where the likelihood alone has no maximum), and tiers
by trying every cut, for tests/t_bt.c.

    /usr/bin/python3 tests/golden/bt/make.py >tests/golden/bt/bt.txt

"fit NAME T" with T lines of wins (row beats column) and a line of ratings,
centred; "tiers K TIERS" with a line of ratings and a line of tiers.
"""
import itertools

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(1)


def by_sklearn(wins):
    t = len(wins)
    rows, weight = [], []
    for x, y in itertools.permutations(range(t), 2):
        if wins[x, y] > 0:
            row = np.zeros(t)
            row[x], row[y] = 1, -1
            rows.append(row)
            weight.append(wins[x, y])
    # a game lost is the same game won the other way round
    rows, weight = np.array(rows), np.array(weight)
    fit = LogisticRegression(fit_intercept=False, penalty=None, tol=1e-12,
                             max_iter=100000)
    fit.fit(np.vstack([rows, -rows]),
            np.r_[np.ones(len(rows)), np.zeros(len(rows))],
            sample_weight=np.r_[weight, weight])
    return fit.coef_[0] - fit.coef_[0].mean()


def by_scipy(wins):
    t = len(wins)

    def f(r):
        s = r[:, None] - r[None, :]
        return (wins * np.logaddexp(0, -s)).sum() + 0.5e-6 * r @ r

    def grad(r):
        g = wins * (expit(r[:, None] - r[None, :]) - 1)
        return g.sum(1) - g.sum(0) + 1e-6 * r

    def hess(r):
        p = expit(r[:, None] - r[None, :])
        c = (wins + wins.T) * p * (1 - p)
        return np.diag(c.sum(1)) - c + 1e-6 * np.eye(t)

    r = np.zeros(t)
    for _ in range(3):
        r = minimize(f, r, jac=grad, hess=hess, method="trust-exact",
                     options={"gtol": 1e-13, "maxiter": 10000}).x
    return r


def show(values):
    print(*("%.17g" % v for v in values))


def fit(name, wins, by):
    np.fill_diagonal(wins, 0)
    print("fit", name, len(wins))
    for row in wins:
        show(row)
    show(by(wins))


def games(t, mean):
    skill = rng.normal(size=t)
    p = expit(skill[:, None] - skill[None, :])
    n = rng.poisson(mean, (t, t))
    n = n + n.T
    won = np.triu(rng.binomial(n, p), 1)
    return won + np.tril(n - won.T, -1) + 0.0


def tiers(ratings, count):
    k = len(ratings)
    order = np.argsort(-ratings, kind="stable")
    sorted_ = ratings[order]
    best = None
    # cuts from the last to the first: of equal sums the earliest last cut
    # wins, then the earliest before it
    for cut in sorted(itertools.combinations(range(1, k), count - 1),
                      key=lambda c: c[::-1]):
        ends = (0,) + cut + (k,)
        cost = 0.0
        for a, b in zip(ends, ends[1:]):
            cost += np.var(sorted_[a:b])
        if best is None or cost < best[0] - 1e-12:
            best = (cost, ends)
    tier = np.zeros(k, int)
    for i, (a, b) in enumerate(zip(best[1], best[1][1:])):
        tier[order[a:b]] = i
    print("tiers", k, count)
    show(ratings)
    print(*tier)


fit("pair", games(2, 40), by_sklearn)
fit("five", games(5, 30), by_sklearn)
fit("ten", games(10, 40), by_sklearn)
fit("weighted", games(10, 40) * rng.uniform(0, 1, (10, 10)), by_sklearn)
fit("large", games(6, 50) * 1e6, by_sklearn)
w = np.zeros((2, 2))
w[0, 1] = 3
fit("never-lost", w, by_scipy)
w = games(6, 3)
w[2, :] = 0
fit("never-won", w, by_scipy)
w = games(6, 20)
w[4, :] = w[:, 4] = 0
fit("never-played", w, by_scipy)
w = games(6, 20)
w[:3, 3:] = w[3:, :3] = 0
fit("two-groups", w, by_scipy)
fit("nothing", np.zeros((3, 3)), by_scipy)
for k, count in ((3, 2), (6, 3), (9, 4), (12, 5), (12, 2), (14, 10), (5, 5)):
    tiers(rng.normal(1000, 120, k), count)
# equal steps: many cuts have the same sum
tiers(np.arange(7.0)[::-1], 3)
tiers(np.array([1.0, 1, 1, 0, 0, 2, 2, 2]), 3)
