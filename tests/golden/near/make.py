#!/usr/bin/python3
"""Golden values of rl-near, by numpy in double.

ref.jsonl, in.jsonl: vectors of 24 numbers; some twice, one twice its length,
one zero; ids of every kind, and none. near.jsonl: each record of in.jsonl's
nearest, self.jsonl: of ref.jsonl's other records, before.jsonl: of those before
it; summary.json: of near.jsonl. Run it here.
"""
import json
import numpy as np

rng = np.random.default_rng(3)
D = 24


def vector(x):
    return [float(np.float32(v)) for v in x]


ref = [rng.normal(size=D) for _ in range(37)]
ref[9] = ref[4]
ref[20] = np.asarray(vector(ref[11])) * 2
ref[30] = np.zeros(D)
ref[31] = np.zeros(D)
ref = [vector(x) for x in ref]
query = [rng.normal(size=D) for _ in range(19)]
query += [ref[i] + .1 * rng.normal(size=D) for i in (3, 9, 20)]
query += [ref[9], ref[11], ref[20], 3 * np.asarray(ref[7]), np.zeros(D),
          -np.asarray(ref[2])]
query = [vector(x) for x in query]
ids = ['"a"', "7", "1e3", "true", '"\\u00e9\\n"', "null", "[1]", '{"x":2}',
       None, "12345678901234567890"]
names = []
with open("ref.jsonl", "w") as f:
    for i, x in enumerate(ref):
        j = ids[i] if i < len(ids) else None
        scalar = j is not None and j[0] not in "n[{"
        names.append(j if scalar else str(i + 1))
        head = '{"id": %s,' % j if j is not None else "{"
        f.write(head + '"embedding":%s}\n' % json.dumps(x))
with open("in.jsonl", "w") as f:
    for x in query:
        f.write('{"embedding":%s}\n' % json.dumps(x))


def cosines(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    n = np.outer(np.sqrt((a * a).sum(1)), np.sqrt((b * b).sum(1)))
    c = np.divide(a @ b.T, n, out=np.zeros_like(n), where=n > 0)
    return c.astype(np.float32)


def write(path, c):
    top = []
    with open(path, "w") as f:
        for row in c:
            j = int(np.argmax(row))  # the first of equals
            if row[j] == -np.inf:
                f.write("null\n")
                continue
            top.append(row[j])
            f.write('{"id":%s,"cosine":%.9g}\n' % (names[j], row[j]))
    return np.asarray(top, float)


top = write("near.jsonl", cosines(query, ref))
c = cosines(ref, ref)
np.fill_diagonal(c, -np.inf)
write("self.jsonl", c)
write("before.jsonl", np.where(np.tri(len(ref), k=-1) > 0, c, -np.inf))
p = [0, .05, .25, .5, .75, .95, 1]
with open("summary.json", "w") as f:
    json.dump({"records": len(query), "reference": len(ref),
               "similarity": top.mean(), "exact": int((top >= 1).sum()),
               "quantiles": {"%g" % x: np.quantile(top, x) for x in p}}, f)
    f.write("\n")
