#!/bin/sh
# Bad input, all programs: each line of the table is a record, or a file of
# prices, and what must come of it. Whatever comes of it, no program dies of a
# signal, and no NaN and no infinity is printed.
. "$(dirname "$0")/tap.sh"

cat >good <<'E'
{"prompt":"one two","quality":{"x":1,"y":0},"cost":{"x":0.2,"y":0.1}}
{"prompt":"three four","quality":{"x":0,"y":1},"cost":{"x":0.2,"y":0.1}}
{"prompt":"five six","quality":{"x":1,"y":1},"cost":{"x":0.2,"y":0.1}}
E
echo '{"x":{"call":1},"y":{"call":0.1}}' >prices
echo '{"prompt":"a","scores":{"x":0.7,"y":0.4}}' >scored
: >empty
for r in length sw mf linear knn cluster; do
	rl-train -q -r $r -o $r.model good >/dev/null || exit 1
done
rl-train -q -r random -o random.model good >/dev/null || exit 1

# Nothing that is no number: not in records, nor in tables.
numbers() {
	! grep -Eqi '(^|[^a-z])-?(nan|inf|infinity)([^a-z]|$)' out
}

# try STATUS MESSAGE COMMAND...; an empty message: any or none
try() {
	want=$1 text=$2
	shift 2
	timeout 60 "$@" >out 2>err
	got=$?
	[ $got -eq "$want" ] && numbers && {
		[ -z "$text" ] || grep -qF -- "$text" err
	}
	ok $? "$*: ${text:-status $want}"
	[ $got -eq "$want" ] ||
		{ echo "# status $got, want $want"; sed 's/^/# /' err; }
}

# table COMMAND...: of each line "MESSAGE | RECORD" the record becomes the
# fourth line of bad, after three good ones; the message is of bad:4.
table() {
	while IFS='|' read -r message record; do
		case $message in '') continue ;; esac
		{ cat good; printf '%s\n' "${record# }"; } >bad
		try 1 ": bad:4:${message% }" "$@"
	done
}

# --- rl-train ------------------------------------------------------------------

for r in random length sw mf linear knn cluster auto; do
	table rl-train -q -r $r -o m bad <<'E'
 quality.x: expected a number, found a string | {"prompt":"a","quality":{"x":"1","y":0}}
53: invalid token near 'NaN' | {"prompt":"a","quality":{"x":1,"y":0},"cost":{"x":NaN}}
E
done
table rl-train -q -r knn -o m bad <<'E'
32: invalid token near 'NaN' | {"prompt":"a","quality":{"x":NaN,"y":0}}
34: real number overflow near '1e999' | {"prompt":"a","quality":{"x":1e999,"y":0}}
 quality.x: expected a number, found null | {"prompt":"a","quality":{"x":null,"y":0}}
 quality: expected an object, found an array | {"prompt":"a","quality":[1,0]}
 a model's name is empty | {"prompt":"a","quality":{"":1,"y":0}}
 cost.x: expected dollars, from 0 to 1e+09, found -1 | {"prompt":"a","quality":{"x":1,"y":0},"cost":{"x":-1}}
 cost.x: expected dollars, from 0 to 1e+09, found 1e+300 | {"prompt":"a","quality":{"x":1,"y":0},"cost":{"x":1e300}}
 cost.x: expected a number, found a string | {"prompt":"a","quality":{"x":1,"y":0},"cost":{"x":"1"}}
 cost.x: expected a number, found null | {"prompt":"a","quality":{"x":1,"y":0},"cost":{"x":null}}
 cost: expected an object, found a number | {"prompt":"a","quality":{"x":1,"y":0},"cost":3}
 winner: expected model_a, model_b, tie or tie (bothbad), found 'x' | {"prompt":"a","model_a":"x","model_b":"y","winner":"x"}
 winner: expected a string, found a number | {"prompt":"a","model_a":"x","model_b":"y","winner":1}
 neither winner nor quality | {"prompt":"a","model_a":"x","model_b":"y"}
 model_b: missing | {"prompt":"a","model_a":"x","winner":"tie"}
 prompt: missing | {"quality":{"x":1,"y":0}}
E
echo '{"prompt":"a","quality":{"x":1}}' >single
sed 's/"x":[01],"y":[01]/"x":1,"y":1/' good >ties
cat >battles <<'E'
{"prompt":"a","model_a":"x","model_b":"y","winner":"tie"}
{"prompt":"b","model_a":"y","model_b":"x","winner":"tie (bothbad)"}
E
for r in random length sw mf linear knn cluster auto; do
	try 1 "only one model, 'x': nothing to compare" \
		rl-train -q -r $r -o m single
	try 1 "all 3 comparisons are ties" rl-train -q -r $r -o m ties
	try 1 "all 2 comparisons are ties" rl-train -q -r $r -o m battles
	try 1 "no comparison to learn from" rl-train -q -r $r -o m empty
done
[ ! -e m ]
ok $? "no model file comes of any of it"
try 1 "auto: 3 prompts with a comparison of the pair, expected at least 20" \
	rl-train -q -o m good
