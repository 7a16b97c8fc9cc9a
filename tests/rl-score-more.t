#!/bin/sh
# rl-score: what it tells beside scores. The nearest training prompts, against
# rl-near; and what answers are predicted to cost.
. "$(dirname "$0")/tap.sh"
mini=$root/data/mini
pair="--strong larch/large-1.5 --weak larch/medium-0.9"
head -300 "$mini/train.jsonl" | rl-embed -q --dim 64 >train
head -200 "$mini/test.jsonl" | rl-embed -q --dim 64 >test
cut='s/.*"nearest":\[{"id":\([^,]*\),"cosine":\([^}]*\)}.*/\1 \2/'
rl-near -q train test | sed 's/.*"near":{"id":\([^,]*\),"cosine":\([^}]*\)}.*/\1 \2/' >want

# --- the nearest -----------------------------------------------------------------

for r in knn sw; do
	for half in 0 1; do
		rl-train -q -r $r $pair --set half=$half --valid 0 -o $r.$half \
			train >rec
	done
	rl-score -q -j1 -m $r.0 --near 3 test >$r.out
	sed "$cut" $r.out | paste -d ' ' - want | awk '{ d = $2 - $4
	    if ($1 != $3 || d > 1e-6 || d < -1e-6) bad++ } END { exit bad > 0 }'
	ok $? "$r: the nearest prompt is the one that rl-near finds"
	is "$(grep -c '"nearest":\[{[^}]*},{[^}]*},{[^}]*}\]' $r.out)" 200 \
		"$r: as many as were asked"
	rl-score -q -j7 -m $r.0 --near 3 test >$r.j7
	same $r.out $r.j7 "$r: the same for any number of threads"
	rl-score -q -m $r.0 test >plain
	sed 's/,"nearest":\[[^]]*\]//' $r.out | cmp -s - plain
	ok $? "$r: the scores are those without"
	rl-score -q -m $r.0 --all --near 3 test |
		sed 's/.*\("nearest":.*\)}$/\1/' >all
	sed 's/.*\("nearest":.*\)}$/\1/' $r.out | cmp -s - all
	ok $? "$r: beside --all too"
	rl-score -q -m $r.1 --near 1 test | sed "$cut" | paste -d ' ' - want |
		awk '{ d = $2 - $4; n += $1 == $3
		    if (d > 1e-3 || d < -1e-3) bad++ }
		    END { exit !(n > 180 && !bad) }'
	ok $? "$r: with half floats nearly the same"
done
rl-score -q -m knn.0 --near 1000 test | head -1 | grep -o '"cosine"' | wc -l \
	>many
is "$(($(cat many)))" 300 "more than there are prompts: all of them"
rl-train -q -r auto $pair --valid 0 -o auto train >rec
rl-score -q -j1 -m auto --near 2 test >a.1
rl-score -q -j7 -m auto --near 2 test >a.7
same a.1 a.7 "auto: the nearest of its best member, for any -j"
is "$(grep -c '"nearest":\[{"id":"mini-[0-9]*","cosine":[^}]*},{[^}]*}\]' a.1)" \
	200 "... by the records' ids"

sed 's/"id":"[^"]*",//' train >bare
rl-train -q -r knn $pair --valid 0 -o bare.rk bare >rec
rl-score -q -m bare.rk --near 1 test >out
is "$(grep -c '"nearest":\[{"id":"[0-9a-f]\{16\}","cosine":[^}]*}\]' out)" 200 \
	"prompts without an id are named by their digests"
{ echo '{"id":7,"prompt":"one","quality":{"a":1,"b":0}}'
  echo '{"id":8,"prompt":"one","quality":{"a":1,"b":0}}'
  echo '{"id":null,"prompt":"two","quality":{"a":0,"b":1}}'
  echo '{"id":"x\"\u00e9","prompt":"three","quality":{"a":0,"b":1}}'
} >few
rl-train -q -r knn --valid 0 -o few.rk few >rec
for p in one two three; do echo "{\"prompt\":\"$p\"}"; done |
	rl-score -q -m few.rk --near 1 | sed 's/.*"nearest":\[\(.*\),"cosine".*/\1/' >out
is "$(head -1 out)" '{"id":7' "the first id of a prompt counts"
like "$(sed -n 2p out)" '{"id":"????????????????"' \
	"null is no id"
is "$(tail -1 out)" '{"id":"x\"\u00e9"' "an id stays as it is"
long=123456789012345678901234567890
for n in $long -$long; do
	sed "s/\"id\":7/\"id\":$n/" few >far
	rl-train -q -r knn --valid 0 -o far.rk far >rec
	like "$(echo '{"prompt":"one"}' | rl-score -q -m far.rk --near 1)" \
		"*\"nearest\":?{\"id\":$n,*" "a whole number of any length is an id"
done
for f in "scores --all" "predicted_costs --all" "nearest --near 2"; do
	exits 2 "--as $f: no field is written twice" \
		rl-score -m few.rk --as $f few
done
like "$(cat err)" "*--as nearest: --near writes that field*" "... and says so"
sed 's/\n7\n/\n{\n/; s/^7$/{/' few.rk >spoilt
exits 1 "a file with an id that is no JSON is refused" \
	rl-score -m spoilt --near 1 test
rl-train -q -r mf $pair --set epochs=1 -o mf train >rec
exits 2 "--near of a router that keeps no prompts is wrong usage" \
	rl-score -m mf --near 3 test
like "$(cat err)" "*mf keeps no training prompts*" "... and says so"

rl-route -q -t 0.5 --explain knn.out >routed
sed 's/.*"nearest":\(\[[^]]*\]\).*"why":{.*"nearest":\(\[[^]]*\]\)}}$/\1 \2/' \
	routed | awk '$1 != $2 { bad++ } END { exit bad > 0 || NR != 200 }'
ok $? "rl-route --explain hands them on, as they stand"

# --- costs -----------------------------------------------------------------------

for r in knn cluster linear sw direct; do
	case $r in
	direct) how="-r sw --set form=direct" ;;
	*) how="-r $r" ;;
	esac
	rl-train -q $how --valid 0 -o $r.rk train >rec
	rl-score -q -j1 -m $r.rk $pair --all test >$r.1
	rl-score -q -j7 -m $r.rk $pair --all test >$r.7
	is "$(grep -c '"predicted_costs":{"larch/large-1.5":[0-9.e-]*,"larch/medium-0.9":[0-9.e-]*,"fern-small-0.3b":[0-9.e-]*}' $r.1)" \
		200 "$r predicts costs"
	same $r.1 $r.7 "$r: the same for any number of threads"
done
sed 's/"prompt":/"question":/' test >textless
rl-score -q -m knn.rk $pair --all textless | sed 's/.*predicted_costs//' >a
sed 's/.*predicted_costs//' knn.1 | cmp -s - a
ok $? "neighbours' costs need no text"
sed 's/,"cost":{[^}]*}//' train >free
rl-train -q -r knn --valid 0 -o free.rk free >rec
rl-score -q -m free.rk $pair --all test | grep -q predicted_costs
is $? 1 "without costs in the data none are predicted"

rl-train -q -r sw --set form=direct $pair --valid 0 -o d.rk train >rec
rl-score -q -m d.rk --near 3 test | sed 's/.*\("nearest":.*\)}$/\1/' >a
sed 's/.*\("nearest":.*\)}$/\1/' sw.out | cmp -s - a
ok $? "sw has the same nearest in either form"

finish
