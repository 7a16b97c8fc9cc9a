#!/bin/sh
# rl-train: what it reads, refuses, writes and says; and rl-score on the result.
. "$(dirname "$0")/tap.sh"
mini=$root/data/mini
strong=larch/large-1.5 weak=larch/medium-0.9
pair="--strong $strong --weak $weak"
head -400 "$mini/train.jsonl" >train
head -300 "$mini/test.jsonl" >test

# json KEY FILE: the value of a top-level number or string member
json() { grep -o "\"$1\":\"\{0,1\}[^\",}]*" "$2" | head -1 | sed 's/.*[:"]//'; }

# --- every router of the table -------------------------------------------------

for r in $(rl-train --list | cut -d' ' -f1); do
	rl-train -q -j1 -r $r $(given $r) $pair -o $r.1 train >rec
	is "$? $(json router rec)" "0 $r" "$r trains and says so"
	rl-train -q -j7 -r $r $(given $r) $pair -o $r.7 train >rec.7
	same $r.1 $r.7 "$r: the same data and seed give the same file, any -j"
	rl-score -q -j1 -m $r.1 test >$r.scored
	is "$? $(wc -l <$r.scored)" "0 300" "$r scores texts"
	rl-embed -q test | rl-score -q -j7 -m $r.1 --drop >$r.emb
	same $r.scored $r.emb "$r: -j7, from embeddings, the same bytes"
	sed 's/,"score":[0-9.e-]*}$/}/' $r.scored | cmp -s - test
	ok $? "$r: cutting the score out gives back the input"
	awk '{ sub(/.*"score":/, ""); sub(/}.*/, "");
	    if ($0 + 0 < 0 || $0 + 0 > 1) bad++ } END { exit bad > 0 }' $r.scored
	ok $? "$r: scores are in [0,1]"
	if command -v parallel >/dev/null; then
		parallel --pipe -k -N 50 -j2 rl-score -q -m $r.1 <test >$r.par \
			2>/dev/null
		rl-score -q -m $r.1 <test | paste -d '\n' - $r.par |
			awk '{ sub(/.*"score":/, ""); sub(/}.*/, "") }
			NR % 2 { a = $0; next }
			{ d = a - $0; if (d < 0) d = -d
			  if (d > 1e-5 * a) bad++ } END { exit bad > 0 }'
		ok $? "$r: under GNU parallel, the same to 1e-5"
		case $r in
		random | length)
			same $r.par $r.scored "$r: under GNU parallel, same bytes" ;;
		esac
	else
		skip "$r: under GNU parallel" "no parallel"
	fi
done
if command -v parallel >/dev/null; then
	rl-embed -q <test >whole
	parallel --pipe -k -N 50 -j2 rl-embed -q <test >pieces 2>/dev/null
	same whole pieces "rl-embed hash: under GNU parallel, same bytes"
else
	skip "rl-embed under GNU parallel" "no parallel"
fi

# --- the record -----------------------------------------------------------------

like "$(cat rec)" '*"records":400,*"pair":{"strong_wins":*"ties":*"valid":{*' \
	"the record says what was read and measured"
rl-train -q -r sw $pair --valid 0 -o all.rk train >rec
case $(cat rec) in *'"valid"'*) ok 1 x ;; *) ok 0 \
	"--valid 0 keeps nothing out and measures nothing" ;; esac
rl-train -q -r sw $pair --valid 0.25 --valid-by ts -o t.rk train >rec
like "$(cat rec)" '*"valid":{"prompts":100,*' "--valid-by keeps out a share"
rl-train -q -r mf $pair --seed 2 -o seed2 train >rec
cmp -s seed2 mf.1
is $? 1 "another seed gives another model"
rl-train -q -r random $pair --seed 12 -o seed12 train >rec

rl-train -q -r sw $pair --features embedding,surface=0.5 -o s.rk train >rec
rl-score -q -m s.rk test >s.text
rl-embed -q test | rl-score -q -m s.rk --drop >s.emb
same s.text s.emb "--features: the surface is scored with or without embeddings"
cmp -s s.text sw.scored
is $? 1 "--features: the surface changes the scores"
exits 2 "an unknown feature is wrong usage" \
	rl-train -r sw --features magic -o x train
