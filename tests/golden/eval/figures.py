#!/usr/bin/python3
"""Writes records and what rl-eval must print of them, computed by numpy from
the definitions in rl-eval(1), for tests/rl-eval-golden.t.

    /usr/bin/python3 tests/golden/eval/figures.py

makes NAME.jsonl, the records, and NAME.want beside itself: on the first line
the options, on each further line an object of the figures that one record of
the output has; and of some NAME.curve, below a first line the same of --curve. Curves are taken at every threshold, hulls as the best of all
mixtures of two points, and resamples from a copy of the generator: nothing is
shared with the program but the definitions.
"""
import json
import os

import numpy as np

from make import Rng, exact_points, figures, interval, routellm_points

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


def write_objects(path, first, want):
    with open(os.path.join(HERE, path), "w") as f:
        f.write(first + "\n")
        for w in want:
            for k in w:
                if isinstance(w[k], float) and np.isnan(w[k]):
                    w[k] = None
            f.write(json.dumps(w) + "\n")


def write(name, options, records, want):
    with open(os.path.join(HERE, name + ".jsonl"), "w") as f:
        for r in records:
            f.write(json.dumps(r) + "\n")
    write_objects(name + ".want", options, want)


def with_intervals(out, keys, figure, reps):
    for k, x, boot in zip(keys, figure, np.array(reps, float).T):
        out[k] = float(x)
        out[k + "_lo"], out[k + "_hi"] = map(float, interval(boot))


def counts(score, n, reps, no_gap):
    out = {"n": n, "resamples": reps, "no_gap": int(no_gap)}
    if score is not None:
        out["distinct"] = len(np.unique(score))
    return out


def curve_of(head, score, weak, strong, costs, how):
    """What --curve has of a router: SCORE is None for random."""
    pts, thresholds = how(np.zeros(len(weak)) if score is None else score,
                          weak, strong)
    out = []
    for (share, quality), t in zip(pts, thresholds):
        w = dict(head, share=float(share), quality=float(quality))
        if score is not None:
            w["threshold"] = float(t)
            sent = score >= t
        else:
            sent = np.full(len(weak), share == 1)
        if costs is not None:
            w["cost"] = float(np.where(sent, costs[1], costs[0]).mean())
            w["arena_score"] = float(arena(quality, w["cost"]))
        out.append(w)
    return out


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
        w = {"router": name, "mode": "exact", "weak": "w", "strong": "s"}
        w.update(counts(None if name == "random" else scores[j], n, reps,
                        np.isnan(boot[:, j, 2]).sum()))
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
    write_objects("pair.curve", "curve", sum(
        (curve_of({"router": name}, None if name == "random" else s, weak,
                  strong, (cw, cs), exact_points)
         for name, s in zip(names, scores)), []))


def pair_by():
    """RouteLLM's thresholds, groups, one of them without a gap; scores that
    are no probabilities; neither prompts nor costs."""
    rng = np.random.default_rng(13)
    n, reps, seed = 72, 50, 9
    kind = np.where(np.arange(n) % 3 == 0, 2.5, 10)
    score = np.round(rng.normal(0, 2, n), 1)
    weak = np.round(rng.random(n), 1)
    strong = np.round(weak + np.where(kind < 3, -.3, .3) +
                      .1 * score + rng.normal(0, .2, n), 1)
    want, curve = [], []
    for category in (None, 2.5, 10):
        mine = np.flatnonzero((kind == category) | (category is None))
        s, w, g = score[mine], weak[mine], strong[mine]

        def all_of(i):
            return np.array([figures(routellm_points(x[i], w[i], g[i])[0],
                                     w[i], g[i])
                             for x in (s, np.zeros(len(s)), g - w)])

        plain = all_of(np.arange(len(s)))
        boot = np.array([all_of(i) for i in resamples(len(s), reps, seed)])
        for j, name in enumerate(("score", "random", "oracle")):
            head = {"router": name, "category": category}
            own = [s, None, g - w][j]
            o = dict(head, mode="routellm")
            o.update(counts(own, len(s), reps,
                            np.isnan(boot[:, j, 2]).sum()))
            with_intervals(o, FIGS, plain[j], boot[:, j])
            if j == 0:
                with_intervals(o, ["vs_random"], [plain[0][2] - plain[1][2]],
                               boot[:, 0, 2:3] - boot[:, 1, 2:3])
            want.append(o)
            curve += curve_of(head, own, w, g, None, routellm_points)
    write("pair-by", "--routellm --strong s --weak w --by kind --bootstrap %d "
          "--seed %d" % (reps, seed), [
              {"score": score[i], "kind": kind[i],
               "quality": {"w": weak[i], "s": strong[i]}}
              for i in range(n)], want)
    write_objects("pair-by.curve", "curve", curve)


