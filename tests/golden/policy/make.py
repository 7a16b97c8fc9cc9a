#!/usr/bin/python3
"""Golden values of the policies. Run it here.

mix.txt, for tests/t_policy.c: "sample N" and a line "cost quality ..." for each
query's models; then what is asked of it: "lambda L", "budget B" or "quality Q"
with the mean cost, the mean quality and (not for lambda) the chance of the
second policy. In rational numbers: every pair of a query's models gives a step,
and the policies between the steps are all tried in turn; no hull is made. The
quality that a budget buys is also that of a linear programme (scipy), which is
asserted.

track.txt, for the same: "track P", a sample, a stream, what was decided, and
the threshold, the step and the recent share that it ends with.

models.json, sample.jsonl, in.jsonl, for tests/rl-route.t: records of all kinds;
routes.txt: the options of rl-route, and the routes of in.jsonl's records.
"""
import json
from fractions import Fraction as F

import numpy as np
from scipy.optimize import linprog

rng = np.random.default_rng(5)
OUT = 256


# --- policies ----------------------------------------------------------------

def best(options, lam):
    """options: (cost, quality, name); the one of the highest lam q - c."""
    if lam == "all":
        return min(options, key=lambda o: (-o[1], o[0], o[2]))
    return min(options, key=lambda o: (-(lam * o[1] - o[0]), o[0], -o[1],
                                       o[2]))


def policies(sample):
    steps = set()
    for options in sample:
        for c, q, _ in options:
            for d, r, _ in options:
                if d > c and r > q:
                    steps.add((d - c) / (r - q))
    steps = sorted(steps)

    def between(steps):
        return ([F(0)] + [(a + b) / 2 for a, b in zip(steps, steps[1:])] +
                (["all"] if steps else []))

    # a step of two models neither of which is the best changes nothing
    chosen = [[best(o, lam) for o in sample] for lam in between(steps)]
    return between([x for x, a, b in zip(steps, chosen, chosen[1:])
                    if a != b])


def means(sample, lam):
    chosen = [best(o, lam) for o in sample]
    return (sum(o[0] for o in chosen) / len(sample),
            sum(o[1] for o in chosen) / len(sample))


def solve(sample, target, which):
    """The mix of two policies whose mean cost (0) or quality (1) is target:
    (lambda, lambda, chance of the second, mean cost, mean quality)."""
    tried = [(lam,) + means(sample, lam) for lam in policies(sample)]
    if target <= tried[0][1 + which]:
        lam, c, q = tried[0]
        return lam, lam, F(0), c, q
    for a, b in zip(tried, tried[1:]):
        if b[1 + which] >= target:
            p = (target - a[1 + which]) / (b[1 + which] - a[1 + which])
            return (a[0], b[0], p, a[1] + p * (b[1] - a[1]),
                    a[2] + p * (b[2] - a[2]))
    lam, c, q = tried[-1]
    return lam, lam, F(1), c, q


def bought(sample, budget):
    """The most quality that a mean cost of budget buys, by linprog."""
    n = sum(len(o) for o in sample)
    cost = [float(o[0]) for os in sample for o in os]
    gain = [-float(o[1]) for os in sample for o in os]
    rows, at = [], 0
    for os in sample:
        row = np.zeros(n)
        row[at:at + len(os)] = 1
        rows.append(row)
        at += len(os)
    r = linprog(gain, A_ub=[cost], b_ub=[float(budget) * len(sample)],
                A_eq=rows, b_eq=np.ones(len(sample)), method="highs")
    return -r.fun / len(sample)


def number(x):
    return repr(float(x))


def make_sample(n, k, kind):
    sample = []
    for _ in range(n):
        m = int(rng.integers(1, k + 1))
        if kind == "smooth":
            c = [F(float(x)) for x in rng.lognormal(-6, 1.5, m)]
            q = [F(float(x)) for x in rng.uniform(0, 1, m)]
        else:  # few values: many steps are one
            c = [F(int(x), 1024) for x in rng.integers(1, 5, m)]
            q = [F(int(x), 8) for x in rng.integers(0, 9, m)]
        sample.append([(c[i], q[i], str(i)) for i in range(m)])
    return sample


with open("mix.txt", "w") as f:
    for n, k, kind in ((1, 4, "smooth"), (9, 5, "smooth"), (23, 7, "smooth"),
                       (9, 4, "tied"), (30, 6, "tied")):
        sample = make_sample(n, k, kind)
        print("sample", n, file=f)
        for o in sample:
            print(*(number(x) for c, q, _ in o for x in (c, q)), file=f)
        for lam in (F(0), F(1, 1024), F(1, 64), F(1)):
            print("lambda", number(lam),
                  *map(number, means(sample, lam)), file=f)
        low, high = means(sample, F(0)), means(sample, "all")
        for share in (F(0), F(1, 7), F(1, 2), F(9, 10), F(1), F(3, 2)):
            b = F(float(low[0] + share * (high[0] - low[0])))
            if b >= low[0]:
                _, _, p, c, q = solve(sample, b, 0)
                assert abs(bought(sample, b) - float(q)) < 1e-9
                print("budget", *map(number, (b, c, q, p)), file=f)
            t = F(float(low[1] + share * (high[1] - low[1])))
            if t <= high[1]:
                _, _, p, c, q = solve(sample, t, 1)
                assert abs(bought(sample, c) - float(q)) < 1e-9
                print("quality", *map(number, (t, c, q, p)), file=f)

# --- the track -----------------------------------------------------------------

