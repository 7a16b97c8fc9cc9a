#!/usr/bin/python3
"""The vectors of bench/kmeans, and scikit-learn's KMeans on them.

    kmeans.py make X          writes 5,000 unit vectors of 4,096 floats: topics
                              of different size and width, and noise
    kmeans.py run X SEEDS     a line a seed: seconds, inertia, steps
"""
import sys
import time

import numpy as np

N, D, K = 5000, 4096, 25
if sys.argv[1] == "make":
    rng = np.random.default_rng(1)
    topics = rng.normal(size=(60, D)) * rng.uniform(0.3, 1, (60, 1))
    share = rng.dirichlet(np.ones(60))
    x = topics[rng.choice(60, N, p=share)] + rng.normal(size=(N, D))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    np.float32(x).tofile(sys.argv[2])
else:
    from sklearn.cluster import KMeans
    x = np.fromfile(sys.argv[2], np.float32).reshape(N, D)
    for seed in range(int(sys.argv[3])):
        t = time.perf_counter()
        k = KMeans(K, n_init=10, tol=1e-4, algorithm="lloyd",
                   random_state=seed).fit(x)
        print("%.4f %.9g %d" % (time.perf_counter() - t, k.inertia_,
                                k.n_iter_), flush=True)
