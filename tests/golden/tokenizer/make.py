#!/usr/bin/python3
"""Small tokenizers and their ids, computed slowly from the definitions.

Writes NAME.json (a tokenizer.json) and NAME.jsonl (a text a line, with its
ids, the ids without specials, those where special tokens in the text are text
like any other, if they differ, and what they decode to) for each tokenizer
below. Nothing is shared with the C code: no trie, no table of pairs, no
heap; every step is its definition, a list at a time.
"""
import base64
import json
import os
import struct
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))

TEXTS = [
    "", " ", "   ", "\t\n\r\n  ", "Hello, world!", "the otter owns the river",
    "The OTTER owns  the   River. ", "  leading and trailing  ",
    "unaffable rivers' otters; it's we'll I'D they've",
    "caf\u00e9 na\u00efve \u00c5ngstr\u00f6m cafe\u0301 o\u0323\u0302",
    "\u0130stanbul \u1e9e STRASSE \u03a3\u0391\u03a3",
    "\u6cb3\u91ccotter\u6c34 \u4f60\u597d\uff0c\u4e16\u754c",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 ok \U0001f1eb\U0001f1f7",
    "x\u0000y\u0007z\u200b\ufeff\ufffd", "a\u00a0b\u3000c\u2003d\u180ee\u0085f",
    "1 12 123 1234 12345 3.14 1,000 \u0663\u0664 \u00bd \u2167",
    "def f(x):\n    return x**2  # \u03c0\n\n\n\tend\r\n\r\n  z",
    "<s> a </s> <mask> [MASK]  b [SEP] [CLS]x", "a<tok>b <tok> c <tok>, <tok>",
    "QueryMark querymark QUERYMARK xQueryMarkx", "w" * 12, "w" * 13, "w" * 200,
    "\ufb01sh \u2460 \uff21\uff22 \u2122 \u00bc x\u0301\u0302\u0303\u0304 \u00c5",
    "e\u0301e\u0301 \u00e9", "a\u2581b \u2581 \u2581\u2581c", "\u0120\u0121 \u010a",
    "~ \u00b6 \u2200 \u0500 <0x41> <unk> zq", "the " * 40,
    "A very long otter: " + "otterriver" * 12 + ".",
]


def category(c):
    return unicodedata.category(c)


def is_space(c):
    return c in "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" \
        or "\u2000" <= c <= "\u200a"


# --- normalizers --------------------------------------------------------

def lower(s):
    """Character by character: a final sigma is like any other."""
    return "".join(c.lower() for c in s)


def bert(o, s):
    if o["clean_text"]:
        s = "".join(" " if is_space(c) else c for c in s
                    if c in "\t\n\r" or
                    (c not in "\0\ufffd" and
                     category(c) not in ("Cc", "Cf", "Co")))
    if o["handle_chinese_chars"]:
        s = "".join(" %s " % c if
                    0x4e00 <= ord(c) <= 0x9fff or 0x3400 <= ord(c) <= 0x4dbf
                    or 0x20000 <= ord(c) <= 0x2a6df else c for c in s)
    strip = o["strip_accents"]
    if o["lowercase"] if strip is None else strip:
        s = "".join(c for c in unicodedata.normalize("NFD", s)
                    if category(c) != "Mn")
    return lower(s) if o["lowercase"] else s


def clusters(s):
    """Grapheme clusters, as far as the texts above need them."""
    out = []
    for c in s:
        extend = category(c) in ("Mn", "Me", "Mc") or c == "\u200d"
        before = out[-1][-1] if out else ""
        jamo = "\u1100" <= before <= "\u11ff" and "\u1160" <= c <= "\u11ff"
        flags = [x for x in (before, c) if "\U0001f1e6" <= x <= "\U0001f1ff"]
        pair = len(flags) == 2 and len(out[-1]) == 1
        joined = before == "\u200d" and ord(c) >= 0x1f000
        if out and (before + c == "\r\n" or jamo or pair or joined or
                    (extend and (before == "\u200d" or category(before) not in
                                 ("Cc", "Cf", "Zl")))):
            out[-1] += c
        else:
            out.append(c)
    return out