# --- any number of models ----------------------------------------------------

POINT = ["quality", "cost", "arena_score", "mix_quality", "shuffled_quality",
         "vs_best_single", "vs_cheapest", "vs_mix", "vs_shuffled", "vs_oracle"]
CURVE = ["aiq", "cost_at_equal_quality", "quality_at_equal_cost",
         "best_arena_score", "aiq_vs_mix"]
PRICED = ["cost", "arena_score", "mix_quality", "vs_cheapest", "vs_mix"] + CURVE


def choices(q, predicted, cost):
    """One row of choices for each lambda that matters, the first for 0."""
    s = np.where(np.isnan(q), -np.inf, predicted)
    first = np.array([min(np.flatnonzero(a == a.max()),
                          key=lambda m: (c[m] if cost is not None else 0, m))
                      for a, c in zip(s, cost if cost is not None else s)])
    if cost is None:
        return first[None]
    with np.errstate(all="ignore"):
        turn = (s[:, :, None] - s[:, None]) / \
            (cost[:, :, None] - cost[:, None])
    turn = np.unique(turn[np.isfinite(turn) & (turn > 0)])
    apart = turn[1:] > turn[:-1] * (1 + 1e-9)  # not by rounding alone
    between = np.r_[((turn[1:] + turn[:-1]) / 2)[apart], turn[-1] * 2 + 1]
    rest = [(s - x * np.where(np.isinf(s), 0, cost)).argmax(1)
            for x in between]
    # below the least lambda only ties are broken
    return np.array([first] + rest)


def turns(q, predicted, cost):
    """The lambda at which each row of choices but the first begins."""
    s = np.where(np.isnan(q), -np.inf, predicted)
    with np.errstate(all="ignore"):
        turn = (s[:, :, None] - s[:, None]) / \
            (cost[:, :, None] - cost[:, None])
    turn = np.unique(turn[np.isfinite(turn) & (turn > 0)])
    return turn[np.r_[True, turn[1:] > turn[:-1] * (1 + 1e-9)]]


def sweep_of(head, q, c, predicted, cost, lo, hi):
    """What --curve has of predictions: a point where a choice changes."""
    at, out, before = np.arange(len(q)), [], None
    for x, row in zip(np.r_[0, turns(q, predicted, cost)],
                      choices(q, predicted, cost)):
        if before is not None and (row == before).all():
            continue
        quality, dollars = q[at, row].mean(), c[at, row].mean()
        out.append(dict(head, **{
            "lambda": float(x), "quality": float(quality),
            "cost": float(dollars), "arena_score": float(
                arena((quality - lo) / (hi - lo), dollars))}))
        before = row
    return out


def psi_models(was, now):
    """PSI over the models that were and that are chosen."""
    p, q = [np.array([max(np.mean(np.array(v) == m), 1e-4)
                      for m in sorted(set(was) | set(now))])
            for v in (now, was)]
    return float(((p - q) * np.log(p / q)).sum())


def shuffle(choice, seed, stream):
    rng, a, n = Rng(seed, stream), list(choice), len(choice)
    while n > 1:
        j = rng.below(n)
        n -= 1
        a[n], a[j] = a[j], a[n]
    return np.array(a)


