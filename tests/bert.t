#!/bin/sh
# rl-train -r bert on a tiny encoder: it learns a planted rule, stops and goes
# on, and leaves one file that needs no other.
. "$(dirname "$0")/tap.sh"
init=$root/tests/golden/encoder/bert

# records N SEED: prompts of the tiny vocabulary; the strong model is better by
# GAIN where there is the word "sum", worse by it where there is "plus"
records() {
	awk -v n="$1" -v seed="$2" 'BEGIN {
		k = split("a b c d e the what is of and two three number " \
		    "text 1 2 3 4 5 6 7 8 9", word, " ")
		x = seed
		for (i = 0; i < n; i++) {
			rule = i % 4 # two of four: the strong one is better
			s = rule < 2 ? "sum" : rule == 2 ? "plus" : "of"
			for (j = 0; j < 4 + i % 5; j++) {
				x = 16807 * x % 2147483647
				s = x % 2 ? s " " word[x % k + 1] : \
				    word[x % k + 1] " " s
			}
			printf "{\"prompt\":\"%s ?\",\"quality\":" \
			    "{\"big\":%s,\"small\":%s}}\n", s,
			    rule == 2 ? 0.25 : 0.75, rule < 2 ? 0.25 : 0.75
		}
	}'
}
records 300 1 >train.jsonl
records 120 99 >test.jsonl
pair="--strong big --weak small"
learn="-r bert $pair --quality-range 0,1 --set lr=0.005 --set epochs=20"
key() { sed 's/.*"'$1'":\([-0-9.e]*\).*/\1/' "$2"; }
above() { awk "BEGIN { exit !($1 > $2) }"; }

# --- learning -----------------------------------------------------------------