def charsmap(images, s):
    def image(part):
        raw = part.encode()
        for k in range(1, len(raw) + 1):  # the shortest prefix wins
            for key in images:
                if key.encode() == raw[:k]:
                    return images[key]
        return None

    out = ""
    for g in clusters(s):
        to = image(g) if len(g.encode()) < 6 else None
        if to is not None:
            out += to
            continue
        for c in g:
            to = image(c)
            out += c if to is None else to
    return out


def double_array(images):
    """The map as SentencePiece packs it: a double array and the images."""
    text = b""
    tree = {}
    for key in images:
        node = tree
        for b in key.encode():
            node = node.setdefault(b, {})
        node["value"] = len(text)
        text += images[key].encode() + b"\0"
    units = {}

    def place(node, at):
        labels = [b for b in node if b != "value"]
        base = 1
        while base in units or any(base ^ b in units for b in labels):
            base += 1
        units[at] |= (at ^ base) << 10
        units[base] = node.get("value", 0) | 1 << 31
        for b in labels:
            units[base ^ b] = b
        for b in labels:
            if "value" in node[b]:
                units[base ^ b] |= 1 << 8
            place(node[b], base ^ b)

    units[0] = 0
    place(tree, 0)
    n = (max(units) | 255) + 1
    array = b"".join(struct.pack("<I", units.get(i, 1 << 31))
                     for i in range(n))
    return base64.b64encode(struct.pack("<I", len(array)) + array +
                            text).decode()


def normalize(o, s):
    if o is None:
        return s
    kind = o["type"]
    if kind == "Sequence":
        for x in o["normalizers"]:
            s = normalize(x, s)
        return s
    if kind == "BertNormalizer":
        return bert(o, s)
    if kind in ("NFC", "NFD", "NFKC", "NFKD"):
        return unicodedata.normalize(kind, s)
    if kind == "Lowercase":
        return lower(s)
    if kind == "Precompiled":
        return charsmap(IMAGES, s)
    if kind == "Prepend":
        return o["prepend"] + s if s else s
    if kind == "Replace":
        if "Regex" in o["pattern"]:  # the one there is: " {2,}"
            while "   " in s:
                s = s.replace("   ", "  ")
            return s.replace("  ", o["content"])
        return s.replace(o["pattern"]["String"], o["content"])
    assert kind == "Strip"
    while o["strip_left"] and s and is_space(s[0]):
        s = s[1:]
    while o["strip_right"] and s and is_space(s[-1]):
        s = s[:-1]
    return s


# --- pre-tokenizers -----------------------------------------------------

def run(s, i, good, most=10 ** 9):
    j = i
    while j < len(s) and j - i < most and good(s[j]):
        j += 1
    return j


def letter(c):
    return category(c)[0] == "L"


def digit(c):
    return category(c)[0] == "N"


def other(c):
    return not (is_space(c) or letter(c) or digit(c))


def spaces(s, i):
    """\\s+(?!\\S)|\\s+"""
    j = run(s, i, is_space)
    return j - 1 if j < len(s) and j - i > 1 else j


def gpt2(s, i):
    for x in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"):
        if s.startswith(x, i):
            return i + len(x)
    for good in (letter, digit, other):
        k = i + (s[i] == " ")
        j = run(s, k, good)
        if j > k:
            return j
    return spaces(s, i)


def tiktoken(most):
    """Llama 3's pattern, and with MOST = 1 Qwen 2's."""
    def step(s, i):
        for x in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"):
            if s[i:i + len(x)].lower() == x:
                return i + len(x)
        k = i + (s[i] not in "\r\n" and not letter(s[i]) and not digit(s[i]))
        j = run(s, k, letter)
        if j > k:
            return j
        j = run(s, i, digit, most)
        if j > i:
            return j
        k = i + (s[i] == " ")
        j = run(s, k, other)
        if j > k:
            return run(s, j, lambda c: c in "\r\n")
        j = run(s, i, is_space)
        ends = [k for k in range(i, j) if s[k] in "\r\n"]
        return ends[-1] + 1 if ends else spaces(s, i)
    return step


