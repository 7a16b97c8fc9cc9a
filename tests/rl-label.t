#!/bin/sh
# rl-label key: what the rules find in texts (t_answer.c has more of them).
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
is "$?: $(cat err)" "0: rl-label: a: 2 of 3 right; b: 2 of 2 right; c: 0 of 1 \
right" "responses are compared, and what is right is counted"
same out want "quality is spliced in, and members of others stay"
key -q --ignore-case in | jq -c .quality >out
is "$(head -n 1 out)" '{"a":1,"b":1,"c":1}' "--ignore-case"
is "$(: | key | wc -c)" 0 "no input is no output"

cat >in <<'E'
{"answer":"b","responses":{"a":"The answer is (B).","b":"A dog","c":"C"}}
E
key -q --match choice in >out 2>err
is "$(jq -c .quality out)" '{"a":1,"b":0,"c":0}' "--match choice"
is "$(cat err)" "rl-label: 1 of 3 responses had no letter of a choice to be \
found: quality 0" "a response without an answer is 0, and counted"
key --match choice --unreadable reject in >out 2>err
is "$?: $(cat err)" "1: rl-label: in:1: responses.b: no answer to be found" \
	"or rejected"
key -k --match choice --unreadable reject --rejects bad in >out 2>err
same bad in "and kept"
is "$(cat err)" "rl-label: in:1: responses.b: no answer to be found
rl-label: 1 of 1 lines were bad" "and not among the right or wrong"

cat >in <<'E'
{"answer":"so it is\n#### 1,234","responses":{"a":"$1,234.00","b":"1234, not 5"}}
{"answer":-0.5,"responses":{"a":"\\frac{1}{2}","b":"-1/2"}}
{"answer":123456789012345678901,"responses":{"a":"123456789012345678901","b":"123456789012345678902"}}
E
is "$(key -q --match number in | jq -c .quality)" '{"a":1,"b":0}
{"a":0,"b":1}
{"a":1,"b":0}' "--match number"
echo '{"body":{"key":["x",7]},"responses":{"a":"7"}}' |
	key -q --match number --answer /body/key/1 >out
is "$(jq -c .quality out)" '{"a":1}' "--answer takes a JSON pointer"
echo '{"answer":"7","responses":{"a":"It is 7.","b":"7."}}' | key -q >out 2>err
is "$?: $(cat err)" "0: rl-label: none of 2 responses is right: is --match \
exact the rule?" "where nothing is right, the rule is asked about"
echo '{"k":"7","answer":"8","responses":{"a":"7"}}' | key -q --answer k >out
is "$(jq -c .quality out)" '{"a":1}' "and a field"

printf '%s\n' '{"answer":"18","responses":{"a":"x\n#### 18\nor 19","b":"18"}}' >in
is "$(key -q --match regex --pattern '#### (.*)' in 2>err | jq -c .quality)" \
	'{"a":1,"b":0}' "--match regex compares group 1"
like "$(cat err)" "*1 of 2 responses had no answer to be found*" \
	"and counts what it does not match"
for rule in exact choice number 'regex --pattern [A-Z0-9]+'; do
	printf '%s\n' '{"answer":"7","responses":{"a":"<think>7","b":"7"}}' \
		'{"answer":"B","responses":{"a":"<think>C</think>\nB","b":"B</think>"}}' |
		sed "$([ "$rule" = choice ] && echo 1d)
			$([ "$rule" = number ] && echo 2d)" >thought
	is "$(key -q --match $rule thought 2>err | jq .quality.a,.quality.b | tr -d '\n')" \
		"$(case $rule in choice) echo 10 ;; number) echo 01 ;; *) echo 0110 ;; esac)" \
		"--match $rule: what is thought is no answer"
done
is "$(key --match number --pattern '#### (.*)' in 2>err | jq -c .quality)" \
	'{"a":1,"b":0}' "--pattern goes with the other rules too"
jq -nc '{answer: "a", responses: {a: ("a" * 10000)}}' >in
exits 1 "a pattern that backtracks without end is an error" \
	key --match regex --pattern '^(a+)+[bc]$' in
like "$(cat err)" "*in:1: responses.a: the pattern gives up*" "of that line"

# --- several keys ----------------------------------------------------------------

keys() { # keys KEYS RESPONSES WANT SENTENCE [OPTION ...]
	printf '{"x":{"k":%s},"answer" : %s,"responses":%s}\n' "$1" "$1" "$2" >in
	what=$4
	want=$3
	shift 4
	is "$(key -q "$@" in 2>err | jq -c '[.quality[]]')" "$want" "$what"
}
keys '["1","one"]' '{"a":"one","b":"1","c":"1 one"}' '[1,1,0]' \
	"any of several keys is right"
keys '[ "A\",\\" , 18.0, -7 ,123456789012345678901]' \
	'{"a":"A\",\\","b":"18.0","c":"-7","d":"123456789012345678901","e":"18"}' \
	'[1,1,1,1,0]' "numbers among them as they stand in the line"
keys '["x",7,2.50]' '{"a":"x","b":"7","c":"2.5"}' '[1,1,1]' \
	"or behind a pointer" --answer /x/k
keys '["1","one"]' '{"a":"1.0","b":"one"}' '[1,0]' \
	"--match number passes over a key without a number" --match number
keys '["b","(C)"]' '{"a":"B","b":"Answer: c","c":"A"}' '[1,1,0]' \
	"--match choice takes several" --match choice
keys '["One","Eins"]' '{"a":"is eins.","b":"is two."}' '[1,0]' \
	"--match regex too" --match regex --pattern 'is (\w+)' --ignore-case
