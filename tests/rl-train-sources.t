#!/bin/sh
# rl-train --source: several sources brought to one scale, and chosen among.
. "$(dirname "$0")/tap.sh"
mini=$root/data/mini
strong=larch/large-1.5 weak=larch/medium-0.9
pair="--strong $strong --weak $weak"
train() { rl-train --dim 64 "$@" >rec 2>err; }

# own: the pair; twin: the same kind of prompts, other names and from 0 to 10;
# contrary: strong and weak change places; flat: always the same
sed -n '1,200p' "$mini/train.jsonl" >own
sed -n '201,800p' "$mini/train.jsonl" | jq -c --arg s $strong --arg w $weak '
	.quality = {big: (10 * .quality[$s]), small: (10 * .quality[$w])} |
	.cost = {big: 1, small: 1}' >twin
sed -n '801,1200p' "$mini/train.jsonl" | jq -c --arg s $strong --arg w $weak '
	.quality = {($s): .quality[$w], ($w): .quality[$s]} | del(.cost)' >contrary
sed -n '1201,1230p' "$mini/train.jsonl" |
	jq -c --arg s $strong --arg w $weak '.quality = {($s): 1, ($w): 0}' >flat
for s in own twin contrary flat; do
	sed "s/}\$/,\"from\":{\"set\":\"$s\"},\"set\":\"$s\"}/" $s
done >all
played='--source-pair twin=big,small'

train -r linear $pair --source set $played --target own -o t.rk all
is $? 0 "sources train"
jq -e '.sources | length == 4 and
	(map({key: .source, value: .kept}) | from_entries) ==
	{own: true, twin: true, contrary: false, flat: false}' rec >out
is "$(cat out)" true "what lowers the target's error is kept, the contrary is not"
jq -e '.sources[1] | .error_without - .error_with > .error_se' rec >out
is "$(cat out)" true "... and the record says by how much"
like "$(cat err)" "*source 'twin' is kept*source 'contrary' is left out*source \
'flat' is left out: it has the same gain, 1*" "... and so do the notes"
jq -e '.valid.prompts == 20' rec >out
is "$(cat out)" true "validation is a share of the target alone"
rl-score --info -m t.rk | jq -c '.metadata // . | .["rk.data"].sources' >info
jq -c .sources rec | cmp -s - info
is $? 0 "the model file says it too"
jq -c '.models | keys' rec >out
is "$(cat out)" "[\"$strong\",\"$weak\"]" "models that play a part have its name"
rl-score -q -m t.rk --strong $strong --weak $weak --as s own >scored
is "$? $(wc -l <scored)" "0 200" "the model scores"

mv t.rk t.1
train -q -j7 -r linear $pair --source set $played --target own -o t.rk all
same t.rk t.1 "the same file for any -j"
is "$(cat err)" "" "-q: no notes"
train -q -r linear $pair --source /from/set $played --target own -o t.rk all
same t.rk t.1 "... and where the field is a JSON pointer"

# by file, and alike
cp own 'own labels'
train -q -r linear $pair --source-file --source-pair twin=big,small \
	--target 'own labels' -o f.rk 'own labels' twin contrary flat
is "$? $(jq -c '[.sources[].source]' rec)" \
	'0 ["own labels","twin","contrary","flat"]' "each file is a source"
train -q -r linear $pair --source-file $played -o f.rk own - <twin
is $? 1 "a pair of a source that is not there is refused"
like "$(cat err)" "*no record is of the source 'twin'; the sources are: 'own', \
'stdin'*" "... and the sources are named"

# no target: all are kept
train -r linear $pair --source set $played -o n.rk all
is "$? $(jq -c '[.sources[].kept]' rec)" "0 [true,true,true,false]" \
	"without a target all are kept that say anything"
jq -e 'all(.sources[]; has("error_with") | not)' rec >out
is "$(cat out)" true "... and none is tried"

# ranges: a file has one, of the target or of all, or none to add models by
is "$(jq -c '[.quality_range.hi, .sources[].quality_range.hi]' rec)" \
	'[null,1,10,1,1]' "sources of several ranges, and no target: no range"
cp rec all.rec
sed "s|\"$strong\":\([^,}]*\),\"$weak\":[^,}]*|\"late\":\1|" own >late
exits 2 "... and --add wants one" \
	rl-train -q --add late --from n.rk -o x.rk late
like "$(cat err)" "*n.rk does not say the range*--quality-range*" "... and says so"
exits 0 "... and takes it" \
	rl-train -q --add late --from n.rk -o x.rk --quality-range 0,1 late
is "$(rl-score --info -m t.rk | jq -c '.["rk.data"].quality_range')" \
	'{"lo":0,"hi":1}' "with a target it is the target's"
