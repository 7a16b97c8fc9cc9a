#!/usr/bin/env python3
"""Writes tests/bad-models/<case>/in, a hostile model file for each case, and
err beside it: what the message says after the file's name. Also seeds of valid
files to tests/corpus/safetensors. Run from the repository root.
"""
import json
import os
import struct

F32 = {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}
NOT = 'not a safetensors file: '
WHOLE = "data_offsets is not two whole numbers from 0"


def raw(header, data=b''):
    if isinstance(header, dict):
        header = json.dumps(header)
    if isinstance(header, str):
        header = header.encode()
    return struct.pack('<Q', len(header)) + header + data


def one(data=b'\0' * 8, **changes):
    t = dict(F32, **changes)
    return raw({'a': {k: v for k, v in t.items() if v is not None}}, data)


def two(a, b, size):
    return raw({'a': dict(F32, data_offsets=a), 'b': dict(F32, data_offsets=b)},
               b'\0' * size)


A = "tensor 'a': "
CASES = {
    'empty': (b'', 'is empty'),
    'short': (b'\2\0\0\0', NOT + '4 bytes, expected at least 8'),
    'length-beyond-file': (struct.pack('<Q', 100) + b'{}', NOT +
                           'a header of 100 bytes, expected at most 2'),
    'length-huge': (b'\xff' * 8 + b'{}', NOT + 'a header of '
                    '18446744073709551615 bytes, expected at most 2'),
    'length-zero': (raw(''), NOT + "the header does not begin with '{'"),
    'not-safetensors': (b'PK\3\4' + b'\0' * 4 + b'x' * 40, NOT +
                        'a header of 67324752 bytes, expected at most 40'),
    'text': (b'{"prompt":"not a model"}\n', NOT + 'it begins with text'),
    'space-first': (raw(' {}'), NOT + "the header does not begin with '{'"),
    'array': (raw('[]'), NOT + "the header does not begin with '{'"),
    'truncated-json': (raw('{"a":'), 'header, byte 5: unexpected token near '
                       'end of file'),
    'two-objects': (raw('{}{}'), "header, byte 3: end of file expected near "
                    "'{'"),
    'invalid-utf8': (raw(b'{"\xff":1}'), 'header, byte 2: unable to decode '
                     'byte 0xff near \'"\''),
    'nul-in-name': (raw('{"a\\u0000":{}}'), 'header, byte 10: NUL byte in '
                    'object key not supported near \'"a\\u0000"\''),
    'deep': (raw('{"a":' + '[' * 3000), 'header, byte 2053: maximum parsing '
             "depth reached near '['"),
    'duplicate-name': (raw('{"a":%s,"a":%s}' % ((json.dumps(F32),) * 2),
                           b'\0' * 8), 'header, byte 63: duplicate object key '
                       'near \'"a"\''),
    'number-too-big': (one(shape=[2 ** 63]), 'header, byte 52: too big '
                       "integer near '9223372036854775808'"),
    'tensor-no-object': (raw({'a': 1}), A + 'is no object'),
    'no-dtype': (one(dtype=None), A + 'dtype is missing or no string'),
    'dtype-number': (one(dtype=3), A + 'dtype is missing or no string'),
    'dtype-unknown': (one(dtype='F8_E4M3'), A + "dtype 'F8_E4M3' is not known"),
    'no-shape': (one(shape=None), A + 'shape is missing or no array'),
    'shape-object': (one(shape={}), A + 'shape is missing or no array'),
    'shape-negative': (one(shape=[2, -1]), A + 'shape[1] is no whole number '
                       'from 0'),
    'shape-real': (one(shape=[2.0]), A + 'shape[0] is no whole number from 0'),
    'shape-text': (one(shape=['2']), A + 'shape[0] is no whole number from 0'),
    'shape-nine': (one(shape=[1] * 9), A + 'shape has 9 dimensions, expected '
                   'at most 8'),
    'shape-overflow': (one(shape=[2 ** 40, 2 ** 40]), A + 'shape is too large'),
    'size-overflow': (one(shape=[2 ** 62, 2]), A + 'has 8 bytes, but '
                      '9223372036854775808 elements of F32'),
    'size-wrong': (one(shape=[3]), A + 'has 8 bytes, but 3 elements of F32'),
    'no-offsets': (one(data_offsets=None), A + WHOLE),
    'offsets-one': (one(data_offsets=[0]), A + WHOLE),
    'offsets-negative': (one(data_offsets=[-8, 0]), A + WHOLE),
    'offsets-real': (one(data_offsets=[0, 8.0]), A + WHOLE),
    'offsets-turned': (one(data_offsets=[8, 0]), A + 'bytes 8 to 0 are not '
                       'within the 8 bytes of data'),
    'offsets-beyond': (one(b'\0' * 7), A + 'bytes 0 to 8 are not within the 7 '
                       'bytes of data'),
    'offsets-wrap': (one(data_offsets=[2 ** 63 - 8, 2 ** 63 - 1]), A + 'bytes '
                     '9223372036854775800 to 9223372036854775807 are not '
                     'within the 8 bytes of data'),
    'overlap': (two([0, 8], [4, 12], 12), "tensor 'a' and tensor 'b' overlap"),
    'same-place': (two([0, 8], [0, 8], 8), "tensor 'a' and tensor 'b' overlap"),
    'hole': (two([0, 8], [9, 17], 17), "bytes 8 to 9 of the data are no "
             "tensor's"),
    'hole-first': (two([4, 12], [12, 20], 20), "bytes 0 to 4 of the data are "
                   "no tensor's"),
    'trailing': (one(b'\0' * 9), "bytes 8 to 9 of the data are no tensor's"),
    'no-tensors-but-data': (raw({}, b'x'), "bytes 0 to 1 of the data are no "
                            "tensor's"),
    'metadata-array': (raw({'__metadata__': []}), '__metadata__ is no object'),
    'metadata-number': (raw({'__metadata__': {'k': 1}}), "__metadata__: 'k' is "
                        'no string'),
    'name-long': (raw({'n' * 200 + '\n': 1}), "tensor '" + 'n' * 68 + "...': "
                  'is no object'),
    'name-control': (raw({'\x1b[2J': 1}), "tensor '?[2J': is no object"),
}
SEEDS = {
    'no-tensors': raw({}),
    'one': one(),
    'misaligned': raw(json.dumps({'a': F32}) + ' ' * 3, b'\1' * 8),
    'scalar-and-empty': raw({
        'e': {'dtype': 'U8', 'shape': [0, 5], 'data_offsets': [8, 8]},
        's': {'dtype': 'I64', 'shape': [], 'data_offsets': [0, 8]}},
        b'\2' * 8),
    'metadata': raw({'__metadata__': {'k': 'v', '\u00fc"\\': '\n\x7f'},
                     'a': F32}, b'\3' * 8),
    'odd-offset': raw({
        'b': {'dtype': 'BOOL', 'shape': [1], 'data_offsets': [0, 1]},
        'd': {'dtype': 'F64', 'shape': [1, 2], 'data_offsets': [1, 17]}},
        b'\4' * 17),
}


def save(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data)


for name, (data, message) in CASES.items():
    save('tests/bad-models/%s/in' % name, data)
    save('tests/bad-models/%s/err' % name, message.encode() + b'\n')
for name, data in SEEDS.items():
    save('tests/corpus/safetensors/' + name, data)
