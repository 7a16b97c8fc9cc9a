#!/bin/sh
# What make install puts somewhere works there and make uninstall takes it away
# again; what make dist packs can be built.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

# m GOAL...: make in the tree, with the programs that are built already
m() {
	make -s -C "$root" B="$RK_BUILD" DESTDIR="$tmp/dest" prefix=/opt/rk \
		"$@" >log 2>&1
}

m install
ok $? "make install works"
sed 's/^/# /' log
missing=$(cd "$root" && for f in cmd/rl-*.c; do
	n=${f#cmd/}; n=${n%.c}
	[ -x "$tmp/dest/opt/rk/bin/$n" ] || echo "bin/$n"
done; for f in man/*.[157]; do
	n=${f#man/}
	[ -r "$tmp/dest/opt/rk/share/man/man${n##*.}/$n" ] || echo "$f"
done; for f in data/templates/*; do
	[ -r "$tmp/dest/opt/rk/share/routekit/${f#data/}" ] || echo "$f"
done)
is "$missing" "" "every program, manual and template is installed"
like "$("$tmp/dest/opt/rk/bin/rl-route" --version)" "rl-route (routekit) *" \
	"what is installed runs"
is "$(find dest -type f | grep -v '^dest/opt/rk/')" "" \
	"nothing is installed outside the prefix"
is "$(find dest -type f -perm -002)" "" "nothing can be written by everyone"
touch dest/opt/rk/bin/another
m uninstall
ok $? "make uninstall works"
is "$(find dest ! -type d)" "dest/opt/rk/bin/another" \
	"it takes away what was installed, and nothing else"

if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then
	make -s -C "$root" dist >log 2>&1
	ok $? "make dist works"
	gzip -dc "$root/$(cat log)" | tar -xf -
	set -- routekit-*
	[ $# -eq 1 ] && [ -f "$1/Makefile" ]
	ok $? "it packs one folder"
	is "$(cd "$1" && ls | grep -vxE \
		'cmd|lib|man|tests|data|Makefile|configure.ac|README|COPYING')" \
		"" "the top level holds what the design names"
	make -s -C "$1" -j2 SAN= CFLAGS=-O0 build/rl-route >log 2>&1 &&
		printf '{"score":1}\n' | "$1/build/rl-route" -t 0.5 >out
	is "$(cat out)" '{"score":1,"route":"strong"}' "what it packs builds"
	if command -v autoconf >/dev/null; then
		(cd "$1" && autoconf && ./configure --prefix=/opt/x \
			CFLAGS=-O0) >log 2>&1
		ok $? "configure works, though nothing needs it"
		is "$(make -s -C "$1" -f Makefile -f - show <<-'END'
			show:; @echo $(bindir) $(CFLAGS)
		END
		)" "/opt/x/bin -O0" "and make takes what it found out"
	else
		skip "configure works" "no autoconf here"
	fi
else
	skip "make dist works" "not a git checkout"
fi

finish
