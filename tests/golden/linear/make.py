#!/usr/bin/python3
"""Writes linear.txt: ridge and logistic regressions of scikit-learn, for
tests/t_linear.c.

    /usr/bin/python3 tests/golden/linear/make.py >tests/golden/linear/linear.txt

Vectors are made unit vectors first. "tall" has more prompts than dimensions,
and the last of its three models is known on some of them alone; "wide" has
fewer. "ridge" are the predictions [queries, k] of Ridge(5) a column; "best" the
alpha of the grid with the least generalised cross-validation error of the gain
of the first model over the last (over the second in "tall"), from the singular
values, and the predictions with it. "battles" are battles among four models;
"target" is the target of each prompt and model as pref/target.h defines it, from
numpy's least squares. "logistic" are the win rates of model 0 by
LogisticRegression where results are repeated as their weights say.
"""
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

warnings.simplefilter("ignore")
rng = np.random.default_rng(11)
GRID = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return np.float32(x).astype(float)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def gcv(x, y):
    x = x - x.mean(0)
    y = y - y.mean()
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    n, errors = len(y), []
    for a in GRID:
        h = s ** 2 / (s ** 2 + a)
        rest = y - u @ (h * (u.T @ y))
        errors.append(n * (rest @ rest) / (n - 1 - h.sum()) ** 2)
    return GRID[int(np.argmin(errors))]


def table(name, n, d, k, q, strength):
    emb = f32(rng.normal(size=(n, d)) + 0.3)
    query = f32(rng.normal(size=(q, d)) + 0.3)
    way = rng.normal(size=(d, k))
    quality = 0.5 + strength * unit(emb) @ way + 0.2 * rng.normal(size=(n, k))
    quality = f32(np.clip(quality, 0, 1))
    if name == "tall":
        quality[rng.uniform(size=n) < 0.4, k - 1] = np.nan
    x, z = unit(emb), unit(query)

    def predict(alpha):
        out = np.zeros((q, k))
        for m in range(k):
            has = ~np.isnan(quality[:, m])
            out[:, m] = Ridge(alpha).fit(x[has], quality[has, m]).predict(z)
        return out

    best = gcv(x, quality[:, 0] - quality[:, 1])
    print(name, n, d, k, q)
    show("emb", emb)
    show("query", query)
    show("quality", quality)
    show("ridge", predict(5))
    print("best", best)
    show("chosen", predict(best))


table("tall", 90, 12, 3, 20, 0.6)
table("wide", 25, 40, 2, 20, 0.9)

N, D, K, M, Q = 60, 6, 4, 150, 15
emb = f32(rng.normal(size=(N, D)))
query = f32(rng.normal(size=(Q, D)))
prompt = np.sort(rng.integers(0, N, M))
a = np.minimum(rng.integers(0, K, M), rng.integers(0, K, M))
b = (a + rng.integers(1, K, M)) % K
lift = (b - a) * (0.5 + unit(emb)[prompt, 0])
y = (rng.uniform(size=M) < 1 / (1 + np.exp(-lift))).astype(float)
y[rng.uniform(size=M) < 0.2] = 0.5
gain = 2 * y - 1
design = np.zeros((M, K))
design[np.arange(M), a] = 1
design[np.arange(M), b] = -1
mu = np.linalg.lstsq(design, gain, rcond=None)[0]
mu += 0.5 - mu.mean()
met = np.zeros((K, K))
np.add.at(met, (a, b), 1)
np.add.at(met, (b, a), 1)
e = 1 / ((met / met.sum(1, keepdims=True)) ** 2).sum(1)
c = e / (1 + e)
rest = gain - (mu[a] - mu[b])
total, count = np.zeros((N, K)), np.zeros((N, K))
np.add.at(total, (prompt, a), mu[a] + c[a] * rest)
np.add.at(total, (prompt, b), mu[b] - c[b] * rest)
np.add.at(count, (prompt, a), 1)
np.add.at(count, (prompt, b), 1)
print("battles", N, D, K, M, Q)
show("emb", emb)
show("query", query)
show("prompt", prompt)
show("a", a)
show("b", b)
show("y", y)
show("target", np.where(count > 0, total / np.maximum(count, 1), np.nan))

# Two models: the pull alpha/4 on each of two vectors is alpha/8 on their
# difference w, and LogisticRegression has |w|^2 / 2 to C times the loss.
alpha = 0.5
soft = f32(rng.uniform(size=N))
x = unit(emb)
x, z = x - x.mean(0), unit(query) - x.mean(0)
fit = LogisticRegression(C=4 / alpha, tol=1e-10, max_iter=100000)
fit.fit(np.r_[x, x], np.r_[np.ones(N), np.zeros(N)],
        sample_weight=np.r_[soft, 1 - soft])
show("soft", soft)
show("logistic", fit.predict_proba(z)[:, 1])
