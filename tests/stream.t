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
printf '{"score":"\302\233\033"}\n{"\302\233' >controls
r -k controls 2>err >out
is "$(LC_ALL=C tr -d '\n -~' <err | wc -c)" 0 \
	"no control character of the input reaches the terminal"

# Every case in tests/bad: in, what the message must be, and the status; run
# says which program reads it.
for c in "$root"/tests/bad/*/; do
	name=$(basename "$c")
	run=$(cat "$c/run" 2>/dev/null || echo rl-route -q -t 0.5)
	(cd "$c" && eval "$run in") >out 2>err
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
exits 1 "a missing file among others fails" r in nowhere in
is "$(wc -c <out)" 0 "... before any work begins"
exits 1 "a folder as standard input fails" r <.
like "$(cat err)" "rl-route: stdin: is a directory" "... and is named"
exits 0 "an empty file is no failure" r /dev/null
if [ "$(id -u)" -ne 0 ]; then
	cp in locked
	chmod 0 locked
	exits 1 "an unreadable file fails" r in locked
	is "$(wc -c <out)" 0 "... before any work begins"
else
	skip "an unreadable file fails" "root reads everything"
	skip "... before any work begins" "root reads everything"
fi
rl-route --help >/dev/full 2>err
is "$?: $(cat err)" "1: rl-route: standard output: No space left on device" \
	"--help to a full disk is noticed"
rl-route -V >/dev/full 2>err
is $? 1 "--version to a full disk is noticed"
(trap '' PIPE; r many; echo $? >status) 2>err | head -1 >/dev/null
is "$(cat status err)" "1
rl-route: standard output: Broken pipe" "a closed pipe fails where SIGPIPE is off"

# Closed standard files are not taken by what is opened next.
printf '{"score":1}\n{\n' >onebad
rm -f rejects
exits 1 "a closed standard input fails" r - <&-
like "$(cat err)" "rl-route: stdin: Bad file descriptor" "... and is named"
r -k --rejects rejects <onebad >&- 2>err
is "$?: $(cat rejects)" "1: " "closed standard output: records go nowhere else"
r --rejects rejects <onebad >out 2>&-
is "$?: $(cat rejects)" "1: {" "closed standard error: nor do messages"
rm -f file
r -k -o file <onebad >&- 2>&-
is "$?: $(cat file)" '1: {"score":1,"route":"strong"}' "... with -o either"
r -o file in <&- >&- 2>&-
is "$?: $(wc -l <file)" "0: 4" "with -o and a file none of the three is needed"

# --- options -------------------------------------------------------------------

for o in --jobs=3 --jobs\ 3 -j3 -j\ 3 --job=3 -qj3; do
	exits 0 "$o is understood" r $o in
done
exits 0 "-- ends the options" r -j3 -- in
exits 0 "options may follow the files" rl-route in -q -t 0.5
exits 1 "... but not behind --" r in -- -q
for o in "-j -1" "-j 257" "-j 1.5" "-j x" "-j" "--jobs=" "--m 1" \
    --keep-going=1 -kz "--max-line 0" "--max-line 1.5" "--max-line 0x10" \
    "--turns last" "-t nan" "-t 1 --share 1" "--share 1" "--sample in" \
    "--share 2 --sample in" "--strong a"; do
	rl-route -t 0.5 in $o >out 2>err
	[ $? = 2 ] && grep -q '^usage: ' err && ! [ -s out ]
	ok $? "wrong usage: $o"
done
for o in "--treshold:is not known (--threshold?)" \
	"--outptu=x:is not known (--output?)" \
	"--mod=x:may be any of --models, --model" "--xyzzy:is not known" \
	"--m=x:may be any of --models, --model, --max-line" \
	"--jo:needs an argument" "--quiet=1:takes no argument"; do
	exits 2 "wrong usage: ${o%%:*}" rl-route "${o%%:*}"
	is "$(sed 1q err)" "rl-route: option '${o%%:*}' ${o#*:}" \
		"... and what may be meant"
done
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
cp in other
cp file.part other.part
exits 0 "a later run that succeeds" r -o other other
[ ! -e other.part ]
ok $? "... takes an old FILE.part away"
cp file.part kept
exits 2 "... but never as its own input: wrong usage" r -o file file.part
like "$(cat err)" "*-o file: an input is the partial file*" "... and says so"
same file.part kept "... and it stays"
rm kept
rm file.part
(ulimit -f 8; r -o file many) >out 2>err
is "$?: $(head -1 err)" "1: rl-route: file: File too large" \
	"a limit on files' size is an error"
same file in "... and the old file is there"
rm file.part
ln -s file link
exits 0 "-o follows a symbolic link" r -o link in
[ -L link ] && same file want "... to the file it names"
# a pipe that stays open: what is in it is read, and its end never comes
mkfifo hold
exec 3<>hold
for s in INT:130 TERM:143 HUP:129 KILL:137; do
	status=${s#*:} s=${s%:*}
	for wait in 0.3 3; do # the longer where others keep it from its work
		cp in file
		rm -f file.part
		cat in >&3
		timeout -s $s --preserve-status $wait \
			rl-route -q -u -t 0.5 -o file <&3 2>err
		got=$?
		[ $s = KILL ] || cmp -s file.part want && break
	done
	is $got $status "SIG$s ends the run"
	same file in "... and the old file is there"
	[ $s = KILL ] || same file.part want "... and FILE.part"
	is "$(ls -A | grep -c '^\.rk')" 0 "... and no debris"
done
exec 3<&-
rm -f file.part
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
mkfifo first second
timeout 5 rl-route -q -u -t 0.5 first second >from &
exec 4<from 3>first
printf '{"score":1}\n' >&3
exec 3>&-
read -r line <&4
is "$line" '{"score":1,"route":"strong"}' \
	"-u answers before the next file can be opened"
timeout 5 sh -c ": >second"
wait $!
is $? 0 "... and ends with the last"
exec 4<&-
if command -v perl >/dev/null; then
	(sleep 0.2; cat in) | perl -MFcntl -e 'fcntl(STDIN, F_SETFL, O_NONBLOCK);
		exec @ARGV' rl-route -q -t 0.5 >out
	same out want "a non-blocking standard input is waited for"
else
	skip "a non-blocking standard input is waited for" "no perl"
fi

# A file that grows while it is read is read to its end as it is then.
cp big growing
(r growing; echo $? >status) | (read -r line; cat in >>growing; cat) >out
is "$(cat status) $(tail -1 out)" "0 $(r in | tail -1)" \
	"a file that grows is read to its end"

# --- long lines --------------------------------------------------------------------

exits 1 "--max-line refuses a longer line" \
	sh -c "printf '{\"score\":1,\"x\":\"%060d\"}\n{\"score\":1}\n' 0 |
	rl-route -q -k -t 0.5 --max-line 50"
is "$(wc -l <out)" 1 "the lines after a long one are read"
like "$(cat err)" "*stdin:1: line longer than 50 bytes*" "a long line is named"
rm -f rejects
{ printf '{"x":"'; head -c 600000 /dev/zero | tr '\0' a; echo '"}'; } >toolong
exits 1 "--rejects of a long line" \
	rl-route -q -t 0.5 --max-line 300000 --rejects rejects toolong
head -c 300000 toolong >want
echo >>want
same rejects want "... takes its first bytes"
like "$(cat err)" "*toolong:1: only its first 300000 bytes are in rejects*" \
	"... and says so"
head -c 3000000 /dev/zero | tr '\0' a |
	sed 's/^/{"score":1,"x":"/; s/$/"}/' >long
r long >out
is "$(wc -c <out)" "$(($(wc -c <long) + 17 + 1))" "a line of 3 MB passes"

# --- the routes --------------------------------------------------------------------

printf '{"score":%s}\n' 0.1 0.2 0.2 0.30000000000000004 >sample
rl-route --share 0 --sample sample sample >out 2>err
is "$(grep -c strong out)" 0 "--share 0 sends nothing"
t=$(sed 's/.*threshold \([^,]*\),.*/\1/' err)
rl-route -t "$t" sample >want
same out want "the threshold it says gives the same with -t"
rl-route --share 0.5 --sample sample sample >out 2>err
is "$(grep -c strong out)" 1 "tied scores go together, below the share"
like "$(cat err)" "*share asked 0.5, reached 0.25 at threshold \
0.30000000000000004, next share up 0.75 (4 records)" "what is reached is said"
rl-route -q --share 0.75 --sample sample sample >out
is "$(grep -c strong out)" 3 "a share that can be reached is reached"
rl-route -q --share 1 --sample - sample <sample >out
is "$(grep -c strong out)" 4 "--share 1 sends all; the sample may be stdin"
exits 2 "--sample - and - as input is wrong usage" \
	rl-route --share 1 --sample - sample - <sample
