#!/usr/bin/python3
"""PyTorch's training step on the batches of train-decoder.c: Llama as Hugging
Face has it, padded to the longest of the batch, clipping, AdamW; all weights,
or adapters of rank 8. Query, key and value are one product, and so are gate and
up, and in the last layer only the last tokens go on after attention: what we
do, and the fastest that PyTorch 1.13 was found to be.

    train-decoder.py DIR IDS JOBS all|lora

A line of IDS: a text's token ids and its label. Prints the median as
train-decoder.c does.
"""
import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

directory, path, jobs, how = sys.argv[1:5]
BATCH, WARM, RANK, SCALE = 8, 2, 8, 2.
torch.set_num_threads(int(jobs))
torch.manual_seed(1)
c = json.load(open(directory + "/config.json"))
d, heads, ffn = (c["hidden_size"], c["num_attention_heads"],
                 c["intermediate_size"])
groups, eps = c["num_key_value_heads"], c["rms_norm_eps"]
m = c.get("head_dim", d // heads)
lora = how == "lora"


class Linear(nn.Module):
    """Matrices side by side, and adapters of each."""

    def __init__(self, inputs, *outs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(sum(outs), inputs),
                                   requires_grad=not lora)
        self.outs = outs
        if lora:
            self.a = nn.ParameterList(
                nn.Parameter(torch.randn(RANK, inputs) / math.sqrt(inputs))
                for _ in outs)
            self.b = nn.ParameterList(
                nn.Parameter(torch.zeros(n, RANK)) for n in outs)

    def forward(self, x):
        y = F.linear(x, self.weight)
        if lora:
            y = y + torch.cat([SCALE * (x @ a.T) @ b.T for a, b in
                               zip(self.a, self.b)], -1)
        return y.split(self.outs, -1)


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(d), requires_grad=not lora)

    def forward(self, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * \
            self.weight


def turn(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Layer(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.last = last
        self.qkv = Linear(d, heads * m, groups * m, groups * m)
        self.o = Linear(heads * m, d)
        self.up, self.down = Linear(d, ffn, ffn), Linear(ffn, d)
        self.n1, self.n2 = Norm(), Norm()

    def forward(self, x, mask, cos, sin, ends):
        n, t, _ = x.shape
        q, k, v = (y.view(n, t, -1, m).transpose(1, 2)
                   for y in self.qkv(self.n1(x)))
        q, k = turn(q, cos, sin), turn(k, cos, sin)
        if groups < heads:
            k, v = (y.repeat_interleave(heads // groups, 1) for y in (k, v))
        if self.last:
            rows = torch.arange(n)
            q, mask, x = (q[rows, :, ends, None],
                          mask[ends][:, None, None, :], x[rows, None, ends])
        s = (q @ k.transpose(2, 3) / math.sqrt(m) + mask).softmax(-1)
        y = (s @ v).transpose(1, 2).reshape(n, x.shape[1], -1)
        x = x + self.o(y)[0]
        gate, up = self.up(self.n2(x))
        return x + self.down(F.silu(gate) * up)[0]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(c["vocab_size"], d)
        self.word.weight.requires_grad = not lora
        self.norm = Norm()
        n = c["num_hidden_layers"]
        self.layers = nn.ModuleList(Layer(i == n - 1) for i in range(n))
        self.head = nn.Linear(d, 3)

    def forward(self, ids, ends):
        t = ids.shape[1]
        angle = torch.arange(t)[:, None] * c["rope_theta"] ** (
            -torch.arange(0, m, 2) / m)
        mask = torch.full((t, t), -math.inf).triu(1)
        x = self.word(ids)
        for f in self.layers:
            x = f(x, mask, angle.cos(), angle.sin(), ends)
        return self.head(self.norm(x[:, 0]))


def weights():
    """DIR/model.safetensors, by the names of the modules above."""
    raw = open(directory + "/model.safetensors", "rb").read()
    n = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:8 + n])
    names = {"qkv": ["self_attn.%s_proj" % k for k in "qkv"],
             "o": ["self_attn.o_proj"], "up": ["mlp.gate_proj", "mlp.up_proj"],
             "down": ["mlp.down_proj"], "n1": ["input_layernorm"],
             "n2": ["post_attention_layernorm"]}
    types = {"F16": "<f2", "F32": "<f4"}

    def get(name):
        a, b = head[name]["data_offsets"]
        x = np.frombuffer(raw[8 + n + a:8 + n + b], types[head[name]["dtype"]])
        return torch.tensor(x.astype("f4")).view(head[name]["shape"])

    yield "word.weight", get("model.embed_tokens.weight")
    yield "norm.weight", get("model.norm.weight")
    for i in range(c["num_hidden_layers"]):
        for k, of in names.items():
            yield "layers.%d.%s.weight" % (i, k), torch.cat(
                [get("model.layers.%d.%s.weight" % (i, x)) for x in of])


model = Model()
model.load_state_dict(dict(weights()), strict=False)
tuned = [p for p in model.parameters() if p.requires_grad]
opt = torch.optim.AdamW(
    [{"params": [p for p in tuned if p.dim() == 2], "weight_decay": .01},
     {"params": [p for p in tuned if p.dim() < 2], "weight_decay": 0}],
    lr=1e-5, foreach=True)
lines = [[int(v) for v in line.split()] for line in open(path)]
took, rate = [], []
for at in range(0, len(lines), BATCH):
    texts = lines[at:at + BATCH]
    longest = max(len(x) - 1 for x in texts)
    start = time.perf_counter()
    ids = torch.tensor([x[:-1] + [0] * (longest - len(x) + 1) for x in texts])
    ends = torch.tensor([len(x) - 2 for x in texts])
    opt.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(ids, ends), torch.tensor(
        [x[-1] for x in texts]))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(tuned, 1.)
    opt.step()
    if at >= WARM * BATCH:
        took.append(time.perf_counter() - start)
        rate.append(sum(len(x) - 1 for x in texts) / took[-1])
took.sort()
rate.sort()
print("%.4f s a step, %.0f tokens/s, loss %.4f" % (
    took[len(took) // 2], rate[len(rate) // 2], loss.item()))
