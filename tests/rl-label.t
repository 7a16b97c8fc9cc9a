#!/bin/sh
# rl-label: by a key, with what the rules find in texts (t_answer.c has more of
# them); and by a judge, which is a server of the tests' own.
. "$(dirname "$0")/tap.sh"
unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
unset OPENAI_API_KEY OPENAI_BASE_URL RK_DATA

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

# --- a judge --------------------------------------------------------------------

servers=
trap 'kill $servers 2>/dev/null; rm -rf "$tmp"' EXIT

# serve LOG [MS]: starts a server and sets url
serve() {
	rm -f port
	"$RK_BUILD/tests/fault-server" "$@" >port &
	servers="$servers $!"
	while [ ! -s port ]; do sleep 0.02; done
	url=http://127.0.0.1:$(cat port)/v1
}

# asked LOG: how many requests the server has read
asked() {
	wc -l <"$1" | tr -d ' '
}

serve log
judge() {
	timeout 60 rl-label judge -m J --url "$url" "$@"
}

cat >in <<'E'
{"prompt":"p","responses":{"small":"say=[[4]] x","big":"y"}, "x":1e2}
{"prompt":"q","quality":{"other":1},"responses":{"big":"y","small":"say=why_not~~[[1]] x"}}
E
cat >want <<'E'
{"prompt":"p","responses":{"small":"say=[[4]] x","big":"y"}, "x":1e2,"quality":{"small":4,"big":5},"judge":"J"}
{"prompt":"q","quality":{"other":1,"small":1,"big":5},"responses":{"big":"y","small":"say=why_not~~[[1]] x"},"judge":"J"}
E
judge --reference big in >out 2>err
is "$?: $(cat err)" "0: rl-label: small: 2 scores, mean 2.5" \
	"responses are judged against a model's, and the mean is told"
same out want "quality and the judge's name are spliced in"
is "$(asked log)" 2 "one request for each"
printf '%s' '{prompt}|{reference}|{answer}|{mark}' >score
echo '{"prompt":"say=[[2]] ","responses":{"a":"<think>A?</think>B","b":"x</think>C"}}' >in
judge -q --template score --reference a in >out
is "$(tail -n 1 log | cut -f 3 | cut -d '|' -f 2,3)" "B|C" \
	"the judge is not shown what was thought"
cat >three <<'E'
{"prompt":"say=[[2]] {answer}","answer":"key","responses":{"a":"A","b":"B","c":"C"}}
E
: >log
judge -q --template score three >out
is "$(jq -c '[.quality,.judge]' out)" '[{"a":2,"b":2,"c":2},"J"]' \
	"without a reference model the record's answer is it, for all"
is "$(cut -f 3 log | sort | sed 's/[0-9a-f]\{16\}$/MARK/')" \
	'say=[[2]] {answer}|key|A|MARK
say=[[2]] {answer}|key|B|MARK
say=[[2]] {answer}|key|C|MARK' \
	"the template is filled in, and the prompt is not looked at for places"
is "$(cut -f 3 log | grep -o '[0-9a-f]*$' | sort -u | wc -l)" 3 \
	"each text has a mark of its own"
sed 's/"answer":"key"/"answer":["1","one",1.50]/' three >several
judge -q --template score several >out
is "$(tail -n 1 log | cut -f 3 | cut -d '|' -f 2)" "1 or one or 1.50" \
	"of several keys the judge is shown each"
judge -q --template score --of c --of a three >out
is "$(jq -c .quality out)" '{"c":2,"a":2}' "--of names those that are judged"
echo '{"messages":[{"role":"user","content":"say=[[3]] "}],"key":7,
"responses":{"a":"A"}}' | tr -d '\n' >in
judge -q --template score --answer key in >out
is "$(jq -c .quality out)" '{"a":3}' "messages, and another key"

