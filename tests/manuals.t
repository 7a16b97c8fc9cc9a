#!/bin/sh
# The manuals and the option tables say the same: every option that --help
# prints is an item of the program's manual, and the other way round. That the
# comparison can fail is tested on manuals made to fail.
. "$(dirname "$0")/tap.sh"

# "-j --jobs" or "--dim", a line for each option that --help lists
help_options() {
	sed -n -e 's/^  \(-[A-Za-z0-9]\), \(--[a-z0-9-]*\).*/\1 \2/p' \
		-e 's/^      \(--[a-z0-9-]*\).*/\1/p' "$1" | sort
}

# the same of the items of a manual: .It Fl j , Fl \-jobs Ar N
manual_options() {
	awk '/^\.It Fl / {
		out = ""
		for (i = 2; i < NF; i++)
			if ($i == "Fl") {
				o = $(i + 1)
				gsub(/\\/, "", o)
				out = out (out == "" ? "" : " ") "-" o
			}
		print out
	}' "$1" | sort
}

# differ HELP MANUAL: what only one of the two has
differ() {
	help_options "$1" >in-help
	manual_options "$2" >in-manual
	comm -23 in-help in-manual | sed "s/^/only in --help: /"
	comm -13 in-help in-manual | sed "s/^/only in the manual: /"
}

programs=0
for p in "$RK_BUILD"/rl-*; do
	n=${p##*/}
	case $n in *.*) continue ;; esac
	[ -x "$p" ] || continue
	programs=$((programs + 1))
	if [ ! -f "$root/man/$n.1" ]; then
		ok 1 "$n has a manual"
		continue
	fi
	"$n" --help >help
	ok $? "$n --help says its options"
	[ "$(help_options help | wc -l)" -ge 4 ]
	ok $? "$n --help has the common options at least"
	is "$(differ help "$root/man/$n.1")" "" \
		"$n's manual and its --help have the same options"
	"$n" --help >/dev/full 2>err
	is $? 1 "$n --help to a full disk fails"
	case $(grep -c '^\.Sh EXIT STATUS' "$root/man/$n.1") in
	1) ok 0 "$n's manual says the exit statuses" ;;
	*) ok 1 "$n's manual says the exit statuses" ;;
	esac
done
[ $programs -ge 5 ]
ok $? "all programs were looked at"

for m in "$root"/man/*.1; do
	n=${m##*/}
	n=${n%.1}
	[ -f "$root/cmd/$n.c" ]
	ok $? "man/$n.1 has a program"
done
for m in routekit.7 rl-jsonl.5 rl-model.5; do
	[ -f "$root/man/$m" ]
	ok $? "man/$m is there"
done

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$root"/man/*.[157] >lint 2>&1
	ok $? "mandoc finds nothing wrong"
	sed 's/^/# /' lint
	# every page that a manual of ours refers to is there, if it is ours
	sed -n 's/^\.Xr \(r[lo][a-z-]*\) \([157]\).*/\1.\2/p' \
		"$root"/man/*.[157] | sort -u |
		while read -r page; do
			[ -f "$root/man/$page" ] || echo "$page"
		done >lost
	is "$(cat lost)" "" "no manual refers to one that is not there"
else
	skip "mandoc finds nothing wrong" "no mandoc here"
fi

# --- the comparison can fail ----------------------------------------------------

printf '%s\n' 'usage: x' '' '  -j, --jobs N   threads' '      --dim N   size' \
	>help
cat >man.1 <<'EOM'
.Nm
.Fl x
.It Fl j , Fl \-jobs Ar N
.It Fl \-dim Ar N
EOM
is "$(differ help man.1)" "" "equal tables are equal"
sed '/dim/d' man.1 >cut.1
is "$(differ help cut.1)" "only in --help: --dim" \
	"an option without an item is seen"
sed '/dim/d' help >cut
is "$(differ cut man.1)" "only in the manual: --dim" \
	"an item without an option is seen"
sed 's/Fl j , //' man.1 >cut.1
is "$(differ help cut.1)" "only in --help: -j --jobs
only in the manual: --jobs" "a letter without an item is seen"

finish
