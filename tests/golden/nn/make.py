#!/usr/bin/python3
"""Writes ops.txt: the operations of a transformer and their gradients by
PyTorch in double precision, and AdamW's steps, for tests/t_ops.c.

    /usr/bin/python3 tests/golden/nn/make.py >tests/golden/nn/ops.txt

"NAME COUNT" and the numbers: inputs first (x, parameters, then dy, the gradient
of the output), then what is expected (y, then the gradients in the inputs'
order), each with the operation's name before it.
"""
import math

import torch
from torch.nn import functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)


def show(name, x):
    x = x.detach().reshape(-1)
    print(name, len(x))
    print(*("%.8g" % v for v in x.tolist()))


def rand(*shape, scale=1.0):
    x = (torch.randn(*shape) * scale).float().double()
    return torch.tensor([float("%.8g" % v) for v in x.reshape(-1)]) \
        .reshape(shape).requires_grad_()


def case(name, f, **inputs):
    y = f(*inputs.values())
    dy = rand(*y.shape)
    y.backward(dy.detach())
    for k, x in inputs.items():
        show(name + "." + k, x)
    show(name + ".dy", dy)
    show(name + ".y", y)
    for k, x in inputs.items():
        show(name + ".d" + k, x.grad)


case("linear", lambda x, w, b, r: F.linear(x, w, b) + r,
     x=rand(5, 7), w=rand(3, 7), b=rand(3), r=rand(5, 3))
for name, f in (("gelu", F.gelu), ("relu", F.relu), ("silu", F.silu),
                ("tanh", torch.tanh),
                ("gelu_new", lambda x: 0.5 * x * (1 + torch.tanh(
                    math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))))):
    case(name, f, x=rand(45, scale=2.0))
case("norm", lambda x, gain, bias: F.layer_norm(x, (37,), gain, bias, 1e-5),
     x=rand(4, 37, scale=3.0), gain=rand(37), bias=rand(37))

ids = torch.tensor([3, 0, 5, 3])
kinds = torch.tensor([0, 0, 1, 1])
case("embed", lambda word, pos, type:
     word[ids] + pos[2:6] + type[kinds],
     word=rand(6, 5), pos=rand(7, 5), type=rand(2, 5))


def attention(q, k, v, h, groups, causal, window=10 ** 9):
    n, keys, d = q.shape[0], k.shape[0], q.shape[1] // h
    heads = lambda x, g: x.reshape(x.shape[0], g, d).transpose(0, 1) \
        .repeat_interleave(h // g, 0)
    s = heads(q, h) @ heads(k, groups).transpose(1, 2) / math.sqrt(d)
    if causal:
        ago = torch.arange(n)[:, None] + keys - n - torch.arange(keys)
        see = (ago >= 0) & (ago < window)
        s = s.masked_fill(~see, -math.inf)
    return (s.softmax(-1) @ heads(v, groups)).transpose(0, 1).reshape(n, -1)


case("attention", lambda q, k, v: attention(q, k, v, 2, 2, False),
     q=rand(9, 6), k=rand(9, 6), v=rand(9, 6))
case("causal", lambda q, k, v: attention(q, k, v, 4, 2, True),
     q=rand(5, 12), k=rand(8, 6), v=rand(8, 6))
# more queries than a block, of narrow heads
case("blocks", lambda q, k, v: attention(q, k, v, 1, 1, True),
     q=rand(131, 2), k=rand(131, 2), v=rand(131, 2))

z = rand(5)
t = torch.tensor([0.125, 0.25, 0.0, 0.5, 0.125])
loss = -(t * z.log_softmax(0)).sum()
loss.backward()
show("entropy.z", z)
show("entropy.t", t)
show("entropy.y", loss)
show("entropy.dz", z.grad)

# AdamW, two groups of parameters, gradients clipped by their common length,
# warm-up and linear decay
LR, DECAY, WARM, STEPS, CLIP = 0.05, 0.2, 2, 6, 1.0
w, b = rand(3, 5), rand(5)
show("adamw.w", w)
show("adamw.b", b)
opt = torch.optim.AdamW([{"params": [w], "weight_decay": DECAY},
                         {"params": [b], "weight_decay": 0.0}], lr=LR)
rate = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: s / WARM if s < WARM else
    max(0, (STEPS - s) / (STEPS - WARM)))
for step in range(STEPS):
    w.grad, b.grad = rand(3, 5, scale=0.4).detach(), rand(5).detach()
    show("adamw.dw", w.grad)
    show("adamw.db", b.grad)
    torch.nn.utils.clip_grad_norm_([w, b], CLIP)
    opt.step()
    rate.step()
    show("adamw.rate", torch.tensor([rate.get_last_lr()[0]]))
show("adamw.w", w)
show("adamw.b", b)

# what decoders have


def rotate(x, heads, base, first):
    n, m = x.shape[0], x.shape[1] // heads
    freq = base ** (-torch.arange(0, m, 2) / m)
    angle = (first + torch.arange(n))[:, None] * freq
    cos, sin = (f(angle).repeat(1, 2)[:, None] for f in (torch.cos, torch.sin))
    x = x.reshape(n, heads, m)
    half = torch.cat((-x[..., m // 2:], x[..., :m // 2]), -1)
    return (x * cos + half * sin).reshape(n, -1)


case("rms", lambda x, gain: x * gain / (x.pow(2).mean(-1, keepdim=True)
                                        + 1e-5).sqrt(),
     x=rand(4, 37, scale=3.0), gain=rand(37))
case("rotary", lambda x: rotate(x, 3, 100.0, 7), x=rand(5, 18))
case("gated", lambda gate, up: F.silu(gate) * up,
     gate=rand(300, scale=3.0), up=rand(300))
case("window", lambda q, k, v: attention(q, k, v, 4, 2, True, 3),
     q=rand(5, 12), k=rand(8, 6), v=rand(8, 6))
case("windows", lambda q, k, v: attention(q, k, v, 2, 1, True, 50),
     q=rand(131, 4), k=rand(140, 2), v=rand(140, 2))
