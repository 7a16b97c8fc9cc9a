#!/bin/sh
# rl-train -r auto: what it tries, what it keeps, and what it says of it.
. "$(dirname "$0")/tap.sh"

mini=$root/data/mini
pair="--strong larch/large-1.5 --weak fern-small-0.3b"

train() { rl-train $pair --set folds=3 "$@"; }

# --- the table ----------------------------------------------------------------

head -n 300 "$mini/train.jsonl" >rows
train -v --valid 0.3 -o m.rk -j 1 rows >rec 2>err
is $? 0 "auto trains on 300 rows"
n=$(jq '.train.candidates | length' rec)
[ "$n" -gt 20 ]
ok $? "the record lists the candidates"
is "$(jq -c '[.train.candidates[].error] == ([.train.candidates[].error] | sort)
	and ([.train.candidates[] | select(.chosen)] == .train.candidates[:5])' rec)" \
	true "... by their errors, the best five chosen"
is "$(grep -c ' chosen$' err)" 5 "-v shows them, and the chosen ones"
is "$(grep -cE '^(sw|mf|linear|knn|cluster|length) ' err)" "$n" "... in a table"
like "$(cat err)" "*compared on 210 prompts*of the pair, in 3 folds
the best ones' mean rank: 0.*, below a constant's by 0.*, below length's by 0.*" \
	"... with what it comes to"
like "$(cat err)" "*on 90 comparisons kept out: APGR *, length's *, difference *[[]*, *]*" \
	"... and the APGR against length's, with its interval"
is "$(jq '.train | .beats_constant and .beats_length and
	(.against_length | .lo > 0 and .lo < .error_less and .error_less < .hi)' rec)" \
	true "the record says that it beats a constant and length"
is "$(jq '.valid | (.apgr - .against_length.apgr - .against_length.apgr_diff | fabs) < 1e-5' rec)" \
	true "... and what it is worth beyond length on what was kept out"
for j in 2 7; do
	train -q --valid 0.3 -o m.$j -j $j rows >rec.$j 2>err
	is "$(cat err)" "" "-q is quiet (-j $j)"
	same m.rk m.$j "... and -j $j makes the same file"
done
train --valid 0.3 -o m.rk -j 2 rows >rec 2>err
is "$(cat err)" "" "without -v nothing is said where all is well"

# --- nothing to be found ------------------------------------------------------

# labels that have nothing to do with the prompts
awk 'BEGIN { s = 7; for (i = 0; i < 150; i++) {
	s = 16807 * s % 2147483647
	printf "{\"prompt\":\"question %d about %d\",\"quality\":{\"larch/large-1.5\":%d,\"fern-small-0.3b\":%d}}\n",
	    s % 1000, i, s % 7 < 4, s % 11 < 4 } }' >noise
train --valid 0 -o n.rk noise >rec 2>err
is $? 0 "auto trains on noise"
like "$(cat err)" "*auto: nothing is surely better than a constant: *0.*[[]*, *]*" \
	"... and says that nothing beats a constant, with the numbers"
like "$(cat err)" "*auto: nothing is surely better than the length*0.*[[]*, *]*" \
	"... nor length"
is "$(jq -c '.train | [.beats_constant, .beats_length]' rec)" "[false,false]" \
	"... and so does the record"
rl-score -m n.rk rows | rl-eval --bootstrap 0 $pair >out
is $? 0 "... and the model scores"

# labels that are all one
awk 'BEGIN { for (i = 0; i < 110; i++)
	printf "{\"prompt\":\"question %d\",\"quality\":{\"larch/large-1.5\":1,\"fern-small-0.3b\":0}}\n",
	    i }' >alike
train -v --valid 0 -o n.rk alike >rec 2>err
is "$? $(grep -c nan err)" "0 0" "auto trains where the strong model always wins"
like "$(cat err)" "*auto: every prompt has the same gain: there is nothing to learn*" \
	"... and says that there is nothing to learn"