mkdir dir && cp "$init"/* dir
rl-train -q -j1 $learn --set init=dir -o m.rk train.jsonl >rec
is $? 0 "it trains"
above 0.9 "$(key loss rec)"
ok $? "the loss falls below that of no answer, log 3"
rl-train -q -j7 $learn --set init="$PWD/dir/" -o m7.rk train.jsonl >rec7
same m.rk m7.rk "the same data and seed give the same file, any -j"
is "$(rl-score -m m7.rk --info | jq -r '."rk.params".init')" dir \
	"... which names no folder of this machine"
rl-train -q $learn --set init=dir --seed 2 -o seed.rk train.jsonl >/dev/null
cmp -s m.rk seed.rk
is $? 1 "another seed gives another"
rl-score -q -j1 -m m.rk test.jsonl >scored
rm -r dir
rl-score -q -j7 -m m.rk test.jsonl >alone
same scored alone "the file needs nothing of the folder it came from"
apgr=$(rl-eval -q $pair --bootstrap 0 scored | head -1 | jq .apgr)
above "$apgr" 0.8
ok $? "it finds the planted rule: APGR $apgr on other prompts"
gap=$(jq -s 'map({s: .score, d: (.quality.big - .quality.small)}) |
	(map(select(.d > 0).s) | add / length) -
	(map(select(.d < 0).s) | add / length)' scored)
above "$gap" 0.3
ok $? "scores are probabilities: $gap between the two kinds"
exits 2 "another pair is refused" \
	rl-score -m m.rk --strong small --weak big test.jsonl
like "$(cat err)" "*bert scores the pair alone*big and small*" "... and named"
exits 2 "--all too" rl-score -m m.rk --all test.jsonl
rl-train -q $learn --set init="$init" --set head=gain -o g.rk train.jsonl >rec
apgr=$(rl-score -q -m g.rk test.jsonl |
	rl-eval -q $pair --bootstrap 0 | head -1 | jq .apgr)
above "$apgr" 0.8
ok $? "so does head=gain: $apgr"

# --- what parameters do ----------------------------------------------------------

short="-r bert $pair --set init=$init --set steps=3 --calibrate 0 --valid 0"
rl-train -q $short --set store=f32 --set freeze=2 --set lr=0.1 -o f.rk \
	train.jsonl >/dev/null
rl-train -q $short --set store=f32 --set freeze=2 --set lr=0.2 -o f2.rk \
	train.jsonl >/dev/null
tensors() {
	rl-score -m "$1" --info | jq -r '.tensors | if type == "array"
		then .[] else to_entries[] end | tostring' | sort
}
is "$(tensors f.rk | grep -c bert)" "$(tensors m.rk | grep -c bert)" \
	"all tensors are there, whatever was frozen"
is "$(tensors f.rk | grep -c F16) $(tensors m.rk | grep -c F16)" \
	"0 $(tensors m.rk | grep -c bert)" "store says how wide weights are"
rl-train -q $short --set compat=routellm -o p0.rk train.jsonl >/dev/null
rl-train -q $short -o p1.rk train.jsonl >/dev/null
rl-score -q -m p0.rk test.jsonl | jq .score >p0
rl-score -q -m p1.rk test.jsonl | jq .score >p1
is "$(paste p0 p1 | awk '$1 + 0.05 > $2' | wc -l)" 0 \
	"compat=routellm leaves ties out of the score"
printf '{"prompt":"%s"}\n' "" "$(printf 'sum %.0s' 1 2 3 4 5 6 7 8 9 10 \
	11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 \
	33 34 35 36 37 38 39 40 41 42)" >ends
exits 0 "an empty and a long prompt have scores" rl-score -q -m m.rk ends

# --- stopping and going on -----------------------------------------------------------

long="-r bert $pair --set init=$init --set lr=0.003 --set steps=400"
long="$long --set patience=0 --set check=100"
rl-train -q $long -o whole.rk train.jsonl >/dev/null
rl-train -q $long --checkpoint ck --checkpoint-every 0 -o parts.rk \
	train.jsonl >out 2>err &
pid=$!
while [ ! -e ck ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
is $? 143 "a signal stops it"
ls >files
is "$(grep -c '^parts.rk' files) $(grep -c '^ck$' files)" "0 1" \
	"... with a checkpoint, and no model"
exits 1 "a checkpoint of other parameters is refused" rl-train -q $long \
	--set lr=0.002 --checkpoint ck --resume -o parts.rk train.jsonl
like "$(cat err)" "*ck: is of another training*" "... and says so"
exits 1 "... and of other data" sh -c "tail -n +2 train.jsonl |
	rl-train -q $long --checkpoint ck --resume -o parts.rk"
exits 1 "a model file is no checkpoint" \
	rl-train -q $long --checkpoint m.rk --resume -o parts.rk train.jsonl
exits 0 "--resume goes on" \
	rl-train -q $long --checkpoint ck --resume -o parts.rk train.jsonl
same parts.rk whole.rk "... to the same bytes as without a stop"
ls >files
is "$(grep -c '^ck$' files)" 0 "the checkpoint goes when it has served"
exits 0 "--resume without a checkpoint begins at the beginning" \
	rl-train -q $long --checkpoint ck --resume -o again.rk train.jsonl
same again.rk whole.rk "... and ends the same"
exits 2 "routers without checkpoints say so" \
	rl-train -r sw $pair --checkpoint ck -o x.rk train.jsonl
like "$(cat err)" "*--checkpoint: sw has none*" "... by name"
exits 2 "--resume goes with --checkpoint" \
	rl-train $long --resume -o x.rk train.jsonl

# --- what is refused -------------------------------------------------------------------

exits 1 "init is needed" rl-train -q -r bert $pair -o x.rk train.jsonl
like "$(cat err)" "*init=DIR is needed*" "... and says so"
exits 1 "a folder that is not there is named" \
	rl-train -q -r bert $pair --set init=nowhere -o x.rk train.jsonl
like "$(cat err)" "*nowhere/config.json*" "... with the file"
# spoil FILE SED-SCRIPT PATTERN: a folder that is wrong there
spoil() {
	rm -rf bad && cp -r "$init" bad
	sed "$2" "$init/$1" >"bad/$1"
	exits 1 "$1 after sed '$2' is refused" \
		rl-train -q -r bert $pair --set init=bad -o x.rk train.jsonl
	like "$(cat err)" "$3" "... with a reason"
}
spoil config.json 's/"bert"/"gpt2"/' "*config.json*gpt2*"
spoil config.json 's/"vocab_size": 51/"vocab_size": 50/' "*51*50*"
spoil config.json 's/"max_position_embeddings": 40/"max_position_embeddings": 41/' \
	"*position_embeddings*40*41*"
spoil config.json '/hidden_size/d' "*hidden_size*"
spoil tokenizer.json 's/WordPiece/WordSalad/' "*WordSalad*"
spoil tokenizer.json '1s/{/[/' "*tokenizer.json*"
rm -rf bad && cp -r "$init" bad
head -c 9000 "$init/model.safetensors" >bad/model.safetensors
exits 1 "weights that are cut short are refused" \
	rl-train -q -r bert $pair --set init=bad -o x.rk train.jsonl
exits 1 "more frozen layers than there are too" \
	rl-train -q $short --set freeze=3 -o x.rk train.jsonl
exits 1 "a step that is too long is said" \
	rl-train -q $short --set lr=1 --set clip=0 --set steps=60 \
	--set decay=10 --set warmup=0 -o x.rk train.jsonl
[ ! -e x.rk ]
ok $? "none of these leaves a file"
finish
