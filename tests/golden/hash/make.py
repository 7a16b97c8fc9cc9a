#!/usr/bin/python3
"""Golden values for lib/text/hash-features.h, version 1, from its definition.

Writes texts.jsonl (a JSON string a line) and vectors.txt (for each text and
dimension: the dimension and its non-zero entries as index:value). The only
thing shared with the C code is the text of the definition.
"""
import json
import math
import os
import re
import unicodedata

MASK = (1 << 64) - 1

# Default_Ignorable_Code_Point, of Unicode's DerivedCoreProperties.txt
IGNORABLE = ((0xad, 0xad), (0x34f, 0x34f), (0x61c, 0x61c), (0x115f, 0x1160),
             (0x17b4, 0x17b5), (0x180b, 0x180f), (0x200b, 0x200f),
             (0x202a, 0x202e), (0x2060, 0x206f), (0x3164, 0x3164),
             (0xfe00, 0xfe0f), (0xfeff, 0xfeff), (0xffa0, 0xffa0),
             (0xfff0, 0xfff8), (0x1bca0, 0x1bca3), (0x1d173, 0x1d17a),
             (0xe0000, 0xe0fff))
LONE = ((0xe00, 0xeff), (0x1000, 0x109f), (0x1780, 0x17ff), (0x2e80, 0x312f),
        (0x31a0, 0x31bf), (0x31f0, 0x31ff), (0x3400, 0x4dbf),
        (0x4e00, 0x9fff), (0xa9e0, 0xa9ff), (0xaa60, 0xaa7f),
        (0xf900, 0xfaff), (0x1aff0, 0x1b16f), (0x20000, 0x3ffff))


def within(c, ranges):
    return any(lo <= ord(c) <= hi for lo, hi in ranges)


def fold(text):
    norm = unicodedata.normalize
    while True:
        step = "".join(c for c in norm("NFD", text)
                       if not within(c, IGNORABLE))
        step = norm("NFKC", norm("NFKC", step.casefold()).casefold())
        if step == text:
            return text
        text = step


def kind(c):
    major = unicodedata.category(c)[0]
    if major in "LNM" and within(c, LONE):
        return "u"
    return {"L": "w", "N": "w", "M": "m", "S": "s"}.get(major, " ")


def hash64(data):
    h = 0xcbf29ce484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 & MASK
    h ^= h >> 33
    h = h * 0xff51afd7ed558ccd & MASK
    h ^= h >> 33
    h = h * 0xc4ceb9fe1a85ec53 & MASK
    return h ^ h >> 33


def features(text):
    text = fold(text)
    kinds = "".join(map(kind, text))
    words = [text[m.start():m.end()]
             for m in re.finditer("w[wm]*|u|s", kinds)]
    word = ["w" + w for w in words]
    word += ["w" + a + " " + b for a, b in zip(words, words[1:])]
    chars = []
    for m in re.finditer("w[wm]*|s|u+", kinds):
        run, sizes = text[m.start():m.end()], (3,)
        if kinds[m.start()] != "u":
            run, sizes = " " + run + " ", (3, 4, 5)
        chars += ["c" + run[i:i + n] for n in sizes
                  for i in range(len(run) - n + 1)]
    return word, chars


def unit(v):
    norm = math.sqrt(math.fsum(x * x for x in v))
    return [x / norm for x in v] if norm > 0 else v


def embed(text, dim):
    total = [0.0] * dim
    for group in features(text):
        v = [0.0] * dim
        for name in sorted(set(group)):
            h = hash64(name.encode())
            weight = math.log(1 + group.count(name))
            v[(h >> 32) * dim >> 32] += -weight if h & 1 else weight
        total = [x + y for x, y in zip(total, unit(v))]
    return unit(total)


TEXTS = [
    "",
    " \t\n.,;:!?()-_\"'",
    "a",
    "the cat sat on the mat and the dog sat on the cat",
    "What is the capital of France? Answer in one word.",
    "Don't stop: it's 3.14, or 1,000,000 (or 1e-5)!",
    "STRASSE Stra\u00dfe stra\u1e9ee",
    "\u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03cc\u03c2 \u03bf\u03b4\u03bf\u03c3",
    "\u0130stanbul I\u0131i\u0307 istanbul",
    "caf\u00e9 cafe\u0301 CAFE\u0301 a\u0323\u0302\u0327 \u0301lone",
    "\ufb01le \uff21\uff22\uff23\uff11\uff12 \u2460 \u00bd x\u00b2 \u2167",
    "co\u00adoperate zero\u200bwidth \u06a9\u062a\u0627\u0628\u200c\u0647\u0627",
    "\u8bf7\u95ee\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc\uff1f2024\u5e74",
    "\u4e2d",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8\u3067\u3059\u3002\uff76\uff9e\uff77\uff9e",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4. \u1112\u1161\u11ab",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a \u0e19\u0e49\u0e33",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u064e\u0627\u0644\u064e\u0645 \u0661\u0662\u0663",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e \u0915\u094d\u200d\u0937",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u041c\u0418\u0420! \u0439 \u0438\u0306",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "\U0001f600\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f ok\U0001f44d\U0001f3fd",
    "for (int i = 0; i < n; i++) { sum += a[i] * b[i]; } // O(n)\n",
    "$\\frac{1}{2} \\int_0^\\infty e^{-x^2} dx = \\frac{\\sqrt{\\pi}}{4}$ \u222b\u2211\u221a\u2264",
    "price: \u20ac5 + \u00a33 = ?",
    "x" * 700,
    "na " * 600 + "batman",
    "\u0000nul\u0000 \u0007bell",
]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "texts.jsonl"), "w") as f:
        for text in TEXTS:
            f.write(json.dumps({"prompt": text}) + "\n")
    with open(os.path.join(here, "vectors.txt"), "w") as f:
        for dim in (1024, 8, 999):
            for text in TEXTS if dim == 1024 else TEXTS[3:7]:
                entries = ["%d:%.9g" % (i, x)
                           for i, x in enumerate(embed(text, dim)) if x]
                f.write(" ".join([str(dim)] + entries) + "\n")


main()
