#!/bin/sh
# rl-eval on decisions among any number of models, and on logs: figures that
# can be worked out by hand, bad input, gates. The rest is in rl-eval-golden.t.
. "$(dirname "$0")/tap.sh"

# holds SENTENCE FILTER: the jq filter is true of the records of out, slurped
holds() {
	jq -es "$2" out >/dev/null 2>jqerr
	ok $? "$1"
}

# fails STATUS TEXT SENTENCE COMMAND...
fails() {
	want=$1 text=$2 what=$3
	shift 3
	"$@" >out 2>err
	got=$?
	[ $got -eq "$want" ] && grep -qF -- "$text" err
	ok $? "$what"
	[ $got -eq "$want" ] || sed 's/^/# /' err
}

cat >k.jsonl <<'E'
{"route":"a","quality":{"a":1,"b":0,"c":0.5},"cost":{"a":1,"b":2,"c":4},"scores":{"a":0.9,"b":0.1,"c":0.5}}
{"route":"b","quality":{"c":0.5,"a":0,"b":1},"cost":{"c":4,"a":1,"b":2},"scores":{"a":0.2,"b":0.7,"c":0.6}}
{"route":"c","quality":{"a":0,"b":0,"c":1},"cost":{"a":1,"b":2,"c":4},"scores":{"a":0.2,"b":0.3,"c":0.6}}
{"route":"c","quality":{"a":1,"b":1,"c":1},"cost":{"a":1,"b":2,"c":4},"scores":{"a":0.9,"b":0.8,"c":0.95}}
E
exits 0 'decisions and predictions are evaluated' \
	rl-eval --route route --scores scores --bootstrap 0 k.jsonl
holds 'a record for each of them, and for each control' \
	'map([.router, .control]) == [["route",false],["scores",false],
	 ["best_single",true],["cheapest",true],["mix",true],["oracle",true]]'
holds 'quality, cost and shares of the decisions' \
	'.[0] | .n == 4 and .models == 3 and .quality == 1 and .cost == 2.75 and
	 .shares == {"a":0.25,"b":0.25,"c":0.5} and .share_max_model == "c" and
	 .share_max == 0.5 and .entropy == 1.5'
holds 'the best single model and the cheapest are named' \
	'.[2].model == "c" and .[2].quality == 0.75 and .[3].model == "a"'
holds 'the decisions against each control, by hand' \
	'.[0] | .vs_best_single == 0.25 and .vs_cheapest == 0.5 and
	 .vs_oracle == 0 and .shuffled_quality == 0.625 and
	 .vs_shuffled == 0.375 and
	 (.mix_quality - (0.5 + 0.25 * 1.75 / 3) | fabs) < 1e-12'
holds 'the curve of the predictions, by hand' \
	'.[1] | .quality == 1 and .aiq == 0.9375 and
	 .cost_at_equal_quality == 1.25 and .quality_at_equal_cost == 1'
holds 'the mix of single models is the line between two of them' \
	'.[4] | .aiq == 0.625 and (has("quality") | not)'
holds 'the oracle takes the cheapest of the best' \
	'.[5] | .quality == 1 and .cost == 2 and .shares.a == 0.5'
cp out first
sort -r k.jsonl >r.jsonl
rl-eval --route route --scores scores --bootstrap 0 r.jsonl >out
same first out 'the order of the records does not matter'

rl-eval --scores scores --curve curve --bootstrap 0 k.jsonl >out
cp curve out
holds '--curve: a point for each lambda at which a choice changes' \
	'map(select(.router == "scores") | [.quality, .cost]) ==
	 [[1, 2.75], [1, 2], [0.75, 1.25], [0.5, 1]] and .[0].lambda == 0 and
	 (.[1].lambda - 0.05 / 3 | fabs) < 1e-12'
jq -c '.predicted_costs = {a: 1, b: 1, c: 1}' k.jsonl >p.jsonl
rl-eval --scores scores --curve curve --bootstrap 0 p.jsonl >out
cp curve out
holds 'predicted costs lead the choice: equal ones change nothing' \
	'map(select(.router == "scores")) | length == 1'

sed 's/,"cost":{[^}]*}//' k.jsonl >free.jsonl
rl-eval --scores scores --bootstrap 0 free.jsonl >out
holds 'without costs: no dollars, no mix' \
	'map(.router) == ["scores","best_single","oracle"] and
	 all(.[]; has("cost") or has("aiq") | not)'
