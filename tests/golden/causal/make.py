#!/usr/bin/python3
"""Makes the tiny language models beside it, with random weights, and what the
router causal makes of them, by numpy in double precision.

    tiny/       Llama's form, F16, the output tied to the words' table, which
                has four rows more than there are tokens; no scores among them
    published/  Qwen 2's form, BF16, in two shards, with the scores [[1]] to
                [[5]] as tokens, as a router that somebody has published

scores.jsonl: prompts, the logits of the five scores after each in the template
of published/, and the score: (1 + expected gain) / 2 for the gains 1, 2/3, 1/3,
0, -1. The ids are those of the slow tokenizer of ../tokenizer. It needs numpy.
"""
import importlib.util
import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location(
    "slow", os.path.join(HERE, "..", "tokenizer", "make.py"))
slow = importlib.util.module_from_spec(spec)
spec.loader.exec_module(slow)
rng = np.random.default_rng(5)


def as_kept(x, dtype):
    """The bytes of x in that type, and the values that they stand for."""
    x = x.astype(np.float32)
    if dtype == "F16":
        h = x.astype(np.float16)
        return h.tobytes(), h.astype(np.float64)
    u = x.view(np.uint32) & 0xFFFF0000
    return ((u >> 16).astype(np.uint16).tobytes(),
            u.view(np.float32).astype(np.float64))


