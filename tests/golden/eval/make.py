#!/usr/bin/python3
"""Writes curves.txt: cost-quality figures computed by numpy, straight from the
definitions (RouteLLM, arXiv 2406.18665, section 2.2, and its evaluation code),
for tests/t_curve.c and tests/t_bootstrap.c.

    /usr/bin/python3 tests/golden/eval/make.py >tests/golden/eval/curves.txt

Each set: "data NAME N REPS SEED"; N lines "score weak strong"; for each mode
"mode NAME M" with the figures on the next line and then M points "share
quality threshold" by rising share; then "boot" with one line "lo hi" for each
figure of the exact curve, "diff" with the same for its difference to the
length-like second score, and "second" with that score. "nan": not defined.
"""
import numpy as np

GOALS = (0.2, 0.5, 0.8)
M64 = (1 << 64) - 1


def points(score, weak, strong, thresholds, last_above):
    """(share, quality) at each threshold: strong iff score >= threshold."""
    out = []
    for j, t in enumerate(thresholds):
        sent = score > t if last_above and j == len(thresholds) - 1 \
            else score >= t
        out.append((sent.mean(), np.where(sent, strong, weak).mean()))
    return out


def crossing(share, pgr, goal):
    goal -= 1e-12  # rounding
    for j in range(1, len(share)):
        if pgr[j - 1] < goal <= pgr[j]:
            t = (goal - pgr[j - 1]) / (pgr[j] - pgr[j - 1])
            return share[j - 1] + t * (share[j] - share[j - 1])
    return np.nan


def exact_points(score, weak, strong):
    t = np.unique(score)[::-1]
    pts = [(0.0, weak.mean())] + points(score, weak, strong, t, False)
    return pts, np.r_[np.nextafter(t[0], np.inf), t]


def routellm_points(score, weak, strong):
    edges = np.quantile(score, np.linspace(0, 1, 11))
    pts = points(score, weak, strong, edges, True)[::-1]
    t = edges[::-1].copy()
    t[0] = np.nextafter(t[0], np.inf)
    return pts, t


def figures(pts, weak, strong):
    share = np.array([p[0] for p in pts])
    quality = np.array([p[1] for p in pts])
    w, s = weak.mean(), strong.mean()
    auc = np.trapz(quality, share)
    gain = auc - (w + s) / 2
    if s - w <= 1e-12:
        return [w, s] + [np.nan] * 4 + [auc, gain]
    pgr = (quality - w) / (s - w)
    return [w, s, np.trapz(pgr, share)] + \
        [crossing(share, pgr, g) for g in GOALS] + [auc, gain]


def splitmix(x):
    x = (x + 0x9e3779b97f4a7c15) & M64
    z = x
    z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & M64
    z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & M64
    return x, z ^ (z >> 31)


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & M64


class Rng:
    """xoshiro256** with a stream, as lib/base/rng.c starts it."""

    def __init__(self, seed, stream):
        _, y = splitmix(seed)
        x = y ^ ((stream * 0xd1342543de82ef95 + 0x632be59bd9b4e019) & M64)
        self.s = []
        for _ in range(4):
            x, z = splitmix(x)
            self.s.append(z)

    def u64(self):
        s = self.s
        out = (rotl((s[1] * 5) & M64, 7) * 9) & M64
        t = (s[1] << 17) & M64
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return out

    def below(self, n):
        if n < 2:
            return 0
        while True:
            x = self.u64()
            if x < M64 - M64 % n:
                return x % n


def interval(v):
    v = np.asarray(v)
    good = v[~np.isnan(v)]
    if len(v) - len(good) > 0.01 * len(v) or len(good) == 0:
        return np.nan, np.nan
    return tuple(np.quantile(good, [0.025, 0.975]))


def text(row):
    return " ".join("%.17g" % x for x in row)


def write(name, score, weak, strong, second, reps, seed):
    n = len(score)
    print("data %s %d %d %d" % (name, n, reps, seed))
    for row in zip(score, weak, strong):
        print(text(row))
    for mode, how in (("exact", exact_points), ("routellm", routellm_points)):
        pts, thresholds = how(score, weak, strong)
        print("mode %s %d" % (mode, len(pts)))
        print(text(figures(pts, weak, strong)))
        for (x, y), t in zip(pts, thresholds):
            print(text((x, y, t)))
    fig, diff = [], []
    for r in range(reps):
        rng = Rng(seed, r)
        i = np.array([rng.below(n) for _ in range(n)])
        f = [figures(exact_points(s[i], weak[i], strong[i])[0], weak[i],
                     strong[i]) for s in (score, second)]
        fig.append(f[0])
        diff.append(np.array(f[1]) - np.array(f[0]))
    print("boot")
    for f in np.array(fig).T:
        print(text(interval(f)))
    print("diff")
    for f in np.array(diff).T:
        print(text(interval(f)))
    print("second")
    for x in second:
        print(text([x]))


def right_or_wrong(rng, score, lift):
    weak = (rng.random(len(score)) < 0.9 - 0.6 * score).astype(float)
    strong = (rng.random(len(score)) < 0.9 - 0.6 * score + lift * score)
    return weak, strong.astype(float)


def main():
    rng = np.random.default_rng(7)
    n = 90  # graded answers, no two scores alike
    score = rng.normal(size=n)
    weak = np.round(rng.uniform(1, 10, n), 2)
    strong = np.round(np.clip(weak + 1 + score + rng.normal(size=n), 1, 10), 2)
    write("graded", score, weak, strong, rng.normal(size=n), 200, 1)
    n = 120  # right or wrong, scores of one decimal: groups of ties
    score = np.round(rng.random(n), 1)
    weak, strong = right_or_wrong(rng, score, 0.5)
    write("ties", score, weak, strong, np.round(rng.random(n), 1), 200, 2)
    n = 41  # edges that fall on scores
    score = rng.permutation(n) / 40.0
    weak, strong = right_or_wrong(rng, score, 0.7)
    write("edges", score, weak, strong, rng.random(n), 100, 3)
    n = 30  # one score for all: random routing
    score = np.full(n, 0.25)
    weak, strong = right_or_wrong(rng, score, 2.0)
    write("constant", score, weak, strong, rng.random(n), 100, 4)
    n = 24  # the weak model is the better one
    score = np.round(rng.random(n), 1)
    strong, weak = right_or_wrong(rng, score, 1.0)
    write("nogap", score, weak, strong, rng.random(n), 100, 5)
    write("three", np.array([0.1, 0.9, 0.5]), np.array([0.0, 0.0, 1.0]),
          np.array([1.0, 1.0, 1.0]), np.array([0.3, 0.2, 0.1]), 100, 6)


if __name__ == "__main__":
    main()
