#!/bin/sh
# data/mini is what its README says: drawn by generate.c, small, all valid.
# Run from the repository root; CC names the compiler.

D=data/mini
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { # status name
	n=$((n + 1))
	[ "$1" -eq 0 ] && echo "ok $n - $2" || {
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/said"
	}
}

: >"$tmp/said"
# POSIX for gmtime_r
${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Ilib -o "$tmp/generate" \
	$D/generate.c lib/base/rng.c -lm 2>"$tmp/said"
ok $? "the generator compiles on its own"
for part in train test; do
	"$tmp/generate" $D/grammar.txt $part 2>&1 | cmp - $D/$part.jsonl \
		>"$tmp/said" 2>&1
	ok $? "the generator writes $part.jsonl byte for byte"
done
"$tmp/generate" $D/grammar.txt tset >"$tmp/out" 2>"$tmp/said"
[ $? -eq 2 ] && [ ! -s "$tmp/out" ]
ok $? "the generator refuses an unknown part"

cat $D/train.jsonl $D/test.jsonl >"$tmp/all"
[ "$(wc -c <"$tmp/all")" -lt 1000000 ]
ok $? "the records take less than 1 MB"
jq -e -s '
	["fern-small-0.3b", "larch/large-1.5", "larch/medium-0.9"] as $models
	| map((keys_unsorted == ["id", "ts", "category", "prompt",
			"quality", "cost"])
		and (.ts | fromdate | . > 1736150400)
		and (.prompt | type == "string" and length > 0)
		and ((.quality | keys) == $models)
		and ((.cost | keys) == $models)
		and all(.quality[]; . == 0 or . == 1 or . == 0.25 or
			. == 0.5 or . == 0.75)
		and all(.cost[]; . > 0 and . < 0.1))
	| length == 2000 and all' "$tmp/all" >"$tmp/said" 2>&1
ok $? "every record is a valid outcome of the three models"
jq -e -s 'map(.prompt) | unique | length == 2000' "$tmp/all" >"$tmp/said" 2>&1
ok $? "no prompt stands twice"
jq -e -s '[.[].ts] == ([.[].ts] | sort)' "$tmp/all" >"$tmp/said" 2>&1
ok $? "the records are in the order of their time"
jq -e -s '(map(.category) | unique | length == 12)
	and any(.[]; .prompt | contains("\n"))
	and any(.[]; .prompt | length > 1000)
	and any(.[]; .prompt | test("[\u4e00-\u9fff]"))
	and any(.[]; .prompt | contains("é"))' "$tmp/all" >"$tmp/said" 2>&1
ok $? "twelve kinds; prompts of many lines, long ones, other scripts"
awk '/^  (larch|fern)/ { print $1, $3, $4 }' $D/README | sort >"$tmp/told"
jq -r '.quality as $q | .cost | to_entries[]
	| [.key, $q[.key], .value] | @tsv' "$tmp/all" |
	awk '{ n[$1]++; q[$1] += $2; c[$1] += $3 } END { for (m in n)
		printf "%s %.3f %.3f\n", m, q[m] / n[m], 1000 * c[m] / n[m] }
	' | sort | diff "$tmp/told" - >"$tmp/said"
ok $? "the README's table of means is the files'"
grep -q synthetic $D/README
ok $? "the README says that it is synthetic"
echo "1..$n"