exits 1 "a sample without scores fails" rl-route --share 1 --sample big -s x in
printf '{"score":"x"}\n{}\n{"score":1}\n' |
	rl-route -t 0.5 --default d --strong "$(printf 'a\377"')" --weak b \
	>out 2>err
is "$(cat out)" '{"score":"x","route":"d"}
{"route":"d"}
{"score":1,"route":"a\ufffd\""}' "--default; a name that is no UTF-8 is JSON still"
like "$(cat err)" "*2 lines had no usable score: routed to d" "... is counted"

# --- memory ----------------------------------------------------------------------------

if [ -x /usr/bin/time ]; then
	peak() { # the sanitizer keeps what is freed, unless told otherwise
		ASAN_OPTIONS=quarantine_size_mb=1 /usr/bin/time -f %M \
			rl-route -q -j2 -t 0.5 "$1" 2>&1 >/dev/null
	}
	head -10000 many >ten
	for i in 1 2 3 4 5 6 7 8 9 10; do cat many; done >million
	a=$(peak ten) b=$(peak million)
	[ "$b" -lt $((a + 4096)) ]
	ok $? "memory does not grow with the lines ($a KB, $b KB)"
	{
		printf '{"score":1,"p":"'
		head -c 8400000 /dev/zero | tr '\0' a
		printf '","a":['
		yes '[],' | head -200000 | tr -d '\n'
		echo '[]]}'
	} >huge
	i=19
	while [ $((i -= 1)) -gt 0 ]; do
		head -$i many
		cat huge
	done >cycle
	cat huge huge huge huge huge huge >few
	a=$(peak few) b=$(peak cycle)
	[ "$b" -lt $((a * 3 / 2)) ]
	ok $? "nor with where in their batches long ones stand ($a KB, $b KB)"
else
	skip "memory does not grow with the lines" "no /usr/bin/time"
	skip "nor with where in their batches long ones stand" "the same"
fi

finish