exits 0 "... and --add goes by it" \
	rl-train -q --add late --from t.rk -o x.rk late
train -q -r linear $pair --source set $played --quality-range 0,20 -o r.rk all
is "$(jq -c '[.quality_range.hi, .sources[].quality_range.hi]' rec)" \
	'[20,20,20,20,20]' "--quality-range is that of all sources"
{
	echo "{\"prompt\":\"hm\",\"model_a\":\"$strong\",\"model_b\":\"$weak\",\"winner\":\"tie\",\"set\":\"arena\"}"
	grep '"set":"own"' all
} >mixed
train -q -r linear $pair --source set -o r.rk mixed
is "$(jq -c '[.quality_range.hi, .sources[].quality_range.hi]' rec)" \
	'[1,null,1]' "battles have no range, and are no other one"
train -q -r linear $pair --source set $played --target own --valid 0 -o r.rk all
is "$(jq -c '[.valid, (.sources | map(.kept))]' rec)" \
	'[null,[true,true,false,false]]' "what is left out is no validation"

# the same scale or another: with one target the same model
jq -c '.quality |= map_values(3 * . + 1)' twin >tripled
for f in twin tripled; do
	{ cat own; cat $f; } | jq -c '. + {set: (if .quality.big == null
		then "own" else "twin" end)}' >two
	train -q -r linear $pair --source set $played --target own --set alpha=10 \
		--calibrate 0 -o $f.rk two
	rl-score -q -m $f.rk own >$f.scored
done
same twin.scored tripled.scored "a source's scale and its origin are no matter"

# every router trains on pooled sources
for r in $(rl-train --list | cut -d' ' -f1 | grep -v auto); do
	train -q -r $r $(given $r) $pair --source set $played -o r.rk --calibrate 0 all &&
		rl-score -q -m r.rk own >scored
	is "$? $(wc -l <scored)" "0 200" "$r trains on sources"
