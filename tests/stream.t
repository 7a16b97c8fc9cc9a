#!/bin/sh
# The stream contract, on rl-route: it does least, so what is seen is the
# contract itself.
. "$(dirname "$0")/tap.sh"

r() { rl-route -q -t 0.5 "$@"; }

# --- byte for byte -----------------------------------------------------------

cat >in <<'EOF'
{"score":0.7}
{ "score" : 5e-1 , "n" : 1e2, "big":123456789012345678901234567890, "u":"\u00e9é" }
{"route":"old","score":0.1,"z":[1,{"route":2},"}"]}
{"score":0.4999999999999999,"":{},"k\"ey":"\\"}
EOF
cat >want <<'EOF'
{"score":0.7,"route":"strong"}
{ "score" : 5e-1 , "n" : 1e2, "big":123456789012345678901234567890, "u":"\u00e9é" ,"route":"strong"}
{"route":"weak","score":0.1,"z":[1,{"route":2},"}"]}
{"score":0.4999999999999999,"":{},"k\"ey":"\\","route":"weak"}
EOF
r in >out
same out want "a field is spliced in or replaced, and nothing else is touched"
sed 's/,"route":"[a-z]*"}$/}/' out | sed 3d >stripped
sed 3d in >rest
same stripped rest "cutting the field out gives back the input"

printf '{"score":1}\r\n{"score":1}' | r >out
printf '{"score":1,"route":"strong"}\r\n{"score":1,"route":"strong"}\n' >want
same out want "CRLF is kept, and a last line may lack its newline"

: | r >out
is "$?$(wc -c <out)" 00 "no input is no output, and no failure"

printf '{"score":1,"s":"\\u0000","route":null}\n' | r >out
is "$(cat out)" '{"score":1,"s":"\u0000","route":"strong"}' \
	"the escape \\u0000 is text, and null is replaced"

# --- bad lines ---------------------------------------------------------------

printf '{"score":1}\n{"score":0}\n{"score":}\n{"score":1}\n' >bad
exits 1 "a bad line fails the run" r bad
is "$(wc -l <out)" 2 "what came before the bad line was written"
like "$(cat err)" "rl-route: bad:3:*: *near '}'*" \
	"the message names file, line and column"

exits 1 "-k goes on, and exits 1" r -k bad
is "$(wc -l <out)" 3 "-k leaves out the bad line alone"
like "$(cat err)" "*bad:3:*1 of 4 lines were bad" "-k says how many were bad"

echo old >rejects
exits 1 "--rejects implies -k" r --rejects rejects bad
is "$(cat rejects)" "old
{\"score\":}" "bad lines are appended to --rejects as they are"

# Every case in tests/bad: in, what the message must be, and the status.
for c in "$root"/tests/bad/*/; do
	name=$(basename "$c")
	args=$(cat "$c/args" 2>/dev/null)
	(cd "$c" && eval "rl-route -q -t 0.5 $args in") >out 2>err
	is "$?: $(cat err)" "$(cat "$c/status"): $(cat "$c/err")" \
		"bad/$name: status and message"
done

# --- ends --------------------------------------------------------------------

yes '{"score":1}' | head -100000 >many
r many >/dev/full 2>err
is "$?: $(cat err)" "1: rl-route: standard output: No space left on device" \
	"a full disk is noticed"
(r many; echo $? >status) 2>err | head -1 >/dev/null
is "$(cat err)" "" "a closed pipe ends it quietly"
exits 2 "an unknown option is wrong usage" rl-route --nonsense
like "$(cat err)" "*'--nonsense'*usage:*" "usage names the option"
exits 2 "neither -t nor --share is wrong usage" rl-route in
exits 1 "a missing file fails" r nowhere
is "$(cat err)" "rl-route: nowhere: No such file or directory" \
	"a missing file is named"
exits 1 "a folder is no input" r .
exits 0 "--help succeeds" rl-route --help
like "$(cat out)" "usage: rl-route*--threshold T*--keep-going*" \
	"--help shows the options"
exits 0 "--version succeeds" rl-route -V

# --- -o ------------------------------------------------------------------------

cp in file
exits 0 "-o may name an input" r -o file file
r in >want
same file want "-o gives what standard output gives"
cp in file
exits 1 "a run that fails does not replace -o's file" r -o file bad
same file in "the old file is there"
is "$(wc -l <file.part)" 2 "what was written is in FILE.part"
like "$(cat err)" "*file.part*" "FILE.part is named"
rm file.part
exits 1 "with -k a run with bad lines replaces it" r -k -o file bad
is "$(wc -l <file)" 3 "-k: the good lines are in the file"

# --- -j, batches, -u -------------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 3000; i++)
	printf "{\"score\":%.6f,\"i\":%d,\"p\":\"%0*d\"}\n",
	    (i * 7919 % 1000) / 1000, i, i % 997, 0 }' >big
r -j1 big >one
r -j7 big >seven
same one seven "-j1 and -j7 write the same bytes"
cat big | r -j2 >piped
same one piped "a pipe gives the bytes that a file gives"
r - <big >dash
same one dash "- is standard input"
split -l 700 big part.
r part.* >parts
same one parts "several files are one stream"

mkfifo to from
rl-route -q -u -t 0.5 <to >from &
exec 3>to 4<from
printf '{"score":1}\n{"sc' >&3
read -r line <&4
is "$line" '{"score":1,"route":"strong"}' "-u answers while input is open"
printf 'ore":0}\n' >&3
read -r line <&4
is "$line" '{"score":0,"route":"weak"}' "-u: a line may come in pieces"
exec 3>&-
wait $!
is $? 0 "-u ends with its input"
exec 4<&-

# --- long lines --------------------------------------------------------------------

exits 1 "--max-line refuses a longer line" \
	sh -c "printf '{\"score\":1,\"x\":\"%060d\"}\n{\"score\":1}\n' 0 |
	rl-route -q -k -t 0.5 --max-line 50"
is "$(wc -l <out)" 1 "the lines after a long one are read"
like "$(cat err)" "*stdin:1: line longer than 50 bytes*" "a long line is named"
head -c 3000000 /dev/zero | tr '\0' a |
	sed 's/^/{"score":1,"x":"/; s/$/"}/' >long
r long >out
is "$(wc -c <out)" "$(($(wc -c <long) + 17 + 1))" "a line of 3 MB passes"

# --- memory ----------------------------------------------------------------------------

if [ -x /usr/bin/time ]; then
	peak() { /usr/bin/time -f %M rl-route -q -j2 -t 0.5 "$1" 2>&1 >/dev/null; }
	head -10000 many >ten
	for i in 1 2 3 4 5 6 7 8 9 10; do cat many; done >million
	a=$(peak ten) b=$(peak million)
	[ "$b" -lt $((a + 4096)) ]
	ok $? "memory does not grow with the lines ($a KB, $b KB)"
else
	skip "memory does not grow with the lines" "no /usr/bin/time"
fi

finish
