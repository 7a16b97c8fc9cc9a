"""MiniLM as an ONNX graph for ONNX Runtime: onnx.py DIR OUT. The graph that its
own optimiser arrives at for a BERT: attention, bias and GELU, sum and layer
norm each one operator, in F32; the batch and the length are free. Pooling is
in it: a product with the share of each token, then the length brought to 1.
Protocol buffers are written by hand; the numbers of the fields are onnx.proto's."""
import json
import os
import struct
import sys

import numpy as np

folder, out = sys.argv[1:3]
c = json.load(open(os.path.join(folder, "config.json")))
raw = open(os.path.join(folder, "model.safetensors"), "rb").read()
size = int.from_bytes(raw[:8], "little")
kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
w = {}
for name, t in json.loads(raw[8:8 + size]).items():
    if name != "__metadata__":
        a, b = t["data_offsets"]
        x = np.frombuffer(raw[8 + size + a:8 + size + b], kinds[t["dtype"]])
        w[name] = x.reshape(t["shape"]).astype(np.float32)
FLOAT, INT32 = 1, 6


def varint(n):
    s = b""
    while n > 127:
        s += bytes([n & 127 | 128])
        n >>= 7
    return s + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def part(field, s):
    s = s.encode() if isinstance(s, str) else s
    return varint(field << 3 | 2) + varint(len(s)) + s


def attribute(name, v):
    if isinstance(v, int):
        return part(1, name) + number(3, v) + number(20, 2)
    return (part(1, name) + varint(2 << 3 | 5) + struct.pack("<f", v) +
            number(20, 1))


def shaped(name, kind, dims):
    shape = b"".join(part(1, number(1, d) if isinstance(d, int)
                          else part(2, d)) for d in dims)
    return part(1, name) + part(2, part(1, number(1, kind) + part(2, shape)))


graph = []  # the fields of a GraphProto


def tensor(name, x):
    x = np.ascontiguousarray(x, np.float32)
    graph.append(part(5, b"".join(number(1, d) for d in x.shape) +
                      number(2, FLOAT) + part(8, name) +
                      part(9, x.tobytes())))
    return name


def node(op, inputs, outputs, domain="com.microsoft", **attributes):
    graph.append(part(1, b"".join(part(1, i) for i in inputs) +
                      b"".join(part(2, o) for o in outputs) + part(4, op) +
                      b"".join(part(5, attribute(k, v))
                               for k, v in attributes.items()) +
                      part(7, domain)))
    return outputs[0]


def given(name, theirs):
    return tensor(name, w[theirs])


def linear(x, name, theirs):
    """Without its bias, which the next operator adds."""
    return node("MatMul", [x, tensor(name, w[theirs + ".weight"].T)],
                [name + "_out"], "")


def norm(x, skip, name, theirs, bias):
    return node("SkipLayerNormalization",
                [x, skip, given(name + "_g", theirs + ".weight"),
                 given(name + "_b", theirs + ".bias"),
                 given(name + "_c", bias)], [name], epsilon=eps)


eps = c["layer_norm_eps"]
e = "embeddings."
x = node("EmbedLayerNormalization", [
    "ids", "", given("words", e + "word_embeddings.weight"),
    # every token is of type 0
    tensor("positions", w[e + "position_embeddings.weight"] +
           w[e + "token_type_embeddings.weight"][0]), "",
    given("g", e + "LayerNorm.weight"), given("b", e + "LayerNorm.bias")],
    ["embedded", "unused"], epsilon=eps)
for i in range(c["num_hidden_layers"]):
    p, n = "encoder.layer.%d." % i, "l%d_" % i
    qkv = [p + "attention.self." + s for s in ("query", "key", "value")]
    a = node("Attention", [
        x, tensor(n + "w", np.concatenate([w[s + ".weight"] for s in qkv]).T),
        tensor(n + "b", np.concatenate([w[s + ".bias"] for s in qkv])),
        "lengths"], [n + "a"], num_heads=c["num_attention_heads"])
    x = norm(linear(a, n + "o", p + "attention.output.dense"), x, n + "n1",
             p + "attention.output.LayerNorm",
             p + "attention.output.dense.bias")
    y = node("BiasGelu", [linear(x, n + "up", p + "intermediate.dense"),
                          given(n + "upb", p + "intermediate.dense.bias")],
             [n + "gelu"])
    x = norm(linear(y, n + "down", p + "output.dense"), x, n + "n2",
             p + "output.LayerNorm", p + "output.dense.bias")
x = node("MatMul", ["shares", x], ["mean"], "")
node("LpNormalization", [x], ["embedding"], "", axis=2, p=2)
graph.append(part(2, "minilm"))
for name, kind, dims in (("ids", INT32, ["n", "t"]),
                         ("lengths", INT32, ["n"]),
                         ("shares", FLOAT, ["n", 1, "t"])):
    graph.append(part(11, shaped(name, kind, dims)))
graph.append(part(12, shaped("embedding", FLOAT,
                             ["n", 1, c["hidden_size"]])))
with open(out, "wb") as f:
    f.write(number(1, 8) + part(7, b"".join(graph)) +
            part(8, part(1, "") + number(2, 17)) +
            part(8, part(1, "com.microsoft") + number(2, 1)))
