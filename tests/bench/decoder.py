"""PyTorch on the same weights and ids: decoder.py DIR IDS LOGITS JOBS. Padded
batches, sorted by length, of as many as do best; query, key and value as one
product, and so gate and up; the last layer for the last tokens alone. Says its
rate, and how far the logits are from ours."""
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from weights import load

folder, ids_file, logits_file, jobs = sys.argv[1:5]
torch.set_num_threads(int(jobs))
torch.set_grad_enabled(False)
c, w = load(folder)
w = {name: torch.from_numpy(x) for name, x in w.items()}
texts = [[int(i) for i in line.split()] for line in open(ids_file)]
d, heads = c["hidden_size"], c["num_attention_heads"]
groups, layers = c["num_key_value_heads"], c["num_hidden_layers"]
m, eps = d // heads, c["rms_norm_eps"]
angle = torch.arange(c["max_position_embeddings"])[:, None].double() \
    * c["rope_theta"] ** (-torch.arange(0, m, 2).double() / m)
cos, sin = (f(angle).float().repeat(1, 2) for f in (torch.cos, torch.sin))
later = torch.full([c["max_position_embeddings"]] * 2, -math.inf).triu(1)
word = w["model.embed_tokens.weight"]
labels = word[3:8] if c["tie_word_embeddings"] else w["lm_head.weight"][3:8]
model = []
for i in range(layers):
    p = "model.layers.%d." % i
    part = lambda *names: torch.cat([w[p + n + ".weight"] for n in names])
    model.append((
        part("input_layernorm"),
        part(*("self_attn.%s_proj" % s for s in "qkv")),
        part("self_attn.o_proj"), part("post_attention_layernorm"),
        part("mlp.gate_proj", "mlp.up_proj"), part("mlp.down_proj")))


def rms(x, gain):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain


def rotate(x, t):
    half = torch.cat((-x[..., m // 2:], x[..., :m // 2]), -1)
    return x * cos[:t] + half * sin[:t]


def logits(batch):
    n, t = len(batch), max(map(len, batch))
    ids = torch.tensor([b + [0] * (t - len(b)) for b in batch])
    last = torch.tensor([len(b) - 1 for b in batch])
    x = word[ids]
    for i, (norm1, qkv, out, norm2, up, down) in enumerate(model):
        y = F.linear(rms(x, norm1), qkv).view(n, t, -1, m).transpose(1, 2)
        q, k, v = y.split((heads, groups, groups), 1)
        q, k = rotate(q, t), rotate(k, t)
        if groups < heads:
            k, v = (a.repeat_interleave(heads // groups, 1) for a in (k, v))
        mask = later[:t, :t]
        if i == layers - 1:
            q = q[torch.arange(n), :, last][:, :, None]
            mask = mask[last][:, None, None]
            x = x[torch.arange(n), last][:, None]
        a = torch.softmax(q @ k.transpose(2, 3) * m ** -.5 + mask, -1)
        x = x + F.linear((a @ v).transpose(1, 2).reshape(n, -1, heads * m),
                         out)
        gate, y = F.linear(rms(x, norm2), up).chunk(2, -1)
        x = x + F.linear(F.silu(gate) * y, down)
    return F.linear(rms(x[:, 0], w["model.norm.weight"]), labels)


order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
z = torch.empty(len(texts), len(labels))
best, size = 1e9, 0
logits([texts[i] for i in order[:8]])
for batch in (8, 16, 32):
    start = time.time()
    for at in range(0, len(order), batch):
        part = order[at:at + batch]
        z[part] = logits([texts[i] for i in part])
    if time.time() - start < best:
        best, size = time.time() - start, batch
tokens = sum(map(len, texts))
print("PyTorch %s, %s threads, sorted and padded batches of %d: %.2f s, "
      "%.0f tokens/s" % (torch.__version__, jobs, size, best, tokens / best))
ours = np.fromfile(logits_file, np.float32).reshape(z.shape)
print("largest difference of a logit: %.2g" % np.abs(ours - z.numpy()).max())
