#!/bin/sh
# rl-train -r auto on 50,000 battles with 50,000 prompts of the built-in
# embedder's 1,024 numbers, on two threads: at most 600 s.
set -u
bin=${RK_BUILD:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# two topics, of 13 words each; x wins .75 of the battles of one, .4 of the other
awk 'BEGIN {
	split("alpha beta sort tree river model stone query night cloud paper " \
	    "green house data train light steel music north field bread glass " \
	    "storm point value table", w, " ")
	s = 11
	for (i = 0; i < 50000; i++) {
		s = 16807 * s % 2147483647; topic = s % 2; text = ""
		for (j = 0; j < 12 + s % 10; j++) {
			s = 16807 * s % 2147483647
			text = text w[1 + topic * 13 + s % 13] " " s % 997 " "
		}
		s = 16807 * s % 2147483647
		printf "{\"prompt\":\"%s%d\",\"model_a\":\"x\",\"model_b\":\"y\",\"winner\":\"model_%s\"}\n",
		    text, i, s / 2147483647 < (topic ? .75 : .4) ? "a" : "b"
	} }' >"$tmp/battles"
start=$(date +%s)
"$bin/rl-train" -q -j2 --strong x --weak y -o "$tmp/m" "$tmp/battles" >"$tmp/rec" ||
	exit 1
took=$(($(date +%s) - start))
echo "auto, 50,000 battles x 1,024: $took s (at most 600)"
[ "$took" -le 600 ]
