#!/usr/bin/python3
"""sw as RouteLLM scores it: a logistic regression of scikit-learn refitted for
each query, on the battles of a model file.

    sw.py MODEL QUERIES SCORES MS

Prints seconds a query beside our MS milliseconds, and how far our SCORES are
from the win rates of the refit.
"""
import json
import struct
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

COUNT = 5
model, queries, scores, ms = sys.argv[1:]
f = open(model, "rb")
size, = struct.unpack("<Q", f.read(8))
header = json.loads(f.read(size))
TYPES = {"F32": np.float32, "U32": np.uint32, "U16": np.uint16}


def tensor(name):
    t = header[name]
    x = np.memmap(model, TYPES[t["dtype"]], "r", 8 + size
                  + t["data_offsets"][0], tuple(t["shape"]))
    return np.array(x)


emb, prompt, pair = (tensor("sw." + n) for n in ("embedding", "prompt", "pair"))
wins, tier = tensor("sw.wins"), tensor("sw.tier")
query = np.fromfile(queries, np.float32).reshape(-1, emb.shape[1])
ours = np.fromfile(scores, np.float32).reshape(-1, 2)
times, off = [], 0
for q in range(COUNT):
    start = time.perf_counter()
    cos = emb @ query[q] / (np.linalg.norm(emb, axis=1)
                            * np.linalg.norm(query[q]))
    weight = (10 * 10 ** (cos / cos.max()))[prompt]
    rows = np.arange(2 * len(prompt))
    x = np.zeros((len(rows), tier.max() + 1))
    x[rows, np.r_[pair[:, 0], pair[:, 0]]] = np.log(10)
    x[rows, np.r_[pair[:, 1], pair[:, 1]]] = -np.log(10)
    won = np.r_[wins[0] >= 0.5, wins[0] > 0.5]
    fit = LogisticRegression(fit_intercept=False, penalty=None)
    fit.fit(x, won, sample_weight=np.r_[weight, weight])
    r = fit.coef_[0] * np.log(10)
    p = 1 / (1 + np.exp(r[tier[-1]] - r[tier[0]]))
    times.append(time.perf_counter() - start)
    off = max(off, abs(p - 1 / (1 + np.exp(ours[q, 1] - ours[q, 0]))))
print("sw refitted by scikit-learn: %.2f s a query; ours is %.0f times as fast,"
      " win rates within %.1e" % (np.median(times), np.median(times) * 1e3
                                  / float(ms), off))