def cut(step, s):
    out, i = [], 0
    while i < len(s):
        j = step(s, i)
        out.append(s[i:j])
        i = j
    return out


def punct(c):
    return category(c)[0] == "P" or c in "$+<=>^`|~"


def pretokenize(o, s, first):
    if o is None:
        return [s]
    kind = o["type"]
    if kind == "Sequence":
        parts = [s]
        for x in o["pretokenizers"]:
            parts = [q for p in parts for q in pretokenize(x, p, first)]
        return parts
    if kind == "BertPreTokenizer":
        s = "".join(" " if is_space(c) else " %s " % c if punct(c) else c
                    for c in s)
        return s.split(" ")
    if kind == "WhitespaceSplit":
        return "".join(" " if is_space(c) else c for c in s).split(" ")
    if kind == "Metaspace":
        s = s.replace(" ", "\u2581")
        scheme = o["prepend_scheme"]
        if s and s[0] != "\u2581" and \
                (scheme == "always" or scheme == "first" and first):
            s = "\u2581" + s
        return cut(lambda t, i: run(t, i + 1, lambda c: c != "\u2581"), s) \
            if o["split"] else [s]
    if kind == "Digits":
        return cut(lambda t, i: i + 1 if digit(t[i]) else
                   run(t, i, lambda c: not digit(c)), s)
    if kind == "Split":
        most = 3 if "{1,3}" in o["pattern"]["Regex"] else 1
        return cut(tiktoken(most), s)
    assert kind == "ByteLevel"
    if o["add_prefix_space"] and s and s[0] != " ":
        s = " " + s
    return cut(gpt2, s) if o["use_regex"] else [s]


# --- models -------------------------------------------------------------

