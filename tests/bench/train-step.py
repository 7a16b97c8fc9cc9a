#!/usr/bin/python3
"""PyTorch's training step on the batches of train-step.c: BERT as Hugging Face
has it, padded to the longest of the batch, dropout .1, clipping, AdamW.

    train-step.py DIR IDS JOBS

A line of IDS: a text's token ids and its label. Prints the median as
train-step.c does.
"""
import json
import math
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

directory, path, jobs = sys.argv[1:4]
BATCH, WARM = 16, 2
torch.set_num_threads(int(jobs))
torch.manual_seed(1)
c = json.load(open(directory + "/config.json"))
d, heads, ffn = (c["hidden_size"], c["num_attention_heads"],
                 c["intermediate_size"])


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, ffn), nn.Linear(ffn, d)
        self.n1, self.n2 = (nn.LayerNorm(d, c["layer_norm_eps"])
                            for _ in range(2))

    def forward(self, x, mask):
        n, t, _ = x.shape
        q, k, v = (f(x).view(n, t, heads, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        s = q @ k.transpose(2, 3) / math.sqrt(d // heads) + mask
        p = F.dropout(s.softmax(-1), .1)
        y = (p @ v).transpose(1, 2).reshape(n, t, d)
        x = self.n1(x + F.dropout(self.o(y), .1))
        y = self.down(F.gelu(self.up(x)))
        return self.n2(x + F.dropout(y, .1))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.word = nn.Embedding(c["vocab_size"], d)
        self.pos = nn.Embedding(c["max_position_embeddings"], d)
        self.kind = nn.Embedding(c["type_vocab_size"], d)
        self.norm = nn.LayerNorm(d, c["layer_norm_eps"])
        self.layers = nn.ModuleList(
            Layer() for _ in range(c["num_hidden_layers"]))
        self.head = nn.Linear(d, 3)

    def forward(self, ids, seen):
        t = ids.shape[1]
        x = self.word(ids) + self.pos.weight[:t] + self.kind.weight[0]
        x = F.dropout(self.norm(x), .1)
        mask = ((1 - seen) * -1e9)[:, None, None, :]
        for f in self.layers:
            x = f(x, mask)
        x = (x * seen[:, :, None]).sum(1) / seen.sum(1, keepdim=True)
        return self.head(F.dropout(x, .1))


def weights():
    """Names of DIR/model.safetensors, in the order of the modules above."""
    raw = open(directory + "/model.safetensors", "rb").read()
    n = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:8 + n])
    names = {"word": "embeddings.word_embeddings",
             "pos": "embeddings.position_embeddings",
             "kind": "embeddings.token_type_embeddings",
             "norm": "embeddings.LayerNorm", "q": "attention.self.query",
             "k": "attention.self.key", "v": "attention.self.value",
             "o": "attention.output.dense", "n1": "attention.output.LayerNorm",
             "up": "intermediate.dense", "down": "output.dense",
             "n2": "output.LayerNorm"}
    types = {"F16": "<f2", "F32": "<f4"}
    for name, p in Model().named_parameters():
        if name.startswith("head"):
            continue
        parts = name.split(".")
        where = names[parts[-2]] + "." + parts[-1]
        if parts[0] == "layers":
            where = "encoder.layer." + parts[1] + "." + where
        a, b = head[where]["data_offsets"]
        x = np.frombuffer(raw[8 + n + a:8 + n + b], types[head[where]["dtype"]])
        yield name, torch.tensor(x.astype("f4")).view(p.shape)


model = Model()
model.load_state_dict(dict(weights()), strict=False)
plain = [p for p in model.parameters() if p.dim() < 2]
decay = [p for p in model.parameters() if p.dim() == 2]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": .01},
                         {"params": plain, "weight_decay": 0}], lr=1e-5,
                        foreach=True)
lines = [[int(v) for v in line.split()] for line in open(path)]
took, rate = [], []
for at in range(0, len(lines), BATCH):
    texts = lines[at:at + BATCH]
    longest = max(len(x) - 1 for x in texts)
    start = time.perf_counter()
    ids = torch.tensor([x[:-1] + [0] * (longest - len(x) + 1) for x in texts])
    seen = torch.tensor([[1.] * (len(x) - 1) + [0.] * (longest - len(x) + 1)
                         for x in texts])
    opt.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(ids, seen), torch.tensor(
        [x[-1] for x in texts]))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.)
    opt.step()
    if at >= WARM * BATCH:
        took.append(time.perf_counter() - start)
        rate.append(sum(len(x) - 1 for x in texts) / took[-1])
took.sort()
rate.sort()
print("%.4f s a step, %.0f tokens/s, loss %.4f" % (
    took[len(took) // 2], rate[len(rate) // 2], loss.item()))