exits 1 "the surface wants a text" sh -c \
	"echo '{\"embedding\":[1,2]}' | rl-score -m s.rk"

# --- the model file ---------------------------------------------------------------

rl-score -m sw.1 --info >info
like "$(cat info)" '*"rk.embedder":{"kind":"hash"*"rk.router":"sw"*"tensors":*' \
	"--info prints what the model file says"
exits 1 "a model file that is cut short is refused" \
	sh -c 'head -c 5000 sw.1 >cut && rl-score -m cut test'
like "$(cat err)" "rl-score: cut: *" "... and named"
exits 1 "a model file that is none is refused" rl-score -m "$mini/README" test
sed 's/"rk.version":"1/"rk.version":"2/' sw.1 >newer
exits 1 "a newer major version is refused" rl-score -m newer test
like "$(cat err)" "*needs a newer routekit*" "... and says so"
sed 's/"rk.version":"1.0/"rk.version":"-1./' sw.1 >older
exits 1 "a version that is none is refused" rl-score -m older test
like "$(cat err)" "*older: rk.version '-1.': expected '1.0'*" "... and named"
for seed in -7 7x ' 7'; do
	sed "s/\"rk.seed\":\"12/\"rk.seed\":\"$seed/" seed12 >spoilt
	exits 1 "the seed '$seed' is refused" rl-score -m spoilt test
	like "$(cat err)" "*rk.seed '$seed': expected a whole*" "... and named"
done
sed 's/sw\.tier/sw.tear/' sw.1 >torn
exits 1 "a model file that lacks a tensor is refused" rl-score -m torn test
is "$(cat err)" "rl-score: torn: tensor 'sw.tier' is missing, expected U16 [2]" \
	"... naming the file, once, and the tensor"
exits 2 "an unknown model is wrong usage" rl-score -m sw.1 --strong nobody test
like "$(cat err)" "*no model 'nobody'*$strong, $weak*" "... and lists the known"
exits 1 "an embedding of another dimension is refused" \
	sh -c 'rl-embed --dim 64 test | rl-score -m sw.1'
like "$(cat err)" "*stdin:1: embedding: 64 numbers, the model wants 1024*" \
	"... naming the line, and both dimensions"

rl-train -q -r sw -o three.rk train >rec
rl-score -q -m three.rk --strong $strong --weak fern-small-0.3b test >a
is "$? $(wc -l <a)" "0 300" "any pair of the file's models can be scored"
exits 2 "without a default pair the pair must be named" rl-score -m three.rk test
exits 2 "a router of one pair wants it named" rl-train -r random -o x train

{ head -3 test; echo '{"id":1}'; } >some
rl-score -q -m sw.1 --pass some >out 2>err
is "$? $(tail -1 out) $(cat err)" \
	'0 {"id":1} rl-score: 1 records could not be scored' \
	"--pass lets a record that cannot be scored through"
rl-score -q -m sw.1 --pass some 2>/dev/null | rl-route -q -t 0.5 --default d 2>err |
	tail -1 >out
is "$(cat out)" '{"id":1,"route":"d"}' "... and rl-route --default routes it"
exits 2 "--as does not replace an input" rl-score -m sw.1 --as quality test
rl-train -r sw $pair --alias nobody=x -o a.rk train 2>err >/dev/null
like "$(cat err)" "*--alias nobody=x: no record names that model*" \
	"an alias that renames nothing is noted"

sed 's/larch/elm/' train | head -200 >elm
cat elm train | head -350 | rl-train -r length $pair -o a.rk 2>err >/dev/null
like "$(cat err)" "*200 of 350 records are of no use: see dropped*" \
	"that half of the records were dropped is noted"
head -201 train | cat - elm | rl-train -r length $pair -o a.rk 2>err >/dev/null
is "$(grep -c 'of no use' err)" 0 "... and fewer are not"

rl-score -q -m three.rk --all test >all.jsonl
is "$?" 0 "--all scores every model"
jq -e -s 'length == 300 and all(.[]; (.scores | length) == 3 and
	(.scores | add) > 1.49 and (.scores | add) < 1.51 and
	(.predicted_costs | length) == 3 and (has("score") | not))' all.jsonl >out
