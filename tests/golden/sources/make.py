#!/usr/bin/python3
"""Writes records.jsonl and pooled.txt, for tests/t_sources.c.

    cd tests/golden/sources && /usr/bin/python3 make.py

Four sources of the pair S, W: "home" has outcomes of it, right or wrong; "far"
has outcomes from 1 to 10 of models of which A and B play the strong part and C
the weak one; "arena" has battles, of the pair and of others; "flat" has the same
gain everywhere. Some prompts are in two sources. For each case pooled.txt has
the comparisons [m, 4] (prompt, model a, model b, result), in the order of the
prompts, of a prompt battles first; then the table of qualities [n, k], and how
many gains were beyond 1.
"""
import json

import numpy as np

rng = np.random.default_rng(3)
MODELS = ["S", "W", "T"]
PARTS = {"A": "S", "B": "S", "C": "W"}
NAMES = ["home", "far", "arena", "flat"]
records, prompts = [], {}


def add(prompt, source, **more):
    records.append({"prompt": "p%d" % prompt, "src": source, **more})


for i in range(14):
    add(i, "home", quality={"S": int(rng.random() < 0.8), "W": int(rng.random() < 0.5)})
for i in range(10, 26):
    q = rng.integers(1, 11, 3)
    # seldom another gain than none: scaled up it passes 1
    if i < 24:
        q[:] = q[0]
    add(i, "far", quality={m: int(x) for m, x in zip("ABC", q)})
add(26, "far", quality={"A": 1, "B": 1, "C": 10})
for i in range(24, 36):
    a, b = [("S", "W"), ("W", "S"), ("T", "W")][i % 3]
    add(i, "arena", model_a=a, model_b=b,
        winner=["model_a", "model_b", "tie"][rng.integers(3)])
for i in range(36, 40):
    add(i, "flat", quality={"S": 1, "W": 0})
add(36, "flat", quality={"S": 1, "W": 0})

with open("records.jsonl", "w") as f:
    for r in records:
        f.write(json.dumps(r, separators=(",", ":")) + "\n")

for r in records:
    prompts.setdefault(r["prompt"], len(prompts))
n, k = len(prompts), len(MODELS)
ranges = {}
for r in records:
    if "quality" in r:
        v = {}
        for m, q in r["quality"].items():
            v.setdefault(PARTS.get(m, m), []).append(q)
        r["part"] = {m: np.mean(q) for m, q in v.items()}
        lo, hi = ranges.get(r["src"], (np.inf, -np.inf))
        ranges[r["src"]] = min(lo, *r["part"].values()), max(hi, *r["part"].values())

cmps, table = [], [[[] for _ in MODELS] for _ in range(n)]
for r in records:
    i = prompts[r["prompt"]]
    if "winner" in r:
        y = {"model_a": 1, "model_b": 0, "tie": 0.5}[r["winner"]]
        cmps.append([i, 0, r["src"], MODELS.index(r["model_a"]),
                     MODELS.index(r["model_b"]), y])
    else:
        lo, hi = ranges[r["src"]]
        s, w = ((r["part"][m] - lo) / (hi - lo) for m in "SW")
        table[i][0].append(s)
        table[i][1].append(w)
        cmps.append([i, 1, r["src"], 0, 1, (1 + s - w) / 2])
cmps.sort(key=lambda c: (c[0], c[1]))


def gain(c):
    """Of S over W; None: another pair."""
    return {(0, 1): 2 * c[5] - 1, (1, 0): 1 - 2 * c[5]}.get((c[3], c[4]))


gains = {s: np.array([gain(c) for c in cmps if c[2] == s and gain(c) is not None])
         for s in NAMES}


def show(f, name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x), file=f)
    print(*("%.9g" % v for v in x), file=f)


def case(f, target, keep):
    if target:
        mean, sd = gains[target].mean(), gains[target].std()
    else:
        g = [gains[s] for s in NAMES if gains[s].std() > 0]
        w = [len(x) for x in g]
        mean = np.average([x.mean() for x in g], weights=w)
        sd = np.sqrt(np.average([x.var() for x in g], weights=w))
    rows, clipped = [], 0
    left = [[] for _ in range(n)]
    for i, outcome, s, a, b, y in cmps:
        if s not in keep:
            continue
        g = gain([i, outcome, s, a, b, y])
        if g is not None and s != target:
            g = mean + sd * (g - gains[s].mean()) / gains[s].std()
            clipped += abs(g) > 1
            g = np.clip(g, -1, 1)
            y = (1 + (g if a == 0 else -g)) / 2
        rows.append([i, a, b, y])
        if outcome:
            left[i].append(g)
    quality = np.full((n, k), np.nan)
    for i in range(n):
        if left[i]:
            g = np.mean(left[i])
            middle = (np.mean(table[i][0]) + np.mean(table[i][1])) / 2
            middle = np.clip(middle, abs(g) / 2, 1 - abs(g) / 2)
            quality[i, :2] = middle + g / 2, middle - g / 2
    print("case", target or "-", ",".join(keep), file=f)
    show(f, "cmp", rows)
    show(f, "quality", quality)
    print("clipped", clipped, file=f)


with open("pooled.txt", "w") as f:
    print("prompts", n, file=f)
    show(f, "mean", [gains[s].mean() for s in NAMES])
    show(f, "sd", [gains[s].std() for s in NAMES])
    case(f, None, ["home", "far", "arena"])
    case(f, "home", ["home", "far", "arena"])
    case(f, "home", ["home"])
    case(f, "far", ["far", "arena"])
