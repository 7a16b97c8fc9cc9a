#!/usr/bin/python3
"""Writes guard.txt: how unlike queries are, by numpy, for tests/t_guard.c.

    /usr/bin/python3 tests/golden/guard/make.py >tests/golden/guard/guard.txt

"sizes N D QUERIES"; emb [N, D], some of them twice but for noise, query
[QUERIES, D]. The text of a row i, and of a query as row N + i, is made of words
by the rule in `text`, which the test has too. "scale" and "surface" are the
tensors of these names, "own" [N] and "weight" [QUERIES] the weights of length,
as lib/route/guard.h and lib/text/surface.h define them.
"""
import re
import numpy as np

rng = np.random.default_rng(11)
N, D, Q, NEAR, SHARE, FULL = 240, 12, 60, 5, .1, 1.25
WORDS = ["apple", "12", "a-b", "x=1;", "Zo\u00eb", "\nA. yes", "is", "?"]


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.12g" % v for v in x))


def text(i):
    n = 3 + i * 7 % 23
    return " ".join(WORDS[(i * j + j * j) % (5 if i % 9 else 8)] for j in range(n))


def surface(s):
    n, code = len(s), set("{}[]()<>=;_`$\\#|&^~")
    digits = sum(c in "0123456789" for c in s)
    marks = sum(c in code for c in s)
    punct = sum("!" <= c <= "~" and not c.isalnum() and c not in code for c in s)
    options = len(re.findall(r"(?m)^(?:\([A-Z]\)|[A-Z][.)])", s))
    return np.float32([np.log1p(n), np.log1p(len(s.split())), digits / n, punct / n,
                       marks / n, np.log1p(options), np.log1p(s.count("\n")),
                       sum(c > "\x7f" for c in s) / n]).astype(float)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def topic(q, own):
    c = np.float32(unit(q)) .astype(float) @ rows.T
    if own:
        c[c >= .95] = -2
    return np.sort(c, axis=1)[:, -NEAR:].mean(1)


def form(x):
    return np.linalg.norm((x - mean) @ inverse.T, axis=1)


def quantile(x, share):
    return np.sort(x)[int(share * (len(x) - 1) + .5)]


emb = np.float32(rng.normal(size=(N, D)) + 1.5).astype(float)
emb[200:220] = np.float32(emb[:20] + .05 * rng.normal(size=(20, D)))
t = rng.uniform(0, .9, size=(Q, 1))
query = np.float32(t * emb[:Q] + (1 - t) * rng.normal(size=(Q, D))).astype(float)
rows = np.float16(np.float32(unit(emb))).astype(float)
s = np.array([surface(text(i)) for i in range(N)])
mean = s.mean(0)
cov = (s - mean).T @ (s - mean) / N + np.diag([.1, .1, .01, .01, .01, .1, .1, .01]) ** 2
inverse = np.linalg.inv(np.linalg.cholesky(cov))
a, b = topic(emb, True), form(s)
am, bm = quantile(a, .5), quantile(b, .5)
ae = am - max(am - quantile(a, SHARE), .01)
be = bm + max(quantile(b, 1 - SHARE) - bm, .5)
unlike = np.maximum((am - a) / (am - ae), (b - bm) / (be - bm))
by = max(quantile(unlike, 1 - SHARE), 1)
ae, be = am + by * (ae - am), bm + by * (be - bm)


def weight(a, b):
    u = np.maximum((am - a) / (am - ae), (b - bm) / (be - bm))
    return np.clip((u - 1) / (FULL - 1), 0, 1)


sq = np.array([surface(text(N + i)) for i in range(Q)])
own, seen = weight(a, b), weight(topic(query, False), form(sq))
assert .07 < (own > 0).mean() < .13 and 2 < ((seen > 0) & (seen < 1)).sum()
assert (seen == 0).sum() > 5 and (seen == 1).sum() > 5
print("sizes", N, D, Q)
show("emb", emb)
show("query", query)
show("surface", np.vstack([mean, inverse]))
show("scale", [am, ae, bm, be])
show("own", own)
show("weight", seen)
