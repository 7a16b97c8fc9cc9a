#!/usr/bin/python3
"""Writes tune.txt: the loss of the tiny encoders of tests/golden/encoder with a
head, the gradient of every tensor, and the losses of AdamW's steps, by PyTorch
in double precision, for tests/t_tune.c.

    /usr/bin/python3 tests/golden/nn/tune.py >tests/golden/nn/tune.txt

The head, the texts and what is wanted of them are formulas, the same here and
in the test. "model NAME PARTS", "loss 1" and it; for each part its name, how
many numbers follow, and those: the length of its gradient, and every STRIDE-th
of its elements, STRIDE = (COUNT / 24) | 1. Then "steps" and the losses.
"""
import glob
import json
import math
import os

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
TINY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../encoder")
LR, DECAY, CLIP, WARM, STEPS = 2e-3, 0.1, 1.0, 1, 6
LENGTHS = (5, 1, 19, 12)

BERT = dict(layer="encoder.layer.%d.", q="attention.self.query",
            k="attention.self.key", v="attention.self.value",
            o="attention.output.dense", n1="attention.output.LayerNorm",
            up="intermediate.dense", down="output.dense",
            n2="output.LayerNorm")
DISTIL = dict(layer="transformer.layer.%d.", q="attention.q_lin",
              k="attention.k_lin", v="attention.v_lin",
              o="attention.out_lin", n1="sa_layer_norm", up="ffn.lin1",
              down="ffn.lin2", n2="output_layer_norm")


def tensors(path):
    """The tensors of a safetensors file."""
    raw = open(path, "rb").read()
    n = int.from_bytes(raw[:8], "little")
    for name, t in json.loads(raw[8:8 + n]).items():
        if name == "__metadata__":
            continue
        a, b = t["data_offsets"]
        data = raw[8 + n + a:8 + n + b]
        if t["dtype"] == "BF16":
            x = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
        else:
            x = np.frombuffer(data, {"F16": "<f2", "F32": "<f4"}[t["dtype"]])
        yield name, x.astype(float).reshape(t["shape"])


def weights(model):
    w = {}
    for path in glob.glob(os.path.join(TINY, model, "*.safetensors")):
        for name, x in tensors(path):
            for prefix in ("bert.", "distilbert."):
                if name.startswith(prefix):
                    name = name[len(prefix):]
            name = name.replace(".gamma", ".weight").replace(".beta", ".bias")
            w[name] = torch.tensor(x, requires_grad=True)
    return w


def forward(c, w, ids, first):
    names = DISTIL if c["model_type"] == "distilbert" else BERT
    heads = c.get("num_attention_heads", c.get("n_heads"))
    layers = c.get("num_hidden_layers", c.get("n_layers"))
    act = {"gelu": F.gelu, "relu": F.relu,
           "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(
               math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))}[
        c.get("hidden_act", c.get("activation"))]
    eps = c.get("layer_norm_eps", 1e-12)

    def lin(x, n):
        return F.linear(x, w[n + ".weight"], w[n + ".bias"])

    def norm(x, n):
        b = w[n + ".bias"]
        return F.layer_norm(x, b.shape, w[n + ".weight"], b, eps)

    t = len(ids)
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][first:first + t]
    if "embeddings.token_type_embeddings.weight" in w:
        x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for i in range(layers):
        p = names["layer"] % i
        q, k, v = (lin(x, p + names[n]).view(t, heads, -1).transpose(0, 1)
                   for n in "qkv")
        a = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[2]), -1)
        y = (a @ v).transpose(0, 1).reshape(t, -1)
        x = norm(x + lin(y, p + names["o"]), p + names["n1"])
        y = lin(act(lin(x, p + names["up"])), p + names["down"])
        x = norm(x + y, p + names["n2"])
    return x


def loss_of(c, w, labels, mean, squared):
    first = c["pad_token_id"] + 1 if c["model_type"] == "roberta" else 0
    vocab = len(w["embeddings.word_embeddings.weight"])
    loss = 0
    for i, t in enumerate(LENGTHS):
        ids = torch.tensor([(7 * i + 5 * j + 3) % vocab for j in range(t)])
        x = forward(c, w, ids, first)
        x = x.mean(0) if mean else x[0]
        z = F.linear(x, w["head.weight"], w["head.bias"])
        if squared:
            want = torch.tensor([(i % 3) / 2 + k for k in range(labels)])
            loss = loss + ((z - want) ** 2).sum()
        else:
            want = torch.zeros(labels)
            if i % 2:
                want[i % 3] = 1
            else:
                want[:3] = torch.tensor([.25, .5, .25])
            loss = loss - (want * z.log_softmax(0)).sum()
    return loss / len(LENGTHS)


def case(model, labels, mean, squared):
    c = json.load(open(os.path.join(TINY, model, "config.json")))
    w = weights(model)
    d = w["embeddings.LayerNorm.bias"].shape[0]
    head = [np.float32(.3 * math.sin(i + 1)) for i in range(labels * (d + 1))]
    head = torch.tensor(np.array(head, float))
    w["head.weight"] = head[:labels * d].reshape(labels, d).clone() \
        .requires_grad_()
    w["head.bias"] = head[labels * d:].clone().requires_grad_()
    loss = loss_of(c, w, labels, mean, squared)
    loss.backward()
    print("model", model, len(w))
    print("loss 1\n%.9g" % loss.item())
    for name, x in w.items():
        g = x.grad.reshape(-1)
        some = g[::(len(g) // 24) | 1]
        print(name, len(some) + 1)
        print("%.9g" % g.norm().item(), *("%.7g" % v for v in some.tolist()))
    groups = [{"params": [x for x in w.values() if (x.dim() == 2) == two],
               "weight_decay": DECAY * two} for two in (False, True)]
    opt = torch.optim.AdamW(groups, lr=LR)
    rate = torch.optim.lr_scheduler.LambdaLR(
        opt, lambda s: s / WARM if s < WARM else
        max(0, (STEPS - s) / (STEPS - WARM)))
    losses = []
    for _ in range(STEPS):
        opt.zero_grad()
        loss = loss_of(c, w, labels, mean, squared)
        loss.backward()
        losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(w.values(), CLIP)
        opt.step()
        rate.step()
    print("steps", STEPS)
    print(*("%.9g" % v for v in losses))


case("bert", 3, True, False)
case("roberta", 3, False, False)
case("distilbert", 2, True, True)
