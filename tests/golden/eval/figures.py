#!/usr/bin/python3
"""Writes records and what rl-eval must print of them, computed by numpy from
the definitions in rl-eval(1), for tests/rl-eval-golden.t.

    /usr/bin/python3 tests/golden/eval/figures.py

makes NAME.jsonl, the records, and NAME.want beside itself: on the first line
the options, on each further line an object of the figures that one record of
the output has. Curves are taken at every threshold, hulls as the best of all
mixtures of two points, and resamples from a copy of the generator: nothing is
shared with the program but the definitions.
"""
import json
import os

import numpy as np

from make import Rng, exact_points, figures, interval

HERE = os.path.dirname(os.path.abspath(__file__))
NAN = float("nan")


def envelope(points, at):
    """Best quality of a mixture of two points whose mean cost is AT."""
    c, q = np.array(points).T
    best = np.full(len(at), NAN)
    for j, x in enumerate(at):
        low, high = c <= x, c >= x
        if not low.any():
            continue
        best[j] = q[low].max()  # money need not be spent
        a, b = np.ix_(low, high)
        ca, cb, qa, qb = c[low][:, None], c[high], q[low][:, None], q[high]
        with np.errstate(all="ignore"):
            t = np.where(cb > ca, (x - ca) / (cb - ca), 0)
        if high.any():
            best[j] = max(best[j], (qa + t * (qb - qa)).max())
    return best


def arena(accuracy, cost):
    c = 1.0
    if cost > 0:
        c = (np.log2(200) - np.log2(1000 * cost)) / \
            (np.log2(200) - np.log2(0.0044))
        c = min(max(c, 0.0), 1.0)
    if accuracy <= 0 or c == 0:
        return 0.0
    return 1.1 * accuracy * c / (0.1 * accuracy + c)


def money(points, singles, lo, hi):
    """AIQ, cost at equal quality, quality at equal cost, RouterArena's S."""
    best = max(singles, key=lambda s: (s[1], -s[0]))
    least = min(singles, key=lambda s: (s[0], -s[1]))
    most = max(s[0] for s in singles)
    s = max(arena((q - lo) / (hi - lo), c) for c, q in points)
    points = list(points) + [least]
    grid = np.unique([c for c, _ in points] + [least[0], most])
    e = envelope(points, grid)
    inside = (grid >= least[0]) & (grid <= most)
    aiq = np.trapz(e[inside], grid[inside]) / (most - least[0]) \
        if most > least[0] else NAN
    cost = NAN
    for j in range(len(grid)):
        if e[j] >= best[1] - 1e-12:
            if j == 0 or e[j - 1] >= e[j]:
                cost = grid[j]
            else:
                t = (best[1] - e[j - 1]) / (e[j] - e[j - 1])
                cost = grid[j - 1] + t * (grid[j] - grid[j - 1])
            break
    return [aiq, cost, envelope(points, [best[0]])[0], s]


def pair_money(score, weak, strong, cw, cs, lo, hi):
    points = [(cw.mean(), weak.mean())]
    for t in np.unique(score)[::-1]:
        sent = score >= t
        points.append((np.where(sent, cs, cw).mean(),
                       np.where(sent, strong, weak).mean()))
    singles = [points[0], (cs.mean(), strong.mean())]
    return [cw.mean(), cs.mean()] + money(points, singles, lo, hi)


def calibration(score, target):
    below = np.array([(score < s).sum() for s in score])
    bins = 10 * below // len(score)
    ece = sum((bins == b).mean() *
              abs(score[bins == b].mean() - target[bins == b].mean())
              for b in np.unique(bins))
    brier = ((score - target) ** 2).mean()
    constant = ((target.mean() - target) ** 2).mean()
    return [brier, constant, ece, brier - constant]