is "$(cat out)" true "... win rates have the mean 0.5, and costs are predicted"
jq -e -s '[.[] | .predicted_costs["larch/large-1.5"] - .cost["larch/large-1.5"]]
	| add / length | fabs < 0.0005' all.jsonl >out
is "$(cat out)" true "... and the mean predicted cost is near the mean cost"
rl-score -q -j7 -m three.rk --all test | cmp -s - all.jsonl
is $? 0 "--all: -j7, the same bytes"
exits 2 "--all is not for a router of one pair" rl-score -m random.1 --all test

# --- vectors from elsewhere -----------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 200; i++) { x = i % 10; y = 9 - x
	printf "{\"embedding\":[%d,%d,%d.5],\"quality\":{\"a\":%d,\"b\":%d}}\n",
	    x, y, i % 3, (x > 4), (i % 7 == 0) } }' >vectors
for r in sw mf; do
	rl-train -q -r $r --strong a --weak b -o v.$r vectors >rec
	rl-score -q -m v.$r vectors | rl-eval --strong a --weak b --bootstrap 0 \
		--require 'apgr>0.6' >out 2>err
	is $? 0 "$r trains and scores vectors without a text"
done
exits 1 "a text alone cannot be scored by such a model" \
	sh -c "echo '{\"prompt\":\"x\"}' | rl-score -m v.sw"
like "$(cat err)" "*made elsewhere*" "... and the message says why"

# --- a checkpoint of RouteLLM's: three tensors and no word of ours -------------------

header='{"P.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},'
header=$header'"classifier.0.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[24,32]},'
header=$header'"text_proj.0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[32,48]}}'
{
	printf "\\$(printf %o ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"
	printf ">>>>====" # P: ASCII makes small floats
	printf "====>>>>"
	printf "====>>>>"
	printf ">>>>>>>>" # w2
	printf ">>>>========>>>>" # W1
} >checkpoint
echo '["a","b","c"]' >names
echo '{"a":0,"b":1,"c":2}' >rows
echo '{"embedding":[0.8,-0.6]}' >query
exits 1 "a checkpoint does not name its models" \
	rl-score -m checkpoint --strong a --weak b query
like "$(cat err)" "*--models*" "... and the message says what to do"
exits 0 "with --models it scores" \
	rl-score -m checkpoint --models names --strong a --weak b query
cp out by-name
exits 0 "... also by name and row" \
	rl-score -m checkpoint --models rows --strong a --weak c query
same out by-name "... and equal rows score alike"
# by numpy: 1 / (1 + exp(-(w2 * (v_a - v_b)) . W1 e))
like "$(cat out)" '*"score":0.506617*' "... as the formula has it"
exits 1 "a checkpoint has no embedder: a text alone is refused" sh -c \
	"echo '{\"prompt\":\"x\"}' |
	rl-score -m checkpoint --models names --strong a --weak b"

# --- battles and outcomes together -----------------------------------------------------

{
	cat train
	awk 'BEGIN { for (i = 0; i < 50; i++) printf "{\"prompt\":\"battle %d " \
	    "of words\",\"model_a\":\"old-name\",\"model_b\":\"%s\"," \
	    "\"winner\":\"%s\"}\n", i, "larch/medium-0.9",
	    i % 3 ? "model_a" : "tie (bothbad)" }'
} >mixed
rl-train -r sw $pair --alias old-name=$strong -o m.rk mixed >rec 2>err
like "$(cat rec)" '*"battles":50,"outcomes":400,*' "battles and outcomes mix"
like "$(cat err)" "*count alike: see --source-kind" "... and a note says so"

# --- refusals ----------------------------------------------------------------------------

rl-train -q $pair -o default.rk train >rec
is "$(json router rec)" auto "the default router is auto"
exits 2 "-o is needed" rl-train -r sw train
exits 2 "an unknown router is wrong usage" rl-train -r magic -o x train
like "$(cat err)" "*unknown router 'magic'*random*" "... and lists the known"
exits 2 "an unknown parameter is wrong usage" \
	rl-train -r sw --set magic=1 -o x train
exits 2 "a value out of range is wrong usage" \
	rl-train -r sw --set power=-1 -o x train
exits 2 "a bad range is wrong usage" \
	rl-train -r sw --quality-range 1,0 -o x train
