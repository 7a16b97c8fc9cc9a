#!/usr/bin/env python3
"""Writes all.safetensors, every dtype and odd shapes, from the format's
description alone (struct, json, numpy); and with a file's name as argument
reads that file and prints its tensors, one a line, as the C test wants them.
"""
import json, struct, sys
import numpy as np

KIND = {'BOOL': '?', 'U8': 'u1', 'I8': 'i1', 'I16': '<i2', 'U16': '<u2',
        'F16': '<f2', 'BF16': '<u2', 'I32': '<i4', 'U32': '<u4',
        'F32': '<f4', 'I64': '<i8', 'U64': '<u8', 'F64': '<f8'}


def read(path):
    b = open(path, 'rb').read()
    n = struct.unpack('<Q', b[:8])[0]
    head = json.loads(b[8:8 + n])
    meta = head.pop('__metadata__', {})
    return meta, {k: np.frombuffer(b[8 + n:][slice(*v['data_offsets'])],
                                   KIND[v['dtype']]).reshape(v['shape'])
                  for k, v in head.items()}


def write(path, meta, tensors, pad):
    head, body = {'__metadata__': meta}, b''
    for name, dtype, a in tensors:
        raw = a.astype(KIND[dtype]).tobytes()
        head[name] = {'dtype': dtype, 'shape': list(a.shape),
                      'data_offsets': [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(head).encode() + b' ' * pad
    open(path, 'wb').write(struct.pack('<Q', len(text)) + text + body)
    return len(text)


def main():
    here = sys.argv[0].rsplit('/', 1)[0]
    tensors = [(d.lower(), d, np.arange(6).reshape(2, 3) % 2 if d == 'BOOL'
                else np.arange(1, 7).reshape(2, 3)) for d in KIND]
    tensors += [('scalar', 'F32', np.array(2.5)),
                ('empty', 'F64', np.zeros((3, 0, 2))),
                ('l\u00e4nge "\\ \u6f22 \U0001f600', 'F32', np.array([1.25]))]
    meta = {'b': 'two\nlines', 'a': '\u00fc'}
    pad = 0
    # a header of odd length: none of the tensors is aligned
    while write(here + '/all.safetensors', meta, tensors, pad) % 2 == 0:
        pad += 1


if len(sys.argv) > 1:
    meta, tensors = read(sys.argv[1])
    for k in sorted(meta):
        print(k, meta[k])
    for k in sorted(tensors):
        print(k, tensors[k].dtype, tensors[k].shape, tensors[k].tolist())
else:
    main()