def alphabet():
    plain = [b for b in range(256)
             if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    rest = [b for b in range(256) if b not in plain]
    out = {b: chr(b) for b in plain}
    out.update({b: chr(256 + i) for i, b in enumerate(rest)})
    return out


BYTES = alphabet()


def wordpiece(m, w):
    if len(w) > m["max_input_chars_per_word"]:
        return [m["vocab"][m["unk_token"]]]
    out, i = [], 0
    while i < len(w):
        for j in range(len(w), i, -1):
            p = (m["continuing_subword_prefix"] if i else "") + w[i:j]
            if p in m["vocab"]:
                break
        else:
            return [m["vocab"][m["unk_token"]]]
        out.append(m["vocab"][p])
        i = j
    return out


def unigram(m, w):
    ids = {p: i for i, (p, _) in enumerate(m["vocab"])}
    least = min(x for _, x in m["vocab"]) - 10
    best = [(0.0, None, None)] + [None] * len(w)
    for i in range(len(w)):
        for j in range(i + 1, len(w) + 1):
            p = w[i:j]
            if p in ids:
                x, k = m["vocab"][ids[p]][1], ids[p]
            elif j == i + 1:
                x, k = least, m["unk_id"]
            else:
                continue
            if best[j] is None or best[i][0] + x > best[j][0]:
                best[j] = (best[i][0] + x, i, k)
    parts, j = [], len(w)
    while j > 0:
        _, i, k = best[j]
        parts.insert(0, (w[i:j], k))
        j = i
    joined = []
    for p, k in parts:
        if joined and k == m["unk_id"] == joined[-1][1]:
            joined[-1] = (joined[-1][0] + p, k)
        else:
            joined.append((p, k))
    out = []
    for p, k in joined:
        names = ["<0x%02X>" % b for b in p.encode()]
        if p not in ids and m["byte_fallback"] and all(n in ids
                                                       for n in names):
            out += [ids[n] for n in names]
        else:
            out.append(ids.get(p, m["unk_id"]))
    return out


def bpe(m, w):
    vocab = m["vocab"]
    if m["ignore_merges"] and w in vocab:
        return [vocab[w]]
    rank = {tuple(x.split(" ")): i for i, x in enumerate(m["merges"])}
    parts, waits = [], []
    for c in w:
        names = ["<0x%02X>" % b for b in c.encode()]
        if c in vocab:
            parts += waits + [c]
            waits = []
        elif m["byte_fallback"] and all(n in vocab for n in names):
            parts += names  # ahead of what waits: so does the reference
        elif m["unk_token"]:
            if waits and not m["fuse_unk"]:
                parts += waits
            waits = [m["unk_token"]]
    parts += waits
    while True:
        pairs = [(rank[p], i) for i, p in enumerate(zip(parts, parts[1:]))
                 if p in rank]
        if not pairs:
            return [vocab[p] for p in parts]
        i = min(pairs)[1]
        parts[i:i + 2] = [parts[i] + parts[i + 1]]


def model(t, w):
    m = t["model"]
    if m["type"] == "BPE":
        if is_bytes(t["pre_tokenizer"]):
            w = "".join(BYTES[b] for b in w.encode())
        return bpe(m, w)
    return (wordpiece if m["type"] == "WordPiece" else unigram)(m, w)


def is_bytes(o):
    return o is not None and (o["type"] == "ByteLevel" or any(
        is_bytes(x) for x in o.get("pretokenizers", [])))


# --- texts --------------------------------------------------------------

def is_word(c):
    return category(c)[0] in "LM" or category(c) in ("Nd", "Nl", "Pc") or \
        c in "\u200c\u200d"


def find(tokens, s, key, plain=False):
    """Parts (text, None) and (text, token) of S, cut at added tokens; PLAIN: at
    those that are not special."""
    out, at, i = [], 0, 0
    while i < len(s):
        hits = [a for a in tokens if key(a) and s.startswith(key(a), i)]
        if not hits:
            i += 1
            continue
        a = max(hits, key=lambda x: len(key(x)))
        start, stop = i, i + len(key(a))
        i = stop
        if plain and a["special"]:
            continue
        if a["single_word"] and (start > 0 and is_word(s[start - 1]) or
                                 stop < len(s) and is_word(s[stop])):
            continue
        while a["lstrip"] and start > at and is_space(s[start - 1]):
            start -= 1
        while a["rstrip"] and stop < len(s) and is_space(s[stop]):
            stop += 1
        out += [(s[at:start], None), (s[start:stop], a)]
        at = stop
    return out + [(s[at:], None)]


def encode(t, s, plain=False):
    norm = t["normalizer"]
    raw = [a for a in t["added_tokens"] if not a["normalized"]]
    cooked = [a for a in t["added_tokens"] if a["normalized"]]
    out = []
    for k, (part, a) in enumerate(find(raw, s, lambda x: x["content"],
                                      plain)):
        if a:
            out.append(a["id"])
            continue
        for m, (p, b) in enumerate(find(
                cooked, normalize(norm, part),
                lambda x: normalize(norm, x["content"]), plain)):
            if b:
                out.append(b["id"])
            elif p:
                for w in pretokenize(t["pre_tokenizer"], p, k + m == 0):
                    out += model(t, w) if w else []
    if plain:  # nor may the model's own vocabulary spell one
        out = [i for i in out if i not in kept_from_texts(t)]
    return out


def kept_from_texts(t):
    m = t["model"]
    unk = m.get("unk_token")
    if "unk_id" in m:
        unk = m["vocab"][m["unk_id"]][0]
    return {a["id"] for a in t["added_tokens"]
            if a["special"] and a["content"] != unk}


def template(o, ids):
    if o is None or o["type"] == "ByteLevel":
        return ids
    if o["type"] == "Sequence":
        for x in o["processors"]:
            ids = template(x, ids)
        return ids
    if o["type"] != "TemplateProcessing":
        return [o["cls"][1]] + ids + [o["sep"][1]]
    out = []
    for x in o["single"]:
        out += ids if "Sequence" in x else \
            o["special_tokens"][x["SpecialToken"]["id"]]["ids"]
    return out


def clean_up(s):
    for a, b in ((" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","),
                 (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
                 (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"),
                 (" 're", "'re")):
        s = s.replace(a, b)
    return s


def fallback(pieces):
    out, held = [], []

    def flush():
        if not held:
            return
        try:
            out.append(bytes(held).decode())
        except UnicodeDecodeError:
            out.extend("\ufffd" * len(held))
        del held[:]

    for p in pieces:
        if len(p) == 6 and p[:3] == "<0x" and p[5] == ">":
            held.append(int(p[3:5], 16))
        else:
            flush()
            out.append(p)
    flush()
    return out


def decode(o, pieces):
    kind = o["type"]
    if kind == "Sequence":
        for x in o["decoders"]:
            pieces = decode(x, pieces)
        return pieces
    if kind == "WordPiece":
        out = [p if i == 0 else p[2:] if p.startswith("##") else " " + p
               for i, p in enumerate(pieces)]
        return [clean_up(p) for p in out] if o["cleanup"] else out
    if kind == "Metaspace":
        return [p.replace("\u2581", "" if i == 0 and
                          o["prepend_scheme"] != "never" else " ")
                for i, p in enumerate(pieces)]
    if kind == "Replace":
        return [p.replace(o["pattern"]["String"], o["content"])
                for p in pieces]
    if kind == "ByteFallback":
        return fallback(pieces)
    if kind == "Fuse":
        return ["".join(pieces)]
    if kind == "Strip":
        assert o["start"] == 1 and o["stop"] == 0
        return [p[1:] if p.startswith(o["content"]) else p for p in pieces]
    back = {c: b for b, c in BYTES.items()}
    raw = b""
    for p in pieces:
        raw += bytes(back[c] for c in p) if all(c in back for c in p) \
            else p.encode()
    return [raw.decode()]


def text_of(t, ids):
    vocab = t["model"]["vocab"]
    names = {i: p for i, (p, _) in enumerate(vocab)} \
        if isinstance(vocab, list) else {i: p for p, i in vocab.items()}
    names.update({a["id"]: a["content"] for a in t["added_tokens"]})
    drop = {a["id"] for a in t["added_tokens"] if a["special"]}
    return "".join(decode(t["decoder"], [names[i] for i in ids
                                         if i not in drop]))


# --- the tokenizers -----------------------------------------------------

def token(i, content, special=True, **more):
    a = dict(id=i, content=content, single_word=False, lstrip=False,
             rstrip=False, normalized=False, special=special)
    a.update(more)
    return a


def around(before, after):
    single = [{"SpecialToken": {"id": x, "type_id": 0}} for x, _ in before]
    single += [{"Sequence": {"id": "A", "type_id": 0}}]
    single += [{"SpecialToken": {"id": x, "type_id": 0}} for x, _ in after]
    return {"type": "TemplateProcessing", "single": single, "pair": [],
            "special_tokens": {x: {"id": x, "ids": [i], "tokens": [x]}
                               for x, i in before + after}}


LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = "the otter owns river un aff able lead ing and trail ##ing ##s " \
    "##er it we ll they ve in stan bul ##ter rivers very long def return " \
    "end hello world caf\u00e9 cafe na ive \u6c34 \u4f60 ok fish stra sse".split()


def bert_file(cased):
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(WORDS)
    vocab += [c for c in LETTERS[:23] + "0123456789.,;:'!()*#<>[]=-\u03c3\u03b1"
              if c not in vocab]
    vocab += ["##" + c for c in LETTERS[:20] + "w0123" + "\u1161\u11ab"]
    vocab += ["\u1112", "The", "Hello", "\u00c5", "\u03a3", "##\u0301"]
    ids = {p: i for i, p in enumerate(dict.fromkeys(vocab))}
    n = len(ids)
    added = [token(ids[p], p) for p in vocab[:4]]
    added += [token(4, "[MASK]", lstrip=True),
              token(n, "<tok>", special=False, single_word=True),
              token(n + 1, "QueryMark", special=False, normalized=True)]
    return {
        "version": "1.0", "truncation": {"max_length": 8},
        "padding": None, "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": True,
                       "handle_chinese_chars": not cased,
                       "strip_accents": None, "lowercase": not cased},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3],
                           "cls": ["[CLS]", 2]} if cased else
        around([("[CLS]", 2)], [("[SEP]", 3)]),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]",
                  "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 12 if cased else 100,
                  "vocab": ids}}


