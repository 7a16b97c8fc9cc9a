#!/usr/bin/python3
"""Writes direct.txt: similarity-weighted means of qualities by numpy, for
tests/t_sw_direct.c.

    /usr/bin/python3 tests/golden/sw/direct.py >tests/golden/sw/direct.txt

"sizes N D K QUERIES"; emb [N, D], query, quality and cost [N, K] with NaN where
they are not known; then for the bases 10 and 1000 "mean" and "usd": the means,
weighted by base^(cos / largest cos - 1), of what is known; all weights are equal
where no cosine is positive. The last query has a negative cosine with every
prompt, the one before it is zero.
"""
import numpy as np

rng = np.random.default_rng(8)
N, D, K, Q = 220, 7, 3, 30


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return np.float32(x).astype(float)


emb = rng.normal(size=(N, D))
emb[:, 0] = abs(emb[:, 0]) + 0.2
emb = f32(emb * rng.uniform(0.5, 2, (N, 1)))
query = rng.normal(size=(Q, D))
query[-2:] = 0
query[-1, 0] = -3
query = f32(query)
quality = f32(rng.uniform(size=(N, K)))
quality[rng.uniform(size=(N, K)) < 0.3] = np.nan
quality[np.isnan(quality).all(1), 0] = 0.5
cost = f32(rng.exponential(size=(N, K)) / 50)
cost[rng.uniform(size=(N, K)) < 0.5] = np.nan
cost[:, 1] = np.nan


def weights(base, q):
    size = np.linalg.norm(emb, axis=1) * np.linalg.norm(q)
    cos = emb @ q / np.where(size > 0, size, 1)
    return base ** (cos / cos.max() - 1) if cos.max() > 0 else np.ones(N)


def means(base, table):
    out = np.full((Q, K), np.nan)
    for i in range(Q):
        w = weights(base, query[i])
        for m in range(K):
            known = ~np.isnan(table[:, m])
            if known.any():
                out[i, m] = (w @ np.where(known, table[:, m], 0)) / w[known].sum()
    return out


print("sizes", N, D, K, Q)
show("emb", emb)
show("query", query)
show("quality", quality)
show("cost", cost)
for base in (10, 1000):
    show("mean", means(base, quality))
    show("usd", means(base, cost))
