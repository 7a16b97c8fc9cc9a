#!/bin/sh
# rl-embed's hash embedder beside scikit-learn's HashingVectorizer with the same
# n-grams, both on one core, on the MMLU prompts (else on data/mini).
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}/data/routellm/mmlu
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

if [ -d "$S" ]; then
	data/import/routellm-mmlu "$S"/mmlu_*.csv >"$tmp/prompts" || exit 1
	what=MMLU
else
	cat data/mini/*.jsonl >"$tmp/prompts" || exit 1
	what=data/mini
fi
ours=$("$RK_BUILD/bench/embed" "$tmp/prompts") || exit 1
theirs=$(OMP_NUM_THREADS=1 /usr/bin/python3 tests/bench/embed.py \
	"$tmp/prompts") || exit 1
awk -v a="$ours" -v b="$theirs" -v what="$what" 'BEGIN {
	printf "embed hash, %s: %.1f MB/s of text a core; ", what, a
	printf "scikit-learn %.2f MB/s; %.1f times\n", b, a / b
}'