def policy_figures(i, q, c, policies, best, cheapest, oracle, lo, hi):
    """A row of POINT + CURVE for each policy, on the queries I."""
    q, at = q[i], np.arange(len(i))
    mean = np.nanmean(q, axis=0)
    out = []
    if c is not None:
        c = c[i]
        singles = list(zip(np.nanmean(c, axis=0), mean))
        zero = money(singles, singles, lo, hi)
        dear = np.array([p[0] for p in singles])
    for kind, rows in policies:
        f = dict.fromkeys(POINT + CURVE, NAN)
        if kind == "mix":
            f.update(zip(CURVE, zero))
        elif kind == "single":
            f["quality"] = mean[rows]
            if c is not None:
                f["cost"] = dear[rows]
        else:
            ch = rows[0][i]
            f["quality"] = q[at, ch].mean()
            f["shuffled_quality"] = mean[ch].mean()
            f["vs_shuffled"] = f["quality"] - f["shuffled_quality"]
            f["vs_best_single"] = np.nanmean(q[at, ch] - q[:, best])
            f["vs_oracle"] = (q[at, ch] - q[at, oracle[i]]).mean()
            if c is not None:
                f["cost"] = c[at, ch].mean()
                f["vs_cheapest"] = np.nanmean(q[at, ch] - q[:, cheapest])
                f["mix_quality"] = envelope(singles, [f["cost"]])[0]
                f["vs_mix"] = f["quality"] - f["mix_quality"]
            if c is not None and kind != "route":
                pts = [(c[at, r[i]].mean(), q[at, r[i]].mean()) for r in rows]
                f.update(zip(CURVE, money(np.unique(pts, axis=0).tolist(),
                                          singles, lo, hi)))
                f["aiq_vs_mix"] = f["aiq"] - zero[0]
        if c is not None and kind != "mix":
            f["arena_score"] = arena((f["quality"] - lo) / (hi - lo),
                                     f["cost"])
        out.append([f[k] for k in POINT + CURVE])
    return out


def policy(name, rng, n, priced, predicted_costs, reps, seed):
    k, models = 4, ["ash", "box", "elm", "fir"]
    skill = np.array([0.35, 0.5, 0.55, 0.7])
    q = np.round(np.clip(rng.normal(skill, 0.3, (n, k)), 0, 1) * 4) / 4
    q[rng.random((n, k)) < 0.05] = NAN  # some did not answer
    q[np.isnan(q).all(axis=1), 0] = 0.5
    c = np.round(rng.uniform(.5, 1.5, (n, k)) *
                 np.array([1e-4, 4e-4, 1e-3, 5e-3]), 7)
    s = np.round(np.clip(0.5 * np.nan_to_num(q) + 0.5 * skill +
                         rng.normal(0, .1, (n, k)), 0, 1), 2)
    pc = np.round(c * rng.uniform(.8, 1.2, (n, k)), 7)
    c[np.isnan(q)] = NAN
    route = np.array([rng.choice(np.flatnonzero(~np.isnan(a))) for a in q])
    lo, hi = np.nanmin(q), np.nanmax(q)
    if not priced:
        c = pc = None
    elif not predicted_costs:
        pc = np.tile(np.nanmean(c, axis=0), (n, 1))
    mean = np.nanmean(q, axis=0)
    best = int(mean.argmax())
    cheapest = int(np.nanmean(c, axis=0).argmin()) if priced else None
    rows = choices(q, np.nan_to_num(q), c)
    policies = [("route", [route]), ("scores", choices(q, s, pc)),
                ("single", best)]
    names = ["route", "scores", "best_single"]
    if priced:
        policies += [("single", cheapest), ("mix", None)]
        names += ["cheapest", "mix"]
    policies += [("oracle", rows)]
    names += ["oracle"]

    def all_of(i):
        return np.array(policy_figures(i, q, c, policies, best, cheapest,
                                       rows[0], lo, hi))

    plain = all_of(np.arange(n))
    boot = np.array([all_of(i) for i in resamples(n, reps, seed)])
    want = []
    for j, (kind, rows) in enumerate(policies):
        w = {"router": names[j], "n": n, "models": k, "resamples": reps}
        some = [f for f, key in enumerate(POINT + CURVE)
                if not np.isnan(boot[:, j, f]).all()]
        with_intervals(w, [(POINT + CURVE)[f] for f in some], plain[j][some],
                       boot[:, j][:, some])
        if kind == "oracle":
            for key in ("vs_oracle", "vs_oracle_lo", "vs_oracle_hi"):
                del w[key]
        if kind == "single":
            w["model"] = models[rows]
        if kind not in ("single", "mix"):
            share = np.bincount(rows[0], minlength=k) / n
            w["share_max"] = float(share.max())
            w["entropy"] = float(-(share[share > 0] *
                                   np.log2(share[share > 0])).sum())
            dealt = []
            for r in range(reps):
                d = shuffle(rows[0], seed, r)
                v = q[np.arange(n), d]
                dealt.append(np.where(np.isnan(v), mean[d], v).mean())
            w["shuffled_quality_lo"], w["shuffled_quality_hi"] = \
                map(float, interval(dealt))
        if kind == "scores":
            keys = ["quality"] + (["cost", "arena_score"] if priced else [])
            some = [POINT.index(key) for key in keys]
            with_intervals(w, [key + "_diff" for key in keys],
                           (plain[1] - plain[0])[some],
                           (boot[:, 1] - boot[:, 0])[:, some])
        want.append(w)

    def named(row):
        return {m: x for m, x in zip(models, row) if not np.isnan(x)}

    records = []
    for i in range(n):
        r = {"route": models[route[i]], "scores": named(s[i]),
             "quality": named(q[i])}
        if priced:
            r["cost"] = named(c[i])
        if priced and predicted_costs:
            r["predicted_costs"] = named(pc[i])
        records.append(r)
    write(name, "--route route --scores scores --bootstrap %d --seed %d" %
          (reps, seed), records, want)


