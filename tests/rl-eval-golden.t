#!/bin/sh
# Every figure of rl-eval is that of numpy (tests/golden/eval/figures.py), to
# 1e-9 of its size; below 1, to 1e-9.
. "$(dirname "$0")/tap.sh"

golden=$root/tests/golden/eval
[ "$(ls "$golden"/*.want | wc -l)" -ge 1 ]
ok $? "there are golden figures"
for want in "$golden"/*.want; do
	name=$(basename "$want" .want)
	(cd "$golden" && # the options are words
		rl-eval -q $(head -1 "$want") "$name.jsonl") >got 2>err
	ok $? "$name: rl-eval takes the records"
	sed 's/^/# /' err
	tail -n +2 "$want" | jq -cn --slurpfile got got '
		def near($a; $b): if ($a | type) == "number" and
				($b | type) == "number"
			then ($a - $b | fabs) <= 1e-9 * ([1, ($b | fabs)] | max)
			else $a == $b end;
		foreach inputs as $w (-1; . + 1; . as $i | $got[$i] as $g |
			[$w | keys[] | select(near($g[.]; $w[.]) | not) |
				"\(.): got \($g[.]), want \($w[.])"] |
			{name: $w.router, n: ($w | length), bad: .})' >cmp
	while read -r line; do
		router=$(echo "$line" | jq -r .name)
		count=$(echo "$line" | jq -r .n)
		[ "$(echo "$line" | jq '.bad | length')" = 0 ]
		ok $? "$name: $router: $count figures are numpy's"
		echo "$line" | jq -r '.bad[:5][] | "# " + .'
	done <cmp
	[ "$(wc -l <got)" = "$(($(wc -l <"$want") - 1))" ]
	ok $? "$name: there are no other records"
done
finish
