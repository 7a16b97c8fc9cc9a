#!/bin/sh
# rl-train -r auto and queries unlike its training prompts: the guard.
. "$(dirname "$0")/tap.sh"

mini=$root/data/mini
pair="--strong larch/large-1.5 --weak fern-small-0.3b"

train() {
	rl-train -q $pair --valid 0 --calibrate 0 --set folds=2 "$@"
}

# --- a model with a guard and the same without ----------------------------------

head -n 400 "$mini/train.jsonl" >rows
train -j 1 -o guarded.rk rows >rec
is "$? $(jq .train.guard rec)" "0 0.02" "auto makes a guard"
train -j 7 -o guarded.7 rows >rec.7
same guarded.rk guarded.7 "-j 7 makes the same"
train --set guard=0 -o bare.rk rows >rec
is "$? $(jq .train.guard rec)" "0 0" "guard=0: it makes none"
rl-score -m bare.rk --info >info
is "$(jq '[.tensors | keys[] | select(startswith("guard"))] | length' info)" 0 \
	"... and the file holds none"

# queries of the same kind, which it has not seen
tail -n 300 "$mini/train.jsonl" >alike
rl-score -m bare.rk alike >bare 2>err
rl-score -m guarded.rk --unlike alike >out 2>err
is "$?$(cat err)" 0 "on queries of the same kind nothing is said"
[ "$(jq 'select(.unlike > 0)' out | jq -s length)" -lt 15 ]
ok $? "... few of them are unlike"
paste -d '\n' out bare | jq -nc '
	[inputs] | [range(0; length; 2) as $i | .[$i:$i + 2]]
	| map(select(.[0].unlike == 0) | .[0].score == .[1].score)
	| [length > 280, all]' >same
is "$(cat same)" "[true,true]" "... and the others have the same score to the bit"
rl-score -j 7 -m guarded.rk --unlike alike >out.7 2>err
same out out.7 "-j 7 writes the same"

# queries of another kind: numbers in a form that no training prompt has
awk 'BEGIN { for (i = 1; i <= 40; i++) {
	text = ""
	for (j = 0; j < (i * 17) % 41 + 1; j++)
		text = text sprintf("%d|%d\\nB) ", i * j, 7 * j)
	printf "{\"prompt\":\"%s\"}\n", text } }' >odd
rl-score -m guarded.rk --unlike odd >out 2>err
is "$(cat err)" "rl-score: 40 of 40 queries are unlike the training prompts: scored by length" \
	"queries of another kind are counted"
is "$(jq -sc 'map(select(.unlike < 1)) == [] and
	(sort_by(.prompt | length) == sort_by(.score))' out)" true \
	"... and scored by their length, the longer the higher"
rl-score -q -m guarded.rk odd >out 2>err
is "$(cat err)" "" "... -q: in silence"
rl-score -q -m guarded.rk --all odd 2>err
is $? 2 "a guard does not make auto a router of many models"

# --- who hands it on ---------------------------------------------------------------

rl-score -q -m guarded.rk --unlike odd | rl-route -q -t 0.5 --explain >out
is "$(jq -sc 'map(.why.unlike) | unique' out)" "[1]" "rl-route --explain says so too"
rl-score -q -m guarded.rk odd | rl-route -q -t 0.5 --explain >out
is "$(jq -sc 'map(.why | has("unlike")) | unique' out)" "[false]" \
	"... but not what it has not been told"

# --- what cannot be ----------------------------------------------------------------

rl-score -m bare.rk --unlike odd >out 2>err
like "$?$(cat err)" "2*--unlike: auto does not know what is like its training prompts*" \
	"--unlike wants a guard"
rl-score -m guarded.rk --unlike --as unlike odd >out 2>err
like "$?$(cat err)" "2*--as unlike: --unlike writes that field*" \
	"... and a field of its own"
rl-embed -q odd | jq -c 'del(.prompt)' >bare
rl-score -m guarded.rk bare >out 2>err
like "$?$(cat err)" "1*prompt: missing*" "a guard wants the text"
rl-train $pair --set guard=0.7 -o x.rk rows >out 2>err
like "$?$(cat err)" "2*guard*" "guard=0.7 is no share"
head -n 90 rows >few
train -o few.rk few >rec
is "$(jq .train.guard rec)" 0 "fewer than 100 prompts make no guard"

# --- labels that go against what is known -------------------------------------------