sed '1s/"a":1,"b":2,"c":4/"a":1,"b":2/' k.jsonl >some.jsonl
rl-eval --scores scores --bootstrap 0 some.jsonl >out 2>err
holds '... nor where one is missing' 'all(.[]; has("cost") | not)'
like "$(cat err)" '*only 3 of 4 records have one for every quality*' \
	'... which is said'

# c did not answer the third question
sed '3s/,"c":1}/}/;3s/"route":"c"/"route":"a"/' free.jsonl >part.jsonl
rl-eval --route route --scores scores --bootstrap 0 part.jsonl >out
holds 'a model is not chosen where it did not answer' '.[1].shares.b == 0.5'
holds 'its mean, and a comparison with it, are over what it answered' \
	'(.[2].quality - 2 / 3 | fabs) < 1e-12 and
	 (.[0].vs_best_single - 1 / 3 | fabs) < 1e-12'

# --- gates -----------------------------------------------------------------------

i=0
while [ $i -lt 20 ]; do cat k.jsonl; i=$((i + 1)); done >many.jsonl
rl-eval --route route --scores scores -j1 many.jsonl >one
rl-eval --route route --scores scores -j7 many.jsonl >out
same one out '-j1 and -j7 give the same bytes'
holds 'verdicts' '.[0] | .verdict == "better than best_single" and
	.mix_verdict == "better than mix" and
	.shuffled_verdict == "better than shuffled"'
holds 'the second is compared with the first' \
	'.[1] | .vs == "route" and .quality_diff == 0 and
	 .vs_verdict == "no better than route"'
rl-eval --route route --table many.jsonl >out
grep -q '^route: better than best single c: +\.250 \[+\.' out &&
	grep -q '^route: better than its decisions shuffled: +\.' out &&
	grep -q '^route: better than a mix of single models at its cost: +' out
ok $? '... and in the table'
exits 0 'a gate that holds' rl-eval --route route \
	--require 'vs_best_single_lo>0' --require 'share_max<0.9' \
	--require 'entropy>1' many.jsonl
fails 1 'route: share_max is 0.5, required: share_max<0.4' \
	'one that does not' rl-eval --route route --require 'share_max<0.4' \
	k.jsonl
sed 's/"route":"."/"route":"c"/' many.jsonl >same.jsonl
exits 0 'a router that has collapsed' rl-eval --route route --bootstrap 0 \
	same.jsonl
like "$(cat err)" '*100.0 % of the queries go to c: it hardly routes*' \
	'... is told so'
holds '... has no entropy' '.[0].entropy == 0'
fails 1 'there is no aiq' 'of decisions alone there is no AIQ' \
	rl-eval --route route --require 'aiq>0' k.jsonl
fails 2 "no figure is named 'apgr'" 'APGR is for pairs' \
	rl-eval --route route --require 'apgr>0' k.jsonl

# --- groups, drift, pictures ------------------------------------------------------

jq -c '.task = {kind: (if input_line_number % 2 == 1 then "odd" else "even" end)}' \
	k.jsonl >by.jsonl
grep odd by.jsonl >odd.jsonl
rl-eval --route route --scores scores --bootstrap 50 odd.jsonl >odd 2>err
rl-eval --route route --scores scores --bootstrap 50 --by /task/kind by.jsonl \
	>out 2>err
holds '--by, a JSON pointer: all records first, then each group' \
	'map(.category) == [range(6) | null] + [range(6) | "even"] +
	 [range(6) | "odd"] and map(.n) == [range(6) | 4] + [range(12) | 2]'
jq -c 'select(.category == "odd") | del(.category)' out >got
jq -c . odd >want
same got want '... with the figures that its records have alone'
fails 1 'by.jsonl:1: /task/none: missing' 'a record without a group' \
	rl-eval --route route --by /task/none by.jsonl
rl-eval --route route --scores scores --table --by /task/kind by.jsonl >out
grep -q '^/task/kind  *n  *router  *quality' out &&
	grep -q '^odd  *2  *scores ' out && grep -q '^(all)  *4  *mix ' out
ok $? '... and as a table'
exits 0 'a gate is of all records' rl-eval --route route --bootstrap 0 \
	--by /task/kind --require 'n>3' by.jsonl
rl-eval --scores scores --bootstrap 0 --by /task/kind --curve curve by.jsonl \
	>/dev/null
cp curve out
holds '--curve: the points of each group' \
	'map(select(.router == "scores") | .category) | unique ==
	 [null, "even", "odd"]'