# labels that length alone decides, with noise, on texts that say nothing else
awk 'BEGIN { s = 5; for (i = 0; i < 300; i++) {
	s = 16807 * s % 2147483647; n = 1 + s % 40; text = ""
	for (j = 0; j < n; j++) { s = 16807 * s % 2147483647; text = text sprintf("%c", 97 + s % 26) }
	s = 16807 * s % 2147483647
	printf "{\"prompt\":\"%s\",\"quality\":{\"larch/large-1.5\":%d,\"fern-small-0.3b\":0}}\n",
	    text, s % 1000 < 300 * log(1 + n) - 200 } }' >long
train --valid 0 --set members=9 -o l.rk long >rec 2>err
is "$(jq -c '[.train.length_alone, (.train.candidates | map(select(.chosen).router))]' rec)" \
	'[true,["length"]]' "where length is all there is the model is length alone"
like "$(cat err)" "*auto: the model is the length of the prompt alone*" "... and says so"
printf '{"prompt":"%s"}\n' "short" "a much longer prompt than that one" |
	rl-score -m l.rk >out
is "$? $(jq -s '.[0].score < .[1].score' out)" "0 true" "... which wants texts alone"
echo '{"embedding":[1,2]}' | rl-score -m l.rk >out 2>err
like "$?$(cat err)" "1*prompt*" "... and refuses a record without one"

# --- many models --------------------------------------------------------------

# battles of five models, the pair never against each other; m5 is the best of
# them on code alone
awk 'BEGIN { s = 3; for (i = 0; i < 800; i++) {
	s = 16807 * s % 2147483647; a = 1 + s % 5
	s = 16807 * s % 2147483647; b = 1 + s % 5
	s = 16807 * s % 2147483647; u = s / 2147483647; code = i % 2
	if (a == b || (a + b == 6 && a != 3))
		continue
	r = 0.5 + 0.1 * (a - b) + (code ? 0.35 : -0.2) * ((a == 5) - (b == 5))
	printf "{\"prompt\":\"%s %d\",\"model_a\":\"m%d\",\"model_b\":\"m%d\",\"winner\":\"model_%s\"}\n",
	    code ? "write a function that sorts" : "tell me a story about", i, a, b, u < r ? "a" : "b" } }' >battles
rl-train -v --set folds=2 --strong m5 --weak m1 -o b.rk battles >rec 2>err
is $? 0 "auto trains on battles without one of the pair"
like "$(cat err)" "*auto: 0 prompts have a comparison of the pair: *by all comparisons of * prompts*" \
	"... and says by what"
is "$(jq -r .train.compared_by rec) $(jq .train.beats_constant rec)" \
	"all comparisons true" "... and that it beats the models' ratings"
printf '{"prompt":"write a function that sorts words"}\n{"prompt":"tell me a story about a cat"}\n' |
	rl-score -m b.rk >out
is "$(jq -s '.[0].score > .[1].score' out)" true \
	"... and finds where the strong model is strong"
grep '"m5".*"m3"' battles | head -n 30 >few
rl-train -q --strong m5 --weak m1 -o few.rk few >rec 2>err
like "$?$(cat err)" "1*m1*" "a pair that no record knows is refused"

# --- who waits ---------------------------------------------------------------

if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	script -qec "rl-train --set folds=2 $pair -o m.rk $mini/train.jsonl" \
		/dev/null </dev/null >shown
	like "$(tr '\r' '\n' <shown)" \
		"*rl-train: *[0-9] %, 0:[0-9][0-9] left, *fold [12] of 2*" \
		"a terminal sees how far it is, and the time left"
else
	skip "a terminal sees how far it is" "no terminal to be had"
fi
rl-train -q -r length $pair -o old.rk "$mini/train.jsonl" >rec
cp old.rk new.rk
timeout --preserve-status -s INT 1 \
	rl-train $pair --set members=9 --set folds=50 -o new.rk "$mini/train.jsonl" >out 2>err
is $? 130 "an interrupt ends it"
same old.rk new.rk "... and leaves the old file"
is "$(ls -A | grep -c new.rk)$(cat out err)" 1 "... and nothing else"

finish
