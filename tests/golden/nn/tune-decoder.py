#!/usr/bin/python3
"""Writes tune-decoder.txt: the loss of tiny decoders with a head, the gradient
of every tensor, and the losses of AdamW's steps, by PyTorch in double precision,
for tests/t_tune_decoder.c.

    /usr/bin/python3 tests/golden/nn/tune-decoder.py \
        >tests/golden/nn/tune-decoder.txt

Weights, adapters, texts and what is wanted of them are formulas, the same here
and in the test. The format is tune.py's; of adapters the parts are
"LAYER.MATRIX.A" and ".B", and the head.
"""
import math

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
LR, DECAY, CLIP, WARM, STEPS = 2e-3, 0.1, 1.0, 1, 6
LENGTHS = (5, 1, 19, 12)
LABELS = 5
MATRICES = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
            "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
            "mlp.down_proj")

CASES = {
    # grouped heads wider than d in all, Llama 3's stretch, untied
    "llama": dict(layers=3, d=20, ffn=28, vocab=40, heads=4, groups=2, head=6,
                  eps=1e-5, theta=10000., stretch=(8., 1., 4., 32.)),
    # biases
    "qwen2": dict(layers=2, d=16, ffn=24, vocab=37, heads=4, groups=1, head=4,
                  eps=1e-6, theta=500., qkv_bias=True),
    # a window, one layer, a bias of the output, a bias of the head
    "mistral": dict(layers=2, d=12, ffn=20, vocab=33, heads=2, groups=2,
                    head=6, eps=1e-5, theta=1000., window=4, out_bias=True,
                    bias=True),
    "one": dict(layers=1, d=12, ffn=20, vocab=33, heads=2, groups=1, head=6,
                eps=1e-5, theta=1000., mse=True),
}


def noise(part, n):
    """n numbers in [-1, 1), of the part's place."""
    h = (np.arange(n, dtype=np.uint64) + 1) * 2654435761 + part * 40503
    h &= 0xffffffff
    h ^= h >> 15
    h = h * 2246822519 & 0xffffffff
    h ^= h >> 13
    return h.astype(float) / 2 ** 31 - 1


def tensor(part, shape):
    x = noise(part, int(np.prod(shape)))
    x = 1 + .25 * x if len(shape) == 1 else x / math.sqrt(shape[1])
    x = x.astype("f4").astype(float).reshape(shape)
    return torch.tensor(x, requires_grad=True)


def weights(c):
    """In the order of nn/decoder-weights.c, but for the output's matrix."""
    d, q, kv = c["d"], c["heads"] * c["head"], c["groups"] * c["head"]
    shapes = {"model.norm.weight": (d,)}
    for i in range(c["layers"]):
        p = "model.layers.%d." % i
        shapes[p + "input_layernorm.weight"] = (d,)
        for k, n in zip("qkv", (q, kv, kv)):
            shapes[p + "self_attn.%s_proj.weight" % k] = (n, d)
        for k, n in zip("qkv", (q, kv, kv)):
            if c.get("qkv_bias"):
                shapes[p + "self_attn.%s_proj.bias" % k] = (n,)
        shapes[p + "self_attn.o_proj.weight"] = (d, q)
        if c.get("out_bias"):
            shapes[p + "self_attn.o_proj.bias"] = (d,)
        shapes[p + "post_attention_layernorm.weight"] = (d,)
        shapes[p + "mlp.gate_proj.weight"] = (c["ffn"], d)
        shapes[p + "mlp.up_proj.weight"] = (c["ffn"], d)
        shapes[p + "mlp.down_proj.weight"] = (d, c["ffn"])
    shapes["model.embed_tokens.weight"] = (c["vocab"], d)
    return {name: tensor(i, s) for i, (name, s) in enumerate(shapes.items())}


def head(c):
    w = {"head.weight": tensor(1000, (LABELS, c["d"]))}
    if c.get("bias"):
        w["head.bias"] = tensor(1001, (LABELS,))
    return w


def adapters(c, w, rank):
    out = {}
    for i in range(c["layers"]):
        for j, m in enumerate(MATRICES):
            n, k = w["model.layers.%d.%s.weight" % (i, m)].shape
            out["%d.%s.A" % (i, m)] = tensor(2000 + 20 * i + 2 * j, (rank, k))
            out["%d.%s.B" % (i, m)] = tensor(2001 + 20 * i + 2 * j, (n, rank))
    return out