try 1 "no record names the strong model 'z'; the models are: x, y" \
	rl-train -q -r knn -o m --strong z good
try 1 "no comparison to learn from" rl-train -q -r knn -o m --strong z empty
try 1 "none: no folder to write m to: No such file or directory" \
	rl-train -q -r knn -o none/m good
try 1 "no record names the weak model 'z'; the models are: x, y" \
	rl-train -q -r knn -o m --strong x --weak z good
try 1 "the strong and the weak model are the same, 'x'" \
	rl-train -q -r knn -o m --strong x --weak x good
try 1 "good:1: quality.x: 1 is outside the range 0 to 0.5" \
	rl-train -q -r knn -o m --quality-range 0,0.5 good
try 1 "good:1: ts: missing" rl-train -q -r knn -o m --valid-by ts good

# --- rl-score --all --------------------------------------------------------------

echo '{"prompt":"a","quality":{"unseen":1},"cost":{"unseen":"much"}}' >unseen
for r in length sw mf linear knn cluster; do
	table rl-score -m $r.model --all bad <<'E'
 prompt: expected a string or chat messages, found a number | {"prompt":1}
E
	try 0 "" rl-score -m $r.model --all empty
	try 0 "" rl-score -m $r.model --all unseen
	is "$(jq -c '.scores | keys' out)" '["x","y"]' \
		"$r: three rows give scores, of the models of training"
done
table rl-score -m knn.model --all bad <<'E'
 neither an embedding nor a prompt or messages | {"id":1}
 embedding: 2 numbers, the model wants 1024 | {"prompt":"a","embedding":[1,2]}
E
try 2 "--all: random scores one pair" rl-score -m random.model --all good
try 2 "--strong: no model 'z' in the model file; it knows: x, y" \
	rl-score -m knn.model --strong z good
try 1 "good: not a safetensors file" rl-score -m good --all good
cat >flat <<'E'
{"prompt":"a","embedding":[1,0],"quality":{"x":1,"y":0}}
{"prompt":"b","embedding":[0,1],"quality":{"x":0,"y":1}}
{"prompt":"c","embedding":[0,0],"quality":{"x":1,"y":0.5}}
E
printf '%s\n' '{"embedding":[0,0]}' '{"embedding":[1e-42,3e38]}' >extreme
for r in sw mf linear knn cluster; do
	rl-train -q -r $r -o flat.model flat >/dev/null &&
		rl-score -m flat.model --all extreme >out 2>err && numbers &&
		jq -e '[.score, .scores[]] | all(. >= 0 and . <= 1)' out >/dev/null
	ok $? "$r: embeddings of length 0 and of 3e38 have scores"
done

# --- rl-route ----------------------------------------------------------------------

many() { # many MESSAGE ARGS...
	text=$1
	shift
	try 1 "$text" rl-route -q --models prices "$@"
}
while IFS='|' read -r message json; do
	printf '%s\n' "${json# }" >prices.bad
	for how in "--lambda 0.1" "--budget 1 --sample scored" \
	    "--quality 0.9 --sample scored"; do # the options are words
		try 1 "rl-route: prices.bad${message% }" \
			rl-route -q --models prices.bad $how scored
	done
done <<'E'
: y: output: missing | {"x":{"call":1},"y":{"input":1}}
: y: no price: expected input and output, or call | {"x":{"call":1},"y":{}}
: y: input: expected dollars, from 0 to 1e+09, found -1 | {"x":{"call":1},"y":{"input":-1,"output":2}}
: y: call: expected dollars, from 0 to 1e+09, found 1e+300 | {"x":{"call":1},"y":{"call":1e300}}
: y: input: expected dollars, a number | {"x":{"call":1},"y":{"input":"2","output":2}}
:1: invalid token near 'NaN' | {"x":{"call":1},"y":{"call":NaN}}
: expected an object of at least one model | []
:2: '[' or '{' expected near end of file |
E
try 1 "scored:1: scores.x: no price" rl-route -q --lambda 0.1 scored
try 1 "scored:1: scores.x: no price" \
	rl-route -q --budget 1 --sample scored scored
echo '{"x":{"call":1}}' >prices.bad
try 1 "scored:1: scores.y: no such model in prices.bad" \
	rl-route -q --models prices.bad --lambda 0.1 scored
cp good train
sed 's/"quality":[^}]*}/"scores":{"x":0.5,"y":0.5}/' train >good
table rl-route -q --lambda 0.1 --models prices bad <<'E'
 scores.x: expected a quality, from 0 to 1, found 1e+07 | {"scores":{"x":1e7},"prompt":"a"}
 scores.x: expected a number, found a string | {"scores":{"x":"1"},"prompt":"a"}
 scores.x: expected a number, found null | {"scores":{"x":null},"prompt":"a"}
18: invalid token near 'NaN' | {"scores":{"x":NaN},"prompt":"a"}
 scores: empty | {"scores":{},"prompt":"a"}
 scores: expected an object, found a number | {"scores":3}
 scores: missing | {"prompt":"a"}
 scores.z: no such model in prices | {"scores":{"x":1,"z":1},"prompt":"a"}
 predicted_costs.x: expected dollars, from 0 to 1e+09, found -1 | {"scores":{"x":1},"predicted_costs":{"x":-1},"prompt":"a"}
 predicted_costs.x: expected a number, found a string | {"scores":{"x":1},"predicted_costs":{"x":"1"},"prompt":"a"}
 predicted_costs: expected an object, found a number | {"scores":{"x":1},"predicted_costs":3,"prompt":"a"}
