#!/bin/sh
# The router many: what rl-train trains where there are more than two models
# and no pair is named.
. "$(dirname "$0")/tap.sh"
mini=$root/data/mini
strong=larch/large-1.5 weak=larch/medium-0.9 new=fern-small-0.3b
head -200 "$mini/train.jsonl" >train
head -60 "$mini/test.jsonl" >test

rl-train -q -j1 --set folds=3 -o m.rk train >rec
ok $? "no pair and no router are needed"
is "$(jq -r .router rec)" many "the router is many"
rl-train --set folds=3 -o m2.rk train >/dev/null 2>err
like "$(cat err)" "*3 models and no pair named: the router is many*" \
	"... which is said"
rl-train -q -j7 --set folds=3 -o m7.rk train >rec7
same m.rk m7.rk "the same file for any -j"
rl-train -q -r many --set folds=3 -o m7.rk train >rec7
same m.rk m7.rk "... and by name"
is "$(jq -c '[.train.candidates[] | select(.chosen).router] | unique - ["knn", "linear", "cluster"] + [length > 0]' rec)" \
	'[true]' "its members predict qualities"
is "$(jq '[.train.candidates[] | select(.chosen)] | length' rec)" 5 \
	"... and are five"
exits 2 "auto wants a pair" rl-train -q -r auto -o x.rk train
like "$(cat err)" "*auto scores one pair: name it*such as many*" \
	"... and names the router that does not"
rl-train -q --strong $strong --weak $weak --set folds=2 -o p.rk train >rec2
is "$(jq -r .router rec2)" auto "with a pair named the router is auto"
exits 2 "whose file does not score all models" rl-score --all -m p.rk test
like "$(cat err)" "*rl-train -r many learns of all models*" \
	"... and says what does"

# --- scoring -----------------------------------------------------------------

rl-score -q -j1 --all -m m.rk test >all
ok $? "--all scores every model"
rl-score -q -j7 --all -m m.rk test | cmp -s - all
ok $? "... with the same bytes for any -j"
is "$(jq -sc 'map(.scores | length) + map(.predicted_costs | length) | unique' \
	all)" '[3]' "... and foretells each one's cost"
rl-score -q -m m.rk --strong $strong --weak $new test >pair
is "$(jq -n --slurpfile a all --slurpfile p pair '[range(60) |
	select($a[.].scores | all(. > 0 and . < 1)) |
	(1 + $a[.].scores["'$strong'"] - $a[.].scores["'$new'"]) / 2
		- $p[.].score | fabs] | length > 0 and max < 1e-6')" true \
	"any two are a pair, by the difference of their qualities"
head -600 "$mini/train.jsonl" >more
rl-train -q --set folds=2 --set members=9 -o nine.rk more >rec9
rl-score -q --all -m nine.rk --near 2 test >near
is "$(jq -s 'map(.nearest | length) | unique[]' near)" 2 \
	"the nearest prompts are a member's"
rl-route -q --lambda 100 all >routed
is "$(jq -s 'map(.route) | length' routed)" 60 "rl-route takes it from there"

# one member is the router that it is
rl-train -q --set folds=3 --set members=1 --valid 0 -o one.rk train >rec1
set -- $(jq -r '.train.candidates[] | select(.chosen) |
	.router, .features, (.set | split(" ")[] | "--set", .)' rec1)
r=$1 f=$2
shift 2
rl-train -q -r "$r" --features "$f" "$@" --valid 0 -o alone.rk train >rec2
rl-score -q --all --drop -m one.rk test | jq -c .scores >a
rl-score -q --all --drop -m alone.rk test | jq -c .scores >b
same a b "with one member it says what that one says ($r $f $*)"

# the mean of two
rl-train -q --set folds=3 --set members=2 --valid 0 -o two.rk train >rec2
set -- $(jq -r '[.train.candidates[] | select(.chosen)][1] |
	.router, .features, (.set | split(" ")[] | "--set", .)' rec2)
r=$1 f=$2
shift 2
rl-train -q -r "$r" --features "$f" "$@" --valid 0 -o second.rk train >rec2
for m in two one second; do rl-score -q --all -m $m.rk test >$m.all; done
is "$(jq -n --slurpfile t two.all --slurpfile a one.all --slurpfile b second.all '
	[range(60) as $i | $t[$i].scores | keys[] as $m |
	[$t, $a, $b | .[$i].scores[$m]] | select(all(. > 0 and . < 1)) |
	.[0] - (.[1] + .[2]) / 2 | fabs] | length > 0 and max < 1e-6')" true \
	"with two it is their mean"

# --- a pair, and one model more ------------------------------------------------

rl-train -q -r many --strong $strong --weak $weak --set folds=3 -o c.rk train >rec
rl-score -m c.rk --info >info
like "$(cat info)" '*"calibration.x"*' "a pair's scores are calibrated"
sed "s/,\"$new\":[^,}]*//g" train >two
sed 's/"quality":{.*"\('$new'\)":\([^,}]*\)},"cost":{.*"'$new'":\([^,}]*\)}/"quality":{"\1":\2},"cost":{"\1":\3}/' \
	train >one
rl-train -q -r many --set folds=3 -o old.rk two >rec
exits 0 "a model is added to the file" \
	rl-train -q --add $new --from old.rk -o new.rk one
rl-score -q --all -m old.rk test | jq -c .scores >a
rl-score -q --all -m new.rk test | jq -c ".scores | del(.[\"$new\"])" >b
same a b "... the others stay as they were"
is "$(rl-score -q --all -m new.rk test | jq -s 'map(.scores | length) | unique[]')" \
	3 "... and it has a score"

# --- what is wrong ----------------------------------------------------------------

exits 1 "three rows are too few" sh -c "head -3 train | rl-train -q -o x.rk"
# the header's length stays as it is
LC_ALL=C sed 's/"rk.router":"many"/"rk.router":"auto"/' m.rk >swapped
exits 1 "many's file is none of auto's" rl-score -m swapped test
LC_ALL=C sed 's/"rk.router":"auto"/"rk.router":"many"/' p.rk >swapped
exits 1 "and the other way round" rl-score -m swapped test

finish