holds "... with RouterArena's score" 'all(.[]; .arena_score >= 0)'

cat >ref.jsonl <<'E'
{"route":"a","scores":{"a":0.1,"b":0.1}}
{"route":"a","scores":{"a":0.2,"b":0.9}}
{"route":"c","scores":{"a":0.9,"b":0.5,"d":0}}
{"route":"d","scores":{"a":0.2,"b":0.7}}
E
rl-eval --route route --scores scores --bootstrap 0 --drift ref.jsonl k.jsonl \
	>out
holds '--drift: the PSI of decisions is over models, by hand' \
	'def s(p; q): (p - q) * ((p / q) | log);
	 .[0].psi - (s(0.25; 0.5) + s(0.25; 0.0001) + s(0.5; 0.25) +
		s(0.0001; 0.25)) | fabs < 1e-12'
holds '... of predictions it is that of the model that has moved most' \
	'.[1] | .psi > 0 and (.psi_model == "a" or .psi_model == "b")'
holds '... and controls have none' 'all(.[2:][]; has("psi") | not)'
fails 1 'route: psi is' 'a gate on it' \
	rl-eval --route route --drift ref.jsonl --require 'psi<0.2' k.jsonl
(head -1 ref.jsonl; echo '{}') >bad.jsonl
fails 1 'bad.jsonl:2: route: missing' 'a reference without the field' \
	rl-eval --route route --drift bad.jsonl k.jsonl
: >nothing.jsonl
fails 1 'nothing.jsonl: no records' 'one without records' \
	rl-eval --route route --drift nothing.jsonl k.jsonl

fails 1 'quality is drawn over cost' 'a picture needs costs' \
	rl-eval --scores scores --plot x.svg --bootstrap 0 free.jsonl
holds '... and the figures are there without' 'length == 3'
if command -v gnuplot >/dev/null; then
	exits 0 '--plot draws curves and decisions' rl-eval --route route \
		--scores scores --bootstrap 0 --plot x.svg k.jsonl
	grep -q '<svg' x.svg && grep -q 'best_single' x.svg &&
		grep -q 'dollars for 1000 queries' x.svg
	ok $? '... over dollars'
	rl-eval --route route --scores scores --table --bootstrap 0 --plot - \
		k.jsonl >out
	grep -q 'dollars for 1000 queries' out
	ok $? '... below the table, too'
else
	skip '--plot draws curves and decisions' 'no gnuplot'
	skip '... over dollars' 'no gnuplot'
	skip '... below the table, too' 'no gnuplot'
fi

long=a-model-of-a-vendor-with-a-name-of-more-than-sixty-characters
sed "s/\"a\"/\"$long-8B\"/g;s/\"c\"/\"$long-70B\"/g" by.jsonl |
	sed "s/\"route\"/\"$long\"/" >long.jsonl
rl-eval --route $long --scores scores --table --by /task/kind \
	--drift long.jsonl long.jsonl >out
[ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' \
	out)" -le 100 ] && grep -q '^a-model-o.*ters: .* than best' out
ok $? 'no line of a table is over 100 columns'

# --- bad input -------------------------------------------------------------------

bad() { # bad SENTENCE TEXT LINE
	(cat k.jsonl; echo "$3") >bad.jsonl
	fails 1 "rl-eval: bad.jsonl:5: $2" "$1" \
		rl-eval --route route --scores scores bad.jsonl
}
bad 'no route' 'route: missing' '{"quality":{"a":1},"scores":{"a":1}}'
bad 'a route that is a number' 'route: expected a string' \
	'{"route":1,"quality":{"a":1},"scores":{"a":1}}'
bad 'a route to a model without quality' "route: 'b' has no quality here" \
	'{"route":"b","quality":{"a":1},"scores":{"a":1}}'
bad 'no scores' 'scores: missing' '{"route":"a","quality":{"a":1}}'
bad 'scores of other models' 'scores: holds no model that has a quality' \
	'{"route":"a","quality":{"a":1},"scores":{"b":1}}'
bad 'a quality that is null' 'quality.a: expected a number' \
	'{"route":"a","quality":{"a":null},"scores":{"a":1}}'
bad 'a quality beyond all use' 'quality.a: expected a number within' \
	'{"route":"a","quality":{"a":1e200},"scores":{"a":1}}'
bad 'a negative cost' 'cost.a: expected dollars, found -1' \
	'{"route":"a","quality":{"a":1},"scores":{"a":1},"cost":{"a":-1}}'
fails 1 'quality.a: 0 is not within the quality range 0.6 to 1' \
	'a quality out of its range' \
	rl-eval --route route --quality-range 0.6,1 r.jsonl
awk 'BEGIN { for (i = 0; i < 1100; i++)
	printf "{\"route\":\"m%d\",\"quality\":{\"m%d\":1}}\n", i, i }' >wide.jsonl
