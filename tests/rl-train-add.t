#!/bin/sh
# rl-train --add: one model more in a model file, the rest as it was.
. "$(dirname "$0")/tap.sh"
mini=$root/data/mini
pair="--strong larch/large-1.5 --weak larch/medium-0.9"
new=fern-small-0.3b
head -200 "$mini/train.jsonl" >train
head -60 "$mini/test.jsonl" >test
# without the new model; and with it alone
sed "s/,\"$new\":[^,}]*//g" train >two
sed 's/"quality":{.*"\('$new'\)":\([^,}]*\)},"cost":{.*"'$new'":\([^,}]*\)}/"quality":{"\1":\2},"cost":{"\1":\3}/' \
	train >one
like "$(head -1 one)" "*\"quality\":{\"$new\":*},\"cost\":{\"$new\":*}*" \
	"a model's own records are made"

for r in linear cluster knn; do
	set=
	[ $r = linear ] && set="--set alpha=30"
	for f in embedding embedding,surface; do
		rl-train -q -r $r $set $pair --features $f --valid 0 -o old.rk \
			two >rec
		rl-train -q -r $r $set --features $f --valid 0 -o all.rk \
			train >rec
		exits 0 "$r $f: a model is added" \
			rl-train -q -j1 --add $new --from old.rk -o new.rk one
		cp out rec
		like "$(cat rec)" "{\"model\":\"new.rk\",\"router\":\"$r\",\"added\":\"$new\",\"records\":200,\"prompts\":*" \
			"... and the record says so"
		rl-train -q -j7 --add $new --from old.rk -o new.7 one >/dev/null
		same new.rk new.7 "$r $f: the same file for any -j"
		rl-score -q -m old.rk test >a
		rl-score -q -m new.rk test >b
		same a b "$r $f: the default pair's scores keep their bytes"
		rl-score -q -m all.rk --strong larch/large-1.5 --weak $new test |
			sed 's/.*"score"://' >a
		rl-score -q -m new.rk --strong larch/large-1.5 --weak $new test |
			sed 's/.*"score"://' | paste -d ' ' - a | tr -d '}' |
			awk '{ d = $1 - $2; if (d > 1e-5 || d < -1e-5) bad++ }
			    END { exit bad > 0 || NR != 60 }'
		ok $? "$r $f: the new model's are those of a training with all"
		rl-score -q -m all.rk --all test | sed 's/.*predicted_costs":{//' |
			sed 's/[^,]*://g' | tr ',}' '  ' >a
		rl-score -q -m new.rk --all test | sed 's/.*predicted_costs":{//' |
			sed 's/[^,]*://g' | tr ',}' '  ' | paste -d ' ' - a |
			awk 'NF != 6 { bad++ } { for (i = 1; i <= 3; i++) {
			    d = $i / $(i + 3) - 1
			    if (d > 1e-5 || d < -1e-5) bad++ } }
			    END { exit bad > 0 || NR != 60 }'
		ok $? "$r $f: and so are costs"
	done
done
rl-score -m new.rk --info >info
like "$(cat info)" "*\"rk.added.2\":{\"model\":\"$new\",\"records\":200,*\"rk.models\":?*,\"$new\"]*" \
	"the file says what was added"
cp new.rk again.rk
sed "s/\"$new\"/\"other\"/g" one >more
exits 0 "one more is added in place" \
	rl-train -q --add other --from again.rk -o again.rk more
rl-score -q -m again.rk --strong other --weak $new test >out
is "$(grep -c '"score":0.5}' out)" 60 "... and is its own twin"

# --- what cannot be ---------------------------------------------------------------

cp new.rk kept
exits 2 "a model that is there already is wrong usage" \
	rl-train --add $new --from new.rk -o new.rk one
like "$(cat err)" "*new.rk has the model '$new' already*" "... and named"
exits 1 "records without its quality add nothing" \
	rl-train -q --add nobody --from new.rk -o new.rk one
like "$(cat err)" "*none of 200 records has the quality of 'nobody'*" "... and named"
same new.rk kept "... and the file is as it was"
rl-embed -q --dim 64 one >narrow
exits 1 "embeddings of another dimension are refused" \
	rl-train -q --add x --from new.rk -o x.rk narrow
