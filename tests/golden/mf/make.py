#!/usr/bin/python3
"""Writes mf.txt: matrix factorisation's scores, loss, gradients and Adam's
steps by PyTorch in double precision, for tests/t_mf.c and tests/t_optim.c.

    /usr/bin/python3 tests/golden/mf/make.py >tests/golden/mf/mf.txt

The model is RouteLLM's (arXiv 2406.18665, section 4.1): normalised rows of P,
times a projection of the embedding, into a linear layer of one output. Noise is
integrated out by Gauss and Hermite's rule of 8 points along the direction in
which it acts, which is what the library promises; "exact" is the loss by 200
points, to which the rule must be close.

"sizes K DIM D PROMPTS COMPARISONS"; then "NAME COUNT" and the numbers.
"""
import numpy as np
import torch
from torch.nn import functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(1)
K, DIM, D, N, M = 5, 8, 19, 9, 40


def show(name, x):
    x = np.asarray(x, float).ravel()
    print(name, len(x))
    print(*("%.9g" % v for v in x))


def f32(x):
    return torch.tensor(np.float32(x).astype(float))


emb = f32(rng.normal(size=(N, D)) * rng.uniform(0.1, 9, (N, 1)))
prompt = np.sort(rng.integers(0, N, M))
a = rng.integers(0, K, M)
b = (a + rng.integers(1, K, M)) % K
y = f32(rng.choice([0, 1, 0.5, 0.8], M, p=[0.4, 0.35, 0.15, 0.1]))
start = {"p": rng.normal(size=(K, DIM)), "w": rng.normal(size=(DIM, D)),
         "c": rng.normal(size=DIM)}
start = {k: f32(v) for k, v in start.items()}


def logits(par, x, a, b):
    v = F.normalize(par["p"], p=2, dim=1)
    return ((v[a] - v[b]) * (x @ par["w"].T)) @ par["c"]


def loss(par, noise, points):
    v = F.normalize(par["p"], p=2, dim=1)
    e = F.normalize(emb, dim=1)[prompt]
    s = logits(par, e, a, b)
    if noise == 0:
        return F.binary_cross_entropy_with_logits(s, y)
    far = (((v[a] - v[b]) * par["c"]) @ par["w"]).norm(dim=1) * noise
    at, weight = np.polynomial.hermite_e.hermegauss(points)
    total = 0
    for g, w in zip(at, weight / weight.sum()):
        total = total + w * F.binary_cross_entropy_with_logits(
            s + far * g, y, reduction="none")
    return total.mean()


def leaves():
    return {k: v.clone().requires_grad_() for k, v in start.items()}


print("sizes", K, DIM, D, N, M)
show("emb", emb)
show("prompt", prompt)
show("a", a)
show("b", b)
show("y", y)
for k, v in start.items():
    show(k, v)
v = F.normalize(start["p"], p=2, dim=1)
show("theta", (v[None] * (F.normalize(emb, dim=1) @ start["w"].T)[:, None])
     @ start["c"])
for noise in (0, 0.3):
    par = leaves()
    value = loss(par, noise, 8)
    value.backward()
    show("loss", value.item())
    show("exact", loss(start, noise, 200).item())
    for k in par:
        show("d" + k, par[k].grad)
par = leaves()
adam = torch.optim.Adam(par.values(), lr=0.01, weight_decay=0.1)
for step in range(20):
    adam.zero_grad()
    loss(par, 0.3, 8).backward()
    adam.step()
for k in par:
    show("adam-" + k, par[k].detach())
# one array, with gradients that are given
x = f32(rng.normal(size=37)).requires_grad_()
g = f32(rng.normal(size=(6, 37)))
show("x", x.detach())
show("g", g)
for kind, decay in ((torch.optim.Adam, 0.03), (torch.optim.AdamW, 0.2)):
    z = x.detach().clone().requires_grad_()
    adam = kind([z], lr=0.05, weight_decay=decay)
    for step in range(len(g)):
        z.grad = g[step].clone()
        adam.step()
    show(kind.__name__, z.detach())