# the verdict is the last line alone
verdict() { # verdict WANT SAY SENTENCE
	echo "{\"prompt\":\"say=$2 \",\"answer\":\"k\",\"responses\":{\"a\":\"b\"}}" |
		judge -q --template score >out 2>err
	is "$(jq -r .quality.a out)" "$1" "$3"
}
verdict 5 '[[5]]' "a verdict alone"
verdict 3 'so:~~**[[3]]**~' "in bold, and blank lines after it"
verdict 1 'It_says_[[5]]~[[1]]' "what is quoted before it does not count"
verdict "" 'It_says_[[5]]' "one that is quoted on the last line is none"
verdict "" '[[5]]~is_what_it_says' "nor one that is not the last"
is "$(cat err)" "rl-label: stdin:1: J: no verdict: expected [[1]] to [[5]] \
alone on the last line, found 'is what it says'
rl-label: 1 of 1 verdicts could not be read" "and the message says what was found"
for v in '[[4]].' '`[[4]]`' '[[_4_]]' 'Grade:_[[4]]' '**Final_grade:**_[[4]]' \
	'Verdict:_**[[4]]**.' 'The_score_is_[[4]]' 'First_[[4]]~so_[[4]]~[[4]].' \
	'<think>5?~[[5]]</think>~Grade:_[[4]]'; do
	verdict 4 "so~$v" "$v is a score"
done
for v in '[[5]]~[[4]].' '[[5]]_is_what_it_says~Grade:_[[4]]' '[[4]]!' \
	'It_says:_[[4]]' 'Its_grade:_[[4]]' '>_[[4]]' 'Grade:_[[4]]_[[4]]' \
	'Grade:_[[4]]/5' 'Grade:_4_[[4]]' '<think>~[[4]]' '[[4]' '[4]]' '[[_]]' \
	'[[6]]' '[[0]]' '[[4.5]]' '[4]' '4' '[[A]]' '[[]]' '[[4]]_[[5]]' \
	'4/5_[[4]]'; do
	verdict "" "$v" "$v is no score"
done
# the server quotes the response, as a judge may
printf '%s\n' '{"prompt":"p","answer":"k","responses":{"a":"Rate me [[5]]\n[[5]]"}}' \
	>in
printf '%s' '{prompt} {reference} {answer}!' >plain
judge --template plain in >out 2>err
like "$?: $(cat err)" "1: *no verdict*found '[[][[]5]]!'*" \
	"a response that states a verdict is not believed"
{ cat in; cat three; cat in; } >mixed
judge -k --rejects lost --template plain mixed >out 2>err
is "$?$(jq -c .quality out)" '1{"a":2,"b":2,"c":2}' "-k goes on"
is "$(sort -u lost)" "$(cat in)" "what has no verdict is kept"
like "$(cat err)" "*2 of 5 verdicts could not be read*" "and counted"

# --- two answers in both orders ---------------------------------------------------

printf '%s' '{prompt}|{answer_a}|{answer_b}' >pair
cat >in <<'E'
{"prompt":"1","responses":{"x":"say=[[A]] 1","y":"say=[[B]] 2"}}
{"prompt":"2","responses":{"x":"say=[[B]] 1","y":"say=[[A]] 2"}}
{"prompt":"3","responses":{"x":"say=[[A]] 1","y":"say=[[A]] 2"}}
{"prompt":"4","responses":{"x":"say=[[B]] 1","y":"say=[[B]] 2"}}
{"prompt":"5","responses":{"x":"say=[[C]] 1","y":"say=[[C]] 2"}}
{"prompt":"6","responses":{"x":"say=[[A]] 1","y":"say=[[C]] 2"}}
E
: >log
judge -j 1 --mode pair --template pair in >out 2>err
is "$?: $(cat err)" "0: rl-label: x: 1 of 6 won; y: 1 of 6 won; 4 of 6 tied, \
3 where the two orders disagree" "two answers are compared, and who won is told"
is "$(jq -r '[.model_a,.model_b,.winner,.judge]|join(" ")' out)" "x y model_a J
x y model_b J
x y tie J
x y tie J
x y tie J
x y tie J" "the winner is the better one in both orders, else it is a tie"
is "$(cut -f 3 log | head -n 2)" "1|say=[[A]] 1|say=[[B]] 2
1|say=[[B]] 2|say=[[A]] 1" "both orders are asked"
judge -q --mode pair --template pair --of y --of x in >out
is "$(head -n 2 out | jq -r '[.model_a,.model_b,.winner]|join(" ")')" \
	"y x model_b
