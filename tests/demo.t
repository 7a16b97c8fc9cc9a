#!/bin/sh
# make demo's script shows what it promises. Run from the repository root.

B=${RK_BUILD:-$PWD/build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { # status name
	n=$((n + 1))
	[ "$1" -eq 0 ] && echo "ok $n - $2" || {
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	}
}

# a build folder of our own, so that nobody's build/demo is touched
mkdir "$tmp/build"
for p in embed train score route eval; do
	ln -s "$B/rl-$p" "$tmp/build/rl-$p"
done
RK_BUILD=$tmp/build sh data/demo.sh >"$tmp/out" 2>"$tmp/err" </dev/null
ok $? "the demo runs through"
for p in embed train score route eval; do
	grep -q "^\\\$ .*rl-$p\|^	rl-$p" "$tmp/out"
	ok $? "it shows a command line of rl-$p"
done
for r in sw mf random length oracle; do
	grep -q "^$r  *[01]\.[0-9]* \[[0-9.]*, [0-9.]*\] " "$tmp/out"
	ok $? "its table has $r with an interval"
done
awk '!($1 in apgr) { apgr[$1] = $2 } END { exit !(apgr["random"] == 0.5 &&
	apgr["sw"] > 0.65 && apgr["mf"] > 0.65 && apgr["length"] < 0.65 &&
	apgr["oracle"] > apgr["sw"]) }' "$tmp/out"
ok $? "the routers are past length, the oracle past them"
grep -q '% of the queries to larch/large-1.5' "$tmp/out"
ok $? "it draws the curve"
[ "$(grep -c '^{.*"sw":0\.[0-9]*,"route":"larch/[a-z]*-[0-9.]*"}$' \
	"$tmp/out")" -eq 3 ]
ok $? "it routes three lines"
grep -q 'Where to go next' "$tmp/out"
ok $? "it says where to go next"

printf '#!/bin/sh\nexit 1\n' >"$tmp/build/rl-false"
chmod +x "$tmp/build/rl-false"
ln -sf rl-false "$tmp/build/rl-score"
RK_BUILD=$tmp/build sh data/demo.sh >"$tmp/out" 2>&1 </dev/null
[ $? -eq 1 ] && grep -q 'that command failed' "$tmp/out"
ok $? "it stops at a command that fails"
echo "1..$n"
