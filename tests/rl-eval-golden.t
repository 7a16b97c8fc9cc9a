#!/bin/sh
# Every figure of rl-eval is that of numpy (tests/golden/eval/figures.py), to
# 1e-9 of its size; below 1, to 1e-9. That the comparison can fail is tested on
# figures that are off.
. "$(dirname "$0")/tap.sh"

# compare WANT GOT: of each record "N ROUTER", and "# KEY: ..." where they differ
# and where GOT has a number that WANT has not
compare() {
	tail -n +2 "$1" | jq -nr --slurpfile got "$2" '
		def near($a; $b): if ($a | type) == "number" and
				($b | type) == "number"
			then ($a - $b | fabs) <= 1e-9 * ([1, ($b | fabs)] | max)
			else $a == $b end;
		foreach inputs as $w (-1; . + 1; $got[.] as $g |
			"\($w | length) \($w.router)", ($w | keys[] |
			select(near($g[.]; $w[.]) | not) |
			"# \(.): got \($g[.]), want \($w[.])"),
			($g | keys[] | . as $k | select(
				($g[$k] | type) == "number" and
				($w | has($k) | not)) | "# \($k): no want"))'
}

golden=$root/tests/golden/eval
for want in "$golden"/*.want; do
	name=$(basename "$want" .want)
	curve=
	[ ! -e "$golden/$name.curve" ] || curve="--curve $tmp/curve"
	(cd "$golden" && # the options are words
		rl-eval -q $(head -1 "$want") $curve "$name.jsonl") >got 2>err
	ok $? "$name: rl-eval takes the records"
	sed 's/^/# /' err
	compare "$want" got >cmp
	! grep '^#' cmp
	ok $? "$name: the figures are numpy's: $(grep -v '^#' cmp | tr '\n' ' ')"
	[ "$(wc -l <got)" = "$(($(wc -l <"$want") - 1))" ]
	ok $? "$name: there are no other records"
	[ -n "$curve" ] || continue
	compare "$golden/$name.curve" curve >cmp
	! grep '^#' cmp
	ok $? "$name: so are the points of curves"
	[ "$(wc -l <curve)" = "$(($(wc -l <"$golden/$name.curve") - 1))" ]
	ok $? "$name: there are no other points"
done
[ $tests -ge 38 ]
ok $? "there are golden figures"

printf '%s\n' 'options' '{"router":"a","x":0.5,"y":1000}' >want
echo '{"router":"a","x":0.5000000001,"y":1000.0000001}' >near
is "$(compare want near)" "3 a" "what is near enough is equal"
echo '{"router":"a","x":0.500000002,"z":1}' >off
like "$(compare want off)" "*# x: got 0.500000002, want 0.5*# y: got null*# z: no want*" \
	"the comparison sees a figure that is off, that is missing, that is new"
finish
