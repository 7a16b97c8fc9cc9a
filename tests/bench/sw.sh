#!/bin/sh
# sw at 55,000 battles x 1,536: a batch beside one sgemm of the same shape and
# beside a refit a query by scikit-learn; then rl-score with that model: one
# query from a cold start with the file in the page cache, and a pipe from
# rl-embed.
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}/data/routellm/mmlu
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
PATH=$RK_BUILD:$PATH

"$RK_BUILD/bench/sw" "$tmp/model" "$tmp/queries" "$tmp/scores" >"$tmp/out" ||
	exit 1
cat "$tmp/out"
ms=$(sed -n 's/^sw, -j2: \([0-9.]*\) ms a query.*/\1/p' "$tmp/out")
/usr/bin/python3 tests/bench/sw.py "$tmp/model" "$tmp/queries" "$tmp/scores" \
	"$ms" || exit 1

if [ -d "$S" ]; then
	data/import/routellm-mmlu "$S"/mmlu_*.csv >"$tmp/prompts" || exit 1
else
	cat data/mini/train.jsonl data/mini/test.jsonl >"$tmp/prompts"
fi
head -4096 "$tmp/prompts" >"$tmp/some"
rl-embed -q --dim 1536 "$tmp/some" >"$tmp/embedded" || exit 1
head -1 "$tmp/embedded" >"$tmp/one"

# best COMMAND: the shortest wall time of 5 runs, in seconds
best() {
	for i in 1 2 3 4 5; do
		/usr/bin/time -f %e -o "$tmp/time" sh -c "$1" >/dev/null ||
			exit 1
		cat "$tmp/time"
	done | sort -n | head -1
}

for j in 1 2; do
	echo "rl-score sw, -j$j: one query from a cold start" \
		"$(best "rl-score -q -j$j -m '$tmp/model' '$tmp/one'") s"
	t=$(best "rl-embed -q -j$j --dim 1536 '$tmp/some' |
		rl-score -q -j$j -m '$tmp/model'")
	n=$(wc -l <"$tmp/some")
	awk -v n="$n" -v t="$t" -v j="$j" 'BEGIN {
		printf "rl-embed | rl-score sw, -j%d: %.3f ms a line\n", j,
			t / n * 1e3 }'
done
