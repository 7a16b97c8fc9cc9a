#!/bin/sh
# rl-eval: figures that can be worked out by hand, bad input, gates, pictures.

: "${RK_BUILD:=build}" "${RK_SHARED:=../shared}"
case $RK_BUILD in /*) ;; *) RK_BUILD=$PWD/$RK_BUILD ;; esac
case $RK_SHARED in /*) ;; *) RK_SHARED=$PWD/$RK_SHARED ;; esac
eval=$RK_BUILD/rl-eval
man=$PWD/man/rl-eval.1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0

# ok STATUS NAME: the test passes where the status is 0.
ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# err: /' err 2>/dev/null | head -5
	fi
}

# holds NAME FILTER FILE: the jq filter is true of the file's records, slurped.
holds() {
	jq -es "$2" "$3" >/dev/null 2>jqerr
	ok $? "$1"
}

# fails STATUS TEXT NAME COMMAND...: ends so, with the text on standard error.
fails() {
	want=$1 text=$2 name=$3
	shift 3
	"$@" >out 2>err
	rc=$?
	[ $rc -eq "$want" ] && grep -qF -- "$text" err
	ok $? "$name"
}

# --- by hand -----------------------------------------------------------------
# Gains 1 1 0 -1 by falling score: PGR runs 0 1 2 2 1.

cat >four.jsonl <<'E'
{"prompt":"a","score":0.8,"alt":0.1,"quality":{"big":1,"small":0},"cost":{"big":4,"small":1}}
{"prompt":"abc","score":0.1,"alt":0.2,"quality":{"big":0,"small":1},"cost":{"small":1,"big":8}}
{"prompt":"ab","score":0.9,"alt":0.3,"quality":{"small":0,"big":1},"cost":{"big":2,"small":1}}
{"prompt":"abcd","score":0.2,"alt":0.4,"quality":{"small":1,"big":1},"cost":{"big":2,"small":1}}
E
"$eval" --bootstrap 0 four.jsonl >out 2>err
ok $? 'four records are evaluated'
holds 'a record a router: the field, random, length, oracle' \
	'map(.router) == ["score","random","length","oracle"] and
	 map(.control) == [false,true,true,true]' out
holds 'the better of two models is the strong one, and both are named' \
	'.[0] | .strong == "big" and .weak == "small" and .n == 4 and
	 .strong_quality == 0.75 and .weak_quality == 0.5' out
holds 'APGR, CPT, AUC and gain are those worked out by hand' \
	'.[0] | .apgr == 1.375 and .cpt20 == 0.05 and .cpt50 == 0.125 and
	 .cpt80 == 0.2 and .auc == 0.84375 and .gain == 0.21875' out
holds 'random is its expectation: 0.5, 20 %, 50 %, 80 %' \
	'.[1] | .apgr == 0.5 and .gain == 0 and .auc == 0.625 and
	 ([.cpt20 - 0.2, .cpt50 - 0.5, .cpt80 - 0.8] | map(fabs) | max) < 1e-15' out
holds 'the oracle sorts by gain' '.[3].apgr == 1.375' out
holds 'without resamples there are no intervals' \
	'all(.[]; has("apgr_lo") or has("resamples") | not)' out

"$eval" --strong small --weak big --bootstrap 0 four.jsonl >out 2>err
holds 'where strong is not better, APGR and CPT are null, with the reason' \
	'.[0] | .apgr == null and .cpt50 == null and .gain == -0.21875 and
	 (.reason | contains("strong is not better than weak"))' out
"$eval" --strong small four.jsonl 2>err | jq -es '.[0].weak == "big"' >/dev/null
ok $? 'one name of two is enough'

sed 's/"score":0.[0-9]/"score":0.5/' four.jsonl >tied.jsonl
"$eval" --bootstrap 0 tied.jsonl >out 2>err
holds 'a constant score is random routing, exactly' \
	'.[0].apgr == 0.5 and .[0].distinct == 1' out
sed 's/"score":0.9/"score":0.1/' four.jsonl >ties.jsonl
sort -r ties.jsonl >seit.jsonl
"$eval" --bootstrap 0 ties.jsonl >out 2>err
"$eval" --bootstrap 0 seit.jsonl >out2 2>>err
cmp -s out out2
ok $? 'the order of the file breaks no ties'
# gains 1 (0.8), 0 (0.2), and -1 and 1 together (0.1): PGR 0 1 1 . 1
holds 'a group of ties moves as one, along a straight line' \
	'.[0] | .apgr == 0.875 and .distinct == 3' out

"$eval" --routellm --bootstrap 0 four.jsonl >out 2>err
holds '--routellm is said in the record' \
	'.[0].mode == "routellm" and .[1].apgr == 0.5' out
"$eval" --routellm --bootstrap 0 tied.jsonl >out 2>err
holds '--routellm takes a constant score' '.[0].apgr == 0.5' out

sed 's/:1,/:8.5,/;s/:1}/:8.5}/;s/:0,/:3,/;s/:0}/:3}/' four.jsonl >grades.jsonl
"$eval" grades.jsonl >out 2>err
holds 'grades of 1 to 10 keep their unit' \
	'.[0] | .strong_quality == 7.125 and .weak_quality == 5.75 and
	 .apgr == 1.375' out

# --- lengths -----------------------------------------------------------------

cat >len.jsonl <<'E'
{"prompt":"ééé","score":0,"quality":{"a":0,"b":1}}
{"prompt":"eeee","score":0,"quality":{"a":0,"b":0}}
{"messages":[{"role":"user","content":"xx"}],"score":0,"quality":{"a":0,"b":1}}
E
"$eval" --bootstrap 0 len.jsonl >out 2>err
# gains 0 1 1 by falling length: PGR 0 0 .5 1
holds 'length counts code points, of messages too' \
	'.[] | select(.router == "length") | .apgr - 1/3 | fabs < 1e-15' out
sed 's/"prompt":"ee*",//' len.jsonl >nolen.jsonl
"$eval" --bootstrap 0 nolen.jsonl >out 2>err
holds 'no length control where a record has no prompt' \
	'map(.router) == ["score","random","oracle"]' out
grep -q 'only 2 of 3 records have a prompt' err
ok $? 'which is said'
"$eval" -q nolen.jsonl >out 2>err && [ ! -s err ]
ok $? '-q says nothing'

# --- intervals ---------------------------------------------------------------

# 300 records from a linear congruence; the score tells something, alt nothing.
awk 'BEGIN { x = 7; for (i = 0; i < 300; i++) {
	for (k = 0; k < 5; k++) {
		x = (x * 16807) % 2147483647; u[k] = x / 2147483647 }
	printf "{\"kind\":\"%s\",\"turn\":%d,\"score\":%.6f,\"alt\":%.2f," \
		"\"quality\":{\"w\":%d,\"s\":%d}}\n", i % 2 ? "odd" : "even",
		i % 11, u[0], u[1], u[2] < 0.9 - 0.7 * u[0], u[3] < 0.9 }
	}' >many.jsonl
"$eval" -s score -s alt many.jsonl >out 2>err
holds 'each figure lies in its interval' \
	'all(.[]; . as $r | all("weak_quality", "strong_quality", "apgr",
		"cpt20", "cpt50", "cpt80", "auc", "gain";
	 $r[. + "_lo"] - 1e-12 <= $r[.] and
	 $r[.] <= $r[. + "_hi"] + 1e-12))' out
holds 'an interval has a width' \
	'.[0] | .apgr_hi - .apgr_lo > 0.05 and .resamples == 1000' out
holds 'the second field is compared with the first, by pairs' \
	'.[0] as $a | .[1] | .vs == "score" and
	 (.apgr_diff - (.apgr - $a.apgr) | fabs) < 1e-12 and
	 .apgr_diff_lo < .apgr_diff and .apgr_diff < .apgr_diff_hi' out
holds 'the first and the controls are not' \
	'all(.[0], .[2:][]; has("vs") or has("apgr_diff") | not)' out
"$eval" -j1 --by kind -s score -s alt many.jsonl >one 2>err
"$eval" -j7 --by kind -s score -s alt many.jsonl >seven 2>>err
cmp -s one seven && [ -s one ]
ok $? '-j1 and -j7 give the same bytes'
"$eval" --seed 2 -s score -s alt many.jsonl >out2 2>err
! cmp -s out out2
ok $? 'another seed draws other resamples'

head -3 many.jsonl >three.jsonl
"$eval" three.jsonl >out 2>err
holds 'three records: resamples without a gap are counted, and why no interval' \
	'.[0] | .n == 3 and .no_gap > 10 and .apgr_lo == null and
	 .auc_lo != null and (.reason | length > 0)' out

# --- categories --------------------------------------------------------------

"$eval" --by kind --bootstrap 100 many.jsonl >out 2>err
holds '--by: all records first, then a group a value' \
	'map(.category) == ([null, "even", "odd"] | map(., ., .)) and
	 .[0].n == 300 and .[3].n == 150 and .[6].n == 150' out
grep even many.jsonl | "$eval" --bootstrap 100 --strong s --weak w >even 2>err
jq -c 'select(.category == "even") | del(.category)' out >got
jq -c . even >want
cmp -s got want
ok $? 'a group is what it would be alone'
"$eval" --by turn --bootstrap 0 many.jsonl >out 2>err
holds 'numbers are categories, and are sorted as numbers' \
	'map(.category) | unique == [null,0,1,2,3,4,5,6,7,8,9,10] and
	 .[-1] == 10' out
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "{\"id\":%d,\"score\":0," \
	"\"quality\":{\"w\":%d,\"s\":1}}\n", i, i % 2 }' >ids.jsonl
case $RK_BUILD in *san-*) limit=40 ;; *) limit=8 ;; esac
# seconds of the processor, however many others want it
(ulimit -t $limit; "$eval" --by id --bootstrap 0 ids.jsonl 2>err) | wc -l >got
[ "$(cat got)" -eq 300003 ]
ok $? 'a category a record takes time that is linear in the records'
fails 1 'four.jsonl:1: kind: missing' 'a record without the category is bad' \
	"$eval" --by kind four.jsonl

# --- bad input ---------------------------------------------------------------

bad() { # bad NAME TEXT LINE
	head -2 four.jsonl >bad.jsonl
	printf '%s\n' "$3" >>bad.jsonl
	fails 1 "rl-eval: bad.jsonl:3:$2" "$1" "$eval" bad.jsonl
	[ ! -s out ]
	ok $? "... and no figures"
}
bad 'a missing score names line and field' ' score: missing' \
	'{"quality":{"big":1,"small":0}}'
bad 'so does a score that is a string' \
	' score: expected a number, found a string' \
	'{"score":"1","quality":{"big":1,"small":0}}'
bad 'a score of 1e999' '14: real number overflow' \
	'{"score":1e999,"quality":{"big":1,"small":0}}'
bad 'a missing quality' ' quality: missing' '{"score":1}'
bad 'a model that has no quality' \
	' quality: holds 1 models, not two' '{"score":1,"quality":{"big":1}}'
bad 'a third model' ' quality: holds 3 models, not two; name the pair by '\
'--strong and --weak: big, small, mid' \
	'{"score":1,"quality":{"big":1,"small":0,"mid":1}}'
bad 'another pair' ' quality.small: missing; it has: big, tiny' \
	'{"score":1,"quality":{"big":1,"tiny":0}}'
bad 'a quality that is null' ' quality.small: expected a number' \
	'{"score":1,"quality":{"big":1,"small":null}}'
bad 'a quality beyond all use' ' quality.big: expected a number within' \
	'{"score":1,"quality":{"big":1e200,"small":0}}'
bad 'a prompt that is a number' ' prompt: expected a string' \
	'{"prompt":1,"score":1,"quality":{"big":1,"small":0}}'
bad 'a line that is no JSON' '9: unexpected token' '{"score":'
fails 1 'no records' 'no records at all' "$eval" /dev/null
fails 1 'none.jsonl' 'no such file' "$eval" none.jsonl

echo '{"score":1}' | cat four.jsonl - four.jsonl >bad.jsonl
fails 1 'bad.jsonl:5: quality: missing' '-k: a bad line is reported' \
	"$eval" -k --rejects rej bad.jsonl
holds '... left out' '.[0].n == 8' out
[ "$(cat rej)" = '{"score":1}' ]
ok $? '... and kept by --rejects'

cat >abc.jsonl <<'E'
{"score":0.9,"quality":{"a":0,"b":1,"c":0.5}}
{"score":0.1,"quality":{"a":1,"b":1,"c":0.5}}
E
fails 1 'name the pair by --strong and --weak' 'of three models none is chosen' \
	"$eval" abc.jsonl
"$eval" --strong b --weak c --bootstrap 0 abc.jsonl >out 2>err
holds 'a pair of three is named' '.[0].apgr == 0.5 and .[0].weak == "c"' out

# --- usage -------------------------------------------------------------------

fails 2 'given twice' 'a field given twice is wrong usage' \
	"$eval" -s a -s a four.jsonl
fails 2 'same model' 'so is a pair of one model' \
	"$eval" --strong a --weak a four.jsonl
fails 2 'bogus' 'so is an unknown option' "$eval" --bogus four.jsonl
fails 2 'usage:' 'and a negative count of resamples' \
	"$eval" --bootstrap -1 four.jsonl
if [ -w /dev/full ]; then
	fails 1 'standard output' 'a full disk is an error' \
		sh -c '"$0" four.jsonl >/dev/full' "$eval"
else
	n=$((n + 1)); echo "ok $n - a full disk # skip no /dev/full"
fi

# --- gates -------------------------------------------------------------------

"$eval" --require 'apgr>1.3' --require 'cpt50 <= 0.125' --require 'n>=4' \
	four.jsonl >out 2>err
ok $? '--require that holds: exit 0'
fails 1 'score: apgr is 1.375, required: apgr>1.4' \
	'--require that does not hold: exit 1, and why' \
	"$eval" --require 'apgr>1.4' four.jsonl
[ "$(wc -l <out)" -eq 4 ]
ok $? '... and the records are written all the same'
fails 1 'alt: apgr is' 'every -s is held to it' \
	"$eval" -s score -s alt --require 'apgr>1' four.jsonl
! grep -q 'score:' err
ok $? '... and no other is named'
"$eval" -s alt -s score --require 'apgr_diff>=1' four.jsonl >out 2>err
ok $? 'a difference is asked of the routers that have one'
fails 1 'apgr is null' 'null is not enough' \
	"$eval" --strong small --weak big --require 'apgr<9' four.jsonl
fails 2 "no figure is named 'agpr'" 'an unknown figure is wrong usage' \
	"$eval" --require 'agpr>0' four.jsonl
fails 2 'expected a key' 'so is what is no comparison' \
	"$eval" --require 'apgr=1' four.jsonl
fails 2 'no intervals' 'so is an interval without resamples' \
	"$eval" --bootstrap 0 --require 'apgr_lo>0' four.jsonl
fails 2 'no intervals' 'and their count' \
	"$eval" --bootstrap 0 --require 'no_gap<9' four.jsonl
fails 2 'second router' 'so is a difference to nothing' \
	"$eval" --require 'apgr_diff>0' four.jsonl

fails 1 'score: there is no aiq, required: aiq>0' \
	'a figure that there is none of is not enough' \
	sh -c 'sed "s/,.cost.:{[^}]*}//" four.jsonl | "$0" --require "aiq>0"' \
	"$eval"
fails 2 "no figure is named 'psi_lo'" 'nor has every figure an interval' \
	"$eval" --require 'psi_lo<1' four.jsonl

# --- money ---------------------------------------------------------------------
# Dollars 1 1.25 2 2.25 4 and quality .5 .75 1 1 .75 by falling score.

"$eval" --bootstrap 0 four.jsonl >out 2>err
holds 'dollars: AIQ, cost at equal quality, quality at equal cost, by hand' \
	'.[0] | .weak_cost == 1 and .strong_cost == 4 and
	 .aiq == (0.25 * 0.625 + 0.75 * 0.875 + 2) / 3 and
	 .cost_at_equal_quality == 1.25 and .quality_at_equal_cost == 1' out
holds 'random: the straight line from the weak to the strong model' \
	'.[1] | .aiq == 0.625 and .cost_at_equal_quality == 4 and
	 .quality_at_equal_cost == 0.75' out
jq -c '.cost |= map_values(. / 1e6)' four.jsonl >cheap.jsonl
"$eval" --bootstrap 0 cheap.jsonl >out 2>err
holds "RouterArena's score of the best point, by hand" \
	'((200 | log2) - (0.002 | log2)) as $c | ((200 | log2) -
	 (0.0044 | log2)) as $all | ([$c / $all, 1] | min) as $c |
	 .[0].arena_score - 1.1 * $c / (0.1 + $c) | fabs < 1e-12' out
"$eval" --bootstrap 0 --quality-range 0,2 cheap.jsonl >out 2>err
holds 'a quality range halves the accuracy' \
	'.[0].arena_score | . > 0.5 and . < 0.55' out
sed 's/"cost":{[^}]*}/"cost":{"big":2,"small":2}/' four.jsonl >flat.jsonl
"$eval" --bootstrap 0 flat.jsonl >out 2>err
holds 'no AIQ where both models cost the same' \
	'.[0] | .aiq == null and .cost_at_equal_quality == 2' out
sed 's/"cost":{[^}]*}/"cost":{"big":0,"small":0}/' four.jsonl >gratis.jsonl
"$eval" --bootstrap 0 gratis.jsonl >out 2>err
holds 'what costs nothing is as cheap as can be' \
	'.[0].arena_score - 1 | fabs < 1e-12' out
sed '2s/"small":1,"big":8/"small":1/' four.jsonl >some.jsonl
"$eval" --bootstrap 0 some.jsonl >out 2>err
holds 'one cost is missing: no dollars' 'all(.[]; has("aiq") | not)' out
grep -q 'no costs: only 3 of 4 records have both' err
ok $? '... which is said'
sed '2s/"big":8/"big":-8/' four.jsonl >some.jsonl
fails 1 'some.jsonl:2: cost.big: expected dollars, found -8' \
	'a cost below nothing' "$eval" some.jsonl
sed '2s/"big":8/"big":"8"/' four.jsonl >some.jsonl
fails 1 'some.jsonl:2: cost.big: expected a number' 'a cost that is a string' \
	"$eval" some.jsonl
fails 1 'four.jsonl:1: quality.big: 1 is not within the quality range 0 to 0.5' \
	'a quality out of its range' "$eval" --quality-range 0,0.5 four.jsonl
fails 2 'expected LO,HI with LO below HI' 'a range that is none' \
	"$eval" --quality-range 1,0 four.jsonl

# --- verdicts, calibration, drift ------------------------------------------------

jq -c '.prompt = "x" * (1 + .turn)' many.jsonl >text.jsonl
"$eval" -s score -s alt text.jsonl >out 2>err
holds 'a verdict a comparison' \
	'.[0].verdict == "better than length" and
	 .[1].verdict == "no better than length" and
	 .[1].vs_verdict == "worse than score" and .[0].vs_length_lo > 0 and
	 (.[0].vs_length - (.[0].apgr - .[3].apgr) | fabs) < 1e-12' out
"$eval" -s score -s alt --table text.jsonl >out 2>err
grep -q '^score: better than length: +\.[0-9]* \[+\.[0-9]*, +\.[0-9]*\]$' out &&
	grep -q '^alt: worse than score: -\.' out
ok $? '... and in the table'
"$eval" many.jsonl >out 2>err
holds 'without prompts the comparison is with chance' \
	'.[0].verdict == "better than random" and .[0].vs_random > 0' out
"$eval" --require 'vs_random_lo>0' many.jsonl >out 2>err
ok $? 'a verdict can be required'
"$eval" --bootstrap 0 four.jsonl >out 2>err
# targets 1 1 .5 0 by falling score; .9 .8 .2 .1
holds 'Brier score and that of a constant, by hand' \
	'.[0] | (.brier - 0.0375 | fabs) < 1e-12 and
	 .brier_constant == 0.171875 and (.ece - 0.175 | fabs) < 1e-12' out
sed 's/"score":0.9/"score":1.5/' four.jsonl | "$eval" --bootstrap 0 >out 2>err
holds 'scores that are no probabilities are not held to be' \
	'.[0] | has("brier") or has("ece") | not' out
"$eval" --drift many.jsonl --require 'psi<1e-9' many.jsonl >out 2>err
ok $? 'scores have not drifted from themselves'
jq -c '.score |= . * .' many.jsonl >moved.jsonl
fails 1 'required: psi<0.2' 'drift is seen, and can be gated' \
	"$eval" --drift many.jsonl --require 'psi<0.2' moved.jsonl
fails 1 'four.jsonl:1: alt2: missing' 'a reference without the score' \
	sh -c 'jq -c ".alt2 = 1" four.jsonl |
	"$0" -s alt2 --drift four.jsonl' "$eval"
fails 1 '/dev/null: no records' 'a reference without records' \
	"$eval" --drift /dev/null four.jsonl
fails 2 'both standard input' 'one standard input is not two' \
	sh -c '"$0" --drift - <four.jsonl' "$eval"

# --- curve -------------------------------------------------------------------

"$eval" --bootstrap 0 --curve curve four.jsonl >out 2>err
jq -c 'select(.router == "score") |
	del(.router, .control, .arena_score)' curve >got
cat >want <<'E'
{"share":0,"quality":0.5,"cost":1,"threshold":0.9000000000000001}
{"share":0.25,"quality":0.75,"cost":1.25,"threshold":0.9}
{"share":0.5,"quality":1,"cost":2,"threshold":0.8}
{"share":0.75,"quality":1,"cost":2.25,"threshold":0.2}
{"share":1,"quality":0.75,"cost":4,"threshold":0.1}
E
cmp -s got want
ok $? '--curve writes the points with quality, cost and threshold'
jq -c '.cost |= map_values(. / 1000)' four.jsonl |
	"$eval" --bootstrap 0 --curve cheap >out 2>err
holds "... and RouterArena's score of each point with a cost" \
	'map(select(.router == "score")) | all(.[]; .arena_score >= 0) and
	 (.[2] | ((200 / 2 | log2) / (200 / 0.0044 | log2)) as $c |
	  .arena_score - 1.1 * $c / (0.1 + $c) | fabs < 1e-12)' cheap
holds 'random has two points and no threshold' \
	'map(select(.router == "random") | [.share, .threshold]) ==
	 [[0, null], [1, null]]' curve
sed 's/,"cost":{[^}]*}//' four.jsonl >free.jsonl
"$eval" --bootstrap 0 --curve curve free.jsonl >out 2>err
holds 'no costs, no cost' \
	'all(.[]; has("cost") or has("arena_score") | not)' curve
"$eval" --bootstrap 0 --by kind --curve curve many.jsonl >out 2>err
holds 'with --by the points of each group' \
	'map(select(.router == "score" and .category == "odd")) | length == 151' \
	curve
echo old >keep
fails 1 'bad.jsonl:5' 'a bad line' "$eval" --curve keep bad.jsonl
[ "$(cat keep)" = old ]
ok $? '... leaves the old curve as it was'

# --- table -------------------------------------------------------------------

"$eval" --table --bootstrap 0 free.jsonl >out 2>err
cat >want <<'E'
4 queries; weak small 0.5000, strong big 0.7500

router    APGR  CPT20 %  CPT50 %  CPT80 %     gain
score    1.375      5.0     12.5     20.0  +0.2188
random   0.500     20.0     50.0     80.0  +0.0000
length  -0.125     80.0     87.5     95.0  -0.1562
oracle   1.375      5.0     12.5     20.0  +0.2188

router   Brier  Brier - constant's     ECE
score   0.0375             -0.1344  0.1750
E
cmp -s out want
ok $? '--table is aligned, CPT in percent'
sed -n '/^4 queries/,/^\.Ed/p' "$man" | sed '$d' >got
cmp -s got want
ok $? 'the manual shows the same table'
"$eval" --table --by kind -s score -s alt many.jsonl >out 2>err
grep -q '^(all)  *300 *score .*\[0\.[0-9]*, 0\.[0-9]*\]' out &&
	grep -q '^odd  *150 .* alt ' out && grep -q 'APGR - score' out
ok $? '--table shows intervals, categories and the difference'
long=a-model-of-a-vendor-with-a-name-of-more-than-sixty-characters
sed "s/\"s\"/\"$long-70B\"/;s/\"w\"/\"$long-8B\"/" many.jsonl |
	sed "s/\"score\"/\"$long\"/" >long.jsonl
"$eval" --table --by kind -s $long -s alt long.jsonl >out 2>err
[ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' \
	out)" -le 100 ] && grep -q ' a-model-of-\.\.\.acters-70B' out &&
	[ "$(grep -c '^kind *n *router' out)" -gt 2 ]
ok $? 'no line is over 100 columns: long names lose their middle, tables are cut'
esc=$(printf '\033')
sed 's/"big"/"b\\u001b[31mg"/' four.jsonl | "$eval" --table >out 2>err
! grep -q "$esc" out && grep -q 'b?\[31mg' out
ok $? 'a name with an escape does not reach the terminal'

# --- pictures ----------------------------------------------------------------

fails 2 'ends in .svg or .png' 'a picture is .svg, .png or -' \
	"$eval" --plot x.pdf four.jsonl
fails 2 '--table is needed' 'a picture does not mix with records' \
	"$eval" --plot - four.jsonl
fails 1 'gnuplot: not found' 'without gnuplot the error says so' \
	env PATH=/nonexistent "$eval" --plot x.svg four.jsonl
[ ! -e x.svg ] && [ "$(wc -l <out)" -eq 4 ]
ok $? '... no picture is left, and the figures are printed'
if command -v gnuplot >/dev/null; then
	"$eval" --plot x.svg -s score -s alt four.jsonl >out 2>err &&
		grep -q '</svg>' x.svg && grep -q 'queries to big' x.svg
	ok $? '--plot draws an SVG'
	"$eval" --plot x.png four.jsonl >out 2>err &&
		[ "$(head -c 4 x.png | tail -c 3)" = PNG ]
	ok $? '--plot draws a PNG'
	"$eval" --table --plot - four.jsonl >out 2>err &&
		grep -q 'queries to big' out && grep -q '^ *|.*oracle' out
	ok $? '--plot - draws below the table'
	evil="it's\`touch pwned1\`\$(touch pwned2)'; system 'touch pwned3'; '@x"
	jq -c --arg k "$evil" '.[$k] = .score | .quality = {($k): .quality.big,
		("<b>&" + $k): .quality.small}' four.jsonl >evil.jsonl
	"$eval" --plot evil.svg -s "$evil" evil.jsonl >out 2>err &&
		grep -qF 'it'"'"'s`touch pwned1`$(touch pwned2)' evil.svg
	ok $? 'hostile names are drawn as they are'
	[ -z "$(find . -name 'pwned*')" ]
	ok $? '... and run nothing'
	jq -c '."a\nsystem \"touch pwned4\"" = .score' four.jsonl >evil.jsonl
	fails 1 'control character' 'a control character in a name is refused' \
		"$eval" --plot evil2.svg -s 'a
system "touch pwned4"' evil.jsonl
	[ ! -e evil2.svg ] && [ ! -e pwned4 ]
	ok $? '... without a picture'
else
	for t in SVG PNG terminal names nothing control picture; do
		n=$((n + 1)); echo "ok $n - pictures: $t # skip no gnuplot"
	done
fi

# --- RouteLLM's own evaluation data ------------------------------------------

mmlu=$RK_SHARED/data/routellm/mmlu
if [ -d "$mmlu" ] && command -v mlr >/dev/null; then
	mlr --icsv --ojsonl --infer-none --no-auto-unflatten cat "$mmlu"/*.csv |
		jq -c --slurpfile bad "$mmlu/contaminated_prompts.jsonl" '
		($bad | map({(.eval_prompt): 1}) | add) as $out |
		select($out[.prompt] | not) | {prompt, score: 0, quality:
		(del(.prompt) | map_values(if . == "True" then 1 else 0 end))}' \
		>mmlu.jsonl
	"$eval" --bootstrap 0 mmlu.jsonl >out 2>err
	holds 'MMLU: 14,037 records, 80.587 % and 68.091 %' \
		'.[0] | .n == 14037 and (.strong_quality * 1e5 | round) == 80587
		 and (.weak_quality * 1e5 | round) == 68091' out
	holds 'MMLU: the oracle has 1.2853, length .586' \
		'(.[3].apgr * 1e4 | round) == 12853 and
		 (.[2].apgr * 1e3 | round) == 586' out
else
	for t in counts APGR; do
		n=$((n + 1)); echo "ok $n - MMLU: $t # skip no data or no mlr"
	done
fi
echo "1..$n"
