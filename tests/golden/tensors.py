"""Files of tensors for the scripts that make golden models."""
import json
import os

import numpy as np


def bits(x, dtype):
    """The bytes of x in that type, and the values that they stand for."""
    x = x.astype(np.float32)
    if dtype == "F32":
        return x.tobytes(), x
    if dtype == "F16":
        h = x.astype(np.float16)
        return h.tobytes(), h.astype(np.float32)
    u = x.view(np.uint32) & 0xFFFF0000
    return (u >> 16).astype(np.uint16).tobytes(), u.view(np.float32)


def write(path, tensors, dtype):
    header, data = {}, b""
    for name, x in tensors.items():
        raw = bits(x, dtype)[0]
        header[name] = {"dtype": dtype, "shape": list(x.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + data)


def write_shards(folder, tensors, dtype):
    """In two files, with their index."""
    keys = list(tensors)
    half = [keys[::2], keys[1::2]]
    files = ["model-0000%d-of-00002.safetensors" % (i + 1) for i in range(2)]
    for i in range(2):
        write(os.path.join(folder, files[i]),
              {k: tensors[k] for k in half[i]}, dtype)
    with open(os.path.join(folder, "model.safetensors.index.json"),
              "w") as f:
        json.dump({"metadata": {}, "weight_map": {
            k: files[i] for i in range(2) for k in half[i]}}, f, indent=1)
        f.write("\n")
