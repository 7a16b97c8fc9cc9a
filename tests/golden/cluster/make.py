#!/usr/bin/python3
"""Writes cluster.txt: scikit-learn's KMeans (lloyd) from given centres, and the
scores of lib/route/cluster.c's formula, for tests/t_kmeans.c and t_cluster.c.

    /usr/bin/python3 tests/golden/cluster/make.py >tests/golden/cluster/cluster.txt

"sizes N D K"; x [N, D], unit vectors; start [K, D]; labels, centres, inertia and
steps by tolerances of 0 and of 0.2; "best" is the least inertia of 100 starts.
Then the centres of a model file, its qualities, queries, and the scores with 3
clusters near and beta 4; and costs, and what is predicted.
"""
import warnings

import numpy as np
from sklearn.cluster import KMeans

warnings.simplefilter("ignore")
rng = np.random.default_rng(21)
N, D, K, Q, M = 300, 8, 6, 25, 3


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return np.float32(x).astype(float)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


topic = rng.normal(size=(9, D))
x = f32(unit(topic[rng.integers(0, 9, N)] + 0.7 * rng.normal(size=(N, D))))
start = x[rng.permutation(N)[:K]]
print("sizes", N, D, K)
show("x", x)
show("start", start)
for name, tol in (("strict", 0), ("loose", 0.2)):
    k = KMeans(K, init=start, n_init=1, tol=tol, algorithm="lloyd").fit(x)
    show(name + "_labels", k.labels_)
    show(name + "_centres", k.cluster_centers_)
    show(name + "_inertia", [k.inertia_])
    show(name + "_steps", [k.n_iter_])
show("best", [KMeans(K, n_init=100, tol=0, random_state=0).fit(x).inertia_])

centre = f32(unit(rng.normal(size=(K, D))) * rng.uniform(0.5, 0.9, (K, 1)))
quality = f32(rng.uniform(size=(K, M)))
query = f32(rng.normal(size=(Q, D)) * 3)
far = np.linalg.norm(unit(query)[:, None] - centre[None], axis=2)
score = np.zeros((Q, M))
for i in range(Q):
    near = np.argsort(far[i])[:3]
    w = np.exp(-4 * far[i, near])
    score[i] = w @ quality[near] / w.sum()
print("model", Q, M)
show("centre", centre)
show("quality", quality)
show("query", query)
show("score", score)
cost = f32(rng.exponential(size=(K, M)) / 100)
cost[:, 1] = np.nan
usd = np.zeros((Q, M))
for i in range(Q):
    near = np.argsort(far[i])[:3]
    w = np.exp(-4 * far[i, near])
    usd[i] = w @ cost[near] / w.sum()
show("cost", cost)
show("usd", usd)