done
for r in linear:0 length:null; do
	train -q -r ${r%:*} $pair --source set $played --target own -o r.rk all
	is "$(jq .near_validation rec)" ${r#*:} \
		"${r%:*}: what is near to validation is counted where it is seen"
done
train -q $pair --source set $played --target own --set members=2 -o a.rk all
is "$? $(jq '.train.prompts_compared' rec)" "0 180" \
	"auto compares candidates on the target"
is "$(jq -c '[.sources[].kept]' rec)" "[true,true,false,false]" \
	"... and goes by linear to choose sources"

if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	script -qec "rl-train -r mf --dim 1024 --set patience=0 \
		--set epochs=20 $pair --source set $played --target own \
		--calibrate 0 -o w.rk all" /dev/null </dev/null >shown
	like "$(tr '\r' '\n' <shown)" \
		"*rl-train: *[0-9] %*choosing sources, trial [1-5] of at most *" \
		"a terminal sees how far the choice is"
else
	skip "a terminal sees how far the choice is" "no terminal to be had"
fi

# --- refusals -----------------------------------------------------------------

exits 2 "--target needs sources" rl-train -r linear -o x --target own all
exits 2 "--source-pair needs sources" \
	rl-train -r linear $pair -o x --source-pair a=b,c all
exits 2 "--source-pair needs the pair" \
	rl-train -r linear -o x --source set --source-pair a=b,c all
exits 2 "one way to tell sources apart" \
	rl-train -r linear -o x --source set --source-file all
exits 2 "a source's pair is two models" \
	rl-train -r linear $pair -o x --source set --source-pair twin=big all
exits 1 "a target that is not there is refused" \
	rl-train -r linear $pair $played -o x --source set --target ours all
like "$(cat err)" "*no record is of the source 'ours'; the sources are: 'own', \
'twin', 'contrary', 'flat'*" "... and the sources are named"
exits 1 "a target without the pair is refused" \
	rl-train -r linear $pair -o x --source set --target twin all
like "$(cat err)" "*--target twin: no comparison of*--source-pair*" \
	"... and the message says what to do"
exits 1 "a target whose gain is constant is refused" \
	rl-train -r linear $pair $played -o x --source set --target flat all
like "$(cat err)" "*--target flat: all * comparisons of the pair have the same*" \
	"... and the message says why"
sed -n '1,10p;300,400p' all >few
exits 1 "a target of ten prompts is refused" rl-train -r linear $pair $played \
	-o x --source set --target own --valid 0 few
like "$(cat err)" "*--target own: 10 prompts with*at least 20*" "... and says so"
exits 1 "sources that say nothing are refused" \
	rl-train -r linear $pair -o x --source prompt own
like "$(cat err)" "*--source: each of * sources has the same gain*" \
	"... and the message says why"
exits 1 "no pair, no sources" sh -c \
	"jq -c '.quality.other = 0' own | sed 's/}\$/,\"set\":\"own\"}/' |
	rl-train -r linear -o x --source set"
like "$(cat err)" "*name it with --strong and --weak*" "... and says what to do"
exits 1 "a record without the field is refused" \
	rl-train -r linear $pair -o x --source nothing own
like "$(cat err)" "*own:1: nothing: missing*" "... and named"
[ ! -e x ]
ok $? "no model is written"
jq -c '.set = [1]' own >odd
exits 1 "a source that is no name is refused" \
	rl-train -r linear $pair -o x --source set odd
awk '{ sub(/}$/, ",\"set\":" NR "}"); print }' "$mini/train.jsonl" >many
exits 1 "more than 1000 sources are refused" \
	rl-train -q -r length $pair -o x --source set many many
like "$(cat err)" "*many:1001: *more than 1000 sources*" "... at the first one"

# battles and outcomes: what judges say of the same pair, the other way round
sed -n '201,500p' "$mini/train.jsonl" | jq -c --arg s $strong --arg w $weak '
	.quality as $q | {prompt, ts, model_a: $s, model_b: $w, winner: (
	if $q[$s] > $q[$w] then "model_b" elif $q[$s] < $q[$w] then "model_a"
	elif (.id[-1:] | tonumber) < 7 then "model_a" else "model_b" end)}' >judged
train -r linear $pair --source-kind --target outcomes -o k.rk own judged
is "$? $(jq -c '[.sources[] | [.source, .kept]]' rec)" \
	'0 [["outcomes",true],["battles",false]]' "kinds of labels are sources"
train -r linear $pair -o k.rk own judged
is "$? $(jq -c .sources rec)" "0 null" "... which linear pools unless it is told"
auto='--valid 0 --calibrate 0 --set folds=2'
train -r auto $auto $pair -o a.rk own judged
is "$? $(jq -c '[.sources[] | [.source, .target, .kept]]' rec)" \
	'0 [["outcomes",true,true],["battles",null,false]]' \
	"... and auto tells apart by itself, for the outcomes"
sed "s,\"$weak\",\"other\"," judged >others
train -r auto $auto $pair -o o.rk own judged others
is "$(jq -c '[.sources[].kept]' rec) $(rl-score --info -m o.rk |
	jq -c '."rk.models" | sort')" "[true,false] [\"$strong\",\"$weak\"]" \
	"... and a model of which nothing is left is none of the file's"
train -r auto $auto $pair -o a.rk own judged
like "$(cat err)" "*two sources, and the target is outcomes: see --source-kind*\
source 'battles' is left out*" "... and says so"
train -q -r auto $auto $pair --source-kind -o b.rk own judged
is "$? $(jq -c '[.sources[] | .kept]' rec)" "0 [true,true]" \
	"... --source-kind alone keeps both"
head -n 90 own >few
train -r auto $auto $pair -o a.rk few judged
is "$? $(jq -c .sources rec) $(grep -c 'two sources' err)" "0 null 0" \
	"... of 90 outcomes auto makes no target"
like "$(cat err)" "*count alike: see --source-kind*" "... and says so"
jq -c --arg s $strong --arg w $weak '.quality = {($s): 1, ($w): 0}' own >same
train -r auto $auto $pair -o a.rk same judged
is "$? $(jq -c .sources rec)" "0 null" "... nor of such as have one gain"
train -r auto $auto $pair -o a.rk judged
is "$? $(jq -c .sources rec)" "0 null" "... and of battles alone no source"
train -r auto $auto $pair --valid 0.6 -o a.rk own judged
is "$? $(jq -c .sources rec)" "0 null" \
	"... nor where validation leaves fewer than 100"
jq -c --arg s $strong --arg w $weak 'if input_line_number <= 150
	then .quality = {($s): 1, ($w): 0} else . end' own >late
train -r auto $auto $pair --valid 0.25 --valid-by ts -o a.rk late judged
is "$? $(jq -c .sources rec)" "0 null" "... or such as have one gain"
rl-train -q -r linear $pair --dim 64 -o a.rk judged >rec
rl-train -q -r auto $auto $pair --dim 64 -o b.rk judged >rec
for m in a b; do rl-score --info -m $m.rk | jq -c '.metadata."rk.data".digest'; done |
	uniq | wc -l >out
is "$(($(cat out)))" 1 "the same records have the same digest for both"
rl-train -q $pair --source-kind --source-file -o a.rk own 2>err
like "$?$(cat err)" "2*one of --source, --source-file and --source-kind*" \
	"there is one way to tell sources apart"

finish