with open("track.txt", "w") as f:
    for share, start, stream in (
            (.3, rng.uniform(0, 1, 50), np.sin(np.arange(400) / 60)),
            (.5, np.full(5, .25), np.full(300, .25)),
            (.0, rng.normal(size=20), rng.normal(size=50)),
            (1., rng.normal(size=20), rng.normal(size=50))):
        # the smallest score whose share of the sample is at most this
        t = min([x for x in start if np.mean(start >= x) <= share] +
                [np.nextafter(start.max(), np.inf)])
        step = .02 * start.std() if np.ptp(start) > 0 else .002
        recent, said = share, ""
        for x in stream:
            d = int(x >= t)
            said += str(d)
            t += step * (d - share)
            recent += (d - recent) / 1000
        print("track", share, file=f)
        print(*map(number, start), file=f)
        print(*map(number, stream), file=f)
        print(said, number(t), number(step), number(recent), file=f)

# --- records -------------------------------------------------------------------

models = {
    "big": {"input": 10, "output": 30, "context": 1200, "tools": True,
            "images": True},
    "small": {"input_price": .15, "output_price": .6, "size": "8B",
              "context": 400},
    "seeing": {"input": 2.5, "output": 10, "images": True},
    "api": {"call": .004, "tools": True},
}
TEXTS = ["Hi!", "What is \u00e9t\u00e9?\nSay.", "\U0001f600 \u4e2d\u6587 \"q\"",
         "tab\there\\", "word " * 130, "w\u00f6rd " * 640]


def record(i):
    r = {"id": i}
    kind = i % 5
    # with an image the last one would be too long for all
    text = TEXTS[i % (len(TEXTS) - (kind == 4))] + str(i)
    if kind < 3:
        r["prompt"] = text
    else:
        content = text
        if kind == 4:
            content = [{"type": "text", "text": text}, {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64,AAAA"}}]
        r["messages"] = [{"role": "system", "content": "Be brief."},
                         {"role": "user", "content": content}]
    if i % 7 == 3:
        r["tools"] = [{"type": "function", "function": {"name": "f"}}]
    elif i % 7 == 5:
        r["tools"] = []
    names = [m for m in models if m in ("big", "api") or rng.random() < .8]
    rng.shuffle(names)
    # few values, so that the sample's steps are met again
    r["scores"] = {m: int(rng.integers(0, 5)) / 4 for m in names}
    if i % 2:
        r["predicted_costs"] = {
            m: int(rng.integers(1, 9)) / 1024 for m in names
            if i % 3 or rng.random() < .7}
    return r




def options(r):
    """The options (cost, quality, name) that can take the record."""
    size = len(r.get("prompt", "").encode())
    image = False
    turns = 0
    for m in r.get("messages", []):
        parts = m["content"]
        if isinstance(parts, str):
            parts = [{"type": "text", "text": parts}]
        for p in parts:
            turns += len(p.get("text", "").encode())
            image = image or p["type"] == "image_url"
    size = max(size, turns)
    tools = bool(r.get("tools"))
    if tools:
        size += len(json.dumps(r["tools"]))
    out = []
    for m, q in r["scores"].items():
        v = models[m]
        p_in = v.get("input", v.get("input_price", 0))
        p_out = v.get("output", v.get("output_price", 0))
        c = r.get("predicted_costs", {}).get(
            m, v.get("call", 0) + (p_in * (size / 4) + p_out * OUT) / 1e6)
        if (tools and not v.get("tools") or image and not v.get("images") or
                size / 4 + OUT > v.get("context", np.inf)):
            continue
        out.append((F(c), F(q), m))
    return out


def digest(r):
    """FNV-1a and MurmurHash3's fmix64 of the user's text."""
    if "prompt" in r:
        text = r["prompt"]
    else:
        text = r["messages"][1]["content"]
        if not isinstance(text, str):
            text = text[0]["text"]
    h = 0xcbf29ce484222325
    for b in text.encode():
        h = (h ^ b) * 0x100000001b3 % 2**64
    return fmix(h)


def fmix(x):
    x ^= x >> 33
    x = x * 0xff51afd7ed558ccd % 2**64
    x ^= x >> 33
    x = x * 0xc4ceb9fe1a85ec53 % 2**64
    return x ^ x >> 33


def coin(r):
    return (fmix(digest(r) ^ 0x9e3779b97f4a7c15) >> 11) / 2**53


sample = [record(i) for i in range(40)]
today = [record(i) for i in range(100, 160)]
with open("models.json", "w") as f:
    json.dump(models, f, indent=1)
    print(file=f)
for name, rs in (("sample.jsonl", sample), ("in.jsonl", today)):
    with open(name, "w") as f:
        for r in rs:
            print(json.dumps(r, ensure_ascii=r["id"] % 2 == 0), file=f)

sampled = [options(r) for r in sample]
assert all(sampled) and all(options(r) for r in today)
with open("routes.txt", "w") as f:
    for lam in (0, .001, .02, 1e300):
        print("--lambda", lam, file=f)
        print(*(best(options(r), F(lam))[2] for r in today), file=f)

    def mixed(what, a, b, p):
        print(what, file=f)
        print(*(best(options(r), b if coin(r) < p else a)[2] for r in today),
              file=f)

    low, high = means(sampled, F(0))[0], means(sampled, "all")[0]
    for share in (F(1, 10), F(1, 3), F(4, 5)):
        b = float(low + share * (high - low))
        a, c, p, _, _ = solve(sampled, F(b), 0)
        mixed(f"--sample sample.jsonl --budget {b!r}", a, c, p)
    every = [m for m in models if all(m in r["scores"] for r in sample)]
    single = max(sum(F(r["scores"][m]) for r in sample) / len(sample)
                 for m in every)
    for q in (.5, 1, 1.2):
        a, c, p, _, _ = solve(sampled, F(q) * single, 1)
        mixed(f"--sample sample.jsonl --quality {q}", a, c, p)
