#!/usr/bin/env python3
"""Makes the tiny decoders beside it, with random weights, and decoder.txt: what
their logits are, by PyTorch in double precision.

    llama/    F16, in two shards; grouped heads; Llama 3's stretched positions
    biased/   F32, a Llama with biases; linearly stretched; tied
    qwen2/    BF16; biases, one group; tied; a window in the second layer
    mistral/  F32; a window in all layers; heads wider than d / heads

A line of decoder.txt: the model's name, the number of tokens, their ids, and
the logits after each. Run it here; it needs numpy and torch.
"""
import json
import math
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here))
from tensors import bits, write, write_shards  # noqa: E402

rng = np.random.default_rng(5)
V = 29


def frequencies(c):
    m = c["head_dim"]
    freq = [c["rope_theta"] ** (-2 * i / m) for i in range(m // 2)]
    s = c.get("rope_scaling")
    if s is None:
        return freq
    if s.get("type") == "linear":
        return [f / s["factor"] for f in freq]
    out = []
    for f in freq:  # as in modeling_rope_utils.py
        wave = 2 * math.pi / f
        old = s["original_max_position_embeddings"]
        low, high = s["low_freq_factor"], s["high_freq_factor"]
        if wave < old / high:
            out.append(f)
        elif wave > old / low:
            out.append(f / s["factor"])
        else:
            smooth = (old / wave - low) / (high - low)
            out.append((1 - smooth) * f / s["factor"] + smooth * f)
    return out


def rotate(x, freq):
    """x[t, heads, m]"""
    angle = torch.arange(len(x))[:, None] * torch.tensor(freq).double()
    cos, sin = (f(angle).repeat(1, 2)[:, None] for f in (torch.cos, torch.sin))
    m = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., m:], x[..., :m]), -1) * sin


def window_of(c, layer):
    if c["model_type"] == "mistral":
        return c["sliding_window"]
    if c.get("use_sliding_window") and layer >= c["max_window_layers"]:
        return c["sliding_window"]
    return 10 ** 9


def forward(c, w, ids):
    """The logits after each of the ids."""
    heads, groups = c["num_attention_heads"], c["num_key_value_heads"]
    m, t = c["head_dim"], len(ids)
    freq = frequencies(c)
    ago = torch.arange(t)[:, None] - torch.arange(t)

    def lin(x, name):
        return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))

    def rms(x, name):
        mean = x.pow(2).mean(-1, keepdim=True)
        return x * torch.rsqrt(mean + c["rms_norm_eps"]) * w[name + ".weight"]

    x = w["model.embed_tokens.weight"][torch.as_tensor(ids)]
    for i in range(c["num_hidden_layers"]):
        p = "model.layers.%d." % i
        r = rms(x, p + "input_layernorm")
        q = rotate(lin(r, p + "self_attn.q_proj").view(t, heads, m), freq)
        k = rotate(lin(r, p + "self_attn.k_proj").view(t, groups, m), freq)
        v = lin(r, p + "self_attn.v_proj").view(t, groups, m)
        k, v = (y.repeat_interleave(heads // groups, 1) for y in (k, v))
        s = torch.einsum("ihm,jhm->hij", q, k) / math.sqrt(m)
        s = s.masked_fill((ago < 0) | (ago >= window_of(c, i)), -math.inf)
        y = torch.einsum("hij,jhm->ihm", s.softmax(-1), v).reshape(t, -1)
        x = x + lin(y, p + "self_attn.o_proj")
        r = rms(x, p + "post_attention_layernorm")
        x = x + lin(F.silu(lin(r, p + "mlp.gate_proj")) *
                    lin(r, p + "mlp.up_proj"), p + "mlp.down_proj")
    x = rms(x, "model.norm")
    out = "model.embed_tokens" if c["tie_word_embeddings"] else "lm_head"
    return F.linear(x, w[out + ".weight"])


def weights(c):
    d, ffn, m = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    q, kv = c["num_attention_heads"] * m, c["num_key_value_heads"] * m
    biased = ["self_attn.%s_proj" % n for n in "qkv"] \
        if c["model_type"] == "qwen2" else \
        ["self_attn.%s_proj" % n for n in "qkvo"] \
        if c.get("attention_bias") else []

    def normal(*shape, sd=0.3):
        return rng.normal(0, sd, shape)

    w = {"model.embed_tokens.weight": normal(V, d, sd=1),
         "model.norm.weight": 1 + normal(d, sd=0.1)}
    if not c["tie_word_embeddings"]:
        w["lm_head.weight"] = normal(V, d, sd=1)
    for i in range(c["num_hidden_layers"]):
        p = "model.layers.%d." % i
        for name, shape in (("self_attn.q_proj", (q, d)),
                            ("self_attn.k_proj", (kv, d)),
                            ("self_attn.v_proj", (kv, d)),
                            ("self_attn.o_proj", (d, q)),
                            ("mlp.gate_proj", (ffn, d)),
                            ("mlp.up_proj", (ffn, d)),
                            ("mlp.down_proj", (d, ffn))):
            w[p + name + ".weight"] = normal(*shape)
            if name in biased:
                w[p + name + ".bias"] = normal(shape[0])
        for name in ("input_layernorm", "post_attention_layernorm"):
            w[p + name + ".weight"] = 1 + normal(d, sd=0.1)
    return w


def make(name, c, dtype, shards=False):
    folder = os.path.join(here, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(c, f, indent=1)
        f.write("\n")
    w = weights(c)
    if shards:
        write_shards(folder, w, dtype)
    else:
        write(os.path.join(folder, "model.safetensors"), w, dtype)
    w = {k: torch.tensor(bits(v, dtype)[1]).double() for k, v in w.items()}
    lines = []
    for t in (1, 3, 40):
        ids = rng.integers(0, V, t)
        z = forward(c, w, ids)
        lines.append(" ".join([name, str(t)] + [str(i) for i in ids] +
                              ["%.8g" % v for v in z.reshape(-1).tolist()]))
    return lines


def config(kind, d, heads, groups, head, **more):
    return dict({
        "model_type": kind, "vocab_size": V, "hidden_size": d,
        "num_attention_heads": heads, "num_key_value_heads": groups,
        "head_dim": head, "intermediate_size": 2 * d - 3,
        "num_hidden_layers": 2, "max_position_embeddings": 48,
        "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 100.0,
        "tie_word_embeddings": False}, **more)


if __name__ == "__main__":
    out = make("llama", config("llama", 24, 4, 2, 6, rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 30}),
        "F16", shards=True)
    out += make("biased", config(
        "llama", 16, 2, 2, 8, attention_bias=True, tie_word_embeddings=True,
        rope_scaling={"type": "linear", "factor": 2.5}), "F32")
    out += make("qwen2", config(
        "qwen2", 20, 2, 1, 10, tie_word_embeddings=True,
        use_sliding_window=True, sliding_window=6, max_window_layers=1),
        "BF16")
    out += make("mistral", config("mistral", 18, 4, 2, 36, sliding_window=5),
                "F32")
    with open(os.path.join(here, "decoder.txt"), "w") as f:
        f.write("\n".join(out) + "\n")