def frequencies(c):
    m = c["head"]
    f = np.array([c["theta"] ** (-2 * i / m) for i in range(m // 2)])
    if "stretch" in c:
        factor, low, high, original = c["stretch"]
        for i, x in enumerate(f):
            wave = 2 * math.pi / x
            if wave > original / low:
                f[i] = x / factor
            elif wave >= original / high:
                s = (original / wave - low) / (high - low)
                f[i] = (1 - s) * x / factor + s * x
    return torch.tensor(f)


def norm(x, gain, eps):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * gain


def turn(x, f):
    """x[t, heads, m], by its place."""
    angle = torch.arange(len(x))[:, None] * f
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def forward(c, w, lora, scale, ids):
    """The last state after the last norm, of ids."""
    t, m = len(ids), c["head"]
    f = frequencies(c)

    def lin(x, name):
        y = F.linear(x, w["model.layers." + name + ".weight"],
                     w.get("model.layers." + name + ".bias"))
        if lora:
            y = y + scale * x @ lora[name + ".A"].T @ lora[name + ".B"].T
        return y

    x = w["model.embed_tokens.weight"][ids]
    far = torch.arange(t)[:, None] - torch.arange(t)
    seen = (far >= 0) & (far < c.get("window", t))
    for i in range(c["layers"]):
        p = "%d." % i
        h = norm(x, w["model.layers." + p + "input_layernorm.weight"],
                 c["eps"])
        q = turn(lin(h, p + "self_attn.q_proj").view(t, -1, m), f)
        k = turn(lin(h, p + "self_attn.k_proj").view(t, -1, m), f)
        v = lin(h, p + "self_attn.v_proj").view(t, -1, m)
        k, v = (z.repeat_interleave(c["heads"] // c["groups"], 1)
                for z in (k, v))
        s = torch.einsum("ihm,jhm->hij", q, k) / math.sqrt(m)
        s = s.masked_fill(~seen, -math.inf).softmax(-1)
        y = torch.einsum("hij,jhm->ihm", s, v).reshape(t, -1)
        x = x + lin(y, p + "self_attn.o_proj")
        h = norm(x, w["model.layers." + p + "post_attention_layernorm.weight"],
                 c["eps"])
        y = F.silu(lin(h, p + "mlp.gate_proj")) * lin(h, p + "mlp.up_proj")
        x = x + lin(y, p + "mlp.down_proj")
    return norm(x[-1], w["model.norm.weight"], c["eps"])


def loss_of(c, w, top, lora, scale):
    loss = 0
    for i, t in enumerate(LENGTHS):
        ids = torch.tensor([(7 * i + 5 * j + 3) % c["vocab"]
                            for j in range(t)])
        x = forward(c, w, lora, scale, ids)
        z = F.linear(x, top["head.weight"], top.get("head.bias"))
        want = torch.zeros(LABELS)
        if i % 2:
            want[i % LABELS] = 1
        else:
            want[:3] = torch.tensor([.25, .5, .25])
        if c.get("mse"):
            loss = loss + ((z - want) ** 2).sum()
        else:
            loss = loss - (want * z.log_softmax(0)).sum()
    return loss / len(LENGTHS)


def case(name, rank=0, alpha=0):
    c = CASES[name]
    w, top = weights(c), head(c)
    lora = adapters(c, w, rank) if rank else {}
    scale = alpha / rank if rank else 0
    tuned = {**(lora or w), **top}

    loss = loss_of(c, w, top, lora, scale)
    loss.backward()
    print("model", name, len(tuned))
    print("loss 1\n%.9g" % loss.item())
    for part, x in tuned.items():
        g = x.grad.reshape(-1)
        some = g[::(len(g) // 24) | 1]
        print(part, len(some) + 1)
        print("%.9g" % g.norm().item(), *("%.7g" % v for v in some.tolist()))
    groups = [{"params": [x for x in tuned.values() if (x.dim() == 2) == two],
               "weight_decay": DECAY * two} for two in (False, True)]
    opt = torch.optim.AdamW([g for g in groups if g["params"]], lr=LR)
    rate = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: s / WARM if s < WARM else
        max(0, (STEPS - s) / (STEPS - WARM)))
    losses = []
    for _ in range(STEPS):
        opt.zero_grad()
        loss = loss_of(c, w, top, lora, scale)
        loss.backward()
        losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(tuned.values(), CLIP)
        opt.step()
        rate.step()
    print("steps", STEPS)
    print(*("%.9g" % v for v in losses))


for name in CASES:
    case(name)
case("llama", 3, 6)
case("qwen2", 2, 1)
case("mistral", 2, 2)
