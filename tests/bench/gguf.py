"""A folder as Hugging Face stores it, BERT or Llama, as one GGUF file for
llama.cpp: gguf.py DIR OUT f16|f32. The same weights, no quantisation, so that
a bench compares like with like. The format: llama.cpp's docs and gguf-py."""
import json
import os
import struct
import sys

import numpy as np
from weights import load

folder, out, kind = sys.argv[1:4]
c, w = load(folder)
tok = json.load(open(os.path.join(folder, "tokenizer.json")))
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
CONTROL, NORMAL, UNKNOWN, BYTE = 3, 1, 2, 6
layers, heads = c["num_hidden_layers"], c["num_attention_heads"]
arch = c["model_type"]
meta = [("general.architecture", STRING, arch),
        ("general.file_type", U32, {"f32": 0, "f16": 1}[kind]),
        (arch + ".block_count", U32, layers),
        (arch + ".context_length", U32, c["max_position_embeddings"]),
        (arch + ".embedding_length", U32, c["hidden_size"]),
        (arch + ".feed_forward_length", U32, c["intermediate_size"]),
        (arch + ".attention.head_count", U32, heads)]
tensors = []  # (name, array), those of two dimensions in the kind asked for
exact = set()  # those that stay F32


def put(name, theirs):
    tensors.append((name, w[theirs]))


def vocabulary():
    table = tok["model"]["vocab"]
    return sorted(table, key=table.get)


def token(name, text):
    meta.append(("tokenizer.ggml.%s_token_id" % name, U32,
                 tok["model"]["vocab"][text]))


def tokens(model, pieces, types):
    meta.extend([("tokenizer.ggml.model", STRING, model),
                 ("tokenizer.ggml.pre", STRING, "default"),
                 ("tokenizer.ggml.tokens", ARRAY, (STRING, pieces)),
                 ("tokenizer.ggml.token_type", ARRAY, (I32, types))])


def bert():
    meta.extend([
        ("bert.attention.layer_norm_epsilon", F32, c["layer_norm_eps"]),
        ("bert.attention.causal", BOOL, False),
        ("bert.pooling_type", U32, 1),
        ("tokenizer.ggml.token_type_count", U32, c["type_vocab_size"])])
    special = {t["content"] for t in tok["added_tokens"]}
    words = vocabulary()
    # llama.cpp marks the beginning of a word, not its continuation
    tokens("bert", [t if t in special else t[2:] if t.startswith("##")
                    else "\u2581" + t for t in words],
           [CONTROL if t in special else NORMAL for t in words])
    for name, text in (("bos", "[CLS]"), ("eos", "[SEP]"), ("cls", "[CLS]"),
                       ("seperator", "[SEP]"), ("unknown", "[UNK]"),
                       ("padding", "[PAD]"), ("mask", "[MASK]")):
        token(name, text)
    for ours, theirs in (("token_embd.weight", "word_embeddings.weight"),
                         ("position_embd.weight",
                          "position_embeddings.weight"),
                         ("token_types.weight",
                          "token_type_embeddings.weight"),
                         ("token_embd_norm.weight", "LayerNorm.weight"),
                         ("token_embd_norm.bias", "LayerNorm.bias")):
        put(ours, "embeddings." + theirs)
    exact.update(("position_embd.weight", "token_types.weight"))
    for i in range(layers):
        for ours, theirs in (("attn_q", "attention.self.query"),
                             ("attn_k", "attention.self.key"),
                             ("attn_v", "attention.self.value"),
                             ("attn_output", "attention.output.dense"),
                             ("attn_output_norm",
                              "attention.output.LayerNorm"),
                             ("ffn_up", "intermediate.dense"),
                             ("ffn_down", "output.dense"),
                             ("layer_output_norm", "output.LayerNorm")):
            for part in ("weight", "bias"):
                put("blk.%d.%s.%s" % (i, ours, part),
                    "encoder.layer.%d.%s.%s" % (i, theirs, part))


def llama():
    meta.extend([
        ("llama.attention.head_count_kv", U32, c["num_key_value_heads"]),
        ("llama.attention.layer_norm_rms_epsilon", F32, c["rms_norm_eps"]),
        ("llama.rope.freq_base", F32, c["rope_theta"]),
        ("llama.rope.dimension_count", U32, c["head_dim"]),
        ("llama.vocab_size", U32, c["vocab_size"])])
    pieces = vocabulary()
    tokens("llama", pieces,
           [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 +
           [NORMAL] * (len(pieces) - 259))
    # Llama 2's scores fall by one from piece to piece
    meta.append(("tokenizer.ggml.scores", ARRAY, (F32, [
        float(min(0, 259 - i)) for i in range(len(pieces))])))
    for name, text in (("bos", "<s>"), ("eos", "</s>"), ("unknown", "<unk>")):
        token(name, text)
    put("token_embd.weight", "model.embed_tokens.weight")
    put("output_norm.weight", "model.norm.weight")
    for i in range(layers):
        for ours, theirs in (("attn_q", "self_attn.q_proj"),
                             ("attn_k", "self_attn.k_proj"),
                             ("attn_v", "self_attn.v_proj"),
                             ("attn_output", "self_attn.o_proj"),
                             ("attn_norm", "input_layernorm"),
                             ("ffn_norm", "post_attention_layernorm"),
                             ("ffn_gate", "mlp.gate_proj"),
                             ("ffn_up", "mlp.up_proj"),
                             ("ffn_down", "mlp.down_proj")):
            put("blk.%d.%s.weight" % (i, ours),
                "model.layers.%d.%s.weight" % (i, theirs))
            if ours in ("attn_q", "attn_k"):
                # rotary pairs lie side by side there, a half apart here
                name, x = tensors.pop()
                tensors.append((name, x.reshape(
                    -1, 2, c["head_dim"] // 2, x.shape[1]).swapaxes(1, 2)
                    .reshape(x.shape)))


def text(s):
    s = s.encode()
    return struct.pack("<Q", len(s)) + s


def value(kind, v):
    if kind == STRING:
        return text(v)
    if kind == ARRAY:
        of, items = v
        return struct.pack("<IQ", of, len(items)) + b"".join(
            value(of, i) for i in items)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], v)


{"bert": bert, "llama": llama}[arch]()
head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(meta))
for name, of, v in meta:
    head += text(name) + struct.pack("<I", of) + value(of, v)
body = []
at = 0
for name, x in tensors:
    half = kind == "f16" and x.ndim == 2 and name not in exact
    data = x.astype(np.float16 if half else np.float32).tobytes()
    head += text(name) + struct.pack(
        "<I%dQIQ" % x.ndim, x.ndim, *x.shape[::-1], int(half), at)
    data += bytes(-len(data) % 32)
    body.append(data)
    at += len(data)
with open(out, "wb") as f:
    f.write(head + bytes(-len(head) % 32))
    f.writelines(body)
