#!/bin/sh
# Several embedders at once, -e hash,bert, from rl-embed to rl-score: with the
# tiny BERT of tests/golden/encoder.
. "$(dirname "$0")/tap.sh"

RK_MODELS=$root/tests/golden/encoder
export RK_MODELS
mini=$root/data/mini
head -400 "$mini/train.jsonl" >train
head -60 "$mini/test.jsonl" >test
pair='--strong larch/large-1.5 --weak larch/medium-0.9'

# --- rl-embed --------------------------------------------------------------------

rl-embed -q -j1 -e hash,bert test >one 2>err
ok $? "rl-embed -e takes a list"
rl-embed -q -j7 -e hash,bert test >seven
same one seven "-j1 and -j7 write the same bytes"
tail -n 7 test | rl-embed -q -e hash,"$RK_MODELS/bert" >tail7
tail -n 7 one >want
same tail7 want "by name or by folder, in any batch"
is "$(head -1 test | rl-embed -e hash,bert --array | jq '.embedding | length')" \
	1042 "a vector has the numbers of both"
is "$(head -1 test | rl-embed -e hash,bert --array --dim 82 |
	jq '.embedding | length')" 82 "--dim is of all together"
exits 1 "less than the one that cannot choose is an error" \
	rl-embed -e hash,bert --dim 20 test
exits 2 "one of them that is not there is wrong usage" \
	rl-embed -e hash,nobody test
like "$(cat err)" "*unknown embedder 'nobody'*" "... which names it"

# --- rl-train and rl-score --------------------------------------------------------

rl-train -q -j1 -r knn $pair -e hash,bert -o m.rk train >rec 2>err
ok $? "rl-train -e takes a list"
rl-train -q -j7 -r knn $pair -e hash,bert -o m7.rk train >rec7
same m.rk m7.rk "the same model file for any -j"
like "$(rl-score -m m.rk --info)" \
	'*"rk.embedder":{"kind":"several","dim":1042,"parts":[{"kind":"hash"*{"kind":"encoder"*' \
	"it names both"
rl-score -q -j1 -m m.rk test >a
rl-score -q -j7 -m m.rk test | cmp -s - a
ok $? "rl-score embeds the lines by both, the same bytes for any -j"
rl-score -q -m m.rk --drop one | cmp -s - a
ok $? "as do lines that rl-embed has embedded"
rl-embed -q -e hash,bert train >embedded
rl-train -q -r knn $pair -e hash,bert -o e.rk embedded >rec
same m.rk e.rk "embedded before or in rl-train: the same model file"
cp -r "$RK_MODELS/bert" moved
RK_MODELS=/nowhere rl-score -q -m m.rk --embedder moved test | cmp -s - a
ok $? "--embedder says where the one with a folder is"
exits 1 "a line with the vector of one of them is refused" sh -c \
	"rl-embed -q -e hash test | rl-score -q -m m.rk"
like "$(cat err)" "*embedding: 1024 numbers, the model wants 1042" \
	"... by its dimension"
exits 1 "without the folder a line is refused" sh -c \
	"RK_MODELS=/nowhere rl-score -q -m m.rk test"
like "$(cat err)" "*several embedders: no encoder with the digest*" "... which says why"
is "$(rl-near -q -e hash,bert train train | head -1 |
	jq '.near.cosine * 1e5 | round')" 100000 "rl-near takes a list too"

# --- features -------------------------------------------------------------------

rl-train -q -r knn $pair --features hash,bert,surface=0.3 -o f.rk train >rec 2>err
ok $? "--features tells the embedders where -e does not"
rl-score -q -m f.rk test >f
rl-score -q -m f.rk --drop one | cmp -s - f
ok $? "its lines may be embedded or not"
rl-train -q -r knn $pair -e hash,bert --features hash --calibrate 0 -o h.rk train >rec
rl-train -q -r knn $pair -e hash --calibrate 0 -o hash.rk train >rec
rl-score -q -m h.rk test >h
rl-score -q -m hash.rk test >hash
is "$(jq -n --slurpfile a h --slurpfile b hash '[range($a | length) |
	$a[.].score - $b[.].score | fabs] | max < 1e-5')" true \
	"one of two is the same as it alone"
rl-train -q -r knn $pair --features hash,surface -o h.rk train >rec
rl-train -q -r knn $pair --features embedding,surface -o hash.rk train >rec
same h.rk hash.rk "the only embedder's name is the embedding"
exits 1 "a part that is not there is an error" \
	rl-train -q -r knn $pair -e hash --features bert -o x.rk train
like "$(cat err)" "*features: no 'bert' in the embeddings, expected*hash*" \
	"... which lists the parts"
exits 2 "a name of no embedder is wrong usage" \
	rl-train -q -r knn $pair --features hash,nobody -o x.rk train
like "$(cat err)" "*--features names embedding, surface or an embedder: *'nobody'*" \
	"... and says what is expected"
exits 2 "the whole and a part at once too" \
	rl-train -q -r knn $pair --features embedding,hash -o x.rk train

# --- auto --------------------------------------------------------------------------

head -90 train >few
rl-train -q -j1 $pair -e hash,bert --calibrate 0 --set folds=2 -o auto.rk few >rec 2>err
ok $? "auto takes several"
jq -r '.train.candidates[].features' rec | sort -u | tr '\n' ' ' >tried
is "$(cat tried)" "bert bert,surface embedding embedding,surface hash hash,surface surface " \
	"it tries each, all together, and either with the surface"
rl-train -q -j7 $pair -e hash,bert --calibrate 0 --set folds=2 -o auto7.rk few >rec
same auto.rk auto7.rk "the same file for any -j"
rl-score -q -m auto.rk test >a && rl-score -q -m auto.rk --drop one | cmp -s - a
ok $? "and scores lines that are embedded or not"

# --- hostile files -----------------------------------------------------------------

# The same file with one byte after another changed: never a crash.
size=$(wc -c <f.rk) bad=0 at=8
while [ $at -lt 3000 ] && [ $at -lt "$size" ]; do
	{ head -c $at f.rk; printf 9; tail -c +$((at + 2)) f.rk; } >mutant
	head -3 test | rl-score -q -m mutant >out 2>err
	[ $? -le 2 ] || bad=$((bad + 1))
	at=$((at + 37))
done
is $bad 0 "a file that is wrong somewhere in its header ends no program"

finish
