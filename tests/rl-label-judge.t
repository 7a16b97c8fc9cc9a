#!/bin/sh
# rl-label judge: the judge is a server of the tests' own, which gives the
# verdict that the request names.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"
unset RK_DATA

# --- scores --------------------------------------------------------------------

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
exits 2 "nor may --answer name one then" judge --mode pair --answer key in
exits 2 "--answer and --reference exclude each other" judge --answer key \
	--reference big in
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

# --- the manual ----------------------------------------------------------------

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