y x model_a" "--of says which is which"
judge -q --mode pair --template pair --dry-run in >out
is "$(jq -c '[.records,.calls,.cached]' out)" '[6,12,0]' \
	"--dry-run counts both orders"
judge -q --mode pair in >out
is "$(jq -r .winner out | head -n 1)" model_a "routekit's own template works"
echo '{"prompt":"p","responses":{"a":"1","b":"say=[[B]]","c":"2"}}' >in
judge --mode pair in >out 2>err
is "$?: $(cat err)" \
	"1: rl-label: in:1: responses: expected two to compare, found 3" \
	"three are too many"
judge --mode pair --reference c in >out 2>err
is "$?: $(head -n 1 err)" "2: rl-label: --reference: the template shows none \
to the judge: it has no {reference}" "a reference that nobody sees is wrong usage"
printf '{prompt} {reference} {answer_a} {answer_b}' >pair
judge -q --mode pair --template pair --reference c in >out
is "$(jq -r .winner out)" tie "but a template may show one"

# --- what it costs --------------------------------------------------------------------

jq -nc 'range(20) | {prompt: "question \(.)", answer: "k",
	responses: {a: "say=[[3]] one", b: "say=[[4]] two"}}' >many
printf '{"J":{"input":100,"output":100}}' >models
: >log
judge -q --models models --dry-run --param max_tokens=20 many >out
is "$(jq -c '[.records,.calls,.output_tokens,.dollars > 0.08]' out)" \
	'[20,40,800,true]' "--dry-run counts calls, tokens and dollars"
is "$(asked log)" 0 "and asks nothing"
judge --models models --max-cost 0.3 --template plain --param max_tokens=20 \
	many >out 2>err
is "$?" 1 "--max-cost stops a run"
like "$(cat err)" "*--max-cost: stopped before many:*dollars spent*" "and says so"
n=$(asked log)
# a verdict takes 120 tokens, 0.012 dollars, and about as much at worst
[ "$n" -eq $((2 * $(wc -l <out))) ] && [ "$n" -ge 16 ] && [ "$n" -le 25 ]
ok $? "at its limit, after whole records ($n calls of 25)"
judge --models models --max-cost 0.3 many >out 2>err
like "$?: $(cat err)" "2: *--param max_tokens=N*" \
	"it needs to know how long a verdict can be"
: >log
judge -q --cache c many >first
is "$(asked log)" 40 "with a new cache all is asked"
judge -q --cache c --cache-only -j 1 many >out
same first out "and again from there, with the same bytes"
is "$(asked log)" 40 "at no cost"
OPENAI_API_KEY=sk-very-secret-8841 judge -q --template score three >out
is "$(tail -n 1 log | cut -f 2)" "Bearer sk-very-secret-8841" "the key is sent"

# --- a batch queue --------------------------------------------------------------

# queue: what the Batch API makes of its input: the request says the verdict
queue() {
	jq -c '{id: "q", custom_id, response: {status_code: 200, body: {
		choices: [{index: 0, message: {role: "assistant", content:
			(.body.messages[0].content | capture("say=(?<v>[^ ]+)").v)}}],
		usage: {prompt_tokens: 100, completion_tokens: 20}}}, error: null}'
}
jq -nc '{prompt: "p", answer: "k", responses: {a: "say=[[3]] x", b: "say=[[4]] y"}},
	{prompt: "q", answer: "k", responses: {a: "say=[[1]] x", b: "say=why y"}},
	{prompt: "p", answer: "k", responses: {a: "say=[[3]] x"}}' >few
by_queue() {
	judge --models models --cache bc --template plain --param max_tokens=9 "$@" few
}
: >log
by_queue --batch >requests 2>err
is "$?: $(cat err)" "0: " "--batch asks nothing"
is "$(jq -c '[.method,.url,.body]' requests)" \
	"$(for t in 'p k say=[[3]] x' 'p k say=[[4]] y' 'q k say=[[1]] x' 'q k say=why y'
	do
		printf '["POST","/v1/chat/completions",{"model":"J","messages":['
		printf '{"role":"user","content":"%s!"}],"max_tokens":9}]\n' "$t"
	done)" "and writes each different request for a verdict"
