#!/usr/bin/env python3
"""Makes the tiny encoders beside it, with random weights, and encoder.txt: what
their last hidden states are, by PyTorch in double precision.

    bert/        F16, with the prefix "bert." and the old names of layer norms;
                 widths that are no multiples of anything; gelu
    roberta/     BF16, in two shards; positions after padding_idx; gelu_new
    distilbert/  F32; no token types; relu

A line of encoder.txt: the model's name, the number of tokens, their ids, and
the hidden states, row by row. Run it here; it needs numpy and torch.
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

rng = np.random.default_rng(4)

WORDS = ("[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e the what is of and sum two "
         "three plus number text ##s ##ed ##ing ##a ##b ##c 0 1 2 3 4 5 6 7 8 "
         "9 ##0 ##1 ##2 ##3 ##4 ##5 ##6 ##7 ##8 ##9 ? . , !").split()


def weights(c, names):
    """name -> array, as Hugging Face's modules have them."""
    d, ffn = c["d"], c["ffn"]

    def normal(*shape, sd=0.3):
        return rng.normal(0, sd, shape)

    w = {"embeddings.word_embeddings.weight": normal(c["vocab"], d, sd=1),
         "embeddings.position_embeddings.weight": normal(c["pos"], d, sd=1)}
    if c["types"]:
        w["embeddings.token_type_embeddings.weight"] = normal(c["types"], d)
    norms = ["embeddings.LayerNorm"]
    for i in range(c["layers"]):
        p = names["layer"] % i
        for key in ("q", "k", "v", "o"):
            w[p + names[key] + ".weight"] = normal(d, d)
            w[p + names[key] + ".bias"] = normal(d)
        for key, shape in (("up", (ffn, d)), ("down", (d, ffn))):
            w[p + names[key] + ".weight"] = normal(*shape)
            w[p + names[key] + ".bias"] = normal(shape[0])
        norms += [p + names["n1"], p + names["n2"]]
    for n in norms:
        w[n + ".weight"] = 1 + normal(d, sd=0.1)
        w[n + ".bias"] = normal(d, sd=0.1)
    return w


def forward(c, names, w, ids):
    w = {k: torch.tensor(v, dtype=torch.float64) for k, v in w.items()}
    act = {"gelu": F.gelu, "relu": F.relu,
           "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(
               math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))}[c["act"]]

    def lin(x, n):
        return F.linear(x, w[n + ".weight"], w[n + ".bias"])

    def norm(x, n):
        return F.layer_norm(x, (c["d"],), w[n + ".weight"], w[n + ".bias"],
                            c["eps"])

    t, h = len(ids), c["heads"]
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][
        c["first"]:c["first"] + t]
    if c["types"]:
        x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for i in range(c["layers"]):
        p = names["layer"] % i
        q, k, v = (lin(x, p + names[n]).view(t, h, -1).transpose(0, 1)
                   for n in "qkv")
        a = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(c["d"] // h), -1)
        y = (a @ v).transpose(0, 1).reshape(t, -1)
        x = norm(x + lin(y, p + names["o"]), p + names["n1"])
        y = lin(act(lin(x, p + names["up"])), p + names["down"])
        x = norm(x + y, p + names["n2"])
    return x.numpy()


BERT = {"layer": "encoder.layer.%d.", "q": "attention.self.query",
        "k": "attention.self.key", "v": "attention.self.value",
        "o": "attention.output.dense", "n1": "attention.output.LayerNorm",
        "up": "intermediate.dense", "down": "output.dense",
        "n2": "output.LayerNorm"}
DISTIL = {"layer": "transformer.layer.%d.", "q": "attention.q_lin",
          "k": "attention.k_lin", "v": "attention.v_lin",
          "o": "attention.out_lin", "n1": "sa_layer_norm", "up": "ffn.lin1",
          "down": "ffn.lin2", "n2": "output_layer_norm"}


def tokenizer():
    """A WordPiece tokenizer of WORDS, as BERT's are."""
    special = [{"id": i, "content": WORDS[i], "single_word": False,
                "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for i in range(5)]
    def token(name):
        return {"SpecialToken": {"id": name, "type_id": 0}}
    a = {"Sequence": {"id": "A", "type_id": 0}}
    b = {"Sequence": {"id": "B", "type_id": 1}}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True,
                       "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [token("[CLS]"), a, token("[SEP]")],
            "pair": [token("[CLS]"), a, token("[SEP]"), b, token("[SEP]")],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]",
                  "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {w: i for i, w in enumerate(WORDS)}}}


def save(name, config, shards):
    folder = os.path.join(here, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f, indent=1)
        f.write("\n")
    with open(os.path.join(folder, "tokenizer.json"), "w") as f:
        json.dump(tokenizer(), f, separators=(",", ":"))
        f.write("\n")
    for file, tensors, dtype in shards:
        write(os.path.join(folder, file), tensors, dtype)


def common(c, kind, **more):
    return dict({
        "model_type": kind, "vocab_size": c["vocab"], "hidden_size": c["d"],
        "num_hidden_layers": c["layers"], "num_attention_heads": c["heads"],
        "intermediate_size": c["ffn"], "hidden_act": c["act"],
        "max_position_embeddings": c["pos"], "type_vocab_size": c["types"],
        "layer_norm_eps": c["eps"], "position_embedding_type": "absolute"},
        **more)


out = []


def golden(name, c, names, w, dtype):
    w = {k: bits(v, dtype)[1].astype(np.float64) for k, v in w.items()}
    for t in (1, 2, 7, 19):
        ids = rng.integers(0, c["vocab"], t)
        x = forward(c, names, w, ids)
        out.append(" ".join([name, str(t)] + [str(i) for i in ids] +
                            ["%.9g" % v for v in x.ravel()]))


V = len(WORDS)
c = dict(vocab=V, d=18, layers=2, heads=3, ffn=40, pos=40, types=2, first=0,
         act="gelu", eps=1e-12)
w = weights(c, BERT)
golden("bert", c, BERT, w, "F16")
old = {("bert." + k).replace("LayerNorm.weight", "LayerNorm.gamma")
       .replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in w.items()}
save("bert", common(c, "bert", pad_token_id=0),
     [("model.safetensors", old, "F16")])

c = dict(vocab=V, d=16, layers=2, heads=2, ffn=36, pos=30, types=1, first=2,
         act="gelu_new", eps=1e-5)
w = weights(c, BERT)
golden("roberta", c, BERT, w, "BF16")
save("roberta", common(c, "roberta", pad_token_id=1), [])
write_shards(os.path.join(here, "roberta"), w, "BF16")

c = dict(vocab=V, d=32, layers=1, heads=4, ffn=64, pos=24, types=0, first=0,
         act="relu", eps=1e-12)
w = weights(c, DISTIL)
golden("distilbert", c, DISTIL, w, "F32")
save("distilbert", {
    "model_type": "distilbert", "vocab_size": V, "dim": c["d"],
    "n_layers": c["layers"], "n_heads": c["heads"], "hidden_dim": c["ffn"],
    "activation": c["act"], "max_position_embeddings": c["pos"],
    "sinusoidal_pos_embds": False},
    [("model.safetensors", {"distilbert." + k: v for k, v in w.items()},
      "F32")])

with open(os.path.join(here, "encoder.txt"), "w") as f:
    f.write("\n".join(out) + "\n")
