"""PyTorch on the same weights and ids: encoder.py DIR IDS VECTORS. Two threads,
padded batches of 32, sorted by length. Says its rate, and how far the vectors
are from ours."""
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from weights import load

folder, ids_file, vector_file = sys.argv[1:4]
torch.set_num_threads(2)
torch.set_grad_enabled(False)
c, w = load(folder)
w = {name: torch.from_numpy(x) for name, x in w.items()}
texts = [[int(i) for i in line.split()] for line in open(ids_file)]
d, heads = c["hidden_size"], c["num_attention_heads"]


def lin(x, name):
    return F.linear(x, w[name + ".weight"], w[name + ".bias"])


def norm(x, name):
    return F.layer_norm(x, (d,), w[name + ".weight"], w[name + ".bias"],
                        c["layer_norm_eps"])


def embed(batch):
    n, t = len(batch), max(map(len, batch))
    ids = torch.tensor([b + [0] * (t - len(b)) for b in batch])
    mask = torch.tensor([[1.0] * len(b) + [0.0] * (t - len(b)) for b in batch])
    off = (1 - mask)[:, None, None, :] * -1e9
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][:t]
    x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for i in range(c["num_hidden_layers"]):
        p = "encoder.layer.%d." % i
        q, k, v = (lin(x, p + "attention.self." + s).view(n, t, heads, -1)
                   .transpose(1, 2) for s in ("query", "key", "value"))
        a = torch.softmax(q @ k.transpose(2, 3) * (d // heads) ** -.5 + off, -1)
        y = (a @ v).transpose(1, 2).reshape(n, t, d)
        x = norm(x + lin(y, p + "attention.output.dense"),
                 p + "attention.output.LayerNorm")
        y = lin(F.gelu(lin(x, p + "intermediate.dense")), p + "output.dense")
        x = norm(x + y, p + "output.LayerNorm")
    x = (x * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
    return F.normalize(x)


order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
out = torch.empty(len(texts), d)
embed([texts[i] for i in order[:32]])
best = 1e9
for repeat in range(2):
    start = time.time()
    for at in range(0, len(order), 32):
        part = order[at:at + 32]
        out[part] = embed([texts[i] for i in part])
    best = min(best, time.time() - start)
tokens = sum(map(len, texts))
print("PyTorch %s, 2 threads, sorted and padded batches of 32: %.2f s, "
      "%.0f tokens/s" % (torch.__version__, best, tokens / best))
ours = np.fromfile(vector_file, np.float32).reshape(len(texts), d)
print("largest difference of a number of a vector: %.2g"
      % np.abs(ours - out.numpy()).max())
