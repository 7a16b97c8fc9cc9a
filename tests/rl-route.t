#!/bin/sh
# rl-route: many models and money, guards, reasons, and the share that is
# tracked. The pair's threshold and the stream contract are in stream.t.
. "$(dirname "$0")/tap.sh"

golden=$root/tests/golden/policy
cp "$golden"/*.json "$golden"/*.jsonl .

# --- against rational numbers ------------------------------------------------

while read -r args && read -r want; do
	is "$(rl-route -q $args --models models.json in.jsonl |
		jq -r .route | tr '\n' ' ')" "$want " "routes of $args"
done <"$golden/routes.txt"
[ "$(wc -l <"$golden/routes.txt")" -eq 20 ]
ok $? "there are ten kinds of routes"

many="--sample sample.jsonl --budget 0.003 --models models.json"
rl-route -q -j1 $many in.jsonl in.jsonl in.jsonl in.jsonl in.jsonl >one
rl-route -q -j7 $many in.jsonl in.jsonl in.jsonl in.jsonl in.jsonl >seven
same one seven "-j1 and -j7 write the same bytes"
jq -c 'del(.route)' one | head -60 >rest
jq -c . in.jsonl | cmp -s - rest
ok $? "only the route is added"
rl-route -q $many --score scores in.jsonl >out
head -60 one >want
same out want "-s scores is the default"

# --- a mix ---------------------------------------------------------------------
# One step for all: half of the queries go to the dear model.

awk 'BEGIN { for (i = 0; i < 2000; i++)
	printf "{\"id\":%d,\"prompt\":\"p%d\",\"scores\":{\"a\":0.25,\"b\":0.75},\"predicted_costs\":{\"b\":3,\"a\":1}}\n", i, i % 1000 }' >tied
rl-route --budget 2 --sample tied tied >out 2>err
n=$(grep -c '"route":"b"' out)
[ "$n" -gt 860 ] && [ "$n" -lt 1140 ] # 6 standard errors of 1,000 coins
ok $? "a mix hits the budget: $n of 2000"
like "$(cat err)" "*budget asked 2 dollars a query*\
reached 2 dollars a query and quality 0.5 at lambda 0 or, with the chance 0.5, 1e+300 (2000 records)" \
	"what is reached is said"
head -1000 out | jq -r .route >first
tail -1000 out | jq -r .route >second
same first second "the same prompt goes the same way"
sed 's/"prompt":"\(p[0-9]*\)"/"messages":[{"role":"user","content":"\1"}]/' \
	tied >turns
rl-route -q --budget 2 --sample tied turns | jq -r .route >turned
jq -r .route out >all
same turned all "... in messages too"
rl-route -q --quality 1 --sample tied tied | jq -r .route >third
is "$(sort -u third)" b "--quality is of the best single model's"

# --- what rl-score writes ---------------------------------------------------------
# Long prompts are hard for small, and easy for big.

awk 'BEGIN { for (i = 0; i < 200; i++)
	printf "{\"prompt\":\"%0*d\",\"quality\":{\"big\":1,\"small\":%d}}\n",
	    i * 37 % 200 + 1, i, i * 37 % 200 < 100 }' >outcomes
echo '{"big":{"call":2},"small":{"call":1}}' >calls
rl-train -q -r length -o length.rk outcomes >report 2>err &&
	rl-score -q -m length.rk --all outcomes >scored 2>err
ok $? "rl-score --all gives qualities"
rl-route -q --budget 1.5 --sample scored --models calls scored >out 2>err
is "$(jq -r 'select(.prompt | length > 100) | .route' out | sort | uniq -c |
	tr -s ' ')" " 100 big" "half of the calls are bought: the hard half"
is "$(grep -c '"route":"small"' out)" 100 "... and no other"

# --- prices, from bytes ----------------------------------------------------------
# é is 2 bytes, the escape \u00e9 too, the pair of surrogates 4: 8 bytes.

echo '{"m":{"input":1000000,"output":0},"n":{"call":2.5}}' >dear
for p in '"\u00e9é\ud83d\ude00"' '"éééé"' '"a\"\\\/\b\f\n\r"' '"12345678"'; do
	rl-route -q --lambda 1 --models dear --explain >out <<-E
	{"scores":{"m":1,"n":0},"prompt":$p}
	E
	is "$(jq -c .why.costs out)" '{"m":2,"n":2.5}' "$p is 8 bytes, 2 tokens"
done
echo '{"scores":{"m":1},"messages":[{"role":"system","content":"1234"},
	{"role":"user","content":[{"type":"text","text":"12"},
	{"type":"text","text":"éé"}]}]}' | tr -d '\n\t' |
	rl-route -q --lambda 1 --models dear --explain >out
is "$(jq .why.costs.m out)" 2.5 "all turns and all parts count"
rl-route -q --lambda 1 --models dear --explain >out <<'E'
{"prompt":"1234","tools":[],"scores":{"m":1},"predicted_costs":{"x":1}}
E
is "$(jq .why.costs.m out)" 1 "a cost of another model is no cost"
echo '{"m":{"input":0,"output":1000000}}' >answer
rl-route -q --lambda 1 --models answer --explain --output-tokens 3 >out <<'E'
{"scores":{"m":1}}
E
is "$(jq .why.costs.m out)" 3 "--output-tokens is how long an answer is"
prices=$RK_SHARED/data/outcomes/llmrouter9-prices.json
if [ -f "$prices" ]; then
	rl-route -q --lambda 1 --models "$prices" --explain >out <<'E'
{"scores":{"codegemma-7b":1},"prompt":"12345678"}
E
	is "$(jq '.why.costs["codegemma-7b"] * 1e6 | . * 10 | round' out)" 516 \
		"a public price file is read as it is"
else
	skip "a public price file is read as it is" "no shared data"
fi

# --- guards -----------------------------------------------------------------------

cat >two <<'E'
{"big":{"call":1,"context":1000},"small":{"call":0,"context":300,"tools":true,
"images":true}}
E
pair="-t 0.5 --strong big --weak small --models two"
long=$(printf '%0180d' 0)
cat >guarded <<E
{"score":1,"prompt":"x"}
{"score":0,"prompt":"x"}
{"score":0,"prompt":"$long"}
{"score":1,"prompt":"x","tools":[{}]}
{"score":1,"prompt":"x","tools":null}
{"score":1,"messages":[{"role":"user","content":[{"type":"image_url"}]}]}
{"score":1,"messages":[{"role":"user","content":[{"type":"input_image"}]}]}
E
exits 0 "a pair has guards" rl-route -q $pair --explain guarded
is "$(jq -r .route out | tr '\n' ' ')" \
	"big small big small big small small " "guards send where it can be taken"
is "$(jq -c .why.guards out | tr '\n' ' ')" \
	'null null {"small":"context"} {"big":"tools"} null {"big":"images"} {"big":"images"} ' \
	"--explain says which guard spoke"
printf '{"score":1,"prompt":"%s","tools":[1]}\n' "$long" >none
exits 1 "a query that neither can take is bad" rl-route -q $pair none
is "$(cat err)" "rl-route: none:1: no model can take it (small: context, big: \
tools)" "... and the reasons are said"
cat none none | rl-route $pair --default x --explain >out 2>err
is "$(jq -c '[.route,.why]' out | head -1)" \
	'["x",{"default":"no model can take it (small: context, big: tools)"}]' \
	"--default takes it, and why says so"
is "$(cat err)" "rl-route: 2 lines were such as no model can take: routed to x" \
	"... and they are counted"
sed 's/"score":./"scores":{"big":1,"small":0}/' none >none.many
exits 1 "of many too" rl-route -q --lambda 1 --models two none.many
is "$(cat err)" "rl-route: none.many:1: no model can take it (big: tools, \
small: context)" "... with the reasons"
printf '{"score":1}\n' >bare
exits 1 "without a text a context is no guard: an error" \
	rl-route -q $pair bare
is "$(cat err)" "rl-route: bare:1: neither prompt nor messages: is it longer \
than big's context?" "... that says so"
jq -c 'if .prompt then {score, body: {messages:
		[{role: "user", content: .prompt}], tools}}
	else {score, body: {messages}} end' guarded >bodies
exits 0 "--prompt may be a pointer" \
	rl-route -q $pair --prompt /body/messages --explain bodies
is "$(jq -c .why.guards out | tr '\n' ' ')" \
	'null null {"small":"context"} {"big":"tools"} null {"big":"images"} {"big":"images"} ' \
	"... and guards look there, and for the tools beside it"
jq -c '{score, text: .prompt} | select(.text)' guarded >texts
exits 0 "--prompt may be a field" \
	rl-route -q $pair --prompt text --explain texts
is "$(jq -c .why.guards out | tr '\n' ' ')" \
	'null null {"small":"context"} null null ' "... and guards look there"
exits 1 "no prompt there is an error" rl-route -q $pair --prompt /no bodies
is "$(cat err)" "rl-route: bodies:1: the prompt is missing: is it longer than \
big's context?" "... that says so"
echo '{"score":1,"body":{"prompt":"x","tools":{}}}' >bare
exits 1 "tools there must be an array" rl-route -q $pair --prompt /body/prompt bare
is "$(cat err)" "rl-route: bare:1: /body/tools: expected an array" \
	"... and are named"
exits 2 "without prices and mixes no prompt is read" \
	rl-route -t 0.5 --prompt text texts
exits 1 "a pair's model without a price fails" \
	rl-route -q -t 1 --models two in
is "$(cat err)" "rl-route: two: no model 'strong'; it has: big, small" "... and is named"

# --- reasons ------------------------------------------------------------------------

echo '{"score":0.75,"why":1}' | rl-route -q -t 0.5 --explain >out
is "$(cat out)" '{"score":0.75,"why":{"score":0.75,"threshold":0.5},"route":"strong"}' \
	"why replaces why; a pair's are score and threshold"
head -1 tied | rl-route -q --lambda 3.5 --explain >out
is "$(jq -c .why out)" '{"lambda":3.5,"qualities":{"a":0.25,"b":0.75},"costs":{"a":1,"b":3}}' \
	"many models' are lambda, qualities and costs"
rl-route -q --budget 2 --sample tied --explain tied >out
is "$(jq -c 'select(.why.mixed) | [.route,.why.lambda]' out | sort -u)" \
	'["a",0]
["b",1e+300]' "a mix says which policy decided"
is "$(jq -c .why.mixed out | sort | uniq -c | tr -s ' ')" " 2000 true" \
	"... and that it did"

# --- bad prices -----------------------------------------------------------------------

# refuses PRICES MESSAGE
refuses() {
	printf '%s' "$1" >prices
	head -1 tied | rl-route -q --lambda 1 --models prices >out 2>err
	is "$?: $(cat err)" "1: rl-route: $2" "prices: $2"
}
refuses '{"a":{}}' \
	"prices: a: no price: expected input and output, or call"
refuses '{"a":{"input":1}}' "prices: a: output: missing"
refuses '{"a":{"output":1}}' "prices: a: input: missing"
refuses '{"a":{"call":-1}}' \
	"prices: a: call: expected dollars, from 0 to 1e+09, found -1"
refuses '{"a":{"call":1e308}}' \
	"prices: a: call: expected dollars, from 0 to 1e+09, found 1e+308"
refuses '{"a":{"call":NaN}}' "prices:1: invalid token near 'NaN'"
refuses '{"a":{"call":"NaN"}}' "prices: a: call: expected dollars, a number"
refuses '{"a":{"call":null}}' "prices: a: call: expected dollars, a number"
refuses '{"a":{"call":1e999}}' "prices:1: real number overflow near '1e999'"
refuses '{"a":{"call":1,"input":1}}' "prices: a: two prices: expected input \
and output, or call, and not both"
refuses '{"a":{"input":1,"input_price":1,"output":1}}' \
	"prices: a: input_price: said twice, by two names"
refuses '{"a":{"call":1,"colour":1}}' "prices: a: 'colour': expected input, \
output, call, context, tools, images, url, key_env or model"
refuses '{"a":{"call":1,"context":0}}' \
	"prices: a: context: expected tokens, a whole number of at least 1"
refuses '{"a":{"call":1,"tools":1}}' "prices: a: tools: expected true or false"
refuses '{"a":1}' "prices: a: expected an object of prices"
refuses '{"a":{"call":1},"a":{"call":1}}' "prices:1: duplicate object key near '\"a\"'"
refuses '{"":{"call":1}}' "prices: a model's name is empty"
refuses '{}' "prices: expected an object of at least one model"
refuses '[1]' "prices: expected an object of at least one model"
refuses '' "prices:1: '[' or '{' expected near end of file"
refuses '{"a":{"call":1}}' "stdin:1: scores.b: no such model in prices"
exits 1 "a missing price file fails" rl-route -q --lambda 1 --models nowhere tied
is "$(cat err)" "rl-route: nowhere: No such file or directory" "... and is named"

# --- bad records ------------------------------------------------------------------------

# prices and predictions
echo '{"a":{"call":5},"b":{"call":1}}' >prices.json
foretold='{"scores":{"a":0.9,"b":0.8},"predicted_costs":{"a":0,"b":1}}'
echo "$foretold" | rl-route --lambda 0.1 --models prices.json >out 2>err
is "$(jq -r .route out): $(cat err)" "a: rl-route: the records' predicted_costs \
were used, not the prices of prices.json: see --by-prices" \
	"where there are both, what was predicted counts, and that is said"
echo "$foretold" | rl-route --lambda 0.1 --models prices.json --by-prices >out 2>err
is "$(jq -r .route out): $(cat err)" "b: " "... --by-prices takes the prices"
echo "$foretold" | rl-route --lambda 0.1 --by-prices >out 2>err
like "$?$(cat err)" "2*--by-prices needs --models*" "... of a file"

# bad LINE MESSAGE [ARGS...]
bad() {
	line=$1 message=$2
	shift 2
	printf '%s\n' "$line" | rl-route -q --lambda 1 "$@" >out 2>err
	is "$?: $(cat err)" "1: rl-route: stdin:1: $message" "bad: $message"
}
bad '{"scores":{"a":1}}' "scores.a: no price: neither predicted_costs nor a \
file of models has one"
bad '{"scores":{"a":1,"b":1},"predicted_costs":{"a":1}}' "scores.b: no price: \
neither predicted_costs nor a file of models has one"
bad '{"scores":{"a":1},"predicted_costs":{"a":-1}}' \
	"predicted_costs.a: expected dollars, from 0 to 1e+09, found -1"
bad '{"scores":{"a":1},"predicted_costs":{"a":null}}' \
	"predicted_costs.a: expected a number, found null"
bad '{"scores":{"a":1},"predicted_costs":[]}' \
	"predicted_costs: expected an object, found an array"
bad '{"scores":{"a":"1"}}' "scores.a: expected a number, found a string"
bad '{"scores":{"a":1e7},"predicted_costs":{"a":1}}' \
	"scores.a: expected a quality, from 0 to 1, found 1e+07"
bad '{"scores":{}}' "scores: empty"
bad '{"score":1}' "scores: missing"
bad '{"scores":{"m":1}}' "neither prompt nor messages: what would m cost?" \
	--models dear
bad '{"scores":{"n":1},"prompt":1}' \
	"prompt: expected a string or chat messages" --models dear
bad '{"scores":{"n":1},"tools":1}' "tools: expected an array" --models dear

: >empty
exits 1 "an empty sample fails" rl-route -q --budget 1 --sample empty tied
is "$(cat err)" "rl-route: empty: no records" "... and is named"
exits 1 "an empty sample of a pair fails" \
	rl-route -q --share 0.5 --sample empty tied
exits 1 "a budget below the cheapest fails" \
	rl-route -q --budget 0.5 --sample tied tied
is "$(cat err)" "rl-route: tied: a query costs at least 1 dollars on the \
average, more than the 0.5 asked" "... and what it would cost is said"
is "$(wc -c <out)" 0 "... before anything is written"
exits 1 "a quality that no model has fails" \
	rl-route -q --quality 1.5 --sample tied tied
echo '{"scores":{"c":1},"predicted_costs":{"c":1}}' >other
cat tied other >mixed
exits 1 "without a model in all records none is the best single one" \
	rl-route -q --quality 1 --sample mixed tied
exits 0 "... but a budget needs none" \
	rl-route -q --budget 2 --sample mixed tied
echo '{"scores":{"a":1}}' >>mixed
exits 1 "a bad record of the sample fails" \
	rl-route -q --budget 2 --sample mixed tied
like "$(cat err)" "rl-route: mixed:2002: scores.a: no price*" "... and is named"

for o in "--lambda 1 --budget 1" "--lambda 1 -t 1" "--lambda 1 --sample tied" \
    "--budget 1" "--quality 1" "--lambda -1" "--lambda nan" "--budget -1" \
    "--lambda 1 --strong a --weak b" "--lambda 1 -m x" "-t 1 --track s" \
    "--lambda 1 --track s" "--share 1 --sample tied --alarm 0.1" \
    "-t 1 --output-tokens 3" "-t 1 --sample tied"; do
	rl-route $o tied >out 2>err
	[ $? = 2 ] && grep -q '^usage: ' err && ! [ -s out ]
	ok $? "wrong usage: $o"
done

# --- track -------------------------------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 1000; i++)
	printf "{\"score\":%.3f}\n", (i * 619 % 1000) / 1000 }' >flat
sed 's/0\./0.9/' flat >high
exits 1 "a track needs a sample to start" rl-route -q --share 0.3 --track st flat
is "$(cat err)" "rl-route: st: not there: a --sample is needed to start it" \
	"... and says so"
[ ! -e st ]
ok $? "... and leaves no state"
exits 1 "a state that cannot be written fails" rl-route -q --share 0.3 \
	--track nowhere/st --sample flat flat
is "$(cat err):$(wc -c <out)" "rl-route: nowhere/st: No such file or \
directory:0" "... before anything is written"
exits 0 "a track starts from a sample" \
	rl-route --share 0.3 --track st --sample flat flat
n=$(grep -c strong out)
[ "$n" -ge 290 ] && [ "$n" -le 310 ]
ok $? "it keeps its share: $n of 1000"
like "$(cat st)" '{"version":1,"score":"score","share":0.3,"threshold":0.6*,"step":*,"recent":*,"decisions":1000}' \
	"the state is a line of JSON"
cp st st1
cp st st7
rl-route -q -j1 --share 0.3 --track st1 flat high >one 2>err
rl-route -q -j7 --share 0.3 --track st7 flat high >seven 2>err
same one seven "-j1 and -j7 write the same bytes from the same state"
same st1 st7 "... and the same state"
cat flat high | rl-route -q --share 0.3 --track st2 --sample nowhere 2>err
is $? 1 "a sample that is needed must be there"
cp st st2
rl-route -q --share 0.3 --track st2 --sample nowhere flat >out
is $? 0 "one that is not needed is not read"
rl-route -q --share 0.3 --track st2 high >>out
same out one "two runs decide as one does"
same st2 st1 "... and leave the same state"

# scores that jump: the old threshold sends all, the track learns
rl-route -q -t 0.7 high >out
is "$(grep -c strong out)" 1000 "a threshold sends all when scores drift"
n=$(tail -1000 one | grep -c strong)
[ "$n" -ge 250 ] && [ "$n" -le 400 ]
ok $? "a track does not: $n of 1000"
rl-route -q -t 0 --explain flat | head -1 >out
cp st st3
rl-route -q --share 0.3 --track st3 --explain flat >out
[ "$(jq .why.threshold out | sort -u | wc -l)" -gt 500 ]
ok $? "--explain says the threshold of the moment"
is "$(jq -r 'select((.score >= .why.threshold) != (.route == "strong"))' out)" \
	"" "... which decided"

# 100 lines above all that was seen: too fast for the step
cp st st4
yes '{"score":1.5}' | head -100 >jump
exits 0 "a share that cannot be kept is no failure" \
	rl-route -q --share 0.3 --track st4 jump
like "$(cat err)" "rl-route: st4: the share of the last decisions is 0.3*, and \
0.3 was asked*" "... but an alarm"
cp st st5
exits 1 "with --alarm it is one" \
	rl-route -q --share 0.3 --track st5 --alarm 0.02 -o file jump
is "$(wc -l <file)" 100 "... when all is written"
same st4 st5 "... the state too"
cp st st6
exits 0 "what --alarm allows is none" \
	rl-route -q --share 0.3 --track st6 --alarm 0.2 jump
is "$(cat err)" "" "... and silent"

# a run that fails leaves the state; with -k the good lines count
cp st st8
printf '{"score":1}\n{\n{"score":0}\n' >broken
exits 1 "a bad line fails" rl-route -q --share 0.3 --track st8 broken
same st st8 "... and the state is as it was"
exits 1 "-k goes on" rl-route -q -k --share 0.3 --track st8 broken
is "$(jq .decisions st8)" 1002 "... and the good lines have counted"
cp st st9
printf '{"score":1}\n{}\n{"score":0}\n' |
	rl-route -q --share 0.3 --track st9 --default d >out 2>err
is "$(jq .decisions st9)" 1002 "a line for --default is no decision"
cp st st10
sed 's/}$/,"prompt":"x","tools":[1]}/' jump >forced
exits 0 "guards go with a track" rl-route -q --share 0.3 --track st10 \
	--strong big --weak small --models two forced
is "$(grep -c '"route":"small"' out)" 100 "... and send where it can be taken"
same st st10 "... which is no decision"
cp st st11
rl-route -q --share 0.5 --track st11 flat >out
n=$(grep -c strong out)
[ "$n" -ge 450 ] && [ "$n" -le 520 ] # the way there costs some
ok $? "another share goes on from the threshold: $n of 1000"

# state STATE MESSAGE
state() {
	printf '%s' "$1" >wrong
	rl-route -q --share 0.3 --track wrong flat >out 2>err
	is "$?: $(cat err)" "1: rl-route: wrong: $2" "state: $2"
}
state 'x' "expected a JSON object, found 'x'"
state '' "expected a JSON object, found ''"
state '{}' "version: expected a number"
state "$(sed 's/"version":1/"version":2/' st)" \
	"version: expected 1 to 1, found 2"
state "$(sed 's/"threshold":[^,]*/"threshold":null/' st)" \
	"threshold: expected a number"
