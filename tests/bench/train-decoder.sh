#!/bin/sh
# A training step of stories15M, all weights and adapters, on batches of 8 MMLU
# prompts of at most 256 tokens with two threads, beside PyTorch's on the same
# batches, padded as it needs. Wanted: all weights at 0.5 of sgemm's rate.
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}
M=$S/models/stories15m
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

if ! [ -d "$M" ] || ! [ -d "$S/data/routellm/mmlu" ]; then
	echo "train-decoder: the weights or the MMLU prompts are not there:" \
		"skipped"
	exit 0
fi
data/import/routellm-mmlu "$S"/data/routellm/mmlu/mmlu_*.csv >"$tmp/prompts" ||
	exit 1
for how in all lora; do
	ours=$("$RK_BUILD/bench/train-decoder" "$M" "$tmp/prompts" "$tmp/ids" \
		2 $how) || exit 1
	theirs=$(/usr/bin/python3 tests/bench/train-decoder.py "$M" \
		"$tmp/ids" 2 $how) || exit 1
	echo "$how, ours:    $ours"
	echo "$how, PyTorch: $theirs"
	awk -v how=$how -v a="${ours%% *}" -v b="${theirs%% *}" 'BEGIN {
		printf "train-decoder %s: %.2f times as fast\n", how, b / a
	}'
done
