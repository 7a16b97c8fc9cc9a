#!/bin/sh
# What README shows is what its commands print.
. "$(dirname "$0")/tap.sh"
mkdir ex
ln -s "$root/data" data
awk -v DIR=ex -f "$root/tests/examples.awk" "$root/README"
i=1
while [ -f ex/$i.cmd ]; do
	case $(cat ex/$i.cmd) in
	make* | man*) ;;
	*)
		sh ex/$i.cmd >got 2>err
		awk -f "$root/tests/alike.awk" ex/$i.out got >diff
		ok $? "README: $(head -1 ex/$i.cmd)"
		cat diff
		sed 's/^/# /' err
		;;
	esac
	i=$((i + 1))
done
[ $tests -ge 3 ]
ok $? "README has examples"
printf '1 of 3: 0.512\n' >a
printf '1 of 3: 0.612\n' >b
awk -f "$root/tests/alike.awk" a b >/dev/null
is $? 1 "the comparison sees a number that is off"
printf '1 of 3: 0.512 x\n' >b
awk -f "$root/tests/alike.awk" a b >/dev/null
is $? 1 "the comparison sees a word that is off"
finish