jq -nc '{answer: [range(2000) | tostring], responses: {a: "1999", b: "2000"}}' >in
is "$(key -q in | jq -c .quality)" '{"a":1,"b":0}' "many of them too"

# --- bytes do not depend on -j --------------------------------------------------

jq -nc 'range(3000) | {answer: (. % 4 | [65 + .] | implode),
	responses: {m: "so the answer is (\(. % 3 | [65 + .] | implode))",
	n: (if . % 5 == 0 then "none" else "C" end)}}' >many
key -j 1 --match choice many >one 2>err1
key -j 7 --match choice many >seven 2>err7
same one seven "-j changes no byte"
same err1 err7 "and no count"
is "$(jq -s 'map(.quality.m) | add' one)" 750 "and they are right"
is "$(head -n 1 err1)" "rl-label: m: 750 of 3000 right; n: \
$(jq -s 'map(.quality.n) | add' one) of 3000 right" "and counted"
jq -nc 'range(3000) | {answer: "x", responses: {
	"\(5000 - .)": "x", "\(if . == 1000 then "" else "7\u001b" end)": "y"}}' >names
key -j 7 names >out 2>err
is "$(cat err)" "rl-label: 5000: 1 of 1 right; 7?: 0 of 2999 right; 4999: 1 of 1 \
right; 4998: 1 of 1 right; 4997: 1 of 1 right; 4996: 1 of 1 right; 4995: 1 of 1 \
right; 4994: 1 of 1 right; 2994 more models" "of many models the first are named"

# --- what is wrong (more of it is in tests/bad) -----------------------------------------------------------------

wrong() { # wrong MESSAGE RECORD [OPTION ...]
	message=$1
	echo "$2" >in
	shift 2
	key "$@" in >out 2>err
	is "$?: $(cat err)" "1: rl-label: in:1$message" "$message"
	[ ! -s out ]
	ok $? "and nothing is written"
}
wrong ': k: missing' '{"answer":"b","responses":{"a":"b"}}' --answer k
wrong ': responses: missing' '{"answer":"b"}'
wrong ': responses: empty' '{"answer":"b","responses":{}}'
wrong ": answer: no number to be found in 'none'" \
	'{"answer":"none","responses":{"a":"1"}}' --match number
wrong ": answer: no letter of a choice to be found in '3': EXAMPLES of \
rl-label(1) make letters of numbers" \
	'{"answer":"3","responses":{"a":"1"}}' --match choice
wrong ": answer: no letter of a choice to be found in 'none'" \
	'{"answer":["none",3],"responses":{"a":"1"}}' --match choice
wrong ': answer: expected a number or a string, or an array of them, found an '\
'empty array' '{"answer":[],"responses":{"a":"1"}}'
wrong ': answer: expected a number or a string, or an array of them, found an '\
'object' '{"answer":{"a":1},"responses":{"a":"1"}}'
wrong ': answer.1: expected a number or a string, found an array' \
	'{"answer":["a",["b"]],"responses":{"a":"1"}}'
wrong ': answer.2: number out of range' \
	'{"answer":["a",1,1e308],"responses":{"a":"1"}}'
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

# --- what RouteLLM has found ------------------------------------------------------

# its own verdicts on 20 answers of each model to GSM8K; the keys are that set's
csv=$RK_SHARED/data/routellm/gsm8k/gsm8k_responses_sample20.csv
if [ -f "$csv" ]; then
	printf '%s\n' 18 3 70000 540 20 64 260 160 45 460 366 694 13 18 60 125 \
		230 57500 7 6 >keys
	mlr --icsv --ojsonl --infer-none --no-auto-unflatten cat "$csv" |
		jq -sc --rawfile k keys '
		($k | split("\n")) as $k | to_entries[] | .key as $i | .value |
		(keys_unsorted | map(select(endswith("_response")))) as $m | {
		answer: $k[$i],
		want: with_entries(select(.value == "True" or .value == "False") |
			.value |= if . == "True" then 1 else 0 end),
		responses: with_entries(select(.key | IN($m[])) |
			.key |= rtrimstr("_response"))}' >gsm8k
	key -q --match number gsm8k >out
	is "$(jq -s 'map(.quality | length) | add' out)" 40 "GSM8K: 40 answers"
	is "$(jq -s 'all(.quality == .want)' out)" true \
		"each is right where RouteLLM says so"
else
	skip "RouteLLM's verdicts on GSM8K" "no shared data"
fi

# --- the manual ----------------------------------------------------------------------

# those of a key: blocks whose last command is, or ends in, an rl-label
awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Bd/ { b = "" } !/^\./ { b = b $0 "\n" }
	on && /^\.Ed/ && b ~ /^\$/ { printf "%s", b >("example." ++n) }' \
	"$root/man/rl-label.1"
for e in example.*; do
	sed '/^[$ ] *rl-label/q' "$e" | sed 's/^\$ //' >commands
	sed '1,/^[$ ] *rl-label/d' "$e" >want
	sh ./commands >got 2>err.$e
	[ -s want ] && cmp -s got want
	ok $? "what the manual's $e prints is what it says"
done
is "$(ls example.* | wc -l | tr -d ' ')" 3 "the manual has examples"
like "$(cat err.example.1)" "*a: 1 of 2 right; b: 1 of 2 right
*1 of 4 responses had no number to be found*" \
	"the first tells what the manual says is told"

awk 'BEGIN { for (i = 0; i < 50000; i++) gap = gap "\\n"
	print "{\"prompt\":\"q\",\"answer\":\"B\",\"responses\":{\"m\":\"The answer" \
	    gap "x\"}}" }' >gap
exits 0 "white space without end within a statement is read" \
	rl-label key -q --match choice gap

finish