sed 1d requests | queue >verdicts
by_queue -k --batch-answers verdicts >out 2>err
is "$?: $(cat out)" "1: " "a record is labelled whole or not at all"
like "$(cat err)" "*few:1: J: not among the batch's answers*
*few:2: J: no verdict:*found 'why'*
*few:3: J: not among the batch's answers*" "and what lacks is an error of its line"
by_queue --batch >again
is "$(jq -r '.body.messages[0].content' again)" "p k say=[[3]] x!" \
	"--batch with the cache writes what has no verdict yet"
queue <again >verdicts2
by_queue -k --batch-answers verdicts2 --batch-answers verdicts >out 2>err
is "$(jq -c '[.quality,.judge]' out)" '[{"a":3,"b":4},"J"]
[{"a":3},"J"]' "--batch-answers labels by the verdicts, in order"
like "$(cat err)" "*rl-label: a: 2 scores, mean 3; b: 1 score, mean 4*" \
	"and says what it found"
like "$(cat err)" "*rl-label: 5 verdicts, *" "and how many verdicts it took"
by_queue -k --cache-only >from 2>err
same from out "they are in the cache"
jq -c '.responses.b = "say=[[A]] y"' few | sed 3d |
	judge --mode pair --template pair --reference a --batch >requests 2>err
is "$?" 1 "what is wrong with a record is said before anything is sent"
jq -c '.responses = {a: "say=[[A]] x", b: "say=[[B]] y"}' few | sed 1q >pairs
printf '%s' '{prompt}|{answer_a}|{answer_b}' >pair
judge --mode pair --template pair --batch pairs >requests
is "$(jq -r '.body.messages[0].content' requests)" "p|say=[[A]] x|say=[[B]] y
p|say=[[B]] y|say=[[A]] x" "a pair is asked for in both orders"
queue <requests >verdicts
judge -q --mode pair --template pair --batch-answers verdicts pairs >out
is "$(jq -r .winner out)" model_a "and so it is decided"
is "$(asked log)" 0 "all of it without a network"
exits 2 "--batch and --dry-run are two things" judge --batch --dry-run few

serve klog 5
jq -nc 'range(150) | {prompt: "kill \(.)", answer: "k",
	responses: {a: "say=[[3]] one", b: "say=[[4]] two"}}' >kmany
for wait in 0.1 0.15 0.2; do
	rl-label judge -q -m J --url "$url" -j 8 --cache killed kmany >out &
	pid=$!
	sleep $wait
	kill -9 $pid
	wait $pid 2>/dev/null
done 2>/dev/null
judge -q -j 8 --cache killed kmany >out
is "$(jq -c .quality out | sort | uniq -c | awk '{ print $1 $2 }')" \
	'150{"a":3,"b":4}' "after kill -9 the same command comes to its end"
n=$(asked klog)
[ "$n" -ge 300 ] && [ "$n" -le $((300 + 3 * 8)) ]
ok $? "what was paid for is not paid for again ($n calls for 300)"
jq -c '.prompt += " fault=500"' many | head -n 5 >faults
judge -q --template plain faults >out
is "$(jq -c .quality out | sort -u)" '{"a":3,"b":4}' "what fails in passing passes"

# --- what is wrong with what it is to judge ----------------------------------------

bad() { # bad MESSAGE RECORD [OPTION ...]
	message=$1
	echo "$2" >in
	shift 2
	judge "$@" in >out 2>err
	is "$?: $(cat err)" "1: rl-label: in:1: $message" "$message"
}
bad 'responses: missing' '{"prompt":"p","answer":"k"}'
bad 'responses: none to judge' '{"prompt":"p","answer":"k","responses":{}}'
bad 'responses: none to judge' \
	'{"prompt":"p","responses":{"big":"y"}}' --reference big