exits 1 "labels that are all ties are refused" sh -c \
	"sed 's/\"quality\":{[^}]*}/\"quality\":{\"a\":1,\"b\":1}/' train |
	rl-train -q -r sw -o x"
like "$(cat err)" "*ties*" "... and the message says so"
exits 1 "no record at all is refused" rl-train -r sw -o x /dev/null
printf '{"prompt":"a","quality":{"x":1,"y":0}}\nbad\n' >some
rm -f x
exits 1 "a bad line fails" rl-train -q -r sw -o x some
[ ! -e x ]
ok $? "... and no model is written"
rl-train -q -r sw $pair -o x train >/dev/full 2>err
is "$? $(ls x 2>/dev/null)" "1 " "... nor when the record cannot be printed"
cp sw.1 old
exits 1 "training into a folder that is not there fails" \
	rl-train -q -r sw $pair -o nowhere/x train
exits 0 "-k trains on the good lines" sh -c \
	"{ cat train; echo bad; } | rl-train -q -k -r sw $pair -o k.rk; [ \$? = 1 ]"
rl-score -q -m k.rk test | cmp -s - sw.scored
ok $? "... as if the bad one were not there"
awk 'BEGIN { for (i = 0; i < 3; i++) printf \
	"{\"prompt\":\"%d\",\"quality\":{\"x\":%d,\"y\":%d}}\n", i, i % 2, 0 }' >few
for r in $(rl-train --list | cut -d' ' -f1 | grep -v -e auto -e many); do
	rl-train -q -r $r $(given $r) -o few.rk few >rec && rl-score -q -m few.rk few >out
	is $? 0 "$r trains on three rows"
done

exits 1 "auto refuses three rows" rl-train -q -r auto -o few.rk few
like "$(cat err)" "*auto: 3 prompts with*at least 20*" "... and says why"

# --- if better ---------------------------------------------------------------

rm -f b.rk
exits 0 "--if-better writes where there is no old file" \
	rl-train -q -r length $pair --valid 0.3 -o b.rk --if-better b.rk train
cp b.rk length.rk
exits 1 "--if-better leaves the file where the new one is not surely better" \
	rl-train -r length $pair --valid 0.3 --seed 2 -o b.rk --if-better b.rk train
same b.rk length.rk "... and the old file is there"
like "$(cat out)" '*"against":{"model":"b.rk",*"replaced":false}*' "... and says so"
like "$(cat err)" "*b.rk stays: the APGR of the new one less that of b.rk on *" \
	"... on standard error too"
exits 0 "--margin lets an equal one in" rl-train -q -r length $pair --valid 0.3 \
	--seed 2 -o b.rk --if-better b.rk --margin 0.9 train
cp length.rk b.rk
cat "$mini/train.jsonl" >whole
exits 0 "--if-better replaces a worse one" rl-train -q -r sw $pair --valid 0.5 \
	-o b.rk --if-better b.rk whole
cmp -s b.rk length.rk
is $? 1 "... by the new one"
head -n 100 "$mini/train.jsonl" >hundred
wide="--strong $strong --weak fern-small-0.3b"
rl-train -q -r random $wide -o old.rk hundred >rec
exits 1 "--if-better on ten comparisons" rl-train -r length $wide --valid 0.1 \
	-o none.rk --if-better old.rk hundred
like "$(cat err)" "*none.rk is not written: the APGR of the new one less that of old.rk *with no interval*" \
	"... says that there is no interval, and of what file it speaks"
exits 1 "--if-better names a file that is none" \
	rl-train -q -r sw $pair -o b.rk --if-better train train

# --- help ---------------------------------------------------------------------------------

for r in $(rl-train --list | cut -d' ' -f1); do
	rl-score -m $r.1 --info | jq -r '."rk.params" | keys_unsorted[]' >params
	rl-train -r $r --help >help
	unsaid=
	while read -r p; do
		[ -n "$p" ] || continue
		grep -q "^  $p=" help || unsaid="$unsaid $p(help)"
		grep -q "^\.It Cm $p Ns = Ns\|, Cm $p Ns = Ns" \
			"$root/man/rl-train.1" ||
			unsaid="$unsaid $p(man)"
	done <params
	is "$unsaid" "" "$r: --help and the manual name each parameter"
done

finish
