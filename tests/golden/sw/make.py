#!/usr/bin/python3
"""Writes sw.txt: similarity-weighted ranking with a logistic regression of
scikit-learn refitted for each query, as RouteLLM's code does it, for
tests/t_sw.c.

    /usr/bin/python3 tests/golden/sw/make.py >tests/golden/sw/sw.txt

Every battle is two rows of the design matrix, a tie being won once and lost
once; model_a's column is written first and model_b's after it, so that within
a tier only the second stays; a battle weighs 10 * 10^(cosine / largest). The
fit is taken to convergence. "routellm" is that; "sane" leaves battles within a
tier out, of the largest cosine too; "steep" is "sane" with the weights 1000^(cosine / largest).

"sizes K TIERS D PROMPTS BATTLES QUERIES"; then "NAME COUNT" and the numbers.
The win rates are those of model 0 over model K - 1. The last query of
"routellm" has a negative cosine with every prompt.
"""
import itertools

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(3)
K, TIERS, D, N, M, Q = 9, 4, 8, 150, 600, 50


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return np.float32(x).astype(float)


emb = rng.normal(size=(N, D))
emb[:, 0] = abs(emb[:, 0]) + 0.3
emb = f32(emb * rng.uniform(0.5, 2, (N, 1)))
query = rng.normal(size=(Q, D))
query[-1] = 0
query[-1, 0] = -1
query = f32(query)
prompt = np.sort(rng.integers(0, N, M))
a = rng.integers(0, K, M)
b = (a + rng.integers(1, K, M)) % K
skill = np.linspace(1, -1, K)
lift = (skill[a] - skill[b]) * (1 + emb[prompt, 1])
y = (rng.uniform(size=M) < 1 / (1 + np.exp(-lift))).astype(float)
y[rng.uniform(size=M) < 0.2] = 0.5


def fit(a, b, y, k, weight):
    n = len(a)
    x = np.zeros((2 * n, k))
    rows = np.arange(2 * n)
    x[rows, np.r_[a, a]] = np.log(10)
    x[rows, np.r_[b, b]] = -np.log(10)
    won = np.r_[y >= 0.5, y > 0.5].astype(float)
    lr = LogisticRegression(fit_intercept=False, penalty=None, tol=1e-10,
                            max_iter=100000)
    lr.fit(x, won, sample_weight=np.r_[weight, weight])
    return 400 * lr.coef_[0]


def tiers_of(rating):
    order = np.argsort(-rating)
    cuts = itertools.combinations(range(1, K), TIERS - 1)
    ends = min(((0,) + c + (K,) for c in cuts), key=lambda c: sum(
        np.var(rating[order[i:j]]) for i, j in zip(c, c[1:])))
    tier = np.zeros(K, int)
    for t, (i, j) in enumerate(zip(ends, ends[1:])):
        tier[order[i:j]] = t
    return tier


tier = tiers_of(fit(a, b, y, K, np.ones(M)))


def rates(base, same):
    keep = np.ones(M, bool) if same else tier[a] != tier[b]
    out = []
    for q in query:
        cos = emb @ q / (np.linalg.norm(emb, axis=1) * np.linalg.norm(q))
        top = cos[prompt][keep].max()
        weight = base * base ** (cos[prompt] / top)
        if top <= 0 and not same:
            weight = np.ones(M)
        r = fit(tier[a][keep], tier[b][keep], y[keep], TIERS, weight[keep])
        out.append(1 / (1 + 10 ** ((r[tier[K - 1]] - r[tier[0]]) / 400)))
    return out


print("sizes", K, TIERS, D, N, M, Q)
show("emb", emb)
show("query", query)
show("prompt", prompt)
show("a", a)
show("b", b)
show("y", y)
show("tier", tier)
show("routellm", rates(10, True))
show("sane", rates(10, False))
show("steep", rates(1000, False))