IMAGES = {"\t": " ", "\n": " ", "\r": " ", "\x07": "",
          "\u00a0": " ", "\u3000": " ", "\ufb01": "fi", "\u2460": "1",
          "\uff21": "A", "\uff22": "B", "\u2122": "TM", "e\u0301": "\u00e9",
          "\u00bd": "1\u20442", "\u200b": " ", "\uff0c": ",", "\u0130": "I",
          "A\u030a": "\u00c5", "\ufeff": ""}


def unigram_file(second):
    pieces = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<mask>", 0.0)]
    if second:
        pieces += [("<0x%02X>" % b, -20.0) for b in range(256)]
    words = "\u2581the \u2581otter \u2581owns \u2581river \u2581r iver " \
        "\u2581un \u2581 aff able ott er s ing \u2581lead \u2581it ' ll ve " \
        "fi sh caf \u00e9 \u2581caf \u2581a \u2581an and tt \u6c34 \u6cb3\u91cc " \
        "\u4f60\u597d , . ! 1 2 3 12 23 123 ww www \u00c5 A B TM".split(" ")
    pieces += [(w, -2.0 - 0.37 * i) for i, w in enumerate(words)]
    have = {p for p, _ in pieces}
    pieces += [(c, -9.5 - 0.01 * i) for i, c in enumerate(LETTERS[:24] + "HQM")
               if c not in have]
    meta = {"type": "Metaspace", "replacement": "\u2581",
            "prepend_scheme": "first" if second else "always", "split": True}
    norm = {"type": "Precompiled",
            "precompiled_charsmap": double_array(IMAGES)}
    if second:
        norm = {"type": "Sequence", "normalizers": [
            {"type": "NFKC"},
            {"type": "Replace", "pattern": {"Regex": " {2,}"},
             "content": " "},
            {"type": "Strip", "strip_left": False, "strip_right": True}]}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [token(0, "<s>"), token(1, "</s>"),
                         token(2, "<unk>"),
                         token(3, "<mask>", lstrip=True, rstrip=second)],
        "normalizer": norm,
        "pre_tokenizer": meta if second else
        {"type": "Sequence",
         "pretokenizers": [{"type": "WhitespaceSplit"}, meta]},
        "post_processor": around([] if second else [("<s>", 0)],
                                 [("</s>", 1)]),
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "ByteFallback"}, meta]} if second else meta,
        "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": second,
                  "vocab": [list(p) for p in pieces]}}