state "$(sed 's/"step":[^,]*/"step":-1/' st)" \
	"step: expected 0 to 1e+300, found -1"
state "$(sed 's/"score":"score"/"score":"other"/' st)" \
	"kept for the field other, not for score"
exits 1 "a folder is no state" rl-route -q --share 0.3 --track . flat

# a signal leaves the state, and no debris
cp st st12
mkfifo never
exec 3<>never
cat flat >&3
timeout -s TERM --preserve-status 0.5 \
	rl-route -q -u --share 0.3 --track st12 <&3 >out 2>err
is $? 143 "SIGTERM ends a run"
same st12 st "... and the state is as it was"
is "$(ls -A | grep -c '^\.rk')" 0 "... and no debris"
is "$(wc -l <out)" 1000 "... but -u has answered"
exec 3<&-

# two runs at once: the second waits, and no decision is lost
cp st both
mkfifo hold
rl-route -q --share 0.3 --track both hold >out1 &
exec 3>hold
head -100 flat >&3
: >err2
timeout 10 rl-route --share 0.3 --track both flat >out2 2>err2 3>&- &
i=0
until grep -q waiting err2 || [ $((i += 1)) -gt 50 ]; do sleep 0.1; done
like "$(cat err2)" "rl-route: both: waiting for another run" \
	"a run waits for one that has the state"
exec 3>&-
wait
is "$(jq .decisions both)" 2100 "... and goes on from what it left"

finish
