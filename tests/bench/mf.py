#!/usr/bin/python3
"""PyTorch on the data of mf.c: seconds an epoch and the validation loss.

    mf.py loop DATA                  RouteLLM's training loop, as its paper and
                                     script have it: a DataLoader of single
                                     battles, batches of 64, noise drawn for
                                     each number, Adam over all parameters
    mf.py fast DATA BATCH LR NOISE EPOCHS   the same model without a loader: the
                                     epoch's order drawn at once, rows taken
                                     by index, one projection a battle
    mf.py folded DATA BATCH LR NOISE EPOCHS     and with the model folded to one
                                     vector a model, the noise's expectation
                                     taken by 8 points, as the library does
"""
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

N, D, K, DIM = 57750, 1536, 64, 128
how, path = sys.argv[1:3]
batch, lr, noise, epochs = 64, 3e-4, 0.1, 2
if how != "loop":
    batch, epochs = int(sys.argv[3]), int(sys.argv[6])
    lr, noise = float(sys.argv[4]), float(sys.argv[5])
torch.manual_seed(42)
raw = open(path, "rb")
emb = torch.from_numpy(np.fromfile(raw, np.float32, N * D).reshape(N, D))
cmp_ = np.fromfile(raw, [("prompt", "<u4"), ("a", "<u2"), ("b", "<u2"),
                         ("y", "<f4")], N)
valid = np.fromfile(raw, np.uint8, N) == 1
win = torch.from_numpy(np.where(cmp_["y"] > 0.5, cmp_["a"], cmp_["b"])
                       .astype(np.int64))
lose = torch.from_numpy(np.where(cmp_["y"] > 0.5, cmp_["b"], cmp_["a"])
                        .astype(np.int64))
train = torch.from_numpy(np.flatnonzero(~valid))
test = torch.from_numpy(np.flatnonzero(valid))


class Battles(Dataset):
    def __init__(self, index):
        self.win, self.lose = win[index], lose[index]
        self.prompt = index.tolist()

    def __len__(self):
        return len(self.win)

    def __getitem__(self, i):
        return self.win[i], self.lose[i], self.prompt[i]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.P = nn.Embedding(K, DIM)
        self.proj = nn.Linear(D, DIM, bias=False)
        self.out = nn.Linear(DIM, 1, bias=False)

    def forward(self, a, b, e):
        a = F.normalize(self.P(a), p=2, dim=1)
        b = F.normalize(self.P(b), p=2, dim=1)
        return self.out((a - b) * self.proj(e)).squeeze(-1)

    def folded(self):
        v = F.normalize(self.P.weight, p=2, dim=1)
        return (v * self.out.weight) @ self.proj.weight


net = Model()
adam = torch.optim.Adam(net.parameters(), lr=lr, weight_decay=1e-5)
Q = nn.Embedding.from_pretrained(emb)


def step(logits):
    loss = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    adam.zero_grad()
    loss.backward()
    adam.step()


def epoch_loop():
    for a, b, prompt in DataLoader(Battles(train), 64, shuffle=True):
        e = Q(prompt)
        e += torch.randn_like(e) * noise
        step(net(a, b, e))


def epoch_fast():
    for i in train[torch.randperm(len(train))].split(batch):
        e = emb[i]
        if noise > 0:
            e = e + torch.randn_like(e) * noise
        step(net(win[i], lose[i], e))


AT, WEIGHT = (torch.from_numpy(x.astype(np.float32))
              for x in np.polynomial.hermite_e.hermegauss(8))
WEIGHT /= WEIGHT.sum()


def epoch_folded():
    for i in train[torch.randperm(len(train))].split(batch):
        u, a, b = net.folded(), win[i], lose[i]
        theta = emb[i] @ u.T
        s = (theta.gather(1, a[:, None]) - theta.gather(1, b[:, None]))
        gram = u @ u.T
        q = gram.diagonal()
        far = (q[a] + q[b] - 2 * gram[a, b]).clamp(min=1e-12).sqrt() * noise
        loss = (F.softplus(-s - far[:, None] * AT) @ WEIGHT).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()


def valid_loss():
    with torch.no_grad():
        logits = net(win[test], lose[test], emb[test])
        return F.softplus(-logits).mean().item()


run = {"loop": epoch_loop, "fast": epoch_fast, "folded": epoch_folded}[how]
times, best = [], 9
for _ in range(epochs):
    start = time.perf_counter()
    run()
    times.append(time.perf_counter() - start)
    best = min(best, valid_loss())
print("%.3f s an epoch, batch %d; validation loss %.6f, the best of %d epochs"
      % (np.median(times), batch, best, epochs))