def policy_by(name, routed):
    """Two predictions, groups and drift; every model answers."""
    rng = np.random.default_rng(14)
    n, reps, seed, k, models = 48, 40, 10, 3, ["ash", "box", "elm"]
    skill = np.array([0.4, 0.5, 0.7])
    q = np.round(np.clip(rng.normal(skill, 0.3, (n, k)), 0, 1) * 10) / 10
    c = np.round(rng.uniform(.5, 1.5, (n, k)) *
                 np.array([1e-4, 1e-3, 5e-3]), 7)
    fields = [np.round(w * q + (1 - w) * skill + rng.normal(0, .1, (n, k)), 2)
              for w in (0.3, 0.6)]
    route = rng.integers(0, k, n)
    kind = np.where(np.arange(n) % 2 == 0, "even", "odd")
    m = 90
    ref = [np.round(rng.normal(skill + .1, .2, (m, k)), 2) for _ in range(2)]
    was = rng.integers(0, 2, m)
    lo, hi = q.min(), q.max()
    want, curve = [], []
    for category in (None, "even", "odd"):
        mine = np.flatnonzero((kind == category) | (category is None))
        gq, gc = q[mine], c[mine]
        pc = np.tile(gc.mean(axis=0), (len(mine), 1))
        best, cheapest = gq.mean(axis=0).argmax(), gc.mean(axis=0).argmin()
        oracle = choices(gq, gq, gc)
        rows = [choices(gq, f[mine], pc) for f in fields]
        policies = [("scores", rows[0]),
                    ("scores", rows[1]), ("single", best),
                    ("single", cheapest), ("mix", None), ("oracle", oracle)]
        names = ["a", "b", "best_single", "cheapest", "mix", "oracle"]
        if routed:
            policies.insert(0, ("route", [route[mine]]))
            names.insert(0, "route")

        def all_of(i):
            return np.array(policy_figures(
                i, gq, gc, policies, best, cheapest, oracle[0], lo, hi))

        plain = all_of(np.arange(len(mine)))
        boot = np.array([all_of(i)
                         for i in resamples(len(mine), reps, seed)])
        keys = POINT + CURVE
        for j, (of, r) in enumerate(policies):
            w = {"router": names[j], "category": category, "n": len(mine),
                 "models": k, "resamples": reps}
            some = [f for f in range(len(keys))
                    if not np.isnan(boot[:, j, f]).all() and
                    (of != "oracle" or keys[f] != "vs_oracle") and
                    keys[f] != "shuffled_quality"]
            with_intervals(w, [keys[f] for f in some], plain[j][some],
                           boot[:, j][:, some])
            if r is not None and of != "single":
                share = np.bincount(r[0], minlength=k) / len(mine)
                w["shares"] = {models[x]: float(share[x]) for x in range(k)
                               if share[x] > 0}
                w["share_max_model"] = models[int(share.argmax())]
                w["share_max"] = float(share.max())
                w["entropy"] = float(-(share[share > 0] *
                                       np.log2(share[share > 0])).sum())
                w["shuffled_quality"] = float(plain[j][4])
                dealt = [gq[np.arange(len(mine)),
                            shuffle(r[0], seed, x)].mean()
                         for x in range(reps)]
                w["shuffled_quality_lo"], w["shuffled_quality_hi"] = \
                    map(float, interval(dealt))
            if of == "route":
                w["psi"] = psi_models(was, route[mine])
            if of == "scores":
                own = "ab".index(names[j])
                each = [psi(ref[own][:, x], fields[own][mine, x])
                        for x in range(k)]
                w["psi"] = max(each)
                w["psi_model"] = models[int(np.argmax(each))]
            if of == "scores" and j > 0:
                some = [f for f, x in enumerate(keys) if x in
                        ("quality", "cost", "arena_score") or
                        (not routed and x in CURVE[:4])]
                with_intervals(w, [keys[f] + "_diff" for f in some],
                               (plain[j] - plain[0])[some],
                               (boot[:, j] - boot[:, 0])[:, some])
                w["vs"] = names[0]
            if of in ("scores", "oracle"):
                f = gq if of == "oracle" else fields[own][mine]
                curve += sweep_of(
                    {"router": names[j], "category": category}, gq, gc, f,
                    gc if of == "oracle" else pc, lo, hi)
            want.append(w)

    def named(row):
        return dict(zip(models, row))

    write(name, "%s--scores a --scores b --by kind "
          "--drift policy-reference.jsonl --bootstrap %d --seed %d" %
          ("--route route " if routed else "", reps, seed), [
              {"route": models[route[i]], "kind": kind[i],
               "a": named(fields[0][i]), "b": named(fields[1][i]),
               "quality": named(q[i]), "cost": named(c[i])}
              for i in range(n)], want)
    write_objects(name + ".curve", "curve", curve)
    with open(os.path.join(HERE, "policy-reference.jsonl"), "w") as f:
        for i in range(m):
            f.write(json.dumps({"route": models[was[i]],
                                "a": named(ref[0][i]),
                                "b": named(ref[1][i])}) + "\n")


