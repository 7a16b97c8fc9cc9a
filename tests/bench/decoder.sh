#!/bin/sh
# stories15M on MMLU's prompts, cut to its context: the decoder's prefill beside
# OpenBLAS, PyTorch and, where LLAMA is the folder of llama.cpp's llama-bench,
# llama.cpp on the same weights in F32 and F16, in one run. DECODER_PROMPTS (500)
# of the prompts, DECODER_JOBS (2) threads.
#
#	make bench BENCH=decoder LLAMA=llama/bin
S=${RK_SHARED:-../shared}
RK_BUILD=${RK_BUILD:-build}
model=$S/models/stories15m
[ -f "$model/model.safetensors" ] || model=data/models/stories15m
if [ ! -f "$model/model.safetensors" ] || [ ! -d "$S/data/routellm/mmlu" ]; then
	echo "decoder: skipped: no model or no prompts"
	exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
want=${DECODER_PROMPTS:-500}
jobs=${DECODER_JOBS:-2}
data/import/routellm-mmlu "$S"/data/routellm/mmlu/mmlu_*.csv >"$tmp/all" ||
	exit 1
# evenly, since the subjects' lengths differ
awk -v want="$want" -v all="$(wc -l <"$tmp/all")" \
	'int(NR * want / all) > int((NR - 1) * want / all)' \
	"$tmp/all" >"$tmp/prompts"
"$RK_BUILD/bench/decoder" "$model" "$tmp/prompts" "$tmp/ids" "$tmp/logits" \
	"$jobs" || exit 1
/usr/bin/python3 -B tests/bench/decoder.py "$model" "$tmp/ids" "$tmp/logits" \
	"$jobs" || exit 1
if [ -z "${LLAMA:-}" ]; then
	echo "llama.cpp: skipped: LLAMA is not set"
	exit 0
fi
# texts of one length, one at a time: the best of three lengths, with flash
# attention or without
for kind in f32 f16; do
	/usr/bin/python3 -B tests/bench/gguf.py "$model" "$tmp/gguf" $kind &&
		"$LLAMA/llama-bench" -m "$tmp/gguf" -p 64,128,256 -n 0 \
		-fa 0,1 -t "$jobs" -r 5 -o jsonl 2>"$tmp/err" >"$tmp/llama" || {
		cat "$tmp/err" >&2
		exit 1
	}
	jq -rs --arg what "llama.cpp $kind, $jobs threads" 'max_by(.avg_ts) |
		"\($what), \(.n_prompt) tokens at a time: "
		+ "\(.avg_ts | round) tokens/s"' "$tmp/llama"
done
