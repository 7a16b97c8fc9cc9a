# tap.sh - for the shell tests: . tests/tap.sh
# Each test is a sentence that is true when it passes. A test's commands run
# in $tmp/..., the programs are found through PATH; call finish at the end.

set -u
root=${RK_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
RK_BUILD=${RK_BUILD:-$root/build}
RK_SHARED=${RK_SHARED:-../shared}
case $RK_SHARED in /*) ;; *) RK_SHARED=$root/$RK_SHARED ;; esac
PATH=$RK_BUILD:$PATH
export PATH RK_BUILD RK_SHARED
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rk-test.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
cd "$tmp" || exit 1
tests=0
failed=0

# ok STATUS SENTENCE: passed iff STATUS is 0
ok() {
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $2"
	fi
}

# is GOT WANT SENTENCE
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf '# got:  %s\n# want: %s\n' "$1" "$2"
}

# like TEXT PATTERN SENTENCE: PATTERN is a shell pattern
like() {
	case $1 in
	$2) ok 0 "$3" ;;
	*) ok 1 "$3"; printf '# got:     %s\n# pattern: %s\n' "$1" "$2" ;;
	esac
}

# same FILE FILE SENTENCE: the same bytes
same() {
	cmp -s "$1" "$2"
	ok $? "$3"
}

# exits STATUS SENTENCE COMMAND...: output to $tmp/out and $tmp/err
exits() {
	want=$1 what=$2
	shift 2
	"$@" >out 2>err
	got=$?
	[ $got -eq "$want" ]
	ok $? "$what"
	[ $got -eq "$want" ] ||
		{ echo "# status $got, want $want"; sed 's/^/# /' err; }
}

# given ROUTER: the options without which it does not train
given() {
	case $1 in
	bert) echo "--set init=$root/tests/golden/encoder/bert --set epochs=1" ;;
	causal)
		causal=$root/tests/golden/causal
		echo "--set init=$causal/tiny --set template=$causal/template.txt"
		echo "--set steps=2" ;;
	esac
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # skip $2"
}

finish() {
	echo "1..$tests"
	[ $failed -eq 0 ]
	exit
}