fails 1 'wide.jsonl:1025: over 1024 different models' 'too many models' \
	rl-eval --route route wide.jsonl
fails 1 'no records' 'no records' rl-eval --route route /dev/null
head -1 k.jsonl | rl-eval --route route >out 2>err
holds 'one record is enough' '.[0] | .n == 1 and .vs_best_single == 0'
fails 2 '--strong does not go with' 'options of pairs are refused' \
	rl-eval --route route --strong a k.jsonl
fails 2 '--route route is given twice' 'a field given twice' \
	rl-eval --route route --route route k.jsonl

# --- logs ------------------------------------------------------------------------

cat >log.jsonl <<'E'
{"served":"a","propensity":0.5,"quality":{"a":1},"route":"a","scores":{"a":0.5,"b":0.5}}
{"served":"b","propensity":0.25,"quality":{"b":0.5},"route":"b","scores":{"a":0,"b":1}}
{"served":"a","propensity":0.5,"quality":{"a":0},"route":"b","scores":{"a":0.25,"b":0.75}}
E
exits 0 'a log' rl-eval --off-policy --route route --bootstrap 0 log.jsonl
holds 'IPS, SNIPS and effective sample size, by hand' \
	'.[0] | .matched == 2 and .logged_quality == 0.5 and
	 (.ips - 4 / 3 | fabs) < 1e-12 and (.snips - 4 / 6 | fabs) < 1e-12 and
	 (.ess - 36 / 20 | fabs) < 1e-12 and .mean_weight == 2 and
	 (has("dr") | not)'
rl-eval --off-policy --route route --scores scores --bootstrap 0 log.jsonl >out
# .5 + 2 (1 - .5), 1 + 4 (.5 - 1), .75
holds 'doubly robust, by hand' \
	'.[0] | (.dr - 1.25 / 3 | fabs) < 1e-12 and
	 (.vs_logged - (.dr - 0.5) | fabs) < 1e-12'
rl-eval --off-policy --route route --table log.jsonl >out
grep -q '^route .*1\.333 \[' out && grep -q '^3 logged queries' out
ok $? 'a table of it'
sed 's/"route":"."/"route":"c"/' log.jsonl >none.jsonl
rl-eval --off-policy --route route --bootstrap 0 none.jsonl >out
holds 'nothing was served as chosen: no estimate' \
	'.[0] | .ips == 0 and .snips == null and .ess == 0 and .matched == 0'
badlog() { # badlog SENTENCE TEXT SED
	sed "2$3" log.jsonl >bad.jsonl
	fails 1 "rl-eval: bad.jsonl:2: $2" "$1" \
		rl-eval --off-policy --route route --scores scores bad.jsonl
}
badlog 'no propensity' 'propensity: missing' 's/"propensity":0.25,//'
badlog 'a propensity of 0' \
	'propensity: expected a probability above 0, found 0' 's/0.25/0/'
badlog 'one above 1' 'propensity: expected a probability above 0, found 1.5' \
	's/0.25/1.5/'
badlog 'no served model' 'served: missing' 's/"served":"b",//'
badlog 'a served model without quality' "served: 'a' has no quality here" \
	's/"served":"b"/"served":"a"/'
badlog 'no prediction for the chosen model' 'scores.b: missing' \
	's/,"b":1}/}/'
fails 2 '--off-policy judges a --route' 'a log needs a policy to judge' \
	rl-eval --off-policy log.jsonl
fails 2 'takes one --scores' 'and one outcome model at most' \
	rl-eval --off-policy --route route --scores a --scores b log.jsonl
jq -c '.kind = (.served | explode[0])' log.jsonl >kinds.jsonl
rl-eval --off-policy --route route --bootstrap 0 --by kind --drift log.jsonl \
	kinds.jsonl >out
holds 'a log by groups, and its drift' \
	'map([.category, .n, .matched]) == [[null,3,2],[97,2,1],[98,1,1]] and
	 .[0].psi == 0 and .[1].psi > 0'
fails 2 '--off-policy has no curves' 'a log has no curve' \
	rl-eval --off-policy --route route --plot x.svg log.jsonl
finish
