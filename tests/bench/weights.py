"""A model's folder for the benches: its configuration and its tensors, as
arrays of float32."""
import json
import os

import numpy as np


def load(folder):
    c = json.load(open(os.path.join(folder, "config.json")))
    raw = open(os.path.join(folder, "model.safetensors"), "rb").read()
    size = int.from_bytes(raw[:8], "little")
    kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
    w = {}
    for name, t in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            x = np.frombuffer(raw[8 + size + a:8 + size + b],
                              kinds[t["dtype"]])
            w[name] = x.reshape(t["shape"]).astype(np.float32)
    return c, w