E
many "empty: no records" --budget 1 --sample empty scored
many "empty: no records" --quality 0.95 --sample empty scored
many "scored: a query costs at least 0.1 dollars on the average, more than" \
	--budget 0.01 --sample scored scored
many "less than the 1.4 asked" --quality 2 --sample scored scored
for o in "--budget nan" "--budget -1" "--lambda nan" "--lambda -1" \
    "--quality x"; do
	try 2 "expected a number" rl-route -q --models prices $o scored
done
try 0 "" rl-route -q --models prices --lambda 0.1 empty
try 1 "empty: no records" rl-route -q --share 0.5 --sample empty scored
printf '%s\n' '{"score":0.5}' '{"score":0.4}' '{"score":0.6}' >good
table rl-route -q -t 0.5 bad <<'E'
12: invalid token near 'NaN' | {"score":NaN}
 score: expected a number, found a string | {"score":"1"}
 score: expected a number, found null | {"score":null}
 score: missing | {}
14: real number overflow near '1e400' | {"score":1e400}
E
printf '%s\n' '{"score":1.5}' '{"score":-1}' >outside
try 0 "" rl-route -q -t 0.5 outside
is "$(jq -r .route out | tr '\n' ' ')" "strong weak " \
	"a score outside [0,1] is on its side of the threshold"

# --- rl-eval -------------------------------------------------------------------------

sed 's/^{/{"score":0.5,/' train >good
table rl-eval -q bad <<'E'
 quality: missing | {"score":0.5}
 score: missing | {"quality":{"x":1,"y":0}}
12: invalid token near 'NaN' | {"score":NaN,"quality":{"x":1,"y":0}}
 score: expected a number, found a string | {"score":"1","quality":{"x":1,"y":0}}
 score: expected a number within +-1e+100 | {"score":1e200,"quality":{"x":1,"y":0}}
 quality: holds 1 models, not two | {"score":1,"quality":{"x":1}}
 quality.y: missing | {"score":1,"quality":{"x":1,"z":0}}
 quality.x: expected a number, found a string | {"score":1,"quality":{"x":"1","y":0}}
 cost.x: expected dollars, found -1 | {"score":1,"quality":{"x":1,"y":0},"cost":{"x":-1,"y":1}}
 cost.x: expected a number, found a string | {"score":1,"quality":{"x":1,"y":0},"cost":{"x":"1","y":1}}
 cost: expected an object, found an array | {"score":1,"quality":{"x":1,"y":0},"cost":[]}
E
try 1 "good:1: quality.z: missing" rl-eval -q --strong z good
try 1 "good:1: quality.z: missing" rl-eval -q --strong x --weak z good
try 1 "good:1: quality.x: 1 is not within the quality range 0 to 0.5" \
	rl-eval -q --quality-range 0,0.5 good
sed 's/^{/{"score":0.5,/' ties >tied
for table in "" --table; do # the option is a word, or none
	try 0 "" rl-eval -q $table tied
	try 0 "" rl-eval -q $table good
	sed 's/"score":0.5/"score":7/' good >high
	try 0 "" rl-eval -q $table high
	head -1 good >alone
	try 0 "" rl-eval -q $table alone
	echo '{"route":"x","scores":{"x":1},"quality":{"x":1},"cost":{"x":0}}' \
		>lone
	try 0 "" rl-eval -q $table --route route --scores scores lone
	try 1 "no records" rl-eval -q $table empty
	try 1 "no records" rl-eval -q $table --scores scores empty
	try 1 "no records" rl-eval -q $table --off-policy --route route empty
done
rl-eval -q tied >out
is "$(jq -c '[.apgr, .reason]' out | head -1)" \
	'[null,"strong is not better than weak: no APGR, no CPT"]' \
	"labels all ties: null, and why"
head -1 high | rl-eval -q >out
is "$(jq -c '[.apgr, has("brier")]' out | head -1)" '[0.5,false]' \
	"scores outside [0,1] rank, and are not held against probabilities"
sed 's/^{/{"route":"x","scores":{"x":0.7,"y":0.5},/' train >good
table rl-eval -q --route route --scores scores bad <<'E'
 route: 'z' has no quality here | {"route":"z","scores":{"x":1},"quality":{"x":1}}
 scores: holds no model that has a quality | {"route":"x","scores":{"z":1},"quality":{"x":1}}
 scores.x: expected a number, found a string | {"route":"x","scores":{"x":"1"},"quality":{"x":1}}
 cost.x: expected dollars, found -1 | {"route":"x","scores":{"x":1},"quality":{"x":1},"cost":{"x":-1}}
 predicted_costs.x: expected dollars, found -1 | {"route":"x","scores":{"x":1},"quality":{"x":1},"predicted_costs":{"x":-1}}
E
finish