# --- a log -------------------------------------------------------------------

OFF = ["logged_quality", "ips", "snips", "dr", "ess", "mean_weight",
       "vs_logged"]


def off_figures(r, w, served, chosen):
    robust = NAN if served is None else (chosen + w * (r - served)).mean()
    snips = (w * r).sum() / w.sum() if w.any() else NAN
    best = snips if served is None else robust
    return [r.mean(), (w * r).mean(), snips, robust,
            w.sum() ** 2 / (w ** 2).sum() if w.any() else 0, w.mean(),
            best - r.mean()]


def log(name, rng, n, modelled, reps, seed, drift=False):
    k, models = 3, ["ash", "box", "elm"]
    p = np.round(rng.dirichlet([2] * k, n), 3) + 0.01
    served = np.array([rng.choice(k, p=a / a.sum()) for a in p])
    prop = p[np.arange(n), served]
    route = rng.integers(0, k, n)
    r = np.round(rng.random(n), 2)
    f = np.round(rng.random((n, k)), 2)
    w = np.where(served == route, 1 / prop, 0)
    fs = f[np.arange(n), served] if modelled else None
    fc = f[np.arange(n), route] if modelled else None

    def all_of(i):
        return off_figures(r[i], w[i], *(None if x is None else x[i]
                                         for x in (fs, fc)))

    keys = [key for key in OFF if modelled or key != "dr"]
    some = [OFF.index(key) for key in keys]
    want = []
    for category in [None] + [0, 1] * drift:
        mine = np.flatnonzero((np.arange(n) % 2 == category) |
                              (category is None))
        m = len(mine)
        out = {"router": "route", "n": m, "resamples": reps,
               "matched": int((served == route)[mine].sum())}
        with_intervals(out, keys, np.array(all_of(mine))[some],
                       np.array([all_of(mine[i]) for i in
                                 resamples(m, reps, seed)])[:, some])
        del out["ess_lo"], out["ess_hi"]
        if drift:
            out["category"] = category
            out["psi"] = psi_models([0] * 30 + [1] * 60, route[mine])
        want.append(out)
    records = []
    for i in range(n):
        rec = {"route": models[route[i]], "served": models[served[i]],
               "propensity": prop[i], "quality": {models[served[i]]: r[i]}}
        if modelled:
            rec["scores"] = dict(zip(models, f[i]))
        if drift:
            rec["odd"] = i % 2
        records.append(rec)
    write(name, "--off-policy --route route %s%s--bootstrap %d --seed %d" %
          ("--scores scores " if modelled else "",
           "--by odd --drift log-reference.jsonl " if drift else "",
           reps, seed), records, want)
    if drift:
        with open(os.path.join(HERE, "log-reference.jsonl"), "w") as f:
            for i in range(90):
                f.write(json.dumps({"route": models[int(i >= 30)]}) + "\n")


if __name__ == "__main__":
    pair()
    rng = np.random.default_rng(12)
    policy("policy", rng, 60, True, True, 40, 4)
    policy("policy-means", rng, 50, True, False, 40, 5)
    policy("policy-free", rng, 50, False, False, 100, 6)
    log("log", rng, 90, True, 100, 7)
    log("log-bare", rng, 90, False, 100, 8)
    pair_by()
    policy_by("policy-by", True)
    policy_by("policy-two", False)
    log("log-by", rng, 80, True, 60, 15, True)
