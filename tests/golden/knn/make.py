#!/usr/bin/python3
"""Writes knn.txt: nearest neighbours by numpy, for tests/t_knn.c.

    /usr/bin/python3 tests/golden/knn/make.py >tests/golden/knn/knn.txt

"sizes N D K QUERIES NEIGHBOURS"; emb [N, D], some of them twice, query, quality
[N, K] with NaN where it is not known. "mean" [QUERIES, K] is the mean quality of
those of the NEIGHBOURS nearest by cosine (of equal ones the first) where it is
known, and the mean of all where there is none; "guarded" is that of the last
model plus the mean gain over it less 1.5 standard errors, as lib/route/knn.c
defines them; "usd" is the mean over the same of "cost" [N, K]. The last query is a prompt that is there twice, of whose two the
first alone is among the neighbours.
"""
import numpy as np

rng = np.random.default_rng(5)
N, D, K, Q, NEAR, Z = 400, 10, 3, 40, 6, 1.5


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return np.float32(x).astype(float)


emb = rng.normal(size=(N, D))
query = rng.normal(size=(Q, D))
twins = rng.permutation(N)[:60]
emb[twins[30:]] = emb[twins[:30]]
near = np.argsort(-(emb @ query[-1]) / np.linalg.norm(emb, axis=1))
emb[[350, 60]] = emb[near[NEAR - 1]]     # the last place has equals
emb[near[NEAR - 1]] = -query[-1]
emb, query = f32(emb), f32(query)
quality = f32(rng.uniform(size=(N, K)))
quality[rng.uniform(size=(N, K)) < 0.3] = np.nan
quality[350] = 0
quality[60] = 1
quality[np.isnan(quality).all(1), 0] = 0.5


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


overall = np.nanmean(quality, 0)
gain = quality - quality[:, -1:]
spread = np.nanstd(gain, 0, ddof=1)
mean, guarded = np.zeros((Q, K)), np.zeros((Q, K))
cosines = f32(unit(f32(query)) @ unit(emb).T)
for i in range(Q):
    row = np.argsort(-cosines[i], kind="stable")[:NEAR]
    if i == Q - 1:
        assert 60 in row and 350 not in row and cosines[i, 60] == cosines[i, 350]
    for m in range(K):
        q = quality[row, m]
        q = q[~np.isnan(q)]
        mean[i, m] = q.mean() if len(q) else overall[m]
    guarded[i, -1] = mean[i, -1]
    for m in range(K - 1):
        g = gain[row, m]
        g = g[~np.isnan(g)]
        n, s2 = len(g), spread[m] ** 2
        low = overall[m] - overall[-1] - Z * spread[m]
        if n:
            se = np.sqrt((((g - g.mean()) ** 2).sum() + s2) / n) / np.sqrt(n)
            low = g.mean() - Z * se
        guarded[i, m] = mean[i, -1] + low

cost = f32(rng.exponential(size=(N, K)) / 100)
cost[rng.uniform(size=(N, K)) < 0.6] = np.nan
cost[:, 2] = np.nan
usd = np.full((Q, K), np.nan)
for i in range(Q):
    row = np.argsort(-cosines[i], kind="stable")[:NEAR]
    for m in range(2):
        c = cost[row, m]
        usd[i, m] = np.nanmean(c if not np.isnan(c).all() else cost[:, m])

print("sizes", N, D, K, Q, NEAR)
show("emb", emb)
show("query", query)
show("quality", quality)
show("mean", mean)
show("guarded", guarded)
show("cost", cost)
show("usd", usd)