def learn(words, vocab, n):
    """N merges learnt from words, each a list of pieces."""
    merges = []
    while len(merges) < n:
        count = {}
        for w in words:
            for p in zip(w, w[1:]):
                count[p] = count.get(p, 0) + 1
        if not count:
            break
        best = max(sorted(count), key=lambda p: count[p])
        merges.append(" ".join(best))
        vocab.setdefault("".join(best), len(vocab))
        for w in words:
            i = 0
            while i + 1 < len(w):
                if (w[i], w[i + 1]) == best:
                    w[i:i + 2] = ["".join(best)]
                i += 1
    return merges


PROSE = " ".join(TEXTS[4:14]) + " the river 123 456 12 7 we'll it's they've " \
    "don't    return\n\n\n    x = 1;\n the the otter otter"


def bytes_file(kind):
    regex = {"llama3": "\\p{N}{1,3}", "qwen2": "\\p{N}"}.get(kind)
    level = {"type": "ByteLevel", "add_prefix_space": kind == "gpt2",
             "trim_offsets": True, "use_regex": kind == "gpt2"}
    pre = level
    if regex:
        pre = {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex":
             "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
             regex + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|"
             "\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": False},
            level]}
    vocab = {BYTES[b]: b for b in range(256)}
    words = [[BYTES[b] for b in w.encode()]
             for w in pretokenize(pre, PROSE, True)]
    merges = learn(words, vocab, 120)
    if kind == "llama3":  # a word that no merge makes
        vocab["\u0120querymark"] = len(vocab)
    n = len(vocab)
    post = {"type": "RobertaProcessing", "sep": ["</s>", n + 1],
            "cls": ["<s>", n], "trim_offsets": True,
            "add_prefix_space": True}
    if kind == "llama3":
        post = {"type": "Sequence", "processors": [
            level, around([("<s>", n)], [])]}
    if kind == "qwen2":
        post = level
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [token(n, "<s>"), token(n + 1, "</s>"),
                         token(n + 2, "<tok>", special=False, rstrip=True)],
        "normalizer": {"type": "NFC"} if kind == "qwen2" else None,
        "pre_tokenizer": pre, "post_processor": post, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": None,
                  "end_of_word_suffix": "", "fuse_unk": False,
                  "byte_fallback": False,
                  "ignore_merges": kind == "llama3", "vocab": vocab,
                  "merges": merges}}