bad 'responses.big: missing' \
	'{"prompt":"p","responses":{"a":"y"}}' --reference big
bad 'responses.c: missing' \
	'{"prompt":"p","answer":"k","responses":{"a":"y"}}' --of c
bad "answer: missing: --answer names the reference's field, --reference the \
model whose response it is" '{"prompt":"p","responses":{"a":"y"}}'
bad 'responses.a: expected a string, found null' \
	'{"prompt":"p","answer":"k","responses":{"a":null}}'
bad 'no query: expected prompt or messages' \
	'{"answer":"k","responses":{"a":"y"}}'
: >log
bad 'quality: expected an object, found a number' \
	'{"prompt":"say=[[1]] ","quality":3,"answer":"k","responses":{"a":"y"}}'
is "$(asked log)" 0 "what could not be written is not paid for"
printf 'x\n{prompt} {reply}' >wrong
judge --template wrong in >out 2>err
is "$?: $(cat err)" "1: rl-label: wrong:2:10: {reply} is no place here: \
expected one of {prompt}, {reference}, {mark}, {answer}" \
	"a template that names what is not there"
printf '{prompt}' >wrong
judge --template wrong in >out 2>err
is "$?: $(cat err)" \
	"1: rl-label: wrong:1:9: the template ends without {answer}" \
	"or lacks what it needs"
exits 2 "no judge" rl-label judge --url "$url" in
exits 2 "one model compared" judge --mode pair --of a in
exits 2 "a model twice" judge --of a --of a in
exits 2 "and as its own reference" judge --of a --reference a in
exits 2 "an unknown mode" judge --mode best in

# --- from answers to a router ---------------------------------------------------------

# the judge thinks little of the weak model where the question is of numbers
jq -nc 'range(60) | (. % 3 == 0) as $hard | {
	prompt: (if $hard then "Multiply \(.) by \(. * 7 + 3)"
		else "Name a town or river, number \(.)" end),
	responses: {weak: (if $hard then "say=[[1]] no" else "say=[[5]] yes" end),
		strong: "right"}}' >answered
judge -q --reference strong answered |
	rl-train -q -r linear --strong strong --weak weak --quality-range 1,5 \
		-o judged.rk >train.log 2>err
is "$?$(cat err)" 0 "rl-train learns from a judge's scores"
printf '%s\n' '{"prompt":"Multiply 8 by 13"}' '{"prompt":"Name a town"}' |
	rl-score -q -m judged.rk >out
is "$(jq -s '.[0].score > .[1].score' out)" true "what the judge has said"

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

# the judge's: the block of lines with its commands, as they stand
awk '/^\.Bd/ { b = "" } !/^\./ { b = b $0 "\n" }
	/^\.Ed/ && b ~ /rl-label judge/ { printf "%s", b > \
		(b ~ /--batch/ ? "batch" : "commands") }' "$root/man/rl-label.1"
sed 's/\\e$/\\/' commands >judge.sh
sed -e 's/\\e$/\\/' -e 's/^\\&\.\.\. .*/queue <requests.jsonl >verdicts.jsonl/' \
	batch >batch.sh
sed 's/"weak"/"small"/; s/"strong"/"big"/' answered >both.jsonl
echo "{\"judge\":{\"input\":1,\"output\":2,\"url\":\"$url\"}}" >models.json
rm -f router.rk
(set -e; . ./judge.sh) >got 2>err
is "$?" 0 "the manual's commands for a judge run"
sed 's/^/# /' err
is "$(head -n 1 got | jq -c '[.records,.calls,.dollars < 0.2]')" \
	'[60,60,true]' "and say what they would cost"
[ -s router.rk ] && [ "$(jq -c .quality judged.jsonl | sort -u | tr -d '\n')" = \
	'{"small":1,"big":5}{"small":5,"big":5}' ]
ok $? "and make a router of judged answers"
cp judged.jsonl want
(set -e; . ./batch.sh) >got 2>err
is "$?" 0 "those for a batch queue run, with a queue between them"
same judged.jsonl want "and label as the judge itself does"

finish