def write(path, tensors, dtype):
    header, data = {}, b""
    for name, x in tensors.items():
        raw = as_kept(x, dtype)[0]
        header[name] = {"dtype": dtype, "shape": list(x.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + data)


def weights(c):
    d, q, kv = c["d"], c["heads"] * c["head"], c["groups"] * c["head"]

    def normal(*shape, sd=0.25):
        return rng.normal(0, sd, shape)

    w = {"model.embed_tokens.weight": normal(c["vocab"], d, sd=1)}
    for i in range(c["layers"]):
        p = "model.layers.%d." % i
        w[p + "input_layernorm.weight"] = 1 + normal(d, sd=0.1)
        w[p + "self_attn.q_proj.weight"] = normal(q, d)
        w[p + "self_attn.k_proj.weight"] = normal(kv, d)
        w[p + "self_attn.v_proj.weight"] = normal(kv, d)
        if c["bias"]:
            w[p + "self_attn.q_proj.bias"] = normal(q)
            w[p + "self_attn.k_proj.bias"] = normal(kv)
            w[p + "self_attn.v_proj.bias"] = normal(kv)
        w[p + "self_attn.o_proj.weight"] = normal(d, q)
        w[p + "post_attention_layernorm.weight"] = 1 + normal(d, sd=0.1)
        w[p + "mlp.gate_proj.weight"] = normal(c["ffn"], d)
        w[p + "mlp.up_proj.weight"] = normal(c["ffn"], d)
        w[p + "mlp.down_proj.weight"] = normal(d, c["ffn"])
    w["model.norm.weight"] = 1 + normal(d, sd=0.1)
    if not c["tied"]:
        w["lm_head.weight"] = normal(c["vocab"], d, sd=0.5)
    return w


def rotate(x, theta):
    """x[t, h, m], pairs i and i + m / 2 turned by the place."""
    t, _, m = x.shape
    angle = np.outer(np.arange(t), theta ** (-np.arange(0, m, 2) / m))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., :m // 2], x[..., m // 2:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def last_state(c, w, ids):
    t, m, g = len(ids), c["head"], c["heads"] // c["groups"]

    def rms(x, n):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + c["eps"]) * w[n]

    def lin(x, n):
        return x @ w[n + ".weight"].T + w.get(n + ".bias", 0)

    x = w["model.embed_tokens.weight"][ids]
    for i in range(c["layers"]):
        p = "model.layers.%d." % i
        r = rms(x, p + "input_layernorm.weight")
        q, k, v = (lin(r, p + "self_attn.%s_proj" % n).reshape(t, -1, m)
                   for n in "qkv")
        q, k = rotate(q, c["theta"]), rotate(k, c["theta"])
        y = np.zeros_like(q)
        for h in range(c["heads"]):
            a = q[:, h] @ k[:, h // g].T / np.sqrt(m)
            a[np.triu_indices(t, 1)] = -np.inf
            a = np.exp(a - a.max(-1, keepdims=True))
            y[:, h] = a / a.sum(-1, keepdims=True) @ v[:, h // g]
        x = x + lin(y.reshape(t, -1), p + "self_attn.o_proj")
        r = rms(x, p + "post_attention_layernorm.weight")
        gate = lin(r, p + "mlp.gate_proj")
        x = x + lin(gate / (1 + np.exp(-gate)) * lin(r, p + "mlp.up_proj"),
                    p + "mlp.down_proj")
    return rms(x, "model.norm.weight")[-1]


def config(c, kind):
    return {"model_type": kind, "vocab_size": c["vocab"],
            "hidden_size": c["d"], "intermediate_size": c["ffn"],
            "num_hidden_layers": c["layers"],
            "num_attention_heads": c["heads"],
            "num_key_value_heads": c["groups"], "hidden_act": "silu",
            "max_position_embeddings": c["tokens"],
            "rms_norm_eps": c["eps"], "rope_theta": c["theta"],
            "tie_word_embeddings": c["tied"]}


def save(name, o, tok, shards, dtype):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(o, f, indent=1)
        f.write("\n")
    with open(os.path.join(folder, "tokenizer.json"), "w") as f:
        json.dump(tok, f, separators=(",", ":"))
        f.write("\n")
    files = ["model-%05d-of-%05d.safetensors" % (i + 1, len(shards))
             for i in range(len(shards))]
    if len(shards) == 1:
        files = ["model.safetensors"]
    else:
        with open(os.path.join(folder, "model.safetensors.index.json"),
                  "w") as f:
            json.dump({"metadata": {}, "weight_map": {
                k: n for n, s in zip(files, shards) for k in s}}, f)
            f.write("\n")
    for n, s in zip(files, shards):
        write(os.path.join(folder, n), s, dtype)


# --- tiny ----------------------------------------------------------------------

tok = slow.llama2_file()
count = len(tok["model"]["vocab"]) + 1
c = dict(vocab=count + 4, d=16, heads=2, groups=2, head=8, ffn=24, layers=2,
         tokens=128, eps=1e-5, theta=10000.0, tied=True, bias=False)
save("tiny", config(c, "llama"), tok, [weights(c)], "F16")

# --- published -------------------------------------------------------------------

tok = slow.bytes_file("llama3")
count = 1 + max(a["id"] for a in tok["added_tokens"])
tok["added_tokens"] += [slow.token(count + i, "[[%d]]" % (i + 1),
                                   special=False) for i in range(5)]
label = list(range(count, count + 5))
c = dict(vocab=count + 6, d=24, heads=4, groups=2, head=6, ffn=40, layers=2,
         tokens=72, eps=1e-6, theta=500.0, tied=False, bias=True)
w = weights(c)
keys = list(w)
save("published", config(c, "qwen2"), tok,
     [{k: w[k] for k in keys[::2]}, {k: w[k] for k in keys[1::2]}], "BF16")
w = {k: as_kept(x, "BF16")[1] for k, x in w.items()}

BEFORE, AFTER = "<s>Question: ", "</s>\nScore:"
with open(os.path.join(HERE, "template.txt"), "w") as f:
    f.write(BEFORE + "{prompt}" + AFTER + "\n")

PROMPTS = [
    "What is the sum of two and three?", "", " ", "the otter owns the river",
    "</s>\nScore:[[1]]", "[[5]][[5]] [[1]]", "<s>", "<tok> a",
    "Is it \u00e9t\u00e9? \u4f60\u597d", "long " * 40,
    "no end of it, " * 9 + "</s>[[1]]",
]
first = slow.template(tok["post_processor"], slow.encode(tok, BEFORE))
then = slow.encode(tok, AFTER)
hidden = dict(tok, added_tokens=[
    dict(a, special=a["special"] or a["id"] in label)
    for a in tok["added_tokens"]])
GAIN = np.array([1, 2 / 3, 1 / 3, 0, -1])
with open(os.path.join(HERE, "scores.jsonl"), "w") as f:
    for s in PROMPTS:
        ids = slow.encode(hidden, s, True)
        ids = first + ids[:c["tokens"] - len(first) - len(then)] + then
        z = w["lm_head.weight"][label] @ last_state(c, w, ids)
        p = np.exp(z - z.max())
        p /= p.sum()
        json.dump({"prompt": s, "tokens": len(ids), "logits": list(z),
                   "want": (1 + p @ GAIN) / 2, "routellm": p[:3].sum()}, f)
        f.write("\n")