def psi(reference, score):
    ref = np.sort(reference)
    edges = []
    for b in range(1, 10):
        rank = b * (len(ref) - 1)
        a = ref[rank // 10]
        z = ref[min(rank // 10 + 1, len(ref) - 1)]
        edges.append(a + (z - a) * (rank % 10 / 10))
    edges = np.r_[-np.inf, np.unique(edges), np.inf]

    def shares(v):
        s = [((v > a) & (v <= z)).mean() for a, z in zip(edges, edges[1:])]
        return np.maximum(s, 1e-4)

    q, p = shares(ref), shares(score)
    return float(((p - q) * np.log(p / q)).sum())


FIGS = ["weak_quality", "strong_quality", "apgr", "cpt20", "cpt50", "cpt80",
        "auc", "gain"]
MONEY = ["weak_cost", "strong_cost", "aiq", "cost_at_equal_quality",
         "quality_at_equal_cost", "arena_score"]
CALIBRATION = ["brier", "brier_constant", "ece", "brier_vs_constant"]


def resamples(n, reps, seed):
    for r in range(reps):
        rng = Rng(seed, r)
        yield np.array([rng.below(n) for _ in range(n)])


def write(name, options, records, want):
    with open(os.path.join(HERE, name + ".jsonl"), "w") as f:
        for r in records:
            f.write(json.dumps(r) + "\n")
    with open(os.path.join(HERE, name + ".want"), "w") as f:
        f.write(options + "\n")
        for w in want:
            for k in w:
                if isinstance(w[k], float) and np.isnan(w[k]):
                    w[k] = None
            f.write(json.dumps(w) + "\n")


def with_intervals(out, keys, figure, reps):
    for k, x, boot in zip(keys, figure, np.array(reps, float).T):
        out[k] = float(x)
        out[k + "_lo"], out[k + "_hi"] = map(float, interval(boot))


def pair():
    rng = np.random.default_rng(11)
    n, reps, seed = 80, 60, 3
    score = np.round(rng.random(n), 2)
    alt = np.round(rng.random(n), 1)
    length = rng.integers(1, 40, n)
    weak = np.round(rng.random(n) * 4) / 4
    strong = np.round(np.clip(weak + 0.5 * score + rng.normal(0, .3, n),
                              0, 1) * 4) / 4
    cw = np.round(rng.uniform(1e-4, 9e-4, n), 6)
    cs = np.round(rng.uniform(5e-4, 9e-3, n), 6)  # some below the weak one's
    oracle, random = strong - weak, np.zeros(n)
    names = ["score", "alt", "random", "length", "oracle"]
    scores = [score, alt, random, np.log1p(length), oracle]
    ref = [np.round(rng.beta(2, 2, 120), 2), np.round(rng.beta(2, 3, 120), 1)]

    def all_of(i):
        out = []
        for name, s in zip(names, scores):
            s, w, g = s[i], weak[i], strong[i]
            f = figures(exact_points(s, w, g)[0], w, g)
            f += pair_money(s, w, g, cw[i], cs[i], 0, 1)
            f += calibration(s, (1 + g - w) / 2) \
                if name in ("score", "alt") else [NAN] * 4
            out.append(f)
        return np.array(out)

    plain = all_of(np.arange(n))
    boot = np.array([all_of(i) for i in resamples(n, reps, seed)])
    want = []
    for j, name in enumerate(names):
        w = {"router": name}
        control = j > 1
        keys = FIGS + MONEY + ([] if control else CALIBRATION)
        with_intervals(w, keys, plain[j], boot[:, j])
        if not control:
            with_intervals(w, ["vs_length"], [plain[j][2] - plain[3][2]],
                           boot[:, j, 2:3] - boot[:, 3, 2:3])
            w["psi"] = psi(ref[j], scores[j])
        if name == "alt":
            keys = FIGS + MONEY + CALIBRATION
            some = [f for f, k in enumerate(keys) if k not in (
                "weak_quality", "strong_quality", "weak_cost", "strong_cost",
                "brier_constant")]
            with_intervals(w, [keys[f] + "_diff" for f in some],
                           (plain[1] - plain[0])[some],
                           (boot[:, 1] - boot[:, 0])[:, some])
        want.append(w)
    write("pair", "-s score -s alt --bootstrap %d --seed %d --drift "
          "reference.jsonl --quality-range 0,1" % (reps, seed), [
              {"prompt": "x" * int(length[i]), "score": score[i],
               "alt": alt[i], "quality": {"w": weak[i], "s": strong[i]},
               "cost": {"s": cs[i], "w": cw[i]}} for i in range(n)], want)
    with open(os.path.join(HERE, "reference.jsonl"), "w") as f:
        for a, b in zip(*ref):
            f.write(json.dumps({"score": a, "alt": b}) + "\n")


if __name__ == "__main__":
    pair()