def llama2_file():
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for b in range(256):
        if b != 0xf0:  # a byte without a piece: some are unknown
            vocab["<0x%02X>" % b] = len(vocab)
    text = "\u2581" + PROSE.replace(" ", "\u2581")
    for c in sorted(set(text)):
        if ord(c) < 0x80 or c in "\u2581\u00e9\u6c34":
            vocab.setdefault(c, len(vocab))
    words = [list(w) for w in
             text.replace("\u2581", " \u2581").split(" ") if w]
    for w in words:
        w[:] = [c for c in w if c in vocab]
    words.append(["\u2581"] * 8)
    merges = learn(words, vocab, 120)
    n = len(vocab)
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [token(0, "<unk>"), token(1, "<s>"),
                         token(2, "</s>"),
                         token(n, "<tok>", special=False, normalized=True)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "\u2581"},
            {"type": "Replace", "pattern": {"String": " "},
             "content": "\u2581"}]},
        "pre_tokenizer": None,
        "post_processor": around([("<s>", 1)], []),
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"},
             "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True,
                  "byte_fallback": True, "ignore_merges": False,
                  "vocab": vocab, "merges": merges}}


def write(name, t):
    with open(os.path.join(HERE, name + ".json"), "w") as f:
        json.dump(t, f, separators=(",", ":"))
        f.write("\n")
    with open(os.path.join(HERE, name + ".jsonl"), "w") as f:
        for s in TEXTS:
            ids = encode(t, s)
            whole = template(t["post_processor"], ids)
            plain = encode(t, s, True)
            more = {"ids_plain": plain} if plain != ids else {}
            json.dump({"name": name, "text": s, "ids": whole,
                       "ids_no_special": ids, "decoded": text_of(t, whole),
                       **more}, f)
            f.write("\n")


if __name__ == "__main__":
    write("wordpiece", bert_file(False))
    write("wordpiece-cased", bert_file(True))
    write("unigram", unigram_file(False))
    write("unigram-bytes", unigram_file(True))
    write("gpt2", bytes_file("gpt2"))
    write("llama3", bytes_file("llama3"))
    write("qwen2", bytes_file("qwen2"))
    write("llama2", llama2_file())
