#!/bin/sh
# The drawing of the layers stays true: base < io < math < eval < text < nn <
# embed < pref < route < policy < cmd, and the libraries are where they should
# be. The checker is itself tested, on a tree that breaks one rule at a time.
. "$(dirname "$0")/tap.sh"

# check FOLDER: what is wrong in the tree there
check() {
	(cd "$1" && awk -f "$root/tests/layers.awk" \
		$(find lib -name '*.def') \
		$(find lib cmd -name '*.[ch]' | sort))
}

wrong=$(check "$root")
is "$wrong" "" "every include points to its own layer or to the left"
looked=$(cd "$root" && find lib cmd -name '*.[ch]' | wc -l)
[ "$looked" -gt 20 ]
ok $? "there are files to look at"

# breaks FILE LINE MESSAGE: a tree where FILE is LINE has this one fault
breaks() {
	rm -rf tree
	mkdir -p tree/cmd tree/lib/route tree/lib/embed "tree/$(dirname "$1")"
	echo 'ROUTER(sw) ROUTER(mf)' | tr ' ' '\n' >tree/lib/route/routers.def
	echo 'EMBEDDER(hash)' >tree/lib/embed/embedders.def
	printf '%s\n' "$2" >"tree/$1"
	is "$(check tree)" "${3:+$1:$3}" "${3:-allowed}: $2"
}

breaks lib/base/a.c '#include "io/file.h"' \
	'1: base includes "io/file.h", to its right'
breaks lib/io/a.h '#include "math/mat.h"' \
	'1: io includes "math/mat.h", to its right'
breaks lib/policy/a.c '#include "route/router.h"' ''
breaks lib/route/a.c '#  include  "policy/threshold.h"' \
	'1: route includes "policy/threshold.h", to its right'
breaks lib/nn/a.c '#include "cmd.h"' '1: "cmd.h" is in no layer'
breaks cmd/rl-a.c '#include "policy/threshold.h"' ''
breaks cmd/rl-a.c '#include "cmd.h"' ''
breaks cmd/rl-a.c '#include "plicy/threshold.h"' \
	'1: "plicy/threshold.h" is in no layer'
breaks lib/route/mf.c '#include "route/sw.h"' \
	"1: mf includes \"route/sw.h\", which is sw's"
breaks lib/route/mf.c '#include "route/sw-fit.h"' \
	"1: mf includes \"route/sw-fit.h\", which is sw's"
breaks lib/route/mf.c '#include "route/mf-fit.h"' ''
breaks lib/route/mf.c '#include "route/router.h"' ''
breaks lib/route/card.c '#include "route/mf-fit.h"' \
	"1: a file that all share includes \"route/mf-fit.h\", which is mf's"
breaks lib/embed/encoder.c '#include "embed/hash.h"' \
	"1: a file that all share includes \"embed/hash.h\", which is hash's"
breaks lib/pref/a.c '#include <jansson.h>' \
	'1: <jansson.h> is for io/ and text/tokenizer*'
breaks cmd/rl-a.c '#include <jansson.h>' \
	'1: <jansson.h> is for io/ and text/tokenizer*'
breaks lib/text/tokenizer.c '#include <jansson.h>' ''
breaks lib/nn/a.c '#include <cblas.h>' '1: <cblas.h> is for math/mat.c'
breaks lib/math/mat.c '#include <cblas.h>' ''
breaks lib/io/a.c '#include <curl/curl.h>' \
	'1: <curl/curl.h> is for io/curl.h'
breaks lib/io/a.c '#include <sqlite3.h>' '1: <sqlite3.h> is for io/sqlite.h'
breaks lib/io/a.c '	printf("x");' '1: lib/ neither prints nor exits'
breaks lib/io/a.c '	fprintf(stderr, "x");' '1: lib/ knows no standard output'
breaks lib/io/a.c '	fputs("x", stdout);' '1: lib/ knows no standard output'
breaks lib/io/a.c '	write(STDOUT_FILENO, s, n);' \
	'1: lib/ knows no standard output'
breaks lib/io/a.c '	x_adddup2(&fa, fd, STDOUT_FILENO);' ''
breaks lib/io/a.c '	if (x) exit(1);' '1: lib/ neither prints nor exits'
breaks lib/io/a.c '	_exit(1);' '1: lib/ neither prints nor exits'
breaks lib/base/mem.c '	_exit(1);' ''
breaks lib/base/mem.c '	exit(1);' '1: lib/ neither prints nor exits'
breaks lib/io/a.c '	perror("x");' '1: lib/ neither prints nor exits'
breaks lib/io/a.c '	snprintf(s, n, "printf(stdout)"); /* exit(1) */' ''
breaks lib/io/a.c '	n = fd == STDIN_FILENO;' ''
breaks lib/misc/a.c 'int x;' '1: "misc" is no layer'

if command -v ldd >/dev/null; then
	is "$(ldd "$RK_BUILD"/rl-* | grep -c 'libcurl\|libsqlite')" 0 \
		"no program links the network's libraries: they are loaded late"
else
	skip "no program links the network's libraries" "no ldd here"
fi

finish
