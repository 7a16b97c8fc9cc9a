#!/bin/sh
# rl-label: by a key, with what the rules find in texts (t_answer.c has more of
# them); and by a judge, which is a server of the tests' own.
. "$(dirname "$0")/tap.sh"

key() {
	timeout 60 rl-label key "$@"
}

# --- what it writes ------------------------------------------------------------

cat >in <<'E'
{"answer":"Paris","responses":{"a":"Paris","b":" Paris\n","c":"paris"}, "x":1e2}
{"quality":{"old":0.5,"b":7},"answer":"B","responses":{"b":"B","\u0061":"C"}}
{"answer":18,"responses":{"a":"18"}}
E
cat >want <<'E'
{"answer":"Paris","responses":{"a":"Paris","b":" Paris\n","c":"paris"}, "x":1e2,"quality":{"a":1,"b":1,"c":0}}
{"quality":{"old":0.5,"b":1,"a":0},"answer":"B","responses":{"b":"B","\u0061":"C"}}
{"answer":18,"responses":{"a":"18"},"quality":{"a":1}}
E
key in >out 2>err
is "$?: $(cat err)" "0: " "responses are compared, and nothing is said"
same out want "quality is spliced in, and members of others stay"
key --ignore-case in | jq -c .quality >out
is "$(head -n 1 out)" '{"a":1,"b":1,"c":1}' "--ignore-case"
is "$(: | key | wc -c)" 0 "no input is no output"

cat >in <<'E'
{"answer":"b","responses":{"a":"The answer is (B).","b":"A dog","c":"C"}}
E
key --match choice in >out 2>err
is "$(jq -c .quality out)" '{"a":1,"b":0,"c":0}' "--match choice"
is "$(cat err)" "rl-label: 1 of 3 responses had no letter of a choice to be \
found: quality 0" "a response without an answer is 0, and counted"
key --match choice --unreadable reject in >out 2>err
is "$?: $(cat err)" "1: rl-label: in:1: responses.b: no answer to be found" \
	"or rejected"
key -k --match choice --unreadable reject --rejects bad in >out 2>err
same bad in "and kept"

cat >in <<'E'
{"answer":"so it is\n#### 1,234","responses":{"a":"$1,234.00","b":"1234, not 5"}}
{"answer":-0.5,"responses":{"a":"\\frac{1}{2}","b":"-1/2"}}
{"answer":123456789012345678901,"responses":{"a":"123456789012345678901","b":"123456789012345678902"}}
E
is "$(key --match number in | jq -c .quality)" '{"a":1,"b":0}
{"a":0,"b":1}
{"a":1,"b":0}' "--match number"
echo '{"body":{"key":["x",7]},"responses":{"a":"7"}}' |
	key --match number --answer /body/key/1 >out
is "$(jq -c .quality out)" '{"a":1}' "--answer takes a JSON pointer"
echo '{"k":"7","answer":"8","responses":{"a":"7"}}' | key --answer k >out
is "$(jq -c .quality out)" '{"a":1}' "and a field"

printf '%s\n' '{"answer":"18","responses":{"a":"x\n#### 18\nor 19","b":"18"}}' >in
is "$(key -q --match regex --pattern '#### (.*)' in 2>err | jq -c .quality)" \
	'{"a":1,"b":0}' "--match regex compares group 1"
like "$(cat err)" "*1 of 2 responses had no answer to be found*" \
	"and counts what it does not match"
is "$(key --match number --pattern '#### (.*)' in 2>err | jq -c .quality)" \
	'{"a":1,"b":0}' "--pattern goes with the other rules too"
jq -nc '{answer: "a", responses: {a: ("a" * 10000)}}' >in
exits 1 "a pattern that backtracks without end is an error" \
	key --match regex --pattern '^(a+)+[bc]$' in
like "$(cat err)" "*in:1: responses.a: the pattern gives up*" "of that line"

# --- bytes do not depend on -j --------------------------------------------------

jq -nc 'range(3000) | {answer: (. % 4 | [65 + .] | implode),
	responses: {m: "so the answer is (\(. % 3 | [65 + .] | implode))",
	n: (if . % 5 == 0 then "none" else "C" end)}}' >many
key -q -j 1 --match choice many >one 2>err1
key -q -j 7 --match choice many >seven 2>err7
same one seven "-j changes no byte"
same err1 err7 "and no count"
is "$(jq -s 'map(.quality.m) | add' one)" 750 "and they are right"

# --- what is wrong -----------------------------------------------------------------

wrong() { # wrong MESSAGE RECORD [OPTION ...]
	message=$1
	echo "$2" >in
	shift 2
	key "$@" in >out 2>err
	is "$?: $(cat err)" "1: rl-label: in:1$message" "$message"
	[ ! -s out ]
	ok $? "and nothing is written"
}
wrong ': answer: missing' '{"responses":{"a":"b"}}'
wrong ': k: missing' '{"answer":"b","responses":{"a":"b"}}' --answer k
wrong ': responses: missing' '{"answer":"b"}'
wrong ': responses: empty' '{"answer":"b","responses":{}}'
wrong ': responses: expected an object, found a string' \
	'{"answer":"b","responses":"b"}'
wrong ': responses.a: expected a string, found a number' \
	'{"answer":"b","responses":{"a":1}}'
wrong ': quality: expected an object' \
	'{"answer":"b","responses":{"a":"b"},"quality":1}'
wrong ": answer: no number to be found in 'none'" \
	'{"answer":"none","responses":{"a":"1"}}' --match number
wrong ": answer: no letter of a choice to be found in '3'" \
	'{"answer":"3","responses":{"a":"1"}}' --match choice
wrong ": answer: no answer to be found in ' '" \
	'{"answer":" ","responses":{"a":"1"}}'
exits 2 "an unknown rule is wrong usage" key --match fuzzy in
exits 2 "regex without a pattern too" key --match regex in
exits 2 "a pattern that is none" key --pattern '(' in
like "$(cat err)" "rl-label: --pattern: *missing closing parenthesis*" \
	"which says why"
exits 2 "--ignore-case of numbers" key --match number --ignore-case in
exits 2 "no way to label" rl-label in
exits 2 "nothing at all" rl-label
exits 0 "--version without one" rl-label --version

# --- the manual ----------------------------------------------------------------------

awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } on && !/^\./' \
	"$root/man/rl-label.1" | sed 1d >example
sed '/^\$ rl-label/q' example | sed 's/^\$ //' >commands
sed '1,/^\$ rl-label/d' example >want
sh ./commands >got 2>err
[ -s want ]
ok $? "the manual has an example"
same got want "and it prints what the manual says"
like "$(cat err)" "*1 of 4 responses had no number to be found*" \
	"and tells what it says is told"

finish