like "$(cat err)" "*1024 numbers*64*" "... with both dimensions"
rl-embed -q one | sed 's/"prompt":"/"prompt":"Not so: /' >foreign
exits 1 "embeddings of another embedder are refused" \
	rl-train -q --add x --from new.rk -o x.rk foreign
like "$(cat err)" "*its embeddings are those of {\"kind\":\"hash\"*" "... by name"
sed 's/"prompt":"[^"]*",//' narrow >given
rl-train -q -r linear --valid 0 -o given.rk <<'X' >rec
{"embedding":[1,0],"quality":{"a":1,"b":0}}
{"embedding":[0,1],"quality":{"a":0,"b":1}}
X
exits 1 "a file with vectors from elsewhere wants them" sh -c \
	"echo '{\"prompt\":\"x\",\"quality\":{\"c\":1}}' |
	 rl-train -q --add c --from given.rk -o x.rk"
exits 0 "... and takes them" sh -c \
	"echo '{\"embedding\":[1,1],\"quality\":{\"c\":1}}' |
	 rl-train -q --add c --from given.rk -o x.rk"
exits 1 "a quality outside the file's range is refused" sh -c \
	"echo '{\"embedding\":[1,1],\"quality\":{\"c\":7}}' |
	 rl-train -q --add c --from given.rk -o x.rk"
like "$(cat err)" "*stdin:1: quality.c: 7 is outside the range 0 to 1*" "... by its line"
exits 2 "another range than the file's is wrong usage" \
	rl-train -q --add c --from given.rk -o x.rk --quality-range 0,7 one
sed 's/"quality_range/"quality_ranch/; s/\\"quality_range/\\"quality_ranch/' \
	given.rk >unsaid.rk
exits 2 "a file that says no range wants it named" \
	rl-train -q --add c --from unsaid.rk -o x.rk one
like "$(cat err)" "*name it with --quality-range*" "... and says so"
exits 1 "a cost that no answer has is refused" sh -c \
	"echo '{\"embedding\":[1,1],\"quality\":{\"c\":1},\"cost\":{\"c\":2e9}}' |
	 rl-train -q --add c --from given.rk -o x.rk"
like "$(cat err)" "*stdin:1: cost.c: expected dollars, from 0 to 1e+09*" \
	"... by its line"
rl-train -q -r linear $pair -o old.rk two >rec
sed 's/"rk\.metrics"/"rk.added.2"/' old.rk >said.rk
exits 0 "a file that says already what was added" \
	rl-train -q --add $new --from said.rk -o x.rk one
exits 0 "... says it once" rl-score --info -m x.rk
for r in sw mf length random; do
	rl-train -q -r $r $pair --valid 0 -o no.rk two >rec
	exits 2 "$r cannot take one more: wrong usage" \
		rl-train -q --add $new --from no.rk -o x.rk one
	like "$(cat err)" "*no.rk: $r learns of all models together*" "... and says so"
done
rl-train -q -r sw --set form=direct $pair --valid 0 -o old.rk two >rec
exits 0 "sw with form=direct can" \
	rl-train -q --add $new --from old.rk -o x.rk one
rl-train -q -r linear --set loss=logistic $pair --valid 0 -o no.rk two >rec
exits 2 "linear with loss=logistic cannot" \
	rl-train -q --add $new --from no.rk -o x.rk one
rl-train -q $pair --valid 0 --calibrate 0 --set members=1 -o auto.rk two >auto.rec
rl-train -q --add $new --from auto.rk -o x.rk one >out 2>err
is "$?" "$(case $(jq -r '.train.candidates[] | select(.chosen).router' auto.rec) in
    linear | knn | cluster) echo 0 ;; *) echo 2 ;; esac)" \
	"auto can where its members can"
exits 2 "--add needs --from" rl-train --add $new -o x.rk one
exits 2 "--from needs --add" rl-train --from new.rk -o x.rk one
exits 2 "--add goes without --set" \
	rl-train --add x --from new.rk --set k=3 -o x.rk one
exits 1 "a full disk leaves no record" sh -c \
	"rl-train -q --add x --from new.rk -o new.rk one >/dev/full"

finish
