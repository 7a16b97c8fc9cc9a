#!/bin/sh
# A training step of all-MiniLM-L6-v2, all weights, on batches of 16 MMLU prompts
# with two threads, beside PyTorch's on the same batches, padded as it needs.
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}
M=$S/models/minilm
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

if ! [ -d "$M" ] || ! [ -d "$S/data/routellm/mmlu" ]; then
	echo "train-step: the weights or the MMLU prompts are not there: skipped"
	exit 0
fi
data/import/routellm-mmlu "$S"/data/routellm/mmlu/mmlu_*.csv >"$tmp/prompts" ||
	exit 1
ours=$("$RK_BUILD/bench/train-step" "$M" "$tmp/prompts" "$tmp/ids" 2) || exit 1
theirs=$(/usr/bin/python3 tests/bench/train-step.py "$M" "$tmp/ids" 2) || exit 1
echo "ours:    $ours"
echo "PyTorch: $theirs"
awk -v a="${ours%% *}" -v b="${theirs%% *}" 'BEGIN {
	printf "train-step: %.2f times as fast\n", b / a
}'
