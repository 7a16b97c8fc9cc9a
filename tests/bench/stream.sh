#!/bin/sh
# The filters beside jansson alone, which parses the same lines on one core:
# rl-route, and rl-score with random and length, on plain lines; rl-score with
# mf on lines that carry 1,024-dimension base64 embeddings. Then start-up.
# Each figure is the best of 5 runs; A/B pairs are run in turn.
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}/data/routellm/mmlu
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
PATH=$RK_BUILD:$PATH

if [ -d "$S" ]; then
	data/import/routellm-mmlu "$S"/mmlu_*.csv >"$tmp/one" || exit 1
else
	cat data/mini/train.jsonl data/mini/test.jsonl >"$tmp/one"
fi
head -3000 "$tmp/one" >"$tmp/train"
for r in random length mf; do
	rl-train -q -r $r -o "$tmp/$r" "$tmp/train" >/dev/null || exit 1
done
for i in 1 2 3 4 5 6 7 8; do cat "$tmp/one"; done >"$tmp/plain"
rl-score -q -m "$tmp/random" "$tmp/plain" >"$tmp/scored"
rl-embed -q "$tmp/one" >"$tmp/embedded"

# seconds COMMAND...: the wall time of one run
seconds() {
	/usr/bin/time -f %e -o "$tmp/time" "$@" >/dev/null 2>"$tmp/err" ||
		{ cat "$tmp/err" >&2; exit 1; }
	cat "$tmp/time"
}

# beside NAME FILE JOBS COMMAND...: MB/s of the command and of jansson
beside() {
	name=$1 file=$2 jobs=$3
	shift 3
	for i in 1 2 3 4 5; do
		echo "$(seconds "$@" -j"$jobs" "$file")" \
			"$("$RK_BUILD/bench/jansson" "$file" 1 | cut -d' ' -f1)"
	done | awk -v name="$name -j$jobs" -v bytes="$(wc -c <"$file")" '
	NR == 1 || $1 < a { a = $1 }
	NR == 1 || $2 < b { b = $2 }
	END { printf "%-18s %7.1f MB/s; jansson alone %6.1f MB/s; %.2f times\n",
		name, bytes / a / 1e6, bytes / b / 1e6, b / a }'
}

for j in 1 2; do
	beside rl-route "$tmp/scored" $j rl-route -q -t 0.5
	beside "rl-score random" "$tmp/plain" $j rl-score -q -m "$tmp/random"
	beside "rl-score length" "$tmp/plain" $j rl-score -q -m "$tmp/length"
	beside "rl-score mf" "$tmp/embedded" $j rl-score -q -m "$tmp/mf"
done

# start NAME COMMAND...: milliseconds from start to end with no input
start() {
	name=$1
	shift
	for k in 1 2 3 4 5; do
		seconds sh -c 'i=0; while [ $i -lt 50 ]; do "$@" </dev/null
			i=$((i + 1)); done' - "$@"
	done | sort -n | awk -v name="$name" 'NR == 1 {
		printf "start-up %-18s %.1f ms\n", name, $1 / 50 * 1e3 }'
}

start "(true)" /bin/true
start rl-route rl-route -q -t 0.5
start rl-eval rl-eval -V
start rl-embed rl-embed -q
for r in random length mf; do
	start "rl-score $r" rl-score -q -m "$tmp/$r"
done
start rl-train rl-train --list
