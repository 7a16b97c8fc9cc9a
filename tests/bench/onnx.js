// ONNX Runtime on the graph of onnx.py: onnx.js ORT GRAPH IDS VECTORS. The ids
// are those of the texts, a line each, VECTORS our embeddings of them. Texts
// sorted by length, in padded batches of several sizes, one batch at a time on
// two threads or two at a time on one thread each: the best of them counts.
// Prints the rate of the best; fails where vectors are not ours.
"use strict";
const fs = require("fs");
const path = require("path");
const [lib, graph, idsFile, vectorFile] = process.argv.slice(2);
const ort = require(path.join(lib, "onnxruntime-node"));
const texts = fs.readFileSync(idsFile, "utf8").trimEnd().split("\n")
  .map((line) => line.trim().split(" ").map(Number));
const order = texts.map((_, i) => i)
  .sort((a, b) => texts[b].length - texts[a].length);
const tokens = texts.reduce((sum, t) => sum + t.length, 0);
const raw = fs.readFileSync(vectorFile);
const ours = new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4);
const d = ours.length / texts.length;

function feeds(part) {
  const n = part.length;
  const t = Math.max(...part.map((i) => texts[i].length));
  const ids = new Int32Array(n * t);
  const shares = new Float32Array(n * t);
  part.forEach((i, row) => {
    ids.set(texts[i], row * t);
    shares.fill(1 / texts[i].length, row * t, row * t + texts[i].length);
  });
  const lengths = Int32Array.from(part, (i) => texts[i].length);
  return {
    ids: new ort.Tensor("int32", ids, [n, t]),
    lengths: new ort.Tensor("int32", lengths, [n]),
    shares: new ort.Tensor("float32", shares, [n, 1, t]),
  };
}

async function pass(session, size, atOnce, out) {
  let at = 0;
  async function worker() {
    while (at < order.length) {
      const part = order.slice(at, at += size);
      const got = (await session.run(feeds(part))).embedding.data;
      part.forEach((i, row) =>
        out.set(got.subarray(row * d, (row + 1) * d), i * d));
    }
  }
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return Number(process.hrtime.bigint() - start) / 1e9;
}

async function main() {
  const out = new Float32Array(ours.length);
  let best = { seconds: Infinity };
  for (const atOnce of [1, 2]) {
    const session = await ort.InferenceSession.create(graph, {
      intraOpNumThreads: 2 / atOnce, interOpNumThreads: 1,
      graphOptimizationLevel: "all",
    });
    for (const size of [1, 4, 16]) {
      const seconds = await pass(session, size, atOnce, out);
      if (process.env.VERBOSE)
        console.log(`${atOnce} x ${size}: ${(tokens / seconds).toFixed(0)}`);
      if (seconds < best.seconds) best = { seconds, size, atOnce };
    }
  }
  let worst = 1;
  for (let i = 0; i < texts.length; i++) {
    let dot = 0;
    for (let j = i * d; j < (i + 1) * d; j++) dot += out[j] * ours[j];
    worst = Math.min(worst, dot);
  }
  console.log(`ONNX Runtime, 2 threads, ${best.atOnce} at once, batches of ` +
    `${best.size}: ${(tokens / best.seconds).toFixed(0)} tokens/s; ` +
    `smallest cosine to ours ${worst.toFixed(6)}`);
  if (!(worst > 0.999)) throw new Error("ONNX Runtime's vectors are not ours");
}
main().catch((e) => {
  console.error(e.message);
  process.exit(1);
});