awk 'BEGIN { s = 5; for (i = 0; i < 300; i++) {
	s = 16807 * s % 2147483647; n = 1 + s % 40; text = ""
	for (j = 0; j < n; j++) { s = 16807 * s % 2147483647; text = text sprintf("%c", 97 + s % 26) }
	s = 16807 * s % 2147483647
	printf "{\"prompt\":\"%s\",\"quality\":{\"larch/large-1.5\":%d,\"fern-small-0.3b\":0}}\n",
	    text, (s % 1000 > 300 * log(1 + n) - 200) } }' >short
rl-train $pair --valid 0 --set folds=2 -o s.rk short >rec 2>err
is "$(jq .train.gain_falls_with_length rec)" true \
	"where longer prompts have the smaller gain the record says so"
like "$(cat err)" "*auto: longer prompts have the smaller gain here*" "... and a note"
is "$(jq .train.against_labels rec)" false "... and follows the answer keys"

# battles SLOPE: the weak model wins by chance, and more on long prompts
judge() {
	awk -v slope="$1" 'BEGIN { s = 5; for (i = 0; i < 500; i++) {
		s = 16807 * s % 2147483647; n = 1 + s % 60; text = ""
		for (j = 0; j < n; j++) {
			s = 16807 * s % 2147483647
			text = text sprintf("%c", 97 + s % 26)
		}
		s = 16807 * s % 2147483647
		printf "{\"prompt\":\"%s\",\"model_a\":\"larch/large-1.5\",\"model_b\":\"fern-small-0.3b\",\"winner\":\"model_%s\"}\n",
		    text, s % 1000 < slope * (log(1 + n) - 3) + 400 ? "b" : "a" } }'
}
# the scores of two lengths, as calibrated: the short one's, less the long one's
short_less_long() {
	printf '{"prompt":"%s"}\n' "xkqwj" "qpzmxnvbtyrwieuoalskdjfhgcmnzx" |
		rl-score -q -m "$1" | jq -s '.[0].score - .[1].score'
}
judge 120 >battles
rl-train $pair --dim 64 --set folds=2 -j 1 -o w.rk battles >rec 2>err
is "$(jq -c '.train | [.gain_falls_with_length, .length_alone, .against_labels,
	.guard]' rec)" "[true,true,true,0]" \
	"where judged battles fall a little with length, the model is length"
like "$(cat err)" "*length of the prompt alone, the longer the more*falling=learnt*" \
	"... it says so, and how to follow them"
is "$(short_less_long w.rk | jq '. < 0')" true "... the longer the higher"
rl-train -q $pair --dim 64 --set folds=2 -j 7 -o w.7 battles >rec.7
same w.rk w.7 "... -j 7 makes the same"
rl-train -q $pair --dim 64 --set folds=2 --set falling=learnt -o k.rk battles >rec
is "$(jq .train.against_labels rec) $(short_less_long k.rk | jq '. > 0')" "false true" \
	"falling=learnt follows them"
judge 400 >battles
rl-train -q $pair --dim 64 --set folds=2 -o t.rk battles >rec
is "$(jq .train.against_labels rec) $(short_less_long t.rk | jq '. > 0')" "false true" \
	"... as does auto where they fall much"

# by battles of other models the pair's gain rises, by its own it falls: the slope
# of all together, which length learns, is not turned round where it rises already
sed 's/fern-small-0.3b/mid/; s/model_b"}/model_x"}/; s/model_a"}/model_b"}/; s/model_x"}/model_a"}/' \
	battles >strong
sed 's,larch/large-1.5,mid,' battles >weak
judge 120 >battles
for f in battles strong weak; do sed "s/\"prompt\":\"/&$f/" $f; done >all
rl-train -q $pair --valid 0 --dim 64 --set folds=2 -o o.rk all >rec
is "$(jq -c '.train | [.compared_by, .against_labels]' rec) $(short_less_long o.rk |
	jq '. < 0')" '["the pair",true] true' \
	"the length rises where other models' battles say so already"
rl-train -q -r length --set slope=rising --valid 0 --calibrate 0 $pair -o l.rk battles >rec
is "$(jq '.train.slope > 0' rec) $(short_less_long l.rk | jq '. < 0')" "true true" \
	"length can be told to rise"
rl-train -q -r length --set slope=rising -o l.rk all 2>err
like "$?$(cat err)" "1*slope=rising needs a pair*" "... of a pair"

finish
